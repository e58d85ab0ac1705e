"""Backbones by name, those of other libraries among them, and weights from a file."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch
import torchvision
from made_backbones import pictures, small
from torch import Tensor, nn

from reid_core.errors import TrainingError
from reid_core.learn.backbones import foreign, named

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
