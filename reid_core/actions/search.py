"""Search indexed footage for somebody: no picture is decoded, only vectors are compared."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy.engine import Connection

from reid_core.actions.faces import looks_in, read_moment, the_one
from reid_core.actions.loading import Models
from reid_core.actions.thresholds import known
from reid_core.calibration import Calibration
from reid_core.errors import EnrolError, ModelMismatch
from reid_core.library import Library, footage, people, vectors
from reid_core.library.store import generation
from reid_core.quality import LEAST
from reid_core.search.decide import Query, Threshold, best_over_templates
from reid_core.search.index import EXACT, Ids, Manner, Stamp, VectorIndex, cached
from reid_core.search.probability import posterior, search_prior
from reid_core.search.sightings import Scored, merge, sighting_of
from reid_core.types import Floats, Kind, Sighting
from reid_core.video import counting

MORE = 8  # candidates looked at per sighting wanted: a person has several tracklets in a row


@dataclass(frozen=True, slots=True)
class Filter:
    """Where to look. videos: ids. from_s, to_s: seconds within each video."""

    videos: tuple[int, ...] | None = None
    from_s: float | None = None
    to_s: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether everything may be looked at."""
        return self == Filter()


@dataclass(frozen=True, slots=True)
class Found:
    """The answer. sightings: best first; those below the threshold are there too, marked by
    their score. elapsed_s: of the search itself. searched: how many tracklets. index: how they
    were searched, and what share of the nearest that finds.
    """

    query: str
    kind: Kind
    model: str
    threshold: Threshold
    sightings: tuple[Sighting, ...]
    searched: int
    decoded_frames: int
    elapsed_s: float
    person: int | None = None
    index: Manner = EXACT

    def sure(self) -> tuple[Sighting, ...]:
        """Those that reach the threshold and have a view good enough, or that were confirmed.

        Very poor faces look alike: the threshold says nothing of them.
        """
        return tuple(s for s in self.sightings if self.is_sure(s))

    def is_sure(self, one: Sighting) -> bool:
        """Whether a sighting is one of the sure."""
        if one.verdict is not None:
            return one.verdict == "same"
        value = self.threshold.value
        is_seen = any(view.quality >= LEAST for view in one.evidence)
        return value is not None and one.score >= value and is_seen


