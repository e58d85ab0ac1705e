"""Backbones: shapes, sizes as published, and the parts against plain loops in other words."""

from __future__ import annotations

import copy
import io
import pickle
import sys
from pathlib import Path

import pytest
import torch
import torchvision
from torch import Tensor, nn
from torch.nn import functional as F

from reid_core.errors import TrainingError
from reid_core.learn.backbones import foreign, named
from reid_core.learn.backbones.freeze import freeze, layers_of
from reid_core.learn.backbones.iresnet import Unit
from reid_core.learn.backbones.mobilefacenet import GlobalDepthwise
from reid_core.learn.backbones.osnet import STREAMS, OmniScaleBlock
from reid_core.learn.backbones.pooling import SIMPLE, GeM, make_pool
from reid_core.learn.backbones.resnet import IBN
from reid_core.learn.backbones.vit import Patches

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
SMALL: dict[str, dict[str, object]] = {  # one of each kind, cheap enough to run and to train
    "iresnet18": {},
    "mobilefacenet": {},
    "osnet-x0.25": {"ain": True, "stem_pool": False},
    "resnet18": {"ibn": True},
    "vit-tiny": {"depth": 2, "size": (64, 32)},
}
KINDS = pytest.mark.parametrize("name", SMALL)


def small(name: str, seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return named.make(name, **SMALL[name])


def pictures(n: int = 2, seed: int = 1) -> Tensor:
    return torch.randn(n, 3, 64, 32, generator=torch.Generator().manual_seed(seed))


def weights_of(net: nn.Module) -> int:
    return sum(p.numel() for p in net.parameters())


def settled(net: nn.Module) -> nn.Module:
    """In evaluation, with the statistics of a few batches and no norm that does nothing."""
    for layer in net.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = None  # the mean over all batches
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.uniform_(layer.bias, -0.2, 0.2)
    with torch.no_grad():
        for seed in range(2):
            net(pictures(4, seed))
    return net.eval()


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


# OSNet


@pytest.mark.parametrize("instance_norm", [False, True])
def test_osnets_grouped_streams_are_separate_streams(instance_norm: bool) -> None:
    """Stream k has k + 1 small convolutions, of which the t-th is group k - t of step t."""
    block = OmniScaleBlock(24, 32, instance_norm=instance_norm)
    for layer in block.modules():
        if isinstance(layer, nn.BatchNorm2d):
            for value, low in ((layer.weight, 0.5), (layer.bias, -0.5), (layer.running_mean, -0.5)):
                nn.init.uniform_(value, low, low + 1)
            nn.init.uniform_(layer.running_var, 0.5, 2)
    block.eval()
    x = torch.randn(2, 24, 9, 6)
    inner = block.inner

    def own(k: int, t: int, values: Tensor) -> Tensor:
        return values[(k - t) * inner : (k - t + 1) * inner]

    mixed = torch.zeros(())
    for k in range(STREAMS):
        y = block.reduce(x)
        for t in range(k + 1):
            point, depth, norm = block.steps[t][:3]
            y = F.conv2d(y, own(k, t, point.weight))
            y = F.conv2d(y, own(k, t, depth.weight), padding=1, groups=inner)
            parts = (norm.running_mean, norm.running_var, norm.weight, norm.bias)
            y = F.batch_norm(y, *(own(k, t, p) for p in parts)).relu()
        weigh = block.gate.weigh
        mean = F.adaptive_avg_pool2d(y, 1).flatten(1)
        hidden = F.linear(mean, weigh[0].weight.flatten(1), weigh[0].bias).relu()
        weight = F.linear(hidden, weigh[2].weight.flatten(1), weigh[2].bias).sigmoid()
        mixed = mixed + y * weight[:, :, None, None]
    expected = F.relu(block.expand(mixed) + block.shortcut(x))
    torch.testing.assert_close(block(x), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("stream", range(STREAMS))
def test_osnets_streams_see_3_5_7_and_9_pixels(stream: int) -> None:
    block = OmniScaleBlock(32, 32).eval()
    seen: list[Tensor] = []
    block.gate.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    for name, weight in block.named_parameters():
        if "steps" in name and weight.ndim > 1:
            nn.init.constant_(weight, 0.1)
    x = torch.rand(1, 32, 15, 15)
    touched = x.clone()
    touched[:, :, 7, 7] += 5
    block(x), block(touched)
    differs = (seen[stream] - seen[stream + STREAMS]).abs().amax((0, 1)) > 0
    assert differs.sum(0).max() == differs.sum(1).max() == 2 * stream + 3


# iResNet, MobileFaceNet, ResNet


def test_an_improved_unit_is_what_the_paper_draws() -> None:
    unit = Unit(8, 16, stride=2)
    for layer in unit.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.uniform_(layer.weight, 0.5, 1.5)
    x = torch.randn(4, 8, 10, 10)

    def norm(x: Tensor, layer: nn.BatchNorm2d) -> Tensor:
        mean, spread = x.mean((0, 2, 3), keepdim=True), x.var((0, 2, 3), False, keepdim=True)
        unit = (x - mean) / (spread + 1e-5).sqrt()
        return unit * layer.weight[:, None, None] + layer.bias[:, None, None]

    y = norm(F.conv2d(norm(x, unit.bn1), unit.conv1.weight, padding=1), unit.bn2)
    y = torch.where(y > 0, y, 0.25 * y)
    y = norm(F.conv2d(y, unit.conv2.weight, stride=2, padding=1), unit.bn3)
    short = norm(F.conv2d(x, unit.downsample[0].weight, stride=2), unit.downsample[1])
    torch.testing.assert_close(unit(x), y + short, rtol=1e-4, atol=1e-4)


def test_global_depthwise_weighs_each_place_of_each_channel() -> None:
    pool = GlobalDepthwise(5, (4, 3)).eval()
    maps = torch.randn(2, 5, 4, 3)
    expected = torch.einsum("nchw,chw->nc", maps, pool.conv.weight[:, 0]) / (1 + 1e-5) ** 0.5
    torch.testing.assert_close(pool(maps), expected)
    with pytest.raises(ValueError, match=r"\(4, 3\).*\(4, 4\)"):
        pool(torch.randn(2, 5, 4, 4))


def test_ibn_normalises_instances_in_its_first_half_only() -> None:
    norm = IBN(6)
    scale = torch.tensor([1.0, 7.0, 30.0])[:, None, None, None]
    x = torch.randn(3, 6, 12, 12) * scale + scale
    maps = norm(x)
    first, second = maps[:, :3], maps[:, 3:]
    torch.testing.assert_close(first.mean((2, 3)), torch.zeros(3, 3), rtol=0, atol=1e-5)
    torch.testing.assert_close(first.std((2, 3), False), torch.ones(3, 3), rtol=0, atol=1e-3)
    own = x[:, 3:]
    middle, spread = own.mean((0, 2, 3), keepdim=True), own.std((0, 2, 3), False, keepdim=True)
    torch.testing.assert_close(second, (own - middle) / spread, rtol=1e-3, atol=1e-4)
    spread = second.std((2, 3))
    assert (spread[2] > 10 * spread[0]).all()  # the batch's differences are still there
    norm.eval()
    x = torch.randn(1, 6, 5, 5)
    louder = norm(5 * x + 3)
    torch.testing.assert_close(louder[:, :3], norm(x)[:, :3], rtol=1e-3, atol=1e-3)
    assert not torch.allclose(louder[:, 3:], norm(x)[:, 3:])


def test_ibn_is_in_layers_1_to_3() -> None:
    with torch.device("meta"):
        net = named.make("resnet50", ibn=True)
    places = [n for n, layer in net.named_modules() if isinstance(layer, IBN)]
    expected = [
        f"layer{i}.{j}.bn1" for i, blocks in ((1, 3), (2, 4), (3, 6)) for j in range(blocks)
    ]
    assert places == expected


@pytest.mark.parametrize("depth", [18, 50])
def test_resnet_is_torchvisions_but_for_the_last_stride(depth: int) -> None:
    torch.manual_seed(3)
    theirs = torchvision.models.get_model(f"resnet{depth}", weights=None).eval()
    torch.manual_seed(3)
    ours = named.make(f"resnet{depth}", last_stride=2).eval()
    dense = named.make(f"resnet{depth}").eval()
    dense.load_state_dict(ours.state_dict())
    x = pictures(1)
    with torch.no_grad():
        maps = ours(x)
        vectors = maps.mean((2, 3))
        torch.testing.assert_close(theirs.fc(vectors), theirs(x), rtol=1e-3, atol=1e-3)
        assert dense(x).shape[2:] == (4, 2)
        assert maps.shape[2:] == (2, 1)


@pytest.mark.parametrize("options", [{"last_stride": 3}, {"last_stride": 0}])
def test_odd_strides_are_refused(options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="last_stride is 1 or 2"):
        named.make("resnet18", **options)


# ViT


def test_at_the_native_size_the_places_are_those_learnt() -> None:
    stem = Patches(6, patch=8, size=(64, 32))
    assert stem.places_for((8, 4)) is stem.places
    x = torch.randn(2, 3, 64, 32)
    patches = x.unfold(2, 8, 8).unfold(3, 8, 8)  # (N, 3, 8, 4, 8, 8)
    expected = torch.einsum("nchwij,kcij->nkhw", patches, stem.project.weight)
    expected = expected + stem.project.bias[:, None, None] + stem.places
    torch.testing.assert_close(stem(x), expected, rtol=1e-4, atol=1e-5)


def test_places_are_interpolated_for_other_sizes() -> None:
    stem = Patches(2, patch=8, size=(64, 32))
    with torch.no_grad():  # the middle of each patch, as a share of the picture
        stem.places[0, 0] = ((torch.arange(8) + 0.5) / 8)[:, None]
        stem.places[0, 1] = ((torch.arange(4) + 0.5) / 4)[None]
    places = stem.places_for((16, 12))[0]  # cubic: a line is kept to a tenth of a step or so
    down = ((torch.arange(16) + 0.5) / 16)[:, None].expand(16, 12)
    across = ((torch.arange(12) + 0.5) / 12)[None].expand(16, 12)
    torch.testing.assert_close(places[0, 3:-3], down[3:-3], rtol=0, atol=0.01)
    torch.testing.assert_close(places[1, :, 5:-5], across[:, 5:-5], rtol=0, atol=0.01)


def test_vit_asks_for_whole_patches() -> None:
    net = small("vit-tiny")
    with pytest.raises(ValueError, match="multiples of 16"):
        net(torch.randn(1, 3, 60, 32))
    with pytest.raises(ValueError, match="multiples of 8"):
        named.make("vit-tiny", patch=8, size=(30, 32))


def test_attention_is_the_papers() -> None:
    """softmax(q kᵀ / √d) v for each head, from the rows of one matrix."""
    attend = small("vit-tiny").blocks[0].attend
    x = torch.randn(2, 5, 192)
    q, k, v = F.linear(x, attend.qkv.weight, attend.qkv.bias).split(192, 2)
    heads = []
    for h in range(3):
        a, b, c = (y[:, :, 64 * h : 64 * (h + 1)] for y in (q, k, v))
        heads.append(torch.softmax(a @ b.transpose(1, 2) / 8, -1) @ c)
    expected = attend.project(torch.cat(heads, 2))
    torch.testing.assert_close(attend(x), expected, rtol=1e-4, atol=1e-5)


def test_drop_path_is_for_training_only() -> None:
    net = named.make("vit-tiny", depth=2, size=(64, 32), drop_path=0.9)
    x = pictures()
    assert not torch.equal(net(x.repeat(4, 1, 1, 1)), net(x.repeat(4, 1, 1, 1)))
    net.eval()
    assert torch.equal(net(x), net(x))


# pooling


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


# by name


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("iresnet52", {}, "did you mean 'iresnet50'"),
        ("osnet", {}, "did you mean 'osnet-x"),
        ("zzz", {}, "there are iresnet18"),
        ("resnet50", {"inb": True}, "did you mean 'ibn'"),
        ("osnet-x0.25", {"width": 1.0}, "no option of osnet-x0.25 is called 'width'"),
        ("mobilefacenet", {"x": 1}, "there is none"),
        ("torchvision:resnet19", {}, "did you mean 'resnet18'"),
        ("torchvision:resnet18", {"flavour": 1}, "does not take these options.*flavour"),
        ("torchvision:resnet18", {"num_classes": 9}, "num_classes is not an option here"),
        ("torchvision:", {}, "no backbone is called 'torchvision:'"),
    ],
)
def test_what_is_not_there_is_said(name: str, options: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        named.make(name, **options)


@pytest.mark.parametrize(
    "name",
    ["resnet18", "mobilenet_v3_small", "shufflenet_v2_x0_5", "regnet_y_400mf", "squeezenet1_1"],
)
def test_torchvisions_maps_are_those_that_it_pools(name: str) -> None:
    torch.manual_seed(3)
    theirs = torchvision.models.get_model(name, weights=None).eval()
    torch.manual_seed(3)
    ours = named.make(f"torchvision:{name}").eval()
    head = next(n for n in ("avgpool", "classifier", "fc") if hasattr(theirs, n))
    seen: list[Tensor] = []
    getattr(theirs, head).register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    with torch.no_grad():
        theirs(pictures(1))
        maps = ours(pictures(1))
    assert maps.shape[1] == ours.channels
    found = maps if seen[0].ndim == 4 else maps.mean((2, 3))
    torch.testing.assert_close(found, seen[0], rtol=1e-4, atol=1e-5)


def test_torchvisions_vectors_where_there_is_no_plain_row() -> None:
    torch.manual_seed(3)
    theirs = torchvision.models.get_model("densenet121", weights=None).eval()
    torch.manual_seed(3)
    ours = named.make("torchvision:densenet121").eval()
    with torch.no_grad():
        vectors = ours(pictures(1))
        torch.testing.assert_close(
            theirs.classifier(vectors), theirs(pictures(1)), rtol=1e-4, atol=1e-5
        )
    assert vectors.shape == (1, ours.channels)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("test_resnet", (2, 96, 2, 2)),
        ("test_vit", (2, 64)),
        ("mobilenetv3_small_050", (2, 1024, 2, 2)),
        ("efficientvit_b0", (2, 1280)),  # its pooling cannot be left out
    ],
)
def test_timms_features(name: str, shape: tuple[int, ...]) -> None:
    pytest.importorskip("timm")
    options = {"img_size": 64} if name == "test_vit" else {}
    net = named.make(f"timm:{name}", **options).train()
    features = net(torch.randn(2, 3, 64, 64))
    assert features.shape == shape
    assert net.channels == shape[1]
    features.square().sum().backward()
    assert all(p.grad is not None for p in net.parameters())


