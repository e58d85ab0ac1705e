"""cameo calibrate, as its user and a script meet it."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import made_crowd
import made_gallery
import numpy as np
import pytest
from made_crowd import crowds
from made_gallery import World, enrol
from typer.testing import CliRunner, Result

from reid_core import images
from reid_core.cli.main import app
from reid_core.errors import CameoError, LibraryError, TooFewPairs
from reid_core.library import Library, models_used
from reid_core.models.store import ModelStore

PEOPLE = 40


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    return made_gallery.store_in(tmp_path_factory.mktemp("store"))


@pytest.fixture
def full(tmp_path: Path, store: ModelStore) -> Path:
    """40 people who were filmed too, with the small model in use."""
    model, world = store.manifest("tiny").model_id, World(0, nuisance=0.2)
    with Library.open(tmp_path / "full") as library:
        for n in range(PEOPLE):
            enrol(library, model, [world.look(n) for _ in range(3)], f"Person {n:03d}")
        walks = crowds(10, rng=np.random.default_rng(0), people=PEOPLE)
        made_crowd.film(library, model, world, walks, "crowds.mp4")
        with library.transaction("use model") as tx:
            models_used.use(tx, "body-embedder", "tiny")
    return tmp_path / "full"


def cameo(store: ModelStore, library: Path, *arguments: str) -> Result:
    given = ["--library", str(library), "--models", str(store.folder), *arguments]
    return CliRunner().invoke(app, given)


def test_it_says_in_sentences_what_was_found(full: Path, store: ModelStore) -> None:
    done = cameo(store, full, "calibrate", "--kind", "body", "--fmr", "1e-2")
    assert done.exit_code == 0, done.output
    for part in ("evidence", "gallery", "footage", "for a false-match rate of 0.01"):
        assert part in done.output
    assert "Of 100 pairs of different people about" in done.output
    assert "95 % interval over" in done.output
    assert "warning: The threshold rests on few pairs" in done.output
    assert "Threshold before: none." in done.output
    assert "Person" not in done.output
    shown = cameo(store, full, "calibrate", "--kind", "body", "--show")
    assert "Of 100 pairs of different people about" in shown.output
    assert re.search(r"^tiny@\w+ \(body\), measured 20", shown.output)


def test_a_limit_that_so_few_pairs_do_not_show_is_told_as_such() -> None:
    from reid_core.calibration import Interval
    from reid_core.cli.calibrate import _range

    assert _range(Interval(0.7, 0.6, 0.8), ".1f") == "0.7 (0.6 to 0.8)"
    assert _range(Interval(0.7, 0.6, None), ".1f").startswith("0.7 (0.6 to ?, ? being beyond")


def test_its_json_is_what_was_kept(full: Path, store: ModelStore) -> None:
    done = cameo(store, full, "calibrate", "--kind", "body", "--fmr", "1e-2", "--json", "-")
    record = json.loads(done.stdout)
    one = record["calibration"]
    assert one["threshold"]["low"] <= one["threshold"]["value"]
    assert one["passed"]["low"] <= one["passed"]["value"] <= one["passed"]["high"]
    assert one["means"].startswith("Of 100 pairs")
    assert record["kept"]
    shown = cameo(store, full, "calibrate", "--kind", "body", "--show", "--json", "-")
    assert json.loads(shown.stdout) == one
    faces = cameo(store, full, "calibrate", "--show", "--kind", "body", "--remove")
    assert faces.exit_code == 2
    gone = cameo(store, full, "calibrate", "--kind", "body", "--remove")
    assert "removed" in gone.output
    none = cameo(store, full, "calibrate", "--kind", "body", "--remove", "--json", "-")
    assert json.loads(none.stdout) == {"removed": False}
    again = cameo(store, full, "calibrate", "--kind", "body", "--show", "--json", "-")
    assert json.loads(again.stdout) is None


def test_a_dry_run_says_so(full: Path, store: ModelStore) -> None:
    done = cameo(store, full, "calibrate", "--kind", "body", "--fmr", "1e-2", "--dry-run")
    assert "Nothing was kept" in done.output
    shown = cameo(store, full, "calibrate", "--kind", "body", "--show").output
    assert "uncalibrated" in shown
    assert "cameo calibrate --kind body" in shown


def test_a_dry_run_makes_no_library(store: ModelStore, tmp_path: Path) -> None:
    done = cameo(store, tmp_path / "none", "calibrate", "--images", str(tmp_path), "--dry-run")
    assert isinstance(done.exception, LibraryError)
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("fmr", ["0", "1", "2", "nan", "-1", "inf", "1e-9"])
def test_a_rate_that_cannot_be_is_one_sentence(full: Path, store: ModelStore, fmr: str) -> None:
    done = cameo(store, full, "calibrate", "--kind", "body", f"--fmr={fmr}")
    assert isinstance(done.exception, CameoError)  # which `main` turns into one line
    assert "false-match rate" in str(done.exception)
    assert "\n" not in str(done.exception)


def test_a_search_shows_probabilities_everywhere(
    full: Path, store: ModelStore, tmp_path: Path
) -> None:
    who = ("search", "--person", "Person 003", "--kind", "body")
    before = json.loads(cameo(store, full, *who, "--json", "-").stdout)
    assert before["sightings"][0]["probability"] is None
    assert "uncalibrated" in before["threshold"]["means"]
    assert before["threshold"]["made"] is None
    assert "probability" not in cameo(store, full, *who).output
    cameo(store, full, "calibrate", "--kind", "body", "--fmr", "1e-2")
    table, page = tmp_path / "s.csv", tmp_path / "s.html"
    done = cameo(store, full, *who, "--csv", str(table), "--report", str(page))
    assert "probability" in done.output
    assert "calibrated: " in done.output
    found = json.loads(cameo(store, full, *who, "--json", "-").stdout)
    best = found["sightings"][0]
    assert 0 < best["probability"] < 1
    assert found["threshold"]["fmr"] == 0.01
    shown = cameo(store, full, "calibrate", "--kind", "body", "--show", "--json", "-")
    assert found["threshold"]["made"] == json.loads(shown.stdout)["made"]
    with table.open(encoding="utf-8") as file:
        first = next(csv.DictReader(file))
    assert float(first["probability"]) == best["probability"]
    text = page.read_text("utf-8")
    assert "</b> probability, similarity" in text
    for told in (done.output, text):
        assert "it counts in how many others were searched" in told


def labelled(folder: Path, *, nuisance: float) -> Path:
    """Three pictures each of 30 people, who are colours: the small network sees those."""
    rng = np.random.default_rng(0)
    for n in range(30):
        colour = rng.uniform(20, 235, 3)
        for k in range(3):
            shade = np.clip(colour + rng.normal(0, nuisance, 3), 0, 255).astype(np.uint8)
            path = folder / f"p{n}" / f"{k}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            images.write_image(np.full((24, 12, 3), shade, np.uint8), path)
    return folder


def on_pictures(store: ModelStore, tmp_path: Path, *, nuisance: float) -> Result:
    with Library.open(tmp_path / "new") as library, library.transaction("use model") as tx:
        models_used.use(tx, "body-embedder", "tiny")
    pictures = labelled(tmp_path / "pictures", nuisance=nuisance)
    given = ("calibrate", "--kind", "body", "--fmr", "5e-2", "--images", str(pictures))
    return cameo(store, tmp_path / "new", *given, "--json", "-")


def test_labelled_pictures_take_the_place_of_a_library(store: ModelStore, tmp_path: Path) -> None:
    record = json.loads(on_pictures(store, tmp_path, nuisance=15).stdout)
    (origin,) = record["calibration"]["origins"]
    assert (origin["name"], origin["people"]) == ("pictures", 30)
    assert origin["impostor"] == 30 * 29  # two are enrolled, one is looked for
    assert any("30 folders" in note for note in record["notes"])


def test_copies_of_one_picture_are_no_second_look(store: ModelStore, tmp_path: Path) -> None:
    done = on_pictures(store, tmp_path, nuisance=0)
    assert isinstance(done.exception, TooFewPairs)
    assert "Only 0 people were seen more than once" in str(done.exception)