class Searcher:
    """Holds the indexes between searches; each is made on first use and checked on every one."""

    def __init__(self, library: Library, models: Models) -> None:
        self._library = library
        self._models = models
        self._held: dict[Kind, tuple[Stamp, VectorIndex]] = {}

    def search(
        self,
        query: Query,
        *,
        where: Filter | None = None,
        top: int = 20,
        without_chain: int | None = None,
        rejected: bool = False,
    ) -> Found:
        """The sightings that look most like the query.

        without_chain: leave this appearance out (when the query came from it). rejected: give
        what the user said is somebody else as well, marked so.
        """
        started, decoded = time.perf_counter(), counting.total()
        where = where or Filter()
        with self._library.read() as connection:
            index = self._index(connection, query)
            among = (
                None
                if where.is_open
                else footage.tracklet_ids(
                    connection,
                    query.kind,
                    videos=where.videos,
                    from_s=where.from_s,
                    to_s=where.to_s,
                )
            )
            said = footage.verdicts_of(connection, query.person) if query.person else {}
            confirmed = np.array([t for t, same in said.items() if same], np.int64)
            if among is not None:
                confirmed = np.intersect1d(confirmed, among)
            k = max(64, top * MORE)
            scores, ids = self._candidates(connection, query, index, k, among, confirmed)
            scored = self._scored(connection, scores, ids, said, without_chain, rejected)
            threshold, calibration = known(connection, self._models, query.kind)
            groups = merge(scored, at_least=threshold.value)[:top]
            open_to = [s.score for s in scored if s.verdict != "different"]
            left_out = len(ids) - len(open_to)  # the appearance itself, and who was rejected
            among_n = (len(index) if among is None else len(among)) - left_out
            chances = _chances(calibration, groups, open_to, among_n)
            sightings = self._sightings(connection, groups, query, chances)
        return Found(
            query.name,
            query.kind,
            query.model,
            threshold,
            tuple(sightings),
            len(index),
            counting.total() - decoded,
            round(time.perf_counter() - started, 4),
            query.person,
            index.manner,
        )

    def warm(self, kind: Kind) -> int:
        """Have the index of a kind ready before it is asked for; how many tracklets it holds."""
        model = self._models.model_id(kind)
        with self._library.read() as connection:
            return len(
                self._index(connection, Query(np.zeros((0, 1), np.float32), model, kind, ""))
            )

    def _index(self, connection: Connection, query: Query) -> VectorIndex:
        stamp = Stamp(query.model, str(query.kind), generation(connection, "footage"))
        held = self._held.get(query.kind)
        if held is None or held[0] != stamp:
            path = self._library.cache / f"{query.kind}.faiss"
            index = cached(
                path,
                stamp,
                lambda: vectors.all_vectors(connection, "tracklet", query.kind, query.model),
            )
            held = self._held[query.kind] = (stamp, index)
            if not len(index):
                self._explain_emptiness(connection, query)
        return held[1]

    def _candidates(
        self,
        connection: Connection,
        query: Query,
        index: VectorIndex,
        k: int,
        among: Ids | None,
        confirmed: Ids,
    ) -> tuple[Floats, Ids]:
        """The k best, falling, and their ids; those confirmed as well, however alike they are."""
        scores, ids, _ = best_over_templates(
            *index.search(query.vectors, k=k, model=query.model, among=among)
        )
        scores, ids = scores[:k], ids[:k]
        if index.manner.is_rounded:
            return self._exactly(connection, query, np.union1d(ids, confirmed))
        less = np.setdiff1d(confirmed, ids)  # alike than any of the k
        own_scores, own = self._exactly(connection, query, less)
        return np.append(scores, own_scores), np.append(ids, own)

    def _exactly(
        self, connection: Connection, query: Query, ids: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """The scores of some tracklets by the vectors of the database, falling, and their ids."""
        known, rows = vectors.vectors_of(
            connection, "tracklet", query.kind, query.model, ids.tolist()
        )
        scores = (rows @ query.vectors.T).max(1) if len(known) else np.zeros(0, np.float32)
        order = np.argsort(-scores, kind="stable")
        return scores[order], known[order]

    def _explain_emptiness(self, connection: Connection, query: Query) -> None:
        """Raise ModelMismatch when there is footage, but of another model."""
        there = vectors.models_with_vectors(connection, "tracklet", query.kind)
        if there:
            raise ModelMismatch(
                f"The footage was indexed with {', '.join(there)}, but {query.model} is in use. "
                "Run cameo index again, or cameo models use."
            )

    def _scored(
        self,
        connection: Connection,
        scores: np.ndarray,
        ids: np.ndarray,
        said: dict[int, bool],
        without_chain: int | None,
        rejected: bool,
    ) -> list[Scored]:
        """Candidates with what the user said of them; "different" ones only when wanted."""
        best = dict(zip(ids.tolist(), scores.tolist(), strict=True))
        wanted = {i for i in best if rejected or said.get(i, True)}
        stored = footage.tracklets_of(connection, list(wanted))
        words = {True: "same", False: "different", None: None}
        return [
            Scored(t, best[i], words[said.get(i)])
            for i, t in stored.items()
            if t.chain != without_chain
        ]

    def _sightings(
        self,
        connection: Connection,
        groups: Sequence[Sequence[Scored]],
        query: Query,
        chances: Sequence[float | None],
    ) -> list[Sighting]:
        """The groups with their views, each scored, and the names of their videos."""
        ids = [s.tracklet.id for group in groups for s in group]
        views = defaultdict(list)
        for one in footage.views_of(connection, ids):
            views[one.tracklet_id].append(one)
        view_ids = [v.id for some in views.values() for v in some]
        ids_there, rows = vectors.vectors_of(connection, "view", query.kind, query.model, view_ids)
        best = (rows @ query.vectors.T).max(1) if len(ids_there) else np.zeros(0)
        scores = dict(zip(ids_there.tolist(), best.tolist(), strict=True))
        names = footage.video_names(connection)
        return [
            sighting_of(g, names[g[0].tracklet.video_id], views, scores, chance)
            for g, chance in zip(groups, chances, strict=True)
        ]


def _chances(
    calibration: Calibration | None,
    groups: Sequence[Sequence[Scored]],
    scores: Sequence[float],
    n: int,
) -> list[float | None]:
    """The probability of each group's best tracklet. scores: of all candidates that may show
    whoever is looked for; n: so many were searched.
    """
    if calibration is None or not groups:
        return [None] * len(groups)
    prior = search_prior(calibration.llr(scores), n)
    best = calibration.llr([group[0].score for group in groups])
    return [float(p) for p in posterior(best, prior)]


def query_person(library: Library, models: Models, name: str, *, kind: Kind | None = None) -> Query:
    """All templates of somebody enrolled. kind: faces if there are any, unless said.

    Raises PersonNotFound, EnrolError without templates, ModelMismatch.
    """
    with library.read() as connection:
        person = people.find_person(connection, name)
        wanted = kind or (Kind.FACE if person.faces or not person.bodies else Kind.BODY)
        own = [t.id for t in people.templates_of(connection, person.id) if t.kind is wanted]
        model = models.model_id(wanted)
        _, rows = vectors.vectors_of(connection, "template", wanted, model, own)
    if not own:
        raise EnrolError(
            f"{person.name} has no {wanted} template. Run: cameo enroll {person.name!r} PHOTO"
        )
    if not len(rows):
        raise ModelMismatch(
            f"The templates of {person.name} are of another model than {model}, which is in use."
        )
    return Query(rows, model, wanted, person.name, person.id)


def query_image(
    models: Models, source: str, *, kind: Kind = Kind.FACE, number: int | None = None
) -> Query:
    """Somebody in a picture. Raises NoFace, SeveralFaces, SourceError."""
    image, where = read_moment(source)
    look = the_one(looks_in(models, image, kind), kind, where, choose=number)
    return Query(look.vector[None], models.embedder(kind).model, kind, where)


def query_tracklet(library: Library, models: Models, shown_id: str) -> tuple[Query, int]:
    """Whoever is in a tracklet, and the chain it belongs to. Raises TrackletNotFound."""
    with library.read() as connection:
        one = footage.find_tracklet(connection, shown_id)
        model = models.model_id(one.kind)
        ids = [v.id for v in footage.views_of(connection, [one.id])]
        _, rows = vectors.vectors_of(connection, "view", one.kind, model, ids)
    if not len(rows):
        raise ModelMismatch(f"The tracklet {shown_id} was indexed with another model than {model}.")
    return Query(rows, model, one.kind, f"tracklet {shown_id}"), one.chain
