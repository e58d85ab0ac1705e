"""What a window reads of footage."""

from __future__ import annotations

from made_footage import store_video, tracklet

from reid_core.library import Library, footage, listing
from reid_core.types import Kind


def test_everybody_in_a_video_in_order_of_time(library: Library) -> None:
    video = store_video(
        library, "a.mp4", tracklet(2, 5.0), tracklet(1, 9.0), tracklet(3, 2.0, kind=Kind.BODY)
    )
    store_video(library, "b.mp4", tracklet(4, 0.0))
    with library.read() as connection:
        seen = listing.seen_in(connection, video)
        bodies = listing.seen_in(connection, video, Kind.BODY)
        best = {t: footage.views_of(connection, [t])[0].media for t in (1, 2, 3)}
    assert [(s.id, s.kind, s.start_s) for s in seen] == [
        (3, "body", 2.0),
        (2, "face", 5.0),
        (1, "face", 9.0),
    ]
    assert [s.media for s in seen] == [best[3], best[2], best[1]]
    assert [s.id for s in bodies] == [3]


def test_a_cover_is_the_face_seen_longest_or_else_a_body(library: Library) -> None:
    first = store_video(
        library,
        "a.mp4",
        tracklet(1, 0.0),
        tracklet(2, 0.0, long_s=9.0),
        tracklet(3, 0.0, long_s=30.0, kind=Kind.BODY),
    )
    second = store_video(library, "b.mp4", tracklet(4, 0.0, kind=Kind.BODY))
    third = store_video(library, "c.mp4")
    with library.read() as connection:
        covers = listing.covers(connection)
        best = {t: footage.views_of(connection, [t])[0].media for t in (2, 4)}
    assert covers == {first: best[2], second: best[4]}
    assert third not in covers


def test_pictures_and_their_size(library: Library) -> None:
    video = store_video(library, "a.mp4", tracklet(1, 0.0), tracklet(2, 5.0))
    with library.read() as connection:
        names = listing.pictures_of(connection, video)
    assert len(names) == 4
    on_disk = sum(library.media.path(n).stat().st_size for n in names)
    assert sum(listing.file_sizes(library.media.folder)) == on_disk
    assert not list(listing.file_sizes(library.folder / "nowhere"))
