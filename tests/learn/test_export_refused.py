"""What is not exported: nothing at all is left of it, and what was there stays."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path

import onnx
import pytest
import torch
from made_exports import PRECISIONS, Small, lived, pictures, put
from torch import Tensor, nn

from reid_core.errors import TrainingError
from reid_core.learn import export as exporting
from reid_core.models import manifest

pytestmark = pytest.mark.usefixtures("graphs_once")


class Noisy(Small):
    """Says something else each time."""

    def forward(self, x: Tensor) -> Tensor:
        out = super().forward(x)
        return out + 0.5 * out.abs().mean() * torch.randn_like(out)


class Sociable(Small):
    """What it says of one picture depends on the others."""

    def forward(self, x: Tensor) -> Tensor:
        out = super().forward(x)
        return out + out.mean(0, keepdim=True)


class Choosy(Small):
    """Decides by looking at the numbers, which ONNX cannot follow."""

    def forward(self, x: Tensor) -> Tensor:
        out = super().forward(x)
        return out if float(out.sum()) > 0 else -out


@pytest.fixture
def earlier(tmp_path: Path, small: nn.Module) -> Iterator[Path]:
    """A folder with a good model of the name, which a failed export leaves as it is."""
    put(small, tmp_path)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    yield tmp_path
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_network_that_says_something_else_as_onnx_is_not_exported(
    precision: str, earlier: Path
) -> None:
    least = {"fp32": r"0\.9999", "fp16": r"0\.999", "int8": r"0\.98"}[precision]
    with pytest.raises(
        TrainingError,
        match=rf"as {precision}.* torch and ONNX Runtime is -?0\.\d+, at least {least} ",
    ):
        put(lived(Noisy()), earlier, precision)


def test_a_damaged_file_is_noticed(
    earlier: Path, small: nn.Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = exporting._stored

    def stored(model: onnx.ModelProto, precision: exporting.Precision) -> bytes:
        weight = next(w for w in model.graph.initializer if len(w.dims) == 4)
        values = onnx.numpy_helper.to_array(weight)
        weight.CopyFrom(onnx.numpy_helper.from_array(values * -1, weight.name))
        return real(model, precision)

    monkeypatch.setattr(exporting, "_stored", stored)
    with pytest.raises(TrainingError, match="between torch and ONNX Runtime"):
        put(small, earlier)


def test_a_picture_must_not_depend_on_its_neighbours(earlier: Path) -> None:
    with pytest.raises(TrainingError, match="alone and among others is"):
        put(lived(Sociable()), earlier)


def test_weights_that_do_not_fit_into_fp16_are_noticed(tmp_path: Path, small: nn.Module) -> None:
    with torch.no_grad():
        small.first[0].weight *= 1e7  # type: ignore[index,operator]
        small.first[1].running_var *= 1e14  # type: ignore[index,operator]
        small.gate.weight[:] = 1e6  # type: ignore[union-attr,index,operator]
    put(small, tmp_path, "fp32")
    with pytest.raises(TrainingError, match=r"as fp16.*is -?\d\.\d+, at least 0\.999"):
        put(small, tmp_path / "half", "fp16")
    assert not (tmp_path / "half").exists()


def test_int8_must_be_as_near_as_is_asked(earlier: Path, small: nn.Module) -> None:
    with pytest.raises(TrainingError, match=r"as int8.*is 0\.99\d+, at least 0\.9999999"):
        put(small, earlier, "int8", int8_least=0.9999999)


@pytest.mark.qt_no_exception_capture  # torch tells of its failure through the hook
def test_a_network_that_onnx_cannot_follow_is_said_so(
    earlier: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("ERROR", "torch")  # torch says on the way that it does not know why
    with pytest.raises(TrainingError, match="small cannot be written as ONNX: "):
        put(lived(Choosy()), earlier)


def test_numbers_that_are_none_are_not_exported(earlier: Path, small: nn.Module) -> None:
    with torch.no_grad():
        small.last.bias[0] = float("nan")  # type: ignore[union-attr,index,operator]
    with pytest.raises(TrainingError, match="finite"):
        put(small, earlier)


def test_the_network_stays_as_it_is(tmp_path: Path, small: nn.Module) -> None:
    small.double()
    before = copy.deepcopy(small.state_dict())
    put(small, tmp_path, samples=pictures(4).double())
    assert all(torch.equal(v, before[k]) for k, v in small.state_dict().items())
    assert next(small.parameters()).dtype == torch.float64


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"samples": pictures(1)}, "at least two"),
        ({"samples": pictures(4, 64, 32)}, r"expected at least two of \(3, 32, 16\)"),
        ({"dim": 25}, r"gives \(40, 24\), expected \(40, 25\)"),
        ({"precision": "fp8"}, "precision is 'fp8'"),
        ({"role": "nobody"}, "nobody"),
        ({"name": "a/b"}, "a/b"),
        ({"color": "hsv"}, "color is 'hsv'"),
    ],
)
def test_arguments_that_do_not_fit(
    given: dict[str, object], said: str, tmp_path: Path, small: nn.Module
) -> None:
    with pytest.raises(ValueError, match=said):
        put(small, tmp_path, **given)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="training mode"):
        put(small.train(), tmp_path)
    assert not list(tmp_path.iterdir())


def test_without_its_manifest_a_model_was_never_finished(
    tmp_path: Path, small: nn.Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(small, tmp_path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(manifest, "save", full)
    with pytest.raises(TrainingError, match=r"cannot be written to .*: No space left on device"):
        put(small, tmp_path)
    assert not (tmp_path / "small.json").exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(TrainingError, match="cannot be written to"):
        put(small, tmp_path / "file")
