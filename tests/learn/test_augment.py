"""Chance changes to pictures: each against the same thing in other words."""

from __future__ import annotations

import colorsys
from collections.abc import Iterator

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torchvision.transforms.v2 import functional as tv

from reid_core.learn import augment
from reid_core.learn.augment import changes
from reid_core.learn.augment.changes import Chance

H, W = 32, 16
MEAN = torch.tensor([124, 116, 104], dtype=torch.uint8)
OFF = {"flip": 0.0, "crop": 0.0}
CHANGES = (
    *("affine", "flip", "crop", "low_resolution", "blur", "colour", "grey", "jpeg", "erase"),
)


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def picture(seed: int = 0, low: int = 0, high: int = 256) -> Tensor:
    """A smooth picture, in colour."""
    rng = np.random.default_rng(seed)
    small = rng.integers(low, high, (6, 4, 3)).astype(np.uint8)
    image = cv2.resize(small, (W, H), interpolation=cv2.INTER_LINEAR)
    return torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))


def off(left: Tensor, right: Tensor) -> float:
    """The mean difference, in grey values."""
    return float((left.float() - right.float()).abs().mean())


# ---- every change


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_keeps_shape_and_type_and_what_it_was_given(name: str) -> None:
    change = augment.make(H, W, **{**OFF, name: 1.0, "crop_pad": 0.5})
    same = 0
    for seed in range(20):
        given = picture(seed)
        before = given.clone()
        after = change(given, seeded(seed))
        assert after.shape == (3, H, W)
        assert after.dtype == torch.uint8
        assert torch.equal(given, before)
        assert torch.equal(change(given, seeded(seed)), after)
        same += torch.equal(after, given)
    assert same <= 2
    assert name in ("flip", "grey") or not torch.equal(
        change(given, seeded(3)), change(given, seeded(4))
    )


@pytest.mark.parametrize("name", CHANGES)
def test_chance_is_the_generators_alone(name: str) -> None:
    change = augment.make(H, W, **{**OFF, name: 0.7})
    state = torch.get_rng_state()
    first = change(picture(), seeded(1))
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(99)
    assert torch.equal(change(picture(), seeded(1)), first)


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_happens_as_often_as_asked(name: str) -> None:
    change = augment.make(H, W, **{**OFF, name: 0.3, "crop_pad": 0.5})
    given = picture()
    happened = sum(not torch.equal(change(given, seeded(s)), given) for s in range(400))
    assert 85 <= happened <= 155  # 120, and three and a half standard deviations


def test_without_options_pictures_are_flipped_and_cropped() -> None:
    change, given = augment.make(H, W), picture()
    crops = augment.make(H, W, flip=0)
    assert not torch.equal(change(given, seeded(0)), given)
    nothing = augment.make(H, W, **OFF)
    assert nothing(given, seeded(0)) is given
    assert any(torch.equal(change(given, seeded(s)), crops(given, seeded(s))) for s in range(9))


def test_a_picture_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match=r"picture of \(3, 32, 16\), expected \(3, 16, 32\)"):
        augment.make(W, H)(picture(), seeded(0))


