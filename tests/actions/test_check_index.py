"""Search in a large library, as far as a small one can play it, and the look at its indexes."""

from __future__ import annotations

import json
from functools import partial

import faiss
import numpy as np
import pytest
from typer.testing import CliRunner

from reid_core.actions import check_index, search
from reid_core.actions.check_index import Looked
from reid_core.actions.loading import Models
from reid_core.actions.search import Searcher
from reid_core.library import Library, vectors
from reid_core.models.store import ModelStore
from reid_core.search import index as indexing
from reid_core.search.decide import Query
from reid_core.search.index import VectorIndex
from reid_core.types import Kind
from tests.made_footage import store_video, tracklet

N, DIM = 1500, 128


@pytest.fixture
def models(model_store: ModelStore) -> Models:
    return Models(model_store)


@pytest.fixture
def rows() -> np.ndarray:
    """60 people, each in 25 tracklets."""
    dice = np.random.default_rng(0)
    made = np.repeat(dice.normal(size=(N // 25, DIM)), 25, axis=0)
    made = made + 0.4 * dice.normal(size=made.shape)
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def filled(library: Library, models: Models, rows: np.ndarray) -> Library:
    """A library with the vectors of many tracklets, and the rows of few."""
    model = models.model_id(Kind.FACE)
    store_video(library, "/v/a.mp4", *(tracklet(n + 1, 2.0 * n) for n in range(40)))
    with library.transaction("made") as tx:
        ids = list(range(1, N + 1))
        vectors.put_vectors(tx, "tracklet", Kind.FACE, model, ids, rows)
    return library


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand is a million."""
    for module in (search, check_index):
        monkeypatch.setattr(module, "cached", partial(indexing.cached, exact_up_to=1000))


def look(library: Library, models: Models) -> Looked:
    (one,) = check_index.check(library, models)
    return one


def test_a_large_library_is_searched_approximately_and_scored_exactly(
    filled: Library,
    models: Models,
    rows: np.ndarray,
    large: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    query = Query(rows[:2], models.model_id(Kind.FACE), Kind.FACE, "somebody")
    roughly = VectorIndex.search

    def worse(self: VectorIndex, *asked: object, **how: object) -> tuple[np.ndarray, np.ndarray]:
        scores, ids = roughly(self, *asked, **how)  # type: ignore[arg-type]
        return scores - 0.05, ids

    with monkeypatch.context() as patch:  # rounder than float16, so that one can see it
        patch.setattr(VectorIndex, "search", worse)
        found = Searcher(filled, models).search(query, top=5)
    assert (found.index.sort, found.searched) == ("approximate", N)
    assert max(s.score for s in found.sightings) == pytest.approx(1.0, abs=1e-4)
    assert look(filled, models).manner == found.index


def test_a_small_one_is_exact_and_all_is_well(filled: Library, models: Models) -> None:
    first = look(filled, models)
    assert (first.kind, first.vectors, first.manner) == (Kind.FACE, N, indexing.EXACT)
    assert (first.missing, first.left_over, first.recall, first.asked) == (0, 0, 1.0, 200)
    assert (first.was_made, first.was_bad) == (True, False)
    again = look(filled, models)
    assert (again.was_made, again.was_bad) == (False, False)


def spoil(library: Library, how: str) -> None:
    """Put an index in the cache that says that it is current and is not right."""
    path = library.cache / "face.faiss"
    held = faiss.read_index(str(path))
    if how == "missing":
        held.remove_ids(faiss.IDSelectorRange(1, 11))
    elif how == "left over":
        held.add_with_ids(np.ones((3, DIM), np.float32), np.array([91, 92, 93]) + 10**9)
    else:  # the vectors of others
        ids = faiss.vector_to_array(held.id_map).copy()
        rows = held.index.reconstruct_n(0, held.ntotal)
        held.reset()
        held.add_with_ids(rows, np.roll(ids, 300))
    faiss.write_index(held, str(path))
    note = json.loads(path.with_suffix(".json").read_text())
    note["size"] = path.stat().st_size
    path.with_suffix(".json").write_text(json.dumps(note))


@pytest.mark.parametrize("how", ["missing", "left over", "mixed up"])
def test_an_index_that_is_not_right_is_made_anew(filled: Library, models: Models, how: str) -> None:
    look(filled, models)
    spoil(filled, how)
    found = look(filled, models)
    assert (found.was_made, found.was_bad) == (False, True)
    assert (found.missing, found.left_over, found.recall) == (0, 0, 1.0)
    assert not look(filled, models).was_bad


def test_an_approximate_one_is_looked_at_as_well(
    filled: Library, models: Models, large: None
) -> None:
    found = look(filled, models)
    assert found.manner.sort == "approximate"
    assert (found.missing, found.left_over, found.was_bad) == (0, 0, False)
    assert found.recall >= check_index.LEAST
    assert found.search_ms > 0


def test_the_command_says_it(filled: Library, model_store: ModelStore) -> None:
    from reid_core.cli.main import app

    places = ["--library", str(filled.folder), "--models", str(model_store.folder)]
    done = CliRunner().invoke(app, [*places, "videos", "check"])
    assert done.exit_code == 0, done.output
    assert "1500 face tracklets, searched exactly in" in done.stdout
    assert "finds 100.0% of the 20 nearest, asked for 200 of them." in done.stdout
    done = CliRunner().invoke(app, [*places, "videos", "check", "--kind", "body", "--json", "-"])
    assert json.loads(done.stdout) == []
