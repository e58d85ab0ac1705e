"""The user's word on a sighting, kept for every later search."""

from __future__ import annotations

from collections.abc import Sequence

from reid_core.errors import TrackletNotFound
from reid_core.library import Library, footage, people
from reid_core.library.ids import format_id, parse_id
from reid_core.library.verdicts import put_verdicts


def say(library: Library, person: int, tracklets: Sequence[str], same: bool | None) -> None:
    """These tracklets (shown ids) show this person, or somebody else; None takes that back.

    Raises PersonNotFound, TrackletNotFound.
    """
    ids = [parse_id(one) or 0 for one in tracklets]
    with library.transaction("verdict", person=person, tracklets=len(ids), same=same) as tx:
        people.find_person(tx, format_id(person))
        there = footage.tracklets_of(tx, ids)
        if missing := [t for t, i in zip(tracklets, ids, strict=True) if i not in there]:
            raise TrackletNotFound(f"There is no tracklet {missing[0]!r} in the library.")
        put_verdicts(tx, person, ids, same)
