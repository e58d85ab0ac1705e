"""Labelled pictures: found (`readers`, `gallery`), held (`pictures`), served (`serving`)."""

from reid_core.learn.data.gallery import read_gallery
from reid_core.learn.data.pictures import Crop, Pictures, combine, split_identities
from reid_core.learn.data.readers import FORMS, read, read_csv, read_folder, read_market
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
