"""Bring your own network: what any ONNX file needs to be used in a role."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reid_core.errors import ModelMismatch
from reid_core.models import graphs
from reid_core.models.catalog import catalog
from reid_core.models.manifest import (
    ARCFACE_TEMPLATE,
    IMAGENET_MEAN,
    IMAGENET_STD,
    NAME,
    InputSpec,
    Manifest,
    Role,
)
from reid_core.models.session import RUNTIME_ERRORS, open_session
from reid_core.models.store import ModelStore
from reid_core.types import Floats

DIMS = (8, 8192)  # shortest and longest vector that can be one person's
SCRFD_SIDE = 640
SSD_SIDE = 300
Points = tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class _Taste:
    """What a role's networks usually want. size: (width, height) where the graph is open."""

    size: tuple[int, int]
    color: str
    mean: tuple[float, ...]
    std: tuple[float, ...]


USUAL = {
    Role.FACE_EMBEDDER: _Taste((112, 112), "rgb", (127.5,) * 3, (127.5,) * 3),
    Role.BODY_EMBEDDER: _Taste((128, 256), "rgb", IMAGENET_MEAN, IMAGENET_STD),
    Role.FACE_DETECTOR: _Taste((640, 640), "bgr", (0.0,) * 3, (1.0,) * 3),
    Role.PERSON_DETECTOR: _Taste((640, 640), "bgr", (0.0,) * 3, (1.0,) * 3),
}
EMBEDDERS = (Role.FACE_EMBEDDER, Role.BODY_EMBEDDER)


def import_onnx(
    store: ModelStore,
    file: Path,
    *,
    role: str,
    name: str | None = None,
    architecture: str | None = None,
    licence: str = "unknown",
    commercial: bool = False,
    width: int | None = None,
    height: int | None = None,
    color: str | None = None,
    mean: tuple[float, ...] | None = None,
    std: tuple[float, ...] | None = None,
    template: Points | None = None,
    flip: bool = False,
    note: str = "",
) -> Manifest:
    """Check a network by running it once, and install it with a manifest.

    The input size is read from the graph, so width and height are only needed where that leaves
    it open; colours and normalisation are the role's usual ones unless said. template: where the
    five face points go in the chip; faces of 112x112 px take ArcFace's. architecture: needed for
    detectors. Raises ModelCorrupt (not ONNX), ModelMismatch (does not fit the role, or the name
    is taken), ModelError (cannot be stored).
    """
    wanted, called = _role(role), _name(name or file.stem.replace("_", "-"))
    kind = _architecture(wanted, architecture)
    data, model = graphs.read(file)
    checksum = hashlib.sha256(data).hexdigest()
    _check_free(store, called, checksum)
    declared = graphs.picture_size(model, file.name)
    _check_size(declared, kind, file.name)
    size = _size(declared, (width, height), wanted, file.name)
    usual = USUAL[wanted]
    if template is None and wanted is Role.FACE_EMBEDDER and size == (112, 112):
        template = ARCFACE_TEMPLATE
    try:
        spec = InputSpec(
            *size, color or usual.color, mean or usual.mean, std or usual.std, template, flip
        )
    except ValueError as error:
        raise ModelMismatch(f"{file.name} cannot be used: {error}.") from error
    dim = _try_run(file, spec, kind)
    manifest = Manifest(
        called,
        wanted,
        kind,
        file="",
        sha256=checksum,
        licence=licence,
        commercial=commercial,
        source=f"file {file.name}",
        input=spec,
        dim=dim,
        note=note,
        origin_sha256=checksum,
    )
    return store.install(manifest, data)


def _role(text: str) -> Role:
    for role in USUAL:
        if text == role:
            return role
    raise ModelMismatch(f"{text!r} is no role; there are {', '.join(USUAL)}.")


def _name(text: str) -> str:
    if not NAME.fullmatch(text):
        raise ModelMismatch(
            f"{text!r} cannot be a model's name (letters, digits, . _ -); say another with --name."
        )
    if text in catalog():
        raise ModelMismatch(f"{text} is a model of the catalog; say another name with --name.")
    return text


def _architecture(role: Role, given: str | None) -> str:
    if role in EMBEDDERS:
        return "embedder"
    choices = {Role.FACE_DETECTOR: ("yunet", "scrfd"), Role.PERSON_DETECTOR: ("ssd", "yolox")}[role]
    if given not in choices:
        raise ModelMismatch(f"A {role} needs --architecture {' or '.join(choices)}.")
    return given


def _check_free(store: ModelStore, name: str, checksum: str) -> None:
    """Another file of the same name is not overwritten: vectors may depend on it."""
    have = [one for one in store.installed() if one.name == name]
    if have and have[0].sha256 != checksum:
        raise ModelMismatch(
            f"Another model {name} is installed. Say another name with --name, "
            f"or run: cameo models remove {name}"
        )


