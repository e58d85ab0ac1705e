"""A real training process on drawn people: the slow test of the page, some 20 s.

Started from the form, watched, paused, resumed, stopped, resumed to its end, read.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.session import Session
from app.training_run import CameoProcess, Order
from app.viewmodels.train_runs import read_status
from app.views.train_data import TRY
from app.views.train_page import Page

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None, reason="torch is missing"
)
WAIT = 120_000
SMALL = "run.tensorboard=false\nrun.log_every=1\ndata.train=made:12x6\ndata.held_out=4"
ROOT = Path(__file__).parents[2]


def start(page: Page, qtbot: QtBot, *, epochs: float, more: str = "") -> Path:
    form = page.runs.form
    page.new.click()
    form.data.choose(TRY)
    qtbot.waitUntil(lambda: form.start.isEnabled(), timeout=WAIT)
    form.values.epochs.setValue(epochs)
    form.values.batch.setValue(8)
    form.values.device.setCurrentIndex(form.values.device.findData("cpu"))
    form.extra.setPlainText(f"{SMALL}\n{more}")
    form.start.click()
    qtbot.waitUntil(lambda: page.training.selected is not None, timeout=WAIT)
    return Path(page.training.running)


def points(page: Page) -> int:
    look = page.training.look_of(page.training.selected)
    return len(look.curves.loss[0]) if look else 0


def test_from_the_form_to_the_result(session: Session, qtbot: QtBot) -> None:
    page = Page(session)
    qtbot.addWidget(page)
    page.show()
    page.activate(None)
    qtbot.waitUntil(lambda: len(page.form.recipes) > 0)
    folder = start(page, qtbot, epochs=30)
    training, watch = page.training, page.runs.watch
    qtbot.waitUntil(lambda: points(page) >= 3, timeout=WAIT)
    assert watch.state.text() in ("Training", "Checking")
    assert "cpu" in watch.summary.text()

    watch.pause.click()
    qtbot.waitUntil(lambda: watch.state.text() == "Paused", timeout=WAIT)
    assert (folder / "last.pt").is_file(), "what was learnt is on disk while it is paused"
    held = read_status(folder).step
    watch.resume.click()
    qtbot.waitUntil(lambda: read_status(folder).step > held, timeout=WAIT)

    made = read_status(folder).step
    watch.stop.click()
    qtbot.waitUntil(lambda: not training.is_busy, timeout=WAIT)
    assert read_status(folder).step <= made + 2, "it ends after the step that it is at"
    assert watch.state.text() == "Stopped"
    stopped = points(page)
    status = read_status(folder)
    assert 0 < status.step < status.steps

    (folder / "config.toml").write_text(
        (folder / "config.toml").read_text().replace("epochs = 30.0", f"epochs = {ends(status)}")
    )
    watch.go_on.click()
    qtbot.waitUntil(lambda: not training.is_busy, timeout=WAIT)
    qtbot.waitUntil(lambda: watch.state.text() == "Finished", timeout=WAIT)
    qtbot.waitUntil(lambda: "before training" in watch.outcome.text(), timeout=WAIT)
    assert points(page) > stopped
    row = training.selected
    assert row is not None
    assert row.has_model
    assert row.step == read_status(folder).steps
    page.close_page()


def ends(status: object) -> float:
    """Epochs to train for, a few steps behind where it was stopped."""
    return round((status.step + 4) / status.per_epoch, 3)  # type: ignore[attr-defined]


def test_what_the_child_finds_wrong_is_shown(session: Session, qtbot: QtBot) -> None:
    page = Page(session)
    qtbot.addWidget(page)
    page.activate(None)
    qtbot.waitUntil(lambda: len(page.form.recipes) > 0)
    start(page, qtbot, epochs=1, more="network.last_strid=1")
    qtbot.waitUntil(lambda: not page.training.is_busy, timeout=WAIT)
    row = page.training.selected
    assert row is not None
    assert row.state == "failed"
    assert "last_strid" in row.message
    assert not page.runs.watch.again.isHidden()
    page.close_page()


def test_a_killed_process_is_noticed(tmp_path: Path, qtbot: QtBot) -> None:
    child = CameoProcess()
    config = str(ROOT / "training" / "configs" / "body_smoke.toml")
    folder = tmp_path / "run"
    words = ("train", "--commands", "--", config, f"run.folder={folder}")
    with qtbot.waitSignal(child.ended, timeout=WAIT) as ended:
        child.start(Order(words, said=tmp_path / "said.txt"))
        os.kill(child.pid, signal.SIGKILL)
    assert ended.args == [-signal.SIGKILL]
    assert child.pid == 0


def test_closing_the_window_stops_it_and_keeps_what_was_learnt(
    session: Session, qtbot: QtBot
) -> None:
    page = Page(session)
    qtbot.addWidget(page)
    page.activate(None)
    qtbot.waitUntil(lambda: len(page.form.recipes) > 0)
    folder = start(page, qtbot, epochs=30)
    qtbot.waitUntil(lambda: points(page) >= 2, timeout=WAIT)
    page.close_page()
    qtbot.waitUntil(lambda: read_status(folder).state == "stopped", timeout=WAIT)
    assert (folder / "last.pt").is_file()


def test_the_window_does_not_import_torch() -> None:
    code = (
        "import sys; import app.views.train_page, app.training_run; "
        "import reid_core.learn.config, reid_core.learn.recipes, reid_core.learn.data; "
        "sys.exit('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=dict(os.environ))
    assert done.returncode == 0
