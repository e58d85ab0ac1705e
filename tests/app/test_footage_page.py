"""The page of footage in a window: what is shown, dropped, asked and done."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from footage_fakes import FakeClient
from made_footage import store_video, tracklet
from PySide6.QtCore import QMimeData, Qt, QTimer, QUrl
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from app.requests import AddFootage
from app.session import Message, Session
from app.viewmodels.index_queue import IndexQueue
from app.views.footage_dialogs import CameraDialog, NameDialog, camera_source
from app.views.footage_page import Page
from reid_core.library import footage, people
from reid_core.types import Kind

WAIT = 120_000


@pytest.fixture
def clients() -> list[FakeClient]:
    return []


@pytest.fixture
def page(session: Session, clients: list[FakeClient], qtbot: QtBot) -> Iterator[Page]:
    """Over made-up processes."""

    def make() -> FakeClient:
        clients.append(FakeClient())
        return clients[-1]

    made = Page(session, IndexQueue(session, make))
    made.resize(1100, 700)
    qtbot.addWidget(made)
    made.show()
    yield made
    made.close_page()


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"no film at all")
    return path


def show(page: Page, qtbot: QtBot, wanted: object = None) -> None:
    with qtbot.waitSignal(page.footage.rows_changed):
        page.activate(wanted)


def press(page: Page, word: str) -> None:
    (found,) = [b for b in page.findChildren(QPushButton) if b.text() == word and b.isVisible()]
    found.click()


def words(page: Page) -> list[str]:
    return [b.text() for b in page.details.findChildren(QPushButton) if b.isVisible()]


def test_an_empty_library_says_what_to_do(page: Page, qtbot: QtBot) -> None:
    show(page, qtbot)
    assert page._empty.isVisible()
    assert page._empty.title.text() == "Drop videos here"


def test_the_first_video_is_shown_with_its_people(page, session, clip, qtbot: QtBot) -> None:
    store_video(session.library, clip, tracklet(1, 0.0), tracklet(2, 5.0, kind=Kind.BODY))
    show(page, qtbot)
    qtbot.waitUntil(lambda: page.seen.model.rowCount() == 2)
    assert page.seen._count.text() == "2 appearances"
    assert page._header.line.text().startswith("1 video · 60 s · 1 faces · 1 bodies")
    assert page.table.row is not None
    assert page.table.row.name == "clip.mp4"
    assert not page.seen._find.isEnabled()
    page.seen.grid.setCurrentIndex(page.seen.model.index(0, 0))
    assert page.seen._find.isEnabled()


def test_files_are_dropped_anywhere(page: Page, clients, clip: Path, qtbot: QtBot) -> None:
    show(page, qtbot)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(clip)), QUrl("https://example.org/x.mp4")])
    enter, drop = Drag(data), Drag(data)
    page.dragEnterEvent(enter)
    assert enter.accepted
    assert page._drop.isVisible()
    page.dropEvent(drop)
    assert drop.accepted
    assert not page._drop.isVisible()
    qtbot.waitUntil(lambda: bool(clients) and clients[0].source == str(clip))
    text = QMimeData()
    text.setText("just words")
    only_words = Drag(text)
    page.dragEnterEvent(only_words)
    assert not only_words.accepted
    assert page.acceptDrops()


class Drag:
    """What the page needs of an event; those of Qt are made differently in each version."""

    def __init__(self, data: QMimeData) -> None:
        self._data, self.accepted = data, False

    def mimeData(self) -> QMimeData:
        return self._data

    def acceptProposedAction(self) -> None:
        self.accepted = True


def test_another_page_may_ask_to_add(page: Page, clients, clip: Path, qtbot: QtBot) -> None:
    show(page, qtbot, AddFootage((str(clip),)))
    qtbot.waitUntil(lambda: bool(clients) and clients[0].source == str(clip))
    qtbot.waitUntil(lambda: words(page) == ["Pause", "Stop", "Show in folder"])
    press(page, "Pause")
    qtbot.waitUntil(lambda: words(page) == ["Resume", "Stop", "Show in folder"])
    assert page._resume.isVisible()
    press(page, "Resume all")
    qtbot.waitUntil(lambda: words(page)[0] == "Pause")
    press(page, "Pause all")
    assert page.footage.queue.is_paused
    assert not page._pause.isVisible()


def test_removing_asks_once_and_says_what_goes(page, session, clip, qtbot: QtBot) -> None:
    store_video(session.library, clip, tracklet(1, 0.0))
    show(page, qtbot)
    page.table.setFocus()
    qtbot.keyClick(page.table, Qt.Key.Key_Delete)
    (box,) = page.findChildren(QMessageBox)
    assert "1 face and 0 body tracklets" in box.informativeText()
    assert "file itself is not touched" in box.informativeText()
    box.button(QMessageBox.StandardButton.Cancel).click()
    assert len(page.footage.rows) == 1
    press(page, "Remove…")
    box = page.findChildren(QMessageBox)[-1]
    next(b for b in box.buttons() if b.text() == "Remove").click()
    qtbot.waitUntil(lambda: page._empty.isVisible())
    assert clip.exists()


def test_a_missing_file_says_so_and_offers_to_find_it(page, session, clip, qtbot) -> None:
    store_video(session.library, clip)
    clip.unlink()
    show(page, qtbot)
    assert "not where it was" in page.details.note()
    assert words(page)[0] == "Find the file…"
    assert "Play" not in words(page)


def test_a_broken_one_shows_its_sentence(page, session, clients, clip, qtbot) -> None:
    show(page, qtbot, AddFootage((str(clip),)))
    qtbot.waitUntil(lambda: bool(clients))
    with qtbot.waitSignal(page.footage.rows_changed):
        clients[0].end(clients[0].failed, "clip.mp4 is not a video that can be read.")
    assert page.details.note() == "clip.mp4 is not a video that can be read."
    assert words(page)[0] == "Try again"
    press(page, "Dismiss")
    qtbot.waitUntil(lambda: page._empty.isVisible())


def test_videos_are_found_and_sorted(page, session, tmp_path, qtbot: QtBot) -> None:
    for n, name in enumerate(("Zebra.mp4", "apple.mp4", "Plum.mp4")):
        store_video(session.library, tmp_path / name, *[tracklet(10 * n + i, i) for i in range(n)])
    show(page, qtbot)
    model = page.table.model()
    page._find.setText("PL")
    shown = {model.index(i, 0).data() for i in range(model.rowCount())}
    assert shown == {"apple.mp4", "Plum.mp4"}
    page._find.clear()
    page.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    assert [model.index(i, 0).data() for i in range(3)] == ["apple.mp4", "Plum.mp4", "Zebra.mp4"]


def test_the_menu_offers_what_is_possible(page, session, clip, qtbot: QtBot) -> None:
    store_video(session.library, clip)
    show(page, qtbot)
    menu = page._actions.menu(page.footage.rows[0])
    assert [a.text() for a in menu.actions() if a.text()] == [
        "Play",
        "Remove…",
        "Show in folder",
        "Copy its path",
    ]
    page._actions.do("copy", page.footage.rows[0])
    assert QApplication.clipboard().text() == str(clip)


def test_what_was_not_finished_is_offered(session: Session, clip: Path, qtbot: QtBot) -> None:
    (session.library.folder / "queue.json").write_text(json.dumps([str(clip)]))
    page = Page(session, IndexQueue(session, FakeClient))
    qtbot.addWidget(page)
    page.show()
    show(page, qtbot)
    assert page._banner.isVisible()
    assert "1 video" in page._left.text()
    press(page, "Go on")
    qtbot.waitUntil(lambda: len(page.footage.queue.entries) == 1)
    qtbot.waitUntil(lambda: not page._banner.isVisible())
    page.close_page()
    assert json.loads((session.library.folder / "queue.json").read_text()) == [str(clip)]
    assert session.settings.window["footage_down"]


def test_somebody_seen_gets_a_name(page, session, clip, qtbot: QtBot, monkeypatch) -> None:
    store_video(session.library, clip, tracklet(1, 0.0))
    with session.library.transaction("add") as tx:
        people.add_person(tx, "Ada Lovelace")
    show(page, qtbot)
    qtbot.waitUntil(lambda: page.seen.model.rowCount() == 1)
    page.seen.grid.setCurrentIndex(page.seen.model.index(0, 0))
    given: list[tuple[int, str]] = []
    monkeypatch.setattr(page.footage, "enrol", lambda seen, name: given.append((seen.id, name)))
    press(page, "This is…")
    (dialog,) = page.findChildren(NameDialog)
    qtbot.waitUntil(lambda: dialog._name.completer() is not None)
    dialog._name.setText("  Ada ")
    qtbot.keyClick(dialog._name, Qt.Key.Key_Return)
    assert given == [(1, "Ada")]


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("0", "camera:0"),
        (" camera:12 ", "camera:12"),
        ("rtsp://me:pw@10.0.0.7/live", "rtsp://me:pw@10.0.0.7/live"),
        ("", None),
        ("front door", None),
        ("ftp://x/y", None),
        ("rtsp://", None),
    ],
)
def test_a_camera_is_a_number_or_an_address(text: str, source: str | None) -> None:
    assert camera_source(text) == source


def test_the_camera_dialog_hides_credentials_and_checks(qtbot: QtBot) -> None:
    dialog = CameraDialog(("rtsp://me:secret@10.0.0.7/live", "camera:1"))
    qtbot.addWidget(dialog)
    dialog.show()
    known = dialog._known
    assert [known.itemText(i) for i in range(1, 3)] == ["rtsp://10.0.0.7/live", "camera:1"]
    dialog._text.setText("front door")
    assert not dialog._ok.isEnabled()
    assert "rtsp://" in dialog._wrong.text()
    dialog._text.setText("2")
    with qtbot.waitSignal(dialog.asked) as told:
        dialog._ok.click()
    assert told.args == ["camera:2"]
    dialog.show()
    known.setCurrentIndex(1)
    with qtbot.waitSignal(dialog.asked) as told:
        dialog._ok.click()
    assert told.args == ["rtsp://me:secret@10.0.0.7/live"]


@pytest.mark.real_data
def test_a_clip_is_indexed_paused_stopped_and_gone_on_with(
    session: Session, film: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    """The whole way through a real process, with somebody renamed while it works."""
    page = Page(session)
    qtbot.addWidget(page)
    page.show()
    said: list[Message] = []
    session.message.connect(said.append)
    show(page, qtbot, AddFootage((str(film),)))
    queue = page.footage.queue
    with qtbot.waitSignal(queue.advanced, timeout=WAIT, check_params_cb=lambda _: True):
        pass
    press(page, "Pause")
    qtbot.waitUntil(lambda: page.footage.rows[0].state == "paused")
    add_and_rename(session, qtbot)
    press(page, "Resume")
    with qtbot.waitSignal(queue.advanced, timeout=WAIT):
        pass
    press(page, "Stop")
    qtbot.waitUntil(lambda: [r.state for r in page.footage.rows] == ["stopped"], timeout=WAIT)
    press(page, "Resume")
    qtbot.waitUntil(lambda: [r.state for r in page.footage.rows] == ["done"], timeout=WAIT)
    (row,) = page.footage.rows
    assert row.faces > 5
    assert row.bodies > 2
    assert row.poster
    qtbot.waitUntil(lambda: page.seen.model.rowCount() == row.faces + row.bodies)
    assert f"{row.faces} face" in said[-1].text
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(film.read_bytes()[:3000])
    page.add([str(broken)])
    qtbot.waitUntil(lambda: page.footage.rows[0].state == "failed", timeout=WAIT)
    assert "broken.mp4" in page.footage.rows[0].message
    page.close_page()
    with session.library.read() as connection:
        assert [v.state for v in footage.list_videos(connection)] == ["done"]
        assert [p.name for p in people.list_people(connection)] == ["Grace"]


def add_and_rename(session: Session, qtbot: QtBot) -> None:
    def work(_: object) -> None:
        with session.library.transaction("add") as tx:
            person = people.add_person(tx, "Ada")
        with session.library.transaction("rename") as tx:
            people.rename(tx, person, "Grace")

    with qtbot.waitSignal(session.people_changed):
        session.change("Rename", work)


@pytest.mark.real_data
def test_the_window_keeps_beating_while_a_clip_is_indexed(
    session: Session, film: Path, qtbot: QtBot, capsys
) -> None:
    """Measured, not judged: how late the event loop was while a real process worked."""
    page = Page(session)
    qtbot.addWidget(page)
    page.show()
    late: list[float] = []
    last = time.perf_counter()

    def beat() -> None:
        nonlocal last
        now = time.perf_counter()
        late.append(now - last - 0.01)
        last = now

    timer = QTimer(page)
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(beat)
    timer.start(10)
    show(page, qtbot, AddFootage((str(film),)))
    qtbot.waitUntil(lambda: [r.state for r in page.footage.rows] == ["done"], timeout=WAIT)
    timer.stop()
    page.close_page()
    assert len(late) > 50
    with capsys.disabled():
        worst = sorted(late)[-3:]
        text = ", ".join(f"{1000 * s:.0f}" for s in worst)
        sys.stderr.write(f"\nlongest waits of the window while indexing: {text} ms\n")
