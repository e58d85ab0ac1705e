"""A library of pictures whose people a small network of convolutions sees badly.

Each person is a pattern of colours, each look has a light of its own, which the network, whose
weights are chance, takes for more than the pattern: what its last stage can learn to take away.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from made_gallery import ROLE
from onnx import TensorProto, helper, numpy_helper

from reid_core.actions.loading import load_embedder
from reid_core.images import encode_jpeg
from reid_core.library import Library, footage, models_used, people
from reid_core.library.ids import stable_id
from reid_core.models.importing import import_onnx
from reid_core.models.store import ModelStore
from reid_core.types import Detections, Embeddings, Image, Kind, Tracklet, View

HEIGHT, WIDTH, DIM = 32, 16, 32
NAME = "small"


def conv_network(*, seed: int = 0, operation: str = "Relu") -> bytes:
    """Three convolutions, a mean and a matrix. operation: behind the last convolution."""
    rng = np.random.default_rng(seed)
    shapes = {"a": (16, 3, 4, 4), "b": (32, 16, 3, 3), "c": (32, 32, 1, 1), "d": (DIM, 32)}
    weights = {
        n: (rng.normal(size=s) / np.sqrt(np.prod(s[1:]))).astype(np.float32)
        for n, s in shapes.items()
    }
    weights |= {f"{n}0": np.zeros(s[0], np.float32) for n, s in shapes.items()}
    nodes = [
        helper.make_node("Conv", ["input", "a", "a0"], ["1"], strides=[4, 4]),
        helper.make_node("Relu", ["1"], ["2"]),
        helper.make_node("Conv", ["2", "b", "b0"], ["3"], strides=[2, 2], pads=[1] * 4),
        helper.make_node("Relu", ["3"], ["4"]),
        helper.make_node("Conv", ["4", "c", "c0"], ["5"]),
        helper.make_node(operation, ["5"], ["6"]),
        helper.make_node("GlobalAveragePool", ["6"], ["7"]),
        helper.make_node("Flatten", ["7"], ["8"]),
        helper.make_node("Gemm", ["8", "d", "d0"], ["output"], transB=1),
    ]
    given = helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 3, HEIGHT, WIDTH])
    made = helper.make_tensor_value_info("output", TensorProto.FLOAT, ["N", DIM])
    kept = [numpy_helper.from_array(w, n) for n, w in weights.items()]
    graph = helper.make_graph(nodes, "small", [given], [made], kept)
    opsets = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()


def store_in(folder: Path, **given: str) -> ModelStore:
    """With that network, called small."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "small.onnx").write_bytes(conv_network(**given))
    made = ModelStore(folder / "models")
    import_onnx(made, folder / "small.onnx", role=ROLE, name=NAME)
    return made


def look(person: int, number: int) -> Image:
    """(HEIGHT, WIDTH, 3) uint8 BGR."""
    pattern = np.random.default_rng([person, 7]).uniform(60, 200, (4, 2, 3))
    rng = np.random.default_rng([person, number, 8])
    light = rng.uniform(0.7, 1.2, 3)
    large = cv2.resize(pattern, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    return np.clip(large * light + rng.normal(0, 6, large.shape), 0, 255).astype(np.uint8)


def gallery(library: Library, store: ModelStore, *, count: int = 40, looks: int = 4) -> None:
    """So many people, and a film in which each walks by once."""
    with library.transaction("made") as tx:
        models_used.use(tx, ROLE, NAME)
    for n in range(count):
        enrol(library, store, NAME, n, looks)
    film(library, store, NAME, range(count), "walk.mp4")


def enrol(library: Library, store: ModelStore, model: str, person: int, looks: int) -> int:
    """Somebody with so many templates by that model; returns the person."""
    crops = [look(person, k) for k in range(looks)]
    model_id, rows = _embedded(store, model, crops)
    with library.transaction("made") as tx:
        one = people.add_person(tx, f"Person {person:03d}")
        for k, (crop, row) in enumerate(zip(crops, rows, strict=True)):
            media, points = library.media.put(encode_jpeg(crop)), np.zeros((0, 2), np.float32)
            new = people.NewTemplate(Kind.BODY, media, 0.9, {}, points, f"{k}.jpg", row, model_id)
            people.add_template(tx, one, new)
    return one


def film(library: Library, store: ModelStore, model: str, numbers: range, name: str) -> None:
    """A video in which these people walk by one after the other, two views each."""
    rows = [_tracklet(store, model, n, i, name) for i, n in enumerate(numbers)]
    with library.transaction("made") as tx:
        video = footage.add_video(
            tx, f"/v/{name}", content_hash=name.ljust(32, "0"), duration_s=999, settings={}
        )
        footage.write_tracklets(tx, library.media, video, rows)


def _tracklet(store: ModelStore, model: str, person: int, i: int, name: str) -> Tracklet:
    key, points = stable_id(name, i), np.zeros((0, 2), np.float32)
    box = np.float32([0, 0, WIDTH, HEIGHT])
    crops = [look(person, 100 + k) for k in range(2)]
    model_id, vectors = _embedded(store, model, crops)
    views = tuple(
        View(encode_jpeg(crop), points, box, 5.0 * i + k, 0.8) for k, crop in enumerate(crops)
    )
    known = Embeddings(vectors, np.float32([0.8, 0.8]), model_id)
    times = np.array([5.0 * i, 5.0 * i + 1])
    return Tracklet(key, Kind.BODY, times, np.stack([box, box]), views, known, key)


def _embedded(store: ModelStore, model: str, crops: list[Image]) -> tuple[str, np.ndarray]:
    embedder = load_embedder(store, Kind.BODY, model)
    box = np.float32([[0, 0, WIDTH, HEIGHT]])
    whole = Detections(box, np.ones(1, np.float32), np.zeros((1, 0, 2), np.float32), Kind.BODY)
    return embedder.model, embedder.embed([embedder.chips(c, whole)[0] for c in crops])
