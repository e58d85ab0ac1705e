"""Open-set identification on labelled pictures, by one model or two against each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reid_core.actions import labelled, looking
from reid_core.actions.labelled import Labelled
from reid_core.errors import TooFewPairs
from reid_core.evaluate import identity_bootstrap, openset
from reid_core.evaluate.allpairs import Doubles
from reid_core.evaluate.compare import Changed, Difference, Turned, difference
from reid_core.evaluate.intervals import Share
from reid_core.evaluate.openset import Searches
from reid_core.evaluate.verification import Rate
from reid_core.protocols import Detector, Embedder, Progress, no_progress

FPIRS = ("1e-1", "1e-2", "1e-3")
RANKS = 20
SHOWN = 12  # searches that two models answer differently


@dataclass(frozen=True, slots=True)
class Splits:
    """How people are dealt into enrolled and not.

    templates: pictures enrolled of each. enrolled: share of those with more. splits: how often,
    each drawn anew from the seed. least: identities with fewer pictures are left out. rounds: of
    the bootstrap.
    """

    templates: int = 1
    enrolled: float = 0.5
    splits: int = 10
    least: int = 1
    rounds: int = identity_bootstrap.ROUNDS
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.templates, self.splits, self.least, self.rounds) < 1:
            raise ValueError("templates, splits, least and rounds must be at least 1")
        if not 0 < self.enrolled < 1:
            raise ValueError(f"enrolled is {self.enrolled}, expected more than 0 and less than 1")


@dataclass(frozen=True, slots=True)
class IdentifySide:
    """One model. fnir: by FPIR; rank1: share found first, whatever the score; cmc: by rank."""

    model: str
    rank1: Share
    fnir: dict[str, Rate]
    cmc: tuple[float, ...]
    det: openset.Sweep


@dataclass(frozen=True, slots=True)
class Identification:
    """What `cameo evaluate identify` reports.

    mated, nonmated: searches in a split, on average. gallery: people enrolled in each. fnir: by
    false-positive identification rate: the mean over splits, its threshold their median.
    """

    mated: int
    nonmated: int
    gallery: int
    identities: int
    images: int
    failures: int
    rank1: float
    rank1_low: float
    rank1_high: float
    fnir: dict[str, Rate]
    model: str
    images_per_s: float
    protocol: str
    cmc: tuple[float, ...]
    det: openset.Sweep
    against: IdentifySide | None = None
    differences: tuple[Difference, ...] = ()
    changed: Changed | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Tried:
    """One model over all splits. drawn: (R, F + 1), see `openset.weighted`."""

    searches: list[Searches]
    side: IdentifySide
    drawn: Doubles
    left_out: list[str]


def evaluate_identify(
    root: Path,
    detector: Detector | None,
    embedders: Sequence[Embedder],
    *,
    how: Splits | None = None,
    progress: Progress = no_progress,
) -> Identification:
    """Search pictures in a folder or list, see `labelled.find`, among some of its people.

    Of those with more than `templates` pictures a share is enrolled; their other pictures search
    with somebody to find, all other people's pictures without. detector: None where pictures are
    crops. Raises BadList, TooFewPairs, EvaluationError, SourceError for unreadable pictures.
    """
    how = how or Splits()
    pictures = labelled.find(root, least=how.least)
    ids = np.unique(pictures.ids, return_inverse=True)[1]
    rng = np.random.default_rng(how.seed)
    parts = [
        openset.split(ids, templates=how.templates, enrolled=how.enrolled, rng=rng)
        for _ in range(how.splits)
    ]
    seen = looking.look(pictures.paths, detector, embedders, progress=progress)
    drawn = list(identity_bootstrap.draws(int(ids.max()) + 1, rounds=how.rounds, seed=how.seed))
    tried = [
        _try(embedder.model, [openset.search(v, ids, seen.found, one) for one in parts], drawn)
        for v, embedder in zip(seen.vectors, embedders, strict=True)
    ]
    return _report(pictures, seen, parts, tried, how)


def _try(model: str, searches: list[Searches], drawn: Sequence[Doubles]) -> _Tried:
    thresholds, left_out = {}, []
    for rate in FPIRS:
        try:
            thresholds[rate] = [openset.threshold_at(s, fpir=float(rate)) for s in searches]
        except TooFewPairs as error:
            left_out.append(f"No FNIR at {rate}: {error}")
    rates = [float(rate) for rate in thresholds]
    draws = np.array(
        [np.mean([openset.weighted(s, w, rates) for s in searches], axis=0) for w in drawn]
    )
    units = len(np.unique(np.concatenate([s.mated for s in searches])))
    cmc = np.mean([openset.cmc(s, ranks=RANKS) for s in searches], axis=0)
    fnir = {
        rate: _rate(searches, at, draws[:, i], units)
        for i, (rate, at) in enumerate(thresholds.items())
    }
    low, high = identity_bootstrap.share_interval(draws[:, -1], float(cmc[0]), units=units)
    first = Share(round(float(cmc[0]), 5), round(low, 5), round(high, 5))
    ranks = tuple(round(float(share), 5) for share in cmc)
    return _Tried(
        searches, IdentifySide(model, first, fnir, ranks, openset.sweep(searches)), draws, left_out
    )


def _rate(searches: list[Searches], at: list[float], drawn: Doubles, units: int) -> Rate:
    value = float(
        np.mean([openset.fnir(s, threshold=t) for s, t in zip(searches, at, strict=True)])
    )
    low, high = identity_bootstrap.share_interval(drawn, value, units=units)
    return Rate(round(value, 5), round(low, 5), round(high, 5), float(np.median(at)))


def _report(
    pictures: Labelled,
    seen: looking.Seen,
    parts: list[openset.Partition],
    tried: list[_Tried],
    how: Splits,
) -> Identification:
    first, second = tried[0], tried[1] if len(tried) > 1 else None
    side, n = first.side, len(pictures.paths)
    return Identification(
        mated=round(np.mean([len(p.mated) for p in parts])),
        nonmated=round(np.mean([len(p.nonmated) for p in parts])),
        gallery=first.searches[0].people,
        identities=len(np.unique(pictures.ids)),
        images=n,
        failures=int(np.count_nonzero(~seen.found)),
        rank1=side.rank1.value,
        rank1_low=side.rank1.low,
        rank1_high=side.rank1.high,
        fnir=side.fnir,
        model=side.model,
        images_per_s=round(n / seen.seconds[0], 1),
        protocol=_words(how),
        cmc=side.cmc,
        det=side.det,
        against=second.side if second else None,
        differences=_differences(first, second) if second else (),
        changed=_changed(pictures, parts[0], first, second) if second else None,
        notes=(*pictures.notes, *first.left_out[:1]),
    )


def _words(how: Splits) -> str:
    return (
        f"open set, {how.splits} splits from seed {how.seed}: {how.enrolled:.0%} of the people "
        f"with more than {how.templates} picture{'' if how.templates == 1 else 's'} enrolled by "
        f"{how.templates}, all others search in vain; found is who comes first and reaches the "
        "threshold; intervals from a bootstrap over identities"
    )


def _differences(first: _Tried, second: _Tried) -> tuple[Difference, ...]:
    a, b, apart = first.side, second.side, second.drawn - first.drawn
    people = len(np.unique(np.concatenate([s.mated for s in first.searches])))
    both = a.rank1.value, b.rank1.value
    rank1 = difference("rank-1", both, apart[:, -1], people=people)
    return (
        rank1,
        *(
            difference(
                f"FNIR @ {rate}",
                (a.fnir[rate].value, b.fnir[rate].value),
                apart[:, i],
                people=people,
                more_is_better=False,
            )
            for i, rate in enumerate(a.fnir)
        ),
    )


def _changed(
    pictures: Labelled,
    part: openset.Partition,
    first: _Tried,
    second: _Tried,
) -> Changed:
    """Mated searches of the first split whose person comes first with one model only."""
    a, b = first.searches[0], second.searches[0]
    before, after = a.places < 1, b.places < 1
    rows = np.flatnonzero(before != after)
    order = rows[np.argsort(-np.abs(a.places[rows] - b.places[rows]), kind="stable")]
    templates = {int(pictures.ids[row]): int(row) for row in part.gallery[::-1]}
    examples = [
        Turned(
            True,
            pictures.name(int(part.mated[i])),
            pictures.name(templates[int(pictures.ids[part.mated[i]])]),
            round(float(a.scores[i]), 4),
            round(float(b.scores[i]), 4),
            bool(after[i]),
        )
        for i in order[:SHOWN]
    ]
    return Changed(
        "searches of the first split whose own person comes first with one of the models only",
        int(np.count_nonzero(after & ~before)),
        int(np.count_nonzero(before & ~after)),
        tuple(examples),
    )
