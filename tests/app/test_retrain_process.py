"""The process that learns from one's own people, really: followed, stopped, left by the window."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.session import Session
from app.tasks import Tasks
from app.viewmodels.retrain_learning import _tidy
from app.views.train_page import Page
from reid_core.actions.retrain import alone
from reid_core.library import retrainings
from reid_core.types import Kind
from tests.app.retraining_made import LONG_MS, session_with_people

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None, reason="torch is missing"
)
ROOT = Path(__file__).parents[2]


@pytest.fixture
def fresh(tmp_path: Path, tasks: Tasks, qtbot: QtBot) -> Iterator[Session]:
    """People, and no run."""
    with session_with_people(tmp_path / "fresh", tasks, trained=False) as made:
        yield made


@pytest.fixture
def page(fresh: Session, qtbot: QtBot) -> Iterator[Page]:
    made = Page(fresh)
    qtbot.addWidget(made)
    made.show()
    made.activate(None)
    qtbot.waitUntil(made.own.form.start.isEnabled, timeout=LONG_MS)
    yield made
    made.close_page()
    qtbot.waitUntil(lambda: not fresh.tasks.jobs)


def learning(page: Page, qtbot: QtBot) -> None:
    """Begin, and wait until it is well under way."""
    page.own.form.start.click()
    job = page.retraining.learning.job
    assert job is not None
    qtbot.waitUntil(lambda: job.share > 0, timeout=LONG_MS)


def runs(session: Session) -> list[str]:
    with session.library.read() as connection:
        return [r.state for r in retrainings.list_runs(connection)]


def test_it_is_followed_and_stopped_without_a_trace(
    page: Page, fresh: Session, qtbot: QtBot
) -> None:
    learning(page, qtbot)
    assert " of " in page.own.form.progress.text()
    assert runs(fresh) == ["training"]
    page.own.form.stop.click()
    qtbot.waitUntil(lambda: not page.retraining.learning.is_busy, timeout=LONG_MS)
    assert runs(fresh) == []
    assert not page.retraining.problems
    assert page.own.form.start.isEnabled()


def test_one_that_is_killed_is_noticed_and_can_begin_anew(
    page: Page, fresh: Session, qtbot: QtBot
) -> None:
    learning(page, qtbot)
    client = page.retraining.learning._client
    os.kill(client.pid, signal.SIGKILL)  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: Kind.BODY in page.retraining.problems, timeout=LONG_MS)
    assert "signal 9" in page.own.form.failure.text()
    assert runs(fresh) == []
    learning(page, qtbot)
    page.close_page()  # as the window does when it is closed
    qtbot.waitUntil(lambda: runs(fresh) == [], timeout=LONG_MS)


def test_what_another_process_began_meanwhile_is_not_taken_away(fresh: Session) -> None:
    with fresh.library.transaction("made") as tx:
        retrainings.start(tx, Kind.BODY, "adapter", "base", settings={}, data={}, parts=[])
    with alone(fresh.library):
        _tidy(fresh.library, Kind.BODY)
    assert runs(fresh) == ["training"]
    _tidy(fresh.library, Kind.BODY)
    assert runs(fresh) == []


def test_the_window_does_not_import_torch() -> None:
    code = (
        "import sys; import app.views.train_page, app.viewmodels.retraining; "
        "import reid_core.actions.strengths, reid_core.actions.retrained; "
        "import reid_core.actions.retrain_pairs; sys.exit('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=dict(os.environ))
    assert done.returncode == 0
