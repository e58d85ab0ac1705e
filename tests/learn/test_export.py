"""From torch to ONNX and back: the same vectors, manifest and card."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch
from made_exports import CARD, DIM, HEIGHT, PRECISIONS, WIDTH, Pooled, Small, lived, pictures, put
from torch import Tensor, nn

from reid_core.actions.loading import load_embedder
from reid_core.embed.embedder import OnnxEmbedder
from reid_core.errors import ModelCorrupt, ModelMismatch
from reid_core.learn.export import install_exported
from reid_core.models import graphs, manifest
from reid_core.models.manifest import ARCFACE_TEMPLATE, IMAGENET_MEAN, IMAGENET_STD, Role
from reid_core.models.session import open_session
from reid_core.models.store import ModelStore
from reid_core.types import Detections, Kind

pytestmark = pytest.mark.usefixtures("graphs_once")


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
