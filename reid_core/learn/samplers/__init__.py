"""Which pictures meet in a batch: sampling strategies (`identities`, `aware`) by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable

from reid_core.learn.data import Pictures
from reid_core.learn.hints import check_kind, unknown
from reid_core.learn.samplers.aware import camera_aware, domain_aware
from reid_core.learn.samplers.batches import Batches, Plan
from reid_core.learn.samplers.identities import class_balanced, pk, random

__all__ = [
    "Batches",
    "Plan",
    "SAMPLERS",
    "camera_aware",
    "class_balanced",
    "domain_aware",
    "make",
    "pk",
    "random",
]

SAMPLERS: dict[str, Callable[..., Plan]] = {
    "random": random,
    "pk": pk,
    "class-balanced": class_balanced,
    "camera-aware": camera_aware,
    "domain-aware": domain_aware,
}


def make(
    name: str,
    pictures: Pictures,
    *,
    batch: int,
    seed: int,
    rank: int = 0,
    world: int = 1,
    **options: object,
) -> Batches:
    """The batches of one rank by a sampler's name; options as that function's.

    batch: pictures over all ranks. Raises ValueError naming the nearest name, DataError.
    """
    if name not in SAMPLERS:
        raise unknown("sampler", name, SAMPLERS)
    strategy = SAMPLERS[name]
    there = inspect.signature(strategy).parameters.items()
    known = {o: p.default for o, p in there if o not in ("pictures", "batch")}
    for option, value in options.items():
        if option not in known:
            raise unknown(f"option of the sampler {name}", option, known)
        check_kind(f"{option} of the sampler {name}", value, known[option])
    return Batches(strategy(pictures, batch=batch, **options), seed=seed, rank=rank, world=world)
