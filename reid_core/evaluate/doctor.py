"""What is wrong with a gallery: wrong labels, one person under two names, poor or few templates.

Every template is compared with the rest of its person and with everybody else, and judged by how
alike one person's templates are in this very gallery. That is the idea of confident learning: a
label is in doubt where another class is supported as well as that class usually supports its own,
and the given one is not (Northcutt, Jiang and Chuang, "Confident Learning: Estimating Uncertainty
in Dataset Labels", JAIR 70, 2021, section 3). Here the classes are people, the confidence is the
best cosine over their other templates, and the limits come from medians, which a few wrong labels
cannot move. One wrong label makes right ones look wrong as well: the person it was taken from
seems to live under two names. So the worst goes first and is no evidence any more; then the rest
is judged anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from reid_core import quality as rating
from reid_core.evaluate.likeness import NOBODY, Gallery, Scale, measure
from reid_core.evaluate.problems import Problem
from reid_core.protocols import Progress, no_progress
from reid_core.types import Floats

FEW = 2  # templates: with fewer, nothing can be compared
MOST = 0.9  # of the time goes into comparing everybody with everybody, as far as one can say
POOR = 2 * rating.LEAST  # whoever's best template is below it is hardly found

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to look at.

    person: whose. templates: the rows in question. mate: the row of the same person that is most
    like the first of them, with the cosine `own`. other, nearest: who else it may be and their
    row that is most like it, with the cosine `score`; None when it is like nobody. is_even: the
    person has no more templates than these that agree with one another, so either side may be
    wrong; these fit somebody else better. excess: how far beyond the limit, in spreads of the
    gallery; it orders findings of one kind.
    """

    problem: Problem
    person: int
    templates: tuple[int, ...]
    mate: int | None = None
    own: float | None = None
    other: int | None = None
    nearest: int | None = None
    score: float | None = None
    is_even: bool = False
    excess: float = 0.0


@dataclass(frozen=True, slots=True)
class Examination:
    """findings: most serious first. scale: what they were judged by, None where nothing could be
    compared.
    """

    findings: tuple[Finding, ...]
    scale: Scale | None


def examine(
    vectors: Floats,
    people: Ids,
    quality: Floats,
    *,
    reference: float | None = None,
    progress: Progress = no_progress,
) -> Examination:
    """Judge every template of a gallery.

    vectors: (N, D) float32 unit rows of one model. people: (N,) whose each is. quality: (N,) in
    [0, 1]. reference: the cosine from which two are probably the same person, None when that is
    not known; it stands in for the gallery's own figures where that is too small. Rows in the
    answer count in the order given.
    """
    gallery = Gallery(vectors, people)
    case = _Case(gallery, progress)
    scale = measure(gallery, case.own, case.other, reference)
    findings = [] if scale is None else case.findings(scale)
    findings += _poor(gallery, quality)
    findings += [
        Finding(Problem.TOO_FEW, person, tuple(rows.tolist()))
        for person, rows in gallery
        if len(rows) < FEW
    ]
    order = list(Problem)
    findings.sort(key=lambda f: (order.index(f.problem), -f.excess, f.templates))
    progress(1.0, "")
    return Examination(tuple(findings), scale)


