"""A session over an empty library, and the rule that a test leaves no window and no thread."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import theme
from app.session import Session
from app.settings import Settings
from app.tasks import Tasks
from reid_core.library import Library
from reid_core.models.store import ModelStore

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # before the one QApplication


@pytest.fixture(autouse=True)
def _nothing_is_left(qapp: QApplication) -> Iterator[None]:
    """Widgets and threads that outlive their test fail it."""
    theme.apply_theme(qapp, "light")
    before = {t.ident for t in threading.enumerate()}
    yield
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    qapp.processEvents()
    gc.collect()
    left = [w for w in qapp.topLevelWidgets() if w.isVisible()]
    assert not left, left
    late = [t for t in threading.enumerate() if t.ident not in before and not t.daemon]
    assert not late, late


@pytest.fixture
def tasks(qapp: QApplication) -> Iterator[Tasks]:
    """Lanes that are closed afterwards."""
    made = Tasks()
    yield made
    made.close()


@pytest.fixture
def session(qtbot: QtBot, library: Library, model_store: ModelStore, tasks: Tasks) -> Session:
    """An empty library with the default models."""
    return Session(library, model_store, Settings(seen_welcome=True), tasks)


@pytest.fixture
def crowded(tmp_path: Path, tasks: Tasks, qtbot: QtBot) -> Iterator[Session]:
    """A library that can be calibrated, with a quick network."""
    from tests.app.calibrating_made import crowded

    with crowded(tmp_path / "crowd", tasks) as made:
        yield made


@pytest.fixture
def film(data: Path) -> Path:
    """A short film with several faces (research data)."""
    return data / "video" / "faces_whitehouse_clip.mp4"
