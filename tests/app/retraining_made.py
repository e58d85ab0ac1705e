"""A library whose people a network sees badly, retrained once: for the window's tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory

import made_gallery

from app.session import Session
from app.settings import Settings
from app.tasks import Tasks
from app.training_run import Order
from reid_core.actions.loading import Models
from reid_core.actions.retrain import retrain
from reid_core.library import Library, retrainings
from reid_core.models.store import ModelStore
from reid_core.types import Kind
from tests.app.train_fakes import FakeProcess

PEOPLE = 24
LONG_MS = 60_000  # within which something real is learnt


@lru_cache(maxsize=2)
def _made(*, trained: bool) -> TemporaryDirectory[str]:
    """A folder with a library and a store; trained: with a run that was judged better."""
    place = TemporaryDirectory(prefix="cameo-retrain-")
    store = made_gallery.store_in(Path(place.name) / "store")
    library, model = made_gallery.opened(Path(place.name) / "library", store)
    with library:
        made_gallery.gallery(library, model, count=PEOPLE)
        if trained:
            retrain(library, Models.of(library, store), Kind.BODY)
    return place


@contextmanager
def session_with_people(folder: Path, tasks: Tasks, *, trained: bool) -> Iterator[Session]:
    """A session over a copy of it."""
    copytree(_made(trained=trained).name, folder, dirs_exist_ok=True)
    store = ModelStore(folder / "store" / "models")
    with Library.open(folder / "library") as library:
        yield Session(library, store, Settings(seen_welcome=True), tasks)
        tasks.close()


def judged(library: Library, decision: str) -> str:
    """Have the newest run's verdict come to something else; its id."""
    with library.transaction("made") as tx:
        run = retrainings.list_runs(tx)[0]
        verdict = {**run.verdict, "decision": decision}
        for figure in verdict["figures"]:
            better = {"low": 0.01, "high": 0.04, "is_better": True, "is_worse": False}
            even = {"low": -0.02, "high": 0.03, "is_better": False, "is_worse": False}
            worse = {"low": -0.05, "high": -0.01, "is_better": False, "is_worse": True}
            figure |= {"better": better, "uncertain": even, "worse": worse}[decision]
        retrainings.finish(tx, run.id, run.model, verdict)
    return run.shown_id


class FakeLearning(FakeProcess):
    """Says how far it is, and which run it made."""

    def say(self, line: str) -> None:
        assert self.order is not None
        with self.order.said.open("a") as out:
            out.write(line + "\n")

    def answer(self, run: str) -> None:
        assert self.order is not None
        target = next(w for w in self.order.words if w.startswith("--json="))
        Path(target.removeprefix("--json=")).write_text(f'{{"id": "{run}"}}')

    def start(self, order: Order) -> None:
        order.said.touch()
        super().start(order)
