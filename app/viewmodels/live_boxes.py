"""Where people are now, judged by where they were in the pictures that were searched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.live import Found

if TYPE_CHECKING:
    from reid_core.actions.watch_types import Box, Shown

AHEAD_S = 0.4  # motion is carried on for so long at most
STALE_S = 3.0  # boxes older than this are wrong more often than not


def boxes_at(found: Found | None, before: Found | None, time_s: float) -> list[tuple[Shown, Box]]:
    """Everybody of the newest search with their box (xyxy frame pixels) at a later moment.

    before: the search before it, from which speeds follow. Only places are carried on, not sizes.
    """
    if found is None or time_s - found.time_s > STALE_S:
        return []
    ahead = min(max(time_s - found.time_s, 0.0), AHEAD_S)
    old = {one.track: one.box for one in before.people} if before is not None else {}
    gap = found.time_s - before.time_s if before is not None else 0.0
    return [(one, _moved(one.box, old.get(one.track), gap, ahead)) for one in found.people]


def _moved(box: Box, old: Box | None, gap_s: float, ahead_s: float) -> Box:
    if old is None or not 0 < gap_s <= 2 * AHEAD_S:
        return box
    share = ahead_s / gap_s
    left, top, right, bottom = box
    dx = _limited((left + right - old[0] - old[2]) / 2 * share, (right - left) / 2)
    dy = _limited((top + bottom - old[1] - old[3]) / 2 * share, (bottom - top) / 2)
    return (left + dx, top + dy, right + dx, bottom + dy)


def _limited(shift: float, most: float) -> float:
    """A box that would leap by more than half of itself was matched wrongly, or turned round."""
    return max(-most, min(shift, most))
