"""What a library has to retrain with: people's looks, what the user confirmed and rejected.

A person's rows are the vectors of their templates and of the views of sightings that were
confirmed. Rejected sightings are kept as strangers of their own, unless they look more like
somebody else enrolled, whom they may well show. All vectors are the network's own.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reid_core.evaluate import verification
from reid_core.evaluate.holdout import Ids, Split, looks_of, split
from reid_core.library import footage, schema, vectors
from reid_core.library.footage import StoredView
from reid_core.library.retrainings import Part
from reid_core.library.vectors import IN_QUERY
from reid_core.types import Floats, Kind

if TYPE_CHECKING:
    from reid_core.actions.retrain_footage import Footage

HoldOut = Literal["time", "template"]
HOLD_OUTS: tuple[HoldOut, ...] = get_args(HoldOut)
LEAST_PEOPLE = 5  # with two different looks
SIGMAS = 3.0  # by which labels must fit the network better than labels by chance
NEAR_S = 2.0  # enrolled moments of one video closer than this are one look
PAIRS = 20_000


@dataclass(frozen=True, slots=True)
class Stock:
    """What there is. looks: that differ. with_two, with_three: people with so many looks or more.
    confirmed, rejected: appearances.

    held_people, held_looks: kept apart for the verdict; hold_out: by what the looks of known people
    are, `time` or `template`. footage, footage_pairs: appearances that nobody labelled and that are
    learnt from, and how many two of them were seen at once. doubts: what the enrolment doctor would
    have looked at first. problems: why it is too little, a sentence each; none when it is enough.
    notes: what would help.
    """

    kind: Kind
    people: int = 0
    pictures: int = 0
    looks: int = 0
    with_two: int = 0
    with_three: int = 0
    confirmed: int = 0
    rejected: int = 0
    held_people: int = 0
    held_looks: int = 0
    hold_out: HoldOut = "template"
    footage: int = 0
    footage_pairs: int = 0
    doubts: int = 0
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_enough(self) -> bool:
        """Whether anything can be learnt and judged."""
        return not self.problems

    def noting(self, sentence: str) -> Stock:
        """The same with one more thing to say."""
        return replace(self, notes=(*self.notes, sentence))


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """N rows. vectors: (N, D) unit rows of the network. people: (N,) ids, below 0 for strangers
    who were rejected as somebody. looks: (N,). ids: (N,) of templates and views. owners: which.
    lineage: (N,) whose data each row is, for strangers the person they were rejected as.
    """

    vectors: Floats
    people: Ids
    looks: Ids
    ids: Ids
    owners: tuple[str, ...]
    lineage: Ids
    split: Split
    stock: Stock
    footage: Footage | None = None

    def parts(self) -> list[Part]:
        """What is learnt from and what is held out, to be kept with a run."""
        names = np.where(self.split.train, "train", np.where(self.split.known, "known", "open"))
        rows = zip(self.ids.tolist(), self.owners, self.lineage.tolist(), names.tolist())
        return [Part(*row) for row in rows]


@dataclass(slots=True)
class _Row:
    """A row while it is gathered. moment: rows with the same are one look. time: when it was seen,
    seconds since 1970 by when its video came into the library; NaN where there is none.
    """

    id: int
    owner: str
    person: int
    lineage: int
    moment: object
    time: float = math.nan


def gather(
    connection: Connection,
    kind: Kind,
    model: str,
    *,
    seed: int = 0,
    hold_out: HoldOut | None = None,
) -> Samples:
    """Everything there is of a kind. model: the network's id.

    hold_out: by what known people's looks are held out; None for by time where most have times.
    """
    rows = [*_templates(connection, kind), *_verdicts(connection, kind, same=True)]
    enrolled = {r.id for r in rows if r.owner == "template"}
    confirmed = len({r.moment for r in rows if r.owner == "view"})
    refused = _verdicts(connection, kind, same=False)
    table, known = _with_vectors(connection, kind, model, [*rows, *refused])
    refused_rows = [r for r in known if r.person < 0]
    keep = _real_strangers(table, known)
    table, known = table[keep], [r for r, k in zip(known, keep, strict=True) if k]
    by = hold_out or _usual(known)
    samples = _split(table, known, seed, by)
    rejected = len({r.moment for r in refused_rows})
    missing = len(enrolled) - _templates_in(known)
    stock = _stock(samples, kind, by, confirmed, rejected, missing=missing)
    return replace(samples, stock=stock)


def _templates_in(rows: Sequence[_Row]) -> int:
    return sum(r.owner == "template" for r in rows)


def _templates(connection: Connection, kind: Kind) -> list[_Row]:
    t = schema.template.c
    query = sa.select(t.id, t.person_id, t.media, t.where_from).where(t.kind == kind)
    found = connection.execute(query.order_by(t.id)).all()
    seen = seen_in(connection, {row.media for row in found})
    moments = _moments([row.where_from for row in found])
    rows = []
    for row, moment in zip(found, moments, strict=True):
        chain, time = seen.get(row.media, (None, math.nan))
        one = moment if chain is None else ("chain", chain)
        rows.append(_Row(row.id, "template", row.person_id, row.person_id, one, time))
    return rows


def seen_in(connection: Connection, media: set[str]) -> dict[str, tuple[int, float]]:
    """The appearance that a picture was enrolled from, where it is a stored view, and when."""
    w, t, v, names = schema.view.c, schema.tracklet.c, schema.video.c, sorted(media)
    found: dict[str, tuple[int, float]] = {}
    for i in range(0, len(names), IN_QUERY):
        query = (
            sa.select(w.media, t.chain, v.created, w.time_s)
            .join(schema.tracklet, t.id == w.tracklet_id)
            .join(schema.video, v.id == t.video_id)
            .where(w.media.in_(names[i : i + IN_QUERY]))
        )
        found |= {row[0]: (row[1], _time(row[2], row[3])) for row in connection.execute(query)}
    return found


def _time(created: str, within_s: float) -> float:
    return datetime.fromisoformat(created).timestamp() + within_s


def _moments(sources: Sequence[str]) -> list[object]:
    """For each "film.mp4@12.5" the first of the moments that follow one another closely."""
    times: dict[str, list[tuple[float, int]]] = defaultdict(list)
    result: list[object] = list(range(len(sources)))
    for i, source in enumerate(sources):
        name, _, moment = source.rpartition("@")
        try:
            times[name].append((float(moment), i))
        except ValueError:
            continue
    for name, some in times.items():
        first, last = 0.0, -np.inf
        for at, i in sorted(some):
            first = first if at - last <= NEAR_S else at
            result[i], last = (name, first), at
    return result


def _verdicts(connection: Connection, kind: Kind, *, same: bool) -> list[_Row]:
    """The views of confirmed sightings; of rejected ones, as strangers with ids below 0."""
    v, t = schema.verdict.c, schema.tracklet.c
    query = (
        sa.select(v.person_id, t.id, t.chain, schema.video.c.created)
        .join(schema.tracklet, t.id == v.tracklet_id)
        .join(schema.video, schema.video.c.id == t.video_id)
        .where(v.same.is_(same), t.kind == kind)
        .order_by(t.id, v.person_id)
    )
    said = connection.execute(query).all()
    of: dict[int, list[StoredView]] = defaultdict(list)
    for one in footage.views_of(connection, sorted({row[1] for row in said})):
        of[one.tracklet_id].append(one)
    rows: dict[int, _Row] = {}
    for person, tracklet, chain, created in said:
        for view in of[tracklet]:
            whose, time = person if same else -chain, _time(created, view.time_s)
            row = _Row(view.id, "view", whose, person, ("chain", chain), time)
            rows.setdefault(view.id, row)
    return list(rows.values())


def _with_vectors(
    connection: Connection, kind: Kind, model: str, rows: Sequence[_Row]
) -> tuple[Floats, list[_Row]]:
    """Those that have a vector of the network, with it."""
    of: dict[int, Floats] = {}
    for owner in ("template", "view"):
        some = [r.id for r in rows if r.owner == owner]
        ids, found = vectors.vectors_of(connection, owner, kind, model, some)
        of |= dict(zip(ids.tolist(), found, strict=True))
    known = [r for r in rows if r.id in of]
    table = np.stack([of[r.id] for r in known]) if known else np.zeros((0, 1), np.float32)
    return table, known


def _real_strangers(table: Floats, rows: Sequence[_Row]) -> np.ndarray:
    """(N,) False for rejected sightings that look more like somebody else enrolled."""
    keep = np.ones(len(rows), bool)
    whose = np.array([r.person for r in rows], np.int64)
    named = np.flatnonzero(whose >= 0)
    for i, row in enumerate(rows):
        if row.person < 0 and len(named):
            nearest = named[int(np.argmax(table[named] @ table[i]))]
            keep[i] = whose[nearest] == row.lineage
    return keep


def _usual(rows: Sequence[_Row]) -> HoldOut:
    """By time where most of the people were seen at times that are known."""
    people = {r.person for r in rows if r.person >= 0}
    dated = {r.person for r in rows if r.person >= 0 and not math.isnan(r.time)}
    return "time" if people and 2 * len(dated) > len(people) else "template"


def _split(table: Floats, rows: Sequence[_Row], seed: int, by: HoldOut) -> Samples:
    whose = np.array([r.person for r in rows], np.int64)
    ids = np.array([r.id for r in rows], np.int64)
    number: dict[object, int] = {}
    moments = np.array([number.setdefault(r.moment, len(number)) for r in rows], np.int64)
    looks = looks_of(table, whose, moments)
    named = whose >= 0
    times = np.array([r.time for r in rows], np.float64)[named] if by == "time" else None
    some = split(whose[named], looks[named], ids[named], times=times, seed=seed)
    parts = [np.zeros(len(rows), bool) for _ in range(3)]
    for part, of_named in zip(parts, (some.train, some.known, some.unseen), strict=True):
        part[named] = of_named
    away = set(whose[parts[2]].tolist())
    lineage = np.array([r.lineage for r in rows], np.int64)
    # who was rejected as somebody held out is left to the hold-out's side: not learnt from
    parts[0] |= ~named & ~np.isin(lineage, list(away))
    used = parts[0] | parts[1] | parts[2]
    owners = tuple(r.owner for r, u in zip(rows, used, strict=True) if u)
    return Samples(
        table[used],
        whose[used],
        looks[used],
        ids[used],
        owners,
        lineage[used],
        Split(*(p[used] for p in parts)),
        Stock(Kind.FACE),
    )


def _stock(
    s: Samples, kind: Kind, by: HoldOut, confirmed: int, rejected: int, *, missing: int
) -> Stock:
    named = s.people >= 0
    per = [len(np.unique(s.looks[s.people == p])) for p in np.unique(s.people[named])]
    stock = Stock(
        kind,
        people=len(per),
        pictures=int(named.sum()),
        looks=sum(per),
        with_two=sum(n >= 2 for n in per),
        with_three=sum(n >= 3 for n in per),
        confirmed=confirmed,
        rejected=rejected,
        held_people=len(np.unique(s.people[s.split.unseen])),
        held_looks=len(np.unique(s.looks[s.split.known])),
        hold_out=by,
    )
    return replace(stock, problems=tuple(_problems(s, stock)), notes=tuple(_notes(stock, missing)))


def _problems(s: Samples, stock: Stock) -> Iterator[str]:
    if stock.people and stock.looks == stock.people and stock.pictures > stock.people:
        yield (
            f"The {stock.pictures} pictures of {stock.people} people show each of them in one look "
            "only: several pictures of the same moment teach nothing. Add other pictures."
        )
    elif stock.with_two < LEAST_PEOPLE:
        yield (
            f"{stock.with_two} of {stock.people} people have two different {stock.kind} pictures; "
            f"retraining needs {LEAST_PEOPLE}. Enrol more people, add pictures, or confirm "
            "sightings."
        )
    elif (held := len(np.unique(s.people[s.split.held]))) < LEAST_PEOPLE:
        yield (
            f"Of {held} people something can be held out to judge by, {LEAST_PEOPLE} are needed: "
            "add a third picture of those who have two, or enrol more people."
        )
    elif (agreement := _agreement(s))[0] < agreement[1]:
        yield (
            "The names do not fit the pictures: two pictures of one person look hardly more alike "
            f"than those of two people (AUC {agreement[0]:.2f}, chance is 0.50). See that each "
            "picture is under the right name."
        )


def _notes(stock: Stock, missing: int) -> Iterator[str]:
    if stock.hold_out == "time" and stock.held_looks:
        yield "The latest looks of known people are held out, as far as their times are known."
    if missing:
        yield (
            f"{missing} pictures have no vectors of the network in use and were left out. "
            "Run: cameo models use"
        )
    if stock.with_two < 50:
        yield "With fewer than 50 people of two looks an improvement is hard to prove."
    if stock.people > 2 * max(stock.with_two, 1):
        yield "Most people have one look only; a second picture of each would help most."


def _agreement(s: Samples) -> tuple[float, float]:
    """AUC of the network on pairs of different looks, by the user's labels; what chance may give.

    The AUC of n independent pairs by chance is 0.5 with a standard deviation of 1 / sqrt(12 n).
    Pairs share looks, so half of them count.
    """
    rng = np.random.default_rng(0)
    named = np.flatnonzero(s.people >= 0)
    a, b = rng.choice(named, (2, PAIRS))
    extra = [named[(s.people == s.people[i])[named] & (named > i)] for i in named]
    a = np.concatenate([a, np.repeat(named, [len(e) for e in extra])])
    b = np.concatenate([b, *extra])
    apart = s.looks[a] != s.looks[b]
    a, b = a[apart], b[apart]
    same = s.people[a] == s.people[b]
    found = verification.auc(np.einsum("nd,nd->n", s.vectors[a], s.vectors[b]), same)
    return found, 0.5 + SIGMAS / float(np.sqrt(12 * max(np.count_nonzero(same) / 2, 1)))
