"""Losses beside pytorch-metric-learning's: forward and backward, seconds and memory.

    python benchmarks/bench_losses.py [THREADS] [classes | pairs] [busy]

By class: batch 512, dim 512, 20,000 classes, against the three matrix products that no such loss
can do without: x Wᵀ, and the two of its gradient. By pair: 128 people, four pictures each, dim 512.
Ours and theirs take turns, so that both meet the same machine; the middle run counts. The memory is
the most that a process of its own needed in a step above what it held before the first. `busy`:
processor time in place of the clock's, for a machine with other work. Theirs for lifted structure
takes 20 s and 10 GB.
"""

from __future__ import annotations

import json
import math
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from common import show
from pytorch_metric_learning import losses as pml
from pytorch_metric_learning import miners as pml_miners
from pytorch_metric_learning.reducers import MeanReducer

from reid_core.learn.losses import named, pairs
from reid_core.learn.losses.matrix import masks, products

BATCH, DIM, CLASSES, PEOPLE = 512, 512, 20_000, 128
RADIANS = math.degrees(0.5)  # theirs are degrees
Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]

BY_CLASS: dict[str, Callable[[], torch.nn.Module] | None] = {  # our name -> theirs, if any
    "softmax": None,
    "l2-softmax": None,
    "norm-face": lambda: pml.NormalizedSoftmaxLoss(CLASSES, DIM, temperature=1 / 30),
    "a-softmax": lambda: pml.SphereFaceLoss(CLASSES, DIM, margin=4, scale=1),
    "large-margin-softmax": lambda: pml.LargeMarginSoftmaxLoss(CLASSES, DIM, margin=4, scale=1),
    "cos-face": lambda: pml.CosFaceLoss(CLASSES, DIM, margin=0.35, scale=64),
    "arc-face": lambda: pml.ArcFaceLoss(CLASSES, DIM, margin=RADIANS, scale=64),
    "ada-face": None,
    "mag-face": None,
    "curricular-face": None,
    "circle-classes": None,
}


def mined(miner: torch.nn.Module, loss: torch.nn.Module) -> Loss:
    return lambda x, y: loss(x, y, miner(x, y))


