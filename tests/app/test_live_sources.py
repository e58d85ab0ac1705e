"""What was watched is remembered, its secrets are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.settings import Settings
from app.viewmodels.live_sources import (
    KEPT,
    choice_of,
    is_address,
    name_of_recording,
    recent,
    remember,
    without_secrets,
)

SECRET = "rtsp://ada:lovelace@10.0.0.7:554/cam?channel=1&subtype=0"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (SECRET, "rtsp://10.0.0.7:554/cam?channel=1&subtype=0"),
        ("rtsp://10.0.0.7/cam", "rtsp://10.0.0.7/cam"),
        ("rtsp://10.0.0.7/cam?user=ada&channel=1", "rtsp://10.0.0.7/cam"),
        ("http://10.0.0.7/live?PWD=x", "http://10.0.0.7/live"),
        ("rtsp://ada:love/l@ce@10.0.0.7/cam", "rtsp://10.0.0.7/cam"),
    ],
)
def test_an_address_is_remembered_without_secrets(given: str, kept: str) -> None:
    assert without_secrets(given) == kept
    assert remember(Settings(), given).cameras == (kept,)


def test_what_is_shown_has_no_credentials() -> None:
    assert choice_of(SECRET).label == "rtsp://10.0.0.7:554/cam"
    assert choice_of("camera:2").sort == "camera"
    assert name_of_recording(SECRET) == "rtsp://10.0.0.7:554/cam"
    assert name_of_recording("/films/my party?.mp4") == "file://my%20party%3F.mp4"
    assert name_of_recording("camera:0") == "camera:0"


def test_the_newest_is_first_and_old_ones_go(tmp_path: Path) -> None:
    settings = Settings()
    for n in range(KEPT + 3):
        settings = remember(settings, f"camera:{n}")
    settings = remember(settings, "camera:5")
    assert settings.cameras[:2] == ("camera:5", f"camera:{KEPT + 2}")
    assert len(settings.cameras) == KEPT
    film, gone = tmp_path / "film.mp4", tmp_path / "gone.mp4"
    film.touch()
    settings = remember(remember(settings, str(gone)), str(film))
    assert [c.label for c in recent(settings) if c.sort == "file"] == ["film.mp4"]
    assert str(film) not in settings.cameras


def test_a_spoilt_list_of_files_is_an_empty_one() -> None:
    for spoilt in ("nonsense", "5", '{"a": 1}'):
        assert recent(Settings(window={"live_files": spoilt})) == ()


@pytest.mark.parametrize(
    ("text", "good"),
    [("rtsp://host/x", True), (" http://host ", True), ("rtsp://", False), ("host/x", False)],
)
def test_an_address_is_told_from_other_words(text: str, good: bool) -> None:
    assert is_address(text) == good
