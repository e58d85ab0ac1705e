"""Cross-batch memory: the embeddings of the last batches, to compare the present one with."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class CrossBatchMemory(nn.Module):
    """The latest `size` embeddings and labels (1912.06798, section 3.2).

    They drift slowly enough to be good negatives. Saved with a run, so that resuming is exact.
    """

    embeddings: Tensor
    labels: Tensor
    filled: Tensor

    def __init__(self, dim: int, *, size: int) -> None:
        super().__init__()
        if size < 1:
            raise ValueError(f"a memory holds at least one embedding, not {size}")
        self.register_buffer("embeddings", torch.zeros(size, dim))
        self.register_buffer("labels", torch.zeros(size, dtype=torch.long))
        self.register_buffer("filled", torch.zeros((), dtype=torch.long))

    def held(self) -> tuple[Tensor, Tensor]:
        """(M, dim) embeddings without gradient and (M,) labels, M up to the size.

        Copies: what a backward pass still needs is not overwritten by the next batch.
        """
        n = min(int(self.filled), len(self.labels))
        return self.embeddings[:n].clone(), self.labels[:n].clone()

    @torch.no_grad()
    def add(self, embeddings: Tensor, labels: Tensor) -> None:
        """Put a batch in, over the oldest."""
        size = len(self.labels)
        embeddings, labels = embeddings[-size:], labels[-size:]
        places = (torch.arange(len(labels), device=labels.device) + self.filled) % size
        self.embeddings[places] = embeddings.to(self.embeddings.dtype)
        self.labels[places] = labels
        self.filled += len(labels)
