"""Bringing one's own ONNX: what is read off the graph, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from made_models import constant_network, tiny_network
from onnx import TensorProto, helper, numpy_helper

from reid_core.errors import ModelCorrupt, ModelError, ModelMismatch
from reid_core.models import graphs
from reid_core.models.importing import import_onnx
from reid_core.models.manifest import ARCFACE_TEMPLATE, IMAGENET_MEAN, IMAGENET_STD
from reid_core.models.store import ModelStore


@pytest.fixture
def models(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models")


def put(tmp_path: Path, data: bytes, name: str = "my_net.onnx") -> Path:
    (tmp_path / name).write_bytes(data)
    return tmp_path / name


def test_a_body_embedder(tmp_path: Path, models: ModelStore) -> None:
    file = put(tmp_path, tiny_network(side=32, dim=12))
    done = import_onnx(
        models, file, role="body-embedder", flip=True, licence="MIT", commercial=True
    )
    assert (done.name, done.dim, done.architecture) == ("my-net", 12, "embedder")
    assert (done.input.width, done.input.height, done.input.color) == (32, 32, "rgb")
    assert (done.input.mean, done.input.std) == (IMAGENET_MEAN, IMAGENET_STD)
    assert (done.input.flip, done.input.template, done.commercial) == (True, None, True)
    assert done.origin_sha256 == done.sha256
    assert models.path("my-net").read_bytes() == file.read_bytes()
    assert models.manifest("my-net") == done


def test_sizes_that_the_graph_leaves_open(tmp_path: Path, models: ModelStore) -> None:
    file = put(tmp_path, tiny_network(side=None))
    body = import_onnx(models, file, role="body-embedder", name="body")
    face = import_onnx(models, file, role="face-embedder", name="face")
    said = import_onnx(models, file, role="body-embedder", name="said", width=64, height=192)
    sizes = [(m.input.width, m.input.height) for m in (body, face, said)]
    assert sizes == [(128, 256), (112, 112), (64, 192)]
    fixed = put(tmp_path, tiny_network(side=32), "fixed.onnx")
    with pytest.raises(ModelMismatch, match="32x32"):
        import_onnx(models, fixed, role="body-embedder", width=64)


def test_faces_are_aligned_where_the_template_is_known(tmp_path, models) -> None:
    file = put(tmp_path, tiny_network(side=112))
    done = import_onnx(models, file, role="face-embedder", name="arc")
    assert done.input.template == ARCFACE_TEMPLATE
    assert (done.input.mean, done.input.std) == ((127.5,) * 3, (127.5,) * 3)
    other = put(tmp_path, tiny_network(side=160), "other.onnx")
    assert import_onnx(models, other, role="face-embedder", name="a").input.template is None
    points = tuple((float(i), 2.0 * i) for i in range(5))
    done = import_onnx(models, other, role="face-embedder", name="b", template=points)
    assert done.input.template == points


def test_what_the_caller_says_counts(tmp_path: Path, models: ModelStore) -> None:
    done = import_onnx(
        models,
        put(tmp_path, tiny_network()),
        role="body-embedder",
        color="bgr",
        mean=(1.0, 2.0, 3.0),
        std=(4.0, 5.0, 6.0),
    )
    assert (done.input.color, done.input.mean, done.input.std) == (
        "bgr",
        (1.0, 2.0, 3.0),
        (4.0, 5.0, 6.0),
    )


YUNET = {
    f"{part}_{s}": (1, 4, n)
    for part, n in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10))
    for s in (8, 16, 32)
}
SCRFD = {f"o{i}": (2, n) for i, n in enumerate([1] * 3 + [4] * 3 + [10] * 3)}
DETECTORS = [
    ("yolox", "person-detector", {"output": (1, 21 * 4, 85)}, (64, 64), 1),
    ("ssd", "person-detector", {"boxes": (2, 7, 4), "scores": (2, 7)}, (300, 300), 2),
    ("yunet", "face-detector", YUNET, ("h", "w"), 1),
    ("scrfd", "face-detector", SCRFD, ("h", "w"), 1),
]


@pytest.mark.parametrize(("architecture", "role", "outputs", "sides", "batch"), DETECTORS)
def test_detectors(tmp_path, models, architecture, role, outputs, sides, batch) -> None:
    file = put(tmp_path, constant_network(outputs, sides=sides, batch=batch))
    done = import_onnx(models, file, role=role, architecture=architecture, name="d")
    assert (done.architecture, done.dim, done.input.color) == (architecture, None, "bgr")
    with pytest.raises(ModelMismatch, match="--architecture"):
        import_onnx(models, file, role=role, name="e")
    with pytest.raises(ModelMismatch, match="--architecture"):
        import_onnx(models, file, role=role, name="e", architecture="rcnn")


@pytest.mark.parametrize(("architecture", "role", "outputs", "sides", "batch"), DETECTORS)
def test_detectors_of_another_form(tmp_path, models, architecture, role, outputs, sides, batch):
    other = {"other": (1, 9, 2)}
    file = put(tmp_path, constant_network(other, sides=sides, batch=batch))
    with pytest.raises(ModelMismatch, match=f"is no {architecture} network"):
        import_onnx(models, file, role=role, architecture=architecture)
    wrong = (320, 256) if sides == ("h", "w") else ("h", "w")
    file = put(tmp_path, constant_network(outputs, sides=wrong, batch=batch))
    with pytest.raises(ModelMismatch, match=f"{architecture} needs"):
        import_onnx(models, file, role=role, architecture=architecture)
    assert not models.folder.exists()


def changed(change) -> bytes:
    """The tiny network after a change to its message."""
    model = onnx.load_model_from_string(tiny_network())
    change(model)
    return model.SerializeToString()


def outside(tensor: onnx.TensorProto) -> onnx.TensorProto:
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "../../etc/passwd"
    return tensor


def weights_outside(model: onnx.ModelProto) -> None:
    outside(model.graph.initializer[0])


def constant_outside(model: onnx.ModelProto) -> None:
    value = outside(numpy_helper.from_array(np.zeros((3, 8), np.float32)))
    model.graph.node.insert(0, helper.make_node("Constant", [], ["c"], value=value))


def hidden_in_a_branch(model: onnx.ModelProto) -> None:
    inner = helper.make_graph(
        [helper.make_node("Evil", ["output"], ["x"], domain="evil.ops")],
        "branch",
        [],
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, None)],
    )
    node = helper.make_node("If", ["flag"], ["y"], then_branch=inner, else_branch=inner)
    model.graph.node.append(node)


def of_halves(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.FLOAT16


def of_two(model: onnx.ModelProto) -> None:
    model.graph.input.append(helper.make_tensor_value_info("second", TensorProto.FLOAT, [1]))


def without_inputs(model: onnx.ModelProto) -> None:
    del model.graph.input[:]


def infinite(model: onnx.ModelProto) -> None:
    broken = numpy_helper.from_array(np.full((3, 8), np.inf, np.float32), "w")
    model.graph.initializer[0].CopyFrom(broken)


@pytest.mark.parametrize(
    ("data", "error", "says"),
    [
        (b"", ModelCorrupt, "not an ONNX"),
        (b"text" * 100, ModelCorrupt, "not an ONNX"),
        (bytes(range(256)) * 9, ModelCorrupt, "not an ONNX"),
        (tiny_network()[:-40], ModelCorrupt, "not an ONNX"),
        (changed(without_inputs), ModelCorrupt, "not an ONNX"),
        (tiny_network(domain="evil.ops"), ModelMismatch, r"evil\.ops"),
        (changed(hidden_in_a_branch), ModelMismatch, r"evil\.ops"),
        (changed(weights_outside), ModelMismatch, "another file"),
        (changed(constant_outside), ModelMismatch, "another file"),
        (changed(of_halves), ModelMismatch, "float32"),
        (changed(of_two), ModelMismatch, "second"),
        (changed(infinite), ModelMismatch, "finite"),
        (tiny_network(channels=1), ModelMismatch, "(N, 3, height, width)"),
        (tiny_network(dim=4), ModelMismatch, "one vector"),
        (tiny_network(side=5000), ModelMismatch, "4096"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, models, data, error, says) -> None:
    file = put(tmp_path, data)
    with pytest.raises(error, match=says.replace("(", r"\(").replace(")", r"\)")) as caught:
        import_onnx(models, file, role="body-embedder")
    assert "my_net.onnx" in str(caught.value)
    assert not models.folder.exists()


def test_files_that_cannot_be_read(tmp_path: Path, models: ModelStore, monkeypatch) -> None:
    for file in (tmp_path / "none.onnx", tmp_path):
        with pytest.raises(ModelCorrupt, match="cannot be read"):
            import_onnx(models, file, role="body-embedder", name="x")
    file = put(tmp_path, tiny_network())
    monkeypatch.setattr(graphs, "MAX_MODEL_BYTES", 100)
    with pytest.raises(ModelCorrupt, match="larger"):
        import_onnx(models, file, role="body-embedder")


@pytest.mark.parametrize("role", ["cook", "", "face-quality"])
def test_roles(tmp_path: Path, models: ModelStore, role: str) -> None:
    with pytest.raises(ModelMismatch, match="body-embedder"):
        import_onnx(models, put(tmp_path, tiny_network()), role=role)


@pytest.mark.parametrize("name", ["../x", "a b", "ü", "x" * 99, "dlib-resnet-v1", "colour-stripes"])
def test_names(tmp_path: Path, models: ModelStore, name: str) -> None:
    with pytest.raises(ModelMismatch, match="--name"):
        import_onnx(models, put(tmp_path, tiny_network()), role="body-embedder", name=name)


def test_a_name_that_is_taken(tmp_path: Path, models: ModelStore) -> None:
    file = put(tmp_path, tiny_network())
    first = import_onnx(models, file, role="body-embedder")
    again = import_onnx(models, file, role="body-embedder", color="bgr")  # the same file: a change
    assert (again.model_id, again.input.color) == (first.model_id, "bgr")
    with pytest.raises(ModelMismatch, match="cameo models remove my-net"):
        import_onnx(models, put(tmp_path, tiny_network(dim=9)), role="body-embedder")
    assert models.manifest("my-net") == again


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match="cannot be written"):
        import_onnx(
            ModelStore(tmp_path / "file"), put(tmp_path, tiny_network()), role="body-embedder"
        )


@pytest.mark.real_data
def test_importing_the_two_real_networks(models: ModelStore, shared: Path) -> None:
    osnet = import_onnx(models, shared / "models/osnet_x0_25_msmt17.onnx", role="body-embedder")
    assert (osnet.name, osnet.dim) == ("osnet-x0-25-msmt17", 512)
    assert (osnet.input.width, osnet.input.height, osnet.input.color) == (128, 256, "rgb")
    yolox = import_onnx(
        models, shared / "models/yolox_nano.onnx", role="person-detector", architecture="yolox"
    )
    assert (yolox.input.width, yolox.input.height, yolox.input.color) == (416, 416, "bgr")
    assert yolox.model_id == "yolox-nano@e8af0749"
    with pytest.raises(ModelMismatch, match="one vector"):
        import_onnx(models, shared / "models/yolox_nano.onnx", role="body-embedder", name="x")
