"""Miners against loops, and the memory of past batches against a list."""

from __future__ import annotations

import pytest
import torch
from batches import DIM, SEEDS, batch
from torch import Tensor

from reid_core.learn import miners
from reid_core.learn.losses.matrix import distances, masks, similarities
from reid_core.learn.memory import CrossBatchMemory


def rows(m: Tensor, y: Tensor) -> list[tuple[int, list[int], list[int]]]:
    """Each anchor with its positives and its negatives."""
    n = range(len(y))
    return [
        (a, [j for j in n if j != a and y[j] == y[a]], [j for j in n if y[j] != y[a]]) for a in n
    ]


def chosen(masks_left: miners.Masks) -> list[tuple[set[int], set[int]]]:
    positive, negative = masks_left
    return [
        (set(p.nonzero()[:, 0].tolist()), set(n.nonzero()[:, 0].tolist()))
        for p, n in zip(positive, negative)
    ]


def loop(name: str, d: Tensor, p: list[int], n: list[int]) -> tuple[set[int], set[int]]:
    """What the miner leaves of one anchor's row of distances, or of cosines for the last."""
    value = d.tolist()
    far = max((value[j] for j in p), default=float("-inf"))
    near = min((value[j] for j in n), default=float("inf"))
    match name:
        case "batch_hard":
            return {j for j in p if value[j] == far}, {j for j in n if value[j] == near}
        case "hard":
            return {j for j in p if value[j] > near}, {j for j in n if value[j] < far}
        case "semi_hard":
            beyond = [j for j in n if value[j] > far]
            if beyond:
                return set(p), {min(beyond, key=value.__getitem__)}
            return set(p), {max(n, key=value.__getitem__)} if n else set()
        case "easy_positive":
            return ({min(p, key=value.__getitem__)} if p else set()), set(n)
        case "multi_similarity":
            return (
                {j for j in p if any(value[j] < value[k] + 0.1 for k in n)},
                {j for j in n if any(value[j] > value[k] - 0.1 for k in p)},
            )
    raise AssertionError(name)


@pytest.mark.parametrize(
    "name", ["batch_hard", "hard", "semi_hard", "easy_positive", "multi_similarity"]
)
def test_as_a_loop_over_anchors(name: str) -> None:
    for seed in SEEDS:
        x, y = batch(seed, classes=1 if seed == 0 else 12 if seed == 1 else 4)
        m = (similarities if name == "multi_similarity" else distances)(x.detach())
        expected = [loop(name, m[a], p, n) for a, p, n in rows(m, y)]
        assert chosen(getattr(miners, name)(m, *masks(y))) == expected


def test_negatives_are_drawn_evenly_over_distances() -> None:
    """Against the law of 1706.07567: 1 / q(d), q(d) = d^(n-2) (1 - d²/4)^((n-3)/2)."""
    d, dim, times = [0.3, 0.6, 0.9, 1.1, 1.3, 1.5, 0.2], 6, 40_000
    many = torch.tensor([d]).repeat(times, 1)
    positive = torch.zeros(times, 7, dtype=torch.bool)
    positive[:, 6] = True
    g = torch.Generator().manual_seed(0)
    left, drawn = miners.distance_weighted(many, positive, ~positive, dim=dim, generator=g)
    rare = [
        1 / (max(v, 0.5) ** (dim - 2) * (1 - max(v, 0.5) ** 2 / 4) ** ((dim - 3) / 2)) for v in d
    ]
    rare[5] = rare[6] = 0.0  # too far, and no negative
    share = drawn.double().mean(0).tolist()
    assert share == [pytest.approx(r / sum(rare), abs=0.01) for r in rare]
    assert (drawn.sum(1) == 1).all()
    assert (left == positive).all()


def test_no_negative_near_enough_draws_none() -> None:
    d = torch.full((3, 3), 1.9)
    positive, negative = masks(torch.arange(3))
    _, drawn = miners.distance_weighted(d, positive, negative, dim=DIM)
    assert not drawn.any()


@pytest.mark.parametrize("sizes", [[3, 3, 3, 3], [5, 4, 1, 7], [20], [3, 20, 2]])
def test_a_memory_holds_the_latest(sizes: list[int]) -> None:
    memory, told = CrossBatchMemory(2, size=7), []
    for n in sizes:
        labels = torch.arange(len(told), len(told) + n)
        told += labels.tolist()
        memory.add(torch.stack([labels.float(), -labels.float()], 1), labels)
        held, their = memory.held()
        assert sorted(their.tolist()) == told[-7:]
        assert torch.equal(held, torch.stack([their, -their], 1).float())


def test_a_memory_goes_on_where_it_was_saved() -> None:
    one, other = CrossBatchMemory(2, size=4), CrossBatchMemory(2, size=4)
    one.add(torch.randn(3, 2), torch.arange(3))
    other.load_state_dict(one.state_dict())
    for memory in (one, other):
        memory.add(torch.ones(2, 2), torch.tensor([7, 8]))
    assert all(torch.equal(a, b) for a, b in zip(one.held(), other.held()))


def test_a_memory_keeps_no_gradient_and_gives_copies() -> None:
    memory = CrossBatchMemory(2, size=4)
    memory.add(torch.ones(2, 2, requires_grad=True) * 2, torch.arange(2))
    held, _ = memory.held()
    assert not held.requires_grad
    memory.add(torch.zeros(4, 2), torch.arange(4))
    assert (held == 2).all()
    with pytest.raises(ValueError, match="at least one"):
        CrossBatchMemory(2, size=0)
