"""The parts of each backbone against plain loops in other words."""

from __future__ import annotations

import pytest
import torch
import torchvision
from made_backbones import pictures, small
from torch import Tensor, nn
from torch.nn import functional as F

from reid_core.learn.backbones import named
from reid_core.learn.backbones.iresnet import Unit
from reid_core.learn.backbones.mobilefacenet import GlobalDepthwise
from reid_core.learn.backbones.osnet import STREAMS, OmniScaleBlock
from reid_core.learn.backbones.resnet import IBN
from reid_core.learn.backbones.vit import Patches

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
