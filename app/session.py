"""What every page shares: the library, its models, the lanes, what can be undone, what changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from app.from_core import sentence_of
from app.settings import Settings
from app.tasks import Job, Tasks, tell_if_there
from reid_core.errors import CameoError
from reid_core.library import Library
from reid_core.library.history import History
from reid_core.models.store import ModelStore
from reid_core.protocols import Progress

if TYPE_CHECKING:
    from reid_core.actions.loading import Models
    from reid_core.actions.search import Searcher


@dataclass(frozen=True, slots=True)
class Message:
    """A line shown for a while. action: a button's word, with what it does."""

    text: str
    is_error: bool = False
    action: str = ""
    call: Callable[[], object] | None = None


class Session(QObject):
    """The open library. View-models take it; they never see a widget.

    Models are loaded on first use, in a thread: never call `models()` methods that load on the
    window's thread.
    """

    people_changed = Signal()  # persons, templates or verdicts
    person_forgotten = Signal(object)  # the id of somebody of whom nothing may be kept or shown
    footage_changed = Signal()  # videos or tracklets
    models_changed = Signal()  # installed, or in use
    settings_changed = Signal(object)  # the new Settings
    history_changed = Signal()  # what can be undone
    message = Signal(object)  # a Message
    asked_for = Signal(str, object)  # a page's key, and what it should show (or None)
    reopen_asked = Signal()  # close the window and open it anew, by the settings as they are then

    def __init__(
        self, library: Library, store: ModelStore, settings: Settings, tasks: Tasks
    ) -> None:
        super().__init__()
        self.library, self.store, self.settings, self.tasks = library, store, settings, tasks
        self.opened_with = settings  # some of them take effect at the next opening only
        self.history = History(library)
        self._models: Models | None = None
        self._searcher: Searcher | None = None
        self._turn = 0  # how often they were let go: what was begun before is not kept
        self.models_changed.connect(self._forget_models)

    def models(self) -> Models:
        """The models in use; the object is cheap, the networks load on first use."""
        held, turn = self._models, self._turn
        if held is None:
            from reid_core.actions.loading import Models, Runtime

            runtime = Runtime(self.settings.threads, self.settings.provider or None)
            held = Models.of(self.library, self.store, runtime=runtime)
            if turn == self._turn:
                self._models = held
        return held

    def searcher(self) -> Searcher:
        """Holds the search indexes between searches."""
        held, turn = self._searcher, self._turn
        if held is None:
            from reid_core.actions.search import Searcher

            held = Searcher(self.library, self.models())
            if turn == self._turn:
                self._searcher = held
        return held

    def change(
        self,
        title: str,
        work: Callable[[Progress], Any],
        *,
        people: bool = True,
        footage: bool = False,
        undoable: bool = True,
        losing: tuple[int, ...] = (),
        said: str | Callable[[Any], str] = "",
        then: Callable[[Any], None] | None = None,
        failed: Callable[[CameoError], None] | None = None,
        shown: bool = False,
    ) -> Job:
        """Change the library in the write lane; then tell everybody, and offer to undo it.

        losing: templates that the work deletes, whose vectors undoing needs. said: the line
        shown afterwards. failed: instead of an error line.
        """

        def call(progress: Progress) -> Any:
            if not undoable:
                return work(progress)
            with self.history.recording(title, losing=losing):
                return work(progress)

        def finish(result: Any) -> None:
            self._announce(people, footage)
            line = said(result) if callable(said) else said
            if line and undoable:
                self.message.emit(Message(line, action=self.tr("Undo"), call=self.undo))
            elif line:
                self.message.emit(Message(line))
            if then is not None:
                tell_if_there(then, result)

        def look_again() -> None:
            if job.state != "done":  # a part of it may have been made
                self._announce(people, footage)

        job = self.tasks.run(
            title, call, then=finish, failed=failed or self.tell, lane="write", shown=shown
        )
        job.ended.connect(look_again)
        return job

    def undo(self) -> None:
        """Take back the newest step."""
        self._step(self.history.undo, self.tr("Undone: {}"))

    def redo(self) -> None:
        """Do again what was taken back last."""
        self._step(self.history.redo, self.tr("Done again: {}"))

    def tell(self, error: CameoError) -> None:
        """Show an error of the world as a line."""
        self.message.emit(Message(sentence_of(error), is_error=True))

    def say(self, text: str) -> None:
        """Show a line."""
        self.message.emit(Message(text))

    def use_settings(self, settings: Settings) -> None:
        """Take over what the user chose; whoever cares hears of it."""
        runtime_changed = (settings.threads, settings.provider) != (
            self.settings.threads,
            self.settings.provider,
        )
        self.settings = settings
        if runtime_changed:
            self._forget_models()
        self.settings_changed.emit(settings)

    def _step(self, step: Callable[[], str | None], line: str) -> None:
        def finish(what: str | None) -> None:
            if what is not None:
                self._announce(people=True, footage=False)
                self.say(line.format(what))

        def failed(error: CameoError) -> None:
            self.tell(error)
            self._announce(people=True, footage=False)  # who changed it is to be seen

        self.tasks.run(
            line, lambda _: step(), then=finish, failed=failed, lane="write", shown=False
        )

    def _announce(self, people: bool, footage: bool) -> None:
        if people:
            self.people_changed.emit()
        if footage:
            self.footage_changed.emit()
        self.history_changed.emit()

    def _forget_models(self) -> None:
        self._turn += 1
        self._models = self._searcher = None
