"""Labelled pictures: every form that they come in, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow
from torch.utils.data import DataLoader

from reid_core import align, images
from reid_core.errors import DataError, ImageUnreadable
from reid_core.learn import data, samplers
from reid_core.learn.data import Cache, Draw, Pictures, PictureSet
from reid_core.learn.data.again import is_plain_jpeg, read_again
from reid_core.library import Library, people
from reid_core.models.manifest import ARCFACE_TEMPLATE
from reid_core.types import Kind

forks = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")


def draw(seed: int, height: int = 40, width: int = 20) -> np.ndarray:
    small = np.random.default_rng(seed).integers(0, 256, (5, 3, 3)).astype(np.uint8)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def put(path: Path, seed: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    images.write_image(draw(seed), path)
    return path


def put_people(root: Path, *, people_n: int = 3, each: int = 4) -> Path:
    for one in range(people_n):
        for i in range(each):
            put(root / f"p{one}" / f"{i}.jpg", 100 * one + i)
    return root


def made(counts: list[int], domains: int = 1) -> Pictures:
    """Pictures that exist in name only."""
    labels = np.repeat(np.arange(len(counts)), counts)
    n = len(labels)
    paths = tuple(Path(f"{one}-{i}.jpg") for i, one in enumerate(labels))
    names = tuple(f"who{i}" for i in range(len(counts)))
    return Pictures(paths, labels, np.arange(n) % 3, labels % domains, names)


# ---- the value


def test_a_subset_keeps_rows_and_numbers_identities_anew() -> None:
    part = made([2, 3, 1]).subset([5, 0, 1])
    assert part.names == ("who0", "who2")
    assert part.labels.tolist() == [1, 0, 0]
    assert [str(p) for p in part.paths] == ["2-5.jpg", "0-0.jpg", "0-1.jpg"]
    assert part.cameras.tolist() == [2, 0, 1]


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"labels": np.zeros(3, np.int64)}, "labels has shape"),
        ({"cameras": np.zeros((4, 1), np.int64)}, "cameras has shape"),
        ({"labels": np.array([0, 1, 2, 1])}, r"not all in 0\.\.1"),
        ({"labels": np.array([0, -1, 1, 1])}, r"not all in 0\.\.1"),
    ],
)
def test_fields_must_fit_one_another(change: dict[str, np.ndarray], match: str) -> None:
    zeros = np.zeros(4, np.int64)
    fields = {"labels": zeros, "cameras": zeros, "domains": zeros, **change}
    paths = tuple(Path(str(i)) for i in range(4))
    with pytest.raises(ValueError, match=match):
        Pictures(paths, names=("a", "b"), **fields)


def test_data_sets_are_combined_without_mixing_people_or_cameras() -> None:
    a = made([2, 2])
    b = Pictures(
        (Path("x.jpg"), Path("y.jpg")),
        np.array([0, 1]),
        np.array([-1, 0]),
        np.zeros(2, np.int64),
        ("who0", "other"),
    )
    both = data.combine([a, b])
    assert both.names == ("0:who0", "0:who1", "1:who0", "1:other")
    assert both.labels.tolist() == [0, 0, 1, 1, 2, 3]
    assert both.cameras.tolist() == [0, 1, 2, 0, -1, 3]
    assert both.domains.tolist() == [0, 0, 0, 0, 1, 1]
    assert data.combine([a]) is a


def test_what_cannot_be_combined() -> None:
    with pytest.raises(DataError, match="No data set"):
        data.combine([])
    with pytest.raises(DataError, match=r"4 pictures more than once, first 0-0\.jpg"):
        data.combine([made([2, 2]), made([2, 2])])


# ---- splits


@given(st.lists(st.integers(1, 4), min_size=4, max_size=12), st.integers(0, 5), st.randoms())
def test_a_split_depends_on_names_and_seed_only(counts: list[int], seed: int, chance) -> None:
    pictures = made(counts)
    rows = list(range(len(pictures)))
    chance.shuffle(rows)
    train, held = data.split_identities(pictures, count=2, seed=seed)
    other_train, other_held = data.split_identities(pictures.subset(rows), count=2, seed=seed)
    assert set(held.names) == set(other_held.names)
    assert set(train.names) == set(other_train.names)
    assert not set(train.names) & set(held.names)
    assert set(train.paths) | set(held.paths) == set(pictures.paths)
    assert len(train) + len(held) == len(pictures)
    for part in (train, held):
        for path, label in zip(part.paths, part.labels, strict=True):
            assert part.names[label] == f"who{str(path).split('-')[0]}"


def test_holding_out_more_only_adds_and_another_seed_draws_others() -> None:
    pictures = made([1] * 30)
    few, more = (set(data.split_identities(pictures, count=n, seed=1)[1].names) for n in (5, 12))
    assert few < more
    assert few != set(data.split_identities(pictures, count=5, seed=2)[1].names)
    assert data.split_identities(pictures, share=0.2, seed=1)[1].classes == 6


def test_splits_that_are_not_possible() -> None:
    pictures = made([2, 2, 2])
    with pytest.raises(DataError, match="2 of 3 identities cannot be held out"):
        data.split_identities(pictures, count=2, seed=0)
    with pytest.raises(DataError, match="0 of 3"):
        data.split_identities(pictures, count=0, seed=0)
    with pytest.raises(ValueError, match="either share or count"):
        data.split_identities(pictures, seed=0)
    with pytest.raises(ValueError, match=r"share is 1\.5"):
        data.split_identities(pictures, share=1.5, seed=0)


# ---- a folder for each identity


def test_a_folder_for_each_identity(tmp_path: Path) -> None:
    put_people(tmp_path, people_n=2, each=2)
    put(tmp_path / "p1" / "deeper" / "x.png")
    put(tmp_path / "nobody.jpg")
    (tmp_path / "p0" / "notes.txt").write_text("no picture")
    found = data.read_folder(tmp_path)
    assert found.names == ("p0", "p1")
    assert np.bincount(found.labels).tolist() == [2, 3]
    assert all(found.names[i] in p.parts for i, p in zip(found.labels, found.paths, strict=True))
    assert set(found.cameras.tolist()) == {-1}
    assert set(found.domains.tolist()) == {0}


def test_folders_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not a folder"):
        data.read_folder(tmp_path / "none")
    with pytest.raises(DataError, match=f"{tmp_path} holds no pictures"):
        data.read_folder(tmp_path)
    put(tmp_path / "a.jpg")
    with pytest.raises(DataError, match="no folders: one for each identity"):
        data.read_folder(tmp_path)
    put(tmp_path / "ada" / "a.jpg")
    with pytest.raises(DataError, match=r"1 identities \(ada\): at least 2"):
        data.read_folder(tmp_path)


# ---- Market-style names


def test_market_style_names_anywhere_below(tmp_path: Path) -> None:
    for name in (
        "train/0002_c1s1_000451_03.jpg",
        "train/0002_c2_s1f000451n03.jpg",
        "query/1501_c6s1_000001_00.jpg",
        "test/-1_c1s1_000401_03.jpg",
        "test/0000_c4s1_000401_03.jpg",
        "test/holiday.jpg",
    ):
        put(tmp_path / name)
    found = data.read_market(tmp_path)
    who = {
        p.name[:7]: (found.names[i], c) for p, i, c in zip(found.paths, found.labels, found.cameras)
    }
    assert who == {"0002_c1": ("0002", 1), "0002_c2": ("0002", 2), "1501_c6": ("1501", 6)}


def test_market_folders_that_cannot_be_used(tmp_path: Path) -> None:
    put(tmp_path / "holiday.jpg")
    with pytest.raises(DataError, match=r"None of the 1 pictures.*found holiday\.jpg"):
        data.read_market(tmp_path)
    put(tmp_path / "0007_c1s1_000401_03.jpg")
    with pytest.raises(DataError, match=r"\(0007\)"):
        data.read_market(tmp_path)


# ---- lists


def write_list(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    for name in "ab", "c d":
        put(tmp_path / "in" / f"{name}.jpg", len(name))
    path = tmp_path / "list.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("text", "cameras"),
    [
        ("path,identity\nin/ab.jpg,Ada\nin/c d.jpg,Bo\n", [-1, -1]),
        ("path,identity,camera\nin/ab.jpg,Ada,3\n\nin/c d.jpg,Bo,\n", [3, -1]),
        ('Camera, Identity ,more,PATH\r\n0,Ada,x,in/ab.jpg\r\n7,"Bo",,"in/c d.jpg"\r\n', [0, 7]),
        ("\ufeffpath,identity\nin/ab.jpg,Ada\nin/c d.jpg,Bo", [-1, -1]),
    ],
)
def test_lists(tmp_path: Path, text: str, cameras: list[int]) -> None:
    found = data.read_csv(write_list(tmp_path, text))
    assert found.names == ("Ada", "Bo")
    assert [p.name for p in found.paths] == ["ab.jpg", "c d.jpg"]
    assert found.labels.tolist() == [0, 1]
    assert found.cameras.tolist() == cameras


def test_a_list_of_pictures_elsewhere(tmp_path: Path) -> None:
    path = write_list(tmp_path, "path,identity\nab.jpg,Ada\nc d.jpg,Bo\n")
    assert data.read_csv(path, tmp_path / "in").classes == 2


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "line 1: expected the column names"),
        ("path,identity\n", "holds no pictures"),
        ("file,who\nin/ab.jpg,Ada\n", "line 1: expected the column names .* not 'file,who'"),
        ("path,identity\nin/ab.jpg,Ada\n,Bo\n", "line 3: there is no path"),
        ("path,identity\nin/ab.jpg\n", "line 2: there is no identity"),
        ("path,identity,camera\nin/ab.jpg,Ada,left\n", "line 2: camera 'left' is no whole number"),
        ("path,identity,camera\nin/ab.jpg,Ada,-2\n", "camera '-2'"),
        ("path,identity,camera\nin/ab.jpg,Ada,²\n", "camera '²'"),
        ('path,identity\n"in/ab.jpg,Ada\n', "line 2: unexpected end of data"),
        (
            "path,identity\nin/ab.jpg,Ada\nin/e.jpg,Bo\n",
            r"1 pictures that are not there, first .*e",
        ),
        ("path,identity\nin/ab.jpg,Ada\nin/ab.jpg,Bo\n", r"1 pictures more than once, first .*ab"),
        ("path,identity\nin/ab.jpg,Ada\nin/c d.jpg,Ada\n", r"1 identities \(Ada\)"),
    ],
)
def test_lists_that_cannot_be_used(tmp_path: Path, text: str, match: str) -> None:
    with pytest.raises(DataError, match=match):
        data.read_csv(write_list(tmp_path, text))


def test_lists_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not text in UTF-8"):
        data.read_csv(write_list(tmp_path, "path,identity\nin/é.jpg,x\n", "latin-1"))
    with pytest.raises(DataError, match="cannot be read"):
        data.read_csv(tmp_path)


# ---- a Cameo library


def enrol(library: Library, name: str, kind: Kind, crops: list[np.ndarray], points) -> None:
    with library.transaction("enroll") as tx:
        person = people.add_person(tx, name)
        for crop in crops:
            media = library.media.put(images.encode_jpeg(crop, quality=98))
            vector = np.float32([1, 0])
            new = people.NewTemplate(kind, media, 0.8, {}, points, "x.jpg", vector, "m@1")
            people.add_template(tx, person, new)


def test_faces_of_a_library_come_upright(library: Library) -> None:
    turn = cv2.getRotationMatrix2D((56, 56), 25, 1.6)
    turn[:, 2] += 60
    points = np.hstack([np.array(ARCFACE_TEMPLATE), np.ones((5, 1))]) @ turn.T
    crop = np.zeros((240, 240, 3), np.uint8)
    for x, y in points:
        cv2.circle(crop, (round(x), round(y)), 7, (255, 255, 255), -1)
    points = points.astype(np.float32)
    enrol(library, "Ada", Kind.FACE, [crop, crop[:-1]], points)
    enrol(library, "Bo", Kind.FACE, [crop[:, :-1]], points)
    enrol(library, "Cy", Kind.BODY, [crop], np.zeros((0, 2), np.float32))

    found = data.read_gallery(library, Kind.FACE)
    assert sorted(np.bincount(found.labels).tolist()) == [1, 2]
    with library.read() as connection:
        ids = {p.shown_id for p in people.list_people(connection) if p.faces}
    assert set(found.names) == ids
    served = PictureSet(found, height=112, width=112)
    for row in range(3):
        chip = served[row][0].numpy()[0]
        assert chip.shape == (112, 112)
        assert all(chip[round(y), round(x)] > 200 for x, y in ARCFACE_TEMPLATE)
        assert chip[20, 56] < 40


def test_bodies_of_a_library_lose_the_margin_that_was_kept(library: Library) -> None:
    whole = np.zeros((220, 110, 3), np.uint8)
    whole[10:210, 5:105] = 255  # the box, grown by a tenth
    none = np.zeros((0, 2), np.float32)
    enrol(library, "Ada", Kind.BODY, [whole], none)
    enrol(library, "Bo", Kind.BODY, [whole[1:]], none)
    found = data.read_gallery(library, Kind.BODY)
    picture = PictureSet(found, height=128, width=64)[0][0]
    assert picture.float().mean() > 250


def test_a_library_with_too_few_people(library: Library) -> None:
    with pytest.raises(DataError, match=f"{library.folder}, face templates, holds no pictures"):
        data.read_gallery(library, Kind.FACE)
    enrol(library, "Ada", Kind.BODY, [draw(1)], np.zeros((0, 2), np.float32))
    with pytest.raises(DataError, match="body templates, has 1 identities"):
        data.read_gallery(library, Kind.BODY)


def test_a_stored_crop_that_is_gone_is_named(library: Library) -> None:
    none = np.zeros((0, 2), np.float32)
    for i, name in enumerate(("Ada", "Bo", "Cy")):
        enrol(library, name, Kind.BODY, [draw(i)], none)
    found = data.read_gallery(library, Kind.BODY)
    Path(str(found.paths[1])).unlink()
    usable, broken = data.check(found)
    assert usable.classes == 2
    assert broken[0][0] == str(found.paths[1])
    assert "cannot be read" in broken[0][1]


# ---- which form it is


def test_the_form_is_recognised(tmp_path: Path, library: Library) -> None:
    folders = put_people(tmp_path / "folders")
    assert data.read(folders).names == ("p0", "p1", "p2")
    market = tmp_path / "market"
    for one in (1, 2):
        put(market / f"{one:04d}" / f"{one:04d}_c{one}_s1f1n1.jpg")
    assert data.read(market).cameras.tolist() == [1, 2]
    assert data.read(market, "folder").cameras.tolist() == [-1, -1]
    listed = write_list(tmp_path, "path,identity\nin/ab.jpg,Ada\nin/c d.jpg,Bo\n")
    assert data.read(str(listed)).names == ("Ada", "Bo")
    none, points = np.zeros((0, 2), np.float32), np.float32(ARCFACE_TEMPLATE)
    for i, name in enumerate(("Ada", "Bo")):
        enrol(library, name, Kind.FACE, [draw(i, 120, 120)], points)
        enrol(library, f"{name} 2", Kind.BODY, [draw(i)], none)
    assert data.read(library.folder).paths[0].points
    assert data.read(library.folder, "bodies").paths[0].points == ()


def test_what_is_no_training_data(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no training data at"):
        data.read(tmp_path / "none")
    with pytest.raises(DataError, match="no Cameo library in"):
        data.read(tmp_path, "faces")
    with pytest.raises(ValueError, match="form is 'zip'"):
        data.read(tmp_path, "zip")
    with pytest.raises(DataError, match="holds no pictures"):
        data.read(tmp_path)


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
