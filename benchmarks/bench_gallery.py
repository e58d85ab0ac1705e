"""Who is this? Search among 1,000 to 1,000,000 templates, against how the peers do it.

    python benchmarks/bench_gallery.py [--quick] [--write]

Made vectors of 512 numbers, three templates a person; each probe is a template with noise, and an
answer counts only if it names the right person. "cold" is from nothing in memory to the answer,
"warm" a search after it. Adding is one template of a new person, until the disk has it (numpy and
faiss alone keep nothing on disk); removing is that template again. Every contender is a process of
its own with two threads, asked turn by turn up to 100,000; with a million one after the other.
"""

from __future__ import annotations

import statistics
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import published
from common import show, told
from peers import Answer, PeerMissing, Side
from published import ratio, seconds

DIM, TEMPLATES, PROBES = 512, 3, 32
TURNS = 3
LARGE = 1_000_000
SIZES = (1_000, 10_000, 100_000, LARGE)
CONTENDERS = {
    "Cameo": ("cameo_gallery", None, {}),
    "InsightFace 2.1": ("insightface_gallery", "insightface", {}),
    "pickle scan": ("plain_gallery", None, {"way": "pickle"}),
    "numpy alone": ("plain_gallery", None, {"way": "numpy"}),
    "faiss alone": ("plain_gallery", None, {"way": "faiss"}),
}
TOO_MUCH = {
    ("pickle scan", LARGE): "not run: a million lists of 512 Python numbers take some 16 GB",
}


@dataclass(slots=True)
class Measured:
    """Seconds by what was asked, and the largest memory; or why there is none."""

    times: dict[str, list[float]] = field(default_factory=dict)
    peak_mb: float = 0.0
    problem: str = ""

    def note(self, what: str, answer: Answer) -> None:
        self.times.setdefault(what, []).append(answer.seconds)
        self.peak_mb = max(self.peak_mb, answer.peak_mb)

    def median(self, what: str) -> float | None:
        return statistics.median(self.times[what]) if self.times.get(what) else None


def make(folder: Path, n: int) -> dict[str, object]:
    """Files with n unit vectors and the probes. What the sides are told."""
    rng = np.random.default_rng(n)
    rows = np.empty((n, DIM), np.float32)
    for start in range(0, n, 99_999):  # a multiple of TEMPLATES
        some = len(rows[start : start + 99_999])
        people = rng.standard_normal((some // TEMPLATES + 1, DIM), np.float32)
        block = np.repeat(people, TEMPLATES, axis=0)[:some]
        block += 0.7 * rng.standard_normal((some, DIM), np.float32)
        rows[start : start + some] = block / np.linalg.norm(block, axis=1, keepdims=True)
    which = rng.integers(0, n, PROBES)
    probes = rows[which] + 0.03 * rng.standard_normal((PROBES, DIM), np.float32)
    probes /= np.linalg.norm(probes, axis=1, keepdims=True)
    np.save(folder / "vectors.npy", rows)
    np.save(folder / "probes.npy", probes)
    names = [f"Person {i // TEMPLATES}" for i in which]
    return {
        "vectors": str(folder / "vectors.npy"),
        "probes": str(folder / "probes.npy"),
        "templates": TEMPLATES,
        "names": names,
    }


def measure(n: int) -> dict[str, Measured]:
    """Every contender with n templates."""
    results = {name: Measured(problem=TOO_MUCH.get((name, n), "")) for name in CONTENDERS}
    at_once = [[name for name in CONTENDERS if not results[name].problem]]
    if n >= LARGE:  # together they would not fit into memory
        at_once = [[name] for name in at_once[0]]
    with tempfile.TemporaryDirectory() as folder:
        given = make(Path(folder), n)
        for names in at_once:
            with ExitStack() as stack:
                sides = {}
                for name in names:
                    own = Path(folder) / name.replace(" ", "_")
                    own.mkdir()
                    try:
                        if not name.endswith("alone"):  # filling takes memory that asking does not
                            with _side(name, given, own) as filling:
                                filling.ask("fill")
                        sides[name] = stack.enter_context(_side(name, given, own))
                        if name.endswith("alone"):
                            sides[name].ask("fill")
                    except PeerMissing as error:
                        results[name].problem = str(error)
                _turns(sides, results, given["names"])
    return results


def _side(name: str, given: dict[str, object], own: Path) -> Side:
    script, peer, more = CONTENDERS[name]
    return Side(script, peer, **given, folder=str(own), **more)


def _turns(sides: dict[str, Side], results: dict[str, Measured], names: list[str]) -> None:
    for turn in range(TURNS):
        for name, side in sides.items():
            if not results[name].problem:
                try:
                    _turn(name, side, results[name], turn, names)
                except PeerMissing as error:
                    results[name].problem = str(error)


def _turn(name: str, side: Side, result: Measured, turn: int, names: list[str]) -> None:
    loaded = side.ask("load") if name == "Cameo" else None
    first = side.ask("search", probe=turn)
    _right(name, first, names[turn])
    result.note("cold", _sum(first, loaded))
    # those who read everything each time are never warm, and slow: once is enough
    again = 1 if name in ("InsightFace 2.1", "pickle scan") else 10
    for i in range(again):
        probe = (turn * again + i) % PROBES
        answer = side.ask("search", probe=probe)
        _right(name, answer, names[probe])
        result.note("warm", answer)
    added = side.ask("add", name=f"Somebody {turn}")
    result.note("add", added)
    result.note("remove", side.ask("remove", **{_removed(name): added.value}))


def _removed(name: str) -> str:
    return "sample_id" if name == "InsightFace 2.1" else "one"


def _sum(first: Answer, loaded: Answer | None) -> Answer:
    if loaded is None:
        return first
    return Answer(first.value, first.seconds + loaded.seconds, max(first.peak_mb, loaded.peak_mb))


def _right(name: str, answer: Answer, expected: str) -> None:
    if answer.value != expected:
        raise SystemExit(f"{name} found {answer.value}, not {expected}")


def rows_of(n: int, results: dict[str, Measured]) -> list[tuple[str, ...]]:
    """A line for each contender."""
    ours = results["Cameo"].median("warm")
    lines = []
    for name, one in results.items():
        if one.problem:
            lines.append((f"{n:,}", name, one.problem, "", "", "", "", ""))
            continue
        each = {what: one.median(what) for what in ("cold", "warm", "add", "remove")}
        cold = "" if name.endswith("alone") else seconds(each["cold"])
        times = (cold, *(seconds(each[what]) for what in ("warm", "add", "remove")))
        against = ratio(each["warm"], ours) if ours else ""
        lines.append((f"{n:,}", name, *times, f"{one.peak_mb:,.0f} MB", against))
    return lines


HEADERS = ("templates", "", "cold", "warm", "add one", "remove one", "peak memory", "warm / Cameo")


def main() -> None:
    said = told(__doc__)
    series: dict[str, dict[float, float]] = {}
    lines: list[tuple[str, ...]] = []
    for n in SIZES[:2] if said.quick else SIZES:
        results = measure(n)
        lines += rows_of(n, results)
        for name, one in results.items():
            if (warm := one.median("warm")) is not None:
                series.setdefault(name, {})[n] = 1000 * warm
    show(lines, HEADERS)
    if said.write:
        picture = published.lines("gallery", series, "templates", "ms for a search (warm)")
        published.write(
            "gallery",
            published.table(HEADERS, lines),
            picture,
            published.circumstances(quick=said.quick),
        )


if __name__ == "__main__":
    main()
