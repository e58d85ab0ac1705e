"""Finding labelled pictures: a folder for each identity, Market-style names, a CSV list."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from reid_core import images
from reid_core.errors import DataError
from reid_core.evaluate.lists import market_name
from reid_core.files import read_list
from reid_core.learn.data.gallery import is_library, read_gallery_folder, read_retraining
from reid_core.learn.data.pictures import UNKNOWN, Pictures, labelled
from reid_core.types import Kind

NOBODY = (-1, 0)  # Market-style identities of junk and of false detections
FORMS = ("auto", "folder", "market", "csv", "faces", "bodies", "retraining")
COLUMNS = ("path", "identity", "camera")
CAMERA = re.compile(r"[0-9]{1,9}")


def read(source: str | Path, form: str = "auto") -> Pictures:
    """Labelled pictures in any of the forms.

    form: "folder", "market", "csv", "faces" or "bodies" (of a Cameo library), "retraining" (of
    one, see `gallery.read_retraining`), or "auto", which takes a file for a list, a folder with a
    library's database for its people's faces, one whose pictures all have Market-style names for
    those, and any other for a folder for each identity.
    Raises DataError.
    """
    if form not in FORMS:
        raise ValueError(f"form is {form!r}, expected one of {', '.join(FORMS)}")
    path = Path(source)
    if not path.exists():
        raise DataError(f"There is no training data at {path}.")
    match form if form != "auto" else _form_of(path):
        case "csv":
            return read_csv(path)
        case "faces":
            return read_gallery_folder(path, Kind.FACE)
        case "bodies":
            return read_gallery_folder(path, Kind.BODY)
        case "retraining":
            return read_retraining(path)
        case "folder":
            return read_folder(path)
        case "market":
            return read_market(path)
    found = images.list_images(path)
    return (_by_name if found and all(map(market_name, found)) else _by_folder)(path, found)


def _form_of(path: Path) -> str:
    """What can be told without looking below; "" for either form of folder."""
    if path.is_file():
        return "csv"
    return "faces" if is_library(path) else ""


def read_folder(root: Path) -> Pictures:
    """One folder for each identity, named after it, with pictures anywhere below.

    Pictures that lie in the root itself belong to nobody and are left out. Raises DataError.
    """
    return _by_folder(root, _pictures_below(root))


def read_market(root: Path) -> Pictures:
    """Pictures anywhere below with names like 0002_c1s1_000451_03.jpg.

    Identities -1 and 0000 are nobody's and left out, and so are pictures with other names. Raises
    DataError.
    """
    return _by_name(root, _pictures_below(root))


def _pictures_below(root: Path) -> list[Path]:
    if not root.is_dir():
        raise DataError(f"{root} is not a folder.")
    return images.list_images(root)


def _by_folder(root: Path, found: list[Path]) -> Pictures:
    parts = [path.relative_to(root).parts for path in found]
    own = [(path, names[0]) for path, names in zip(found, parts, strict=True) if len(names) > 1]
    if found and not own:
        raise DataError(f"{root} has pictures but no folders: one for each identity was expected.")
    cameras = [UNKNOWN] * len(own)
    return labelled(str(root), [path for path, _ in own], [name for _, name in own], cameras)


def _by_name(root: Path, found: list[Path]) -> Pictures:
    named = [(p, *name) for p in found if (name := market_name(p)) and name[0] not in NOBODY]
    if found and not named:
        raise DataError(
            f"None of the {len(found)} pictures below {root} is of an identity by its name: "
            f"expected names like 0002_c1s1_000451_03.jpg, found {found[0].name}."
        )
    paths, who = [path for path, _, _ in named], [f"{one:04d}" for _, one, _ in named]
    return labelled(str(root), paths, who, [camera for *_, camera in named])


def read_csv(path: Path, root: Path | None = None) -> Pictures:
    """A list with a first line of column names: path, identity and, if known, camera.

    Relative paths are so to `root`, or to the list's folder without it. The camera is a whole
    number from 0 to 999,999,999, or empty. Raises DataError naming the line.
    """
    root = path.parent if root is None else root
    rows = list(_rows(path))
    paths = [root / name for _, name, _, _ in rows]
    missing = [p for p in paths if not _is_there(p)]
    if missing:
        raise DataError(
            f"{path} names {len(missing)} pictures that are not there, first {missing[0]}."
        )
    return labelled(str(path), paths, [who for _, _, who, _ in rows], [c for *_, c in rows])


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name too long for any file
        return False


def _rows(path: Path) -> Iterator[tuple[int, str, str, int]]:
    """(line, path, identity, camera) of every line that is not blank."""
    try:
        text = read_list(path)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not text in UTF-8 (byte {error.start}).") from error
    table = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        places = _columns(path, next(table, []))
        for row in table:
            if any(cell.strip() for cell in row):
                yield _row(path, table.line_num, row, places)
    except csv.Error as error:
        raise DataError(f"{path}, line {table.line_num}: {error}.") from error


def _columns(path: Path, header: list[str]) -> dict[str, int]:
    """The place of each column that is there."""
    names = [name.strip().lower() for name in header]
    if "path" not in names or "identity" not in names:
        raise DataError(
            f"{path}, line 1: expected the column names path,identity or path,identity,camera, "
            f"not {','.join(header)[:60]!r}."
        )
    return {name: names.index(name) for name in COLUMNS if name in names}


def _row(
    path: Path, line: int, row: list[str], places: dict[str, int]
) -> tuple[int, str, str, int]:
    cells = {name: row[i].strip() if i < len(row) else "" for name, i in places.items()}
    for name in ("path", "identity"):
        if not cells[name]:
            raise DataError(f"{path}, line {line}: there is no {name}.")
    camera = cells.get("camera", "") or str(UNKNOWN)
    if camera != str(UNKNOWN) and not CAMERA.fullmatch(camera):
        raise DataError(f"{path}, line {line}: camera {camera[:60]!r} is no whole number from 0.")
    return line, cells["path"], cells["identity"], int(camera)
