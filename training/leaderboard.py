"""Every loss under the same conditions: one command, one table, one plot.

    python training/leaderboard.py data.train=../shared/data/reid/market1501

Each loss is trained with training/configs/leaderboard.toml; the leading five with two more seeds.
The validation identities are the same for all seeds. A run that is finished is not run again, so
the command can be stopped and goes on. Writes docs/leaderboard.md and docs/images/leaderboard.png.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from reid_core.learn import config, trainer
from reid_core.learn.config import Config

ROOT = Path(__file__).resolve().parents[1]
CONFIG = ROOT / "training" / "configs" / "leaderboard.toml"
LEADERS, SEEDS = 5, (0, 1, 2)
T_95 = 4.303  # of Student's distribution with two degrees of freedom, for an interval of 95 %
LOSSES: dict[str, dict[str, Any]] = {
    # by class; scales and margins for hundreds of classes, where the papers had thousands
    "softmax": {"smoothing": 0.1, "bias": False},
    "l2-softmax": {"length": 16.0},
    "large-margin-softmax": {"margin": 2},
    "a-softmax": {"margin": 2},
    "norm-face": {"scale": 24.0},
    "am-softmax": {"scale": 24.0, "margin": 0.2},
    "cos-face": {"scale": 32.0, "margin": 0.2},
    "arc-face": {"scale": 32.0, "margin": 0.2},
    "circle-classes": {"scale": 64.0, "margin": 0.35},
    # by pair
    "contrastive": {"margin": 1.0},
    "triplet": {"margin": 0.2, "miner": "semi-hard"},
    "lifted-structure": {"margin": 1.0},
    "n-pair": {},
    "multi-similarity": {},
    "circle-pairs": {"scale": 64.0, "margin": 0.25},
}
Row = dict[str, Any]
log = logging.getLogger("leaderboard")


def main() -> None:
    """Train what is not trained yet, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("changes", nargs="*", help="table.key=value")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    told = config.load(CONFIG, given.changes)
    rows = {name: [run(told, name, SEEDS[0])] for name in LOSSES}
    for name in sorted(rows, key=lambda n: -rows[n][0]["mAP"])[:LEADERS]:
        rows[name] += [run(told, name, seed) for seed in SEEDS[1:]]
    write_table(rows, told, given.docs / "leaderboard.md", " ".join(given.changes))
    draw(rows, given.docs / "images" / "leaderboard.png")


def run(told: Config, name: str, seed: int) -> Row:
    """Train with one loss, or read what came of it before."""
    folder = Path(told.run.folder) / f"{name}-{seed}"
    done = folder / "row.json"
    if done.is_file():
        row: Row = json.loads(done.read_text())
        return row
    if (folder / "last.pt").is_file():
        (folder / "last.pt").unlink()  # it was stopped before its end
    own = replace(
        told,
        loss=config.Loss(name=name, options=LOSSES[name]),
        run=replace(told.run, folder=str(folder), seed=seed),
    )
    began = time.perf_counter()
    result = trainer.train(own)
    seconds = (time.perf_counter() - began) / told.optim.epochs
    row = {
        **result.metrics,
        "seconds": seconds,
        **{f"untrained {k}": v for k, v in result.untrained.items()},
        "steps": result.steps,
        "identities": result.identities,
    }
    done.write_text(json.dumps(row))
    log.info("%-22s seed %d  rank-1 %.3f  mAP %.3f", name, seed, row["rank1"], row["mAP"])
    return row


def interval(values: list[float]) -> str:
    """Half the width of the 95 % interval of the mean over seeds, in points; "" for one seed."""
    if len(values) < len(SEEDS):
        return ""
    return f" ± {100 * T_95 * stdev(values) / len(values) ** 0.5:.1f}"


def write_table(rows: dict[str, list[Row]], told: Config, path: Path, changes: str) -> None:
    """The table, best first."""
    first = next(iter(rows.values()))[0]
    lines = [
        "# Losses under the same conditions",
        "",
        f"`python training/leaderboard.py {changes}`: {first['identities']} identities of the "
        f"train half of Market-1501, {told.data.held_out:.0f} others to validate on (cross-camera, "
        "one query per identity and camera), "
        f"{told.network.name} on {told.data.height}x{told.data.width} crops, batch "
        f"{told.sampler.batch}, {first['steps']} steps of {told.optim.name}. Scales and margins "
        "are those of `training/leaderboard.py`; learning rate and schedule are the same for all "
        "and tuned for none, so this compares them under a small budget, not what each can reach.",
        "",
        "± is the 95 % interval of the mean over three seeds (Student's t); rows without it are of "
        "one seed. Seconds are on one core.",
        "",
        "![mAP of each loss](images/leaderboard.png)",
        "",
        "| loss | rank-1 | mAP | seeds | s per epoch |",
        "|---|---|---|---|---|",
    ]
    for name in order(rows):
        own = rows[name]
        r, m = [row["rank1"] for row in own], [row["mAP"] for row in own]
        seconds = mean(row["seconds"] for row in own)
        lines.append(
            f"| {name} | {100 * mean(r):.1f}{interval(r)} | {100 * mean(m):.1f}{interval(m)} "
            f"| {len(own)} | {seconds:.1f} |"
        )
    lines.append(
        f"| untrained network | {100 * first['untrained rank1']:.1f} "
        f"| {100 * first['untrained mAP']:.1f} | 1 | |"
    )
    path.write_text("\n".join(lines) + "\n", "utf-8")


def order(rows: dict[str, list[Row]]) -> list[str]:
    """The losses, best first."""
    return sorted(rows, key=lambda n: -mean(row["mAP"] for row in rows[n]))


def draw(rows: dict[str, list[Row]], path: Path) -> None:
    """A bar for each loss, a dot for each seed."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    names = order(rows)[::-1]
    figure, axes = pyplot.subplots(figsize=(8, 5.5))
    axes.barh(names, [100 * mean(r["mAP"] for r in rows[n]) for n in names], color="#4c78a8")
    for name in names:
        seeds = [100 * row["mAP"] for row in rows[name]]
        axes.plot(seeds, [name] * len(seeds), ".", color="#1b2a3a")
    base = 100 * rows[names[0]][0]["untrained mAP"]
    axes.axvline(base, color="#b04a3a", linestyle="--")
    axes.text(base + 0.3, -0.4, "untrained", color="#b04a3a", va="center")
    axes.set_xlabel("mAP on identities never trained on, %")
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
