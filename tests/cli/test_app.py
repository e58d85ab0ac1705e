"""`cameo app`: the window in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reid_core.cli import app as command
from reid_core.cli.main import app


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The children that would have been started."""
    found: list[list[str]] = []
    monkeypatch.setattr(command, "_run", lambda arguments: found.append(arguments) or 0)
    return found


def test_it_runs_the_window_and_not_a_folder_of_that_name(started) -> None:
    assert CliRunner().invoke(app, ["app"]).exit_code == 0
    assert started == [[sys.executable, "-P", "-m", "app"]]


def test_what_was_said_is_passed_on(started) -> None:
    said = ["--library", "/l", "--models", "/m", "app", "--page", "models"]
    assert CliRunner().invoke(app, said).exit_code == 0
    assert started[0][4:] == ["--library", "/l", "--models", "/m", "--page", "models"]


def test_the_environment_speaks_for_itself(started, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMEO_LIBRARY", "/from/environment")
    assert CliRunner().invoke(app, ["app"]).exit_code == 0
    assert "--library" not in started[0]


def test_its_status_is_the_commands(tmp_path: Path) -> None:
    """Without a screen the window cannot open, says so, and the command ends with 2."""
    lacking = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    lacking.pop("QT_QPA_PLATFORM", None)
    if not sys.platform.startswith("linux"):
        pytest.skip("elsewhere there always is a screen")
    done = subprocess.run(
        [sys.executable, "-m", "reid_core.cli.main", "app"],
        capture_output=True,
        text=True,
        env=lacking,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 2
    assert "no screen" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_child_that_was_killed_ends_as_a_shell_says_it() -> None:
    kill = "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"
    assert command._run([sys.executable, "-c", kill]) == 128 + 15
    assert command._run([sys.executable, "-c", "import sys; sys.exit(3)"]) == 3