def _check_size(declared: tuple[int | None, int | None], architecture: str, name: str) -> None:
    """Whether the detector's decoder can work with the input size that the graph declares."""
    width, height = declared
    fits = {
        "yolox": bool(width and height),
        "yunet": width is None and height is None,
        "scrfd": (width or SCRFD_SIDE, height or SCRFD_SIDE) == (SCRFD_SIDE, SCRFD_SIDE),
        "ssd": declared == (SSD_SIDE, SSD_SIDE),
    }
    needs = {
        "yolox": "a fixed input size",
        "yunet": "an open input size (symbolic height and width)",
        "scrfd": f"an open input size, or {SCRFD_SIDE}x{SCRFD_SIDE}",
        "ssd": f"an input of {SSD_SIDE}x{SSD_SIDE}",
    }
    if not fits.get(architecture, True):
        raise ModelMismatch(f"{name} cannot be used: {architecture} needs {needs[architecture]}.")


def _size(
    graph: tuple[int | None, int | None],
    given: tuple[int | None, int | None],
    role: Role,
    name: str,
) -> tuple[int, int]:
    """(width, height) from the graph, else from the caller, else the role's usual one."""
    for fixed, said in zip(graph, given, strict=True):
        if fixed and said and fixed != said:
            raise ModelMismatch(f"{name} takes {graph[0]}x{graph[1]} pictures, nothing else.")
    width, height = (
        fixed or said or usual
        for fixed, said, usual in zip(graph, given, USUAL[role].size, strict=True)
    )
    return width, height


def _try_run(file: Path, spec: InputSpec, architecture: str) -> int | None:
    """Show the network a grey picture. Returns the length of the vector, None for detectors."""
    session = open_session(file)
    n = 2 if architecture == "ssd" else 1  # its tiles are shown together
    blob = np.zeros((n, 3, spec.height, spec.width), np.float32)
    try:
        out = session.run(None, {session.get_inputs()[0].name: blob})
    except RUNTIME_ERRORS as error:
        raise ModelMismatch(
            f"{file.name} does not run on a {spec.width}x{spec.height} picture."
        ) from error
    if not all(isinstance(part, np.ndarray) and np.isfinite(part).all() for part in out):
        raise ModelMismatch(f"{file.name} gives something else than finite numbers.")
    named = dict(zip([o.name for o in session.get_outputs()], out, strict=True))
    problem = FORMS[architecture](named, spec)
    if problem:
        raise ModelMismatch(f"{file.name} is no {architecture} network: {problem}.")
    return out[0].size if architecture == "embedder" else None


def _embedder(out: dict[str, Floats], spec: InputSpec) -> str:
    first = next(iter(out.values()))
    if first.ndim >= 2 and first.shape[0] == 1 and DIMS[0] <= first.size <= DIMS[1]:
        return ""
    return f"it does not give one vector per picture, but {first.shape}"


def _yolox(out: dict[str, Floats], spec: InputSpec) -> str:
    first = next(iter(out.values()))
    cells = sum((spec.width // s) * (spec.height // s) for s in (8, 16, 32))
    if first.ndim == 3 and first.shape[:2] == (1, cells) and first.shape[2] >= 6:
        return ""
    return f"it does not give (1, {cells}, 5 + classes), but {first.shape}"


def _ssd(out: dict[str, Floats], spec: InputSpec) -> str:
    boxes, scores = out.get("boxes"), out.get("scores")
    if boxes is None or scores is None:
        return "it does not give boxes and scores"
    fits = scores.ndim == 2 and scores.shape[0] == 2 and boxes.shape == (*scores.shape, 4)
    return "" if fits else f"its boxes are {boxes.shape} and its scores {scores.shape}"


def _yunet(out: dict[str, Floats], spec: InputSpec) -> str:
    wanted = {f"{part}_{s}" for part in ("cls", "obj", "bbox", "kps") for s in (8, 16, 32)}
    return f"it does not give {', '.join(sorted(wanted - set(out)))}" if wanted - set(out) else ""


def _scrfd(out: dict[str, Floats], spec: InputSpec) -> str:
    last = [part.shape[-1] for part in out.values() if part.ndim]
    if last == [1, 1, 1, 4, 4, 4, 10, 10, 10]:
        return ""
    return "it does not give scores, boxes and five points at three strides"


FORMS: dict[str, Callable[[dict[str, Floats], InputSpec], str]] = {
    "embedder": _embedder,
    "yolox": _yolox,
    "ssd": _ssd,
    "yunet": _yunet,
    "scrfd": _scrfd,
}
