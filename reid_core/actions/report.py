"""A search's result as an HTML page."""

from __future__ import annotations

from pathlib import Path

from reid_core import images
from reid_core.actions.search import Found
from reid_core.errors import LibraryCorrupt
from reid_core.library import Library, footage, people
from reid_core.library.store import now
from reid_core.report.html import Card, Page, write_html
from reid_core.search.probability import IN_SEARCH

SIDE = 320  # px of a picture on the page


def write_report(library: Library, found: Found, path: Path) -> None:
    """Write the page; pictures that are gone from the library are left blank."""
    sure = set(found.sure())
    cards = [
        Card(s, _picture(library, s.evidence[0].media) if s.evidence else None, s in sure)
        for s in found.sightings
    ]
    with library.read() as connection:
        durations = {v.path: v.duration_s or 0.0 for v in footage.list_videos(connection)}
    page = Page(
        found.query,
        _portrait(library, found.person),
        str(found.kind),
        found.model,
        found.threshold.describe(),
        now(),
        found.searched,
        found.elapsed_s,
        cards,
        durations,
        IN_SEARCH,
    )
    write_html(page, path)


def _portrait(library: Library, person: int | None) -> bytes | None:
    if person is None:
        return None
    with library.read() as connection:
        templates = people.templates_of(connection, person)
    return _picture(library, templates[0].media) if templates else None


def _picture(library: Library, media: str) -> bytes | None:
    try:
        data = library.media.get(media)
    except LibraryCorrupt:
        return None
    image = images.decode_image(data, name=media)
    return images.encode_jpeg(images.thumbnail(image, side=SIDE), quality=85)
