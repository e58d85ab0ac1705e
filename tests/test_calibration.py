"""The value itself: what scores mean by it, and what is refused when it is read."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reid_core.calibration import Calibration, Interval, Origin
from reid_core.types import Kind

ONE = Calibration(
    model="m@12345678",
    kind=Kind.FACE,
    fmr=1e-3,
    threshold=Interval(0.42, 0.41, None),
    passed=Interval(0.0008, 0.0004, 0.0019),
    missed=Interval(0.05, 0.02, 0.1),
    method="isotonic",
    costs={"logistic": 0.1, "isotonic": 0.09},
    knots=((0.1, -4.0), (0.3, -1.0), (0.5, 3.0)),
    people=100,
    pairs=4950,
    effective=3100.5,
    genuine=220,
    origins=(Origin("gallery", 220, 4950, 100, 0.05, 0.0008), Origin("footage", 0, 9, 4, None, 0)),
    warnings=("Few.",),
    made="2026-01-01T00:00:00+00:00",
)


def test_reading_gives_what_was_written() -> None:
    assert Calibration.from_json(ONE.to_json()) == ONE


def test_likelihood_ratios_are_straight_between_knots_and_level_outside() -> None:
    found = ONE.llr([0.0, 0.1, 0.2, 0.4, 0.5, 0.9])
    assert found == pytest.approx([-4.0, -4.0, -2.5, 1.0, 3.0, 3.0])
    assert ONE.llr(0.4).shape == ()


@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(1e-9, 1 - 1e-9))
def test_probability_is_bayes_rule_and_rises(a: float, b: float, prior: float) -> None:
    low, high = sorted((a, b))
    first, second = ONE.probability([low, high], prior)
    assert 0 <= first <= second <= 1
    odds = math.exp(ONE.llr(a)) * prior / (1 - prior)
    assert ONE.probability(a, prior) == pytest.approx(odds / (1 + odds))


@pytest.mark.parametrize("prior", [0.0, 1.0, -1.0, math.nan])
def test_a_prior_that_is_none_is_refused(prior: float) -> None:
    with pytest.raises(ValueError, match="prior"):
        ONE.probability(0.5, prior)


def test_it_says_what_it_means() -> None:
    assert "Of 1,000 pairs of different people about 0.8 reach it" in ONE.meaning()
    assert "between 0.4 and 1.9" in ONE.meaning()
    assert "about 1 in 1,000 pairs" in ONE.describe()
    assert "between 1 in 2,500 and 1 in 526" in ONE.describe()


def changed(**values: Any) -> str:
    return json.dumps({**json.loads(ONE.to_json()), **values})


HOSTILE = {
    "no text": "",
    "no object": "[]",
    "a number": "7",
    "deep": "[" * 100_000,
    "a field too many": changed(more=1),
    "another format": changed(format=2),
    "a list for a number": changed(fmr=[1]),
    "not a number": changed(fmr=math.nan),
    "beyond all bounds": changed(fmr=7),
    "true for a number": changed(effective=True),
    "a text for a count": changed(people="many"),
    "a count below zero": changed(pairs=-1),
    "an unknown kind": changed(kind="gait"),
    "an unknown method": changed(method="magic"),
    "no knots": changed(knots=[]),
    "knots that fall": changed(knots=[[0.1, 1.0], [0.2, 0.5]]),
    "knots in one place": changed(knots=[[0.1, 1.0], [0.1, 2.0]]),
    "very many knots": changed(knots=[[i / 1e6, 0.0] for i in range(100_000)]),
    "knots of three": changed(knots=[[0.1, 1.0, 2.0], [0.2, 1.0, 2.0]]),
    "endless knots": changed(knots=[[0.1, math.inf], [0.2, math.inf]]),
    "a long text": changed(model="x" * 10_000),
    "a bare interval": changed(passed=0.5),
    "no costs": changed(costs={}),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_anything_else_is_refused_in_few_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"^.{5,60}$"):
        Calibration.from_json(text)


def test_what_scores_mean_survives_the_way_through_text() -> None:
    scores = np.linspace(-1, 1, 101)
    again = Calibration.from_json(ONE.to_json())
    assert again.llr(scores).tolist() == ONE.llr(scores).tolist()