def test_channels_that_come_last_are_turned() -> None:
    net = foreign.Foreign(nn.Identity(), 5, turned=True)
    x = torch.randn(2, 4, 3, 5)
    assert torch.equal(net(x)[1, 4, 2, 0], x[1, 2, 0, 4])


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("rasnet18", {}, "did you mean"),
        ("hf-hub:someone/model", {}, "no network of timm"),
        ("test_resnet", {"pretrained": True}, "pretrained is not an option here"),
        ("test_resnet", {"flavour": 1}, "does not take these options.*flavour"),
    ],
)
def test_what_timm_lacks_is_said(name: str, options: dict[str, object], sentence: str) -> None:
    pytest.importorskip("timm")
    with pytest.raises(ValueError, match=sentence):
        named.make(f"timm:{name}", **options)


def test_a_missing_timm_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(TrainingError, match=r"needs timm.*pip install timm"):
        named.make("timm:resnet18")


# weights from a file


def test_weights_of_a_whole_classifier_fit(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    theirs = torchvision.models.get_model("resnet18", weights=None)
    torch.save(theirs.state_dict(), path)
    for net in (
        named.make("resnet18", weights=path),
        named.make("torchvision:resnet18", weights=path),
    ):
        names = {n.removeprefix("net."): w for n, w in net.state_dict().items()}
        assert not any(n.startswith("fc") for n in names)
        assert all(torch.equal(w, theirs.state_dict()[n]) for n, w in names.items())


def test_weights_inside_a_checkpoint_of_parallel_training(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    net = small("mobilefacenet")
    state = {f"module.{n}": w for n, w in net.state_dict().items() if not n.endswith("tracked")}
    torch.save({"epoch": 3, "state_dict": state}, path)
    read = named.make("mobilefacenet", weights=path)
    pairs = zip(read.parameters(), net.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("iresnet18", r"weights are missing: stem.0.0.weight.*It has conv1.weight"),
        ("shape", r"1 have another shape: stem.0.0.weight is 3x3 there and 64x3x3x3 here"),
        ("list", "has no weights by name"),
        ("text", "is not a file of weights"),
        ("code", "is not a file of weights"),
        ("nothing", "cannot be read: No such file"),
    ],
)
def test_weights_that_do_not_fit_are_named(given: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    if given == "iresnet18":
        torch.save(small("iresnet18").state_dict(), path)
    elif given == "shape":
        state = small("mobilefacenet").state_dict()
        torch.save({**state, "stem.0.0.weight": torch.zeros(3, 3)}, path)
    elif given == "list":
        torch.save([1, 2], path)
    elif given == "text":
        path.write_text("no weights at all")
    elif given == "code":
        torch.save(nn.Linear(2, 2), path)
    with pytest.raises(TrainingError, match=sentence):
        named.make("mobilefacenet", weights=path)


# freezing


@KINDS
def test_layers_cover_every_weight_once(name: str) -> None:
    net = small(name)
    parts = [part for layer in layers_of(net) for part in layer]
    there = {**dict(net.named_modules()), **dict(net.named_parameters())}
    found = [p for part in parts for p in _weights(there[part])]
    assert len(found) == len({id(p) for p in found})
    assert {id(p) for p in found} == {id(p) for p in net.parameters()}


def _weights(part: nn.Module | Tensor) -> list[Tensor]:
    return list(part.parameters()) if isinstance(part, nn.Module) else [part]


def test_layers_go_from_the_picture_on() -> None:
    with torch.device("meta"):
        resnet, vit = named.make("resnet50"), named.make("vit-tiny", depth=3)
    assert layers_of(resnet) == [("conv1", "bn1"), *((f"layer{i}",) for i in range(1, 5))]
    assert layers_of(vit) == [("stem",), ("blocks.0",), ("blocks.1",), ("blocks.2", "norm")]
    inside = named.make("torchvision:mobilenet_v3_small")
    assert layers_of(inside)[:2] == [("net.features.0",), ("net.features.1",)]


def _step(net: nn.Module) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The state before and after a step of training."""
    before = {n: w.clone() for n, w in net.state_dict().items()}
    net.train()
    optimiser = torch.optim.SGD([p for p in net.parameters() if p.requires_grad], lr=0.1)
    maps = net(pictures(4))
    (maps * torch.randn_like(maps)).mean().backward()
    optimiser.step()
    return before, net.state_dict()


@KINDS
@pytest.mark.parametrize("copied", [False, True])
def test_what_is_frozen_stays_and_the_rest_learns(name: str, copied: bool) -> None:
    net = small(name)
    frozen = freeze(net, 2)
    assert frozen == tuple(part for layer in layers_of(net)[:2] for part in layer)
    if copied:
        net = pickle.loads(pickle.dumps(copy.deepcopy(net)))
    before, after = _step(net)
    changed = {n for n in after if not torch.equal(before[n], after[n])}
    inside = {n for n in after if n.startswith(tuple(f"{part}." for part in frozen)) or n in frozen}
    assert inside
    assert not changed & inside
    learning = {n for n, p in net.named_parameters() if p.requires_grad}
    assert learning == {n for n, _ in net.named_parameters()} - inside
    still = {n for n in learning - changed if "weigh" not in n}  # a dead gate of OSNet may not move
    assert not still


def test_freezing_by_name() -> None:
    net = small("resnet18")
    assert freeze(net, ["layer2.0.bn1", "conv1.weight"]) == ("layer2.0.bn1", "conv1.weight")
    before, after = _step(net)
    same = {n for n in after if torch.equal(before[n], after[n])}
    assert same == {"conv1.weight", *(n for n in after if n.startswith("layer2.0.bn1."))}


def test_freezing_nothing_and_too_much() -> None:
    net = small("resnet18")
    assert freeze(net, 0) == ()
    assert all(p.requires_grad for p in net.parameters())
    with pytest.raises(ValueError, match="there are 5 layers to freeze, not 6"):
        freeze(net, 6)
    with pytest.raises(ValueError, match="did you mean 'layer1"):
        freeze(net, ["layer1", "leyer1"])
    assert all(p.requires_grad for p in net.parameters())
    freeze(net, 5)
    assert not any(p.requires_grad for p in net.parameters())


def test_a_frozen_network_is_saved_like_any_other() -> None:
    net, plain = small("mobilefacenet"), small("mobilefacenet")
    freeze(net, 3)
    file = io.BytesIO()
    torch.save(net.state_dict(), file)
    file.seek(0)
    plain.load_state_dict(torch.load(file, weights_only=True))
