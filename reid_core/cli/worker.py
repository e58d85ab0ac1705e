"""The process that indexes for the window: commands come in on stdin, events go out on stdout.

Damaged video files can crash decoders; here they crash nothing but this process, and what was
stored before is kept. One JSON object a line. Commands:

    {"do": "index", "source": "a.mp4", "rate": 5.0, "kinds": ["face", "body"]}
    {"do": "posters", "videos": [id, …]}      a picture of each for lists
    {"do": "pause"}   {"do": "resume"}   {"do": "cancel"}      what is under way

Events: `progress` (source, share, detail), `paused`, `resumed`, and for each source one of `done`
(report), `failed` (message) or `cancelled`; `poster` (name). A live source is ended by `cancel`
and is then `done`. The end of stdin is the parent's: what is under way is cancelled, and the
process ends.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from reid_core.errors import CameoError

if TYPE_CHECKING:
    from reid_core.actions.loading import Models
    from reid_core.library import Library

EVERY_S = 0.2  # between two progress events
NICE = 5  # the window and what it plays go first
CHUNK = 1 << 16


class Stopped(Exception):
    """Raised in the work that was cancelled."""


class Control:
    """What the parent wants of the work under way. Safe from any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._paused = self._cancelled = self._over = False

    @property
    def is_stopping(self) -> bool:
        """Whether the work under way should end."""
        return self._cancelled or self._over

    def say(self, *, paused: bool | None = None, cancelled: bool | None = None) -> None:
        """Take over a wish."""
        with self._changed:
            self._paused = self._paused if paused is None else paused
            self._cancelled = self._cancelled if cancelled is None else cancelled
            self._changed.notify_all()

    def end(self) -> None:
        """The parent is gone."""
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def begin(self) -> None:
        """New work: an older cancel is not meant for it."""
        self.say(paused=False, cancelled=False)

    def check(self) -> None:
        """Wait while paused. Raises Stopped when cancelled."""
        with self._changed:
            if self._paused and not self.is_stopping:
                _tell("paused")
                self._changed.wait_for(lambda: not self._paused or self.is_stopping)
                if not self.is_stopping:
                    _tell("resumed")
        if self.is_stopping:
            raise Stopped


class Worker:
    """Does one command after the other."""

    def __init__(self, library: Library, models: Path, provider: str | None) -> None:
        self._library, self._folder, self._provider = library, models, provider
        self._control = Control()
        self._todo: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        self._models: Models | None = None
        self._teller: _Teller | None = None
        self._in_use: dict[str, str] = {}

    def run(self) -> None:
        """Until stdin ends."""
        threading.Thread(target=self._listen, name="commands", daemon=True).start()
        while (command := self._todo.get()) is not None:
            if command["do"] == "posters":
                self._posters(command["videos"])
            else:
                self._index(command["source"], command["rate"], command["kinds"])

    def _listen(self) -> None:
        for line in _lines(sys.stdin.fileno()):
            command = json.loads(line)
            match command["do"]:
                case "pause" | "resume":
                    self._control.say(paused=command["do"] == "pause")
                case "cancel":
                    self._control.say(cancelled=True)
                case _:  # the parent waits for an answer before the next, so this is fresh
                    self._control.begin()
                    self._todo.put(command)
        self._control.end()
        self._todo.put(None)

    def _index(self, source: str, rate: float, kinds: list[str]) -> None:
        from reid_core.actions.index import index
        from reid_core.cli.output import plain
        from reid_core.types import Kind
        from reid_core.video.source import is_live

        self._teller = teller = _Teller(self._library, source, self._control, live=is_live(source))
        try:
            self._control.check()
            done = index(
                self._library,
                self._loaded(),
                source,
                per_second=rate,
                kinds=[Kind(k) for k in kinds],
                is_enough=lambda: self._control.is_stopping,
                progress=teller,
            )
        except Stopped:
            _tell("cancelled", source=source)
        except CameoError as error:
            _tell("failed", source=source, message=str(error))
        except OSError as error:
            about = f"{error.filename or 'a file'}: {error.strerror or error}."
            _tell("failed", source=source, message=about)
        else:
            _tell("done", source=source, report=plain(done))

    def _loaded(self) -> Models:
        """The models in use, kept from one source to the next."""
        from reid_core.actions.loading import Models, Runtime
        from reid_core.library import models_used
        from reid_core.models.store import ModelStore

        with self._library.read() as connection:
            in_use = models_used.in_use(connection)
        if self._models is None or in_use != self._in_use:
            runtime = Runtime(threads=1, provider=self._provider)
            store = ModelStore(self._folder)
            self._models = Models(store, in_use, runtime=runtime, progress=self._fetching)
            self._in_use = in_use
        return self._models

    def _fetching(self, share: float, what: str) -> None:
        """Of models that are not there yet: no share of the video."""
        if self._teller is not None:
            self._teller(0.0, f"{what} ({share:.0%})")

    def _posters(self, videos: list[int]) -> None:
        from reid_core.actions.videos import make_poster

        for one in videos:
            if self._control.is_stopping:
                return
            with suppress(CameoError, OSError):  # then the list shows an icon
                if name := make_poster(self._library, one):
                    _tell("poster", name=name)


