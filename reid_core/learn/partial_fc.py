"""Class centres shared out among processes, of which a random part takes part in each step.

Partial FC (An et al., arXiv 2203.15565): process r of w keeps the r-th of w equal ranges of the
classes. All embeddings come to every process; each computes the logits to its own centres, and
the softmax is put together from each one's maximum and sum. With `sample` below 1, a step takes
the centres that the batch needs and random others, that share of each range in all.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, distributed, nn
from torch.nn import functional as F

from reid_core.learn.distributed import rank, sum_backward, world
from reid_core.learn.losses.classes import ClassLoss
from reid_core.learn.losses.logits import Nearest
from reid_core.learn.losses.numeric import as_float, products


def share_of(classes: int, *, rank: int, world: int) -> tuple[int, int]:
    """The range [first, last) of classes that a process keeps; sizes differ by one at most."""
    return classes * rank // world, classes * (rank + 1) // world


class ShardedClasses(nn.Module):
    """A loss by class with the centres of this process only.

    like: the loss to be sharded, made for any number of classes; its rule is taken over. sample:
    in (0, 1]. Centres that were not drawn have no gradient. Gathering the batch first is the
    caller's part: `forward` takes the embeddings and labels of all processes. Raises ValueError
    for a loss that has more to a class than one centre, or learns from more than its logits.
    """

    reads = "neck"

    def __init__(self, like: ClassLoss, classes: int, *, sample: float = 1.0) -> None:
        super().__init__()
        plain = type(like) is ClassLoss and not isinstance(like.rule, Nearest)
        if not plain or like.smoothing or any(p.ndim for p in like.rule.parameters()):
            raise ValueError(
                "sharded class centres need a loss like ArcFace, CosFace, NormFace or Circle: "
                "one centre a class, no bias, no smoothing"
            )
        if not 0 < sample <= 1:
            raise ValueError(f"sample is {sample}, expected one in (0, 1]")
        if classes < world():
            raise ValueError(f"{classes} classes cannot be shared out among {world()} processes")
        self.classes, dim = classes, like.weight.shape[1]
        self.first, self.last = share_of(classes, rank=rank(), world=world())
        self.rule, self.sample = like.rule, sample
        # the same numbers however many processes share them
        whole = torch.Generator().manual_seed(torch.initial_seed() % 2**63)
        self.weight = nn.Parameter(_rows(self.first, self.last, dim, whole))

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """The mean loss of the whole batch, the same scalar in every process."""
        x = sum_backward(as_float(embeddings))
        weight, own = self._drawn(labels)
        # a column more, for rows whose own class is elsewhere to have their margin in
        inner = F.pad(products(x, weight), (0, 1))
        sizes = F.pad(weight.norm(dim=1), (0, 1))
        column = torch.where(own >= 0, own, len(weight))
        logits = self.rule(inner, x.norm(dim=1), sizes, column)[:, :-1]
        loss: Tensor = _CrossEntropy.apply(logits, own)
        return loss

    def _drawn(self, labels: Tensor) -> tuple[Tensor, Tensor]:
        """The centres of this step (C, dim), and each label's place among them, -1 elsewhere."""
        here = (labels >= self.first) & (labels < self.last)
        own = torch.where(here, labels - self.first, -1)
        if self.sample == 1:
            return self.weight, own
        lots = torch.rand(len(self.weight), device=labels.device)
        lots[own[here]] = 2.0  # those the batch needs come first
        n = max(int(self.sample * len(self.weight)), len(torch.unique(own[here])), 1)
        drawn = lots.topk(n).indices.sort().values
        place = torch.searchsorted(drawn, own.clamp(min=0))
        return self.weight[drawn], torch.where(here, place, -1)


def _rows(first: int, last: int, dim: int, generator: torch.Generator) -> Tensor:
    """Rows [first, last) of a random matrix, without keeping the others."""
    step, parts = 65536, []
    for start in range(0, last, step):
        block = torch.randn(step, dim, generator=generator)
        if start + step > first:
            parts.append(block[max(first - start, 0) : last - start])
    return torch.cat(parts) * 0.01


class _CrossEntropy(torch.autograd.Function):
    """The mean cross-entropy of logits whose columns are spread over the processes.

    logits: (N, C) of this process. own: (N,) each row's column here, -1 when it is elsewhere.
    """

    @staticmethod
    def forward(ctx: Any, logits: Tensor, own: Tensor) -> Tensor:
        here, column = own >= 0, own.clamp(min=0)[:, None]
        peak = _over_all(logits.amax(1), distributed.ReduceOp.MAX)
        target = torch.where(here, logits.gather(1, column)[:, 0], 0)
        shares = (logits - peak[:, None]).exp_()
        total, target = _over_all(torch.stack([shares.sum(1), target]), distributed.ReduceOp.SUM)
        shares /= total[:, None]
        ctx.save_for_backward(shares, here, column)
        loss: Tensor = (total.log() + peak - target).mean()
        return loss

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        shares, here, column = ctx.saved_tensors
        shares = shares.scatter_add(1, column, -here.to(shares.dtype)[:, None])
        return shares.mul_(grad / len(shares)), None


def _over_all(values: Tensor, how: Any) -> Tensor:
    if world() > 1:
        distributed.all_reduce(values, op=how)
    return values
