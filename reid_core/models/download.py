"""Files at https addresses; a broken download goes on where it stopped."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from reid_core.errors import ModelUnavailable
from reid_core.protocols import Progress

CHUNK = 1 << 20
TIMEOUT_S = 30  # for each answer of the network, not for the whole file
MAX_BYTES = 1 << 30

Opener = Callable[[urllib.request.Request], IO[bytes]]


@dataclass(frozen=True, slots=True)
class Https:
    """A file at an https address."""

    url: str

    def __str__(self) -> str:
        return self.url

    def fetch(self, into: Path, progress: Progress, *, opener: Opener | None = None) -> None:
        """Download to `into`, going on behind what an earlier try left there.

        Whether the whole is right only its checksum can say. Raises ModelUnavailable with the
        reason, keeping what has come, and OSError when `into` cannot be written.
        """
        if not _is_https(self.url):
            raise ModelUnavailable("the address is not https")
        have = into.stat().st_size if into.exists() else 0
        headers = {"User-Agent": "cameo", **({"Range": f"bytes={have}-"} if have else {})}
        request = urllib.request.Request(self.url, headers=headers)
        answer = _ask(request, opener or _open_https)
        if answer is None:
            return
        with answer:
            resumed = have > 0 and getattr(answer, "status", 200) == 206
            _copy(answer, into, have if resumed else 0, progress)


def _ask(request: urllib.request.Request, opener: Opener) -> Any:
    """The server's answer, or None when it says that nothing is left to fetch."""
    try:
        return opener(request)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 416:
            return None
        raise ModelUnavailable(f"the server answered {error.code}") from error
    except (OSError, http.client.HTTPException) as error:
        raise ModelUnavailable(f"no connection ({_reason(error)})") from error


def _copy(answer: Any, into: Path, have: int, progress: Progress) -> None:
    """Write the answer behind the first `have` bytes. Raises ModelUnavailable if it is cut off."""
    done, total = have, have + _length(answer)
    with into.open("ab" if have else "wb") as target:
        for chunk in _chunks(answer):
            done += len(chunk)
            if done > MAX_BYTES:
                raise ModelUnavailable("the file is larger than 1 GiB")
            target.write(chunk)
            progress(done / max(total, done), f"downloading, {done / 1e6:.0f} MB")
    if done < total:
        raise ModelUnavailable(
            f"the connection ended after {done} of {total} bytes; the next try goes on from there"
        )


def _chunks(answer: Any) -> Iterator[bytes]:
    """The body in pieces; the network's errors, and only they, become ModelUnavailable."""
    while True:
        try:
            chunk = answer.read(CHUNK)
        except (OSError, http.client.HTTPException) as error:
            raise ModelUnavailable(f"the connection broke ({_reason(error)})") from error
        if not chunk:
            return
        yield chunk


def _length(answer: Any) -> int:
    """What the server says is to come, in bytes; 0 when it does not say."""
    text = str(answer.headers.get("Content-Length") or "")
    return int(text) if text.isascii() and text.isdigit() else 0


def _reason(error: Exception) -> str:
    return str(getattr(error, "reason", None) or error or type(error).__name__)[:200]


def _is_https(url: str) -> bool:
    return url.lower().startswith("https://")


class _HttpsOnly(urllib.request.HTTPRedirectHandler):
    """Follows redirects to https addresses only."""

    def redirect_request(
        self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> Any:
        if not _is_https(newurl):
            raise urllib.error.URLError("redirected to an address that is not https")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _open_https(request: urllib.request.Request) -> IO[bytes]:
    opener = urllib.request.build_opener(_HttpsOnly)
    answer: IO[bytes] = opener.open(request, timeout=TIMEOUT_S)
    return answer
