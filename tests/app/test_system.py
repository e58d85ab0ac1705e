from __future__ import annotations

import pytest

from app import system


@pytest.fixture(autouse=True)
def _a_linux_desktop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", ":0")


def test_no_screen_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY")
    assert "no screen" in system.why_no_window()


def test_missing_libraries_are_named_as_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "_loads", lambda name: "xcb-cursor" not in name)
    assert system.why_no_window().endswith("apt-get install libxcb-cursor0")


def test_nothing_is_wrong_where_everything_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "_loads", lambda name: True)
    assert system.why_no_window() == ""


def test_a_library_that_is_not_there_is_noticed() -> None:
    assert not system._loads("libnobody-has-this.so.1")
