"""Evaluation over all pairs of 1,000 and 10,000 pictures, against how the peers do it.

    python benchmarks/bench_all_pairs.py [--quick] [--write]

Made vectors of 128 numbers, five a person; from vectors to AUC and TAR at false-match
rates of 1e-3 and 1e-4. All must agree on the TAR at 1e-3 to a ten-thousandth. "with intervals" is
what `cameo evaluate verification` reports: the same and 95 % intervals from a bootstrap over
identities, which no peer has. Medians of three, turn by turn.
"""

from __future__ import annotations

import statistics
import tempfile
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import published
from common import show, told
from peers import Answer, PeerMissing, Side
from published import ratio, seconds

DIM, LOOKS, RUNS = 128, 5, 3
SIZES = (1_000, 10_000)
CAMEO, PEER = "Cameo", "InsightFace 2.1, Enterprise Evaluation"
WITH = "Cameo, with intervals"
CONTENDERS = {
    CAMEO: ("cameo_pairs", None, "rates"),
    WITH: ("cameo_pairs", None, "intervals"),
    "scikit-learn": ("sklearn_pairs", "insightface", "rates"),
    PEER: ("insightface_pairs", "insightface", "rates"),
}
ALIKE = 1e-4
HEADERS = ("pictures", "pairs", "", "time", "pairs/s", "peak memory", "time / Cameo")


def main() -> None:
    said = told(__doc__)
    lines: list[tuple[str, ...]] = []
    series: dict[str, dict[float, float]] = {}
    grown: dict[int, float] = {}
    for n in SIZES[:1] if said.quick else SIZES:
        answers = measure(n, grown)
        lines += [_line(n, name, got, answers) for name, got in answers.items()]
        for name, got in answers.items():
            if not isinstance(got, str):
                series.setdefault(name, {})[n] = _median(got)
    show(lines, HEADERS)
    if said.write:
        picture = published.lines("all_pairs", series, "pictures", "seconds")
        parts = published.table(HEADERS, lines), picture, published.circumstances(quick=said.quick)
        published.write("all_pairs", *parts)


def measure(n: int, grown: dict[int, float]) -> dict[str, list[Answer] | str]:
    """What each says of n pictures, or why it says nothing.

    grown: by how many MB the peer's process grew with so many pictures, noted for larger ones.
    """
    before: dict[int, float] = {}
    results: dict[str, list[Answer] | str] = {}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        given, sides = make(Path(folder), n), {}
        for name, (script, peer, _) in CONTENDERS.items():
            if reason := _too_large(name, n, grown):
                results[name] = reason
                continue
            try:
                sides[name] = stack.enter_context(Side(script, peer, **given, folder=folder))
                if name == PEER:
                    before[n] = sides[name].ask("idle").peak_mb
                sides[name].ask(CONTENDERS[name][2])  # warm
                results[name] = []
            except PeerMissing as error:
                results[name] = f"not run: {error}"
        for _ in range(RUNS):
            for name, got in results.items():
                if isinstance(got, list):
                    got.append(sides[name].ask(CONTENDERS[name][2]))
    if before and isinstance(got := results[PEER], list) and got:
        grown[n] = max(a.peak_mb for a in got) - before[n]
    _agree({name: got[0].value["tar"] for name, got in results.items() if isinstance(got, list)})
    return results


def _too_large(name: str, n: int, grown: dict[int, float]) -> str:
    """Why the peer that holds a dictionary for every pair is not asked: what it would need."""
    if name != PEER or n <= SIZES[0] or not grown:
        return ""
    fewer, mb = next(iter(grown.items()))
    return (
        f"not run: a dictionary for each pair would take some {mb * (n / fewer) ** 2 / 1e3:.0f} GB"
    )


def make(folder: Path, n: int) -> dict[str, str]:
    """Files with n unit vectors and whose each is."""
    rng = np.random.default_rng(n)
    ids = np.arange(n) // LOOKS
    people = rng.standard_normal((n // LOOKS + 1, DIM), np.float32)
    rows = people[ids] + 1.1 * rng.standard_normal((n, DIM), np.float32)
    np.save(folder / "vectors.npy", rows / np.linalg.norm(rows, axis=1, keepdims=True))
    np.save(folder / "ids.npy", ids)
    return {"vectors": str(folder / "vectors.npy"), "ids": str(folder / "ids.npy")}


def _agree(tars: dict[str, float]) -> None:
    if max(tars.values()) - min(tars.values()) > ALIKE:
        raise SystemExit(f"the contenders disagree on the TAR at 1e-3: {tars}")


def _median(answers: list[Answer]) -> float:
    return statistics.median(a.seconds for a in answers)


def _line(
    n: int, name: str, got: list[Answer] | str, answers: dict[str, list[Answer] | str]
) -> tuple[str, ...]:
    pairs = n * (n - 1) // 2
    start = (f"{n:,}", f"{pairs:,}", name)
    if isinstance(got, str):
        return (*start, got, "", "", "")
    time, ours = _median(got), answers[CAMEO]
    assert isinstance(ours, list)
    peak = max(a.peak_mb for a in got)
    speed = f"{pairs / time / 1e6:.3g} million"
    return (*start, seconds(time), speed, f"{peak:,.0f} MB", ratio(time, _median(ours)))


if __name__ == "__main__":
    main()