def n_pair(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """One pair a class, as theirs has it."""
    a, p = pairs.one_pair_each(y)
    return pairs.n_pair(products(x[a], x[p]), *masks(y[a], y[p]))


def by_pair() -> dict[str, tuple[Loss, Loss, int]]:
    """(ours, theirs, how many runs) by name."""
    make = partial(named.make, dim=DIM, classes=PEOPLE)
    mean = pml.TripletMarginLoss(margin=0.3, reducer=MeanReducer())
    semi = pml_miners.TripletMarginMiner(margin=0.3, type_of_triplets="semihard")
    multi = pml_miners.MultiSimilarityMiner(epsilon=0.1)
    return {
        "contrastive": (make("contrastive"), pml.ContrastiveLoss(pos_margin=0, neg_margin=1), 15),
        "triplet, all": (make("triplet", miner="all"), pml.TripletMarginLoss(margin=0.3), 9),
        "triplet, semi-hard": (
            make("triplet", miner="semi-hard"),
            mined(semi, pml.TripletMarginLoss(margin=0.3)),
            9,
        ),
        "triplet, batch-hard": (make("triplet"), mined(pml_miners.BatchHardMiner(), mean), 15),
        "n-pair": (n_pair, pml.NPairsLoss(), 15),
        "multi-similarity": (make("multi-similarity"), mined(multi, pml.MultiSimilarityLoss()), 15),
        "circle": (make("circle-pairs"), pml.CircleLoss(), 15),
        "supervised contrastive": (make("supervised-contrastive"), pml.SupConLoss(), 15),
        "lifted structure": (make("lifted-structure"), pml.LiftedStructureLoss(), 1),
    }


def class_batch() -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    return torch.randn(BATCH, DIM, requires_grad=True), torch.randint(0, CLASSES, (BATCH,))


def pair_batch() -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    y = torch.arange(PEOPLE).repeat_interleave(BATCH // PEOPLE)
    return (torch.randn(PEOPLE, DIM)[y] + torch.randn(BATCH, DIM)).requires_grad_(), y


def step(loss: Loss, x: torch.Tensor, y: torch.Tensor) -> None:
    x.grad = None
    if isinstance(loss, torch.nn.Module):
        loss.zero_grad(set_to_none=True)
    loss(x, y).backward()


def floor(x: torch.Tensor, w: torch.Tensor) -> None:
    with torch.no_grad():
        g = x @ w.T
        _ = g @ w, g.T @ x


def in_turn(works: list[Callable[[], None]], *, times: int) -> list[float]:
    """The middle of the seconds of each, one after the other, again and again."""
    clock = time.process_time if "busy" in sys.argv else time.perf_counter
    seconds: list[list[float]] = [[] for _ in works]
    for _ in range(times):
        for work, spent in zip(works, seconds, strict=True):
            started = clock()
            work()
            spent.append(clock() - started)
    return [statistics.median(spent[1:] or spent) for spent in seconds]  # the first warms up


def most_held_mb() -> float:
    """The most memory that this process ever held; begun anew by `begin_anew`."""
    status = Path("/proc/self/status").read_text("ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line) / 1024


def begin_anew() -> None:
    Path("/proc/self/clear_refs").write_text("5", "ascii")


def child(name: str, ours: bool) -> None:
    """Print the memory that a step needs, in a process that does nothing else."""
    x, y = class_batch()
    other = BY_CLASS[name]
    assert ours or other is not None
    loss = named.make(name, dim=DIM, classes=CLASSES) if ours or other is None else other()
    torch.ones(64, 64) @ torch.ones(64, 64)
    begin_anew()
    before = most_held_mb()
    step(loss, x, y)
    print(json.dumps(most_held_mb() - before))


def memory_mb(name: str, *, ours: bool) -> float:
    command = [
        sys.executable,
        __file__,
        "child",
        name,
        str(int(ours)),
        str(torch.get_num_threads()),
    ]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    return float(json.loads(done.stdout))


def classes_table() -> None:
    x, y = class_batch()
    rows: list[tuple[object, ...]] = []
    for name, other in BY_CLASS.items():
        loss = named.make(name, dim=DIM, classes=CLASSES)
        works = [partial(floor, x, loss.weight), partial(step, loss, x, y)]
        if other is not None:
            works.append(partial(step, other(), x, y))
        least, ours, *theirs = in_turn(works, times=4)
        held = memory_mb(name, ours=True)
        row = [name, f"{1000 * ours:.0f} ms", f"{ours / least:.2f}x", f"{held:.0f} MB"]
        if theirs:
            other_held = memory_mb(name, ours=False)
            row += [f"{1000 * theirs[0]:.0f} ms", f"{theirs[0] / ours:.2f}x"]
            row += [f"{other_held:.0f} MB", f"{held / other_held:.2f}x"]
        rows.append((*row, *("",) * (8 - len(row))))
    headers = ("by class", "ours", "of products", "memory")
    show(rows, (*headers, "theirs", "faster", "memory", "ours of it"))


def pairs_table() -> None:
    x, y = pair_batch()
    rows, ratios = [], []
    for name, (ours, theirs, times) in by_pair().items():
        a, b = in_turn([partial(step, ours, x, y), partial(step, theirs, x, y)], times=times)
        ratios.append(b / a)
        rows.append((name, f"{1000 * a:.1f} ms", f"{1000 * b:.1f} ms", f"{b / a:.1f}x"))
    rows.append(("geometric mean", "", "", f"{statistics.geometric_mean(ratios):.1f}x"))
    show(rows, ("by pair", "ours", "theirs", "faster"))


def main() -> None:
    if sys.argv[1:2] == ["child"]:
        torch.set_num_threads(int(sys.argv[4]))
        child(sys.argv[2], sys.argv[3] == "1")
        return
    wanted = [a for a in sys.argv[1:] if a in ("classes", "pairs")] or ["classes", "pairs"]
    torch.set_num_threads(next((int(a) for a in sys.argv[1:] if a.isdigit()), 2))
    if "classes" in wanted:
        classes_table()
    if "pairs" in wanted:
        pairs_table()


if __name__ == "__main__":
    main()
