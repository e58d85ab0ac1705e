"""What was measured of a model on a library's own data: from a similarity to its meaning.

A calibration belongs to one model, one kind and one library. It holds numbers only: no vector, no
picture, no name.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reid_core.types import Kind

Doubles = NDArray[np.float64]
METHODS = ("logistic", "isotonic")
FORMAT = 1
MOST_KNOTS = 1000  # of a map that is read; those that are made have far fewer
LONGEST = 2000  # characters of a text that is read


@dataclass(frozen=True, slots=True)
class Interval:
    """A measured number with its 95 % interval. low, high: None where the data end before it."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Origin:
    """The evidence of one origin: gallery, verdicts, footage or pictures.

    genuine, impostor: comparisons of one person, of two. people: whom they are about. missed,
    passed: the shares of the two sorts that fail at the threshold; None without any.
    """

    name: str
    genuine: int
    impostor: int
    people: int
    missed: float | None
    passed: float | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """How similarities of one model and kind are to be read in one library.

    fmr: the false-match rate that was asked for. threshold: cosine from which two looks count as
    one person; its interval holds the threshold at which the true rate is the asked one. passed:
    of pairs of two people those that reach the threshold, its interval holds the true rate at that
    very threshold. missed: of comparisons of one person those that do not reach it. knots: the map
    from score to natural log-likelihood ratio, straight between them, level outside. costs: by
    method, on people held out (`evaluate.calibrate.choose`); 0 is perfect, 1 is worthless. people:
    with impostor pairs; pairs: of two people; effective: how many unrelated ones they are worth.
    made: UTC, ISO 8601.
    """

    model: str
    kind: Kind
    fmr: float
    threshold: Interval
    passed: Interval
    missed: Interval
    method: str
    costs: dict[str, float]
    knots: tuple[tuple[float, float], ...]
    people: int
    pairs: int
    effective: float
    genuine: int
    origins: tuple[Origin, ...]
    warnings: tuple[str, ...]
    made: str

    def llr(self, scores: ArrayLike) -> Doubles:
        """Natural log-likelihood ratios of cosines, same shape: above 0 speaks for one person.

        Never beyond what the evidence supports: about the logarithm of how many pairs there were.
        """
        at, value = zip(*self.knots, strict=True)
        given = np.asarray(scores, np.float64)
        return np.asarray(np.interp(given, at, value), np.float64)

    def probability(self, scores: ArrayLike, prior: float) -> Doubles:
        """That it is the same person, by Bayes' rule. prior: before the pictures were compared.

        Raises ValueError for a prior outside (0, 1).
        """
        if not 0 < prior < 1:
            raise ValueError(f"prior is {prior}, expected more than 0 and less than 1")
        odds = self.llr(scores) + math.log(prior / (1 - prior))
        return np.asarray(1 / (1 + np.exp(-odds)), np.float64)

    def describe(self) -> str:
        """On what it rests, in words that fit behind the threshold."""
        low, high = self.passed.low, self.passed.high
        least = f"1 in {1 / low:,.0f}" if low else "none"
        most = f"1 in {1 / high:,.0f}" if high else "all"
        return (
            f"on your data about 1 in {1 / self.fmr:,.0f} pairs of different people reach it, "
            f"between {least} and {most}"
        )

    def meaning(self) -> str:
        """A sentence for whoever has to decide by it."""
        base = 10 ** max(2, math.ceil(-math.log10(self.fmr)))
        low, value, high = (
            f"{base * (v or 0.0):.2g}"
            for v in (self.passed.low, self.passed.value, self.passed.high)
        )
        return (
            f"Of {base:,} pairs of different people about {value} reach it; the true number is "
            f"between {low} and {high} (95 % interval over {self.people:,} people)."
        )

    def to_json(self) -> str:
        """As text, for the database and for files."""
        return json.dumps({"format": FORMAT, **asdict(self), "kind": str(self.kind)})

    @classmethod
    def from_json(cls, text: str) -> Calibration:
        """Read what `to_json` wrote. Raises ValueError, in few words, for anything else."""
        try:
            return _read(json.loads(text))
        except ValueError as error:
            raise ValueError(_short(error)) from error
        except (TypeError, KeyError, AttributeError, RecursionError) as error:
            raise ValueError("it is not what was written") from error


def _read(given: Any) -> Calibration:
    if given.pop("format") != FORMAT:
        raise ValueError("its format is another")
    if set(given) != {f.name for f in fields(Calibration)}:
        raise ValueError("its fields are others")
    costs = {m: _number(given["costs"][m], 0, 1e6) for m in METHODS}
    method = given["method"]
    if method not in METHODS:
        raise ValueError("its method is unknown")
    return Calibration(
        model=_text(given["model"]),
        kind=Kind(given["kind"]),
        fmr=_number(given["fmr"], 1e-12, 1),
        threshold=_interval(given["threshold"], -2, 2),
        passed=_interval(given["passed"], 0, 1),
        missed=_interval(given["missed"], 0, 1),
        method=method,
        costs=costs,
        knots=_knots(given["knots"]),
        people=_count(given["people"]),
        pairs=_count(given["pairs"]),
        effective=_number(given["effective"], 0, 1e15),
        genuine=_count(given["genuine"]),
        origins=tuple(_origin(one) for one in given["origins"]),
        warnings=tuple(_text(one) for one in given["warnings"]),
        made=_text(given["made"]),
    )


def _origin(given: Mapping[str, Any]) -> Origin:
    missed, passed = (
        None if given[name] is None else _number(given[name], 0, 1) for name in ("missed", "passed")
    )
    genuine, impostor, people = (_count(given[n]) for n in ("genuine", "impostor", "people"))
    return Origin(_text(given["name"]), genuine, impostor, people, missed, passed)


def _interval(given: Mapping[str, Any], least: float, most: float) -> Interval:
    low, high = (
        None if given[name] is None else _number(given[name], least, most)
        for name in ("low", "high")
    )
    return Interval(_number(given["value"], least, most), low, high)


def _knots(given: Any) -> tuple[tuple[float, float], ...]:
    if not 2 <= len(given) <= MOST_KNOTS:
        raise ValueError("its map is empty or too long")
    knots = tuple((_number(x, -2, 2), _number(y, -1e3, 1e3)) for x, y in given)
    if any(b[0] <= a[0] or b[1] < a[1] for a, b in pairwise(knots)):
        raise ValueError("its map does not rise")
    return knots


def _number(given: Any, least: float, most: float) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise TypeError("a number is none")
    if not least <= given <= most:  # also refuses NaN
        raise ValueError("a number is out of bounds")
    return float(given)


def _count(given: Any) -> int:
    if not isinstance(given, int) or isinstance(given, bool) or not 0 <= given < 1 << 62:
        raise TypeError("a count is none")
    return given


def _text(given: Any) -> str:
    if not isinstance(given, str) or len(given) > LONGEST:
        raise TypeError("a text is none")
    return given


def _short(error: Exception) -> str:
    text = str(error)
    return text if len(text) < 60 else type(error).__name__
