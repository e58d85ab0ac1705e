"""Old against new on what was held out: is a retrained model better, and how sure is that?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reid_core.evaluate.paired import (
    LEAST_PEOPLE,
    MAIN,
    ROUNDS,
    Case,
    Draws,
    Figure,
    HeldPairs,
    open_set,
    pairs_of,
    rankings,
    verification,
)
from reid_core.evaluate.ranking import Ranked, rank_each
from reid_core.types import Floats

BINS = 40
SHOWN = 12  # queries named that got better, and worse


@dataclass(frozen=True, slots=True)
class Change:
    """A held-out row whose first match moved. rows: numbers of rows of what was compared.

    old, new: the place of its first match, from 0. wrong: who stood first and should not have,
    in the model where that was so; None if nobody.
    """

    row: int
    old: int
    new: int
    wrong: int | None


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts of held-out pairs by cosine, for one model. edges: one more than counts."""

    edges: tuple[float, ...]
    same: tuple[int, ...]
    different: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """decision: better, uncertain, worse or none (nothing to compare). sentence: why, in words.

    people: held out. better, worse: the changes that are largest, each way.
    """

    decision: str
    sentence: str
    people: int
    figures: tuple[Figure, ...] = ()
    old: Histogram | None = None
    new: Histogram | None = None
    better: tuple[Change, ...] = ()
    worse: tuple[Change, ...] = ()

    @property
    def is_offered(self) -> bool:
        """Whether the new model may be accepted without overriding this."""
        return self.decision == "better"

    @property
    def main(self) -> Figure | None:
        """The figure that decides."""
        return next((f for f in self.figures if f.name == MAIN), None)


def judge(
    case: Case, *, fmr: float = 1e-3, fpir: float = 0.05, rounds: int = ROUNDS, seed: int = 0
) -> Verdict:
    """Compare two models on the held-out rows.

    fmr: false-match rate of the threshold; where there are too few strangers to set it, the next
    of 1 in 100 and 1 in 10. fpir: of identification against the known people's looks.
    """
    held = case.split.held
    people = len(np.unique(case.people[held]))
    old, new = (rank_each(x, case.people, case.looks, held) for x in (case.old, case.new))
    judged = len(np.unique(case.people[old.rows]))
    if judged < LEAST_PEOPLE:
        return Verdict("none", _too_few(judged), people)
    draw, pairs = Draws(rounds=rounds, seed=seed), pairs_of(case)
    figures = [
        *rankings(case, old, new, draw),
        *verification(case, pairs, draw, fmr),
        *open_set(case, draw, fpir),
    ]
    better, worse = _changes(old, new, case)
    before, after = (_histogram(pairs, x) for x in (case.old, case.new))
    decision, sentence = decide(figures, judged)
    return Verdict(decision, sentence, people, tuple(figures), before, after, better, worse)


def decide(figures: Sequence[Figure], people: int) -> tuple[str, str]:
    """What the figures come to: "better" needs the main one above zero for sure and none below."""
    main = next(f for f in figures if f.name == MAIN)
    worse = [f.name for f in figures if f.is_worse]
    how = (
        f"{main.name} {main.old:.1%} → {main.new:.1%} "
        f"({main.low:+.1%} to {main.high:+.1%} with 95 % confidence, {people} people held out)"
    )
    if main.is_worse:
        return "worse", f"The new model is worse: {how}."
    if not main.is_better:
        return "uncertain", f"No improvement that is certain: {how}."
    if worse:
        return "uncertain", f"Better in part, but worse in {', '.join(worse)}: {how}."
    return "better", f"The new model is better: {how}."


def _histogram(pairs: HeldPairs, vectors: Floats) -> Histogram:
    scores, edges = pairs.scores(vectors), np.linspace(-1, 1, BINS + 1)
    counts = [np.histogram(scores[w], edges)[0].tolist() for w in (pairs.same, ~pairs.same)]
    return Histogram(tuple(edges.round(4).tolist()), tuple(counts[0]), tuple(counts[1]))


def _changes(old: Ranked, new: Ranked, case: Case) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
    moved = np.log1p(old.place) - np.log1p(new.place)
    order = np.argsort(-moved, kind="stable")
    better = [_change(old, new, i, old, case) for i in order[:SHOWN].tolist() if moved[i] > 0]
    worse = [_change(old, new, i, new, case) for i in order[::-1][:SHOWN].tolist() if moved[i] < 0]
    return tuple(better), tuple(worse)


def _change(old: Ranked, new: Ranked, i: int, bad: Ranked, case: Case) -> Change:
    row, first = int(old.rows[i]), int(bad.best[i])
    wrong = first if case.people[first] != case.people[row] else None
    return Change(row, int(old.place[i]), int(new.place[i]), wrong)


def _too_few(people: int) -> str:
    return (
        f"There is too little to judge by: {people} people could be held out with two looks, "
        f"{LEAST_PEOPLE} are needed. Enrol more people, or more pictures of each."
    )
