from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from app.models.installed import Column, InstalledModel
from app.models.rows import RowRole, SortRole
from app.session import Message, Session
from app.tasks import Tasks
from app.viewmodels.models import Models, Switch
from app.viewmodels.models_import import Form, Importing, proposed_name
from app.viewmodels.models_rows import ModelRow
from reid_core.errors import ModelUnavailable
from reid_core.library import Library, vectors
from reid_core.models.manifest import Role
from reid_core.models.store import ModelStore
from reid_core.types import Kind
from tests.app.models_made import enrol, own_session, settle, used


@pytest.fixture
def own(tmp_path: Path, library: Library, tasks: Tasks, qtbot: QtBot) -> Session:
    return own_session(tmp_path, library, tasks)


@pytest.fixture
def models(own: Session, qtbot: QtBot) -> Models:
    return read(own, qtbot)


def read(session: Session, qtbot: QtBot) -> Models:
    """The view-model once it has looked around."""
    made = Models(session)
    with qtbot.waitSignal(made.rows_changed):
        made.refresh()
    return made


def row(models: Models, name: str) -> ModelRow:
    return next(r for r in models.rows if r.name == name)


def test_every_model_is_listed_with_its_terms(models: Models) -> None:
    assert row(models, "tiny").state == "installed"
    assert row(models, "tiny").terms == "unknown"
    assert row(models, "tiny").is_imported
    assert row(models, "buffalo_l-embedder").terms == "noncommercial"
    assert row(models, "buffalo_l-embedder").state == "available"
    assert row(models, "cameo-body-v1").terms == "research"
    assert row(models, "cameo-body-v1").state == "needed"
    assert row(models, "colour-stripes").is_builtin
    assert row(models, "sface-2021dec").terms == ""
    assert row(models, "sface-2021dec").size == 38_696_353
    assert models.rows[0].role is Role.FACE_DETECTOR


def test_what_can_be_done_follows_the_state(models: Models) -> None:
    assert models.possible(row(models, "tiny")) == ("use", "measure", "remove")
    assert models.possible(row(models, "sface-2021dec")) == ("fetch", "file")
    assert models.possible(row(models, "colour-stripes")) == ("use", "measure")
    assert "use" not in models.possible(row(models, "ediffiqa-tiny"))


def test_a_file_that_is_gone_and_a_damaged_description_are_seen(own, models, qtbot) -> None:
    (own.store.folder / "tiny.onnx").unlink()
    (own.store.folder / "other.json").write_text("{")
    with qtbot.waitSignal(models.rows_changed):
        models.refresh()
    assert row(models, "tiny").state == "damaged"
    assert models.possible(row(models, "tiny")) == ("remove",)
    assert models.broken == ("other",)
    models.remove_broken()
    qtbot.waitUntil(lambda: models.broken == ())


def test_a_switch_says_first_what_it_costs(own, models, qtbot) -> None:
    enrol(own.library, 5)
    with qtbot.waitSignal(models.switch_asked) as asked:
        models.use("tiny")
    switch: Switch = asked.args[0]
    assert (switch.pending.templates, switch.pending.views) == (5, 0)
    assert switch.old == "cameo-body-v1"
    assert switch.seconds is not None
    assert 0 < switch.seconds < 5
    assert used(own) is None, "nothing happens before the answer"


def test_switching_tells_everybody_and_offers_the_way_back(own, models, qtbot) -> None:
    enrol(own.library, 5)
    said: list[Message] = []
    own.message.connect(said.append)
    models.switch_asked.connect(models.switch)
    with qtbot.waitSignals([own.models_changed, own.people_changed, own.footage_changed]):
        models.use("tiny")
    assert used(own) == "tiny"
    with own.library.read() as connection:
        counts = vectors.models_with_vectors(connection, "template", Kind.BODY)
    assert set(counts.values()) == {5}
    assert "5" in said[-1].text
    qtbot.waitUntil(lambda: row(models, "tiny").state == "in use")
    with qtbot.waitSignal(own.people_changed):
        models.use("other")
    said[-1].call()  # back to tiny, whose vectors are there: no question, no work
    qtbot.waitUntil(lambda: used(own) == "tiny")
    settle(own, qtbot)


def test_what_was_done_before_a_switch_cannot_be_undone_after_it(own, models, qtbot) -> None:
    with own.history.recording("enrol"):
        enrol(own.library, 2)
    assert own.history.can_undo
    models.switch_asked.connect(models.switch)
    with qtbot.waitSignal(own.footage_changed):
        models.use("tiny")
    assert own.history.can_undo is None


def test_a_switch_can_be_stopped(own, models, qtbot, monkeypatch) -> None:
    enrol(own.library, 200)
    models.switch_asked.connect(models.switch)

    def stop() -> None:
        if row(models, "tiny").doing == "switching":
            models.stop("tiny")

    models.row_changed.connect(lambda _: stop())
    models.use("tiny")
    settle(own, qtbot)
    assert used(own) is None
    assert row(models, "tiny").doing == ""


