"""P identities x K pictures, by camera and by data set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reid_core.errors import DataError
from reid_core.learn.data import Pictures
from reid_core.learn.samplers.batches import Deck, Ints, Plan, Rng
from reid_core.learn.samplers.identities import enough_people, how_many, members_of, people_in


def camera_aware(
    pictures: Pictures,
    *,
    batch: int,
    k: int = 4,
    epoch_length: int | None = None,
) -> Plan:
    """P x K of identities that one camera saw, each shown by as many cameras as it can be.

    So the same person looks different and different people look alike. Identities come equally
    often; a picture comes twice in a batch only when its identity has fewer than k, but those by
    cameras that saw little come more often than others. Pictures of unknown camera count as one
    camera's. Raises DataError when there are fewer than P identities, or no camera is known.
    """
    p, batches = people_in(batch, k), how_many(pictures, batch, epoch_length)
    enough_people(pictures.classes, p, "the training data")
    if (pictures.cameras < 0).all():
        raise DataError("Nothing is known about cameras, so the sampler camera-aware is no use.")
    piles = [_by(pictures.cameras, rows) for rows in members_of(pictures)]

    def draw(rng: Rng) -> Ints:
        people = Deck(np.arange(len(piles)), rng, lambda ids: _neighbours(ids, piles, rng))
        decks = [{c: Deck(rows, rng) for c, rows in pile.items()} for pile in piles]
        rows = []
        for _ in range(batches):
            hand = people.deal(p)
            common = Counter(c for one in hand for c in piles[one]).most_common(1)[0][0]
            takes = [(one, _takes(piles[one], k, common, rng)) for one in hand]
            rows.append([r for one, take in takes for c, n in take for r in decks[one][c].deal(n)])
        return rng.permutation(np.array(rows, np.int64))

    return Plan(draw, batches, batch, block=k)


def domain_aware(
    pictures: Pictures,
    *,
    batch: int,
    k: int = 4,
    mix: Sequence[float] | None = None,
    epoch_length: int | None = None,
) -> Plan:
    """P x K with all identities of a batch from one data set, or in a fixed mix of them.

    mix: the share of each domain in every batch; without it a batch is of one domain, and a domain
    has as many batches as it has pictures for. Within a domain as `pk`. Raises DataError when a
    domain has too few identities.
    """
    p, batches = people_in(batch, k), how_many(pictures, batch, epoch_length)
    members = members_of(pictures)
    home = np.array([pictures.domains[rows[0]] for rows in members])
    sizes = np.bincount(pictures.domains)
    wanted = _mix(mix, p, batches, sizes)
    for domain, n in enumerate(wanted.max(0).tolist()):
        enough_people(int((home == domain).sum()), n, f"data set {domain}")

    def draw(rng: Rng) -> Ints:
        people = [Deck(np.flatnonzero(home == d), rng) for d in range(len(sizes))]
        own = [Deck(m, rng) for m in members]
        rows = []
        for line in rng.permutation(wanted).tolist():
            hand = [one for domain, n in enumerate(line) for one in people[domain].deal(n)]
            hand = rng.permutation(hand).tolist()  # so that every rank's part is mixed
            rows.append([r for one in hand for r in own[one].deal(k)])
        return np.array(rows, np.int64)

    return Plan(draw, batches, batch, block=k)


def _by(cameras: Ints, rows: Ints) -> dict[int, Ints]:
    """An identity's rows by camera."""
    return {int(c): rows[cameras[rows] == c] for c in np.unique(cameras[rows])}


def _neighbours(ids: Ints, piles: list[dict[int, Ints]], rng: Rng) -> Ints:
    """The identities in random order, but those next to one another that share a camera.

    Each is put to one of its cameras, by chance, and the cameras come one after another.
    """
    ids = rng.permutation(ids)
    camera = [list(piles[one])[int(rng.random() * len(piles[one]))] for one in ids]
    _, number = np.unique(camera, return_inverse=True)
    turn = rng.permutation(number.max() + 1)
    return ids[np.argsort(turn[number], kind="stable")]


def _takes(pile: dict[int, Ints], k: int, first: int, rng: Rng) -> list[tuple[int, int]]:
    """How many of k pictures come from which camera: in turn, `first` before the others.

    None gives more than it has while another has pictures left.
    """
    cameras = sorted(rng.permutation(list(pile)).tolist(), key=lambda c: c != first)
    whole, rest = divmod(k, sum(map(len, pile.values())))
    taken = dict.fromkeys(cameras, 0)
    while rest:
        for camera in cameras:
            if rest and taken[camera] < len(pile[camera]):
                taken[camera], rest = taken[camera] + 1, rest - 1
    counts = [(c, taken[c] + whole * len(pile[c])) for c in cameras]
    return [(c, n) for c, n in counts if n]


def _mix(mix: Sequence[float] | None, p: int, batches: int, sizes: Ints) -> Ints:
    """(batches, domains) how many identities of each domain each batch has."""
    if mix is None:
        domain = np.repeat(np.arange(len(sizes)), _parts(batches, sizes))
        return np.asarray(p * np.eye(len(sizes), dtype=np.int64)[domain], np.int64)
    shares = np.asarray(mix, np.float64)
    if shares.shape != sizes.shape or not (shares >= 0).all() or not shares.sum():
        raise ValueError(f"mix is {list(mix)}, expected a share for each of {len(sizes)} data sets")
    return np.tile(_parts(p, shares), (batches, 1))


def _parts(whole: int, shares: NDArray[Any]) -> Ints:
    """A whole number cut into whole parts as near to the shares as can be (largest remainder)."""
    exact = whole * shares / shares.sum()
    parts = np.floor(exact).astype(np.int64)
    largest = np.argsort(parts - exact, kind="stable")[: whole - parts.sum()]
    parts[largest] += 1
    return np.asarray(parts, np.int64)
