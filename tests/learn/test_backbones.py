"""Backbones: shapes and sizes as published, and what every one of them must do."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from made_backbones import KINDS, pictures, settled, small, weights_of
from torch import nn
from torch.nn import functional as F

from reid_core.learn.backbones import named
from reid_core.learn.backbones.mobilefacenet import GlobalDepthwise
from reid_core.learn.backbones.pooling import GeM
from reid_core.learn.backbones.resnet import IBN

FACE, BODY = (112, 112), (256, 128)
SHAPES = {  # at the usual size of picture
    **{f"iresnet{depth}": (FACE, (512, 7, 7)) for depth in (18, 34, 50, 100)},
    "mobilefacenet": (FACE, (512, 7, 7)),
    "osnet-x0.25": (BODY, (128, 16, 8)),
    "osnet-x0.5": (BODY, (256, 16, 8)),
    "osnet-x0.75": (BODY, (384, 16, 8)),
    "osnet-x1.0": (BODY, (512, 16, 8)),
    "resnet18": (BODY, (512, 16, 8)),
    "resnet34": (BODY, (512, 16, 8)),
    "resnet50": (BODY, (2048, 16, 8)),
    "resnet101": (BODY, (2048, 16, 8)),
    "vit-tiny": (BODY, (192, 16, 8)),
    "vit-small": (BODY, (384, 16, 8)),
}


# shapes and sizes


def test_every_name_has_its_shape_here() -> None:
    assert set(named.names()) == set(SHAPES)


@pytest.mark.parametrize("name", SHAPES)
def test_features_have_the_shape_of_the_paper(name: str) -> None:
    size, expected = SHAPES[name]
    with torch.device("meta"):
        net = named.make(name)
        maps = net(torch.zeros(2, 3, *size))
    assert maps.shape == (2, *expected)
    assert net.channels == expected[0]


@KINDS
def test_features_are_finite_and_follow_the_picture(name: str) -> None:
    net = settled(small(name))
    with torch.no_grad():
        maps = net(pictures(3))
    assert maps.isfinite().all()
    assert (maps[0] - maps[1]).abs().max() > 0.01


@pytest.mark.parametrize("depth", [18, 34, 50, 100])
def test_iresnet_has_as_many_weights_as_published(depth: int) -> None:
    """24.03, 34.14, 43.59 and 65.16 million in InsightFace's model zoo, with the head E."""
    with torch.device("meta"):
        net = named.make(f"iresnet{depth}")
    head = (7 * 7 * 512 * 512 + 512) + 2 * 512  # fully connected, BN
    published = {18: 24.03, 34: 34.14, 50: 43.59, 100: 65.16}[depth]
    assert (weights_of(net) + head) / 1e6 == pytest.approx(published, abs=0.006)


def test_mobilefacenet_has_as_many_weights_as_published() -> None:
    """0.99 million (1804.07573, table 2); within 2 % for norms that it leaves open."""
    head = weights_of(GlobalDepthwise(512, 7)) + 512 * 128 + 2 * 128
    assert weights_of(named.make("mobilefacenet")) + head == pytest.approx(0.99e6, rel=0.02)


@pytest.mark.parametrize(("width", "published"), [(1.0, 2.2), (0.75, 1.3), (0.5, 0.6), (0.25, 0.2)])
def test_osnet_has_as_many_weights_as_published(width: float, published: float) -> None:
    """Millions, to the digit given (1905.00953, table 7), with its layer of 512 and norm."""
    net = named.make(f"osnet-x{width}")
    head = net.channels * 512 + 512 + 2 * 512
    assert round((weights_of(net) + head) / 1e6, 1) == published


@pytest.mark.parametrize("depth", [18, 34, 50, 101])
@pytest.mark.parametrize("ibn", [False, True])
def test_resnet_has_as_many_weights_as_torchvision_counts(depth: int, ibn: bool) -> None:
    """11.69, 21.80, 25.56 and 44.55 million there with a classifier of 1000; IBN adds none."""
    with torch.device("meta"):
        net = named.make(f"resnet{depth}", ibn=ibn)
    published = {18: 11_689_512, 34: 21_797_672, 50: 25_557_032, 101: 44_549_160}[depth]
    assert weights_of(net) + net.channels * 1000 + 1000 == published


