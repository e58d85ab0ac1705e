from __future__ import annotations

import subprocess
import sys
import threading

import pytest
from PySide6.QtWidgets import QLabel, QMessageBox
from pytestqt.qtbot import QtBot

from app.mailbox import Mailbox
from app.session import Message, Session
from app.settings import Settings, load_settings, save_settings
from app.tasks import Tasks
from app.viewmodels.index_entries import IndexJob
from app.viewmodels.retrain_learning import LearnJob
from app.views.window import Window
from app.widgets.activity import Activity
from app.widgets.parts import scrolled
from app.widgets.toast import Toast
from app.words import remaining
from reid_core.errors import LibraryError
from reid_core.library import people
from reid_core.protocols import Progress


def test_an_answer_comes_back_on_the_windows_thread(tasks: Tasks, qtbot: QtBot) -> None:
    answers: list[tuple[object, object]] = []
    job = tasks.run(
        "add", lambda _: 1 + 1, then=lambda n: answers.append((n, threading.current_thread()))
    )
    qtbot.waitUntil(lambda: bool(answers))
    assert answers == [(2, threading.main_thread())]
    assert job.state == "done"


def test_an_error_of_the_world_is_told_and_a_bug_goes_to_the_hook(
    tasks: Tasks, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[object] = []
    bugs: list[object] = []
    monkeypatch.setattr("sys.excepthook", lambda *args: bugs.append(args[0]))

    def fail(_: Progress) -> None:
        raise LibraryError("no space")

    tasks.run("fail", fail, failed=told.append)
    tasks.run("bug", lambda _: 1 / 0, failed=told.append)
    qtbot.waitUntil(lambda: bool(told) and bool(bugs))
    assert [str(e) for e in told] == ["no space"]
    assert bugs == [ZeroDivisionError]


def test_cancelling_ends_work_at_its_next_progress_call(tasks: Tasks, qtbot: QtBot) -> None:
    running, ended = threading.Event(), threading.Event()

    def work(progress: Progress) -> None:
        try:
            while True:
                running.set()
                progress(0.5, "half")
        finally:
            ended.set()

    answers: list[object] = []
    job = tasks.run("endless", work, then=answers.append)
    running.wait(5)
    with qtbot.waitSignal(job.ended):
        job.cancel()
    assert ended.is_set()
    assert job.state == "cancelled"
    assert not answers


def test_the_late_answer_to_an_old_question_is_dropped(tasks: Tasks, qtbot: QtBot) -> None:
    answers: list[str] = []
    go = threading.Event()
    tasks.run("old", lambda _: go.wait(5) and "old", then=answers.append, latest="q")
    tasks.run("new", lambda _: "new", then=answers.append, latest="q")
    qtbot.waitUntil(lambda: answers == ["new"])
    go.set()
    other = tasks.run("other", lambda _: None)
    with qtbot.waitSignal(other.ended):
        pass
    qtbot.waitUntil(lambda: not tasks.jobs)
    assert answers == ["new"]


def test_closing_twice_and_while_busy_leaves_no_thread(qtbot: QtBot) -> None:
    tasks = Tasks()

    def work(progress: Progress) -> None:
        while True:
            progress(0.1, "")

    tasks.run("endless", work, lane="write")
    tasks.run("waiting", lambda _: None, lane="write")
    tasks.close()
    tasks.close()
    assert not [t for t in threading.enumerate() if t.name.startswith(("write", "pool"))]


def test_the_mailbox_keeps_the_newest() -> None:
    box: Mailbox[int] = Mailbox()
    for n in range(5):
        box.put(n)
    assert (box.take(), box.take(), box.dropped) == (4, None, 4)
    box.close()
    assert box.wait(5) is None


def test_a_change_can_be_undone_and_done_again(session: Session, qtbot: QtBot) -> None:
    said: list[Message] = []
    session.message.connect(said.append)

    def add(_: Progress) -> None:
        with session.library.transaction("add") as tx:
            people.add_person(tx, "Ada")

    def names() -> list[str]:
        with session.library.read() as connection:
            return [p.name for p in people.list_people(connection)]

    with qtbot.waitSignal(session.people_changed):
        session.change("Add Ada", add, said="Added Ada")
    assert names() == ["Ada"]
    assert (said[-1].text, said[-1].action) == ("Added Ada", "Undo")
    with qtbot.waitSignal(session.people_changed):
        session.undo()
    assert names() == []
    with qtbot.waitSignal(session.people_changed):
        session.redo()
    assert names() == ["Ada"]


def test_settings_survive_and_nonsense_becomes_the_default(tmp_path) -> None:
    path = tmp_path / "deep" / "app.json"
    chosen = Settings(theme="dark", per_second=2.5, cameras=("camera:0",), window={"a": "b"})
    save_settings(chosen, path)
    assert load_settings(path) == chosen
    path.write_text('{"theme": "pink", "threads": "many", "per_second": 3, "unknown": 1}')
    assert load_settings(path) == Settings(per_second=3.0)
    path.write_text("not json")
    assert load_settings(path) == Settings()


def test_a_jobs_line_goes_when_it_ends(tasks: Tasks, qtbot: QtBot) -> None:
    activity = Activity()
    qtbot.addWidget(activity)
    tasks.started.connect(activity.add)
    go = threading.Event()
    job = tasks.run("Indexing", lambda _: go.wait(5))
    assert activity.isVisible() or activity.findChildren(QLabel)
    with qtbot.waitSignal(job.ended):
        go.set()
    qtbot.waitUntil(lambda: not activity.isVisible())


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "1 s"), (89, "89 s"), (150, "2 min"), (12000, "3 h 20 min")]
)
def test_remaining_time_in_few_words(seconds: float, words: str) -> None:
    assert remaining(seconds) == words


