"""What every strength of retraining learns by: batches of people, folds of people, what won.

A strength is chosen on people whom it was not learnt from (cross-validation over people), and
strength 0, which changes nothing, wins unless another gains more than its standard error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from reid_core.errors import DataError, Diverged
from reid_core.evaluate.holdout import Ids, folds_of
from reid_core.protocols import Progress
from reid_core.types import Floats

PEOPLE = 64  # in a batch
LOOKS = 4  # of each
STRANGERS = 200_000  # pairs of different people whose cosines are kept for thresholds
SURE = 1.0  # standard errors that a gain is taken to be smaller than it was measured


@dataclass(frozen=True, slots=True)
class Tried:
    """A strength over the folds: mAP by person, the gain over none, and its standard error."""

    strength: float
    precision: float
    gain: float
    error: float


T = TypeVar("T", bound=Tried)


class Batches:
    """Rows of some people, a few of each; everybody comes equally often."""

    def __init__(self, labels: Ids, seed: int, *, people: int = PEOPLE, looks: int = LOOKS) -> None:
        self._rows = [np.flatnonzero(labels == k) for k in range(int(labels.max()) + 1)]
        self._rng = np.random.default_rng(seed)
        self._people, self._looks = people, looks

    def next(self) -> Tensor:
        """(B,) int64."""
        chosen = self._rng.permutation(len(self._rows))[: self._people]
        rows = [self._rng.permutation(self._rows[k])[: self._looks] for k in chosen.tolist()]
        return torch.from_numpy(np.concatenate(rows))


def dealt(people: Ids, looks: Ids, *, count: int, seed: int) -> Ids:
    """(N,) the fold of each row, of as many as there are people for.

    Raises DataError with fewer than three people of two looks.
    """
    several = sum(len(np.unique(looks[people == p])) > 1 for p in np.unique(people))
    if several < 3:
        raise DataError(
            f"{several} people have two different looks among what may be trained on; three are "
            "needed."
        )
    return folds_of(people, count=min(count, several), seed=seed)


def descend(
    value: Tensor,
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    *,
    loss: str,
    step: int,
) -> None:
    """One step. loss: its name, for the sentence of Diverged, which is raised for no number."""
    if not torch.isfinite(value):
        raise Diverged(f"The loss {loss} is no number after {step} steps; try another with --loss.")
    optimiser.zero_grad()
    value.backward()  # type: ignore[no-untyped-call]
    optimiser.step()
    schedule.step()


@contextmanager
def one_thread() -> Iterator[None]:
    """Products this small are slower on several threads, which wait for one another."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class Parts:
    """The progress of several runs as one."""

    def __init__(self, progress: Progress, count: int) -> None:
        self._progress, self._count, self._number = progress, count, -1

    def next(self) -> Progress:
        """The progress of the next of them."""
        self._number += 1
        number, count = self._number, self._count

        def tell(share: float, what: str) -> None:
            self._progress((number + share) / count, f"{number + 1} of {count}: {what}")

        return tell


def error_of(values: NDArray[np.float64]) -> float:
    """Of the mean; infinite for a single value."""
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("inf")


def choose(tried: Sequence[T]) -> T:
    """The one with the largest gain less its error; the first, which is none, if all are below."""
    return max(tried, key=lambda t: t.gain - SURE * t.error)


def strangers(
    people: Ids, folds: Ids, vectors_of: Callable[[int, Ids], Floats]
) -> tuple[tuple[Ids, Ids], Floats]:
    """Pairs of different people of one fold, two (P,) rows, and their cosines (P,).

    vectors_of: the rows of a fold as the model sees them that was not learnt from that fold.
    """
    rng = np.random.default_rng(0)
    names, none = np.unique(folds).tolist(), np.zeros(0, np.int64)
    left, right, scores = [none], [none], [np.zeros(0, np.float32)]
    for k in names:
        rows = np.flatnonzero(folds == k)
        x = vectors_of(k, rows)
        i, j = rng.integers(0, len(rows), (2, STRANGERS // len(names)))
        apart = (people[rows[i]] != people[rows[j]]) & (i < j)
        i, j = np.unique(np.stack([i[apart], j[apart]]), axis=1)
        left.append(rows[i])
        right.append(rows[j])
        scores.append(np.einsum("nd,nd->n", x[i], x[j]))
    return (np.concatenate(left), np.concatenate(right)), np.concatenate(scores)
