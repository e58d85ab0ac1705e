"""What the page of search does in threads: reading the library, and answering a question."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from app import garbage
from app.session import Session
from app.viewmodels.search_rows import Options, PersonRow
from reid_core.errors import NoFace, PersonNotFound
from reid_core.library.ids import format_id
from reid_core.protocols import Progress
from reid_core.types import Kind

if TYPE_CHECKING:
    from reid_core.actions.pick import Box, Somebody
    from reid_core.actions.search import Found
    from reid_core.library.footage import Video
    from reid_core.search.decide import Query

TOP = 500  # sightings
DOMINANT = 2.5  # times the size of the next face in a picture: then the largest is meant


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is looked for. Exactly one of person (name), tracklet (shown id) and source (a picture
    or moment; box: where in it; kind, number: which of them, from the left) is said. jpeg: their
    picture. person_id: who that name was, once it is known: names change.
    """

    person: str = ""
    person_id: int | None = None
    tracklet: str = ""
    source: str = ""
    box: Box | None = None
    kind: Kind | None = None
    number: int | None = None
    jpeg: bytes = b""

    @property
    def is_enrolled(self) -> bool:
        """Whether it is somebody enrolled."""
        return bool(self.person)


@dataclass(frozen=True, slots=True)
class Known:
    """What there is to search, and whom."""

    people: tuple[PersonRow, ...]
    videos: tuple[Video, ...]

    @property
    def has_footage(self) -> bool:
        """Whether anybody was seen anywhere."""
        return any(v.faces or v.bodies for v in self.videos)


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What came of a question. choices: when a picture shows several and none is clearly meant,
    or others beside the one taken. found: None while one must be chosen.
    """

    asked: Asked
    query: Query | None
    chain: int | None
    found: Found | None
    media: str = ""
    choices: tuple[Somebody, ...] = ()

    @property
    def is_calibrated(self) -> bool:
        """Whether what a score means was measured on this library."""
        return self.found is not None and self.found.threshold.origin == "calibrated"


def read_known(session: Session, _: Progress) -> Known:
    """The people with their portraits, and the videos."""
    import sqlalchemy as sa

    from reid_core.library import footage, people, schema

    t = schema.template.c
    with session.library.read() as connection:
        everybody = people.list_people(connection)
        videos = footage.list_videos(connection)
        query = sa.select(t.person_id, t.media).order_by(t.kind == "face", t.quality)
        best = {row[0]: row[1] for row in connection.execute(query)}
    rows = (PersonRow(p.id, p.name, best.get(p.id, ""), p.faces, p.bodies) for p in everybody)
    return Known(tuple(rows), tuple(videos))


def name_of(session: Session, person: int) -> str:
    """What somebody enrolled is called now. Raises PersonNotFound."""
    from reid_core.library import people

    with session.library.read() as connection:
        return people.find_person(connection, format_id(person)).name


def warm(session: Session, progress: Progress) -> None:
    """Import what a search needs and make its indexes, so that the first one is quick too."""
    searcher = session.searcher()
    for n, kind in enumerate(Kind):
        progress(n / 2, "")
        searcher.warm(kind)
    garbage.freeze()


def answer(session: Session, asked: Asked, options: Options, held: Answer | None) -> Answer:
    """Search. held: an earlier answer whose query still holds. Raises CameoError."""
    ready = held or _understand(session, asked, options.kind)
    if ready.query is None:
        return ready
    from reid_core.actions.search import Filter

    where = Filter(options.videos, options.from_s, options.to_s)
    found = session.searcher().search(
        ready.query,
        where=where,
        top=TOP,
        without_chain=ready.chain,
        rejected=options.rejected,
    )
    return Answer(ready.asked, ready.query, ready.chain, found, ready.media, ready.choices)


def _understand(session: Session, asked: Asked, kind: Kind | None) -> Answer:
    """The query that is meant, without searching yet."""
    from reid_core.actions import search
    from reid_core.library import footage, people

    models = session.models()
    if asked.person:
        asked = replace(asked, person=_present_name(session, asked))
        query = search.query_person(session.library, models, asked.person, kind=kind)
        asked = replace(asked, person_id=query.person)
        with session.library.read() as connection:
            looks = people.templates_of(connection, query.person or 0)
        media = next((t.media for t in looks if t.kind is query.kind), "")
        return Answer(asked, query, None, None, media)
    if asked.tracklet:
        query, chain = search.query_tracklet(session.library, models, asked.tracklet)
        with session.library.read() as connection:
            one = footage.find_tracklet(connection, asked.tracklet)
            views = footage.views_of(connection, [one.id])
        return Answer(asked, query, chain, None, views[0].media if views else "")
    if asked.box is not None:
        from reid_core.actions.pick import pick

        return _of(asked, pick(models, asked.source, asked.box), ())
    return _from_picture(session, asked, kind)


def _present_name(session: Session, asked: Asked) -> str:
    if asked.person_id is None:
        return asked.person
    try:
        return name_of(session, asked.person_id)
    except PersonNotFound:  # somebody of that name may be there all the same
        return asked.person


def _from_picture(session: Session, asked: Asked, kind: Kind | None) -> Answer:
    from reid_core.actions.pick import everybody

    choices: list[Somebody] = []
    kind = asked.kind or kind
    for one in (kind,) if kind else tuple(Kind):
        choices = everybody(session.models(), asked.source, one)
        if choices:
            break
    if not choices:
        line = QCoreApplication.translate(
            "Search", "Nobody was found in {}. Try a larger or clearer picture."
        )
        raise NoFace(line.format(asked.source))
    if asked.number is not None and 1 <= asked.number <= len(choices):
        return _of(asked, choices[asked.number - 1], tuple(choices))
    meant = max(choices, key=lambda c: c.area)
    others = max((c.area for c in choices if c is not meant), default=0.0)
    if meant.area >= DOMINANT * others:
        return _of(asked, meant, tuple(choices))
    return Answer(asked, None, None, None, "", tuple(choices))


def _of(asked: Asked, one: Somebody, choices: tuple[Somebody, ...]) -> Answer:
    whole = replace(asked, kind=one.kind, number=one.number, jpeg=one.jpeg)
    return Answer(whole, one.query, None, None, "", choices)
