"""Pictures as they are served to training, and those that cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from made_labelled import draw, put, put_people
from PIL import Image as Pillow
from torch.utils.data import DataLoader

from reid_core import align, images
from reid_core.errors import DataError, ImageUnreadable
from reid_core.learn import data, samplers
from reid_core.learn.data import Cache, Draw, PictureSet
from reid_core.learn.data.again import is_plain_jpeg, read_again

forks = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")


# ---- reading again


def test_what_is_read_again_has_the_same_pixels(tmp_path: Path) -> None:
    rgb = Pillow.fromarray(draw(3, 60, 50))
    turned = Pillow.Exif()
    turned[images.ORIENTATION] = 6
    files: dict[str, Callable[[Path], None]] = {
        "plain.jpg": rgb.save,
        "progressive.jpg": lambda p: rgb.save(p, progressive=True),
        "grey.jpg": rgb.convert("L").save,
        "turned.jpg": lambda p: rgb.save(p, exif=turned),
        "cmyk.jpg": rgb.convert("CMYK").save,
        "clear.png": rgb.convert("RGBA").save,
    }
    plain = set()
    for name, save in files.items():
        path = tmp_path / name
        save(path)
        np.testing.assert_array_equal(read_again(path), images.read_image(path), err_msg=name)
        plain |= {name} if is_plain_jpeg(path.read_bytes()) else set()
    assert plain == {"plain.jpg", "progressive.jpg", "grey.jpg"}
    with pytest.raises(ImageUnreadable, match="cannot be read"):
        read_again(tmp_path / "none.jpg")


@pytest.mark.real_data
def test_real_pictures_are_read_again_with_the_same_pixels(data: Path) -> None:
    some = images.list_images(data / "reid" / "market1501")[::1500]
    some += images.list_images(data / "faces" / "lfw")[::500]
    assert len(some) > 8
    for path in some:
        assert is_plain_jpeg(path.read_bytes())
        np.testing.assert_array_equal(read_again(path), images.read_image(path))


# ---- serving


def by_hand(path: Path, height: int, width: int) -> torch.Tensor:
    image = align.resize(images.read_image(path), width=width, height=height)
    return torch.tensor(image[:, :, ::-1].copy()).permute(2, 0, 1)


def test_items_are_rgb_planes_with_label_and_row(tmp_path: Path) -> None:
    found = data.read_folder(put_people(tmp_path))
    served = PictureSet(found, height=16, width=12)
    assert len(served) == 12
    for row in (0, 5, 11, 5):
        picture, label, index = served[row]
        assert picture.dtype == torch.uint8
        assert torch.equal(picture, by_hand(found.paths[row], 16, 12))
        assert (label, index) == (int(found.labels[row]), row)


def noisy(picture: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    return picture ^ torch.randint(0, 256, picture.shape, dtype=torch.uint8, generator=generator)


def test_a_draw_says_what_chance_does(tmp_path: Path) -> None:
    found = data.read_folder(put_people(tmp_path))
    served = PictureSet(found, height=16, width=12, transform=noisy)
    plain = by_hand(found.paths[2], 16, 12)
    assert torch.equal(served[2][0], plain)
    first = served[Draw(2, 7)][0]
    assert torch.equal(served[Draw(2, 7)][0], first)
    assert not torch.equal(served[Draw(2, 8)][0], first)
    assert torch.equal(served[2][0], plain)  # what is kept was not touched


@forks
@pytest.mark.parametrize("limit", [0, 5 * 3 * 16 * 12, 1 << 20])
def test_workers_change_nothing(tmp_path: Path, limit: int) -> None:
    found = data.read_folder(put_people(tmp_path))
    batches = samplers.make("pk", found, batch=4, seed=3, k=2, epoch_length=24)
    runs = []
    for workers in (0, 2):
        served = PictureSet(found, height=16, width=12, transform=noisy, cache_bytes=limit)
        loader = DataLoader(served, batch_sampler=batches, num_workers=workers)
        runs.append([batch for epoch in (0, 1) for batch in _epoch(loader, batches, epoch)])
    assert len(runs[0]) == len(runs[1]) == 12
    for one, other in zip(*runs, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))
    assert not torch.equal(runs[0][0][0], runs[0][6][0])


def _epoch(loader: DataLoader, batches: samplers.Batches, epoch: int) -> list:
    batches.set_epoch(epoch)
    return list(loader)


@forks
@pytest.mark.parametrize("workers", [0, 2])
def test_nothing_is_decoded_twice(tmp_path: Path, workers: int) -> None:
    found = data.read_folder(put_people(tmp_path))
    wanted = [by_hand(path, 16, 12) for path in found.paths]
    cache = Cache(found.paths, height=16, width=12)
    usable, broken = data.check(found, cache=cache, workers=workers)
    assert usable.checked
    assert (len(usable), broken) == (12, [])
    for path in found.paths:
        path.unlink()
    train, held = data.split_identities(usable, count=1, seed=0)
    for part in (train, held):
        served = PictureSet(part, height=16, width=12, cache=cache)
        for row, path in enumerate(part.paths):
            assert torch.equal(served[row][0], wanted[found.paths.index(path)])


def test_only_as_much_is_kept_as_fits(tmp_path: Path) -> None:
    found = data.read_folder(put_people(tmp_path))
    served = PictureSet(found, height=16, width=12, cache_bytes=2 * 3 * 16 * 12 + 1)
    for row in range(12):
        served[row]
    for path in found.paths:
        path.unlink()
    assert served[1][0].shape == (3, 16, 12)
    with pytest.raises(ImageUnreadable):
        served[2]


def test_a_cache_of_another_size(tmp_path: Path) -> None:
    found = data.read_folder(put_people(tmp_path))
    with pytest.raises(ValueError, match="16x12, not of 12x16"):
        PictureSet(found, height=12, width=16, cache=Cache(found.paths, height=16, width=12))


# ---- pictures that cannot be read


@forks
@pytest.mark.parametrize("workers", [0, 2])
def test_unreadable_pictures_are_named_and_left_out(tmp_path: Path, workers: int) -> None:
    put_people(tmp_path)
    half = tmp_path / "p0" / "1.jpg"
    half.write_bytes(half.read_bytes()[:300])
    (tmp_path / "p1" / "2.jpg").write_text("no picture")
    (tmp_path / "p9").mkdir()
    (tmp_path / "p9" / "only.jpg").write_bytes(b"")
    found = data.read_folder(tmp_path)
    usable, broken = data.check(found, workers=workers)
    assert [Path(path).relative_to(tmp_path).as_posix() for path, _ in broken] == [
        "p0/1.jpg",
        "p1/2.jpg",
        "p9/only.jpg",
    ]
    assert all(path in reason for path, reason in broken)
    assert "text, not a picture" in broken[1][1]
    assert "empty" in broken[2][1]
    assert usable.names == ("p0", "p1", "p2")
    assert len(usable) == 10
    assert not found.checked


def test_too_few_are_left(tmp_path: Path) -> None:
    put(tmp_path / "a" / "1.jpg")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "2.jpg").write_text("no picture")
    with pytest.raises(DataError, match=r"without 1 pictures.* has 1 identities \(a\)"):
        data.check(data.read_folder(tmp_path))


@pytest.mark.real_data
def test_the_files_that_an_application_meets(shared: Path, tmp_path: Path) -> None:
    found = images.list_images(shared / "data" / "bad_inputs")
    rows = "".join(f"{path},{i % 2}\n" for i, path in enumerate(found))
    listed = tmp_path / "list.csv"
    listed.write_text("path,identity\n" + rows, "utf-8")
    pictures = data.read_csv(listed)
    cache = Cache(pictures.paths, height=32, width=16)
    usable, broken = data.check(pictures, cache=cache)
    assert {Path(path).name for path, _ in broken} == {
        "bitflips_middle.jpg",
        "bomb_30000x30000_1bit.png",
        "empty.jpg",
        "text_named.jpg",
        "truncated_half.jpg",
        "truncated_header.jpg",
    }
    served = PictureSet(usable, height=32, width=16, cache_bytes=0)
    for row, path in enumerate(usable.paths):
        if path.stat().st_size < 1_000_000:
            assert torch.equal(served[row][0], by_hand(path, 32, 16)), path
