"""A user's own groups: a CSV of pictures or identities and what they belong to."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reid_core.errors import BadList
from reid_core.files import read_list

KEYS = ("path", "identity")
MOST = 24  # groups of one label, above which it is no grouping but a name


@dataclass(frozen=True, slots=True)
class Labels:
    """by_column: for each label the group of every path or identity. key: which of the two."""

    key: str
    by_column: dict[str, dict[str, str]]


def read_labels(path: Path) -> Labels:
    """A first line `path,LABEL…` or `identity,LABEL…`, then a line for each, in UTF-8.

    Raises BadList naming the line.
    """
    rows = _rows(path)
    header = [_shown(cell) for cell in rows[0][1]] if rows else []
    if len(header) < 2 or header[0].lower() not in KEYS or not all(header):
        raise BadList(
            f"{path}, line 1: expected path or identity and the names of labels, as in "
            f"identity,group, not {','.join(header)[:60]!r}."
        )
    columns: dict[str, dict[str, str]] = {name: {} for name in header[1:]}
    if len(columns) < len(header) - 1:
        raise BadList(f"{path}, line 1: two labels have the same name.")
    for number, row in rows[1:]:
        _take(path, number, [cell.strip() for cell in row], columns)
    for name, groups in columns.items():
        if len(set(groups.values())) > MOST:
            raise BadList(
                f"{path}: the label {name[:60]!r} has {len(set(groups.values()))} groups; "
                f"at most {MOST} can be compared."
            )
    return Labels(header[0].lower(), columns)


def _shown(cell: str) -> str:
    """A name as terminals and pages can show it: on one line, without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in cell).split())


def _take(path: Path, number: int, row: list[str], columns: dict[str, dict[str, str]]) -> None:
    if len(row) != len(columns) + 1 or not row[0]:
        raise BadList(f"{path}, line {number}: expected {len(columns) + 1} cells, not {len(row)}.")
    for groups, value in zip(columns.values(), row[1:], strict=True):
        if groups.setdefault(row[0], group := _shown(value)) != group:
            raise BadList(f"{path}, line {number}: {row[0][:60]!r} is in two groups.")


def assign(groups: dict[str, str], keys: Sequence[Sequence[str]]) -> tuple[list[str], int]:
    """The group of each picture, "" for none, and how many names of the list none has.

    keys: for each picture the names that it may have in the list.
    """
    used: set[str] = set()
    result = []
    for names in keys:
        known = [name for name in names if name in groups]
        used.update(known)
        result.append(groups[known[0]] if known else "")
    return result, len(groups) - len(used)


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    """The lines that are not blank, with their numbers."""
    try:
        text = read_list(path)
    except OSError as error:
        raise BadList(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise BadList(f"{path} is no text file in UTF-8 (byte {error.start}).") from error
    table = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        return [(table.line_num, row) for row in table if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise BadList(f"{path}, line {table.line_num}: {error}.") from error
