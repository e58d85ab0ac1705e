"""Open-set identification against a slow loop that follows the definitions word for word."""

from __future__ import annotations

import numpy as np
import pytest

from reid_core.errors import EvaluationError, TooFewPairs
from reid_core.evaluate import openset


def made(seed: int = 0, people: int = 40, dim: int = 5) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    ids = np.repeat(np.arange(people), rng.integers(1, 6, people))
    vectors = rng.normal(size=(people, dim))[ids] + 0.7 * rng.normal(size=(len(ids), dim))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32), ids


def candidates(
    vectors: np.ndarray, ids: np.ndarray, found: np.ndarray, gallery: np.ndarray, probe: int
) -> dict[int, float]:
    """The score of everybody enrolled for one probe, the best over their templates."""
    best: dict[int, float] = {}
    for row in gallery:
        both = found[probe] and found[row]
        score = float(vectors[probe] @ vectors[row]) if both else -1.0
        best[int(ids[row])] = max(score, best.get(int(ids[row]), -2.0))
    return best


@pytest.fixture(params=[0, 1, 2])
def case(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(openset, "CELLS", 64)  # a few probes at a time
    vectors, ids = made(request.param)
    found = np.ones(len(ids), bool)
    found[::17] = False
    rng = np.random.default_rng(request.param)
    parts = openset.split(ids, templates=1 + request.param % 2, enrolled=0.5, rng=rng)
    return vectors, ids, found, parts, openset.search(vectors, ids, found, parts)


@pytest.mark.parametrize("threshold", [-0.5, 0.3, 0.7, 0.9])
@pytest.mark.parametrize("rank", [1, 3, None])
def test_rates_are_those_of_the_definitions(case, threshold: float, rank: int | None) -> None:
    vectors, ids, found, parts, searches = case
    missed = false = 0
    for probe in parts.mated:
        scores = candidates(vectors, ids, found, parts.gallery, probe)
        own = scores.pop(int(ids[probe]))
        place = sum(other >= own for other in scores.values())
        inside = rank is None or (place < rank and found[probe])
        missed += not (inside and own >= threshold)
    for probe in parts.nonmated:
        scores = candidates(vectors, ids, found, parts.gallery, probe)
        false += max(scores.values()) >= threshold
    got = openset.fnir(searches, threshold=threshold, rank=rank)
    assert got == pytest.approx(missed / len(parts.mated))
    assert openset.fpir(searches, threshold=threshold) == pytest.approx(false / len(parts.nonmated))


@pytest.mark.parametrize("rate", [0.1, 0.25, 1.0])
def test_a_threshold_keeps_its_rate_and_no_lower_one_does(case, rate: float) -> None:
    searches = case[-1]
    at = openset.threshold_at(searches, fpir=rate)
    assert openset.fpir(searches, threshold=at) <= rate
    if rate < 1:
        lower = float(np.nextafter(np.float32(at), np.float32(-np.inf)))
        assert openset.fpir(searches, threshold=lower) > rate


def test_one_draw_of_everybody_once_is_the_figure_itself(case) -> None:
    searches = case[-1]
    rates = [0.1, 0.3]
    got = openset.weighted(searches, np.ones(40), rates)
    for value, rate in zip(got, rates, strict=False):
        at = openset.threshold_at(searches, fpir=rate)
        assert value == pytest.approx(openset.fnir(searches, threshold=at))
    assert got[-1] == pytest.approx(openset.cmc(searches, ranks=1)[0])


def test_a_draw_is_as_if_its_people_had_searched_so_often(case) -> None:
    searches = case[-1]
    drawn = np.random.default_rng(3).integers(0, 4, 40).astype(float)
    again_mated = np.repeat(np.arange(len(searches.mated)), drawn[searches.mated].astype(int))
    again = np.repeat(np.arange(len(searches.nonmated)), drawn[searches.nonmated].astype(int))
    written_out = openset.Searches(
        searches.scores[again_mated],
        searches.places[again_mated],
        searches.mated[again_mated],
        searches.strongest[again],
        searches.nonmated[again],
        searches.people,
    )
    at = openset.threshold_at(written_out, fpir=0.2)
    expected = openset.fnir(written_out, threshold=at)
    assert openset.weighted(searches, drawn, [0.2])[0] == pytest.approx(expected)


def test_nobody_drawn_of_a_sort_is_no_answer(case) -> None:
    assert np.isnan(openset.weighted(case[-1], np.zeros(40), [0.1])).all()


def test_a_sweep_is_the_rates_at_its_thresholds(case) -> None:
    searches = case[-1]
    found = openset.sweep([searches])
    assert len(found.thresholds)
    for threshold, fpir, fnir in zip(found.thresholds, found.fpir, found.fnir, strict=True):
        assert openset.fpir(searches, threshold=np.float32(threshold)) == pytest.approx(fpir)
        assert openset.fnir(searches, threshold=np.float32(threshold)) == pytest.approx(fnir)


def test_who_is_enrolled_searches_with_other_pictures() -> None:
    _, ids = made(5)
    parts = openset.split(ids, templates=2, enrolled=0.5, rng=np.random.default_rng(0))
    every = np.concatenate([parts.gallery, parts.mated, parts.nonmated])
    assert sorted(every) == list(range(len(ids)))
    inside = set(ids[parts.gallery].tolist())
    able = [i for i in range(40) if np.count_nonzero(ids == i) > 2]
    assert len(inside) == round(len(able) / 2)
    assert all(np.count_nonzero(ids[parts.gallery] == i) == 2 for i in inside)
    assert set(ids[parts.mated].tolist()) == inside
    assert not set(ids[parts.nonmated].tolist()) & inside


def test_the_seed_decides_and_nothing_else() -> None:
    _, ids = made(5)
    a, b, c = (
        openset.split(ids, templates=1, enrolled=0.5, rng=np.random.default_rng(seed))
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(a.gallery, b.gallery)
    assert a.gallery.tolist() != c.gallery.tolist()


def test_nobody_to_enrol_or_nobody_outside_is_said() -> None:
    rng = np.random.default_rng(0)
    for ids in ([0, 1, 2], [0, 0, 0]):
        with pytest.raises(EvaluationError, match="both need somebody"):
            openset.split(np.array(ids), templates=1, enrolled=0.5, rng=rng)


def test_too_few_searches_in_vain_for_a_rate(case) -> None:
    with pytest.raises(TooFewPairs, match="needs at least 1000 non-mated searches"):
        openset.threshold_at(case[-1], fpir=1e-3)
    with pytest.raises(ValueError, match="more than 0"):
        openset.threshold_at(case[-1], fpir=0)
