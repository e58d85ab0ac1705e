"""All pairs a block at a time, against a sort over every pair and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import det_curve, roc_auc_score

from reid_core.errors import TooFewPairs
from reid_core.evaluate import allpairs, curves, verification
from reid_core.evaluate.allpairs import Rows


def made(
    people: int = 30, each: int = 4, *, dim: int = 8, seed: int = 0, lost: tuple[int, ...] = ()
) -> Rows:
    """Vectors around a direction for each person; some people have fewer pictures."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, each + 1, people)
    sizes[0] = each
    ids = np.repeat(np.arange(people), sizes)
    vectors = rng.normal(size=(people, dim))[ids] + rng.normal(size=(len(ids), dim))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = np.ones(len(ids), bool)
    found[list(lost)] = False
    return Rows(vectors.astype(np.float32), ids, found)


def every_pair(rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    """Scores and whether they are of one person, pair by pair in plain loops."""
    scores, same = [], []
    for i in range(len(rows.ids)):
        for j in range(i + 1, len(rows.ids)):
            both = rows.found[i] and rows.found[j]
            scores.append(rows.vectors[i] @ rows.vectors[j] if both else np.float32(-1))
            same.append(rows.ids[i] == rows.ids[j])
    return np.array(scores, np.float32), np.array(same)


@pytest.fixture(params=[1 << 21, 37], ids=["one block", "many blocks"])
def rows(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Rows:
    monkeypatch.setattr(allpairs, "CELLS", request.param)
    return made()


def test_every_pair_is_counted_once(rows: Rows) -> None:
    scores, same = every_pair(rows)
    counted = allpairs.count(rows)
    assert (rows.n_genuine, rows.n_impostor) == (same.sum(), (~same).sum())
    assert counted.n_impostor == rows.n_impostor
    np.testing.assert_allclose(np.sort(counted.genuine.scores), np.sort(scores[same]), atol=1e-6)
    where = {(a, b) for a, b in zip(counted.genuine.first, counted.genuine.second, strict=True)}
    assert len(where) == rows.n_genuine
    assert all(a < b and rows.ids[a] == rows.ids[b] for a, b in where)
    expected = np.bincount(allpairs.bins_of(scores[~same]), minlength=allpairs.BINS)
    # a product rounded otherwise may fall into the next bin
    assert np.abs(np.cumsum(expected) - np.cumsum(counted.impostors)).max() <= 1


def test_thresholds_and_rates_are_those_of_a_sort(rows: Rows) -> None:
    scores, same = every_pair(rows)
    at = curves.points(rows, allpairs.count(rows), ["0.5", "1e-1", "1e-2", "1e-4"])
    assert list(at.thresholds) == ["0.5", "1e-1", "1e-2"]
    assert len(at.left_out) == 1
    assert "1e-4" in at.left_out[0]
    for far, threshold in at.thresholds.items():
        expected = verification.threshold_at(scores, same, far=float(far))
        assert threshold == pytest.approx(expected, abs=1e-6)
    assert at.eer == pytest.approx(verification.eer(scores, same), abs=1e-9)


def test_thresholds_are_exact_where_many_scores_share_a_bin() -> None:
    rng = np.random.default_rng(4)
    ids = np.repeat(np.arange(40), 2)
    vectors = np.ones((80, 4)) + 0.004 * rng.normal(size=(80, 4))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    rows = Rows(vectors.astype(np.float32), ids, np.ones(80, bool))
    counted = allpairs.count(rows)
    assert np.count_nonzero(counted.impostors) < 12
    impostors = allpairs.above(rows, counted, level=-np.inf).scores
    assert len(impostors) == rows.n_impostor
    scores = np.concatenate([counted.genuine.scores, impostors])
    same = np.arange(len(scores)) < rows.n_genuine
    at = curves.points(rows, counted, ["0.5", "1e-1", "1e-2", "1e-3"])
    for far, threshold in at.thresholds.items():
        assert threshold == verification.threshold_at(scores, same, far=float(far))
    assert at.eer == pytest.approx(verification.eer(scores, same), abs=1e-12)


def test_area_and_curve_agree_with_scikit_learn(rows: Rows) -> None:
    scores, same = every_pair(rows)
    counted = allpairs.count(rows)
    assert curves.area(counted) == pytest.approx(roc_auc_score(same, scores), abs=1e-5)
    fmr, fnmr, thresholds = det_curve(same, scores)
    ours = curves.curve(counted)
    for t, a, b in zip(thresholds, fmr, fnmr, strict=True):
        # our rates are those at the edges of bins: the edges around t enclose what t gives
        under = np.searchsorted(ours.thresholds, t - 1e-6, "right") - 1
        over = np.searchsorted(ours.thresholds, t + 1e-6, "left")
        assert ours.fmr[over] <= a + 1e-9 <= ours.fmr[under] + 2e-9
        assert ours.fnmr[under] <= b + 1e-9 <= ours.fnmr[over] + 2e-9


@pytest.mark.parametrize("same_score", [0.25, 1.0, -1.0])
def test_scores_that_are_all_equal(same_score: float) -> None:
    """A model that says the same of everybody has no threshold between."""
    n = 12
    gram = np.full((n, n), same_score) + (1 - same_score) * np.eye(n)
    if same_score < 0:
        rows = Rows(np.eye(n, dtype=np.float32), np.arange(n) // 3, np.zeros(n, bool))
    else:
        root = np.linalg.cholesky(gram + 1e-9 * np.eye(n))
        rows = Rows(root.astype(np.float32), np.arange(n) // 3, np.ones(n, bool))
    counted = allpairs.count(rows)
    scores = np.full(66, np.float32(same_score))
    scores = np.array([rows.vectors[i] @ rows.vectors[j] for i in range(n) for j in range(i)])
    if same_score < 0:
        scores[:] = -1
        same = np.array([i // 3 == j // 3 for i in range(n) for j in range(i)])
        at = curves.points(rows, counted, ["1e-1"])
        assert at.eer == pytest.approx(verification.eer(scores.astype(np.float32), same), abs=1e-9)
    assert 0 <= curves.points(rows, counted, ["1e-1"]).eer <= 1
    assert counted.n_impostor == 54


def test_pictures_without_anybody_fail_all_their_pairs() -> None:
    rows = made(lost=(0, 5))
    scores, same = every_pair(rows)
    at = curves.points(rows, allpairs.count(rows), ["1e-1"])
    assert at.eer == pytest.approx(verification.eer(scores, same), abs=1e-9)
    lost = np.count_nonzero(allpairs.count(rows).genuine.scores == allpairs.WORST)
    assert lost == np.count_nonzero(scores[same] == -1) > 0


def test_the_best_impostors_are_selected_with_whom_they_show(rows: Rows) -> None:
    scores, same = every_pair(rows)
    counted = allpairs.count(rows)
    best = allpairs.above(rows, counted, level=0.4)
    assert len(best) == np.count_nonzero(scores[~same] >= 0.4) > 20
    assert (np.diff(best.scores) <= 0).all()
    assert (rows.ids[best.first] < rows.ids[best.second]).all()
    ours = np.einsum("nd,nd->n", rows.vectors[best.first], rows.vectors[best.second])
    np.testing.assert_allclose(ours, best.scores, atol=1e-6)
    assert (best.stands_for == 1).all()


def test_a_sample_stands_for_all_and_holds_the_best() -> None:
    rows = made(300, 3, seed=1)
    counted = allpairs.count(rows)
    level = allpairs.level_of(counted, 0.5)
    every = allpairs.above(rows, counted, level=level)
    some = allpairs.above(rows, counted, level=level, keep=5000)
    assert len(every) > 50_000
    assert len(some) == pytest.approx(5000, rel=0.05)
    assert float(some.stands_for.sum()) == pytest.approx(len(every), rel=0.05)
    n = np.count_nonzero(some.stands_for == 1)
    assert n > 2000
    np.testing.assert_array_equal(some.scores[:n], every.scores[:n])


def test_histograms_hold_everything(rows: Rows) -> None:
    bars = curves.histogram(allpairs.count(rows))
    scores, same = every_pair(rows)
    assert len(bars.edges) == len(bars.genuine) + 1 <= curves.COLUMNS + 1
    assert bars.genuine.sum() == pytest.approx(1)
    assert bars.impostor.sum() == pytest.approx(1)
    expected = np.histogram(scores[same], bars.edges)[0] / same.sum()
    np.testing.assert_allclose(bars.genuine, expected, atol=2 / same.sum())


def test_a_drawn_curve_keeps_its_ends_and_its_shape(rows: Rows) -> None:
    full = curves.curve(allpairs.count(rows))
    thin = curves.thinned(full)
    assert len(thin.fmr) <= curves.POINTS
    assert (np.diff(thin.thresholds) > 0).all()
    assert (np.diff(thin.fmr) <= 0).all()
    assert (np.diff(thin.fnmr) >= 0).all()
    assert thin.fmr[0] == full.fmr[full.fmr < 1][0]
    assert thin.fmr[-1] == full.fmr[full.fmr > 0][-1]


def test_rows_out_of_order_and_too_few_are_refused() -> None:
    two = np.eye(2, dtype=np.float32)
    for ids in ([1, 0], [0, 2], [1, 1]):
        with pytest.raises(ValueError, match="rising"):
            Rows(two, np.array(ids), np.ones(2, bool))
    with pytest.raises(ValueError, match="finite"):
        Rows(two * np.nan, np.array([0, 1]), np.ones(2, bool))
    with pytest.raises(ValueError, match="as many"):
        Rows(two, np.array([0]), np.ones(2, bool))
    for ids in ([0, 0], [0, 1]):
        with pytest.raises(TooFewPairs, match="both sorts"):
            allpairs.count(Rows(two, np.array(ids), np.ones(2, bool)))
