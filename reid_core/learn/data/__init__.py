"""Labelled pictures: found (`readers`, `gallery`), held (`pictures`), served (`serving`).

What serves them to a network needs torch, and is imported only when it is asked for: the window
looks at data without it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from reid_core.learn.data.gallery import read_gallery
from reid_core.learn.data.pictures import Crop, Pictures, combine, split_identities
from reid_core.learn.data.readers import FORMS, read, read_csv, read_folder, read_market

if TYPE_CHECKING:
    from reid_core.learn.data.serving import CACHE_BYTES, Cache, Draw, PictureSet, check

__all__ = [
    "CACHE_BYTES",
    "Cache",
    "Crop",
    "Draw",
    "FORMS",
    "PictureSet",
    "Pictures",
    "check",
    "combine",
    "read",
    "read_csv",
    "read_folder",
    "read_gallery",
    "read_market",
    "split_identities",
]


def __getattr__(name: str) -> Any:
    """The names of `serving`."""
    if name in __all__:
        return getattr(import_module("reid_core.learn.data.serving"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