class _Case:
    """A gallery under examination.

    own, mate: (N,) the best cosine within the person and its row. other, nearest: (N,) the same
    among everybody else. NOBODY and -1 where there is none. A person's templates may fall into
    groups that are no more alike than strangers: group is 0 for the main one, and for the others
    `own` is their likeness to that one, since wrong ones that came together vouch for each other.
    outvoted: (N,) by how many more templates of the main group than of its own.
    """

    def __init__(self, gallery: Gallery, progress: Progress) -> None:
        n = len(gallery)
        self._gallery, self._progress = gallery, progress
        self._out = np.zeros(n, bool)  # thought to be somebody else's: no evidence any more
        self._same: dict[int, set[int]] = {}  # people who are one, under several names
        self.own, self.mate = np.full(n, NOBODY, np.float32), np.full(n, -1, np.int64)
        self.other, self.nearest = self.own.copy(), self.mate.copy()
        self.group, self.outvoted = np.zeros(n, np.int64), np.zeros(n, np.int64)
        for _, rows in gallery:
            self.own[rows], self.mate[rows] = gallery.within(rows)
        self._look_elsewhere(np.arange(n), first=True)

    def findings(self, scale: Scale) -> list[Finding]:
        """Everything that comparing shows."""
        twins = self._twins(scale)
        for _, rows in self._gallery:
            self._look_within(rows, scale)
        return [*self._strays(scale), *twins, *self._monotone(scale)]

    def _look_within(self, rows: Ids, scale: Scale) -> None:
        """Part one person's rows into groups and see how like the main one each is."""
        groups = self._gallery.groups(rows, scale.unlike)
        n_groups = int(groups.max(initial=0)) + 1
        if n_groups == 1:
            self.group[rows], self.outvoted[rows] = 0, len(rows) - 2
            self.own[rows], self.mate[rows] = self._gallery.within(rows)
            return
        sizes, other = np.bincount(groups), self.other[rows]
        worth = [(sizes[g], -other[groups == g].mean()) for g in range(n_groups)]
        is_main = groups == max(range(n_groups), key=worth.__getitem__)
        self.outvoted[rows] = np.where(is_main, is_main.sum() - 2, is_main.sum() - sizes[groups])
        self.group[rows] = np.where(is_main, 0, groups + 1)
        main, rest = rows[is_main], rows[~is_main]
        self.own[main], self.mate[main] = self._gallery.within(main)
        scores = self._gallery.between(rest, main)
        self.own[rest], self.mate[rest] = scores.max(1), main[scores.argmax(1)]

    def _look_elsewhere(self, rows: Ids, *, first: bool = False) -> None:
        def tell(share: float, what: str) -> None:
            self._progress(MOST * share if first else MOST, what)

        self.other[rows], self.nearest[rows] = self._gallery.elsewhere(
            rows, without=self._out, together=self._same, progress=tell
        )

    # ---- one person under two names

    def _twins(self, scale: Scale) -> list[Finding]:
        """People who look the same, in most of their templates, from either side.

        By the lower median, so that neither one moved template nor half of them make twins. They
        are not somebody else to one another from here on.
        """
        owners, near = self._gallery.people, np.flatnonzero(self.other >= scale.double)
        pairs = {tuple(sorted((owners[i], owners[self.nearest[i]]))) for i in near.tolist()}
        findings = []
        for one, two in sorted(pairs):
            if (found := self._twin(int(one), int(two), scale)) is not None:
                findings.append(found)
                self._same.setdefault(int(one), set()).add(int(two))
                self._same.setdefault(int(two), set()).add(int(one))
        self._look_elsewhere(np.flatnonzero(np.isin(owners, list(self._same))))
        return findings

    def _twin(self, one: int, two: int, scale: Scale) -> Finding | None:
        rows, others = self._gallery.rows(one), self._gallery.rows(two)
        if len(others) > len(rows):  # the one with more templates comes first, and should stay
            one, two, rows, others = two, one, others, rows
        scores = self._gallery.between(rows, others)
        alike = min(_lower_median(scores.max(1)), _lower_median(scores.max(0)))
        if alike < scale.double:
            return None
        a, b = divmod(int(scores.argmax()), len(others))
        return Finding(
            Problem.SAME_PERSON,
            one,
            (int(rows[a]),),
            other=two,
            nearest=int(others[b]),
            score=round(alike, 4),
            excess=(alike - scale.double) / scale.spread,
        )

    # ---- templates that are somebody else's

    def _strays(self, scale: Scale) -> list[Finding]:
        findings: list[Finding] = []
        while len(worst := self._worst(scale)):
            excess = self._excess(scale, worst)
            new = list(map(self._stray, worst.tolist(), excess.tolist(), repeat(scale)))
            gone = np.array([row for finding in new for row in finding.templates])
            self._out[gone], self.own[gone] = True, NOBODY
            led = np.flatnonzero((self.nearest >= 0) & self._out[self.nearest] & ~self._out)
            self._look_elsewhere(led)
            for person in {*self._gallery.people[led].tolist(), *(f.person for f in new)}:
                self._look_within(self._left(person), scale)
            findings += new
        return findings

    def _left(self, person: int) -> Ids:
        """The rows of somebody that are not thought to be somebody else's."""
        rows = self._gallery.rows(person)
        return rows[~self._out[rows]]

    def _worst(self, scale: Scale) -> Ids:
        """Of each person with doubtful rows the most doubtful one.

        That is the one that is outvoted most, and of those the one that leans most towards
        somebody else. It waits where it leans towards a row that is more doubtful itself.
        """
        lean = self.other - self.own
        rows = np.flatnonzero(self._excess(scale, slice(None)) > 0)
        rows = rows[np.lexsort((-lean[rows], -self.outvoted[rows]))]
        place = np.full(len(lean), len(lean))
        place[rows] = np.arange(len(rows))
        _, first = np.unique(self._gallery.people[rows], return_index=True)
        rows = rows[np.sort(first)]
        by = self.nearest[rows]
        return rows[(by < 0) | (place[by] > place[rows])]

    def _excess(self, scale: Scale, rows: slice | Ids) -> Floats:
        """(R,) how far beyond a limit some rows are, in spreads; above 0 is doubtful."""
        own, other = self.own[rows], self.other[rows]
        excess = np.maximum(other - own - scale.gap, scale.unlike - own) / scale.spread
        return np.where(own > NOBODY, excess, NOBODY)

    def _stray(self, row: int, excess: float, scale: Scale) -> Finding:
        people = self._gallery.people
        rows = self._left(int(people[row]))
        along = self.group[rows] == self.group[row] if self.group[row] else rows == row
        rest = int((~along & (self.group[rows] == 0)).sum())
        others = rows[along & (rows != row)].tolist()
        near, score = int(self.nearest[row]), float(self.other[row])
        fits = near >= 0 and score > self.own[row] and score >= scale.unlike
        return Finding(
            Problem.WRONG_PERSON,
            int(people[row]),
            (row, *others),
            mate=int(self.mate[row]),
            own=round(float(self.own[row]), 4),
            other=int(people[near]) if fits else None,
            nearest=near if fits else None,
            score=round(score, 4) if fits else None,
            is_even=rest <= 1 + len(others),
            excess=excess,
        )

    # ---- templates that say nothing new

    def _monotone(self, scale: Scale) -> list[Finding]:
        found = []
        for person, _ in self._gallery:
            rows = self._left(person)
            if len(rows) < FEW:
                continue
            least = float(self._gallery.between(rows, rows).min())
            if least >= scale.alike:
                excess = (least - scale.alike) / scale.spread
                ids, own = tuple(rows.tolist()), round(least, 4)
                found.append(
                    Finding(Problem.NO_VARIETY, person, ids, mate=ids[1], own=own, excess=excess)
                )
        return found


def _poor(gallery: Gallery, quality: Floats) -> list[Finding]:
    """Templates that should not have been enrolled, and people whose best one is poor."""
    found = []
    for person, rows in gallery:
        own = quality[rows]
        bad = rows[own < (POOR if own.max() < POOR else rating.LEAST)]
        if len(bad):
            excess = float(POOR - quality[bad].min())
            found.append(Finding(Problem.LOW_QUALITY, person, tuple(bad.tolist()), excess=excess))
    return found


def _lower_median(values: Floats) -> float:
    return float(np.sort(values)[(len(values) - 1) // 2])
