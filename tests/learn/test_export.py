"""From torch to ONNX and back: the same vectors, or nothing at all."""

from __future__ import annotations

import copy
import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch
from torch import Tensor, nn

from reid_core.actions.loading import load_embedder
from reid_core.embed.embedder import OnnxEmbedder
from reid_core.errors import ModelCorrupt, ModelMismatch, TrainingError
from reid_core.learn import export as exporting
from reid_core.learn.backbones.osnet import OSNet
from reid_core.learn.export import Exported, ModelCard, export, install_exported
from reid_core.models import graphs, manifest
from reid_core.models.manifest import ARCFACE_TEMPLATE, IMAGENET_MEAN, IMAGENET_STD, Role
from reid_core.models.session import open_session
from reid_core.models.store import ModelStore
from reid_core.types import Detections, Kind

PRECISIONS = ("fp32", "fp16", "int8")
HEIGHT, WIDTH, DIM = 32, 16, 24
CARD = ModelCard(
    data="eight made-up people",
    terms="made up, so free",
    command="cameo train nothing.toml",
    licence="MIT",
    commercial=True,
    figures={"rank-1 | home": 0.5},
    note="A test.",
    reference=0.4,
    basis="eight made-up people",
)


class Small(nn.Module):
    """Convolution, normalisation, depthwise convolution, gate, mean, linear."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(
            nn.Conv2d(3, 16, 3, 2, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()
        )
        self.depth = nn.Sequential(
            nn.Conv2d(16, 16, 3, padding=1, groups=16, bias=False), nn.BatchNorm2d(16), nn.ReLU()
        )
        self.gate = nn.Conv2d(16, 16, 1)
        self.last = nn.Linear(16, DIM)

    def forward(self, x: Tensor) -> Tensor:
        x = self.depth(self.first(x))
        x = x * torch.sigmoid(self.gate(x.mean((2, 3), keepdim=True)))
        return self.last(x.mean((2, 3)))


class Pooled(nn.Module):
    """OSNet with the mean over places and a normalisation behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.body = OSNet(width=0.25)
        self.neck = nn.BatchNorm1d(self.body.channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.neck(self.body(x).mean((2, 3)))


def lived(network: nn.Module) -> nn.Module:
    """With statistics that are not those of a new network, in eval mode."""
    for layer in network.modules():
        if isinstance(layer, (nn.BatchNorm2d, nn.BatchNorm1d)):
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.normal_(layer.bias, std=0.1)
            layer.running_mean.normal_(std=0.1)
            layer.running_var.uniform_(0.5, 1.5)
    return network.eval()


@pytest.fixture(autouse=True)
def _graphs_once(monkeypatch: pytest.MonkeyPatch, kept: dict[bytes, onnx.ModelProto]) -> None:
    """torch takes seconds to write a graph: those of one network are written once."""
    real = exporting._graph

    def graph(network: nn.Module, two: Tensor, name: str) -> onnx.ModelProto:
        key = hashlib.sha256(type(network).__name__.encode())
        for value in network.state_dict().values():
            key.update(value.numpy().tobytes())
        if key.digest() not in kept:
            kept[key.digest()] = real(network, two, name)
        return copy.deepcopy(kept[key.digest()])

    monkeypatch.setattr(exporting, "_graph", graph)


@pytest.fixture(scope="module")
def kept() -> dict[bytes, onnx.ModelProto]:
    return {}


@pytest.fixture
def small() -> nn.Module:
    return lived(Small())


def pictures(n: int, height: int = HEIGHT, width: int = WIDTH, seed: int = 1) -> Tensor:
    g = torch.Generator().manual_seed(seed)
    smooth = torch.randn(n, 3, height // 4, width // 4, generator=g)
    return nn.functional.interpolate(smooth, (height, width), mode="bilinear")


def put(network: nn.Module, folder: Path, precision: str = "fp32", **more: object) -> Exported:
    given: dict[str, object] = {
        "name": "small",
        "role": Role.BODY_EMBEDDER,
        "height": HEIGHT,
        "width": WIDTH,
        "mean": IMAGENET_MEAN,
        "std": IMAGENET_STD,
        "color": "rgb",
        "dim": DIM,
        "card": CARD,
        "samples": pictures(40),
    }
    return export(network, folder, precision=precision, **{**given, **more})  # type: ignore[arg-type]


def cosines(a: np.ndarray, b: np.ndarray) -> list[float]:
    return [
        float(x @ y / np.sqrt((x @ x) * (y @ y)))
        for x, y in zip(a.astype(float), b.astype(float), strict=True)
    ]


def ran(path: Path, inputs: Tensor) -> np.ndarray:
    return np.asarray(open_session(path).run(None, {"images": inputs.numpy()})[0])


@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_file_gives_torchs_vectors(precision: str, tmp_path: Path, small: nn.Module) -> None:
    done = put(small, tmp_path, precision)
    least = {"fp32": 0.9999, "fp16": 0.999, "int8": 0.98}[precision]
    assert least <= done.parity <= 1 + 1e-9
    # the reported number is the one found by hand on the same samples
    x = pictures(40)
    with torch.no_grad():
        by_hand = min(cosines(ran(done.path, x), small(x).numpy()))
        assert by_hand == pytest.approx(done.parity, abs=1e-3 if precision == "int8" else 1e-7)
        # and pictures it was not tried on come out as well, in any number
        for n in (1, 2, 7):
            new = pictures(n, seed=2)
            assert min(cosines(ran(done.path, new), small(new).numpy())) > least
    assert done.alone > (0.98 if precision == "int8" else 0.99999)
    assert done.size == done.path.stat().st_size


@pytest.mark.parametrize("precision", PRECISIONS)
def test_osnet_keeps_its_vectors_and_shrinks(precision: str, tmp_path: Path) -> None:
    network = lived(Pooled())
    x = pictures(12, 64, 32)
    size = {"height": 64, "width": 32, "dim": 128}
    # untrained gates weigh rounding errors up
    done = put(network, tmp_path, precision, **size, samples=x, int8_least=0.9)
    assert done.parity >= {"fp32": 0.9999, "fp16": 0.999, "int8": 0.9}[precision]
    weights = sum(p.numel() for p in network.parameters())
    # bytes a weight, and what the description of some 300 nodes takes
    assert done.size < {"fp32": 4, "fp16": 2, "int8": 1}[precision] * weights + 200_000
    graphs.read(done.path)  # nothing that an import would refuse


def test_half_the_size_at_the_same_speed(tmp_path: Path, small: nn.Module) -> None:
    wide = nn.Sequential(small, nn.Linear(DIM, 4000), nn.Linear(4000, DIM)).eval()
    sizes, work = {}, {}
    for precision in ("fp32", "fp16"):
        done = put(wide, tmp_path, precision, name=precision)
        sizes[precision] = done.size
        options = ort.SessionOptions()
        options.optimized_model_filepath = str(tmp_path / "run.onnx")
        options.log_severity_level = 3
        ort.InferenceSession(str(done.path), options, providers=["CPUExecutionProvider"])
        work[precision] = Counter(n.op_type for n in onnx.load(tmp_path / "run.onnx").graph.node)
    assert sizes["fp16"] < 0.55 * sizes["fp32"]
    # what ONNX Runtime does is the same, because it casts the weights when it opens the file
    assert work["fp16"] == work["fp32"]
    assert "Cast" not in work["fp16"]


def test_the_graph_is_clean(tmp_path: Path, small: nn.Module) -> None:
    done = put(small, tmp_path)
    model = onnx.load(done.path)
    onnx.checker.check_model(model, full_check=True)
    ops = Counter(n.op_type for n in model.graph.node)
    assert ops["Conv"] == 3
    assert "BatchNormalization" not in ops  # folded into the convolutions before it
    assert not [n for n in model.graph.node if n.metadata_props or n.doc_string]
    assert [i.name for i in model.graph.input] == ["images"]
    assert model.graph.input[0].type.tensor_type.shape.dim[0].dim_param  # any number of pictures


def test_the_manifest_comes_back(tmp_path: Path, small: nn.Module) -> None:
    points = tuple((float(i), float(i + 1)) for i in range(5))
    done = put(small, tmp_path, "fp16", role="face-embedder", template=points, flip=True)
    back = manifest.load(tmp_path / "small.json")
    assert back == done.manifest
    assert (back.role, back.dim, back.architecture) == (Role.FACE_EMBEDDER, DIM, "embedder")
    assert back.input == manifest.InputSpec(
        WIDTH, HEIGHT, "rgb", IMAGENET_MEAN, IMAGENET_STD, points, True
    )
    assert back.sha256 == hashlib.sha256(done.path.read_bytes()).hexdigest()
    assert (back.licence, back.commercial, back.reference) == ("MIT", True, 0.4)
    assert back.source == "trained: cameo train nothing.toml"


def test_the_card_says_what_must_be_known(tmp_path: Path, small: nn.Module) -> None:
    done = put(small, tmp_path, "int8")
    text = (tmp_path / "small.md").read_text("utf-8")
    for part in (
        CARD.data,
        CARD.terms,
        CARD.command,
        "MIT",
        "weights in int8",
        done.manifest.sha256,
    ):
        assert part in text
    assert "| rank-1 \\| home | 0.5 |" in text
    assert f"| Same as torch | lowest cosine {done.parity:.6f} |" in text
    assert sorted(p.name for p in tmp_path.iterdir()) == ["small.json", "small.md", "small.onnx"]


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("color", ["rgb", "bgr"])
def test_the_embedder_gives_torchs_vectors(
    color: str, flip: bool, tmp_path: Path, small: nn.Module
) -> None:
    done = put(small, tmp_path, color=color, flip=flip)
    embedder = OnnxEmbedder(
        open_session(done.path), done.manifest.input, model="m", dim=DIM, kind=Kind.BODY
    )
    picture = np.random.default_rng(0).integers(0, 255, (90, 70, 3)).astype(np.uint8)
    boxes = np.array([[0, 0, 30, 60], [10, 20, 50, 88], [30, 5, 65, 70]], np.float32)
    people = Detections(boxes, np.ones(3, np.float32), np.zeros((3, 0, 2), np.float32), Kind.BODY)
    chips = embedder.chips(picture, people)
    assert [c.shape for c in chips] == [(HEIGHT, WIDTH, 3)] * 3
    expected = []
    for chip in chips:
        pixels = cv2.cvtColor(chip, cv2.COLOR_BGR2RGB) if color == "rgb" else chip
        x = (
            torch.tensor(pixels, dtype=torch.float64) - torch.tensor(IMAGENET_MEAN)
        ) / torch.tensor(IMAGENET_STD)
        x = x.permute(2, 0, 1)[None].float()
        with torch.no_grad():
            vector = nn.functional.normalize(small(x))
            if flip:
                vector = nn.functional.normalize(vector + nn.functional.normalize(small(x.flip(3))))
        expected.append(vector[0].numpy())
    assert embedder.embed(chips) == pytest.approx(np.array(expected), abs=1e-4)


def test_an_exported_model_can_be_installed_and_used(tmp_path: Path, small: nn.Module) -> None:
    done = put(small, tmp_path / "out", "fp16")
    store = ModelStore(tmp_path / "models")
    assert install_exported(store, tmp_path / "out", "small") == done.manifest
    assert install_exported(store, tmp_path / "out", "small") == done.manifest  # again is fine
    embedder = load_embedder(store, Kind.BODY, "small")
    assert embedder.dim == DIM
    assert embedder.model == done.manifest.model_id
    # another network of that name would meet the vectors of this one
    put(lived(Small()), tmp_path / "out")
    with pytest.raises(ModelMismatch, match="Another model is called small"):
        install_exported(store, tmp_path / "out", "small")
    done.path.write_bytes(b"something else")
    with pytest.raises(ModelCorrupt, match=r"not what small\.json describes"):
        install_exported(store, tmp_path / "out", "small")
    done.path.unlink()
    with pytest.raises(ModelCorrupt, match="cannot be read"):
        install_exported(store, tmp_path / "out", "small")


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


def test_a_face_model_of_a_run_turns_faces_as_they_were_learnt_from() -> None:
    from reid_core.learn.finished import _template

    whole = _template("face-embedder", 112, 112)
    half = _template("face-embedder", 56, 56)
    assert whole is not None
    assert half is not None
    np.testing.assert_allclose(whole, ARCFACE_TEMPLATE)
    np.testing.assert_allclose(np.array(half) * 2, ARCFACE_TEMPLATE)
    assert _template("body-embedder", 112, 112) is None
    assert _template("face-embedder", 128, 64) is None
