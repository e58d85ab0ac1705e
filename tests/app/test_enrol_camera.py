"""Looking through a camera, and taking a picture, with a made-up one."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.session import Session
from app.viewmodels.enrol_camera import Snapshot
from app.views.enrol_camera import CameraDialog
from reid_core.errors import SourceUnavailable
from reid_core.types import Frame, Image


class Camera:
    """Gives pictures until it is closed."""

    def __init__(self) -> None:
        self.name, self.is_closed = "camera:0", False

    def __iter__(self) -> Iterator[Frame]:
        n = 0
        while not self.is_closed:
            yield Frame(np.full((48, 64, 3), n % 256, np.uint8), n, n / 25, self.name)
            n += 1

    def close(self) -> None:
        self.is_closed = True


def test_a_picture_is_taken(session: Session, qtbot: QtBot) -> None:
    cameras: list[Camera] = []

    def opener(spec: str) -> Camera:
        cameras.append(Camera())
        return cameras[-1]

    around = QWidget()
    qtbot.addWidget(around)
    dialog = CameraDialog(Snapshot(session, opener=opener), around)
    dialog.show()
    taken: list[tuple[Image, str]] = []
    dialog.taken.connect(lambda image, spec: taken.append((image, spec)))
    assert not dialog.take_button.isEnabled()
    qtbot.waitUntil(dialog.take_button.isEnabled)
    qtbot.keyClick(dialog, Qt.Key.Key_Space)
    ((image, spec),) = taken
    assert (image.shape, spec) == ((48, 64, 3), "camera:0")
    assert dialog.line.text() == "1 picture taken."
    dialog._which.setCurrentIndex(1)
    qtbot.waitUntil(lambda: len(cameras) == 2 and dialog.take_button.isEnabled())
    assert cameras[0].is_closed
    dialog.reject()
    qtbot.waitUntil(lambda: cameras[1].is_closed and not session.tasks.jobs)


def test_without_a_camera_it_says_so(session: Session, qtbot: QtBot) -> None:
    def opener(spec: str) -> Camera:
        raise SourceUnavailable(f"{spec} cannot be opened: there is no such camera.")

    around = QWidget()
    qtbot.addWidget(around)
    dialog = CameraDialog(Snapshot(session, opener=opener), around)
    dialog.show()
    qtbot.waitUntil(lambda: "no such camera" in dialog.line.text())
    assert not dialog.take_button.isEnabled()
    dialog.reject()


def test_a_camera_that_opens_too_late_is_let_go(session: Session, qtbot: QtBot) -> None:
    go = threading.Event()
    slow, quick = Camera(), Camera()

    def opener(spec: str) -> Camera:
        if spec == "camera:0":
            go.wait(5)
        return slow if spec == "camera:0" else quick

    snapshot = Snapshot(session, opener=opener)
    snapshot.start("camera:0")
    snapshot.start("camera:1")
    qtbot.waitUntil(lambda: snapshot.frame is not None)
    go.set()
    qtbot.waitUntil(lambda: slow.is_closed)
    assert snapshot._source is quick
    snapshot.close()
    qtbot.waitUntil(lambda: quick.is_closed and not session.tasks.jobs)


@pytest.mark.parametrize("n", [0, 2])
def test_a_source_that_ends(session: Session, qtbot: QtBot, n: int) -> None:
    class Short(Camera):
        def __iter__(self) -> Iterator[Frame]:
            for i in range(n):
                yield Frame(np.zeros((4, 4, 3), np.uint8), i, 0.0, self.name)

    snapshot = Snapshot(session, opener=lambda _: Short())
    told: list[str] = []
    snapshot.failed.connect(told.append)
    snapshot.start("camera:0")
    qtbot.waitUntil(lambda: not session.tasks.jobs)
    assert bool(told) == (n == 0)
    assert (snapshot.frame is None) == (n == 0)
    snapshot.close()
    snapshot.close()
