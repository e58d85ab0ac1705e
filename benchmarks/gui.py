"""The window's speed, offscreen: start, search, seek, and how long its thread is ever held up.

    QT_QPA_PLATFORM=offscreen python benchmarks/gui.py [start|heartbeat|search|seek]…

Start: processes of their own over a library of 1,000 people and 100,000 tracklets, from the
command to the first picture of the page. Medians; the largest where it says so. The live view has
a script of its own (live_view.py).
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from common import show, store
from made_library import make

from reid_core.actions.loading import Models
from reid_core.library import Library

STARTS = 7
CHILD = """
import sys, time
from PySide6.QtCore import QEvent, QObject, QTimer
import app.bootstrap as bootstrap

class Watch(QObject):
    def eventFilter(self, watched, event):
        if event.type() is QEvent.Type.Paint and watched.isVisible() and watched.isWindow():
            QTimer.singleShot(0, self.tell)
        return False
    def tell(self):
        if window.page("people") is not None and not told:
            told.append(1)
            print(time.time(), ",".join(m for m in HEAVY if m in sys.modules), flush=True)
            window.close()

HEAVY = ("torch", "cv2", "onnxruntime", "faiss", "av", "scipy", "alembic")
told, window = [], None
made = bootstrap.make_window
def make(session):
    global window
    window = made(session)
    return window
bootstrap.make_window = make
app = bootstrap.make_application()
watch = Watch()
app.installEventFilter(watch)
bootstrap.main(sys.argv[1:])
"""


def start(library: Path) -> list[tuple[object, ...]]:
    """Seconds from the command until the first page is painted."""
    seconds, heavy = [], ""
    environment = {**os.environ, "CAMEO_SETTINGS": str(library.parent / "app.json")}
    (library.parent / "app.json").write_text('{"seen_welcome": true}')
    for _ in range(STARTS):
        began = time.time()
        command = [sys.executable, "-c", CHILD, "--library", str(library)]
        told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        at, _, heavy = told.stdout.strip().partition(" ")
        seconds.append(float(at) - began)
    line = "window with its first page after start"
    return [(line, f"{statistics.median(seconds):.2f} s", f"heavy imports: {heavy or 'none'}")]


def main() -> None:
    """Measure what is asked for, or everything."""
    wanted = sys.argv[1:] or list(PARTS)
    rows: list[tuple[object, ...]] = []
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "library"
        with Library.open(place) as library:
            make(library, Models(store()), 100_000, enrolled=1000)
        for name in wanted:
            rows += PARTS[name](place)
    show(rows, ("1,000 people, 100,000 tracklets", "median", ""))


PARTS = {"start": start}

if __name__ == "__main__":
    main()
