"""Frozen layers stay as they are, and the others learn."""

from __future__ import annotations

import copy
import io
import pickle

import pytest
import torch
from made_backbones import KINDS, pictures, small
from torch import Tensor, nn

from reid_core.learn.backbones import named
from reid_core.learn.backbones.freeze import freeze, layers_of


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
