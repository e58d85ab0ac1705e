"""Bring your own network: what any ONNX file needs to be used in a role."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from google.protobuf.message import DecodeError

from reid_core.errors import ModelCorrupt, ModelMismatch
from reid_core.models.manifest import (
    ARCFACE_TEMPLATE,
    IMAGENET_MEAN,
    IMAGENET_STD,
    NAME,
    InputSpec,
    Manifest,
    Role,
)
from reid_core.models.session import MAX_MODEL_BYTES, RUNTIME_ERRORS, open_session
from reid_core.models.store import ModelStore

DOMAINS = ("", "ai.onnx", "ai.onnx.ml", "com.microsoft")
EMBEDDERS = (Role.FACE_EMBEDDER, Role.BODY_EMBEDDER)
ARCHITECTURES = {Role.FACE_DETECTOR: ("yunet", "scrfd"), Role.PERSON_DETECTOR: ("ssd", "yolox")}


@dataclass(frozen=True, slots=True)
class _Taste:
    """What a role's networks usually want."""

    color: str
    mean: tuple[float, ...]
    std: tuple[float, ...]


USUAL = {
    Role.FACE_EMBEDDER: _Taste("rgb", (127.5,) * 3, (127.5,) * 3),
    Role.BODY_EMBEDDER: _Taste("rgb", IMAGENET_MEAN, IMAGENET_STD),
    Role.FACE_DETECTOR: _Taste("bgr", (0.0,) * 3, (1.0,) * 3),
    Role.PERSON_DETECTOR: _Taste("bgr", (0.0,) * 3, (1.0,) * 3),
}


def import_onnx(
    store: ModelStore,
    file: Path,
    *,
    role: str,
    name: str | None = None,
    architecture: str | None = None,
    licence: str = "unknown",
    commercial: bool = False,
    color: str | None = None,
    mean: tuple[float, ...] | None = None,
    std: tuple[float, ...] | None = None,
    flip: bool = False,
) -> Manifest:
    """Check a network by running it once, and install it with a manifest.

    The input size is read from the graph; colours and normalisation are the role's usual ones
    unless said. Raises ModelCorrupt (not ONNX), ModelMismatch (does not fit the role).
    """
    wanted, called = _role(role), name or file.stem.replace("_", "-")
    if not NAME.fullmatch(called):
        raise ModelMismatch(f"{called!r} cannot be a model's name; say another with --name.")
    data = _checked_bytes(file)
    usual = USUAL[wanted]
    width, height = _input_size(data, file, wanted)
    try:
        spec = InputSpec(
            width,
            height,
            color or usual.color,
            mean or usual.mean,
            std or usual.std,
            ARCFACE_TEMPLATE if wanted is Role.FACE_EMBEDDER and width == height == 112 else None,
            flip,
        )
    except ValueError as error:
        raise ModelMismatch(f"{file.name} cannot be used: {error}.") from error
    dim = _try_run(file, spec) if wanted in EMBEDDERS else None
    manifest = Manifest(
        called,
        wanted,
        _architecture(wanted, architecture),
        "",
        "",
        licence,
        commercial,
        f"file {file.name}",
        spec,
        dim,
    )
    return store.install(manifest, data)


def _role(text: str) -> Role:
    try:
        role = Role(text)
    except ValueError:
        role = Role.FACE_QUALITY
    if role not in USUAL:
        raise ModelMismatch(f"{text!r} is no role; there are {', '.join(USUAL)}.")
    return role


def _architecture(role: Role, given: str | None) -> str:
    if role in EMBEDDERS:
        return "embedder"
    choices = ARCHITECTURES[role]
    if given not in choices:
        raise ModelMismatch(f"A {role} needs --architecture {' or '.join(choices)}.")
    return given


def _checked_bytes(file: Path) -> bytes:
    """The file's bytes if it is a self-contained ONNX graph of standard operations."""
    try:
        if file.stat().st_size > MAX_MODEL_BYTES:
            raise ModelCorrupt(f"{file} is larger than 1 GiB and was not opened.")
        data = file.read_bytes()
        model = onnx.load_model_from_string(data)
    except OSError as error:
        raise ModelCorrupt(f"{file} cannot be read: {error.strerror}.") from error
    except DecodeError as error:
        raise ModelCorrupt(f"{file} is not an ONNX model.") from error
    if not model.graph.node or not model.graph.input:
        raise ModelCorrupt(f"{file} is not an ONNX model.")
    strange = {n.domain for n in model.graph.node} - set(DOMAINS)
    if strange:
        raise ModelMismatch(
            f"{file.name} needs operations of {', '.join(sorted(strange))}, which are not allowed."
        )
    if any(w.data_location == onnx.TensorProto.EXTERNAL for w in model.graph.initializer):
        raise ModelMismatch(f"{file.name} keeps its weights in another file; save it as one file.")
    return data


def _input_size(data: bytes, file: Path, role: Role) -> tuple[int, int]:
    """(width, height) from the graph's first input, or the role's usual size where it is open."""
    model = onnx.load_model_from_string(data)
    weights = {w.name for w in model.graph.initializer}
    inputs = [i for i in model.graph.input if i.name not in weights]
    dims = [d.dim_value for d in inputs[0].type.tensor_type.shape.dim] if len(inputs) == 1 else []
    if len(dims) != 4 or dims[1] not in (0, 3):
        raise ModelMismatch(f"{file.name} does not take pictures as (N, 3, height, width).")
    usual = {Role.BODY_EMBEDDER: (128, 256), Role.FACE_EMBEDDER: (112, 112)}.get(role, (640, 640))
    return dims[3] or usual[0], dims[2] or usual[1]


def _try_run(file: Path, spec: InputSpec) -> int:
    """Embed one grey picture; returns the length of the vector."""
    session = open_session(file)
    blob = np.zeros((1, 3, spec.height, spec.width), np.float32)
    try:
        out = session.run(None, {session.get_inputs()[0].name: blob})[0]
    except RUNTIME_ERRORS as error:
        raise ModelMismatch(
            f"{file.name} does not run on a {spec.width}x{spec.height} picture."
        ) from error
    if (
        out.ndim < 2
        or out.shape[0] != 1
        or not 8 <= out[0].size <= 8192
        or not np.isfinite(out).all()
    ):
        raise ModelMismatch(
            f"{file.name} does not give one vector per picture (it gave {out.shape})."
        )
    return int(out[0].size)
