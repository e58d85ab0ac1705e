"""How sure a match is, without a window: measuring, keeping, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from PySide6.QtCore import QLocale
from pytestqt.qtbot import QtBot

from app.likeness import chance, in_full, likeness, meaning
from app.session import Session
from app.tasks import Job
from app.viewmodels import calibrating_words as words
from app.viewmodels.calibrating import Calibrating, Standing
from reid_core.actions import calibrate as core
from reid_core.actions.calibrate import Calibrated
from reid_core.calibration import Calibration, Interval, Origin
from reid_core.errors import TooFewPairs
from reid_core.library import calibrations, schema
from reid_core.models.store import ModelStore
from reid_core.search.decide import Threshold
from reid_core.types import Kind
from tests.app.calibrating_made import LONG_MS

BODY, FACE = Kind.BODY, Kind.FACE
ONE = Calibration(
    model="tiny@1",
    kind=BODY,
    fmr=1e-3,
    threshold=Interval(0.5, 0.48, 0.53),
    passed=Interval(0.0011, 0.0004, 0.0019),
    missed=Interval(0.046, 0.029, 0.068),
    method="logistic",
    costs={"logistic": 0.1, "isotonic": 0.2},
    knots=((0.0, -6.0), (1.0, 6.0)),
    people=61,
    pairs=1100,
    effective=900.0,
    genuine=104,
    origins=(Origin("gallery", 104, 1000, 61, 0.05, 0.001), Origin("footage", 0, 100, 9, None, 0)),
    warnings=(),
    made="2026-05-03T10:00:00+00:00",
)


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.English))
    yield
    QLocale.setDefault(before)


@pytest.fixture
def calibrating(crowded: Session, qtbot: QtBot) -> Calibrating:
    return read(crowded, qtbot)


def read(session: Session, qtbot: QtBot) -> Calibrating:
    """The view-model once it has looked at what is kept."""
    made = Calibrating(session, session)
    made.refresh()
    qtbot.waitUntil(lambda: bool(made.standings), timeout=LONG_MS)
    return made


def measure(calibrating: Calibrating, qtbot: QtBot, fmr: float = 1e-2) -> Calibrated:
    calibrating.measure(BODY, fmr)
    assert calibrating.is_busy(BODY)
    qtbot.waitUntil(lambda: not calibrating.is_busy(BODY), timeout=LONG_MS)
    return calibrating.found[BODY]


def kept(session: Session) -> Calibration | None:
    with session.library.read() as connection:
        return calibrations.get(connection, session.models().model_id(BODY), BODY)


def settle(session: Session, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not session.tasks.jobs, timeout=LONG_MS)


# ---- measuring, keeping, undoing


def test_what_is_measured_is_kept_only_when_it_is_taken(
    calibrating: Calibrating, crowded: Session, qtbot: QtBot
) -> None:
    found = measure(calibrating, qtbot)
    assert not found.kept
    assert kept(crowded) is None
    assert calibrating.standings[BODY].kept is None
    calibrating.apply(BODY)
    qtbot.waitUntil(lambda: calibrating.standings[BODY].kept == found.calibration)
    assert BODY not in calibrating.found
    crowded.undo()
    qtbot.waitUntil(lambda: calibrating.standings[BODY].kept is None)
    crowded.redo()
    qtbot.waitUntil(lambda: calibrating.standings[BODY].kept == found.calibration)
    calibrating.remove(BODY)
    qtbot.waitUntil(lambda: not calibrating.standings[BODY].can_remove)
    assert kept(crowded) is None
    crowded.undo()
    qtbot.waitUntil(lambda: calibrating.standings[BODY].kept == found.calibration)
    settle(crowded, qtbot)


def test_discarding_changes_nothing(
    calibrating: Calibrating, crowded: Session, qtbot: QtBot
) -> None:
    measure(calibrating, qtbot)
    with qtbot.waitSignal(calibrating.changed):
        calibrating.discard(BODY)
    assert not calibrating.found
    calibrating.apply(BODY)
    settle(crowded, qtbot)
    assert kept(crowded) is None
    assert crowded.history.can_undo is None


def test_it_is_listed_can_be_stopped_and_runs_in_no_lane_that_pages_wait_for(
    calibrating: Calibrating, crowded: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forever(*_: object, progress, **__: object) -> None:
        while True:
            progress(0.5, "footage")

    monkeypatch.setattr(core, "calibrate", forever)
    with qtbot.waitSignal(crowded.tasks.started) as started:
        calibrating.measure(BODY, 1e-2)
    job: Job = started.args[0]
    assert job.page == "models"
    assert not job.loses
    qtbot.waitUntil(lambda: job.share > 0)
    calibrating.measure(BODY, 1e-2)  # no second one beside it
    assert [j for j in crowded.tasks.jobs if j.shown] == [job]
    calibrating.stop(BODY)
    qtbot.waitUntil(lambda: not calibrating.is_busy(BODY))
    assert job.state == "cancelled"
    assert not calibrating.found
    assert not calibrating.advice


def test_too_little_is_advice_and_no_error(
    calibrating: Calibrating, crowded: Session, qtbot: QtBot
) -> None:
    told: list[object] = []
    crowded.message.connect(told.append)
    calibrating.measure(BODY, 1e-6)
    qtbot.waitUntil(lambda: not calibrating.is_busy(BODY), timeout=LONG_MS)
    assert "people make" in calibrating.advice[BODY]
    assert BODY in calibrating.lacks
    assert not told
    measure(calibrating, qtbot)
    assert not calibrating.advice
    assert not calibrating.lacks


def test_another_model_lets_go_of_what_was_measured(
    calibrating: Calibrating, crowded: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure(calibrating, qtbot)
    crowded.models_changed.emit()
    assert not calibrating.found

    def late(*_: object, progress, **__: object) -> Calibrated:
        raise TooFewPairs("of the model before")

    monkeypatch.setattr(core, "calibrate", late)
    calibrating.measure(BODY, 1e-2)
    crowded.models_changed.emit()
    assert not calibrating.is_busy(BODY)
    settle(crowded, qtbot)
    assert not calibrating.advice


def test_a_calibration_that_cannot_be_read_can_be_taken_away(
    calibrating: Calibrating, crowded: Session, qtbot: QtBot
) -> None:
    measure(calibrating, qtbot)
    calibrating.apply(BODY)
    qtbot.waitUntil(lambda: calibrating.standings[BODY].kept is not None)
    with crowded.library.transaction("damage") as tx:
        tx.execute(sa.update(schema.calibration).values(data="{}"))
    calibrating.refresh()
    qtbot.waitUntil(lambda: bool(calibrating.standings[BODY].problem))
    assert "cannot be read" in words.state(calibrating.standings[BODY])
    calibrating.remove(BODY)
    qtbot.waitUntil(lambda: not calibrating.standings[BODY].problem)
    settle(crowded, qtbot)


def test_looking_fetches_no_model(
    calibrating: Calibrating, crowded: Session, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    assert crowded.store.path("tiny").is_file()
    pulled: list[str] = []
    monkeypatch.setattr(ModelStore, "pull", lambda _, name, *a, **k: pulled.append(name))
    crowded.models_changed.emit()
    with qtbot.waitSignal(calibrating.changed):
        calibrating.refresh()
    settle(crowded, qtbot)
    assert not pulled
    assert "not installed" in words.state(calibrating.standings[FACE])
    assert calibrating.standings[BODY].model


# ---- the words


def test_how_it_stands_in_a_sentence(qtbot: QtBot) -> None:
    reference = Threshold(0.931, "reference", "LFW at one false match in 1,000 pairs of strangers")
    assert words.state(Standing(FACE, "dlib@1", reference)).startswith(
        "Uncalibrated: 0.931 is a reference from LFW"
    )
    assert words.state(Standing(BODY, "tiny@1", reference, ONE)) == (
        "Calibrated on 1,100 pairs of different people (61 people): about 1.1 in 1,000 "
        "(0.4 to 1.9) pass."
    )
    assert words.state(Standing(FACE, problem="Nothing is there.")) == "Nothing is there."


def test_the_numbers_of_a_calibration(qtbot: QtBot) -> None:
    assert words.threshold(ONE) == "0.500 (0.480 to 0.530)"
    assert words.threshold(replace(ONE, threshold=Interval(0.5, None, None))) == "0.500 (? to ?)"
    assert words.missed(ONE) == "4.6% (2.9% to 6.8%) of looks at one and the same person"
    assert words.table(ONE) == [
        ("People enrolled", "61", "104", "1,000"),
        ("Footage without names", "9", "0", "100"),
    ]
    assert [words.rate(f) for f in (1e-2, 1e-3, 1e-4)] == ["1 in 100", "1 in 1,000", "1 in 10,000"]
    done = Calibrated(ONE, Threshold(None, "none", ""), 7, 2, ("A note.",), False)
    assert words.before(done) == "none"
    assert words.notes(done)[0] == "A note."
    assert words.notes(done)[1].startswith("Of 7 appearances that you said are somebody else, 2")


@pytest.mark.parametrize(
    ("probability", "said"),
    [(0.9996, "over 99%"), (0.98, "98%"), (0.5, "50%"), (0.0001, "under 1%"), (0.0, "under 1%")],
)
def test_no_probability_claims_certainty(qtbot: QtBot, probability: float, said: str) -> None:
    assert chance(probability) == said
    assert likeness(0.7, probability) == f"{said} probable"


def test_a_similarity_says_that_it_is_uncalibrated(qtbot: QtBot) -> None:
    assert in_full(0.714, None, is_calibrated=False) == "similarity 0.71, uncalibrated"
    assert in_full(0.714, None, is_calibrated=True) == "similarity 0.71"
    assert in_full(0.714, 0.98, is_calibrated=True) == "98% probable"
    said = {
        meaning(p, is_calibrated=c, is_search=s)
        for p, c, s in (
            (0.5, True, True),
            (0.5, True, False),
            (None, True, True),
            (None, False, True),
        )
    }
    assert len(said) == 4


def test_what_the_core_warns_of_is_known_to_the_window() -> None:
    """As sentences that are translated; see app/from_core.py."""
    from app.from_core import SENTENCES

    for start in ("The threshold rests on few pairs", "At this threshold", "That one person"):
        assert any(str(s).startswith(start) for s in SENTENCES), start
