"""Finding labelled pictures to measure on: folders of people, Market-style names, a CSV list."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reid_core import images
from reid_core.errors import BadList, DataError
from reid_core.evaluate import lists
from reid_core.evaluate.retrieval import Shots

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """N labelled pictures in the order of their names.

    root: where they were found. ids: (N,) index into names. shots: None where no camera is known.
    notes: what was left out.
    """

    root: Path
    paths: list[Path]
    ids: Ids
    names: tuple[str, ...]
    shots: Shots | None
    notes: list[str]

    def name(self, row: int) -> str:
        """How a picture is called in a report: its path below the root."""
        path = self.paths[row]
        base = self.root if self.root.is_dir() else self.root.parent
        return path.relative_to(base).as_posix() if path.is_relative_to(base) else str(path)

    def __getitem__(self, rows: Ids) -> Labelled:
        shots = None if self.shots is None else self.shots[rows]
        paths = [self.paths[i] for i in rows]
        return Labelled(self.root, paths, self.ids[rows], self.names, shots, self.notes)


def find(source: Path, *, least: int = 1) -> Labelled:
    """Pictures with Market-style names, else a folder for each identity, or a list of them.

    source: a folder, or a CSV file with the columns path, identity and, if known, camera. least:
    identities with fewer pictures are left out. Raises BadList.
    """
    if source.is_file():
        found = _by_list(source)
    elif source.is_dir():
        found = _below(source)
    else:
        raise BadList(f"{source} is no folder, and no list of pictures.")
    return _with_enough(found, least)


def _with_enough(found: Labelled, least: int) -> Labelled:
    sizes = np.bincount(found.ids)
    kept = np.flatnonzero(sizes[found.ids] >= least)
    if len(kept) == len(found.ids):
        return found
    if not len(kept):
        raise BadList(f"Nobody in {found.root} has {least} pictures; the most are {sizes.max()}.")
    few = np.count_nonzero((sizes > 0) & (sizes < least))
    notes = [*found.notes, f"{few} identities with fewer than {least} pictures left out."]
    chosen = found[kept]
    return Labelled(chosen.root, chosen.paths, chosen.ids, chosen.names, chosen.shots, notes)


def _below(root: Path) -> Labelled:
    """The pictures in the order of their names."""
    every = sorted(images.list_images(root), key=lambda p: (p.name, p))
    named = [(p, *n) for p in every if (n := lists.market_name(p)) is not None]
    inside = [p for p in every if p.parent != root]
    if inside and not named:
        return _by_folder(root, inside, len(every) - len(inside))
    known = [one for one in named if one[1] > 0]
    if not known:
        raise BadList(
            f"{root} holds no pictures named like 0002_c1_s1f000451n03.jpg, "
            "and no folder of pictures for each identity."
        )
    notes = []
    if len(named) < len(every):
        notes.append(f"{len(every) - len(named)} pictures with other names left out.")
    if len(known) < len(named):
        notes.append(f"{len(named) - len(known)} crops of nobody (-1, 0000) left out.")
    paths, who, cameras = zip(*known, strict=True)
    numbers, ids = np.unique(who, return_inverse=True)
    names = tuple(f"{number:04d}" for number in numbers)
    return Labelled(root, list(paths), ids, names, _shots(list(paths), np.array(cameras)), notes)


def _shots(paths: list[Path], cameras: Ids) -> Shots:
    times = np.array([lists.market_time(path) for path in paths])
    return Shots(cameras, times[:, 0], times[:, 1])


def _by_folder(root: Path, paths: list[Path], outside: int) -> Labelled:
    """The folder in the root below which a picture lies is its identity, as in training."""
    folders = [path.relative_to(root).parts[0] for path in paths]
    names, ids = np.unique(folders, return_inverse=True)
    notes = [f"{len(names)} folders, each taken for one identity."]
    if outside:
        notes.append(f"{outside} pictures in no folder left out.")
    return Labelled(root, paths, ids, tuple(names.tolist()), None, notes)


def _by_list(path: Path) -> Labelled:
    from reid_core.learn.data.readers import read_csv

    try:
        given = read_csv(path)
    except DataError as error:
        raise BadList(str(error)) from error
    paths = [Path(str(p)) for p in given.paths]
    order = np.array(sorted(range(len(paths)), key=lambda i: (paths[i].name, paths[i])))
    unknown, notes = int(np.count_nonzero(given.cameras < 0)), []
    if 0 < unknown < len(paths):
        notes = [f"{unknown} pictures have no camera, so cameras are not used."]
    shots = None if unknown else _shots(paths, given.cameras)
    return Labelled(path, paths, given.labels, given.names, shots, notes)[order]
