"""Pools: the paper's formula and gradient, in half precision too, and the choice by name."""

from __future__ import annotations

import pytest
import torch

from reid_core.learn.backbones.pooling import SIMPLE, GeM, make_pool


def test_gem_goes_from_the_average_to_the_maximum() -> None:
    maps = torch.rand(4, 6, 5, 3) * 50
    torch.testing.assert_close(GeM(6, p=1.0)(maps), maps.mean((2, 3)))
    torch.testing.assert_close(GeM(6, p=500.0)(maps), maps.amax((2, 3)), rtol=0.01, atol=0)
    between = GeM(6)(maps)
    assert (between > maps.mean((2, 3))).all()
    assert (between < maps.amax((2, 3))).all()


def test_gem_is_the_papers_and_so_is_its_gradient() -> None:
    pool = GeM(2, p=2.7).double()
    maps = torch.rand(2, 2, 3, 3, dtype=torch.float64, requires_grad=True)
    p = pool.p.detach().clone().requires_grad_()
    plain = torch.stack([torch.stack([(c ** p[0]).mean() ** (1 / p[0]) for c in x]) for x in maps])
    ours = pool(maps)
    torch.testing.assert_close(ours, plain, rtol=1e-5, atol=1e-6)
    weight = torch.randn_like(plain)
    expected = torch.autograd.grad((plain * weight).sum(), (maps, p))
    found = torch.autograd.grad((ours * weight).sum(), (maps, pool.p))
    for a, b in zip(found, expected, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("p", [1.0, 3.0, 30.0])
def test_gem_is_safe_in_half_precision(dtype: torch.dtype, p: float) -> None:
    maps = torch.tensor([0.0, 6e4, -3.0, 1e-7])[:, None, None, None] * torch.ones(4, 3, 4, 4)
    maps = maps.to(dtype).requires_grad_()
    pool = GeM(3, p=p)
    pooled = pool(maps)
    assert pooled.dtype == dtype
    assert pooled.isfinite().all()
    pooled.float().sum().backward()
    assert maps.grad is not None
    assert maps.grad.isfinite().all()
    assert pool.p.grad is not None
    assert pool.p.grad.isfinite().all()
    torch.testing.assert_close(pooled[1], maps[1].amax((1, 2)), rtol=1e-2, atol=0)


def test_gem_of_half_precision_is_rounded_only_once() -> None:
    maps = (torch.rand(4, 6, 16, 8) * 3).half()
    exact = (maps.double() ** 3).mean((2, 3)) ** (1 / 3)
    with torch.autocast("cpu", torch.bfloat16):
        pooled = GeM(6)(maps)
    torch.testing.assert_close(pooled.double(), exact, rtol=2**-11, atol=1e-6)


def test_pools_by_name() -> None:
    maps = torch.randn(2, 6, 4, 3).relu()
    mean = torch.stack([x.flatten(1).mean(1) for x in maps])
    top = torch.stack([x.flatten(1).max(1).values for x in maps])
    torch.testing.assert_close(make_pool("average", 6)(maps), mean)
    torch.testing.assert_close(make_pool("max", 6)(maps), top)
    torch.testing.assert_close(make_pool("average+max", 6)(maps), mean + top)
    assert torch.equal(make_pool("flatten", 6, (4, 3))(maps), maps.reshape(2, 72))
    for name, size in [*((n, None) for n in SIMPLE), ("depthwise", (4, 3)), ("flatten", (4, 3))]:
        pool = make_pool(name, 6, size)
        assert pool(maps).shape == (2, pool.channels)


def test_pools_that_are_not_there() -> None:
    with pytest.raises(ValueError, match="did you mean 'average'"):
        make_pool("avrage", 6)
    with pytest.raises(ValueError, match="needs the size of the maps"):
        make_pool("depthwise", 6)
