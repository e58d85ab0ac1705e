"""The one table from a loss's name in a config to the loss.

    make("arc-face", dim=512, classes=751, margin=0.4)
    make("triplet", dim=512, classes=751, miner="semi-hard", memory=4096)
    make_sum({"softmax": {"smoothing": 0.1}, "triplet": {"weight": 0.5}}, partial(make, …))

Every loss made is a module of (embeddings (N, dim), labels (N,) int64) to a scalar, and has the
attribute `reads`: "neck" or "raw", which feature it wants where there is a BNNeck (see `Sum`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from torch import nn

from reid_core.learn import miners
from reid_core.learn.hints import check_kind, unknown
from reid_core.learn.losses import by_pair, centres, classes, pairs
from reid_core.learn.losses.by_pair import ByPair, Measure, Miner, PairLoss
from reid_core.learn.losses.combine import Sum
from reid_core.learn.memory import CrossBatchMemory

ABOVE_ZERO = ("alpha", "beta", "length", "scale", "temperature")


def make(name: str, *, dim: int, classes: int, **options: Any) -> nn.Module:
    """The loss of that name. options: as `options` lists them, the rest at their defaults.

    Raises ValueError for an unknown name or option, naming the nearest and the known ones, and
    for a value that does not fit.
    """
    known = _options_of(name)
    for option, value in options.items():
        _check(f"option of {name}", option, known)
        check_kind(f"{option} of {name}", value, known[option])
        if option in ABOVE_ZERO and value <= 0:
            raise ValueError(f"{option} of {name} is {value}, expected one above 0")
    loss: nn.Module = MAKERS[name](dim, classes, **options)
    return loss


def make_sum(parts: Mapping[str, Mapping[str, Any]], make_one: Callable[..., nn.Module]) -> Sum:
    """A weighted sum of losses: by name their options, with `weight`, else 1, among them.

    A part of another name than its loss, as for two of a kind, has the loss's as `name`. make_one:
    as `make`, of a loss's name and options. Raises ValueError.
    """
    made = {}
    for part, given in parts.items():
        if not isinstance(given, Mapping) or "." in part or not part:
            raise ValueError(f"{part} is {given!r}, expected a loss's name and a table of options")
        options = {"weight": 1.0, "name": part, **given}
        weight, name = options.pop("weight"), options.pop("name")
        check_kind(f"weight of {part}", weight, 1.0)
        check_kind(f"name of {part}", name, part)
        made[part] = (float(weight), make_one(name, **options))
    return Sum(made)


def names() -> tuple[str, ...]:
    """Of all losses, in alphabetical order."""
    return tuple(sorted(MAKERS))


def options(name: str) -> dict[str, Any]:
    """The options of a loss, with their defaults."""
    return dict(_options_of(name))


def _options_of(name: str) -> dict[str, Any]:
    _check("loss", name, MAKERS)
    signature = inspect.signature(MAKERS[name])
    return {p.name: p.default for p in signature.parameters.values() if p.kind is p.KEYWORD_ONLY}


def _check(what: str, name: str, known: Mapping[str, object]) -> None:
    """Raises ValueError for a name that is not among the known ones."""
    if name not in known:
        raise unknown(what, name, sorted(known))


def _contrastive(
    dim: int,
    classes: int,
    *,
    margin: float = 1.0,
    miner: str = "all",
    unit: bool = True,
    memory: int = 0,
) -> ByPair:
    loss = partial(pairs.contrastive, margin=margin)
    return _by_pair(loss, _distance(unit=unit), miner, dim, memory)


def _triplet(
    dim: int,
    classes: int,
    *,
    margin: float = 0.3,
    soft: bool = False,
    miner: str = "batch-hard",
    unit: bool = True,
    squared: bool = False,
    memory: int = 0,
) -> ByPair:
    measure, given = _distance(unit=unit, squared=squared), None if soft else margin
    if miner == "batch-hard":
        loss: PairLoss = partial(pairs.batch_hard_triplet, margin=given)
        return _by_pair(loss, measure, "all", dim, memory)
    if miner == "semi-hard" and not soft:
        loss = partial(pairs.semi_hard_triplet, margin=margin)
        return _by_pair(loss, measure, "all", dim, memory)
    return _by_pair(partial(pairs.triplet, margin=given), measure, miner, dim, memory)


def _lifted_structure(
    dim: int, classes: int, *, margin: float = 1.0, miner: str = "all", unit: bool = True
) -> ByPair:
    loss = partial(pairs.lifted_structure, margin=margin)
    return _by_pair(loss, _distance(unit=unit), miner, dim)


def _n_pair(
    dim: int, classes: int, *, scale: float = 16.0, miner: str = "all", memory: int = 0
) -> ByPair:
    return _by_pair(partial(pairs.n_pair, scale=scale), by_pair.COSINE, miner, dim, memory)


def _multi_similarity(
    dim: int,
    classes: int,
    *,
    alpha: float = 2.0,
    beta: float = 50.0,
    base: float = 0.5,
    miner: str = "multi-similarity",
    memory: int = 0,
) -> ByPair:
    loss = partial(pairs.multi_similarity, alpha=alpha, beta=beta, base=base)
    return _by_pair(loss, by_pair.COSINE, miner, dim, memory)


def _circle_pairs(
    dim: int,
    classes: int,
    *,
    scale: float = 80.0,
    margin: float = 0.4,
    miner: str = "all",
    memory: int = 0,
) -> ByPair:
    loss = partial(pairs.circle_pairs, scale=scale, margin=margin)
    return _by_pair(loss, by_pair.COSINE, miner, dim, memory)


def _supervised_contrastive(
    dim: int, classes: int, *, temperature: float = 0.1, miner: str = "all", memory: int = 0
) -> ByPair:
    loss = partial(pairs.supervised_contrastive, temperature=temperature)
    return _by_pair(loss, by_pair.COSINE, miner, dim, memory)


def _by_pair(loss: PairLoss, measure: Measure, miner: str, dim: int, memory: int = 0) -> ByPair:
    _check("miner", miner, MINERS)
    free = measure in (by_pair.FREE_DISTANCE, by_pair.FREE_SQUARED)
    if free and miner in ("multi-similarity", "distance-weighted"):
        raise ValueError(f"the miner {miner!r} needs embeddings of length 1: unit = true")
    if memory < 0:
        raise ValueError(f"a memory holds 0 embeddings or more, not {memory}")
    held = CrossBatchMemory(dim, size=memory) if memory else None
    return ByPair(loss, measure, miner=MINERS[miner](dim), memory=held)


def _distance(*, unit: bool, squared: bool = False) -> Measure:
    if unit:
        return by_pair.SQUARED if squared else by_pair.DISTANCE
    return by_pair.FREE_SQUARED if squared else by_pair.FREE_DISTANCE


MINERS: dict[str, Callable[[int], Miner | None]] = {  # of the embeddings' dim
    "all": lambda dim: None,
    "batch-hard": lambda dim: Miner(miners.batch_hard),
    "hard": lambda dim: Miner(miners.hard),
    "semi-hard": lambda dim: Miner(miners.semi_hard),
    "easy-positive": lambda dim: Miner(miners.easy_positive),
    "distance-weighted": lambda dim: Miner(partial(miners.distance_weighted, dim=dim)),
    "multi-similarity": lambda dim: Miner(miners.multi_similarity, by_cosine=True),
}
MAKERS: dict[str, Callable[..., nn.Module]] = {
    "softmax": classes.softmax,
    "l2-softmax": classes.l2_softmax,
    "large-margin-softmax": partial(classes.large_margin_softmax, least=5.0),
    "a-softmax": partial(classes.a_softmax, least=5.0),
    "norm-face": classes.norm_face,
    "am-softmax": classes.am_softmax,
    "cos-face": classes.cos_face,
    "arc-face": classes.arc_face,
    "sub-centre-arc-face": classes.sub_centre_arc_face,
    "ada-face": classes.AdaFace,
    "mag-face": classes.MagFace,
    "curricular-face": classes.CurricularFace,
    "circle-classes": classes.circle_classes,
    "centre": centres.Centre,
    "proxy-anchor": centres.ProxyAnchor,
    "contrastive": _contrastive,
    "triplet": _triplet,
    "lifted-structure": _lifted_structure,
    "n-pair": _n_pair,
    "multi-similarity": _multi_similarity,
    "circle-pairs": _circle_pairs,
    "supervised-contrastive": _supervised_contrastive,
}
