"""Twenty real people are enrolled, learnt from, judged, used in a search, and given back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.requests import Retrain
from app.session import Session
from app.settings import Settings
from app.tasks import Tasks
from app.views import people_page, search_page, train_page
from app.views.retrain_dialogs import UseDialog
from reid_core import images
from reid_core.actions.loading import Models
from reid_core.cli.output import plain
from reid_core.library import Library, archive, footage, models_used, people
from reid_core.library.ids import stable_id
from reid_core.models.importing import import_onnx
from reid_core.models.store import ModelStore
from reid_core.types import Detections, Embeddings, Kind, Tracklet, View

ENROLLED, LOOKS, BODY = 20, 4, Kind.BODY
LONG_MS = 180_000
POINTS = np.zeros((0, 2), np.float32)


@pytest.fixture(autouse=True)
def _same_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is held out follows from ids: let the journey be the same each time."""
    numbers = count()
    monkeypatch.setattr(people, "random_id", lambda: stable_id("journey", next(numbers)))


@pytest.fixture
def store(shared: Path, tmp_path: Path) -> ModelStore:
    """A network that learnt on other cameras."""
    made = ModelStore(tmp_path / "models")
    osnet = shared / "models" / "osnet_x0_25_msmt17.onnx"
    import_onnx(made, osnet, role="body-embedder", name="osnet")
    return made


def pictures(market: Path) -> dict[str, tuple[list[Path], Path]]:
    """Of each person four pictures of two cameras to enrol, and one of a third that is footage."""
    seen: dict[str, dict[str, list[Path]]] = defaultdict(lambda: defaultdict(list))
    for path in sorted(market.rglob("*.jpg")):
        person, camera = path.name.split("_")[:2]
        seen[person][camera[:2]].append(path)
    found = {}
    for person, cameras in sorted(seen.items()):
        known = [cameras[c][i] for c in ("c3", "c6") for i in (0, -1) if len(cameras[c]) >= 2]
        third = next((c for c in ("c1", "c2", "c5") if cameras[c]), None)
        if len(known) == LOOKS and third is not None:
            found[person] = (known, cameras[third][0])
    return dict(list(found.items())[:ENROLLED])


def embed(models: Models, crops: Sequence[np.ndarray]) -> np.ndarray:
    """(N, D) of crops that show a whole body each."""
    embedder, chips = models.embedder(BODY), []
    for crop in crops:
        box = np.float32([[0, 0, crop.shape[1], crop.shape[0]]])
        whole = Detections(box, np.ones(1, np.float32), np.zeros((1, 0, 2), np.float32), BODY)
        chips += list(embedder.chips(crop, whole))
    return embedder.embed(chips)


def write_archive(library: Library, models: Models, chosen: dict, target: Path) -> None:
    """A gallery as somebody else's library would export it."""
    for person, (paths, _) in chosen.items():
        crops = [images.read_image(p) for p in paths]
        with library.transaction("made") as tx:
            one = people.add_person(tx, person)
            for path, crop, row in zip(paths, crops, embed(models, crops), strict=True):
                media = library.media.put(images.encode_jpeg(crop))
                model = models.model_id(BODY)
                new = people.NewTemplate(BODY, media, 0.9, {}, POINTS, path.name, row, model)
                people.add_template(tx, one, new)
    archive.export_people(library, target)


def write_film(library: Library, models: Models, chosen: dict) -> None:
    """A film in which each walks by once, as indexing would have stored it."""
    crops = [images.read_image(path) for _, path in chosen.values()]
    rows = embed(models, crops)
    with library.transaction("made") as tx:
        video = footage.add_video(
            tx, "/v/street.mp4", content_hash="0" * 32, duration_s=999, settings={}
        )
        walks = []
        for n, (crop, row) in enumerate(zip(crops, rows, strict=True)):
            key, box = stable_id("street", n), np.float32([0, 0, *crop.shape[1::-1]])
            view = View(images.encode_jpeg(crop), POINTS, box, 5.0 * n, 0.8)
            known = Embeddings(row[None], np.float32([0.8]), models.model_id(BODY))
            times = np.array([5.0 * n, 5.0 * n + 1])
            walks.append(Tracklet(key, BODY, times, np.stack([box, box]), (view,), known, key))
        footage.write_tracklets(tx, library.media, video, walks)


