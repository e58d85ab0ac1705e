"""Adapters: what can be learnt is learnt, chance is not, and the same seed gives the same map."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from reid_core.errors import DataError, Diverged
from reid_core.evaluate import paired, verdict
from reid_core.evaluate.holdout import split
from reid_core.evaluate.ranking import rank_each
from reid_core.learn import adapt
from reid_core.learn.adapt import Recipe, Way, fit
from reid_core.learn.folds import strangers
from reid_core.learn.losses import named
from reid_core.protocols import no_progress

DIM = 48


def world(count: int = 50, looks: int = 4, *, seed: int = 0) -> tuple[np.ndarray, ...]:
    """People hidden under an offset and five directions that change from look to look."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(count), looks)
    nuisances = rng.normal(size=(5, DIM)) * 0.8
    rows = rng.normal(size=(count, DIM))[who] + 1.5 * rng.normal(size=DIM)
    rows = (
        rows + rng.normal(size=(len(who), 5)) @ nuisances + 0.3 * rng.normal(size=(len(who), DIM))
    )
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows.astype(np.float32), who, np.arange(len(who))


def precision(rows: np.ndarray, who: np.ndarray, looks: np.ndarray) -> float:
    return float(rank_each(rows, who, looks, np.ones(len(who), bool)).precision.mean())


@pytest.mark.parametrize("people", [[], [7], [7, 7]])
def test_of_nobody_and_of_one_person_there_are_no_strangers(people: list[int]) -> None:
    who = np.array(people, np.int64)
    rows = np.ones((len(who), 1), np.float32)
    (left, right), scores = strangers(who, np.zeros_like(who), lambda _, some: rows[some])
    assert len(left) == len(right) == len(scores) == 0
    assert left.dtype == np.int64


def test_people_never_seen_are_told_apart_better() -> None:
    rows, who, looks = world(60)
    seen = who < 40
    fitted = fit("b@1", rows[seen], who[seen], looks[seen])
    assert fitted.strength > 0
    new = fitted.adapter.apply(rows)
    others = ~seen
    before = precision(rows[others], who[others], looks[others])
    assert precision(new[others], who[others], looks[others]) > before + 0.2
    assert fitted.adapter.is_regular
    np.testing.assert_allclose(fitted.adapter.undo(new), rows, atol=1e-4)


@pytest.mark.parametrize("seed", range(8))
def test_labels_by_chance_are_never_offered(seed: int) -> None:
    """Every name has four pictures of four people."""
    rows, who, looks = world(40, seed=seed)
    who = (who + (2 * seed + 3) * (looks % 4)) % 40
    s = split(who, looks, looks + 1)
    fitted = fit("b@1", rows[s.train], who[s.train], looks[s.train], Recipe(steps=60))
    a, b = fitted.strangers
    old = np.einsum("nd,nd->n", rows[s.train][a], rows[s.train][b])
    new = fitted.adapter.apply(rows)
    case = paired.Case(rows, new, who, looks, s, old, fitted.strangers_scores)
    assert not verdict.judge(case, rounds=300).is_offered


def test_strength_none_is_among_the_candidates_and_wins_without_a_sure_gain() -> None:
    none, vague = adapt.Tried(0.0, 0.5, 0, 0), adapt.Tried(0.5, 0.5, 0.02, 0.03)
    small, large = replace(vague, error=0.005), replace(vague, strength=1.0, gain=0.03)
    assert adapt.choose([none, vague]) is none
    assert adapt.choose([none, vague, small, large]) is small
    rows, who, looks = world(20)
    fitted = fit("b@1", rows, who, looks, Recipe(steps=5, strengths=[0.5]))
    assert [t.strength for t in fitted.tried] == [0.0, 0.5, 0.5, 0.5]


def test_the_same_seed_gives_the_same_map_and_another_one_does_not() -> None:
    rows, who, looks = world(20)
    models = [
        fit("b@1", rows, who, looks, Recipe(steps=20, seed=s, strengths=[1.0])).adapter.model
        for s in (0, 0, 1)
    ]
    assert models[0] == models[1] != models[2]


@pytest.mark.parametrize("loss", named.names())
def test_any_loss_can_teach_it(loss: str) -> None:
    rows, who, _ = world(20)
    found = adapt._learn(
        rows, who, np.ones(len(who), bool), Recipe(loss, steps=3), Way(0.1), no_progress
    )
    assert np.isfinite(found.residual).all()
    assert np.abs(found.residual).max() > 0


def test_a_loss_that_is_not_there_and_one_that_explodes(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, who, looks = world(10)
    with pytest.raises(ValueError, match="loss"):
        fit("b@1", rows, who, looks, Recipe("no-such-loss"))

    def broken(*_: object, **__: object) -> torch.nn.Module:
        class Nan(torch.nn.Module):
            def forward(self, x: torch.Tensor, _: torch.Tensor) -> torch.Tensor:
                return x.sum() * float("nan")

        return Nan()

    monkeypatch.setattr(named, "make", broken)
    with pytest.raises(Diverged, match="--loss"):
        fit("b@1", rows, who, looks)


def test_too_few_people_are_refused() -> None:
    rows, who, looks = world(2)
    with pytest.raises(DataError, match="2 people have two different looks"):
        fit("b@1", rows, who, looks)


def test_it_can_be_stopped_and_tells_how_far_it_is() -> None:
    rows, who, looks = world(10)
    shares: list[float] = []
    fit("b@1", rows, who, looks, Recipe(steps=4), progress=lambda share, _: shares.append(share))
    assert shares == sorted(shares)
    assert shares[-1] == 1.0

    class Stop(Exception):
        pass

    def stop(share: float, _: str) -> None:
        raise Stop

    threads = torch.get_num_threads()
    with pytest.raises(Stop):
        fit("b@1", rows, who, looks, progress=stop)
    assert torch.get_num_threads() == threads


def test_thresholds_come_from_maps_that_did_not_learn_from_the_pair() -> None:
    rows, who, looks = world(30)
    fitted = fit("b@1", rows, who, looks, Recipe(steps=20))
    a, b = fitted.strangers
    folds = adapt.dealt(who, looks, count=adapt.FOLDS, seed=0)
    assert (who[a] != who[b]).all()
    assert (folds[a] == folds[b]).all()
    assert len(fitted.strangers_scores) == len(a)


def test_evening_out_gives_looks_at_one_person_a_round_cloud() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(200), 5)
    spread = np.array([4.0, 1, 1, 1, 1, 1, 1, 1])
    x = (rng.normal(size=(200, 8))[labels] + rng.normal(size=(1000, 8)) * spread).astype(np.float32)

    def ratio(rows: np.ndarray) -> float:
        within = rows - np.stack([rows[labels == k].mean(0) for k in range(200)])[labels]
        return float(within[:, 0].std() / within[:, 1:].std())

    weight = np.eye(8, dtype=np.float32) + adapt._evened(x, labels)
    assert ratio(x) > 3.5
    assert ratio(x @ weight.T) < 0.7 * ratio(x)
    assert np.trace(weight) == pytest.approx(8, rel=1e-4)
    np.testing.assert_allclose(weight, weight.T, atol=1e-6)
