"""Lists of pairs, names of crops and ground-truth files, in the forms the field uses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reid_core.errors import BadList
from reid_core.types import Floats

MARKET = re.compile(r"(-1|\d+)_c(\d+)")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures, whether they show one person, and the fold they belong to."""

    first: Path
    second: Path
    same: bool
    fold: int


def read_lfw_pairs(path: Path, images: Path) -> list[Pair]:
    """LFW's pairs.txt: `folds<TAB>n`, then per fold n same and n different pairs.

    Raises BadList naming the line.
    """
    lines = _lines(path)
    try:
        folds, n = (int(v) for v in lines[0].split())
    except (ValueError, IndexError) as error:
        raise BadList(f"{path}: the first line must be two numbers, folds and pairs.") from error
    if len(lines) - 1 != folds * n * 2:
        raise BadList(
            f"{path} says {folds} x 2 x {n} pairs but has {len(lines) - 1} lines of them."
        )
    return [
        _lfw_pair(path, i, line, images, (i - 1) // (2 * n)) for i, line in enumerate(lines) if i
    ]


def _lfw_pair(path: Path, number: int, line: str, images: Path, fold: int) -> Pair:
    parts = line.split("\t")
    try:
        if len(parts) == 3:
            name, i, j = parts
            return Pair(_lfw(images, name, int(i)), _lfw(images, name, int(j)), True, fold)
        first, i, second, j = parts
        return Pair(_lfw(images, first, int(i)), _lfw(images, second, int(j)), False, fold)
    except ValueError as error:
        raise BadList(f"{path}, line {number + 1}: {line[:60]!r} is no pair.") from error


def _lfw(images: Path, name: str, number: int) -> Path:
    if "/" in name or "\\" in name or name.startswith("."):
        raise ValueError(name)
    return images / name / f"{name}_{number:04d}.jpg"


def market_name(path: Path) -> tuple[int, int] | None:
    """(identity, camera) from a name like 0002_c1s1_000451_03.jpg or 0002_c1_….jpg; None when
    the name is another. Identity -1 marks junk.
    """
    match = MARKET.match(path.name)
    return (int(match[1]), int(match[2])) if match else None


@dataclass(frozen=True, slots=True, eq=False)
class Tracks:
    """Boxes over frames. frames: (N,) from 0. ids: (N,). boxes: (N, 4) float32 xyxy px."""

    frames: NDArray[np.int64]
    ids: NDArray[np.int64]
    boxes: Floats


def read_mot(path: Path) -> Tracks:
    """A MOT ground-truth file: frame, id, left, top, width, height, confidence, ….

    Rows with confidence 0 are left out. The columns behind it differ between MOT15 (places in
    the world) and MOT17 (class, visibility), so they are not read. Raises BadList.
    """
    rows = []
    for number, line in enumerate(_lines(path), 1):
        try:
            values = [float(v) for v in line.split(",")[:7]]
            frame, one, left, top, width, height, *rest = values
        except ValueError as error:
            raise BadList(
                f"{path}, line {number}: {line[:60]!r} is not frame,id,x,y,w,h,…."
            ) from error
        if not rest or rest[0] != 0:
            rows.append((frame - 1, one, left, top, left + width, top + height))
    if not rows:
        raise BadList(f"{path} holds no boxes.")
    table = np.array(rows)
    return Tracks(
        table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), table[:, 2:].astype(np.float32)
    )


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadList(f"{path} cannot be read as a list.") from error
    lines = [line.strip("\r\n ") for line in text.splitlines()]
    return [line for line in lines if line]
