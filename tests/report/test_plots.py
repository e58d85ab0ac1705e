"""Plots put points where their axes say, can be read without seeing them, and escape all text."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from scipy.stats import norm

from reid_core.report import plots
from reid_core.report.plots import Axis, Line

SVG = "{http://www.w3.org/2000/svg}"
EVIL = '<script>alert("x")</script> & "quotes"'


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def points(svg: str, kind: str) -> list[list[tuple[float, float]]]:
    found = re.findall(rf'class="{kind} [^"]*" points="([^"]*)"', svg)
    return [[tuple(map(float, p.split(","))) for p in text.split()] for text in found]


UNIT = Axis("x", 0.0, 1.0, (0.0, 0.5, 1.0))


def test_lines_go_from_corner_to_corner() -> None:
    line = Line("a", np.array([0.0, 0.5, 1.0]), np.array([0.0, 0.5, 1.0]))
    ((first, middle, last),) = points(plots.lines("t", "d", UNIT, UNIT, [line]), "line")
    left, right = plots.LEFT, plots.WIDTH - plots.RIGHT
    top, bottom = plots.TOP, plots.HEIGHT - plots.BOTTOM
    assert first == (left, bottom)
    assert last == (right, top)
    assert middle == ((left + right) / 2, (top + bottom) / 2)


def test_what_lies_outside_is_left_out() -> None:
    line = Line("a", np.array([-1.0, 0.2, 0.8, 0.9]), np.array([0.5, 0.5, 0.5, 7.0]))
    (seen,) = points(plots.lines("t", "d", UNIT, UNIT, [line]), "line")
    assert len(seen) == 2


def test_a_normal_deviate_axis_makes_normal_errors_straight() -> None:
    """Scores of two normal distributions of one width give a straight line of slope -1."""
    at = np.linspace(-1, 3, 9)
    fmr, fnmr = norm.sf(at), norm.cdf(at - 2)
    x, y = plots.rates_axis("FMR", fmr), plots.rates_axis("FNMR", fnmr)
    across, up = x.share(fmr), y.share(fnmr)
    assert np.ptp(np.diff(across)) < 1e-9
    assert np.ptp(np.diff(up)) < 1e-9
    ends = np.array([x.low, x.high])
    assert norm.ppf(ends).tolist() == pytest.approx(
        (norm.ppf(fmr[0]) + (ends_of(across)) * (norm.ppf(fmr[-1]) - norm.ppf(fmr[0]))).tolist()
    )


def ends_of(across: np.ndarray) -> np.ndarray:
    """Where the axis ends lie, in shares of the way from the first point to the last."""
    return (np.array([0.0, 1.0]) - across[0]) / (across[-1] - across[0])


@pytest.mark.parametrize(
    ("values", "low", "high"),
    [
        ([0.0, 1.0], 0.01, 0.5),
        ([3e-6, 0.3], 1e-6, 0.5),
        ([1e-12, 0.001], 1e-7, 0.05),
        ([0.3, 0.9999], 0.2, 0.99),
        ([0.05, 0.05], 0.01, 0.05),
        ([0.995, 0.995], 0.95, 0.99),
    ],
)
def test_axes_of_rates_hold_what_is_drawn(values: list[float], low: float, high: float) -> None:
    axis = plots.rates_axis("r", np.array(values))
    assert (axis.low, axis.high) == (low, high)
    assert axis.ticks[0] == low
    assert axis.ticks[-1] == high


def test_an_axis_can_end_before_what_nobody_asks_for() -> None:
    assert plots.rates_axis("r", np.array([0.001, 0.9]), most=0.5).high == 0.5


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-0.43, 0.97), (1, 20), (0.9, 1.0), (0, 0)])
def test_even_axes_have_a_few_round_ticks(low: float, high: float) -> None:
    ticks = plots.even_axis("x", low, high).ticks
    assert 1 <= len(ticks) <= 9
    assert all(low - 1e-9 <= t <= high + 1e-9 for t in ticks)
    assert all(len(f"{t:g}") <= 5 for t in ticks)


def test_histograms_are_areas_of_their_shares() -> None:
    edges = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
    shares = np.array([0.1, 0.2, 0.4, 0.3])
    svg = plots.histograms("t", "d", "similarity", edges, [("a", shares), ("b", shares[::-1])])
    (corners, _) = points(svg, "area")
    # shoelace formula, against the sum of the columns in the same units
    x, y = np.array(corners).T
    area = abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2
    width = (plots.WIDTH - plots.LEFT - plots.RIGHT) / 4
    height = (plots.HEIGHT - plots.TOP - plots.BOTTOM) / (0.4 * 1.25)
    assert area == pytest.approx(width * height * shares.sum(), rel=1e-2)


def test_who_cannot_see_it_is_told() -> None:
    line = Line("a", np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    root = parsed(plots.lines(EVIL, "what it shows", UNIT, UNIT, [line]))
    title, about = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert root.get("role") == "img"
    assert title is not None
    assert about is not None
    assert root.get("aria-labelledby") == f"{title.get('id')} {about.get('id')}"
    assert (title.text, about.text) == (EVIL, "what it shows")


def test_names_are_text_whatever_they_are() -> None:
    evil = Axis(EVIL, 0.0, 1.0, (0.0, 1.0))
    line = Line(EVIL, np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    for svg in (
        plots.lines(EVIL, EVIL, evil, evil, [line, line]),
        plots.histograms(EVIL, EVIL, EVIL, np.array([0.0, 1]), [(EVIL, np.array([1.0]))]),
    ):
        assert "<script" not in svg
        parsed(svg)


def test_rates_are_written_for_people() -> None:
    written = [plots.rate(v) for v in (0.5, 0.05, 0.001, 1e-4, 1e-6, 0)]
    assert written == ["50 %", "5 %", "0.1 %", "10⁻⁴", "10⁻⁶", "0"]