def test_undo_is_offered_for_the_newest_change_only(session: Session, qtbot: QtBot) -> None:
    window = Window(session)
    qtbot.addWidget(window)
    window.show()
    undo = window._toast._button

    def add(name: str, said: str) -> None:
        def work(_: Progress) -> None:
            with session.library.transaction("add") as tx:
                people.add_person(tx, name)

        with qtbot.waitSignal(session.history_changed):
            session.change(f"Add {name}", work, said=said)

    add("Ada", "Added Ada")
    qtbot.waitUntil(undo.isVisible)
    add("Grace", "")  # without a line: the button would take her back
    assert not undo.isVisible()
    assert window._toast.text() == "Added Ada"
    add("Joan", "Added Joan")
    qtbot.waitUntil(undo.isVisible)
    window.close()
    qtbot.waitUntil(lambda: not session.tasks.jobs)


def test_a_toast_offers_its_action_once(qtbot: QtBot) -> None:
    around = QLabel()
    around.resize(600, 400)
    qtbot.addWidget(around)
    called: list[int] = []
    toast = Toast(around)
    toast.say(Message("Gone", action="Undo", call=lambda: called.append(1)))
    toast._button.click()
    assert called == [1]
    assert not toast.isVisible()


def test_a_toast_is_as_high_as_its_words(qtbot: QtBot) -> None:
    around = QLabel()
    around.resize(1200, 400)
    qtbot.addWidget(around)
    toast = Toast(around)
    toast.say(Message("Indexed"))
    one_line = toast.height()
    toast.say(Message("Indexed film.mp4: 21 face and 10 body tracklets, and nothing else"))
    assert toast.height() == one_line
    toast.say(Message("Indexed " * 60))
    assert toast.height() > one_line


def test_closing_says_what_stays_of_the_work_that_runs(
    session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    answer = QMessageBox.ButtonRole.RejectRole

    def press(box: QMessageBox) -> None:
        said.append(box.informativeText())
        next(b for b in box.buttons() if box.buttonRole(b) is answer).click()

    monkeypatch.setattr(QMessageBox, "exec", press)
    window = Window(session)
    qtbot.addWidget(window)
    indexing = IndexJob("Index a.mp4", lambda: None, window)
    learning = LearnJob("Learn", lambda: None, window)
    session.tasks.list_job(learning)
    assert not window.close()
    assert said == [
        "It is stopped safely. Nothing is kept of what is being learnt from your own people."
    ]
    session.tasks.list_job(indexing)
    learning.end("done")
    answer = QMessageBox.ButtonRole.AcceptRole
    assert window.close()
    assert said[1:] == [
        "It is stopped safely. Indexing goes on from there when you start it again."
    ]
    indexing.end("done")


def test_what_is_scrolled_as_a_whole_is_not_cut_across(qtbot: QtBot) -> None:
    words = QLabel("A sentence that is not wrapped, and so needs its room")
    area = scrolled(words, whole=True)
    qtbot.addWidget(area)
    assert area.minimumSizeHint().width() > words.minimumSizeHint().width()
    assert scrolled(QLabel(words.text())).minimumSizeHint().width() < area.minimumSizeHint().width()


def test_the_first_page_imports_nothing_heavy() -> None:
    """What is slow to import comes when it is needed, in a thread."""
    code = (
        "import sys, app.bootstrap, app.elsewhere, app.views.people_page, app.views.window; "
        "print(sorted({'cv2', 'faiss', 'onnxruntime', 'pyqtgraph', 'scipy', 'torch'}"
        " & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
