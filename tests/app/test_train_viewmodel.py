"""Starting, holding, stopping and listing runs, with a made-up process and no window."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from train_fakes import HEAD, FakeProcess, write_run, write_status

from app.requests import TrainingRuns
from app.session import Message, Session
from app.viewmodels.train import Training
from app.viewmodels.train_export import Exporter, Made, ModelPlan, name_problem
from app.viewmodels.train_job import TrainJob

CONFIG = "[optim]\nepochs = 10.0\n"
ABOUT = {"name": "Mine", "recipe": "body_smoke", "data": "people"}


@pytest.fixture
def process() -> FakeProcess:
    return FakeProcess()


@pytest.fixture
def training(session: Session, process: FakeProcess) -> Iterator[Training]:
    made = Training(session, lambda: process)
    yield made
    made.close()


def begin(training: Training, process: FakeProcess, qtbot: QtBot) -> Path:
    folder = training.root / "one"
    training.start(folder, CONFIG, ABOUT, ("optim.lr=1",))
    qtbot.waitUntil(lambda: "start" in process.told and training.selected is not None)
    return folder


def learn(folder: Path, step: int, state: str = "training") -> None:
    (folder / "log.csv").write_text(f"{HEAD}\n{step},1,4.5,1,1,,\n")
    write_status(folder, state, step=step, seconds_left=90.0)


def test_a_run_is_started_in_a_folder_of_its_own(
    training: Training, process: FakeProcess, session: Session, qtbot: QtBot
) -> None:
    shown: list[TrainJob] = []
    session.tasks.started.connect(shown.append)
    folder = begin(training, process, qtbot)
    assert process.order is not None
    config = str(folder / "config.toml")
    assert process.order.words == (
        *("train", "--commands", "--", config, f"run.folder={folder}", "optim.lr=1"),
    )
    assert Path(config).read_text() == CONFIG
    assert json.loads((folder / "about.json").read_text())["recipe"] == "body_smoke"
    assert training.is_busy
    assert training.selected is not None
    assert (training.selected.name, training.selected.state) == ("Mine", "starting")
    assert [j.title for j in shown] == ["Training Mine"]
    assert shown[0] in session.tasks.jobs


def test_it_is_watched_while_it_learns(
    training: Training, process: FakeProcess, session: Session, qtbot: QtBot
) -> None:
    folder = begin(training, process, qtbot)
    learn(folder, 20)
    qtbot.waitUntil(lambda: training.selected is not None and training.selected.step == 20)
    look = training.look_of(training.selected)
    assert look is not None
    assert look.curves.loss[1].tolist() == [4.5]
    assert look.status.device == "cpu"
    job = next(j for j in session.tasks.jobs if isinstance(j, TrainJob))
    assert job.share == pytest.approx(0.2)
    assert job.remaining_s == 90


def test_pausing_going_on_and_stopping(
    training: Training, process: FakeProcess, session: Session, qtbot: QtBot
) -> None:
    folder = begin(training, process, qtbot)
    learn(folder, 20)
    qtbot.waitUntil(lambda: training.selected is not None and training.selected.step == 20)
    training.pause()
    assert training.is_paused
    training.resume()
    training.stop()
    training.stop()
    training.pause()
    assert training.is_stopping
    assert process.told == ["start", "pause", "resume", "stop"]
    learn(folder, 21, "stopped")
    process.end(130)
    qtbot.waitUntil(lambda: not training.is_busy)
    assert training.selected is not None
    assert training.selected.state == "stopped"
    assert not [j for j in session.tasks.jobs if j.shown]
    training.go_on(training.selected)
    assert process.order is not None
    assert "--resume" in process.order.words
    assert f"run.folder={folder}" in process.order.words


def test_what_has_learnt_nothing_is_ended_at_once(
    training: Training, process: FakeProcess, qtbot: QtBot
) -> None:
    folder = begin(training, process, qtbot)
    training.stop()
    assert process.told == ["start", "kill"]
    process.end(-9)
    qtbot.waitUntil(lambda: not training.is_busy)
    assert json.loads((folder / "status.json").read_text())["state"] == "stopped"


def test_the_job_in_the_list_stops_it(
    training: Training, process: FakeProcess, session: Session, qtbot: QtBot
) -> None:
    folder = begin(training, process, qtbot)
    learn(folder, 20)
    qtbot.waitUntil(lambda: training.selected is not None and training.selected.step == 20)
    session.tasks.jobs[0].cancel()
    assert process.told == ["start", "stop"]


@pytest.mark.parametrize(
    ("status", "said", "words"),
    [
        (2, "cameo: [loss]: no loss is called 'x': did you mean 'y'?\n", "did you mean 'y'"),
        (1, "Traceback\n  File\nRuntimeError: out of memory\n", "RuntimeError: out of memory"),
        (-9, "", "most likely because memory ran out"),
    ],
)
def test_a_process_that_dies_shows_its_last_sentence(
    training: Training,
    process: FakeProcess,
    session: Session,
    qtbot: QtBot,
    status: int,
    said: str,
    words: str,
) -> None:
    messages: list[Message] = []
    session.message.connect(messages.append)
    folder = begin(training, process, qtbot)
    (folder / "said.txt").write_text(said)
    process.end(status)
    qtbot.waitUntil(lambda: not training.is_busy)
    assert words in messages[-1].text
    assert messages[-1].is_error
    assert training.selected is not None
    assert training.selected.state == "failed"
    assert words in training.selected.message


def test_an_attempt_that_never_learnt_makes_room_for_the_next(
    training: Training, process: FakeProcess, qtbot: QtBot
) -> None:
    folder = begin(training, process, qtbot)
    process.end(2)
    qtbot.waitUntil(lambda: not training.is_busy)
    training.start(training.root / "two", CONFIG, ABOUT, ())
    qtbot.waitUntil(lambda: process.told == ["start", "start"])
    assert not folder.exists()


def test_a_finished_run_says_so(
    training: Training, process: FakeProcess, session: Session, qtbot: QtBot
) -> None:
    messages: list[Message] = []
    session.message.connect(messages.append)
    folder = begin(training, process, qtbot)
    learn(folder, 100, "done")
    process.end(0)
    qtbot.waitUntil(lambda: not training.is_busy)
    assert "Mine has finished" in messages[-1].text
    with qtbot.waitSignal(session.asked_for) as asked:
        assert messages[-1].call is not None
        messages[-1].call()
    assert asked.args == ["train", TrainingRuns()]


def test_a_folder_that_cannot_be_made_is_told(
    training: Training, process: FakeProcess, session: Session, qtbot: QtBot
) -> None:
    training.root.parent.mkdir(parents=True, exist_ok=True)
    training.root.write_text("in the way")
    with qtbot.waitSignal(session.message) as told:
        training.start(training.root / "one", CONFIG, ABOUT, ())
    assert told.args[0].is_error
    assert not training.is_busy
    assert process.told == []
    assert not [j for j in session.tasks.jobs if j.shown]


def test_runs_are_listed_the_newest_first_compared_and_deleted(
    training: Training, session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    for name, started in (("a", "2026-01-01T00:00:00"), ("b", "2026-02-01T00:00:00")):
        folder = write_run(training.root / name)
        (folder / "about.json").write_text(json.dumps({"started": started}))
    with qtbot.waitSignal(training.rows_changed):
        training.refresh()
    assert [r.name for r in training.rows] == ["b", "a"]
    newest, oldest = training.rows
    training.select(newest.folder)
    training.compare(oldest.folder)
    qtbot.waitUntil(lambda: training.look_of(training.beside) is not None)
    assert training.look_of(newest) is not None
    training.compare(newest.folder)
    assert training.beside is None, "not with itself"
    training.delete(newest)
    qtbot.waitUntil(lambda: [r.name for r in training.rows] == ["a"])
    assert not Path(newest.folder).exists()
    assert training.selected is None


def test_what_is_no_run_is_never_deleted(
    training: Training, session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    from app.viewmodels.train_files import erase

    (tmp_path / "holiday").mkdir()
    erase(tmp_path / "holiday")
    assert (tmp_path / "holiday").exists()
    real = write_run(tmp_path / "real")
    (tmp_path / "link").symlink_to(real)
    erase(tmp_path / "link")
    assert real.exists()


def test_of_a_folder_that_is_not_ours_only_the_run_is_deleted(tmp_path: Path) -> None:
    from app.viewmodels.train_files import erase

    project = write_run(tmp_path / "project")
    assert not (project / "about.json").exists()
    (project / "events.out.tfevents.1").write_text("curves")
    (project / "thesis.txt").write_text("years of work")
    (project / "model").mkdir()
    (project / "model" / "mine.onnx").write_text("mine")
    erase(project)
    assert {p.name for p in project.iterdir()} == {"thesis.txt", "model"}
    (tmp_path / "strange").mkdir()
    (tmp_path / "strange" / "config.toml").write_text("[tool]\nname = 'mine'\n")
    erase(tmp_path / "strange")
    (tmp_path / "strange" / "status.json").write_text("{}")
    erase(tmp_path / "strange")
    assert [p.name for p in (tmp_path / "strange").iterdir()] == ["config.toml"]
    alone = write_run(tmp_path / "alone")
    erase(alone)
    assert not alone.exists()


def test_a_run_elsewhere_is_remembered(
    training: Training, session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(session.message):
        training.add(tmp_path)
    training.add(write_run(tmp_path / "out" / "x"))
    qtbot.waitUntil(lambda: training.selected is not None)
    again = Training(session, FakeProcess)
    again.refresh()
    qtbot.waitUntil(lambda: [r.name for r in again.rows] == ["x"])


def test_closing_stops_what_runs(
    training: Training, process: FakeProcess, session: Session, qtbot: QtBot
) -> None:
    begin(training, process, qtbot)
    training.close()
    training.close()
    assert process.told.count("close") >= 1
    assert not [j for j in session.tasks.jobs if j.shown]
    assert not training.is_busy


def test_torch_is_looked_for_but_not_imported(
    training: Training, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert not training.has_torch


def test_a_model_is_made_and_told(
    training: Training, process: FakeProcess, session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    write_run(training.root / "a")
    training.refresh()
    qtbot.waitUntil(lambda: len(training.rows) == 1)
    exporter = Exporter(session, lambda: process)
    plan = ModelPlan("mine", "body-embedder", licence="MIT", commercial=True, data="-- people")
    exporter.export(training.rows[0], plan)
    assert process.order is not None
    words = process.order.words
    assert words[:3] == ("--models", str(session.store.folder), "export")
    assert {"--name=mine", "--licence=MIT", "--data=-- people", "--commercial"} <= set(words)
    assert words[-2:] == ("--", training.rows[0].folder)
    answer = {"path": "x", "parity": 0.99999, "alone": 1.0, "size": 420_000, "precision": "fp16"}
    assert process.order.answer is not None
    process.order.answer.write_text(json.dumps(answer))
    with qtbot.waitSignals([exporter.made, session.models_changed]):
        process.end(0)
    assert not exporter.is_busy
    made: list[Made] = []
    failed: list[str] = []
    exporter.made.connect(made.append)
    exporter.failed.connect(failed.append)
    exporter.export(training.rows[0], plan)
    process.order.said.write_text("cameo: the name is taken.\n")
    process.end(2)
    qtbot.waitUntil(lambda: failed == ["the name is taken."])
    assert not made


def test_names_of_models() -> None:
    taken = frozenset({"mine"})
    assert name_problem("mine-2", taken) == ""
    assert name_problem("mine", taken) == "taken"
    for name in ("", "-x", "a b", "ü", "a/b"):
        assert name_problem(name, taken) == "form"
