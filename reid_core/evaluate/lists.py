"""Lists of pairs, names of crops and ground-truth files, in the forms the field uses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reid_core.errors import BadList
from reid_core.files import read_list
from reid_core.types import Floats

MARKET = re.compile(r"(-1|\d{1,9})_c(\d{1,9})")
# 0002_c1_s1f000451n03.jpg or 0002_c1s1_000451_03.jpg: sequence and frame
MARKET_TIME = re.compile(r"(?:-1|\d{1,9})_c\d{1,9}_?s(\d{1,9})[f_](\d{1,9})")
SHOWN = 60  # characters of a bad line that a message repeats
LARGEST = 1e12  # frames and ids above it are not exact numbers any more, and no picture is as wide

Lines = list[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures, whether they show one person, and the fold they belong to, from 0."""

    first: Path
    second: Path
    same: bool
    fold: int


def read_lfw_pairs(path: Path, images: Path) -> list[Pair]:
    """LFW's pairs.txt: `folds<TAB>n`, then per fold n same and n different pairs.

    A first line of one number is one fold, as in LFW's pairsDevTrain.txt. The pictures are
    `images/<name>/<name>_<number, four digits>.jpg`. Raises BadList naming the line.
    """
    lines = _lines(path)
    folds, n = _lfw_header(path, lines)
    body = lines[1:]
    if len(body) != folds * n * 2:
        raise BadList(
            f"{path} announces {folds} x 2 x {n} pairs but has {len(body)} lines of them."
        )
    return [_lfw_pair(path, *line, images, i // (2 * n)) for i, line in enumerate(body)]


def _lfw_header(path: Path, lines: Lines) -> tuple[int, int]:
    number, text = lines[0] if lines else (1, "")
    try:
        *folds, n = (int(v) for v in text.split())
        if len(folds) > 1 or n < 1 or (folds and folds[0] < 1):
            raise ValueError(text)
    except ValueError as error:
        raise BadList(
            f"{path}, line {number}: expected two numbers, folds and pairs, not {text[:SHOWN]!r}."
        ) from error
    return (folds[0] if folds else 1), n


def _lfw_pair(path: Path, number: int, line: str, images: Path, fold: int) -> Pair:
    parts = line.split("\t") if "\t" in line else line.split()
    try:
        if len(parts) == 3:
            name, i, j = parts
            return Pair(_lfw(images, name, i), _lfw(images, name, j), True, fold)
        first, i, second, j = parts
        if first == second:
            raise ValueError(first)
        return Pair(_lfw(images, first, i), _lfw(images, second, j), False, fold)
    except ValueError as error:
        raise BadList(
            f"{path}, line {number}: {line[:SHOWN]!r} is no pair; expected name, number, number "
            "or name, number, other name, number."
        ) from error


def _lfw(images: Path, name: str, number: str) -> Path:
    if not name or "/" in name or "\\" in name or name.startswith(".") or int(number) < 1:
        raise ValueError(name)
    return images / name / f"{name}_{int(number):04d}.jpg"


def market_name(path: Path) -> tuple[int, int] | None:
    """(identity, camera) from names like 0002_c1_s1f000451n03.jpg or 0002_c1s1_000451_03.jpg.

    None when the name is another. Identities -1 and 0000 are nobody's.
    """
    match = MARKET.match(path.name)
    return (int(match[1]), int(match[2])) if match else None


def market_time(path: Path) -> tuple[int, int]:
    """(sequence, frame) from such a name; -1 where it does not say."""
    match = MARKET_TIME.match(path.name)
    return (int(match[1]), int(match[2])) if match else (-1, -1)


@dataclass(frozen=True, slots=True, eq=False)
class Tracks:
    """Boxes over frames. frames: (N,) from 0. ids: (N,). boxes: (N, 4) float32 xyxy px."""

    frames: NDArray[np.int64]
    ids: NDArray[np.int64]
    boxes: Floats

    def rows_by_frame(self, n_frames: int) -> list[NDArray[np.int64]]:
        """For each of the frames 0..n_frames-1 the rows that belong to it; later ones are left
        out.
        """
        order = np.argsort(self.frames, kind="stable")
        edges = np.searchsorted(self.frames[order], np.arange(n_frames + 1))
        return [order[a:b] for a, b in pairwise(edges)]


def read_mot(path: Path, *, truth: bool = True) -> Tracks:
    """A MOT text file: frame (from 1), id, left, top, width, height, confidence, ….

    truth: rows with confidence 0 are not to be counted and left out; in results it is only a
    score. The columns behind it differ between MOT15 (places in the world) and MOT17 (class,
    visibility), so they are not read. Raises BadList naming the line.
    """
    rows: list[tuple[float, ...]] = []
    seen: set[tuple[float, float]] = set()
    for number, line in _lines(path):
        frame, one, left, top, width, height, confidence = _mot_row(path, number, line)
        if truth and confidence == 0:
            continue
        if one >= 0 and (frame, one) in seen:
            raise BadList(f"{path}, line {number}: id {one:.0f} is twice in frame {frame:.0f}.")
        seen.add((frame, one))
        rows.append((frame - 1, one, left, top, left + width, top + height))
    if not rows:
        raise BadList(f"{path} holds no boxes.")
    table = np.array(rows)
    frames, ids = table[:, 0].astype(np.int64), table[:, 1].astype(np.int64)
    return Tracks(frames, ids, table[:, 2:].astype(np.float32))


def _mot_row(path: Path, number: int, line: str) -> tuple[float, ...]:
    """The first seven columns; a confidence that is not there counts as 1."""
    try:
        values = [float(v) for v in line.split(",")[:7]]
    except ValueError:
        values = []
    if len(values) < 6 or not all(abs(v) <= LARGEST for v in values[2:]):  # NaN is not either
        raise BadList(f"{path}, line {number}: {line[:SHOWN]!r} is not frame,id,x,y,w,h,….")
    frame, one, _, _, width, height = values[:6]
    if not (frame.is_integer() and one.is_integer()) or max(frame, abs(one)) > LARGEST:
        raise BadList(f"{path}, line {number}: frame and id must be whole numbers.")
    if frame < 1 or width <= 0 or height <= 0:
        raise BadList(
            f"{path}, line {number}: frames count from 1 and boxes have a width and a height, "
            f"not {line[:SHOWN]!r}."
        )
    return (*values, 1.0)[:7]


def _lines(path: Path) -> Lines:
    """The lines that are not blank, with their numbers from 1."""
    try:
        text = read_list(path)
    except OSError as error:
        raise BadList(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise BadList(f"{path} is no text file in UTF-8.") from error
    return [(i, line) for i, line in _stripped(text) if line]


def _stripped(text: str) -> Iterator[tuple[int, str]]:
    # split at line ends only: str.splitlines also splits at characters that names may contain
    for i, line in enumerate(text.split("\n"), 1):
        yield i, line.strip("\r\n ")
