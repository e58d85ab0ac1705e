"""Into which conditions pairs are split, and their error rates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reid_core.actions.judged_pairs import Judged
from reid_core.actions.labelled import Labelled
from reid_core.actions.looking import MEASURES, Seen
from reid_core.errors import BadList, EvaluationError
from reid_core.evaluate import conditions
from reid_core.evaluate.allpairs import Doubles
from reid_core.evaluate.conditions import Condition, Grouping
from reid_core.evaluate.labels import assign, read_labels

CONDITIONS = (*MEASURES, "camera")
UNITS = {"quality": (2, ""), "size": (0, " px"), "pose": (2, "")}


@dataclass(frozen=True, slots=True)
class SplitBy:
    """by: of `CONDITIONS`. labels: a CSV file, see `labels.read_labels`."""

    by: tuple[str, ...] = ()
    labels: Path | None = None

    def __post_init__(self) -> None:
        unknown = [name for name in self.by if name not in CONDITIONS]
        if unknown:
            raise ValueError(f"by is {unknown[0]!r}, expected one of {', '.join(CONDITIONS)}")

    @property
    def measured(self) -> bool:
        """Whether looks must be measured."""
        return any(name in MEASURES for name in self.by)


def known_groupings(pictures: Labelled, split: SplitBy) -> tuple[list[Grouping], list[str]]:
    """What needs no look at the pictures, and notes.

    Raises EvaluationError where cameras are asked for and not known, BadList.
    """
    result: list[Grouping] = []
    notes: list[str] = []
    if "camera" in split.by:
        if pictures.shots is None:
            raise EvaluationError(
                "No camera is known of these pictures: it is in Market-style names "
                "(0002_c1_s1f000451n03.jpg) or in the column camera of a list."
            )
        result.append(conditions.cameras(pictures.shots.cameras))
    if split.labels is not None:
        named, notes = _labelled(pictures, split.labels)
        result += named
    return result, notes


def _labelled(pictures: Labelled, path: Path) -> tuple[list[Grouping], list[str]]:
    given, result, notes = read_labels(path), [], []
    for name, groups in given.by_column.items():
        of, unused = assign(
            groups, [_keys(pictures, i, given.key) for i in range(len(pictures.ids))]
        )
        if not any(of):
            raise BadList(
                f"None of the {len(groups)} names in {path} is {_example(pictures, given.key)}."
            )
        if unused:
            notes.append(f"{unused} names in {path.name} are not among the pictures.")
        if of.count(""):
            notes.append(f"{of.count('')} pictures have no {name}.")
        result.append(conditions.labels(name, of))
    return result, notes


def _keys(pictures: Labelled, row: int, key: str) -> list[str]:
    if key == "identity":
        return [pictures.names[pictures.ids[row]]]
    return [pictures.name(row), str(pictures.paths[row]), pictures.paths[row].name]


def _example(pictures: Labelled, key: str) -> str:
    what = "a picture" if key == "path" else "an identity"
    return f"{what} here; one is {_keys(pictures, 0, key)[0]!r}"


def measured_groupings(seen: Seen, split: SplitBy) -> list[Grouping]:
    """What the looks themselves say."""
    return [
        conditions.bands(name, seen.measures[name].astype(np.float64), digits=d, unit=unit)
        for name in split.by
        if name in UNITS
        for d, unit in [UNITS[name]]
    ]


def split_by(
    judged: Judged, groupings: Sequence[Grouping], far: str, drawn: Sequence[Doubles]
) -> list[Condition]:
    """FMR and FNMR by group at the threshold of one false-match rate."""
    if not groupings:
        return []
    accepted = judged.accepted(far)
    return [
        conditions.split(
            judged.rows,
            judged.counted.genuine,
            accepted,
            grouping,
            threshold=judged.thresholds[far],
            target=float(far),
            drawn=drawn,
            impostors=judged.listed,
        )
        for grouping in groupings
    ]
