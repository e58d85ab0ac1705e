"""Who is in a box that the user drew on a picture."""

from __future__ import annotations

from dataclasses import dataclass

from reid_core import boxes, images
from reid_core.actions.faces import Look, looks_in, read_moment
from reid_core.actions.loading import Models
from reid_core.errors import NoFace
from reid_core.search.decide import Query
from reid_core.types import Kind

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Somebody:
    """A face or body in a picture. number: its place among those of its kind, from the left,
    from 1. area: of its box, px². jpeg: the crop. query: ready to search with.
    """

    source: str
    kind: Kind
    number: int
    area: float
    quality: float
    jpeg: bytes
    query: Query


def pick(models: Models, source: str, box: Box) -> Somebody:
    """The face in a box (xyxy frame pixels), else the body: the one whose middle lies inside.

    source: a picture, or a moment ("clip.mp4@12.5"). Raises NoFace, SourceError.
    """
    image, where = read_moment(source)
    for kind in Kind:
        looks = looks_in(models, image, kind)
        inside = [i for i, look in enumerate(looks) if _is_inside(look, box)]
        if inside:
            best = max(inside, key=lambda i: _area(looks[i]))
            return _somebody(models, source, where, kind, looks[best], best + 1)
    raise NoFace(
        "Nobody was found in that box. Draw it around a whole face or person, or choose a moment "
        "in which they are seen more clearly."
    )


def everybody(models: Models, source: str, kind: Kind) -> list[Somebody]:
    """Everybody of a kind in a picture or moment, from the left. Raises SourceError."""
    image, where = read_moment(source)
    looks = looks_in(models, image, kind)
    return [_somebody(models, source, where, kind, look, i) for i, look in enumerate(looks, 1)]


def _is_inside(look: Look, box: Box) -> bool:
    x, y = (float(v) for v in boxes.centers(look.box[None])[0])
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _somebody(
    models: Models, source: str, where: str, kind: Kind, look: Look, number: int
) -> Somebody:
    query = Query(look.vector[None], models.embedder(kind).model, kind, where)
    jpeg = images.encode_jpeg(look.crop)
    return Somebody(source, kind, number, _area(look), look.quality, jpeg, query)


def _area(look: Look) -> float:
    return float(boxes.area(look.box[None])[0])