class _Teller:
    """A `Progress` that becomes events, waits while paused and raises when cancelled."""

    def __init__(self, library: Library, source: str, control: Control, *, live: bool) -> None:
        self._library, self._source, self._control, self._live = library, source, control, live
        self._told = 0.0
        self._has_poster = live

    def __call__(self, share: float, what: str) -> None:
        if not self._live:
            self._control.check()
        if share > 0 and not self._has_poster:
            self._has_poster = True
            self._poster()
        if (moment := time.monotonic()) - self._told >= EVERY_S:
            self._told = moment
            _tell("progress", source=self._source, share=round(share, 4), detail=what)

    def _poster(self) -> None:
        """A picture for lists, once the first frame was read: the video is known by then."""
        from reid_core.actions.videos import make_poster
        from reid_core.library import footage

        with suppress(CameoError, OSError):
            with self._library.read() as connection:
                video = footage.find_video(connection, self._source).id
            if name := make_poster(self._library, video):
                _tell("poster", name=name)


def main(arguments: list[str]) -> int:
    """Serve the parent until it closes stdin."""
    told = _told(arguments)
    sys.excepthook = _on_bug
    threading.excepthook = lambda args: _on_bug(
        args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback
    )
    if hasattr(os, "nice"):
        os.nice(NICE)
    from reid_core.library import Library

    try:
        with Library.open(told.library, create=False) as library:
            Worker(library, told.models, told.provider or None).run()
    except CameoError as error:
        _tell("failed", source="", message=str(error))
        return 2
    return 0


def _told(arguments: list[str]) -> Any:
    import argparse

    parser = argparse.ArgumentParser(description="Index for another program; see the module.")
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--provider", default="")
    return parser.parse_args(arguments)


def _lines(handle: int) -> Iterator[bytes]:
    """Lines as they come. A buffered reader would block the end of the process at its lock."""
    rest = b""
    while data := os.read(handle, CHUNK):
        *lines, rest = (rest + data).split(b"\n")
        yield from lines


_writing = threading.Lock()


def _tell(event: str, **details: object) -> None:
    """One event; a parent that is gone is noticed by the end of stdin."""
    line = json.dumps({"event": event, **details})
    with _writing, suppress(OSError):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def _on_bug(kind: type[BaseException], _: BaseException, trace: Any) -> None:
    """A bug: tell where, without values, and end at once, from whichever thread."""
    import traceback

    places = [
        f"{Path(f.filename).name}:{f.lineno} in {f.name}" for f in traceback.extract_tb(trace)
    ]
    _tell("bug", report="\n".join([*places, kind.__name__]))
    os._exit(70)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
