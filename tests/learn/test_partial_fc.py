"""Sharded class centres against the whole: one process, and two that talk through gloo."""

from __future__ import annotations

import pytest
import torch
from processes import run_together
from torch import Tensor, distributed

from reid_core.learn import checkpoint
from reid_core.learn.distributed import gather, gather_labels, rank
from reid_core.learn.losses import named
from reid_core.learn.partial_fc import ShardedClasses, share_of

DIM, CLASSES, BATCH = 6, 11, 8
NAMES = ("arc-face", "cos-face", "norm-face", "circle-classes")


def whole_batch() -> tuple[Tensor, Tensor]:
    g = torch.Generator().manual_seed(5)
    x = torch.randn(BATCH, DIM, dtype=torch.float64, generator=g)
    return x, torch.randint(0, CLASSES, (BATCH,), generator=g)


def centres() -> Tensor:
    g = torch.Generator().manual_seed(6)
    return torch.randn(CLASSES, DIM, dtype=torch.float64, generator=g)


def unsharded(name: str) -> tuple[Tensor, Tensor, Tensor]:
    """The loss, its gradient in the embeddings and in the centres."""
    loss = named.make(name, dim=DIM, classes=CLASSES).double()
    loss.weight.data = centres()
    x, y = whole_batch()
    x.requires_grad_()
    value = loss(x, y)
    value.backward()
    return value.detach(), x.grad, loss.weight.grad


def sharded(name: str, sample: float = 1.0) -> ShardedClasses:
    loss = ShardedClasses(named.make(name, dim=DIM, classes=2), CLASSES, sample=sample).double()
    loss.weight.data = centres()[loss.first : loss.last]
    return loss


@pytest.mark.parametrize("name", NAMES)
def test_one_process_with_all_centres_is_the_plain_loss(name: str) -> None:
    value, gx, gw = unsharded(name)
    loss = sharded(name)
    x, y = whole_batch()
    x.requires_grad_()
    found = loss(x, y)
    found.backward()
    torch.testing.assert_close(found.detach(), value)
    torch.testing.assert_close(x.grad, gx)
    torch.testing.assert_close(loss.weight.grad, gw)


def _two(name: str) -> None:
    value, gx, gw = unsharded(name)
    loss = sharded(name)
    x, y = (t.chunk(2)[rank()] for t in whole_batch())
    x = x.clone().requires_grad_()
    found = loss(gather(x), gather_labels(y))
    found.backward()
    torch.testing.assert_close(found.detach(), value)
    # DistributedDataParallel divides by the number of processes: `gather` makes up for it
    torch.testing.assert_close(x.grad / 2, gx.chunk(2)[rank()])
    torch.testing.assert_close(loss.weight.grad, gw[loss.first : loss.last])


def _two_plain(name: str) -> None:
    """A loss that every process computes whole has the same gradient."""
    value, gx, gw = unsharded(name)
    loss = named.make(name, dim=DIM, classes=CLASSES).double()
    loss.weight.data = centres()
    x, y = (t.chunk(2)[rank()] for t in whole_batch())
    x = x.clone().requires_grad_()
    found = loss(gather(x), gather_labels(y))
    found.backward()
    torch.testing.assert_close(found.detach(), value)
    torch.testing.assert_close(x.grad / 2, gx.chunk(2)[rank()])
    torch.testing.assert_close(loss.weight.grad, gw)


def _gathered_and_sliced() -> None:
    loss = sharded("arc-face")
    optimiser = torch.optim.AdamW(loss.parameters())
    x, y = whole_batch()
    loss(gather(x.chunk(2)[rank()]), y).backward()
    optimiser.step()
    state = {"loss": loss.state_dict(), "optimiser": optimiser.state_dict()}
    whole = checkpoint.gathered(state, {"": loss}, optimiser)
    assert whole["loss"]["weight"].shape == (CLASSES, DIM)
    assert whole["optimiser"]["state"][0]["exp_avg"].shape == (CLASSES, DIM)
    own = slice(loss.first, loss.last)
    torch.testing.assert_close(whole["loss"]["weight"][own], loss.weight.detach())
    back = checkpoint.sliced(whole, {"": loss}, optimiser)
    torch.testing.assert_close(back["loss"]["weight"], state["loss"]["weight"])
    for kind in ("exp_avg", "exp_avg_sq"):
        there, here = back["optimiser"]["state"][0][kind], state["optimiser"]["state"][0][kind]
        torch.testing.assert_close(there, here)


def _everything() -> None:
    for name in NAMES:
        _two(name)
        _two_plain(name)
    _gathered_and_sliced()
    distributed.barrier()


def test_two_processes_are_the_plain_loss() -> None:
    run_together(_everything)


def test_the_ranges_cover_all_classes_once() -> None:
    for classes in (1, 7, 8, 1000):
        for world in (1, 2, 3, 8):
            ends = [share_of(classes, rank=r, world=world) for r in range(world)]
            assert [c for a, b in ends for c in range(a, b)] == list(range(classes))


def test_a_sample_holds_the_classes_of_the_batch() -> None:
    loss = sharded("cos-face", sample=0.5)
    x, y = whole_batch()
    y = y % 3
    for _ in range(20):
        drawn, own = loss._drawn(y)
        assert len(drawn) == 5
        torch.testing.assert_close(drawn[own], centres()[y])
    loss(x, y).backward()
    moved = (loss.weight.grad != 0).any(1)
    assert moved.sum() == 5
    assert moved[y].all()


def test_more_classes_in_the_batch_than_the_sample_are_all_taken() -> None:
    loss = sharded("cos-face", sample=0.1)
    x, y = whole_batch()
    assert len(loss._drawn(y)[0]) == len(y.unique())
    assert loss(x, y).isfinite()


def test_the_first_numbers_do_not_depend_on_how_they_are_shared() -> None:
    torch.manual_seed(3)
    made = ShardedClasses(named.make("arc-face", dim=DIM, classes=2), CLASSES)
    from reid_core.learn.partial_fc import _rows

    parts = [
        _rows(*share_of(CLASSES, rank=r, world=3), DIM, torch.Generator().manual_seed(3))
        for r in range(3)
    ]
    torch.testing.assert_close(torch.cat(parts), made.weight.detach())


@pytest.mark.parametrize("name", ["l2-softmax", "sub-centre-arc-face", "mag-face", "ada-face"])
def test_losses_that_cannot_be_sharded_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="sharded class centres need"):
        ShardedClasses(named.make(name, dim=DIM, classes=2), CLASSES)
