"""Run by test_scaling.py in a process of its own, since Qt takes its scale from the environment.

    QT_SCALE_FACTOR=2 python tests/app/scaled.py FOLDER

Prints a line of JSON: what the window does at that scale.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPoint, QSize
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from app import bootstrap, theme
from app.models.live_events import EventRow, LiveEvents
from app.pages import HIDDEN, PAGES
from app.session import Session
from app.settings import Settings
from app.tasks import Tasks
from app.views.live_events import EventsPanel
from app.views.people_grid import PeopleGrid
from app.views.window import Window
from app.widgets.parts import EmptyState
from app.widgets.thumbs import Thumbnails
from app.widgets.timeline import HoverCard
from reid_core.images import encode_jpeg
from reid_core.library import Library
from reid_core.library.people import Portrait
from reid_core.models.store import ModelStore

SIDE = 400  # px of the stored picture: more than any place shows


def main(folder: Path) -> None:
    """Measure, and say."""
    app = bootstrap.make_application()
    settings = Settings(theme="light", seen_welcome=True, language="en")
    bootstrap.dress(app, settings)
    with Library.open(folder / "library") as library:
        session = Session(library, ModelStore(folder / "models"), settings, Tasks())
        told = {"ratio": app.devicePixelRatio(), **pictures(session), **least(session)}
        session.tasks.close()
    sys.stdout.write(json.dumps(told) + "\n")


def striped() -> bytes:
    """A picture whose stripes are 6 px apart: they are lost where it is shown with too few px."""
    columns = (np.arange(SIDE) // 3 % 2 * 255).astype(np.uint8)
    return encode_jpeg(np.repeat(np.tile(columns, (SIDE, 1))[..., None], 3, axis=2), quality=98)


def pictures(session: Session) -> dict[str, object]:
    """How many pixels pictures and icons have where they are shown."""
    name = session.library.media.put(striped())
    thumbs = Thumbnails(session.library.media, session.tasks)
    until(lambda: thumbs.get(name) is not None)
    card = HoverCard(thumbs)
    card.show_at(QPoint(200, 200), name, "0:01")
    hover = card.findChildren(QLabel)[0].pixmap()
    empty = EmptyState("users", "", "")
    icon = empty.findChildren(QLabel)[0].pixmap()
    events = LiveEvents()
    events.add([EventRow(1, "enter", 0, "face", 0.0, picture=striped())])
    panel = EventsPanel(events)
    panel.resize(320, 500)
    panel.show()
    panel.list.setCurrentIndex(panel.shown.index(0, 0))
    panel.list.grab()
    until(lambda: not panel._large.pixmap().isNull())
    said = {
        "thumbnail": min(size(thumbs.get(name).size())),
        "hover": [*size(hover.size()), hover.devicePixelRatio()],
        "empty": [*size(icon.size()), icon.devicePixelRatio()],
        "event": [*size(panel._large.pixmap().size()), panel._large.pixmap().devicePixelRatio()],
        "event_in_list": [side for _, side in panel.list.itemDelegate()._pixmaps],
        "button": theme.icon("user").pixmap(theme.icon_size()).width(),
        "sharp": sharpness(session, thumbs, name),
    }
    for one in (card, empty, panel):
        one.close()
        one.deleteLater()
    return said


def sharpness(session: Session, thumbs: Thumbnails, name: str) -> float:
    """The contrast of neighbouring pixels in a painted portrait, grey levels."""
    grid = PeopleGrid(thumbs)
    grid.people.set_rows([Portrait(1, "Ada", "", "", 1, 0, name, 0)])
    grid.resize(300, 300)
    grid.show()
    QApplication.processEvents()
    image = grid.viewport().grab().toImage()
    row = [image.pixelColor(x, image.height() // 4).lightness() for x in range(image.width())]
    grid.close()
    return float(np.abs(np.diff(row)).mean())


def least(session: Session) -> dict[str, object]:
    """The window's least size once every page was shown, and whether it can be had."""
    window = Window(session)
    window.show()
    for entry in (*PAGES, *HIDDEN):
        window.show_page(entry.key)
        wait(0.1)
    least = window.minimumSizeHint().expandedTo(window.minimumSize())
    window.resize(100, 100)
    wait(0.1)
    cut = [e.key for e in (*PAGES, *HIDDEN) if is_cut(window, e.key)]
    said = {"least": size(least), "smallest": size(window.size()), "cut": cut}
    window.close()
    window.deleteLater()
    return said


def is_cut(window: Window, key: str) -> bool:
    """Whether a page has less room than it needs, and nothing to scroll it with."""
    window.show_page(key)
    wait(0.1)
    page = window.page(key)
    assert isinstance(page, QWidget)

    def fits() -> bool:
        needs = page.minimumSizeHint()
        return page.width() >= needs.width() and page.height() >= needs.height()

    until(fits, seconds=3.0)  # what comes in meanwhile is laid out a little later
    return not fits()


def size(of: QSize) -> list[int]:
    """As JSON has it."""
    return [of.width(), of.height()]


def wait(seconds: float) -> None:
    """Let the window work."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.005)


def until(is_so: Callable[[], bool], seconds: float = 10.0) -> None:
    """Let it work until something is so."""
    end = time.monotonic() + seconds
    while not is_so() and time.monotonic() < end:
        wait(0.02)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
