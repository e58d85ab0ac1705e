"""The folder of installed models: find, fetch, verify, install, remove.

A model is a `<name>.onnx` with a `<name>.json` manifest beside it; the manifest is written last,
so a model without one was never finished. Every file is checked against its checksum before it is
installed, and the finished file again whenever its size or time has changed since.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from filelock import FileLock, Timeout

from reid_core.errors import ModelCorrupt, ModelError, ModelMissing
from reid_core.files import write_atomically
from reid_core.models import fetching
from reid_core.models import manifest as manifests
from reid_core.models.catalog import Entry, catalog
from reid_core.models.manifest import NAME, Manifest, Role
from reid_core.protocols import Progress, no_progress

__all__ = ["Entry", "ModelStore", "catalog"]


class ModelStore:
    """The models in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def installed(self) -> list[Manifest]:
        """Every usable model, built-in ones included, by name; see `broken` for the others."""
        found = [entry.manifest for entry in catalog().values() if not entry.sources]
        found += [one for one in self._scan() if isinstance(one, Manifest)]
        return sorted(found, key=lambda m: m.name)

    def broken(self) -> list[str]:
        """A sentence for each manifest in the folder that cannot be read."""
        return [str(one) for one in self._scan() if isinstance(one, ModelCorrupt)]

    def manifest(self, name: str) -> Manifest:
        """The manifest of an installed model. Raises ModelMissing naming those there are."""
        found = self._find(name)
        if found is not None:
            return found
        if name in catalog():
            raise ModelMissing(f"The model {name} is not installed. Run: cameo models pull {name}")
        known = ", ".join(sorted({*catalog(), *(m.name for m in self.installed())}))
        raise ModelMissing(f"There is no model {name!r}. Known are: {known}.")

    def path(self, name: str) -> Path:
        """The file of an installed model, checked against its manifest.

        Raises ModelMissing (not installed, or without a file) or ModelCorrupt (changed).
        """
        one = self.manifest(name)
        if not one.file:
            raise ModelMissing(f"{name} is part of Cameo and has no file.")
        path = self.folder / one.file
        if not path.is_file() or not self._is_intact(one):
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
        """The manifest of a model, which is fetched first if it is not there.

        Weights that may not be used commercially are never fetched in passing (ModelMissing), but
        those that Cameo brings along are there already.
        """
        found = self._find(name)
        gone = found is not None and found.file and not (self.folder / found.file).is_file()
        if name in catalog() and (found is None or gone):
            return self.pull(name, progress)
        return self.manifest(name)

    def pull(
        self,
        name: str,
        progress: Progress = no_progress,
        *,
        source: Path | None = None,
        accept_licence: bool = False,
    ) -> Manifest:
        """Fetch, verify, convert and install a model of the catalog.

        source: a local copy of the publisher's file in place of the catalog's sources.
        accept_licence: needed for weights that may not be used commercially. Safe when several
        processes do it at once. Raises ModelUnavailable naming every source tried.
        """
        entry = catalog().get(name)
        if entry is None:
            raise ModelMissing(f"There is no model {name!r} to pull. See: cameo models list")
        if (have := self._usable(name)) is not None:
            return have
        if not (entry.manifest.commercial or entry.is_shipped or accept_licence):
            raise ModelMissing(
                f"The model {name} is not installed and may not be used commercially "
                f"({entry.manifest.licence}). If that is fine, run: "
                f"cameo models pull {name} --accept-licence"
            )
        with self._changing(name, progress):
            if (have := self._usable(name)) is not None:  # another process was quicker
                return have
            self._tidy(name)
            data = fetching.fetch(entry, self.folder, progress, instead=source)
            progress(0.95, f"installing {name}")
            return self._install(entry.manifest, fetching.convert(entry, data))

    def install(self, manifest: Manifest, data: bytes) -> Manifest:
        """Put a model's bytes and manifest in place, the manifest last. Returns the manifest.

        Raises ModelError when the folder cannot be written.
        """
        with self._changing(manifest.name, no_progress):
            return self._install(manifest, data)

    def remove(self, name: str) -> None:
        """Delete an installed model, its manifest first; also one whose manifest is damaged."""
        path = self.folder / f"{name}.json"
        if not NAME.fullmatch(name) or not path.is_file():
            if not self.manifest(name).file:
                raise ModelMissing(f"{name} is part of Cameo and cannot be removed.")
            return
        with self._changing(name, no_progress):
            path.unlink(missing_ok=True)
            (self.folder / f"{name}.onnx").unlink(missing_ok=True)
            for part in self.folder.glob(f".{name}.[0-9].download"):
                part.unlink(missing_ok=True)
            self._tidy(name)

    def _scan(self) -> Iterator[Manifest | ModelCorrupt]:
        """What each manifest of the folder says, or why it cannot be read."""
        paths = sorted(self.folder.glob("*.json")) if self.folder.is_dir() else []
        for path in paths:
            try:
                yield self._read(path)
            except ModelCorrupt as error:
                yield error

    def _read(self, path: Path) -> Manifest:
        one = manifests.load(path)
        if path.name != f"{one.name}.json" or one.file != f"{one.name}.onnx":
            raise ModelCorrupt(
                f"{path.name} is the manifest of another model. "
                f"Run: cameo models remove {path.stem}"
            )
        return _as_known(one)

    def _find(self, name: str) -> Manifest | None:
        """The manifest of one model without reading the others. Raises ModelCorrupt."""
        entry = catalog().get(name)
        if entry is not None and not entry.sources:
            return entry.manifest
        path = self.folder / f"{name}.json"
        return self._read(path) if NAME.fullmatch(name) and path.is_file() else None

    def _usable(self, name: str) -> Manifest | None:
        """The manifest of a model that needs no fetching: built in, or installed and intact."""
        try:
            found = self._find(name)
        except ModelCorrupt:
            return None
        return found if found and (not found.file or self._is_intact(found)) else None

    def _install(self, manifest: Manifest, data: bytes) -> Manifest:
        checksum = hashlib.sha256(data).hexdigest()
        done = replace(manifest, file=f"{manifest.name}.onnx", sha256=checksum)
        write_atomically(self.folder / done.file, data)
        manifests.save(done, self.folder / f"{done.name}.json")
        return done

    def _is_intact(self, one: Manifest) -> bool:
        """Whether the file is what its manifest says; hashed once per size and time."""
        path, note = self.folder / one.file, self.folder / f".{one.name}.checked"
        try:
            stat = path.stat()
            stamp = f"{one.sha256} {stat.st_size} {stat.st_mtime_ns}"
            if note.is_file() and note.read_bytes() == stamp.encode():
                return True
            if hashlib.sha256(path.read_bytes()).hexdigest() != one.sha256:
                return False
        except OSError:
            return False
        with suppress(OSError):  # a read-only model folder is hashed every time
            note.write_bytes(stamp.encode())
        return True

    def _tidy(self, name: str) -> None:
        """Take away what a killed process left, but not a download that can go on."""
        (self.folder / f".{name}.checked").unlink(missing_ok=True)
        for path in self.folder.glob(f".{name}.[0-9].download-*"):
            shutil.rmtree(path, ignore_errors=True)
        for kind in ("onnx", "json"):
            for path in self.folder.glob(f".{name}.{kind}.*.part"):
                path.unlink(missing_ok=True)

    @contextmanager
    def _changing(self, name: str, progress: Progress) -> Iterator[None]:
        """Hold a model's lock; trouble with the folder becomes a sentence."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / f".{name}.lock")
            try:
                lock.acquire(timeout=0)
            except Timeout:
                progress(0.0, f"waiting: another process fetches {name}")
                lock.acquire()
            try:
                yield
            finally:
                lock.release()
        except OSError as error:
            raise ModelError(
                f"The model folder {self.folder} cannot be written ({error.strerror or error}). "
                "Free space there, or name another folder with --models or CAMEO_MODELS."
            ) from error


def _as_known(installed: Manifest) -> Manifest:
    """A catalog model as today's catalog describes it; only file and checksum are the folder's."""
    entry = catalog().get(installed.name)
    if entry is None:
        return installed
    return replace(entry.manifest, file=installed.file, sha256=installed.sha256)
