"""The live view: what is watched, who is there, what happened, and what is done about it."""

from __future__ import annotations

import statistics
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app import garbage
from app.live import Found, LiveFrames, LiveRun, Picture, Told, open_live
from app.models.live_events import LiveEvents
from app.session import Session
from app.viewmodels.enrol_words import kept
from app.viewmodels.live_job import Watched
from app.viewmodels.live_log import LiveLog
from app.viewmodels.live_recorder import Recorder, Snapshot, keep_looks
from app.viewmodels.live_sources import Choice, choice_of, recent, remember
from reid_core.protocols import Progress
from reid_core.types import Kind

if TYPE_CHECKING:
    from reid_core.actions.live_looks import LiveLook, Named
    from reid_core.actions.watch import Watcher

KINDS = {"face": (Kind.FACE,), "body": (Kind.BODY,), "both": (Kind.FACE, Kind.BODY)}
KIND, ALERTS = "live_kind", "live_alerts"  # among the window's settings
STATUS_MS = 500
SILENT_S = 3.0  # without a picture: said
CONNECTED = ("running", "reconnecting", "silent")
BUSY = ("connecting", *CONNECTED)


@dataclass(frozen=True, slots=True)
class Status:
    """Measured now. camera, search: pictures a second. delay_s: from a picture's coming to its
    being painted, the median of the last ones; None while nothing is painted.
    """

    camera: float
    search: float
    delay_s: float | None