def test_measuring_shows_the_speed_and_keeps_it(own, models, qtbot) -> None:
    models.measure(["tiny"])
    assert row(models, "tiny").doing == "measuring"
    assert models.possible(row(models, "tiny")) == ("stop",)
    settle(own, qtbot)
    ms = row(models, "tiny").ms
    assert ms is not None
    models._speeds.clear()
    with qtbot.waitSignal(models.rows_changed):
        models.refresh()
    assert row(models, "tiny").ms == ms, "it was kept in the library"
    own.use_settings(type(own.settings)(threads=3, seen_welcome=True))
    qtbot.waitUntil(lambda: row(models, "tiny").ms is None)  # it was measured with others
    settle(own, qtbot)


def test_terms_without_commercial_use_are_agreed_to_once(own, models, qtbot, monkeypatch) -> None:
    pulled: list[str] = []
    monkeypatch.setattr(ModelStore, "pull", lambda _, name, *a, **k: pulled.append(name))
    with qtbot.waitSignal(models.licence_asked) as asked:
        models.fetch("buffalo_s-embedder")
    assert "non-commercial" in asked.args[0].manifest.licence
    assert pulled == []
    models.accept("buffalo_s-embedder")
    qtbot.waitUntil(lambda: pulled == ["buffalo_s-embedder"])
    models.fetch("buffalo_s-detector")  # the same terms
    qtbot.waitUntil(lambda: len(pulled) == 2)
    models.fetch("sface-2021dec")  # free
    qtbot.waitUntil(lambda: len(pulled) == 3)
    settle(own, qtbot)


def test_what_cannot_be_fetched_says_what_to_do(own, models, qtbot, monkeypatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ModelUnavailable("No source answered. Do this instead.")

    monkeypatch.setattr(ModelStore, "pull", fail)
    models.select("sface-2021dec")
    models.fetch("sface-2021dec")
    qtbot.waitUntil(lambda: models.selected.problem != "")
    assert "Do this instead" in models.selected.problem
    settle(own, qtbot)


def test_the_shipped_model_is_installed_without_a_network(own, models, qtbot) -> None:
    models.fetch("cameo-body-v1")
    qtbot.waitUntil(lambda: row(models, "cameo-body-v1").state == "in use")
    settle(own, qtbot)


def test_a_removed_model_is_gone(own, models, qtbot) -> None:
    models.remove("tiny")
    qtbot.waitUntil(lambda: all(r.name != "tiny" for r in models.rows))
    assert not (own.store.folder / "tiny.onnx").exists()
    settle(own, qtbot)


def test_the_table_is_a_proper_model(models: Models, qtmodeltester: ModelTester) -> None:
    table = InstalledModel()
    qtmodeltester.check(table)
    table.set_rows(models.rows)
    qtmodeltester.check(table)
    place = table.index_of("cameo-body-v1")
    assert place.data(RowRole).name == "cameo-body-v1"
    texts = [place.siblingAtColumn(c).data() for c in Column]
    assert texts[Column.ROLE] == "Recognises bodies"
    assert texts[Column.STATE] == "Not installed"
    assert texts[Column.SIZE] == "396.6 kB"
    assert place.siblingAtColumn(Column.SIZE).data(SortRole) == 396_556
    heads = [table.headerData(c, Qt.Orientation.Horizontal) for c in Column]
    assert len(set(heads)) == len(Column)


def check(importing: Importing, form: Form, qtbot: QtBot) -> None:
    importing.check(form)
    qtbot.waitUntil(lambda: not importing.is_busy, timeout=30000)


def test_an_own_network_is_tried_and_installed(session, tmp_path, tasks, library, qtbot) -> None:
    """With the real models, whose detectors find the people to try it on."""
    own = own_session(tmp_path, library, tasks)
    own._models = session.models()
    importing = Importing(own)
    file = str(tmp_path / "tiny.onnx")
    form = Form(file, "mine", Role.BODY_EMBEDDER, licence="MIT", commercial=True)
    check(importing, form, qtbot)
    assert importing.problem == ""
    assert "does not tell people apart" in importing.verdict()
    facts = dict(importing.facts())
    assert facts["Vector"] == "8 numbers"
    assert "16" in facts["Takes and gives"]
    assert importing.may_install(form)
    assert not importing.may_install(Form(file, "mine", Role.FACE_EMBEDDER))
    with qtbot.waitSignal(importing.installed):
        importing.install()
    assert own.store.manifest("mine").licence == "MIT"
    settle(own, qtbot)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        (Form(), "Choose the .onnx file"),
        (Form("a.onnx", role=Role.FACE_DETECTOR), "which kind of detector"),
        (Form("a.onnx", numbers="own", mean="1 2", std="1 2 3"), "mean: '1 2' is not 3 numbers"),
        (Form("a.onnx", template="1 2 x"), "alignment"),
    ],
)
def test_a_form_that_is_not_filled_in_says_so(own, form: Form, said: str) -> None:
    importing = Importing(own)
    importing.check(form)
    assert said in importing.problem
    assert not importing.may_install(form)


def test_a_file_that_is_no_network_says_so(own, tmp_path, qtbot) -> None:
    (tmp_path / "no.onnx").write_bytes(b"hello")
    importing = Importing(own)
    check(importing, Form(str(tmp_path / "no.onnx"), "mine"), qtbot)
    assert "not an ONNX model" in importing.problem


@pytest.mark.parametrize(
    ("file", "name"),
    [("/a/b/My net_1.onnx", "My-net_1"), ("äö.onnx", ""), ("x.onnx", "x"), ("", "")],
)
def test_a_name_is_proposed(file: str, name: str) -> None:
    assert proposed_name(file) == name
