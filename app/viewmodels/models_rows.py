"""What the page of models shows of each: one frozen row, put together from all that is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reid_core.library import Library, models_used
from reid_core.library.speeds import Speed, kept_speeds
from reid_core.models.catalog import Entry, catalog
from reid_core.models.manifest import Manifest, Role
from reid_core.models.store import ModelStore
from reid_core.protocols import Progress

ROLES = (  # as they are used, one after the other
    Role.FACE_DETECTOR,
    Role.FACE_EMBEDDER,
    Role.PERSON_DETECTOR,
    Role.BODY_EMBEDDER,
    Role.FACE_QUALITY,
)
UNUSED = (Role.FACE_QUALITY,)  # Cameo itself does without
STATES = ("in use", "needed", "installed", "damaged", "available")


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model.

    state: one of STATES; needed is one that would be in use if it were there. terms: ""
    (commercial use allowed), "research" (ours, learnt from research data), "noncommercial" or
    "unknown". size: bytes, of the file or the download. ms: a picture on this machine, None if
    not measured; measured_on: so many pictures. doing: "", "fetching", "switching" or
    "measuring", share done in [0, 1]. problem: why the last try failed.
    """

    manifest: Manifest
    state: str
    terms: str
    size: int
    is_builtin: bool = False
    is_imported: bool = False
    is_shipped: bool = False
    is_default: bool = False
    ms: float | None = None
    measured_on: int = 0  # pictures
    doing: str = ""
    share: float = 0.0
    problem: str = ""

    @property
    def name(self) -> str:
        """Its name, which no other has."""
        return self.manifest.name

    @property
    def role(self) -> Role:
        """What it is for."""
        return self.manifest.role

    @property
    def is_there(self) -> bool:
        """Whether it can be used at once."""
        return self.state in ("in use", "installed")


@dataclass(frozen=True, slots=True)
class Listing:
    """Every model, and the names of those whose manifest cannot be read."""

    rows: tuple[ModelRow, ...] = ()
    broken: tuple[str, ...] = ()
    in_use: Mapping[str, str] | None = None  # names by role


def read_models(
    library: Library, store: ModelStore, runtime: tuple[int, str], _: Progress
) -> Listing:
    """Look at the folder, the catalog and the library. runtime: threads and provider, whose
    measurements are shown.
    """
    installed = {m.name: m for m in store.installed()}
    speeds = {k: s for k, s in kept_speeds(library).items() if (s.threads, s.provider) == runtime}
    with library.read() as connection:
        chosen = models_used.in_use(connection)
    in_use = {str(role): chosen.get(role) or _default(role) for role in ROLES}
    known = {**{n: e.manifest for n, e in catalog().items()}, **installed}
    rows = [
        _row(store, one, installed=one.name in installed, in_use=in_use, speeds=speeds)
        for one in known.values()
    ]
    rows.sort(key=lambda r: (ROLES.index(r.role), STATES.index(r.state), r.name))
    return Listing(tuple(rows), _broken(store.folder, set(installed)), in_use)


def terms_of(manifest: Manifest, entry: Entry | None) -> str:
    """What the licence forbids, in one of the words of `ModelRow.terms`."""
    if manifest.commercial:
        return ""
    if entry is not None:
        return "research" if entry.is_shipped else "noncommercial"
    return "unknown" if manifest.licence in ("", "unknown") else "noncommercial"


def _row(
    store: ModelStore,
    one: Manifest,
    *,
    installed: bool,
    in_use: Mapping[str, str],
    speeds: Mapping[str, Speed],
) -> ModelRow:
    entry = catalog().get(one.name)
    path = store.folder / one.file
    is_whole = installed and (not one.file or path.is_file())
    state = "available" if not installed else "installed" if is_whole else "damaged"
    if in_use.get(one.role) == one.name:
        state = {"installed": "in use", "available": "needed"}.get(state, state)
    size = entry.size if entry is not None else 0
    if is_whole and one.file:
        size = path.stat().st_size
    speed = speeds.get(one.model_id) if installed else None
    return ModelRow(
        one,
        state,
        terms_of(one, entry),
        size,
        is_builtin=entry is not None and not entry.sources,
        is_imported=entry is None,
        is_shipped=entry is not None and entry.is_shipped,
        is_default=entry is not None and entry.default,
        ms=speed.ms if speed else None,
        measured_on=speed.n if speed else 0,
    )


def _default(role: Role) -> str:
    known = [e for e in catalog().values() if e.default and e.manifest.role is role]
    return known[0].manifest.name if known else ""


def _broken(folder: Path, installed: set[str]) -> tuple[str, ...]:
    """Names of manifests that cannot be read."""
    found = sorted(p.stem for p in folder.glob("*.json")) if folder.is_dir() else []
    return tuple(name for name in found if name not in installed)
