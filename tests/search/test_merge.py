"""Putting tracklets together, against a slow way of saying the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reid_core.library.footage import StoredTracklet
from reid_core.search.sightings import GAP_S, Scored, merge
from reid_core.types import Kind

made = st.tuples(
    st.integers(0, 2),  # video
    st.integers(0, 40),  # start
    st.integers(0, 6),  # length
    st.integers(0, 3),  # chain
    st.sampled_from([0.2, 0.5, 0.8]),
)


def scored(n: int, video: int, start: int, length: int, chain: int, score: float) -> Scored:
    t = StoredTracklet(n, video, Kind.FACE, start, start + length, 10 * video + chain, None, b"")
    return Scored(t, score)


def slowly(some: list[Scored], at_least: float) -> set[frozenset[int]]:
    """Each tracklet in order of time looks through all the groups there are."""
    groups: list[list[Scored]] = []
    for one in sorted(some, key=lambda s: (s.tracklet.video_id, s.tracklet.start_s)):
        for group in groups:
            if group[0].tracklet.video_id != one.tracklet.video_id:
                continue
            end = max(s.tracklet.end_s for s in group)
            chained = one.tracklet.chain in {s.tracklet.chain for s in group}
            both = min(one.score, max(s.score for s in group)) >= at_least
            if one.tracklet.start_s - end <= GAP_S and (chained or both):
                group.append(one)
                break
        else:
            groups.append([one])
    return {frozenset(s.tracklet.id for s in g) for g in groups}


@given(st.lists(made, max_size=25))
def test_the_groups_are_those_of_the_slow_way(rows: list[tuple[int, int, int, int, float]]) -> None:
    some = [scored(n, *row) for n, row in enumerate(rows)]
    groups = merge(some, at_least=0.5)
    assert {frozenset(s.tracklet.id for s in g) for g in groups} == slowly(some, 0.5)
    best = [g[0].score for g in groups]
    assert best == sorted(best, reverse=True)


def test_thousands_in_one_video_take_no_time() -> None:
    import time

    rng = np.random.default_rng(0)
    some = [scored(n, 0, int(s), 1, n, 0.2) for n, s in enumerate(rng.integers(0, 90_000, 4000))]
    started = time.process_time()
    assert len(merge(some, at_least=0.5)) == 4000
    assert time.process_time() - started < 1.0  # the slow way takes several


@pytest.mark.parametrize("at_least", [None, 0.5])
def test_nothing_is_nothing(at_least: float | None) -> None:
    assert merge([], at_least=at_least) == []
