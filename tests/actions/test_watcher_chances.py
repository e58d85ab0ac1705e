"""Probabilities of names in a live picture."""

from __future__ import annotations

from dataclasses import replace

from test_calibration import ONE
from test_watcher import STEP_S, Play

from reid_core.actions.watch_types import Shown
from reid_core.library import Library, calibrations, erase
from reid_core.types import Frame


def look(play: Play) -> Shown:
    play.now += STEP_S
    (one,) = play.watcher.update(Frame(play.wall, 0, play.now, "made")).people
    return one


def test_a_probability_goes_with_the_name_of_somebody_forgotten(library: Library) -> None:
    with library.transaction("made") as tx:
        calibrations.put(tx, replace(ONE, model="fake-face"))
    play = Play(library)
    play.show(("a", 50), times=8)
    play.enrol(0, "Ada")
    named = look(play)
    assert named.name == "Ada"
    assert named.probability is not None
    assert named.person is not None
    erase.forget(library, named.person)
    play.watcher.forget(named.person)
    shown = look(play)
    assert (shown.name, shown.score, shown.probability) == (None, None, None)
