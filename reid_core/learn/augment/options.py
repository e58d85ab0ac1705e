"""How likely each change of a picture is, and how strong."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import Any, cast

from reid_core.learn.augment.changes import FILLS, Range
from reid_core.learn.hints import is_number, unknown

BOUNDS = {  # beyond which a strength makes no sense
    "zoom": (0.1, 10.0),
    "low_scale": (0.01, 1.0),
    "blur_sigma": (0.05, 50.0),
    "brightness": (0.0, 10.0),
    "contrast": (0.0, 10.0),
    "saturation": (0.0, 10.0),
    "jpeg_quality": (1.0, 100.0),
    "erase_area": (0.0, 1.0),
    "erase_aspect": (0.01, 100.0),
}
ANY = (-math.inf, math.inf)


@dataclass(frozen=True, slots=True)
class Options:
    """How likely each change is, in [0, 1], and in which range its strength is drawn.

    They happen in this order. Raises ValueError naming the value that is out of bounds.
    """

    affine: float = 0.0
    degrees: Range = (-8.0, 8.0)
    shift: Range = (-0.05, 0.05)  # share of the side
    zoom: Range = (0.9, 1.1)
    flip: float = 0.5
    crop: float = 1.0
    crop_pad: float = 0.04  # share of the height, added on every side before the crop
    low_resolution: float = 0.0
    low_scale: Range = (0.25, 0.75)  # of each side
    blur: float = 0.0
    blur_sigma: Range = (0.3, 2.0)  # px
    colour: float = 0.0
    brightness: Range = (0.7, 1.3)  # factor
    contrast: Range = (0.7, 1.3)  # factor about the mean luma
    saturation: Range = (0.7, 1.3)  # factor about the own luma
    hue: Range = (-0.03, 0.03)  # whole turns
    grey: float = 0.0
    jpeg: float = 0.0
    jpeg_quality: Range = (30, 90)
    erase: float = 0.0
    erase_area: Range = (0.02, 0.4)  # share of the picture
    erase_aspect: Range = (0.3, 1 / 0.3)  # height / width
    erase_fill: str = "mean"

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if isinstance(value, tuple):
                low, high = BOUNDS.get(name, ANY)
                if len(value) != 2 or not low <= value[0] <= value[1] <= high:
                    raise ValueError(
                        f"{name} is {value}, expected least and most, within {low} and {high}"
                    )
            elif name != "erase_fill" and not 0 <= value <= 1:
                raise ValueError(f"{name} is {value}, expected a number in [0, 1]")
        if self.erase_fill not in FILLS:
            raise ValueError(f"erase_fill is {self.erase_fill!r}, expected {' or '.join(FILLS)}")


def options_from(given: dict[str, object]) -> Options:
    """Options from plain data, as a config file has them: ranges may be lists.

    Raises ValueError.
    """
    known = {field.name: field.default for field in fields(Options)}
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name not in known:
            raise unknown("augmentation option", name, known)
        wanted = known[name]
        if isinstance(wanted, str):
            fits = isinstance(value, str)
        elif isinstance(wanted, tuple):
            fits = isinstance(value, list | tuple) and all(map(is_number, value))
        else:
            fits = is_number(value)
        if not fits:
            raise ValueError(f"{name} is {value!r}, expected something like {wanted!r}")
        values[name] = tuple(cast(Any, value)) if isinstance(wanted, tuple) else value
    return Options(**values)
