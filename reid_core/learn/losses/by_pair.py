"""A loss by pair as a module: matrix, masks, miner, loss, and a memory of past batches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from reid_core.learn.losses.matrix import distances, masks, similarities, squared_distances
from reid_core.learn.losses.numeric import as_float
from reid_core.learn.memory import CrossBatchMemory
from reid_core.learn.miners import Masks

PairLoss = Callable[[Tensor, Tensor, Tensor], Tensor]  # (matrix, positive, negative), all (N, M)


@dataclass(frozen=True)
class Measure:
    """A matrix of embeddings' nearness, and the same seen as distances and as cosines (N, M).

    The latter two are for miners; they are exact for embeddings of length 1.
    """

    of: Callable[[Tensor, Tensor | None], Tensor]
    as_distance: Callable[[Tensor], Tensor]
    as_cosine: Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Miner:
    """A function of `miners`, and whether it looks at cosines rather than at distances."""

    choose: Callable[[Tensor, Tensor, Tensor], Masks]
    by_cosine: bool = False


class ByPair(nn.Module):
    """The loss of the pairs that a miner leaves, within a batch and with those before it.

    memory: the batch is compared with what it holds too (1912.06798), and put in when training.
    It sees what it is given: the trainer gathers the batch of all processes first, so that each
    compares and remembers the whole of it.
    """

    reads = "raw"

    def __init__(
        self,
        loss: PairLoss,
        measure: Measure,
        *,
        miner: Miner | None = None,
        memory: CrossBatchMemory | None = None,
    ) -> None:
        super().__init__()
        self.loss, self.measure, self.miner, self.memory = loss, measure, miner, memory

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """A scalar; zero, with a gradient, when no pair counts."""
        if not len(labels):
            return embeddings.sum() * 0
        x = as_float(embeddings)
        others, positive, negative = self._others(x, labels)
        matrix = self.measure.of(x, others)
        if self.miner is not None:
            look = self.measure.as_cosine if self.miner.by_cosine else self.measure.as_distance
            positive, negative = self.miner.choose(look(matrix.detach()), positive, negative)
        if self.memory is not None and self.training:
            self.memory.add(x.detach(), labels)
        return self.loss(matrix, positive, negative)

    def _others(self, x: Tensor, labels: Tensor) -> tuple[Tensor | None, Tensor, Tensor]:
        """What the batch is compared with, None for itself alone, and the two masks."""
        positive, negative = masks(labels)
        if self.memory is None:
            return None, positive, negative
        held, their_labels = self.memory.held()
        more_positive, more_negative = masks(labels, their_labels)
        return (
            torch.cat([x, held.to(x.dtype)]),
            torch.cat([positive, more_positive], 1),
            torch.cat([negative, more_negative], 1),
        )


def _same(matrix: Tensor) -> Tensor:
    return matrix


def _distance_of_cosine(cosine: Tensor) -> Tensor:
    return (2 - 2 * cosine).clamp(min=0).sqrt()


def _cosine_of_square(square: Tensor) -> Tensor:
    return 1 - square / 2


def _cosine_of_distance(distance: Tensor) -> Tensor:
    return 1 - distance.square() / 2


def _far(x: Tensor, others: Tensor | None) -> Tensor:
    return distances(x, others, unit=False)


def _far_squared(x: Tensor, others: Tensor | None) -> Tensor:
    return squared_distances(x, others, unit=False)


COSINE = Measure(similarities, _distance_of_cosine, _same)
DISTANCE = Measure(distances, _same, _cosine_of_distance)
SQUARED = Measure(squared_distances, torch.sqrt, _cosine_of_square)
FREE_DISTANCE = Measure(_far, _same, _cosine_of_distance)
FREE_SQUARED = Measure(_far_squared, torch.sqrt, _cosine_of_square)
