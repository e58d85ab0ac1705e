"""Every benchmark, one after another, into docs/benchmarks.md where it writes there.

    python benchmarks/run_all.py [--data FOLDER] [--quick]

Says before each how long it takes on two quiet cores, and goes on when one fails.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
DATA = HERE.parent.parent / "shared" / "data"
# minutes on two quiet cores. These write their own tables and come first
COMPARISONS = {
    "bench_lfw": 5,
    "bench_gallery": 6,
    "bench_video_search": 2,
    "bench_clustering": 2,
    "bench_all_pairs": 2,
    "bench_growth": 8,
}
# and these print what the rest of docs/benchmarks.md says, some of them with less than there
OWN: dict[str, tuple[int, list[str]]] = {
    "bench_indexing": (1, []),
    "bench_search": (1, []),
    "bench_startup": (1, []),
    "bench_memory": (2, ["3"]),
    "bench_losses": (3, ["2", "classes"]),
    "bench_partial_fc": (1, []),
    "bench_training": (1, ["--steps", "25", "--workers", "0"]),
    "bench_cohort": (1, []),
    "bench_doctor": (2, ["{data}/faces/celeba_wild", "{data}/faces/lfw"]),
    "bench_pairs": (1, ["1"]),
    "bench_adapter": (1, []),
    "bench_index": (1, ["100000x128"]),
    "bench_intervals": (1, ["20"]),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="comparisons only, small, unwritten")
    parser.add_argument("--data", help="the research data, for those that need it")
    said = parser.parse_args()
    more = ["--quick"] if said.quick else ["--write"]
    more += ["--data", said.data] if said.data else []
    wanted = {name: (minutes, more) for name, minutes in COMPARISONS.items()}
    if not said.quick:
        data = said.data or DATA
        wanted |= {
            name: (minutes, [one.format(data=data) for one in given])
            for name, (minutes, given) in OWN.items()
        }
        whole = sum(minutes for minutes, _ in wanted.values())
        print(f"{len(wanted)} benchmarks, some {whole} minutes on two quiet cores", flush=True)
    failed = [name for name, (minutes, given) in wanted.items() if not ran(name, minutes, given)]
    others = {p.stem for p in HERE.glob("bench_*.py")} - {*COMPARISONS, *OWN}
    if others:
        print(f"not among them: {', '.join(sorted(others))}")
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def ran(name: str, minutes: int, given: list[str]) -> bool:
    """Whether it came to its end."""
    print(f"\n== {name} {' '.join(given)}, some {minutes} min", flush=True)
    started = time.perf_counter()
    code = subprocess.run(
        [sys.executable, str(HERE / f"{name}.py"), *given], check=False
    ).returncode
    print(f"== {name}: {(time.perf_counter() - started) / 60:.1f} min", flush=True)
    return code == 0


if __name__ == "__main__":
    main()
