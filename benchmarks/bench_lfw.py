"""LFW end to end, from picture files to who is who, and finding the faces alone.

    python benchmarks/bench_lfw.py [--data FOLDER] [--quick] [--write]

The official pairs of folds 1 to 3, and both contenders with the same dlib embedding weights, so
what differs is finding, aligning and how the network is run. Every fold is one measurement, turn
by turn; accuracy is over all of them, the threshold of each fold chosen on the others.
face_recognition's distances are compared as they are. A pair with a picture in which no face was
found counts as an error of whoever found none.

Needs DATA/faces/lfw (<name>/<name>_0001.jpg) and DATA/faces/lfw_pairs.txt.
"""

from __future__ import annotations

import statistics
import tempfile
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import published
from common import needed, show, told
from peers import THREADS, PeerMissing, Side
from published import ratio

from reid_core.evaluate import verification
from reid_core.evaluate.lists import Pair, read_lfw_pairs

FARTHEST = -10.0  # minus the distance of a pair in which somebody was not found
QUICK = 30  # pairs of each fold
CAMEO, PEER, MTCNN = "Cameo", "face_recognition 1.3 (dlib)", "facenet-pytorch 2.6 (MTCNN)"
HEADERS = ("", "accuracy", "AUC", "no face found", "pictures/s", "Cameo / it", "peak memory")


def main() -> None:
    said = told(__doc__)
    root = needed(said.data / "faces" / "lfw")
    pairs = read_lfw_pairs(needed(said.data / "faces" / "lfw_pairs.txt"), root)
    folds = [[p for p in pairs if p.fold == f] for f in range(max(p.fold for p in pairs) + 1)]
    if said.quick:
        folds = [fold[:QUICK] + fold[-QUICK:] for fold in folds]
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        sides = _sides(stack)
        rows, rates = end_to_end(sides, folds, root, Path(folder))
        found_rows, found_rates = detection(sides, folds)
    show(rows, HEADERS)
    show(found_rows, ("finding faces only", *HEADERS[3:6]))
    if said.write:
        both = {f"{k}, end to end": v for k, v in rates.items()}
        both |= {f"{k}, finding only": v for k, v in found_rates.items()}
        published.write(
            "lfw",
            published.table(HEADERS, rows),
            published.table(("finding faces only", *HEADERS[3:6]), found_rows),
            published.bars("lfw", both, "pictures a second"),
            published.circumstances(quick=said.quick),
        )


def _sides(stack: ExitStack) -> dict[str, Side | str]:
    """The contenders, or why one is missing."""
    wanted = {
        CAMEO: ("cameo_faces", None),
        PEER: ("face_recognition_faces", "face_recognition"),
        MTCNN: ("mtcnn_faces", "facenet_pytorch"),
    }
    sides: dict[str, Side | str] = {}
    for name, (script, peer) in wanted.items():
        try:
            sides[name] = stack.enter_context(Side(script, peer, threads=THREADS))
        except PeerMissing as error:
            sides[name] = f"not run: {error}"
    return sides


def _pictures(pairs: list[Pair]) -> list[Path]:
    return sorted({p for pair in pairs for p in (pair.first, pair.second)})


