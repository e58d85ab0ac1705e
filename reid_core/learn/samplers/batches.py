"""Batches of an epoch: planned as a whole, and shared out to the processes.

An epoch is a table of rows drawn from (seed, epoch), one global batch a line. Rank r of w takes
the r-th of w equal pieces of each line. So ranks have equally many batches and no place in common,
a run can start again in the middle of an epoch, and it can go on with another number of processes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Sampler

from reid_core.learn.data import Draw

Ints = NDArray[np.int64]
Rng = np.random.Generator


@dataclass(frozen=True, slots=True)
class Plan:
    """How epochs of `batches` global batches of `batch` pictures are drawn.

    draw: a generator -> (batches, batch) rows of one epoch. block: so many pictures in succession
    belong together and stay on one rank.
    """

    draw: Callable[[Rng], Ints]
    batches: int
    batch: int
    block: int = 1


class Batches(Sampler[list[Draw]]):
    """The batches of one rank, epoch by epoch; give it to a DataLoader as its `batch_sampler`.

    Each picture is a `Draw` whose seed follows from (seed, epoch, place in the epoch) alone. The
    length is always that of a whole epoch.
    """

    def __init__(self, plan: Plan, *, seed: int, rank: int = 0, world: int = 1) -> None:
        if not 0 <= rank < world:
            raise ValueError(f"rank is {rank}, expected one in 0..{world - 1}")
        if plan.batch % (world * plan.block):
            blocks = f" in blocks of {plan.block}" if plan.block > 1 else ""
            raise ValueError(f"a batch of {plan.batch}{blocks} is not to be cut into {world} parts")
        self.plan, self.seed, self.rank, self.world = plan, seed, rank, world
        self.epoch, self.start = 0, 0
        self._drawn: tuple[int, Ints] | None = None

    def set_epoch(self, epoch: int, *, start: int = 0) -> None:
        """The next iteration is of this epoch, from batch `start` on."""
        if not 0 <= start <= self.plan.batches:
            raise ValueError(f"start is {start}, expected one in 0..{self.plan.batches}")
        self.epoch, self.start = epoch, start

    @property
    def rows(self) -> Ints:
        """(batches, batch) the whole plan of this epoch, the same for every rank."""
        if self._drawn is None or self._drawn[0] != self.epoch:
            rows = self.plan.draw(np.random.default_rng([self.seed, self.epoch]))
            self._drawn = self.epoch, rows
        return self._drawn[1]

    @property
    def repeated(self) -> int:
        """How many places of this epoch's global batches hold a picture that is in them already."""
        ordered = np.sort(self.rows, axis=1)
        return int((ordered[:, 1:] == ordered[:, :-1]).sum())

    def __len__(self) -> int:
        return self.plan.batches

    def __iter__(self) -> Iterator[list[Draw]]:
        share = self.plan.batch // self.world
        own = slice(self.rank * share, (self.rank + 1) * share)
        seeds = np.random.SeedSequence([self.seed, self.epoch, 1])
        keys = seeds.generate_state(self.rows.size, np.uint64) >> np.uint64(1)
        drawn = zip(self.rows[:, own], keys.reshape(self.rows.shape)[:, own], strict=True)
        for rows, keys_of in islice(drawn, self.start, None):
            yield [Draw(*pair) for pair in zip(rows.tolist(), keys_of.tolist(), strict=True)]


class Deck:
    """Cards dealt in random order, every one of them before any comes again.

    shuffle: puts the cards in an order of its own; a random one without it.
    """

    def __init__(
        self, cards: Sequence[int] | Ints, rng: Rng, shuffle: Callable[[Ints], Ints] | None = None
    ) -> None:
        self._cards = np.asarray(cards, np.int64)
        self._shuffle = rng.permutation if shuffle is None else shuffle
        self._left: list[int] = []

    def deal(self, n: int) -> list[int]:
        """N cards; one is among them twice only when there are fewer than n, and then evenly."""
        hand: list[int] = []
        while len(hand) < n:
            if not self._left:
                self._left = self._shuffle(self._cards)[::-1].tolist()
                if hand:  # those in hand already come last
                    self._left.sort(key=Counter(hand).__getitem__, reverse=True)
            take = min(n - len(hand), len(self._left))
            hand += self._left[: -take - 1 : -1]
            del self._left[-take:]
        return hand
