"""What can happen to a picture.

Each takes (3, H, W) uint8 RGB and a `Chance`, and returns another picture of that shape and type.
None changes the one that it is given. On torchvision v2, but for what OpenCV or one matrix does in
a fraction of the time.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchvision.transforms.v2 import functional as tv

from reid_core import images
from reid_core.models.manifest import IMAGENET_MEAN

Range = tuple[float, float]
Matrix = NDArray[np.float64]

MEAN = torch.tensor(IMAGENET_MEAN).round().to(torch.uint8)  # the colour of what is not known
NUMBERS = 32  # drawn at once: one by one they would cost more than most of the changes
FILLS = ("mean", "noise")
# luma, and the two axes of colour that a change of hue turns (NTSC's YIQ)
YIQ = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])
RGB = np.linalg.inv(YIQ)
LUMA = torch.tensor([0.299, 0.587, 0.114])


class Chance:
    """Numbers drawn from a generator, many at a time."""

    def __init__(self, generator: torch.Generator) -> None:
        self.generator = generator
        self._left: list[float] = []

    def share(self) -> float:
        """Evenly in [0, 1)."""
        if not self._left:
            self._left = torch.rand(NUMBERS, generator=self.generator).tolist()
        return self._left.pop()

    def between(self, limits: Range) -> float:
        """Evenly between two limits."""
        low, high = limits
        return low + (high - low) * self.share()

    def below(self, n: int) -> int:
        """A whole number in 0..n-1."""
        return min(int(self.share() * n), n - 1)


Change = Callable[[Tensor, Chance], Tensor]


def affine(picture: Tensor, chance: Chance, *, degrees: Range, shift: Range, zoom: Range) -> Tensor:
    """Turned about the middle, zoomed and shifted; what comes in has the mean colour."""
    _, height, width = picture.shape
    middle = ((width - 1) / 2, (height - 1) / 2)
    matrix = cv2.getRotationMatrix2D(middle, chance.between(degrees), chance.between(zoom))
    matrix[0, 2] += chance.between(shift) * width
    matrix[1, 2] += chance.between(shift) * height
    out = np.empty((3, height, width), np.uint8)
    for plane, into, value in zip(picture.numpy(), out, MEAN.tolist(), strict=True):
        cv2.warpAffine(plane, matrix, (width, height), dst=into, borderValue=value)
    return torch.from_numpy(out)


def flip(picture: Tensor, chance: Chance) -> Tensor:
    """Left and right exchanged."""
    flipped: Tensor = tv.horizontal_flip(picture)
    return flipped


def crop(picture: Tensor, chance: Chance, *, pad: int) -> Tensor:
    """Of the picture with `pad` px of the mean colour around it, a part of its own size."""
    _, height, width = picture.shape
    dy, dx = chance.below(2 * pad + 1) - pad, chance.below(2 * pad + 1) - pad
    out = MEAN[:, None, None].repeat(1, height, width)
    (to_y, from_y), (to_x, from_x) = _overlap(dy, height), _overlap(dx, width)
    out[:, to_y, to_x] = picture[:, from_y, from_x]
    return out


def _overlap(by: int, side: int) -> tuple[slice, slice]:
    """Where a side shifted by so many px lands, and where that part comes from."""
    length = max(0, side - abs(by))
    to, come_from = max(0, by), max(0, -by)
    return slice(to, to + length), slice(come_from, come_from + length)


def low_resolution(picture: Tensor, chance: Chance, *, scale: Range) -> Tensor:
    """Seen from afar: made smaller and larger again, both bilinear with antialiasing."""
    _, height, width = picture.shape
    by = chance.between(scale)
    small = [max(1, round(height * by)), max(1, round(width * by))]
    # in float, since the kernel for bytes fails on pictures of a few pixels (torch 2.14)
    seen = tv.resize(picture.float(), small, antialias=True)
    return _bytes(tv.resize(seen, [height, width], antialias=True) + 0.5)


def blur(picture: Tensor, chance: Chance, *, sigma: Range) -> Tensor:
    """Out of focus: a Gaussian."""
    width = chance.between(sigma)
    out = np.empty(picture.shape, np.uint8)
    for plane, into in zip(picture.numpy(), out, strict=True):
        cv2.GaussianBlur(plane, (0, 0), width, dst=into)
    return torch.from_numpy(out)


def colour(
    picture: Tensor,
    chance: Chance,
    *,
    brightness: Range,
    contrast: Range,
    saturation: Range,
    hue: Range,
) -> Tensor:
    """Another light and another camera: all four in one pass.

    They are linear: brightness times the pixel, contrast about the mean luma, saturation about
    the pixel's own luma, and hue as a turn of the colour plane of YIQ, which keeps the luma.
    """
    light, about = chance.between(brightness), chance.between(contrast)
    mix = _turned(chance.between(hue)) @ _saturated(chance.between(saturation))
    return _mixed(picture, about * light * mix, pivot=(1 - about) * light)


def grey(picture: Tensor, chance: Chance) -> Tensor:
    """The luma in all three channels."""
    return _mixed(picture, _saturated(0.0))


def _saturated(by: float) -> Matrix:
    """(3, 3) that draws RGB towards its luma, or away from it."""
    return by * np.eye(3) + (1 - by) * YIQ[:1]


def _turned(turns: float) -> Matrix:
    """(3, 3) that turns RGB's colour about its luma."""
    cos, sin = math.cos(2 * math.pi * turns), math.sin(2 * math.pi * turns)
    turn = np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]])
    return np.asarray(RGB @ turn @ YIQ, np.float64)


