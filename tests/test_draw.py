"""Boxes and names on a copy."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from reid_core import draw

BOX = np.float32([[60, 80, 160, 180]])


def blank(height: int = 240, width: int = 320) -> np.ndarray:
    return np.full((height, width, 3), 90, np.uint8)


def ink(image: np.ndarray) -> int:
    """How many pixels of a label are black."""
    return int((image.max(axis=2) < 60).sum())


def colored(image: np.ndarray, color: tuple[int, int, int]) -> int:
    return int((image == np.uint8(color)).all(axis=2).sum())


def test_the_picture_itself_is_left_alone() -> None:
    image = blank()
    drawn = draw.draw_boxes(image, BOX, ["Ann"])
    assert (image == 90).all()
    assert drawn.shape == image.shape
    assert drawn.dtype == np.uint8
    for x, y in ((60, 130), (160, 130), (110, 180)):
        assert tuple(drawn[y, x]) == draw.GREEN
    assert tuple(drawn[130, 110]) == (90, 90, 90)
    assert ink(drawn) > 20


def test_known_and_unknown_differ() -> None:
    two = np.float32([[10, 60, 60, 120], [100, 60, 160, 120]])
    drawn = draw.draw_boxes(blank(), two, ["", ""], known=[True, False])
    assert tuple(drawn[90, 10]) == draw.GREEN
    assert tuple(drawn[90, 100]) == draw.AMBER
    none_known = draw.draw_boxes(blank(), two, ["", ""], known=[False, False])
    assert colored(none_known, draw.GREEN) == 0


def test_nobody_is_drawn_as_nothing() -> None:
    none = np.zeros((0, 4), np.float32)
    np.testing.assert_array_equal(draw.draw_boxes(blank(), none, []), blank())


@pytest.mark.skipif(not hasattr(cv2, "FontFace"), reason="OpenCV 4 has no Unicode font")
@pytest.mark.parametrize("name", ["Zoë Łukasz", "Иван", "Ελένη", "山田太郎", "김민수"])
def test_names_of_many_scripts_are_written_in_their_letters(name: str) -> None:
    drawn = draw.draw_boxes(blank(), BOX, [name])
    question_marks = draw.draw_boxes(blank(), BOX, ["?" * len(name)])
    assert (drawn != question_marks).any()
    letters = {draw.draw_boxes(blank(), BOX, [c]).tobytes() for c in name if not c.isspace()}
    assert len(letters) == len(set(name) - {" "})  # each letter looks different: no empty boxes


def test_without_the_font_letters_become_plain_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draw._local, "font", None, raising=False)
    same = [draw.draw_boxes(blank(), BOX, [name]) for name in ("Zoë", "Zoe")]
    np.testing.assert_array_equal(*same)
    assert draw._ascii("Ñandú 山 x…") == "Nandu ? x..."


@pytest.mark.parametrize("at", [(0, 0), (300, 0), (0, 220), (300, 220), (-500, -500), (900, 900)])
def test_a_label_is_always_inside_the_picture(at: tuple[int, int]) -> None:
    box = np.float32([[at[0], at[1], at[0] + 30, at[1] + 30]])
    inside = draw.draw_boxes(blank(), box, ["Bea"])
    assert ink(inside) == ink(draw.draw_boxes(blank(), BOX, ["Bea"]))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30, -1e30])
def test_senseless_boxes_do_not_break_it(bad: float) -> None:
    draw.draw_boxes(blank(), np.float32([[bad, 0, bad, bad]]), ["x"])


def test_labels_are_one_line_of_some_length() -> None:
    one = draw.draw_boxes(blank(), BOX, ["a\nb\tc"])
    np.testing.assert_array_equal(one, draw.draw_boxes(blank(), BOX, ["a b c"]))
    assert len(draw._one_line("w" * 500)) == draw.LONGEST
