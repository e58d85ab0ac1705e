"""Two processes together compute what one does: gradients, batch statistics, rows in order."""

from __future__ import annotations

import torch
from processes import run_together
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from reid_core.learn.distributed import (
    SyncBatchNorm,
    gather,
    gather_labels,
    rank,
    synchronise_batch_norm,
)
from reid_core.learn.losses import named
from reid_core.learn.network import make_network
from reid_core.learn.validate import _all_rows

CPU = torch.device("cpu")


def parts() -> tuple[nn.Module, nn.Module, Tensor, Tensor]:
    torch.manual_seed(0)
    network = make_network("osnet-x0.25", height=48, width=24, dim=16, stem_pool=False).double()
    loss = named.make("norm-face", dim=16, classes=7, scale=8.0).double()
    return network, loss, torch.randn(8, 3, 48, 24, dtype=torch.float64), torch.arange(8) % 7


def gradients(network: nn.Module) -> dict[str, Tensor]:
    return {n: p.grad for n, p in network.named_parameters() if p.grad is not None}


def _osnet() -> None:
    network, loss, x, y = parts()
    value = loss(network(x).neck, y)
    value.backward()
    both, loss, x, y = parts()
    both = synchronise_batch_norm(both, CPU)
    assert sum(isinstance(m, SyncBatchNorm) for m in both.modules()) > 10
    shared = DistributedDataParallel(both)
    found = loss(gather(shared(x.chunk(2)[rank()]).neck), gather_labels(y.chunk(2)[rank()]))
    found.backward()
    torch.testing.assert_close(found, value)
    own, others = gradients(network), gradients(both)
    assert own.keys() == others.keys()
    for name, gradient in own.items():
        torch.testing.assert_close(others[name], gradient, rtol=1e-8, atol=1e-10)
    for name, state in network.state_dict().items():
        if "running" in name:
            torch.testing.assert_close(both.state_dict()[name], state)


def _rows() -> None:
    for n in (1, 4, 7):
        every = torch.arange(n, dtype=torch.float32)[:, None]
        assert torch.equal(_all_rows(every[rank() :: 2], n), every)


def _everything() -> None:
    _osnet()
    _rows()


def test_two_processes_compute_what_one_does() -> None:
    run_together(_everything)


def test_alone_the_synchronised_norm_is_the_plain_one() -> None:
    plain, ours = nn.BatchNorm2d(3), SyncBatchNorm(3)
    x = torch.randn(4, 3, 5, 5)
    torch.testing.assert_close(ours(x), plain(x))
    torch.testing.assert_close(ours.eval()(x), plain.eval()(x))
