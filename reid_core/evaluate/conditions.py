"""Error rates split by condition: does one threshold serve all?

Pairs are put into groups by what their two pictures are like: by the poorer of the two for an
ordered measure, by the group that both belong to for a label, by both cameras for cameras. FMR
and FNMR of each group at one threshold show whom it serves worse (ISO/IEC 19795-10; Grother et
al., NISTIR 8280, 2019). Intervals come from a bootstrap over identities.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement, pairwise

import numpy as np

from reid_core.evaluate.allpairs import Bools, Doubles, Ids, Rows, Scored
from reid_core.evaluate.identity_bootstrap import share_interval
from reid_core.evaluate.intervals import Share

BANDS = 3  # of an ordered measure, equally many pictures in each
FACTOR = 2.0  # how many times a rate must be another's to be worth a warning
FEW = 5  # people, with fewer a group says nothing


@dataclass(frozen=True, slots=True, eq=False)
class Grouping:
    """How pairs are grouped. by: the condition. of: (N,) kind of each picture, -1 for none.

    pairs: (K, K) group of a pair of two kinds, -1 for none. names: of the groups. how: in words.
    """

    by: str
    of: Ids
    pairs: Ids
    names: tuple[str, ...]
    how: str


@dataclass(frozen=True, slots=True)
class Group:
    """One condition. people: identities in it. fmr, fnmr: None where there is no such pair.

    recurring: of how many people there are pairs of one person.
    """

    name: str
    people: int
    genuine: int
    impostors: int
    fmr: Share | None
    fnmr: Share | None
    recurring: int


@dataclass(frozen=True, slots=True)
class Condition:
    """Rates by group at one threshold. target: the FMR for which it was set, over all pairs.

    spread: how many times the highest FMR and FNMR of a group are the lowest; None where the
    lowest is 0 or there are not two. warnings: sentences where one threshold cannot serve all.
    """

    by: str
    how: str
    threshold: float
    target: float
    groups: tuple[Group, ...]
    warnings: tuple[str, ...]
    spread: dict[str, float | None]


def bands(by: str, values: Doubles, *, digits: int, unit: str = "") -> Grouping:
    """By an ordered measure, in bands with equally many pictures. values: (N,), NaN for none."""
    known = values[np.isfinite(values)]
    inner = np.unique(np.quantile(known, np.arange(1, BANDS) / BANDS)) if len(known) else known
    inner = inner[inner > known.min()] if len(known) else inner
    of = np.where(np.isfinite(values), np.searchsorted(inner, values, "right"), -1)
    cuts = [known.min(), *inner, known.max()] if len(known) else []
    text = [f"{cut:.{digits}f}" for cut in cuts]
    names = tuple(f"{a} to {b}{unit}" for a, b in pairwise(text))
    kinds = np.arange(len(names))
    poorer = np.minimum(kinds[:, None], kinds)
    return Grouping(by, of, poorer, names, "a pair counts with the lower of its two pictures")


def labels(by: str, given: Sequence[str]) -> Grouping:
    """By a label, "" for none: pairs of which both pictures have it."""
    names = sorted(set(given) - {""})
    number = {name: i for i, name in enumerate(names)}
    of = np.array([number.get(label, -1) for label in given], np.int64)
    own = np.where(np.eye(len(names), dtype=bool), np.arange(len(names)), -1)
    return Grouping(by, of, own, tuple(names), "pairs of which both pictures are in the group")


def cameras(numbers: Ids) -> Grouping:
    """By both cameras of a pair."""
    known, of = np.unique(numbers, return_inverse=True)
    names: list[str] = []
    table = np.full((len(known), len(known)), -1)
    for a, b in combinations_with_replacement(range(len(known)), 2):
        table[a, b] = table[b, a] = len(names)
        names.append(f"{known[a]} and {known[b]}" if a != b else f"{known[a]} alone")
    return Grouping("camera", of.astype(np.int64), table, tuple(names), "by the cameras of a pair")


def split(
    rows: Rows,
    genuine: Scored,
    accepted: Scored,
    grouping: Grouping,
    *,
    threshold: float,
    target: float,
    drawn: Sequence[Doubles],
    impostors: Scored | None = None,
) -> Condition:
    """FMR and FNMR by group.

    genuine: every pair of one person. accepted: the pairs of two people at or above the
    threshold. drawn: how often each identity is drawn, by bootstrap draw. impostors: every pair
    of two people that counts; None for all that the pictures make.
    """
    of, table = grouping.of, grouping.pairs
    if not grouping.names:
        return Condition(grouping.by, grouping.how, threshold, target, (), (), {})
    n, weights = len(grouping.names), np.array([np.ones(len(rows.pictures)), *drawn])
    missed = genuine.scores < threshold
    fnmr, per_person = _of_one(rows, genuine, missed, _groups(of, table, genuine), n, weights)
    hits = _of_two(rows, accepted, _groups(of, table, accepted), n, weights)
    if impostors is None:
        totals = _pairs_of_two(rows, of, table, n, weights)
    else:
        totals = _of_two(rows, impostors, _groups(of, table, impostors), n, weights)
    with np.errstate(invalid="ignore", divide="ignore"):
        fmr = hits / totals
    people = _people(rows, of, table, n)
    recurring = np.count_nonzero(per_person, axis=0).tolist()

    def grouped(confidence: float) -> tuple[Group, ...]:
        return tuple(
            Group(
                name,
                people[g],
                int(per_person[:, g].sum()),
                round(totals[0, g]),
                _share(fmr[:, g], max(people[g] * (people[g] - 1) // 2, 1), confidence),
                _share(fnmr[:, g], recurring[g], confidence),
                recurring[g],
            )
            for g, name in enumerate(grouping.names)
        )

    # of many groups some lie apart by chance: what warns is 95 % sure for all of them (Bonferroni)
    groups, strict = grouped(0.95), grouped(1 - 0.05 / n)
    said = tuple(warnings(groups, strict, target=target))
    spread = {name: _spread(_rated(groups, name)) for name in ("fmr", "fnmr")}
    return Condition(grouping.by, grouping.how, threshold, target, groups, said, spread)


def warnings(groups: Sequence[Group], strict: Sequence[Group], *, target: float) -> list[str]:
    """Sentences where one threshold cannot serve all.

    strict: the same groups with the intervals that decide. Groups of fewer than `FEW` people are
    left out. A rate is above the target when its whole interval is; two rates differ when one is
    at least `FACTOR` times the other and their intervals do not meet.
    """
    known = [(g, s) for g, s in zip(groups, strict, strict=True) if g.people >= FEW]
    said = []
    for g, s in known:
        if g.fmr and s.fmr and s.fmr.low > target:
            said.append(
                f"In {g.name!r} two people are taken for one at a rate of {g.fmr.value:.2g} "
                f"({g.fmr.low:.2g} to {g.fmr.high:.2g}), above the {target:.2g} that the threshold "
                "was set for."
            )
    for what, name in (("FMR", "fmr"), ("FNMR", "fnmr")):
        shown, deciding = (_rated(some, name) for some in (groups, strict))
        rated = [(rate, deciding[group], group) for group, rate in shown.items()]
        if len(rated) > 1 and (sentence := _apart(what, rated)):
            said.append(sentence)
    return said


def _rated(groups: Sequence[Group], name: str) -> dict[str, Share]:
    """The rates, by group, that are of enough people to show anything."""
    enough = {
        g.name: (g.fmr if name == "fmr" else g.fnmr)
        for g in groups
        if (g.people if name == "fmr" else g.recurring) >= FEW
    }
    return {group: rate for group, rate in enough.items() if rate is not None}


def _spread(rated: Mapping[str, Share]) -> float | None:
    values = [rate.value for rate in rated.values()]
    if len(values) < 2 or min(values) <= 0:
        return None
    return round(max(values) / min(values), 2)


def _apart(what: str, rated: Sequence[tuple[Share, Share, str]]) -> str:
    """A sentence when the lowest and the highest rate surely differ much."""
    low, strict_low, least = min(rated, key=lambda r: r[0].value)
    high, strict_high, most = max(rated, key=lambda r: r[0].value)
    if strict_high.low <= strict_low.high or high.value < FACTOR * low.value:
        return ""
    times = f"{high.value / low.value:.1f} times" if low.value > 0 else "far above"
    return (
        f"One threshold cannot serve all: {what} is {high.value:.2g} ({high.low:.2g} to "
        f"{high.high:.2g}) in {most!r}, {times} the {low.value:.2g} ({low.low:.2g} to "
        f"{low.high:.2g}) in {least!r}."
    )


def _groups(of: Ids, table: Ids, pairs: Scored) -> Ids:
    """(M,) the group of each pair, -1 for none."""
    if not table.size:
        return np.full(len(pairs), -1)
    a, b = of[pairs.first], of[pairs.second]
    return np.where((a >= 0) & (b >= 0), table[a, b], -1)


def _of_one(
    rows: Rows, pairs: Scored, missed: Bools, groups: Ids, n: int, weights: Doubles
) -> tuple[Doubles, Ids]:
    """(R, K) rates over pairs of one person, and (I, K) how many pairs each person has."""
    who, inside = rows.ids[pairs.first], groups >= 0
    cell = who[inside] * n + groups[inside]
    size = len(rows.pictures) * n
    total = np.bincount(cell, minlength=size).reshape(-1, n)
    lost = np.bincount(cell, missed[inside].astype(float), minlength=size).reshape(-1, n)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (weights @ lost) / (weights @ total), total


def _of_two(rows: Rows, accepted: Scored, groups: Ids, n: int, weights: Doubles) -> Doubles:
    """(R, K) pairs of two people that are accepted, weighted."""
    inside = groups >= 0
    first, second = rows.ids[accepted.first[inside]], rows.ids[accepted.second[inside]]
    each, where = accepted.stands_for[inside], groups[inside]
    return np.array([np.bincount(where, w[first] * w[second] * each, n) for w in weights])


def _pairs_of_two(rows: Rows, of: Ids, table: Ids, n: int, weights: Doubles) -> Doubles:
    """(R, K) pairs of two people there are, weighted. Copies of one person are not two."""
    kinds, known = len(table), of >= 0
    cell = rows.ids[known] * kinds + of[known]
    own = np.bincount(cell, minlength=len(rows.pictures) * kinds).reshape(-1, kinds)
    sums, totals = weights @ own, np.zeros((len(weights), n))
    for a, b in combinations_with_replacement(range(kinds), 2):
        if table[a, b] >= 0:
            both = sums[:, a] * sums[:, b] - weights**2 @ (own[:, a] * own[:, b])
            totals[:, table[a, b]] += both / (2 if a == b else 1)
    return totals


def _people(rows: Rows, of: Ids, table: Ids, n: int) -> list[int]:
    """How many identities have a picture that could be in a pair of each group."""
    result = []
    for g in range(n):
        kinds = np.flatnonzero((table == g).any(axis=1))
        result.append(len(np.unique(rows.ids[np.isin(of, kinds)])))
    return result


def _share(drawn: Doubles, units: int, confidence: float) -> Share | None:
    """The first is of all, the others of the draws."""
    value = float(drawn[0])
    if not np.isfinite(value):
        return None
    draws = np.asarray(drawn[1:])
    low, high = share_interval(draws, value, units=units, confidence=confidence)
    return Share(float(f"{value:.4g}"), float(f"{low:.4g}"), float(f"{high:.4g}"))