@pytest.mark.parametrize(("size", "published"), [("tiny", 5_717_416), ("small", 22_050_664)])
def test_vit_has_as_many_weights_as_published(size: str, published: int) -> None:
    """DeiT's (2012.12877, table 1: 5 and 22 million), which has a class token and a classifier."""
    with torch.device("meta"):
        net = named.make(f"vit-{size}", size=(224, 224))
    width = net.channels
    assert weights_of(net) + 2 * width + (width * 1000 + 1000) == published


# what every network must do


@KINDS
def test_the_gradient_reaches_every_weight(name: str) -> None:
    net = small(name)
    for part, weight in net.named_parameters():
        if part.endswith("weigh.0.weight"):
            nn.init.constant_(weight, 0.1)  # OSNet's gates: a ReLU that nothing passes is dead
    maps = net(pictures(4))
    (maps * torch.randn_like(maps)).sum().backward()
    for part, weight in net.named_parameters():
        assert weight.grad is not None, part
        assert weight.grad.isfinite().all(), part
        assert weight.grad.abs().max() > 0, part


@KINDS
def test_in_evaluation_the_other_pictures_do_not_matter(name: str) -> None:
    net = settled(small(name))
    with torch.no_grad():
        together = net(pictures(4))
        alone = torch.cat([net(x[None]) for x in pictures(4)])
    torch.testing.assert_close(together, alone, rtol=1e-3, atol=1e-4)


@KINDS
def test_a_seed_gives_the_weights(name: str) -> None:
    one, same, other = small(name), small(name), small(name, seed=5)
    pairs = zip(one.state_dict().values(), same.state_dict().values(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    assert any(
        not torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True)
    )


@KINDS
def test_channels_last_changes_nothing(name: str) -> None:
    net = settled(small(name))
    with torch.no_grad():
        plain = net(pictures())
        net = net.to(memory_format=torch.channels_last)
        turned = net(pictures().to(memory_format=torch.channels_last))
    torch.testing.assert_close(turned, plain, rtol=1e-3, atol=1e-3)


@KINDS
def test_half_precision_comes_near(name: str) -> None:
    net = settled(small(name))
    with torch.no_grad():
        plain = net(pictures()).flatten(1)
        with torch.autocast("cpu", torch.bfloat16):
            half = net(pictures()).float().flatten(1)
    assert F.cosine_similarity(plain, half).min() > 0.9  # 8 bits, noise as pictures, many norms


@pytest.mark.parametrize(
    ("name", "size", "expected"),
    [
        ("iresnet18", (80, 48), (5, 3)),
        ("mobilefacenet", (99, 50), (7, 4)),
        ("osnet-x0.25", (160, 64), (10, 4)),
        ("resnet18", (70, 33), (5, 3)),
        ("vit-tiny", (96, 80), (6, 5)),
    ],
)
def test_other_sizes_of_picture(
    name: str, size: tuple[int, int], expected: tuple[int, int]
) -> None:
    with torch.device("meta"):
        maps = named.make(name)(torch.zeros(2, 3, *size))
    assert maps.shape[2:] == expected


@KINDS
def test_export_with_a_free_number_of_pictures(name: str) -> None:
    net = settled(small(name))
    dynamic = ({0: torch.export.Dim("n", min=1, max=64)},)
    program = torch.export.export(net, (pictures(2),), dynamic_shapes=dynamic)
    with torch.no_grad():
        torch.testing.assert_close(
            program.module()(pictures(3)), net(pictures(3)), rtol=1e-3, atol=1e-3
        )


def test_onnx_of_the_unusual_parts(tmp_path: Path) -> None:
    """Attention, IBN and GeM, of which exporters could be in doubt, in one graph."""
    ort = pytest.importorskip("onnxruntime")
    vit = named.make("vit-tiny", depth=1, size=(64, 64))
    net = nn.Sequential(vit, IBN(192), GeM(192)).eval()
    x = torch.randn(2, 3, 64, 32)
    path = tmp_path / "net.onnx"
    torch.onnx.export(net, (x,), path, dynamo=True, verbose=False)
    session = ort.InferenceSession(path)
    (found,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
    torch.testing.assert_close(torch.from_numpy(found), net(x).detach(), rtol=1e-4, atol=1e-5)
