"""Starting: nothing heavy before the window is seen; a log and a crash report without secrets."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app import bootstrap, crash, log
from app.tasks import Tasks
from app.views.crash_dialog import CrashDialog

HEAVY = ("cv2", "onnxruntime", "faiss", "av", "torch", "scipy", "alembic", "onnx", "insightface")
CHILD = """
import sys
from pathlib import Path
from app import bootstrap
from app.settings import Settings

app = bootstrap.make_application()
settings = Settings(seen_welcome=True)
bootstrap.dress(app, settings)
session = bootstrap.open_session(settings, library=Path(sys.argv[1]), models=Path(sys.argv[2]))
window = bootstrap.make_window(session)
assert window.isVisible()
print(*[m for m in sys.argv[3:] if m in sys.modules])
bootstrap.close_session(session)
"""


def test_nothing_heavy_is_imported_before_the_window_is_there(library, model_store) -> None:
    command = [sys.executable, "-c", CHILD, str(library.folder), str(model_store.folder), *HEAVY]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


# ---- the log


@pytest.fixture
def logged(tmp_path: Path):
    path = log.log_to(tmp_path / "log")
    assert path is not None
    yield path
    log.stop()


def test_only_our_own_lines_are_written(logged: Path) -> None:
    logging.getLogger("reid_core.x").info("video %d", 3)
    logging.getLogger("app.y").info("page %d", 1)
    logging.getLogger("some.library").setLevel(logging.INFO)
    logging.getLogger("some.library").info("/home/ada/film.mp4")
    text = logged.read_text()
    assert "video 3" in text
    assert "page 1" in text
    assert "ada" not in text


def test_another_folder_takes_the_place_of_the_first(logged: Path, tmp_path: Path) -> None:
    other = log.log_to(tmp_path / "other")
    logging.getLogger("app.y").info("moved")
    assert "moved" not in logged.read_text()
    assert "moved" in other.read_text()


def test_where_nothing_can_be_written_there_is_no_log(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert log.log_to(tmp_path / "file" / "log") is None


# ---- what a bug leaves


@pytest.fixture
def reports(monkeypatch: pytest.MonkeyPatch, caplog) -> list[str]:
    """What the hook shows, with the hooks put back afterwards."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    shown: list[str] = []
    crash.install(shown.append)
    caplog.set_level(logging.CRITICAL, "app.crash")  # its line is meant
    return shown


def blunder(*_: object) -> None:
    name, path = "Ada Lovelace", "/home/ada/private.mp4"
    raise RuntimeError(f"{name} in {path}")


def harmless(report: str) -> None:
    """A report that says where and what kind, and nothing of anybody."""
    assert report.splitlines()[-1] == "RuntimeError"
    assert "in blunder" in report
    assert report.startswith("Cameo ")
    for secret in ("Ada", "Lovelace", "private", "/home", str(Path(__file__).parent)):
        assert secret not in report


def test_a_bug_in_work_is_reported_without_messages_names_or_paths(
    tasks: Tasks, qtbot: QtBot, reports: list[str]
) -> None:
    job = tasks.run("Ada's work", blunder)
    qtbot.waitUntil(lambda: bool(reports))
    assert job.state == "failed"
    harmless(reports[0])
    assert "app/tasks.py" in reports[0]


def test_a_bug_in_a_bare_thread_is_reported_too(reports: list[str]) -> None:
    one = threading.Thread(target=blunder)
    one.start()
    one.join()
    harmless(reports[0])


def test_ctrl_c_is_no_bug(reports: list[str], monkeypatch) -> None:
    monkeypatch.setattr(sys, "__excepthook__", lambda *_: None)
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert reports == []


def test_the_log_holds_no_more_than_the_report(logged: Path, reports, caplog, monkeypatch) -> None:
    caplog.set_level(logging.INFO, "app.crash")
    monkeypatch.setattr(crash.log, "error", crash.log.info)  # an error line fails every test
    try:
        blunder()
    except RuntimeError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    text = logged.read_text()
    assert "in blunder" in text
    assert "Lovelace" not in text
    assert "/home" not in text


def test_places_in_code_are_said_from_their_package_on() -> None:
    assert crash._module("/home/ada/venv/app/views/window.py") == "app/views/window.py"
    assert crash._module("/home/ada/lib/site-packages/av/x.py") == "site-packages/av/x.py"
    assert crash._module("/home/ada/secret/mine.py") == "mine.py"


def test_bugs_that_come_in_crowds_are_told_in_one_dialog(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    for report in ("one", "two", "one", "one"):
        bootstrap._show_crash(window, report)  # type: ignore[arg-type]
    (dialog,) = window.findChildren(CrashDialog)
    (text,) = dialog.findChildren(QPlainTextEdit)
    assert text.toPlainText() == "one\n\ntwo"
    dialog.accept()
    bootstrap._show_crash(window, "three")  # type: ignore[arg-type]
    assert [d.isVisible() for d in window.findChildren(CrashDialog)][-1]
    for one in window.findChildren(CrashDialog):
        one.close()


def test_the_dialog_shows_and_copies_the_report(qtbot: QtBot) -> None:
    dialog = CrashDialog("Cameo 1\n  app/x.py:3 in y\nKeyError")
    qtbot.addWidget(dialog)
    dialog.open()
    (text,) = dialog.findChildren(QPlainTextEdit)
    assert text.isReadOnly()
    copy, go_on = dialog.findChildren(QPushButton)
    qtbot.mouseClick(copy, Qt.MouseButton.LeftButton)
    assert QApplication.clipboard().text() == text.toPlainText()
    qtbot.mouseClick(go_on, Qt.MouseButton.LeftButton)
    assert not dialog.isVisible()
