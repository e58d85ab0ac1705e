"""Batches by identity: at random, class-balanced, P identities x K pictures."""

from __future__ import annotations

from collections import Counter

import numpy as np

from reid_core.errors import DataError
from reid_core.learn.data import Pictures
from reid_core.learn.samplers.batches import Deck, Ints, Plan, Rng


def random(
    pictures: Pictures,
    *,
    batch: int,
    epoch_length: int | None = None,
) -> Plan:
    """Every picture once an epoch, in random order; the last few that fill no batch are left out.

    epoch_length: pictures an epoch, about; all of them without it.
    """
    batches = how_many(pictures, batch, epoch_length)

    def draw(rng: Rng) -> Ints:
        deck = Deck(np.arange(len(pictures)), rng)
        return np.array([deck.deal(batch) for _ in range(batches)], np.int64)

    return Plan(draw, batches, batch)


def class_balanced(
    pictures: Pictures,
    *,
    batch: int,
    epoch_length: int | None = None,
) -> Plan:
    """Every identity equally often, however many pictures it has."""
    batches = how_many(pictures, batch, epoch_length)
    members = members_of(pictures)

    def draw(rng: Rng) -> Ints:
        people, own = Deck(np.arange(len(members)), rng), [Deck(m, rng) for m in members]
        hands = [Counter(people.deal(batch)) for _ in range(batches)]
        rows = [[row for one, n in hand.items() for row in own[one].deal(n)] for hand in hands]
        return np.array(rows, np.int64)

    return Plan(draw, batches, batch)


def pk(
    pictures: Pictures,
    *,
    batch: int,
    k: int = 4,
    epoch_length: int | None = None,
) -> Plan:
    """P identities x K pictures (1703.07737, section 2), P = batch / k, each identity in a block.

    Identities come equally often. An identity's pictures are all shown before any is again; one
    with fewer than k is shown repeatedly within a batch, which `repeated` counts. Raises
    DataError when there are fewer than P identities.
    """
    p, batches = people_in(batch, k), how_many(pictures, batch, epoch_length)
    enough_people(pictures.classes, p, "the training data")
    members = members_of(pictures)

    def draw(rng: Rng) -> Ints:
        people, own = Deck(np.arange(len(members)), rng), [Deck(m, rng) for m in members]
        rows = [[r for one in people.deal(p) for r in own[one].deal(k)] for _ in range(batches)]
        return np.array(rows, np.int64)

    return Plan(draw, batches, batch, block=k)


def people_in(batch: int, k: int) -> int:
    """P = batch / k. Raises ValueError when it is no whole number."""
    if k < 1 or batch % k:
        raise ValueError(f"a batch of {batch} is not a multiple of {k} pictures an identity")
    return batch // k


def how_many(pictures: Pictures, batch: int, epoch_length: int | None) -> int:
    """How many batches an epoch has, at least one; epoch_length: pictures, or None for all."""
    length = len(pictures) if epoch_length is None else epoch_length
    if not isinstance(length, int) or length < 1 or batch < 1:
        raise ValueError(f"an epoch of {length} pictures in batches of {batch} is not possible")
    return max(1, length // batch)


def members_of(pictures: Pictures) -> list[Ints]:
    """The rows of each identity."""
    order = np.argsort(pictures.labels, kind="stable")
    counts = np.bincount(pictures.labels, minlength=pictures.classes)
    return np.split(order, np.cumsum(counts)[:-1])


def enough_people(there: int, p: int, where: str) -> None:
    """Raises DataError when there are fewer than p."""
    if there < p:
        raise DataError(
            f"A batch needs {p} identities but {where} has {there}: lower the batch size, or "
            "raise the number of pictures of each identity in it."
        )
