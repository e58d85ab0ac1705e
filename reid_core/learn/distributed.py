"""Several processes as one: a loss is that of the whole batch, whoever holds which part of it.

Every process gathers all embeddings and labels, so that it sees the loss which one process alone
would see. Each keeps the gradient of its own pictures, multiplied by the number of processes,
since DistributedDataParallel divides by it. Started by `torchrun`; without it there is one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from reid_core.errors import TrainingError


@contextmanager
def processes(device: torch.device) -> Iterator[None]:
    """Join the other processes that torchrun started, for as long as the block lasts."""
    if "RANK" not in os.environ or distributed.is_initialized():
        yield
        return
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield
        distributed.barrier()  # nobody goes while another still talks
    finally:
        distributed.destroy_process_group()


def rank() -> int:
    """The number of this process, from 0."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def world() -> int:
    """How many processes there are."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def device_name(device: torch.device) -> str:
    """As people know it: "cpu", "cuda NVIDIA GeForce RTX 4090"."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else ""
    return f"{device.type} {name}".strip()


def pick_device(wanted: str) -> torch.device:
    """The device of this process; auto: a GPU if there is one. Raises TrainingError."""
    there = torch.cuda.is_available()
    if wanted == "auto":
        wanted = "cuda" if there else "cpu"
    if wanted.startswith("cuda") and not there:
        raise TrainingError(
            "run.device is cuda, but torch finds no GPU. Say run.device=cpu, or install a torch "
            "for this machine's driver."
        )
    if wanted == "cuda":
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
        torch.cuda.set_device(device)
        return device
    try:
        device = torch.device(wanted)
        torch.zeros(1, device=device).item()  # it is there, and computes
    except (RuntimeError, AssertionError) as error:
        raise TrainingError(f"run.device is {wanted!r}, expected auto, cpu or cuda.") from error
    return device


def gather_labels(labels: Tensor) -> Tensor:
    """(n,) of each process -> (n x world,), in the order of the processes."""
    if world() == 1:
        return labels
    parts = [torch.empty_like(labels) for _ in range(world())]
    distributed.all_gather(parts, labels)
    return torch.cat(parts)


def gather(embeddings: Tensor) -> Tensor:
    """(n, dim) of each process -> (n x world, dim), for a loss that each of them computes whole."""
    if world() == 1:
        return embeddings
    gathered: Tensor = _Gather.apply(embeddings)
    return gathered


def every_ones(value: Any) -> list[Any]:
    """A value of each process, in their order."""
    if world() == 1:
        return [value]
    values: list[Any] = [None] * world()
    distributed.all_gather_object(values, value)
    return values


def any_of(asked: bool, device: torch.device) -> bool:
    """Whether it is so in any process."""
    if world() == 1:
        return asked
    count = torch.tensor(float(asked), device=device)
    distributed.all_reduce(count)
    return bool(count > 0)


def spread(network: nn.Module, device: torch.device) -> nn.Module:
    """The network as it is called in training by one of several processes."""
    if world() == 1 or not any(p.requires_grad for p in network.parameters()):
        return network
    own = [device.index] if device.type == "cuda" else None
    return DistributedDataParallel(network, device_ids=own)


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, embeddings: Tensor) -> Tensor:
        parts = [torch.empty_like(embeddings) for _ in range(world())]
        distributed.all_gather(parts, embeddings.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        return grad.chunk(world())[rank()] * world()


def sum_backward(x: Tensor) -> Tensor:
    """The same values, whose gradient is added up over the processes.

    Behind it each process computes a part of the loss, as with sharded class centres.
    """
    same: Tensor = _SumBackward.apply(x) if world() > 1 else x
    return same


class _SumBackward(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        grad = grad.contiguous()
        distributed.all_reduce(grad)
        return grad


class _SumBoth(torch.autograd.Function):
    """The sum over the processes, whose gradient is summed too."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        total = x.clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        grad = grad.clone()
        distributed.all_reduce(grad)
        return grad


PLAIN = (nn.BatchNorm1d, nn.BatchNorm2d)


class SyncBatchNorm(nn.modules.batchnorm._BatchNorm):
    """Batch normalisation over all processes, on any device; torch's own needs a GPU."""

    def _check_input_dim(self, input: Tensor) -> None:
        if input.ndim < 2:
            raise ValueError(f"expected (N, C, …), not {tuple(input.shape)}")

    def forward(self, input: Tensor) -> Tensor:
        """(N, C, …) of this process, normalised by the statistics of all."""
        if not self.training or world() == 1:
            return super().forward(input)
        over = [d for d in range(input.ndim) if d != 1]
        x = input.float() if input.itemsize < 4 else input
        n = x.numel() // x.shape[1]
        sums = torch.stack([x.sum(over), x.square().sum(over), torch.full_like(x.sum(over), n)])
        total, squares, count = _SumBoth.apply(sums)
        mean = total / count
        variance = (squares / count - mean.square()).clamp(min=0)
        self._follow(mean.detach(), variance.detach() * count / (count - 1).clamp(min=1))
        shape = [1, -1, *([1] * (input.ndim - 2))]
        scale = (variance + self.eps).rsqrt() * self.weight
        out = x * scale.view(shape) + (self.bias - mean * scale).view(shape)
        normalised: Tensor = out.to(input.dtype)
        return normalised

    @torch.no_grad()
    def _follow(self, mean: Tensor, variance: Tensor) -> None:
        if self.running_mean is not None and self.running_var is not None:
            momentum = 0.1 if self.momentum is None else self.momentum
            self.running_mean.lerp_(mean.to(self.running_mean.dtype), momentum)
            self.running_var.lerp_(variance.to(self.running_var.dtype), momentum)


def synchronise_batch_norm(network: nn.Module, device: torch.device) -> nn.Module:
    """The network with its batch normalisations over all processes; same weights and names.

    Raises ValueError for one that does more than normalise, as timm's with an activation in them.
    """
    for name, norm in network.named_modules():
        if isinstance(norm, PLAIN) and type(norm) not in (*PLAIN, SyncBatchNorm):
            raise ValueError(f"{name}, a {type(norm).__name__}, cannot go with optim.sync_bn")
    if device.type == "cuda":
        done: nn.Module = nn.SyncBatchNorm.convert_sync_batchnorm(network)  # type: ignore[no-untyped-call]
        return done
    for name, child in network.named_children():
        if isinstance(child, PLAIN):
            setattr(network, name, _synchronised(child))
        else:
            synchronise_batch_norm(child, device)
    return network


def _synchronised(norm: nn.modules.batchnorm._BatchNorm) -> SyncBatchNorm:
    made = SyncBatchNorm(norm.num_features, norm.eps, norm.momentum)
    made.weight, made.bias = norm.weight, norm.bias
    made.running_mean, made.running_var = norm.running_mean, norm.running_var
    made.num_batches_tracked = norm.num_batches_tracked
    return made
