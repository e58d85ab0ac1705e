"""What is known about a model file: a manifest beside the ONNX it describes."""

from __future__ import annotations

import json
import math
import re
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

from reid_core.errors import ModelCorrupt
from reid_core.files import write_atomically

MAX_MANIFEST_BYTES = 64_000
MAX_DIM = 65_536
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
SHA256 = re.compile(r"[0-9a-f]{64}")
TEXTS = (
    *("name", "architecture", "file", "sha256", "origin_sha256"),
    *("licence", "source", "basis", "note"),
)
IMAGENET_MEAN = (123.675, 116.28, 103.53)
IMAGENET_STD = (58.395, 57.12, 57.375)
ARCFACE_TEMPLATE = (
    (38.2946, 51.6963),
    (73.5318, 51.5014),
    (56.0252, 71.7366),
    (41.5493, 92.3655),
    (70.7299, 92.2041),
)


class Role(StrEnum):
    """What a model is for."""

    FACE_DETECTOR = "face-detector"
    PERSON_DETECTOR = "person-detector"
    FACE_EMBEDDER = "face-embedder"
    BODY_EMBEDDER = "body-embedder"
    FACE_QUALITY = "face-quality"


@dataclass(frozen=True, slots=True)
class InputSpec:
    """How a picture becomes the network's input: (pixel - mean) / std, pixel in 0..255.

    mean, std: per channel in the order of `color`. template: where the five face points go, in
    pixels of the width x height chip; None to resize the box. flip: average with the mirror image.
    """

    width: int
    height: int
    color: str = "rgb"
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    std: tuple[float, ...] = (1.0, 1.0, 1.0)
    template: tuple[tuple[float, ...], ...] | None = None
    flip: bool = False

    def __post_init__(self) -> None:
        if not all(_is_whole(n, most=4096) for n in (self.width, self.height)):
            raise ValueError(f"input size {self.width}x{self.height} is not in 1..4096")
        if self.color not in ("rgb", "bgr"):
            raise ValueError(f"color is {self.color!r}, expected 'rgb' or 'bgr'")
        if len(self.mean) != 3 or len(self.std) != 3 or 0 in self.std:
            raise ValueError("mean and std need three numbers each, std without zeros")
        if self.template is not None and [len(p) for p in self.template] != [2] * 5:
            raise ValueError("template needs five (x, y) points")
        points = [v for point in self.template or () for v in point]
        if not all(math.isfinite(v) for v in (*self.mean, *self.std, *points)):
            raise ValueError("mean, std and template must be finite numbers")
        if not isinstance(self.flip, bool):
            raise ValueError(f"flip is {self.flip!r}, expected true or false")


@dataclass(frozen=True, slots=True)
class Manifest:
    """One model.

    file: its name in the model folder, "" for one that is code. sha256: of that file.
    origin_sha256: of the file as its publisher ships it, before conversion. dim: length of a
    vector. reference: a cosine that separates people on public data, with `basis` saying
    which, until the user's own data say better. fallback: works, but is no trained model.
    """

    name: str
    role: Role
    architecture: str
    file: str
    sha256: str
    licence: str
    commercial: bool
    source: str
    input: InputSpec
    dim: int | None = None
    reference: float | None = None
    basis: str = ""
    fallback: bool = False
    note: str = ""
    origin_sha256: str = ""

    def __post_init__(self) -> None:
        for text in TEXTS:
            if not isinstance(getattr(self, text), str):
                raise ValueError(f"{text} is {getattr(self, text)!r}, expected text")
        if not NAME.fullmatch(self.name):
            raise ValueError(f"model name {self.name!r} may only have letters, digits, . _ -")
        if self.file and not (NAME.fullmatch(self.file) and self.file.endswith(".onnx")):
            raise ValueError(f"model file {self.file!r} is not a plain name that ends in .onnx")
        for checksum in (self.sha256, self.origin_sha256):
            if checksum and not SHA256.fullmatch(checksum):
                raise ValueError(f"sha256 is {checksum!r}, expected 64 hexadecimal digits")
        if not isinstance(self.commercial, bool) or not isinstance(self.fallback, bool):
            raise ValueError("commercial and fallback must be true or false")
        if self.dim is not None and not _is_whole(self.dim, most=MAX_DIM):
            raise ValueError(f"dim is {self.dim!r}, expected 1..{MAX_DIM}")
        if self.reference is not None and not -1 <= self.reference <= 1:
            raise ValueError(f"reference is {self.reference!r}, expected a cosine")

    @property
    def model_id(self) -> str:
        """What vectors are stored under: two files of one name never mix."""
        return f"{self.name}@{self.sha256[:8]}" if self.sha256 else self.name


def from_record(record: dict[str, Any]) -> Manifest:
    """A manifest from plain data. Raises ValueError, TypeError or KeyError when it does not fit.

    Fields that this version does not know are passed over, so that a newer version's manifest
    can still be read.
    """
    spec = input_from(dict(record["input"]))
    return Manifest(**{**_known(Manifest, record), "role": Role(record["role"]), "input": spec})


def input_from(record: dict[str, Any]) -> InputSpec:
    """An input from plain data. Raises ValueError, TypeError or KeyError when it does not fit."""
    given = _known(InputSpec, record)
    for name in ("mean", "std"):
        if name in given:
            given[name] = tuple(float(v) for v in given[name])
    if given.get("template") is not None:
        given["template"] = tuple(tuple(float(v) for v in p) for p in given["template"])
    return InputSpec(**given)


def load(path: Path) -> Manifest:
    """Read a manifest; raises ModelCorrupt naming the file when it is not one."""
    try:
        if path.stat().st_size > MAX_MANIFEST_BYTES:
            raise ValueError("it is too long for a manifest")
        return from_record(json.loads(path.read_text("utf-8")))
    except OSError as error:
        raise ModelCorrupt(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ModelCorrupt(
            f"{path.name} is not a model manifest ({error}). "
            f"Run: cameo models remove {path.stem}, then pull or import it again."
        ) from error


def save(manifest: Manifest, path: Path) -> None:
    """Write a manifest atomically. Raises OSError."""
    write_atomically(path, (json.dumps(asdict(manifest), indent=1) + "\n").encode("utf-8"))


def _known(kind: type[InputSpec] | type[Manifest], record: dict[str, Any]) -> dict[str, Any]:
    names = {field.name for field in fields(kind)}
    return {key: value for key, value in record.items() if key in names}


def _is_whole(value: object, *, most: int) -> bool:
    """Whether it is a whole number in 1..most (True is none)."""
    return type(value) is int and 1 <= value <= most