class Live(QObject):
    """One live view. state: idle, connecting, running, reconnecting, silent, ended or failed.

    open_, watcher: what connects and what looks for people; tests put their own in their place.
    """

    changed = Signal()  # the state, the source, the message, whether it is recorded
    picture_ready = Signal()
    status_changed = Signal()
    alerted = Signal(object)  # the EventRow of somebody known
    forgotten = Signal(object)  # a person of whom nothing may be shown any more
    names_changed = Signal()
    sources_changed = Signal()

    def __init__(
        self,
        session: Session,
        *,
        open_: Callable[[str], LiveFrames] = open_live,
        watcher: Callable[[tuple[Kind, ...]], Watcher] | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._open = session, open_
        self._make = watcher or self._make_watcher
        self.events = LiveEvents()
        self._log = LiveLog(self.events)
        self.state, self.message, self.problem = "idle", "", ""
        self.source: Choice | None = None
        self.names: tuple[str, ...] = ()
        self._run: LiveRun | None = None
        self._old: list[LiveRun] = []
        self._watcher: Watcher | None = None
        self._watcher_lock = threading.Lock()
        self._full: dict[str, str] = {}  # addresses with credentials, by what is remembered
        self._fit: tuple[int, int] | None = None
        self._delays: deque[float] = deque(maxlen=60)
        self._recorder = Recorder(session, self)
        self._recorder.broke_off.connect(lambda: self.record(False))
        self._snapshot = Snapshot(session)
        self._timer = QTimer(self, interval=STATUS_MS)
        self._timer.timeout.connect(self._on_tick)
        session.people_changed.connect(self._on_people_changed)
        session.person_forgotten.connect(self._on_forgotten)
        session.models_changed.connect(self._on_models_changed)
        Watched(self, session.tasks)

    # ---- what is watched

    @property
    def is_running(self) -> bool:
        """Whether something is being watched, or connected to."""
        return self.state in BUSY

    @property
    def choices(self) -> tuple[Choice, ...]:
        """What was watched lately, the newest first."""
        return recent(self._session.settings)

    def needs_password(self, choice: Choice) -> bool:
        """Whether an address failed lately, or had a password that is not known any more."""
        failed = self.state == "failed" and self.source == choice
        return choice.sort == "stream" and choice.source not in self._full and failed

    @property
    def found(self) -> Found | None:
        """Who was in the newest picture that was searched."""
        return self._run.found if self._run is not None else None

    @property
    def status(self) -> Status:
        """What is measured."""
        if self._run is None:
            return Status(0.0, 0.0, None)
        delay = statistics.median(self._delays) if self._delays else None
        return Status(self._run.camera_rate.per_second, self._run.search_rate.per_second, delay)

    def start(self, source: str) -> None:
        """Watch a camera ("camera:0"), a stream or a file, in place of what is being watched."""
        self._halt()
        self._remember(source)
        self.source = choice_of(source)
        self._old = [run for run in self._old if run.is_alive]
        spec = self._full.get(source, source)
        self._run = run = LiveRun(
            spec,
            self._open,
            partial(self._ready_watcher, self.kinds),
            self,
            self._session.tasks.post,
            after=self._old,
        )
        run.fit = self._fit
        self.problem = ""
        self._set("connecting")
        self._timer.start()
        run.start()
        self.load_names()

    def stop(self) -> None:
        """Stop watching; returns at once, and the camera is let go soon."""
        self._halt()
        self._set("idle")

    def again(self) -> None:
        """Watch what was watched last."""
        if self.source is not None:
            self.start(self.source.source)

    def close(self) -> None:
        """Stop, and wait for the threads: the window closes. Safe twice."""
        self._halt()
        for run in self._old:
            run.join()
        self._old = [run for run in self._old if run.is_alive]
        self._snapshot.clear()

    # ---- the picture

    def fit(self, size: tuple[int, int] | None) -> None:
        """How large pictures are painted, in device pixels; None while nobody sees them."""
        self._fit = size
        self._delays.clear()
        if self._run is not None:
            self._run.fit = size

    def picture(self) -> Picture | None:
        """The newest picture unless it was taken already."""
        return self._run.picture() if self._run is not None else None

    def painted(self, picture: Picture) -> None:
        """A picture is on the screen."""
        self._delays.append(time.monotonic() - picture.born_s)

    # ---- what is looked for, and told

    @property
    def kind(self) -> str:
        """One of KINDS."""
        kept = self._session.settings.window.get(KIND, "face")
        return kept if kept in KINDS else "face"

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What is looked for."""
        return KINDS[self.kind]

    def look_for(self, kind: str) -> None:
        """Look for "face", "body" or "both"."""
        if kind == self.kind:
            return
        self._keep(KIND, kind)
        kinds = KINDS[kind]
        if self._run is not None:
            self._run.ask(lambda watcher: watcher.use(kinds))
        if self.is_recording:
            self._recorder.end()
            self._begin_recording()

    @property
    def alerts(self) -> bool:
        """Whether somebody known is made conspicuous."""
        return bool(self._session.settings.window.get(ALERTS))

    def alert(self, on: bool) -> None:
        """Make somebody known conspicuous, or do not."""
        if on != self.alerts:
            self._keep(ALERTS, "on" if on else "")

    def clear(self) -> None:
        """Empty the list of events."""
        self.events.set_rows([])

    # ---- enrolling

    def looks(self, track: int) -> tuple[LiveLook, ...]:
        """The best looks at somebody, best first; none when they left long ago."""
        return self._watcher.looks(track) if self._watcher is not None else ()

    def enrol(self, track: int, name: str) -> None:
        """Make somebody seen a person of the library, or give the person of that name templates."""
        where = self.source.label if self.source is not None else ""
        work = partial(keep_looks, self._session, name, self.looks(track), where)
        line = self.tr("{0} is enrolled. New views: {1}.")
        self._session.change(
            self.tr("Enrol {}").format(name),
            work,
            said=lambda named: kept(line.format(named.name, named.added), named.likelier),
            then=partial(self._on_enrolled, track),
        )

    def snapshot(self) -> None:
        """Enrol from the picture of this moment, on the page of people."""
        if self._run is not None and (frame := self._run.newest) is not None:
            self._snapshot.take(frame)

    # ---- recording

    @property
    def records(self) -> bool:
        """Whether what is seen goes into the library."""
        return self._session.settings.record_live

    @property
    def is_recording(self) -> bool:
        """Whether it does at this moment."""
        return self._recorder.is_recording

    def record(self, on: bool) -> None:
        """Keep what is seen from now on, or no longer."""
        if on != self.records:
            self._session.use_settings(replace(self._session.settings, record_live=on))
        if on and self.state in CONNECTED:
            self._begin_recording()
        elif not on:
            self._recorder.end()
        self.changed.emit()

    def _begin_recording(self) -> None:
        if self._run is not None and self.source is not None:
            self._recorder.begin(self._run, self.source, self.kinds)

    # ---- what the run tells (see app.live.Listener)

    def on_state(self, state: str, message: str) -> None:
        """The source was connected, or has ended."""
        self._set(state, message)
        if state == "running" and self.records:
            self._begin_recording()
            self.changed.emit()
        if state in ("ended", "failed"):
            self._recorder.end()

    def on_picture(self) -> None:
        """A picture waits."""
        self.picture_ready.emit()

    def on_problem(self, message: str) -> None:
        """People cannot be looked for."""
        self.problem = message
        self.changed.emit()

    def on_update(self, told: Told) -> None:
        """People came, went, were identified or numbered."""
        wall_s = self._run.wall_s if self._run is not None else 0.0
        for row in self._log.take(told, wall_s=wall_s, alerts=self.alerts):
            if row.alerts:
                self.alerted.emit(row)

    # ---- inside

    def _make_watcher(self, kinds: tuple[Kind, ...]) -> Watcher:
        from reid_core.actions.watch import Watcher

        return Watcher(self._session.library, self._session.models(), kinds, per_second=10.0)

    def _ready_watcher(self, kinds: tuple[Kind, ...]) -> Watcher:
        """Called in a run's thread. One watcher serves all runs: strangers keep their numbers."""
        with self._watcher_lock:
            if self._watcher is None:
                self._watcher = self._make(kinds)
                garbage.freeze()
            else:
                self._watcher.use(kinds, self._session.models())
            return self._watcher

    def _halt(self) -> None:
        self._recorder.end()
        self._timer.stop()
        if self._run is not None:
            self._run.stop()
            self._old.append(self._run)
        self._run = None
        self._log.forget_all()
        self._delays.clear()

    def _set(self, state: str, message: str = "") -> None:
        self.state, self.message = state, message
        self.changed.emit()
        self.status_changed.emit()

    def _keep(self, key: str, value: str) -> None:
        settings = self._session.settings
        self._session.settings = replace(settings, window={**settings.window, key: value})
        self.changed.emit()

    def _remember(self, source: str) -> None:
        new = remember(self._session.settings, source)
        if choice_of(source).sort == "stream" and source != new.cameras[0]:
            self._full[new.cameras[0]] = source
        if new.cameras != self._session.settings.cameras:
            self._session.use_settings(new)
        self._session.settings = new
        self.sources_changed.emit()

    def load_names(self) -> None:
        """Read who is enrolled, for completing names."""
        self._session.tasks.run(
            "", self._read_names, then=self._on_names, shown=False, latest="live names"
        )

    def _read_names(self, _: Progress) -> dict[int, str]:
        from reid_core.library import people

        with self._session.library.read() as connection:
            return {p.id: p.name for p in people.list_people(connection)}

    def _on_names(self, names: dict[int, str]) -> None:
        self.names = tuple(names.values())
        self._log.rename(names)
        self.names_changed.emit()

    def _on_enrolled(self, track: int, named: Named) -> None:
        self._log.identify(track, named.person, named.name)
        if self._run is not None:
            self._run.ask(lambda watcher: watcher.pin(track, named.person))

    def _on_people_changed(self) -> None:
        if self._run is not None:
            self._run.ask(lambda watcher: watcher.reload())
        self.load_names()

    def _on_forgotten(self, person: int) -> None:
        self._log.forget(person)
        if self._watcher is not None:
            self._watcher.forget(person)
        if self._run is not None:
            self._run.forget(person)
        self.forgotten.emit(person)

    def _on_models_changed(self) -> None:
        if self._run is not None:
            kinds = self.kinds
            self._run.ask(lambda watcher: watcher.use(kinds, self._session.models()))

    def _on_tick(self) -> None:
        run = self._run
        if run is not None and self.state in CONNECTED:
            state = "running" if run.is_connected else "reconnecting"
            if state == "running" and time.monotonic() - run.newest_s > SILENT_S:
                state = "silent"
            if state != self.state:
                self._set(state)
        self.status_changed.emit()