def _mixed(picture: Tensor, mix: Matrix, *, pivot: float = 0.0) -> Tensor:
    """Every pixel through a (3, 3) matrix, plus `pivot` times the mean luma; rounded and cut."""
    pixels = picture.reshape(3, -1).float()
    shift = torch.full((3, 1), 0.5)  # a half, since what follows rounds down
    if pivot:
        shift += pivot * (LUMA @ pixels.mean(1))
    mixed = torch.addmm(shift, torch.from_numpy(mix).float(), pixels)
    return _bytes(mixed).view_as(picture)


def _bytes(values: Tensor) -> Tensor:
    """Rounded down and cut to 0..255, uint8."""
    return values.clamp_(0, 255).to(torch.uint8)


def jpeg(picture: Tensor, chance: Chance, *, quality: Range) -> Tensor:
    """Compressed and opened again."""
    bgr = np.ascontiguousarray(picture.numpy()[::-1].transpose(1, 2, 0))
    data = images.encode_jpeg(bgr, quality=round(chance.between(quality)))
    opened = np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), np.uint8)
    return torch.from_numpy(np.ascontiguousarray(opened.transpose(2, 0, 1)[::-1]))


def erase(
    picture: Tensor, chance: Chance, *, area: Range, aspect: Range, fill: str, tries: int = 20
) -> Tensor:
    """Something stands in front: a rectangle is lost (1708.04896, algorithm 1).

    The aspect is drawn evenly in its logarithm, so that wide and tall are alike. fill: "mean"
    colour, or "noise" in every pixel. When none of the drawn shapes fits, nothing is.
    """
    _, height, width = picture.shape
    for _ in range(tries):
        size = chance.between(area) * height * width
        ratio = math.exp(chance.between((math.log(aspect[0]), math.log(aspect[1]))))
        h, w = round(math.sqrt(size * ratio)), round(math.sqrt(size / ratio))
        if 0 < h < height and 0 < w < width:
            break
    else:
        return picture
    y, x = chance.below(height - h + 1), chance.below(width - w + 1)
    if fill == "noise":
        put = torch.randint(0, 256, (3, h, w), dtype=torch.uint8, generator=chance.generator)
    else:
        put = MEAN[:, None, None].expand(3, h, w)
    erased: Tensor = tv.erase(picture, y, x, h, w, put)
    return erased
