"""How the window opens when something is not as it should be, and how it opens anew."""

from __future__ import annotations

import json
import sqlite3
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QSplitter
from pytestqt.qtbot import QtBot

from app import bootstrap
from app.session import Session
from app.settings import Settings, form_of, load_settings, save_settings
from app.views.window import Window
from app.widgets.splits import restore_splits
from reid_core.errors import CameoError
from reid_core.library import Library

NONSENSE = (
    {"window": {"geometry": "%%%", "search_across": "AAA"}},
    {"window": {"geometry": 5, "live_kind": [], "people_across": {}}},
    {"library": "\0bad", "models": "a\nb"},
    {"cameras": [1, None, "camera:0"], "last_page": "nowhere"},
    [1, 2],
)


@pytest.mark.parametrize("raw", NONSENSE)
def test_nonsense_in_the_settings_does_not_keep_the_window_from_opening(
    qtbot: QtBot, session: Session, tmp_path: Path, raw: object
) -> None:
    path = tmp_path / "app.json"
    path.write_text(json.dumps(raw))
    settings = load_settings(path)
    assert settings.library == settings.models == ""
    assert set(map(type, settings.window.values())) <= {str}
    assert set(settings.cameras) <= {"camera:0"}
    session.settings = settings
    window = Window(session)
    qtbot.addWidget(window)
    restore_splits(session, {"search_across": QSplitter(window)})
    assert form_of(settings, "geometry") == b""


def test_deep_nonsense_is_nonsense(tmp_path: Path) -> None:
    path = tmp_path / "app.json"
    path.write_text("[" * 100_000)
    assert load_settings(path) == Settings()


def test_what_was_told_counts_again_unless_something_else_was_chosen(session: Session) -> None:
    told = Namespace(library=Path("/told"), models=Path("/models"), page="")
    session.use_settings(replace(session.settings, language="de"))
    again = bootstrap.told_again(told, session)
    assert (again.library, again.models, again.page) == (told.library, told.models, "settings")
    session.use_settings(replace(session.settings, library="/chosen"))
    again = bootstrap.told_again(told, session)
    assert (again.library, again.models) == (Path("/chosen"), told.models)


def corrupt(folder: Path) -> None:
    folder.mkdir()
    (folder / "library.db").write_bytes(b"no database" * 1000)


def half_corrupt(folder: Path) -> None:
    """It opens, and cannot be read."""
    Library.open(folder).close()
    with sqlite3.connect(folder / "library.db") as link:
        link.execute("DROP TABLE video")
        link.execute("CREATE TABLE video (id BLOB)")
        link.execute("PRAGMA writable_schema=ON")
        link.execute("UPDATE sqlite_master SET rootpage=9999 WHERE name IN ('person', 'video')")


def too_new(folder: Path) -> None:
    Library.open(folder).close()
    with sqlite3.connect(folder / "library.db") as link:
        link.execute("UPDATE alembic_version SET version_num='9999'")


def a_file(folder: Path) -> None:
    folder.write_text("a file")


@pytest.mark.parametrize("spoil", [corrupt, half_corrupt, too_new, a_file])
def test_a_library_that_cannot_be_opened_is_asked_about(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil
) -> None:
    bad, good = tmp_path / "bad", tmp_path / "good"
    spoil(bad)
    monkeypatch.setenv("CAMEO_LIBRARY", str(bad))  # which must not stand in the way
    asked: list[str] = []

    def other(error: CameoError) -> Path:
        asked.append(str(error))
        assert len(asked) == 1
        return good

    monkeypatch.setattr(bootstrap, "_other_library", other)
    path = tmp_path / "app.json"
    save_settings(Settings(seen_welcome=True), path)
    told = Namespace(library=None, models=tmp_path / "models", page="")
    opened = bootstrap._open(qapp, told, path)
    assert opened is not None
    assert opened.library.folder == good
    assert load_settings(path).library == str(good)
    assert str(bad) in asked[0]
    bootstrap.close_session(opened)


def test_who_chooses_no_other_folder_leaves(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corrupt(tmp_path / "bad")
    monkeypatch.setattr(bootstrap, "_other_library", lambda _: None)
    told = Namespace(library=tmp_path / "bad", models=None, page="")
    assert bootstrap._open(qapp, told, tmp_path / "app.json") is None
