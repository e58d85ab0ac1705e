"""How well a network tells people apart who were never trained on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, distributed, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Subset

from reid_core.errors import Diverged
from reid_core.evaluate import retrieval
from reid_core.learn import augment
from reid_core.learn.config import METRICS
from reid_core.learn.data import PictureSet
from reid_core.learn.distributed import rank, world
from reid_core.types import Floats

BATCH = 128


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """The network in evaluation mode for as long as the block lasts, without gradients."""
    was = network.training
    network.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        network.train(was)


def embed(
    network: nn.Module,
    pictures: PictureSet,
    *,
    device: torch.device,
    mean: tuple[float, ...],
    std: tuple[float, ...],
    amp: torch.dtype | None = None,
) -> Floats:
    """(N, dim) float32 unit rows, of the neck; shared out among the processes.

    Raises Diverged where they are no numbers.
    """
    own = list(range(rank(), len(pictures), world())) or [0]  # which is not looked at
    loader = DataLoader(Subset(pictures, own), batch_size=BATCH, generator=torch.Generator())
    rows: list[Tensor] = []
    with evaluating(network):
        for batch, _, _ in loader:
            x = augment.normalise(batch.to(device), mean=mean, std=std)
            x = x.contiguous(memory_format=torch.channels_last)
            with torch.autocast(device.type, dtype=amp, enabled=amp is not None):
                rows.append(F.normalize(network(x).neck.float()))
    found = np.asarray(_all_rows(torch.cat(rows), len(pictures)).cpu().numpy(), np.float32)
    if not np.isfinite(found).all():
        raise Diverged("The network gives something else than finite numbers. Lower optim.lr.")
    return found


def _all_rows(mine: Tensor, n: int) -> Tensor:
    """Rows r, r + w, … of each process -> all n in order."""
    if world() == 1:
        return mine
    most = -(-n // world())
    padded = mine.new_zeros(most, mine.shape[1])
    padded[: len(mine)] = mine
    parts = [torch.empty_like(padded) for _ in range(world())]
    distributed.all_gather(parts, padded)
    return torch.stack(parts, 1).reshape(-1, mine.shape[1])[:n]


def measure(vectors: Floats, pictures: PictureSet) -> dict[str, float]:
    """The metrics of `config.METRICS`, by the protocol that fits the cameras known.

    See `retrieval.plan`. Raises TooFewPairs when nobody can be found again.
    """
    own = pictures.pictures
    known = own.cameras.min(initial=0) >= 0
    unknown = np.full(len(own), -1, np.int64)
    shots = retrieval.Shots(own.cameras, unknown, unknown) if known else None
    plan = retrieval.plan(own.labels, shots)
    got = retrieval.rank_scores(
        retrieval.inner_products(vectors[plan.queries], vectors[plan.gallery]),
        query_ids=own.labels[plan.queries],
        gallery_ids=own.labels[plan.gallery],
        junk=plan.junk,
        protocol=plan.protocol,
    )
    recall = retrieval.recall_at(vectors, own.labels, (1,))[1]
    values = (got.mAP, got.cmc[0], got.cmc[4], got.mINP, recall)
    return {name: float(value) for name, value in zip(METRICS, values, strict=True)}
