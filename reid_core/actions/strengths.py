"""Which of the three ways to retrain a library allows, and which one its data ask for."""

from __future__ import annotations

import importlib.util
import shutil
from dataclasses import dataclass
from typing import Literal, get_args

from reid_core.actions.loading import EMBEDDER_ROLE, Models
from reid_core.actions.retrain_data import Stock
from reid_core.errors import ModelError
from reid_core.library import Library
from reid_core.models.manifest import Manifest
from reid_core.types import Kind

Strength = Literal["adapter", "head", "full"]
STRENGTHS: tuple[Strength, ...] = get_args(Strength)

HEAD_PEOPLE = 500  # with two different looks: of 400 a map on the vectors still learns as much
FULL_PICTURES = 5_000
NO_TORCH = "It needs torch: pip install 'cameo-reid[train]'"
DOES: dict[Strength, str] = {
    "adapter": "A map on the stored vectors is learnt; takes seconds, and no picture is embedded "
    "again.",
    "head": "The last layers of the network learn from the stored pictures; takes minutes, and on "
    "accepting every stored picture is embedded again in the background.",
    "full": "The whole network learns from the stored pictures, by cameo train and a recipe for "
    "them; takes hours on a GPU, days without one. On accepting every stored picture is embedded "
    "again in the background.",
}


@dataclass(frozen=True, slots=True)
class Offer:
    """A strength. why: a sentence, what it does and how long it takes, or why it cannot be had."""

    strength: Strength
    is_possible: bool
    why: str
    is_proposed: bool = False


def offers(library: Library, models: Models, kind: Kind, stock: Stock) -> tuple[Offer, ...]:
    """The three strengths, of which one is proposed when the stock is enough.

    Raises ModelError when the network in use cannot be had.
    """
    found = [_offer(one, models, kind, stock) for one in STRENGTHS]
    proposed = _proposed([o.strength for o in found if o.is_possible], stock)
    return tuple(Offer(o.strength, o.is_possible, o.why, o.strength == proposed) for o in found)


def _offer(strength: Strength, models: Models, kind: Kind, stock: Stock) -> Offer:
    problem = _problem(strength, models, kind, stock)
    return Offer(strength, not problem, problem or DOES[strength])


def _problem(strength: Strength, models: Models, kind: Kind, stock: Stock) -> str:
    """Why it cannot be had; "" when it can."""
    if importlib.util.find_spec("torch") is None:
        return NO_TORCH
    if stock.problems:
        return stock.problems[0]
    if strength == "adapter":
        return ""
    return _no_network(models, models.manifest(EMBEDDER_ROLE[kind]), is_whole=strength == "full")


def _no_network(models: Models, base: Manifest, *, is_whole: bool) -> str:
    """Why a network cannot be rebuilt; "" when it can, as far as its graph tells."""
    from reid_core.models import tail

    spec = base.input
    try:
        file = models.store.path(base.name)
        if is_whole:
            tail.whole(file)
        else:
            tail.last_stage(file, height=spec.height, width=spec.width)
    except ModelError as error:
        return f"{base.name} cannot be rebuilt, so only an adapter can be learnt. {error}"
    return ""


def _proposed(possible: list[Strength], stock: Stock) -> Strength | None:
    """By the amount of data: what has more to learn needs more to learn from."""
    if "full" in possible and stock.pictures >= FULL_PICTURES and _has_gpu():
        return "full"
    if "head" in possible and stock.with_two >= HEAD_PEOPLE:
        return "head"
    return possible[0] if possible else None


def _has_gpu() -> bool:
    """Whether there is one, as far as can be told without loading torch."""
    return shutil.which("nvidia-smi") is not None
