"""The player without its widgets, on videos whose pictures say their number."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.playback.orders import Manner, Order, Orders
from app.playback.pictures import Picture
from app.playback.work import Work
from app.viewmodels.player import Player
from reid_core.images import write_image
from tests.numbered import SIZE, cut_off, film, number_in, numbered, turned

UNEVEN = [0.0, 0.04, 0.5, 0.51, 0.52, 2.0, 2.04, 4.0, 4.04, 4.08, 4.5, 5.0]


class Seen:
    """What arrived."""

    def __init__(self, player: Player) -> None:
        self.pictures: list[Picture] = []
        player.picture_changed.connect(self.pictures.append)

    @property
    def numbers(self) -> list[int]:
        return [number_in(p.pixels[..., :3]) for p in self.pictures]


@pytest.fixture
def player(qtbot: QtBot) -> Iterator[Player]:
    made = Player()
    made.set_size(*SIZE)
    yield made
    made.close()
    assert not made.is_running


def shows(seen: Seen, number: int) -> bool:
    return bool(seen.pictures) and seen.numbers[-1] == number and seen.pictures[-1].is_exact


def test_seeks_to_the_last_picture_not_after_a_moment(
    qtbot: QtBot, player: Player, tmp_path: Path
) -> None:
    seen = Seen(player)
    player.open(str(film(tmp_path / "a.mp4", times=UNEVEN, gop=250, b_frames=2)), 0.3)
    qtbot.waitUntil(lambda: shows(seen, 1))
    for at, number in ((3.99, 6), (0.5, 2), (4.6, 10), (99.0, 11), (0.0, 0), (2.03, 5)):
        player.seek(at)
        qtbot.waitUntil(lambda number=number: shows(seen, number))  # type: ignore[misc]
        assert player.time_s == pytest.approx(UNEVEN[number], abs=0.002)
    assert player.duration_s == pytest.approx(5.0, abs=0.5)
    assert player.frame_size == SIZE


def test_only_the_newest_of_many_seeks_is_shown(
    qtbot: QtBot, player: Player, tmp_path: Path
) -> None:
    seen = Seen(player)
    player.open(str(film(tmp_path / "a.mp4", n=300, rate=25, gop=250, b_frames=2)))
    qtbot.waitUntil(lambda: shows(seen, 0))
    for n in range(1, 280):
        player.seek(n / 25)
    assert player.at_s == pytest.approx(279 / 25)
    qtbot.waitUntil(lambda: shows(seen, 279))
    assert len(seen.pictures) < 60


def test_a_seek_that_is_overtaken_shows_nothing(qtbot: QtBot, tmp_path: Path) -> None:
    path, orders = film(tmp_path / "a.mp4", n=300, rate=25, gop=250), Orders()
    came: list[Any] = []
    orders.play_so(Manner(box=SIZE))
    work = Work(orders, came.append)
    work._do(Order(opens=True, path=path, seek_s=0.0))
    orders.seek(1.0, rough=False)
    work._do(Order(seek_s=9.0))
    assert [number_in(p.pixels[..., :3]) for p in came if isinstance(p, Picture)] == [0]
    work._do(orders.take(orders.manner, 0) or Order())
    assert number_in(came[-1].pixels[..., :3]) == 25
    work.close()


def test_dragging_far_shows_pictures_on_the_way(
    qtbot: QtBot, player: Player, tmp_path: Path
) -> None:
    seen = Seen(player)
    player.open(str(film(tmp_path / "a.mp4", n=300, rate=25, gop=100)))
    qtbot.waitUntil(lambda: shows(seen, 0))
    player._decoder.arrived.disconnect(player._take)  # the mailbox keeps the newest alone
    told: list[tuple[int, bool]] = []
    put = player._decoder._pictures.put

    def listen(picture: Picture) -> None:
        told.append((number_in(picture.pixels[..., :3]), picture.is_exact))
        put(picture)

    player._decoder._pictures.put = listen  # type: ignore[method-assign]
    player.seek(190 / 25, rough=True)
    qtbot.waitUntil(lambda: len(told) == 2)
    assert told == [(100, False), (190, True)]
    player.seek(90 / 25)
    qtbot.waitUntil(lambda: len(told) == 3)
    assert told[-1] == (90, True)


def test_going_back_a_little_shows_nothing_farther_off_on_the_way(
    qtbot: QtBot, player: Player, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reid_core.video.cursor.TELL_S", 0.0)
    seen = Seen(player)
    times = [n / 25 for n in range(200)]
    player.open(str(film(tmp_path / "a.mp4", times=times, gop=250)), 190 / 25)
    qtbot.waitUntil(lambda: shows(seen, 190))
    seen.pictures.clear()
    player.seek(150 / 25, rough=True)  # by way of the only key picture, the first
    qtbot.waitUntil(lambda: shows(seen, 150))
    assert all(110 < n <= 150 for n in seen.numbers)


def test_plays_in_time_and_ends(qtbot: QtBot, player: Player, tmp_path: Path) -> None:
    seen = Seen(player)
    player.open(str(film(tmp_path / "a.mp4", n=20, rate=25)), play=True)
    qtbot.waitUntil(lambda: not player.is_playing and shows(seen, 19))
    numbers = seen.numbers
    assert numbers == sorted(numbers)
    assert len(set(numbers)) > 10
    player.play()  # from the start again
    qtbot.waitUntil(lambda: seen.numbers[-1] < 19)
    player.pause()


def test_speeds(player: Player) -> None:
    for _ in range(9):
        player.change_speed(1)
    assert player.speed == 4.0
    for _ in range(9):
        player.change_speed(-1)
    assert player.speed == 0.25
    player.change_speed(1)
    assert player.speed == 0.5


def test_steps_go_picture_by_picture(qtbot: QtBot, player: Player, tmp_path: Path) -> None:
    seen = Seen(player)
    player.open(str(film(tmp_path / "a.mp4", times=UNEVEN, gop=4, b_frames=1)), 2.0)
    qtbot.waitUntil(lambda: shows(seen, 5))
    for number in (6, 7, 8):
        player.step(1)
        qtbot.waitUntil(lambda number=number: shows(seen, number))  # type: ignore[misc]
    for number in (7, 6, 5, 4, 3, 2):
        player.step(-1)
        qtbot.waitUntil(lambda number=number: shows(seen, number))  # type: ignore[misc]
    assert not player.is_playing


def test_a_step_while_playing_is_from_the_picture_shown(
    qtbot: QtBot, player: Player, tmp_path: Path
) -> None:
    seen = Seen(player)
    player.open(str(film(tmp_path / "a.mp4", n=300, rate=25)), play=True)
    qtbot.waitUntil(lambda: len(seen.pictures) > 5)
    player.pause()
    with qtbot.waitSignal(player.picture_changed):
        player.step(1)
    qtbot.waitUntil(lambda: player._decoder.orders._order.steps == 0)
    assert seen.numbers[-1] == seen.numbers[-2] + 1


def test_loops_the_sighting(qtbot: QtBot, player: Player, tmp_path: Path) -> None:
    seen = Seen(player)
    player.open(str(film(tmp_path / "a.mp4", n=200, rate=25, gop=50)), 2.0)
    qtbot.waitUntil(lambda: shows(seen, 50))
    player.set_span((1.25, 1.75))
    player.set_looping(True)  # from 1 s to 2.25 s
    player.set_speed(4.0)
    player.play()
    qtbot.waitUntil(lambda: len([b for a, b in zip(seen.numbers, seen.numbers[1:]) if b < a]) >= 3)
    player.pause()
    assert min(seen.numbers) >= 25
    assert max(seen.numbers) <= 56
    player.set_looping(False)
    assert not player.is_looping


def test_a_turned_film_stands_upright(qtbot: QtBot, player: Player, tmp_path: Path) -> None:
    path = turned(film(tmp_path / "a.mp4", n=10), degrees=90)
    player.set_size(400, 400)
    with qtbot.waitSignal(player.picture_changed) as arrived:
        player.open(str(path))
    (picture,) = arrived.args
    assert picture.frame_size == SIZE[::-1]
    assert picture.pixels.shape[:2] == (400, round(400 * SIZE[1] / SIZE[0]))
    assert picture.pixels[:80, -100:].mean() < picture.pixels[200:, :, 2].mean()  # cells at right


def test_is_as_large_as_asked_for(qtbot: QtBot, player: Player, tmp_path: Path) -> None:
    seen = Seen(player)
    player.open(str(film(tmp_path / "a.mp4", n=10)))
    qtbot.waitUntil(lambda: bool(seen.pictures))
    player.set_size(80, 80)
    qtbot.waitUntil(lambda: seen.pictures[-1].pixels.shape == (24, 80, 4))


def test_a_file_cut_short_says_so_where_it_breaks_off(
    qtbot: QtBot, player: Player, tmp_path: Path
) -> None:
    seen = Seen(player)
    path = cut_off(film(tmp_path / "a.mkv", n=100, rate=25), share=0.6)
    player.open(str(path), 0.4)
    qtbot.waitUntil(lambda: shows(seen, 10))
    assert player.sentence == ""
    player.seek(3.9)
    qtbot.waitUntil(lambda: "cut short" in player.sentence)
    assert player.frame_size is not None
    player.seek(0.4)
    qtbot.waitUntil(lambda: player.sentence == "")
    player.seek(1.5)
    player.play()
    qtbot.waitUntil(lambda: "cut short" in player.sentence and not player.is_playing)


@pytest.mark.parametrize("content", [None, b"no film at all"])
def test_what_cannot_be_played_is_said(
    qtbot: QtBot, player: Player, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "a.mp4"
    if content is not None:
        path.write_bytes(content)
    player.open(str(path))
    qtbot.waitUntil(lambda: "a.mp4" in player.sentence)
    assert not player.is_open
    film(path, n=10)  # it may be there later
    player.open(str(path))
    qtbot.waitUntil(lambda: player.is_open and player.sentence == "")


def test_another_file_takes_over(qtbot: QtBot, player: Player, tmp_path: Path) -> None:
    seen = Seen(player)
    one, two = film(tmp_path / "a.mp4", n=300, gop=250), film(tmp_path / "b.mp4", n=40)
    player.open(str(one), 25.0)
    player.open(str(two), 1.0)
    qtbot.waitUntil(lambda: shows(seen, 10))
    assert {p.path for p in seen.pictures} == {two}


def test_a_folder_of_pictures_is_gone_through(qtbot: QtBot, player: Player, tmp_path: Path) -> None:
    seen = Seen(player)
    (tmp_path / "album").mkdir()
    for n in range(3):
        write_image(numbered(n), tmp_path / "album" / f"{n}.png")
    player.open(str(tmp_path / "album"), 1.0)
    qtbot.waitUntil(lambda: shows(seen, 1))
    player.step(1)
    qtbot.waitUntil(lambda: shows(seen, 2))
    player.seek(0.0)
    qtbot.waitUntil(lambda: shows(seen, 0))


def test_closing_while_playing_leaves_no_thread_and_no_file(qtbot: QtBot, tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", n=300, rate=25)
    player = Player()
    with qtbot.waitSignal(player.picture_changed):
        player.open(str(path), play=True)
    player.close()
    player.close()
    assert not player.is_running
    held = [f for f in Path("/proc/self/fd").iterdir() if f.exists()]
    assert path not in [f.resolve() for f in held]
    player.open(str(path))  # after the end: nothing
    assert not player.is_running