# ---- options


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"flop": 0.5}, "option is called 'flop': did you mean 'flip'"),
        ({"flip": 1.5}, r"flip is 1\.5, expected a number in \[0, 1\]"),
        ({"flip": float("nan")}, "flip is nan"),
        ({"flip": "often"}, "flip is 'often', expected something like 0.5"),
        ({"flip": True}, "flip is True"),
        ({"hue": 0.1}, "hue is 0.1, expected something like"),
        ({"hue": [0.1]}, "hue is .* expected least and most"),
        ({"hue": [0.1, -0.1]}, "hue is .* expected least and most"),
        ({"hue": [0.1, "x"]}, "hue is .* expected something like"),
        ({"zoom": [0, 1]}, "zoom is .* within 0.1 and 10.0"),
        ({"erase_area": [0, 2]}, "erase_area is"),
        ({"erase_fill": "black"}, "erase_fill is 'black', expected mean or noise"),
        ({"erase_fill": 3}, "erase_fill is 3"),
    ],
)
def test_options_that_make_no_sense(options: dict[str, object], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        augment.make(H, W, **options)


def test_ranges_may_be_lists_as_in_a_file() -> None:
    assert augment.options_from({"hue": [0, 1], "erase": 1}).hue == (0, 1)


@given(st.floats(-5, 5), st.floats(0, 5), st.integers(1, 50), st.integers(0, 99))
def test_numbers_are_within_their_limits(low: float, more: float, n: int, seed: int) -> None:
    chance = Chance(seeded(seed))
    values = [chance.between((low, low + more)) for _ in range(50)]
    assert all(low <= v <= low + more for v in values)
    assert {chance.below(n) for _ in range(50)} <= set(range(n))
    assert len({chance.share() for _ in range(100)}) == 100


# ---- where things are


def test_flip_exchanges_left_and_right() -> None:
    given = picture()
    after = changes.flip(given, Chance(seeded(0)))
    assert all(torch.equal(after[:, :, x], given[:, :, W - 1 - x]) for x in range(W))


@given(st.integers(0, 40), st.integers(0, 99))
@settings(max_examples=40)
def test_a_crop_is_a_part_of_the_padded_picture(pad: int, seed: int) -> None:
    given = picture()
    after = changes.crop(given, Chance(seeded(seed)), pad=pad)
    wide = MEAN[:, None, None].repeat(1, H + 2 * pad, W + 2 * pad)
    wide[:, pad : pad + H, pad : pad + W] = given
    chance = Chance(seeded(seed))
    y, x = (2 * pad - chance.below(2 * pad + 1) for _ in range(2))
    assert torch.equal(after, wide[:, y : y + H, x : x + W])


def test_crops_reach_every_place() -> None:
    change = augment.make(H, W, flip=0, crop_pad=1 / H)
    assert len({tuple(change(picture(), seeded(s)).flatten().tolist()) for s in range(200)}) == 9


def test_affine_turns_zooms_and_shifts() -> None:
    given = picture()

    def after(degrees: float = 0.0, shift: float = 0.0, zoom: float = 1.0) -> Tensor:
        ranges = {"degrees": (degrees,) * 2, "shift": (shift,) * 2, "zoom": (zoom,) * 2}
        return changes.affine(given, Chance(seeded(0)), **ranges)

    assert torch.equal(after(), given)
    assert torch.equal(after(degrees=180), given.flip(1, 2))
    moved = after(shift=0.25)
    assert torch.equal(moved[:, H // 4 :, W // 4 :], given[:, : -H // 4, : -W // 4])
    assert torch.equal(moved[:, 0, 0], MEAN)
    half = after(zoom=0.5)
    inner = half[:, H // 4 + 1 : -H // 4 - 1, W // 4 + 1 : -W // 4 - 1]
    whole = torch.nn.functional.avg_pool2d(given.float(), 2)[:, 1:-1, 1:-1]
    assert off(inner, whole) < 2
    assert torch.equal(half[:, 0, 0], MEAN)


# ---- sharpness


@pytest.mark.parametrize("sigma", [0.5, 1.5])
def test_blur_is_a_gaussian(sigma: float) -> None:
    dot = torch.zeros(3, H, W, dtype=torch.uint8)
    dot[:, H // 2, W // 2] = 255
    after = changes.blur(dot, Chance(seeded(0)), sigma=(sigma, sigma)).float()
    y, x = torch.meshgrid(torch.arange(H) - H // 2, torch.arange(W) - W // 2, indexing="ij")
    bell = torch.exp(-(x**2 + y**2) / (2 * sigma**2))
    assert float((after - 255 * bell / bell.sum()).abs().max()) < 2.5


def test_low_resolution_leaves_no_more_detail_than_the_scale() -> None:
    checks = torch.zeros(3, H, W, dtype=torch.uint8)
    checks[:, ::2, ::2] = checks[:, 1::2, 1::2] = 255
    after = changes.low_resolution(checks, Chance(seeded(0)), scale=(0.25, 0.25))
    assert float((after.float() - 127.5).abs().max()) < 10  # without antialiasing: black or white
    smooth = picture()
    kept = changes.low_resolution(smooth, Chance(seeded(0)), scale=(1.0, 1.0))
    assert torch.equal(kept, smooth)
    assert off(changes.low_resolution(smooth, Chance(seeded(0)), scale=(0.02, 0.02)), smooth) > 10


def test_jpeg_hurts_more_at_a_lower_quality() -> None:
    given = torch.randint(0, 256, (3, H, W), dtype=torch.uint8, generator=seeded(0))
    hurt = [
        off(changes.jpeg(given, Chance(seeded(0)), quality=(q, q)), given) for q in (100, 60, 10)
    ]
    assert hurt[0] < hurt[1] < hurt[2]
    smooth = picture()
    assert off(changes.jpeg(smooth, Chance(seeded(0)), quality=(95, 95)), smooth) < 4


# ---- colour


def tinted(given: Tensor, **strength: float) -> Tensor:
    none = {"brightness": 1.0, "contrast": 1.0, "saturation": 1.0, "hue": 0.0, **strength}
    return changes.colour(given, Chance(seeded(0)), **{k: (v, v) for k, v in none.items()})


def test_colour_that_changes_nothing() -> None:
    assert torch.equal(tinted(picture()), picture())
    assert torch.equal(tinted(picture(), hue=1.0), picture())


@pytest.mark.parametrize("by", [0.7, 1.0, 1.3])
@pytest.mark.parametrize("name", ["brightness", "contrast", "saturation"])
def test_light_and_colour_as_torchvision_has_them(name: str, by: float) -> None:
    given = picture(low=90, high=150)  # so that nothing is cut
    theirs = getattr(tv, f"adjust_{name}")(given.float() / 255, by) * 255
    assert float((tinted(given, **{name: by}).float() - theirs).abs().max()) < 1.1


def test_all_of_it_in_one_pass_is_one_after_another() -> None:
    given = picture(low=90, high=150)
    at_once = tinted(given, brightness=0.9, contrast=1.2, saturation=0.8, hue=0.1)
    steps = tinted(tinted(given, hue=0.1), saturation=0.8)
    steps = tinted(tinted(steps, brightness=0.9), contrast=1.2)
    assert float((at_once.float() - steps.float()).abs().max()) <= 3  # they round four times


def test_colours_are_cut_at_black_and_white() -> None:
    given = picture()
    bright = tinted(given, brightness=3.0)
    assert torch.equal(bright, (given.float() * 3).clamp(0, 255).to(torch.uint8))
    assert int(tinted(given, contrast=5.0).min()) == 0


@given(st.floats(-0.5, 0.5))
@settings(max_examples=30)
def test_hue_turns_the_colour_and_keeps_the_luma(turn: float) -> None:
    given = picture(low=100, high=140)
    after = tinted(given, hue=turn)
    assert off(tv.rgb_to_grayscale(after.float()), tv.rgb_to_grayscale(given.float())) < 0.5
    back = tinted(after, hue=-turn)
    assert float((back.float() - given.float()).abs().max()) <= 2  # rounded twice
    even = torch.full((3, H, W), 77, dtype=torch.uint8)
    assert torch.equal(tinted(even, hue=turn), even)


def test_a_third_of_a_turn_brings_red_near_green_or_blue() -> None:
    red = torch.zeros(3, H, W, dtype=torch.uint8)
    red[0], red[1], red[2] = 140, 90, 90

    def hue(turn: float) -> float:
        r, g, b = (int(v) / 255 for v in tinted(red, hue=turn)[:, 0, 0])
        return colorsys.rgb_to_hsv(r, g, b)[0]

    seen = sorted([hue(1 / 3), hue(-1 / 3)])
    assert seen == pytest.approx([1 / 3, 2 / 3], abs=0.08)
    assert min(hue(0.02), 1 - hue(0.02)) < 0.05


def test_grey_is_the_luma() -> None:
    after = changes.grey(picture(), Chance(seeded(0)))
    theirs = tv.rgb_to_grayscale(picture().float(), num_output_channels=3)
    assert float((after.float() - theirs).abs().max()) <= 0.6


# ---- erasing


def holes(fill: str, n: int = 60) -> Iterator[tuple[Tensor, int, int]]:
    """What was erased of a black picture, (H, W) bool, with the bounds of it."""
    black = torch.zeros(3, H, W, dtype=torch.uint8)
    for seed in range(n):
        after = changes.erase(
            black, Chance(seeded(seed)), area=(0.1, 0.3), aspect=(0.5, 2.0), fill=fill
        )
        gone = (after != 0).any(0)
        ys, xs = torch.nonzero(gone, as_tuple=True)
        yield after, int(ys.max() - ys.min()) + 1, int(xs.max() - xs.min()) + 1


def test_a_rectangle_is_erased_with_the_mean_colour() -> None:
    seen = list(holes("mean"))
    for after, height, width in seen:
        gone = (after != 0).any(0)
        assert int(gone.sum()) == height * width
        assert torch.equal(after[:, gone].unique(dim=1)[:, 0], MEAN)
        assert 0.07 <= height * width / (H * W) <= 0.34  # sides are whole numbers
        assert 0.4 <= height / width <= 2.4
    ratios = [height / width for _, height, width in seen]
    assert min(ratios) < 0.8
    assert max(ratios) > 1.25
    assert len({h for _, h, _ in seen}) > 5


def test_a_rectangle_is_erased_with_noise() -> None:
    for after, height, width in holes("noise", n=10):
        values = after[after != 0]
        assert len(values) > 0.95 * 3 * height * width
        assert len(values.unique()) > 60


def test_a_shape_that_fits_nowhere_erases_nothing() -> None:
    given = picture()
    ranges = {"area": (0.9, 0.9), "aspect": (50.0, 50.0)}
    assert changes.erase(given, Chance(seeded(0)), fill="mean", **ranges) is given


# ---- for the network


def test_normalising() -> None:
    batch = torch.stack([picture(0), picture(1)])
    wide = batch.double().numpy()
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    expected = (wide / 255 - mean[:, None, None]) / std[:, None, None]
    got = augment.normalise(batch)
    assert got.dtype == torch.float32
    np.testing.assert_allclose(got.numpy(), expected, atol=2e-6)
    plain = augment.normalise(batch, mean=(0, 0, 0), std=(1, 1, 1))
    assert torch.equal(plain, batch.float())
    assert batch.dtype == torch.uint8
