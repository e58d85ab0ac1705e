"""Calibrated on one half of real people, the promise holds on the other half."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reid_core.actions.evidence_pictures import dealt, of_looks
from reid_core.actions.labelled import find
from reid_core.actions.loading import Models
from reid_core.actions.looking import look
from reid_core.evaluate import calibrate, llr, rates
from reid_core.evaluate.comparisons import Comparisons, Looks
from reid_core.evaluate.rates import Pairs
from reid_core.models.store import ModelStore
from reid_core.types import Kind

SETS = {
    Kind.FACE: ("faces/lfw", (1e-2, 1e-3)),
    Kind.BODY: ("reid/market1501", (1e-2, 1e-3)),
}
SPLITS = 4  # of the people into two halves


@pytest.fixture(scope="module", params=list(Kind), ids=str)
def real(
    request: pytest.FixtureRequest, data: Path, model_store: ModelStore
) -> tuple[Looks, Looks, tuple[float, ...]]:
    """Enrolled looks, looks to be found, and the rates to ask for."""
    kind = request.param
    folder, fmrs = SETS[kind]
    models, rng = Models(model_store), np.random.default_rng(0)
    found = find(data / folder)
    enrolled, probes = dealt(found, rng)
    rows = np.concatenate([enrolled, probes])
    detector = models.detector(kind) if kind is Kind.FACE else None
    seen = look([found.paths[i] for i in rows], detector, [models.embedder(kind)])
    looks = Looks(seen.vectors[0], found.ids[rows].astype(np.int64))
    first = np.arange(len(rows)) < len(enrolled)
    return looks[seen.found & first], looks[seen.found & ~first], fmrs


def halves(sets: Looks, probes: Looks, seed: int) -> tuple[Comparisons, Comparisons]:
    everybody = np.random.default_rng(seed).permutation(np.unique(sets.who))
    one = everybody[: len(everybody) // 2]
    here = [of_looks(sets[side(sets.who, one)], probes[side(probes.who, one)]) for side in SIDES]
    return here[0], here[1]


SIDES = (np.isin, lambda who, one: ~np.isin(who, one))


@pytest.mark.real_data
def test_the_promise_holds_for_people_it_never_saw(
    real: tuple[Looks, Looks, tuple[float, ...]],
) -> None:
    sets, probes, fmrs = real
    for fmr in fmrs:
        within = 0
        for seed in range(SPLITS):
            learnt, other = halves(sets, probes, seed)
            found = calibrate.fit(learnt, fmr=fmr)
            fresh = Pairs.of(other[~other.same])
            passed = rates.false_matches(fresh, found.threshold.value)
            missed = calibrate.misses(other[other.same], found.threshold.value)
            for said, seen in ((found.passed, passed), (found.missed, missed)):
                assert said.low is not None
                assert said.high is not None
                # the other half is a sample too: the truth is in both intervals
                assert said.low <= seen.high, (fmr, seed)
                assert seen.low <= said.high, (fmr, seed)
            within += bool(found.passed.low <= passed.value <= found.passed.high)
        assert within >= SPLITS - 1


@pytest.mark.real_data
def test_no_probability_claims_too_much(real: tuple[Looks, Looks, tuple[float, ...]]) -> None:
    """Of unseen people's comparisons with a probability near p, p or more are of one person."""
    sets, probes, _ = real
    learnt, other = halves(sets, probes, 0)
    found = calibrate.fit(learnt, fmr=1e-2)
    share = float(other.same.mean())
    odds = llr.apply(found.knots, other.scores) + np.log(share / (1 - share))
    chance = 1 / (1 + np.exp(-odds))
    for low, high in ((0.0, 0.01), (0.2, 0.8), (0.9, 1.0)):
        some = (chance >= low) & (chance <= high)
        assert some.sum() > 10
        assert np.mean(other.same[some]) >= chance[some].mean() - 0.05
    likely = other.same[chance > 0.5].sum() / other.same.sum()
    assert likely > 0.6  # and it is not so only because nothing is claimed
