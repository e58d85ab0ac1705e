"""Grouping faces of nobody in particular: LFW, and 5,000 and 20,000 made ones like them.

    python benchmarks/bench_clustering.py [--data FOLDER] [--quick] [--write]

Cameo groups at the threshold that comes with its model, as `cameo unknowns` does. DBSCAN, called
through InsightFace's own function, is given that and the threshold of a sweep that is best on LFW's
answers. The made ones have the covariances of the real, between people and within a person, with
few people who are seen often among many seen once. B-cubed and pairwise F say how good the groups
are (Amigó et al., "A comparison of extrinsic clustering evaluation metrics", Information Retrieval
12(4), 2009): 1 is everybody in a group of their own. Medians of three, turn by turn.

Needs DATA/faces/lfw.
"""

from __future__ import annotations

import statistics
import tempfile
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import published
from common import needed, show, store, told
from lfw_vectors import Ids, made, real
from peers import PeerMissing, Side
from published import ratio, seconds

from reid_core.actions.loading import Models
from reid_core.types import Floats, Kind

CAMEO, PEER = "Cameo", "DBSCAN (InsightFace's album)"
SIZES = (5_000, 20_000)
SWEEP = np.arange(0.92, 0.981, 0.005)
RUNS = 3
HEADERS = (
    *("faces", "people", "", "threshold", "groups", "B-cubed F", "pairwise F", "time"),
    *("time / Cameo", "peak memory"),
)


def main() -> None:
    said = told(__doc__)
    models = Models(store())
    root = needed(said.data / "faces" / "lfw")
    rows, ids = real(root, models, most=500 if said.quick else None)
    sets = {f"{len(ids):,} of LFW": (rows, ids)}
    if not said.quick:
        sets |= {f"{n:,} made": made(rows, ids, n) for n in SIZES}
    threshold = models.threshold(Kind.FACE).value
    if threshold is None:
        raise SystemExit("the face model in use has no threshold to group at")
    lines: list[tuple[str, ...]] = []
    times: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        sides = {CAMEO: stack.enter_context(Side("cameo_clusters"))}
        problem = ""
        try:
            sides[PEER] = stack.enter_context(Side("insightface_clusters", "insightface"))
            best = tuned(sides[PEER], rows, ids, Path(folder))
        except PeerMissing as error:
            problem = f"not run: {error}"
        contenders = [(CAMEO, threshold)]
        contenders += [] if problem else [(PEER, threshold), (PEER, best)]
        for name, (some, theirs) in sets.items():
            lines += compared(sides, contenders, name, some, theirs, Path(folder), times)
    if problem:
        lines.append(("", "", PEER, problem, *[""] * 6))
    show(lines, HEADERS)
    if said.write:
        published.write(
            "clustering",
            published.table(HEADERS, lines),
            published.bars("clustering", times, "seconds"),
            published.circumstances(quick=said.quick),
        )


def tuned(side: Side, rows: Floats, ids: Ids, folder: Path) -> float:
    """The threshold at which DBSCAN's groups are nearest to the answers."""
    path = str(folder / "vectors.npy")
    np.save(path, rows)

    def quality(at_least: float) -> float:
        return b_cubed(np.array(side.ask("group", path=path, at_least=at_least).value), ids)

    return float(max(SWEEP, key=quality))


def compared(
    sides: dict[str, Side],
    contenders: list[tuple[str, float]],
    name: str,
    rows: Floats,
    ids: Ids,
    folder: Path,
    times: dict[str, float],
) -> list[tuple[str, ...]]:
    """A line for each contender on one set of faces."""
    path = str(folder / "vectors.npy")
    np.save(path, rows)
    answers = {one: [] for one in contenders}
    for _ in range(RUNS):
        for side, at_least in contenders:
            asked = sides[side].ask("group", path=path, at_least=at_least)
            answers[side, at_least].append(asked)
    middle = {one: statistics.median(a.seconds for a in got) for one, got in answers.items()}
    lines = []
    for one, got in answers.items():
        labels = np.array(got[0].value)
        quality = b_cubed(labels, ids), pairwise(labels, ids)
        times[f"{one[0]} at {one[1]:.3f}, {name}"] = middle[one]
        lines.append(
            (
                *(name, f"{len(np.unique(ids)):,}", one[0], f"{one[1]:.3f}"),
                *(f"{labels.max() + 1:,}", *(f"{q:.3f}" for q in quality), seconds(middle[one])),
                *(ratio(middle[one], middle[contenders[0]]), f"{got[-1].peak_mb:,.0f} MB"),
            )
        )
    return lines


def _shared(labels: Ids, ids: Ids) -> tuple[Ids, Ids, Ids]:
    """For each pair of a group and a person that share faces: how many, and the sizes of both."""
    groups, people = (np.unique(v, return_inverse=True)[1] for v in (labels, ids))
    both, count = np.unique(groups * (people.max() + 1) + people, return_counts=True)
    group, person = np.divmod(both, people.max() + 1)
    return count, np.bincount(groups)[group], np.bincount(people)[person]


def b_cubed(labels: Ids, ids: Ids) -> float:
    """F of B-cubed precision and recall."""
    count, group, person = _shared(labels, ids)
    precision, recall = (float((count**2 / size).sum()) / len(ids) for size in (group, person))
    return 2 * precision * recall / (precision + recall)


def pairwise(labels: Ids, ids: Ids) -> float:
    """F over pairs of faces: together rightly, among those put together and those who belong."""
    count, _, _ = _shared(labels, ids)
    pairs = [float((n * (n - 1) / 2).sum()) for n in (count, *_sizes(labels, ids))]
    return 2 * pairs[0] / (pairs[1] + pairs[2])


def _sizes(labels: Ids, ids: Ids) -> tuple[Ids, Ids]:
    groups, people = (np.unique(v, return_counts=True)[1] for v in (labels, ids))
    return groups, people


if __name__ == "__main__":
    main()
