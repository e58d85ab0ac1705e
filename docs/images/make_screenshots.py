"""Every page of the window, light and dark, small and large, with drawn people.

    QT_QPA_PLATFORM=offscreen python docs/images/make_screenshots.py [OUT] [PAGE]…

Writes docs/images/window/PAGE-THEME-SIZE.png. The people are drawn, since real ones may not be
published; nothing is detected in the pictures, the library is written as indexing would have, and
who is before the camera is known. The training run was a real one, on drawn people (see run/).
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import drawn
import drawn_crowd
from drawn_live import DrawnWatcher
from PIL import Image
from PySide6.QtCore import QEventLoop, QTimer

from app import bootstrap
from app.requests import Calibrate, Retrain, SearchFor, ShowPerson, TrainingRuns
from app.session import Session
from app.settings import Settings, models_folder
from app.viewmodels.live import Live
from app.views import live_page
from app.views.window import Window
from reid_core.library import Library, people, retrainings
from reid_core.models.store import ModelStore
from reid_core.types import Kind

HERE = Path(__file__).parent
SIZES = {"small": (1366, 768), "large": (2560, 1440)}
PAGES = (
    "welcome",
    "people",
    "footage",
    "search",
    "live",
    "train",
    "learn",
    "retrain",
    "models",
    "calibrate",
    "settings",
)
OF_CROWD = ("learn", "retrain")  # with more people, whom the network tells apart badly
SETTLE_MS = 2500
WATCHED, WATCH_MS = "entrance.mp4", 10_400  # somebody known has left, another one meets a stranger


def main() -> None:
    """Make the library, open the window in each look, and photograph each page."""
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "window"
    wanted = sys.argv[2:] or list(PAGES)
    out.mkdir(parents=True, exist_ok=True)
    bootstrap.make_application()
    with tempfile.TemporaryDirectory(prefix="cameo-") as folder:
        place = Path(folder) / "library"
        own = models_folder(Settings())
        shutil.copytree(own, Path(folder) / "models", dirs_exist_ok=True)
        os.environ.pop("CAMEO_MODELS", None)  # whose folders they are, is nobody's business
        os.environ["CAMEO_SETTINGS"] = str(Path(folder) / "app.json")
        store = ModelStore(Path(folder) / "models")
        made = {Kind.FACE: "dlib-resnet-v1", Kind.BODY: "cameo-body-v1"}
        ids = {kind: store.ensure(name).model_id for kind, name in made.items()}
        with Library.open(place) as library:
            drawn.fill(library, Path(folder) / "films", ids)
        shutil.copytree(HERE / "run", place / "runs" / "drawn people")
        live_page.build = watching
        photograph(store, place, [p for p in wanted if p not in OF_CROWD], out)
        if crowded := [p for p in wanted if p in OF_CROWD]:
            drawn_crowd.fill(Path(folder) / "crowd", store)
            photograph(store, Path(folder) / "crowd", crowded, out)


def photograph(store: ModelStore, library: Path, pages: list[str], out: Path) -> None:
    """Each page of a window on a library, in both themes and sizes."""
    for theme in ("light", "dark") if pages else ():
        settings = Settings(theme=theme, seen_welcome=True, last_page="models")
        bootstrap.dress(bootstrap.make_application(), settings)
        session = bootstrap.open_session(settings, library=library, models=store.folder)
        window = bootstrap.make_window(session)
        settle(300)
        for size, (width, height) in SIZES.items():
            window.resize(width, height)
            for page in pages:
                show(window, session, page)
                settle(SETTLE_MS)
                if page == "live":
                    watch(window, library.parent / "films" / WATCHED)
                save(window, out / f"{page}-{theme}-{size}.png")
                if page == "live":
                    window.page(page).live.stop()  # type: ignore[union-attr]
        window.close()
        bootstrap.close_session(session)


def show(window: Window, session: Session, page: str) -> None:
    """Bring a page to a state worth seeing."""
    asked: object = None
    if page == "search":
        asked = SearchFor(person="Ada Lovelace")
    if page == "people":
        with session.library.read() as connection:
            asked = ShowPerson(people.find_person(connection, "Ada Lovelace").id)
    if page == "calibrate":
        ask_calibration(window)
        return
    if page in ("train", *OF_CROWD):
        show_training(window, session, page)
        return
    window.show_page(page, asked)
    if page == "models":
        window.page(page).panel.closed.emit()  # type: ignore[union-attr]


def show_training(window: Window, session: Session, page: str) -> None:
    """The runs, what there is to learn from the people enrolled, or the newest verdict on that."""
    asked: object = TrainingRuns() if page == "train" else Retrain("face")
    if page == "retrain":
        with session.library.read() as connection:
            asked = Retrain(run=retrainings.list_runs(connection)[0].shown_id)
    window.show_page("train", asked)


def ask_calibration(window: Window) -> None:
    """Measure how sure matches are; the drawn people are too few for that."""
    window.show_page("models", Calibrate("face"))
    settle(1000)
    window.page("models").panel.measure.click()  # type: ignore[union-attr]


def watching(session: Session) -> live_page.Page:
    """The page of the live view, before which the drawn people walk."""
    made = Live(session, watcher=lambda _: DrawnWatcher(session.library, WATCHED))
    return live_page.Page(session, made)


def watch(window: Window, film: Path) -> None:
    """Play a film as if it were a camera, until there is something to see."""
    live = window.page("live").live  # type: ignore[union-attr]
    live.clear()
    live.start(str(film))
    settle(WATCH_MS)
    window.page("live").events.list.setCurrentIndex(  # type: ignore[union-attr]
        window.page("live").events.shown.index(0, 0)  # type: ignore[union-attr]
    )
    settle(200)


def settle(ms: int) -> None:
    """Let the window work for a while."""
    loop = QEventLoop()
    QTimer.singleShot(ms, loop.quit)
    loop.exec()


def save(window: Window, path: Path) -> None:
    """Photograph, in few colours: a fifth of the size, and hardly a difference to see."""
    window.grab().save(str(path))
    Image.open(path).convert("RGB").quantize(200, dither=Image.Dither.NONE).save(
        path, optimize=True
    )


if __name__ == "__main__":
    main()