@pytest.fixture
def session(
    store: ModelStore, shared: Path, tmp_path: Path, tasks: Tasks, qtbot: QtBot
) -> Iterator[Session]:
    """Footage of a street, nobody enrolled, and an archive of twenty people beside it."""
    chosen = pictures(shared / "data" / "reid" / "market1501")
    assert len(chosen) == ENROLLED
    with Library.open(tmp_path / "theirs") as theirs, Library.open(tmp_path / "mine") as mine:
        for one in (theirs, mine):
            with one.transaction("made") as tx:
                models_used.use(tx, "body-embedder", "osnet")
        models = Models.of(theirs, store)
        write_archive(theirs, models, chosen, tmp_path / "people.zip")
        write_film(mine, models, chosen)
        yield Session(mine, store, Settings(seen_welcome=True), tasks)
        tasks.close()


@pytest.fixture
def show(session: Session, qtbot: QtBot) -> Iterator[Callable[[type], Any]]:
    """Makes a page of the window and shows it; all are closed afterwards."""
    pages: list[Any] = []

    def make(page: type) -> Any:
        pages.append(page(session))
        qtbot.addWidget(pages[-1])
        pages[-1].resize(1158, 768)
        pages[-1].show()
        pages[-1].activate(None)
        return pages[-1]

    yield make
    for one in pages:
        one.close_page()
        one.close()
    qtbot.waitUntil(lambda: not session.tasks.jobs, timeout=LONG_MS)


def answers(page: search_page.Page, model: str, qtbot: QtBot) -> list[object]:
    """The sightings on screen, once they are of a model."""
    search = page.search
    qtbot.waitUntil(
        lambda: search.found is not None and search.found.model == model, timeout=LONG_MS
    )
    return [plain(row.sighting) for row in search.rows]


@pytest.mark.real_data
def test_enrol_learn_judge_use_search_and_go_back(
    session: Session, show: Callable[[type], Any], tmp_path: Path, qtbot: QtBot
) -> None:
    gallery = show(people_page.Page)
    gallery.take_dropped([str(tmp_path / "people.zip")], gallery.rect().center())
    qtbot.waitUntil(lambda: len(gallery.people.rows) == ENROLLED, timeout=LONG_MS)
    base, name = session.models().model_id(BODY), gallery.people.rows[0].name
    looking = show(search_page.Page)
    looking.search.ask_person(name)
    before = answers(looking, base, qtbot)
    assert len(before) > 1

    page = show(train_page.Page)
    form, verdict, retraining = page.own.form, page.own.verdict, page.retraining
    qtbot.waitUntil(form.start.isEnabled, timeout=LONG_MS)
    assert form.kind is BODY
    form.start.click()
    qtbot.waitUntil(verdict.isVisible, timeout=LONG_MS)
    row = retraining.selected
    assert row is not None
    assert row.run.model is not None, row.run.verdict["sentence"]
    assert len(row.people) < ENROLLED  # some were put aside
    assert verdict.figures.rows.rowCount() >= 2
    assert "the right person now comes first for" in verdict.line.text()
    qtbot.waitUntil(lambda: bool(retraining.pairs), timeout=LONG_MS)
    assert answers(looking, base, qtbot) == before  # nothing has changed yet

    if row.run.is_offered:
        verdict.use.click()
    else:
        verdict.override.click()
        dialog = page.own.findChild(UseDialog)
        dialog.choice.setChecked(True)
        dialog.use.click()
    after = answers(looking, row.run.model, qtbot)
    assert after != before
    assert verdict.state.text() == "in use"

    verdict.back.click()
    assert answers(looking, base, qtbot) == before
    qtbot.waitUntil(lambda: verdict.state.text() == "was in use", timeout=LONG_MS)
    page.activate(Retrain(run=row.run.shown_id))
    assert verdict.isVisible()