def end_to_end(
    sides: dict[str, Side | str], folds: list[list[Pair]], root: Path, folder: Path
) -> tuple[list[tuple[str, ...]], dict[str, float]]:
    """Lines of the table, and pictures a second."""
    ours, peer = sides[CAMEO], sides[PEER]
    assert isinstance(ours, Side)
    warm = [str(p) for p in _pictures(folds[0])[:8]]
    ours.ask("detect", paths=warm)
    speeds: dict[str, list[float]] = {CAMEO: [], PEER: []}
    peaks = dict.fromkeys(speeds, 0.0)
    encoded: dict[Path, list[float] | None] = {}
    for number, fold in enumerate(folds):
        paths = _pictures(fold)
        done = ours.ask("evaluate", root=str(root), pairs=str(_listed(fold, folder, str(number))))
        speeds[CAMEO].append(len(paths) / done.seconds)
        peaks[CAMEO] = max(peaks[CAMEO], done.peak_mb)
        if isinstance(peer, Side):
            done = peer.ask("encode", paths=[str(p) for p in paths])
            speeds[PEER].append(len(paths) / done.seconds)
            peaks[PEER] = max(peaks[PEER], done.peak_mb)
            encoded |= dict(zip(paths, done.value, strict=True))
    every = [pair for fold in folds for pair in fold]
    whole = _listed(every, folder, "all", len(folds))
    said = ours.ask("evaluate", root=str(root), pairs=str(whole)).value
    rates = {name: statistics.median(some) for name, some in speeds.items() if some}
    rows = [_line(CAMEO, said, rates, peaks)]
    if isinstance(peer, Side):
        rows.append(_line(PEER, _judged(every, encoded), rates, peaks))
    else:
        rows.append((PEER, peer, "", "", "", "", ""))
    return rows, rates


def _line(
    name: str, said: dict[str, float], rates: dict[str, float], peaks: dict[str, float]
) -> tuple[str, ...]:
    return (
        name,
        f"{100 * said['accuracy']:.2f} ± {100 * said['error']:.2f} %",
        f"{said['auc']:.4f}",
        f"{said['failures']:.0f}",
        f"{rates[name]:.1f}",
        ratio(rates[CAMEO], rates[name]),
        f"{peaks[name]:,.0f} MB",
    )


def _judged(pairs: list[Pair], encoded: dict[Path, list[float] | None]) -> dict[str, float]:
    """The same figures by the same code, of the peer's vectors."""
    scores = []
    for pair in pairs:
        a, b = encoded[pair.first], encoded[pair.second]
        lost = a is None or b is None
        scores.append(FARTHEST if lost else -float(np.linalg.norm(np.subtract(a, b))))
    rows, same = np.array(scores, np.float32), np.array([p.same for p in pairs])
    accuracy = verification.k_fold_accuracy(rows, same, np.array([p.fold for p in pairs]))
    return {
        "accuracy": accuracy.mean,
        "error": accuracy.error,
        "auc": verification.auc(rows, same),
        "failures": sum(v is None for v in encoded.values()),
    }


def _listed(pairs: list[Pair], folder: Path, name: str, folds: int = 1) -> Path:
    """The pairs in a file as LFW writes them."""
    lines = [f"{folds}\t{len(pairs) // folds // 2}"]
    for pair in pairs:
        one, two = (p.stem.rpartition("_") for p in (pair.first, pair.second))
        words = [one[0], str(int(one[2])), *([] if pair.same else [two[0]]), str(int(two[2]))]
        lines.append("\t".join(words))
    path = folder / f"pairs_{name}.txt"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def detection(
    sides: dict[str, Side | str], folds: list[list[Pair]]
) -> tuple[list[tuple[str, ...]], dict[str, float]]:
    """Finding alone, on the pictures of the first fold in three parts."""
    paths = [str(p) for p in _pictures(folds[0])]
    parts = [paths[i::3] for i in range(3)]
    speeds: dict[str, list[float]] = {name: [] for name in sides}
    missed = dict.fromkeys(sides, 0)
    for part in parts:
        for name, side in sides.items():
            if isinstance(side, str):
                continue
            try:
                done = side.ask("detect", paths=part)
            except PeerMissing as error:
                sides[name] = f"not run: {error}"
                continue
            speeds[name].append(len(part) / done.seconds)
            missed[name] += len(part) - done.value
    rates = {n: statistics.median(some) for n, some in speeds.items() if len(some) == len(parts)}
    rows = []
    for name, side in sides.items():
        if name in rates:
            each = f"{rates[name]:.1f}", ratio(rates[CAMEO], rates[name])
            rows.append((name, f"{missed[name]} of {len(paths)}", *each))
        else:
            rows.append((name, str(side), "", ""))
    return rows, rates


if __name__ == "__main__":
    main()
