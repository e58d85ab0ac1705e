"""Chance changes to a picture, so that the network learns what does not matter.

A transform takes a picture, (3, H, W) uint8 RGB, and a generator, and returns another of the same
shape and type; the picture itself is left as it is. All chance comes from that generator, never
from torch's own, so the same seed gives the same picture in whatever process.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from reid_core.learn.augment import changes
from reid_core.learn.augment.changes import Chance, Change
from reid_core.learn.augment.options import Options, options_from
from reid_core.models.manifest import IMAGENET_MEAN, IMAGENET_STD

__all__ = ["Options", "Transform", "make", "normalise", "options_from"]

Transform = Callable[[Tensor, torch.Generator], Tensor]


def make(height: int, width: int, **options: object) -> Transform:
    """The changes of `Options`, in its order, as one transform for pictures of one size.

    Without options: flip and crop. Ranges are (least, most). Raises ValueError naming the option.
    """
    chosen = options_from(options)
    steps = [step for step in _steps(height, chosen) if step[0] > 0]

    def transform(picture: Tensor, generator: torch.Generator) -> Tensor:
        if picture.shape != (3, height, width):
            raise ValueError(f"a picture of {tuple(picture.shape)}, expected {(3, height, width)}")
        chance = Chance(generator)
        for likely, change in steps:
            if chance.share() < likely:
                picture = change(picture, chance)
        return picture

    return transform


def _steps(height: int, o: Options) -> list[tuple[float, Change]]:
    """What can happen, in the order in which it does, with how likely it is."""
    pad = round(o.crop_pad * height)
    return [
        (o.affine, partial(changes.affine, degrees=o.degrees, shift=o.shift, zoom=o.zoom)),
        (o.flip, changes.flip),
        (o.crop, partial(changes.crop, pad=pad)),
        (o.low_resolution, partial(changes.low_resolution, scale=o.low_scale)),
        (o.blur, partial(changes.blur, sigma=o.blur_sigma)),
        (
            o.colour,
            partial(
                changes.colour,
                brightness=o.brightness,
                contrast=o.contrast,
                saturation=o.saturation,
                hue=o.hue,
            ),
        ),
        (o.grey, changes.grey),
        (o.jpeg, partial(changes.jpeg, quality=o.jpeg_quality)),
        (
            o.erase,
            partial(changes.erase, area=o.erase_area, aspect=o.erase_aspect, fill=o.erase_fill),
        ),
    ]


def normalise(
    pictures: Tensor,
    *,
    mean: tuple[float, ...] = IMAGENET_MEAN,
    std: tuple[float, ...] = IMAGENET_STD,
) -> Tensor:
    """(N, 3, H, W) uint8 RGB -> float32 (pixel - mean) / std on the same device.

    mean, std: (3,) in 0..255, RGB.
    """
    device = pictures.device
    middle = torch.tensor(mean, dtype=torch.float32, device=device).view(1, 3, 1, 1)
    scale = torch.tensor(std, dtype=torch.float32, device=device).reciprocal().view(1, 3, 1, 1)
    return (pictures - middle).mul_(scale)
