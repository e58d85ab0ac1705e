"""Footage that nobody labelled, as something to learn from: appearances, and who is seen at once.

The looks of one appearance are of one person. Two appearances are of two people only where both
were seen in one picture; any other two may be the same person, and an enrolled one at that. So
nothing may push them apart: a batch holds a few groups in each of which everybody was seen with
everybody else, each group has a loss of its own, and that compares pairs. A loss of classes, which
knows each appearance from all others, is not for this.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from reid_core.evaluate.holdout import Bools, Ids
from reid_core.learn.losses import named
from reid_core.types import Floats

LOSS = "supervised-contrastive"  # of pairs, whatever the people learn by
GROUPS = 8  # in a batch
MEMBERS = 8  # of a group, at most
LOOKS = 4  # of each


@dataclass(frozen=True, slots=True, eq=False)
class Unlabelled:
    """vectors: (N, D) unit rows. whose: (N,) appearances from 0, two rows or more of each.

    apart: (P, 2) appearances that are two people.
    """

    vectors: Floats
    whose: Ids
    apart: Ids

    def __len__(self) -> int:
        """How many appearances there are."""
        return int(self.whose.max()) + 1 if len(self.whose) else 0

    def without(self, some: Bools) -> Unlabelled:
        """The appearances of which no look is among some (N,)."""
        keep = ~np.isin(self.whose, self.whose[some])
        names = np.unique(self.whose[keep])
        apart = self.apart[np.isin(self.apart, names).all(1)]
        return Unlabelled(
            self.vectors[keep],
            np.searchsorted(names, self.whose[keep]),
            np.searchsorted(names, apart),
        )


class Groups:
    """Draws groups of appearances that were all seen together."""

    def __init__(self, given: Unlabelled, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        order = np.argsort(given.whose, kind="stable")
        self._rows = np.split(order, np.flatnonzero(np.diff(given.whose[order])) + 1)
        self._beside: dict[int, set[int]] = {}
        for a, b in given.apart.tolist():
            self._beside.setdefault(a, set()).add(b)
            self._beside.setdefault(b, set()).add(a)
        self._first = np.array(sorted(self._beside), np.int64)

    def next(self) -> list[tuple[Tensor, Tensor]]:
        """Rows (B,) and labels (B,) of each group; nothing where nobody was seen with another."""
        chosen = self._rng.permutation(self._first)[:GROUPS]
        return [self._looks(self._group(first)) for first in chosen.tolist()]

    def _group(self, first: int) -> list[int]:
        """Whoever of its neighbours was seen with all before them, in an order by chance."""
        group, able = [first], self._beside[first]
        while able and len(group) < MEMBERS:
            group.append(int(self._rng.choice(sorted(able))))
            able = able & self._beside[group[-1]]
        return group

    def _looks(self, group: list[int]) -> tuple[Tensor, Tensor]:
        rows = [self._rng.permutation(self._rows[one])[:LOOKS] for one in group]
        labels = np.repeat(np.arange(len(rows)), [len(r) for r in rows])
        return torch.from_numpy(np.concatenate(rows)), torch.from_numpy(labels)


class FootageLoss:
    """The loss of a residual map on footage; a batch at each call."""

    def __init__(self, given: Unlabelled, mean: Floats, seed: int) -> None:
        self._given = torch.from_numpy(given.vectors - mean)
        self._groups = Groups(given, seed)
        self._loss = named.make(LOSS, dim=given.vectors.shape[1], classes=MEMBERS)

    def __call__(self, residual: Tensor) -> Tensor:
        """residual: (D, D). The mean over groups; 0 when there are none."""
        found = []
        for rows, labels in self._groups.next():
            batch = self._given[rows]
            found.append(self._loss(F.normalize(batch + batch @ residual.T, dim=1), labels))
        return torch.stack(found).mean() if found else residual.sum() * 0
