"""The item models of retraining, and what is drawn of a verdict."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.modeltest import ModelTester

from app import theme
from app.models.figures import Column, FiguresModel, figure_rows
from app.models.pairs import PairsModel
from app.models.retrainings import RetrainingsModel
from app.models.rows import SortRole
from app.viewmodels.retrain_rows import Learnt
from app.viewmodels.retrain_words import figure_name, points
from app.views.retrain_figures import FiguresTable
from app.widgets.score_plot import ScorePlot, apart, span
from reid_core.actions.retrain_pairs import Pair, Pictured
from reid_core.library.retrainings import Run
from reid_core.types import Kind

SAID = Qt.ItemDataRole.AccessibleTextRole
MAIN, MISSED = "mAP", "FNIR at FPIR 0.05"


def figure(name: str, low: float, high: float, **more: object) -> dict[str, Any]:
    made = {"name": name, "old": 0.5, "new": 0.5 + (low + high) / 2, "low": low, "high": high}
    made |= {"basis": "40 pictures of 10 people", "is_better": low > 0, "is_worse": high < 0}
    return made | more


def made_run(*figures: dict[str, Any], **more: object) -> Run:
    verdict = {"decision": "better", "sentence": "", "figures": list(figures)}
    values: dict[str, Any] = {
        "id": 7,
        "kind": Kind.BODY,
        "strength": "adapter",
        "state": "judged",
        "base": "b",
        "model": "m",
        "before": {},
        "settings": {},
        "data": {"people": 10, "held_people": 3, "held_looks": 5},
        "verdict": verdict,
        "forgotten": 0,
        "created": "2026-01-02T03:04:05+00:00",
        "decided": None,
        "in_use": False,
    }
    return Run(**(values | more))


def test_a_measure_in_a_row(qtmodeltester: ModelTester, qapp: QApplication) -> None:
    model = FiguresModel()
    missed = figure(MISSED, -0.2, -0.05, lower_is_better=True, is_better=True, is_worse=False)
    model.set_rows(figure_rows(made_run(figure(MAIN, 0.01, 0.04), missed)))
    qtmodeltester.check(model)
    texts = [model.index(0, c).data() for c in Column]
    assert texts == ["All of a person before others (mAP)", "50.0%", "52.5%", "", "+1.0 to +4.0"]
    bars = [model.index(n, Column.BAR).data(SAID) for n in range(2)]
    assert bars == ["better", "better"]
    tip = model.index(1, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert "Less is better" in tip
    assert model.row(model.index(0, 0)).reach == 0.2
    assert [model.index(1, c).data(SortRole) for c in (1, 2)] == [0.5, 0.375]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("rank-1, unseen people", "Right person first (rank-1), people never seen"),
        ("TAR at FMR 0.01", "Recognised, strangers at 1 in 100 (TAR)"),
        ("FNIR at FPIR 0.05", "Missed, false alarms at 5% (FNIR)"),
        ("a measure of later", "a measure of later"),
    ],
)
def test_measures_in_words(name: str, said: str, qapp: QApplication) -> None:
    assert figure_name(name) == said


def test_differences_carry_their_sign(qapp: QApplication) -> None:
    assert [points(v) for v in (0.0123, -0.5, 0.0)] == ["+1.2", "−50.0", "0.0"]


def test_what_was_retrained_in_a_list(qtmodeltester: ModelTester, qapp: QApplication) -> None:
    model = RetrainingsModel()
    runs = [made_run(), made_run(id=8, in_use=True), made_run(id=9, model=None, kind=Kind.FACE)]
    model.set_rows([Learnt(run, ("Ada",)) for run in runs])
    qtmodeltester.check(model)
    told = [model.index(n).data() for n in range(3)]
    assert told[0].startswith("Bodies, adapter, ")
    assert [t.rpartition(", ")[2] for t in told] == ["offered", "in use", "no improvement"]
    assert "7 people" in told[0]


def test_pairs_say_whom_they_show(qtmodeltester: ModelTester, qapp: QApplication) -> None:
    model = PairsModel()
    ada, bob = Pictured("a", "Ada"), Pictured("b", "")
    model.set_rows([Pair(True, ada, bob, 7, 0), Pair(False, ada, None, 0, 2)])
    qtmodeltester.check(model)
    assert [model.index(n).data(SAID) for n in range(2)] == [
        "Ada, no longer taken for somebody not enrolled, right one at place 8, now at 1",
        "Ada, right one at place 1, now at 3",
    ]


COUNTS = {"edges": [-1.0, -0.5, 0.0, 0.5, 1.0], "same": [0, 1, 2, 3], "different": [0, 99, 1, 0]}


def test_the_drawn_span_is_where_pairs_are(qapp: QApplication) -> None:
    empty = {**COUNTS, "same": [0] * 4, "different": [0] * 4}
    assert span([COUNTS, empty]) == (-0.5, 1.0)
    assert span([empty]) == (-1.0, 1.0)


def test_how_far_apart_is_a_share_of_one_persons_pairs() -> None:
    assert apart(COUNTS) == 5 / 6  # above 0 there is 1 in 100 of the pairs of two
    assert apart({**COUNTS, "different": [0, 0, 0, 50]}) == 0.0


def shades(widget: ScorePlot | FiguresTable) -> set[str]:
    image = widget.grab().toImage()
    points = ((x, y) for x in range(image.width()) for y in range(image.height()))
    return {image.pixelColor(x, y).name() for x, y in points}


def test_bars_say_by_colour_and_side_what_is_better(qtbot: object) -> None:
    table = FiguresTable()
    table.resize(600, 200)
    missed = figure(MISSED, -0.2, -0.1, lower_is_better=True, is_better=True, is_worse=False)
    table.show_run(made_run(missed))
    place = table.visualRect(table.rows.index(0, Column.BAR))
    offset = table.viewport().geometry().topLeft()
    image = table.grab().toImage()
    row = place.center().y() + offset.y()
    of_sides = [
        [image.pixelColor(x + offset.x(), row).name() for x in side]
        for side in (
            range(place.left(), place.center().x() - 2),
            range(place.center().x() + 3, place.right()),
        )
    ]
    assert theme.colours().good in of_sides[1], "less of what is bad is to the right"
    assert theme.colours().good not in of_sides[0]
    table.deleteLater()


def test_scores_are_drawn_in_the_colours_of_the_theme(qtbot: object) -> None:
    plot = ScorePlot()
    plot.show_scores(COUNTS, COUNTS)
    plot.resize(500, 240)
    assert {theme.colours().accent, theme.colours().muted} <= shades(plot)
    assert "83% of the pairs of one person" in plot.bands.accessibleDescription()
    plot.show_scores(None, COUNTS)
    assert plot.isHidden()
    plot.deleteLater()
