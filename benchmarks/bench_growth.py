"""What more footage costs: indexing, memory and disk by the hour; search by the tracklet.

    python benchmarks/bench_growth.py [--quick] [--write]

Footage: a made 1080p film with people in it all the time, the same minute repeated, each length
indexed into a new library by a process of its own; per hour is what that length comes to.
Search: three templates against made vectors of 128 numbers, people with twenty tracklets each;
the median of ten after a first. Cameo's index is the one that it makes for so many; opening is from
the file that an earlier search left. Beside it the same vectors in 16 bits in a mapped file, by
faiss alone, which says what the memory's bandwidth would allow an exact search.
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

import psutil
import published
from bench_memory import make
from common import show, told
from peers import Side
from published import seconds

MINUTES = (1, 2, 4)
SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
TURNS = 10
CAMEO, MAPPED = "Cameo", "faiss alone"
SCRIPTS = {CAMEO: "cameo_growth", MAPPED: "mapped_growth"}
BYTES = {CAMEO: 1100, MAPPED: 800}  # a vector, while the index is made
FILM = ("film", "indexed in", "per hour: time", "disk", "tracklets", "peak memory")
SEARCH = ("vectors", "", "index", "made in", "open", "search", "on disk", "peak memory")


def main() -> None:
    said = told(__doc__)
    films = [film(n, piece_s=15 if said.quick else 60) for n in MINUTES[: 1 if said.quick else 3]]
    show(films, FILM)
    series: dict[str, dict[float, float]] = {}
    lines = []
    for n in SIZES[:2] if said.quick else SIZES:
        lines += [searched(n, name, series) for name in SCRIPTS]
    show(lines, SEARCH)
    if said.write:
        published.write(
            "growth",
            published.table(FILM, films),
            published.table(SEARCH, lines),
            published.lines("growth", series, "vectors", "ms for a search"),
            published.circumstances(quick=said.quick),
        )


def film(pieces: int, *, piece_s: int) -> tuple[str, ...]:
    """A line of the table for one length of film."""
    with tempfile.TemporaryDirectory() as folder:
        video = Path(folder) / "film.mp4"
        make(video, pieces, piece_s=piece_s)
        with Side("cameo_growth", folder=folder) as side:
            done = side.ask("film", video=str(video))
    length = pieces * piece_s
    hour = 3600 / length
    return (
        f"{length // 60} min" if length >= 60 else f"{length} s",
        seconds(done.value["wall"]),
        f"{done.value['wall'] * hour / 60:.1f} min",
        f"{done.value['disk'] * hour / 1e6:.0f} MB",
        f"{done.value['tracklets'] * hour:,.0f}",
        f"{done.peak_mb:,.0f} MB",
    )


def searched(n: int, name: str, series: dict[str, dict[float, float]]) -> tuple[str, ...]:
    """A line of the table for so many vectors. Made in one process, opened and asked in another."""
    needs, free = n * BYTES[name], psutil.virtual_memory().available
    if needs > free:
        why = f"not run: making it takes {needs / 1e9:.0f} GB, {free / 1e9:.0f} were free"
        return f"{n:,}", name, why, *[""] * 5
    with tempfile.TemporaryDirectory() as folder:
        with Side(SCRIPTS[name], folder=folder) as side:
            built = side.ask("build", n=n)
        with Side(SCRIPTS[name], folder=folder) as side:
            opened = side.ask("load")
            first = side.ask("search")
            if first.value != list(range(len(first.value))):
                raise SystemExit(f"{name} found {first.value} among {n} vectors")
            answers = [side.ask("search") for _ in range(TURNS)]
    middle = statistics.median(a.seconds for a in answers)
    series.setdefault(name, {})[n] = 1000 * middle
    size = f"{built.value['size'] / 1e6:,.0f} MB"
    times = (seconds(a) for a in (built.seconds, opened.seconds, middle))
    return f"{n:,}", name, built.value["how"], *times, size, f"{answers[-1].peak_mb:,.0f} MB"


if __name__ == "__main__":
    main()
