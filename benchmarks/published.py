"""Tables and plots of docs/benchmarks.md, each written by the benchmark that measures it."""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from reid_core.files import write_atomically

DOCS = Path(__file__).resolve().parents[1] / "docs"
COLOURS = ("#1f6f78", "#c8553d", "#8a7fb5", "#d9a441", "#6b8f47", "#7a7a7a")


def table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """In Markdown."""
    lines = [headers, ["---"] * len(headers), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def write(name: str, *parts: str) -> None:
    """Put the parts between the marks of that name in docs/benchmarks.md."""
    path = DOCS / "benchmarks.md"
    text = path.read_text("utf-8")
    first, last = f"<!-- {name}: written by the benchmark -->", f"<!-- end of {name} -->"
    if first not in text or last not in text:
        raise SystemExit(f"{path} has no place for {name}: the lines {first} and {last}.")
    inside = "\n\n".join((first, *parts, last))
    pattern = re.escape(first) + ".*?" + re.escape(last)
    write_atomically(path, re.sub(pattern, lambda _: inside, text, flags=re.DOTALL).encode())


def circumstances(*, quick: bool) -> str:
    """When, and beside what: how busy the machine was as the measurement ended."""
    less = "A quick run with less than it takes to be sure. " if quick else ""
    load = os.getloadavg()[1]
    cores = os.cpu_count() or 1
    return (
        f"{less}Measured on {datetime.date.today().isoformat()}, two threads each, on {cores} "
        f"cores; load over the last five minutes {load:.1f}, of which the benchmark itself is "
        "up to 2."
    )


def seconds(value: float) -> str:
    """In the unit that suits."""
    for unit, scale in (("s", 1.0), ("ms", 1e3)):
        if value * scale >= 1:
            return f"{value * scale:.3g} {unit}"
    return f"{value * 1e6:.3g} µs"


def ratio(theirs: float, ours: float) -> str:
    """How many times as long the other takes."""
    return f"{theirs / ours:.3g}x"


def bars(name: str, values: Mapping[str, float], unit: str, *, log: bool = True) -> str:
    """A bar for each contender; returns the line of Markdown that shows it."""
    figure, axes = _figure(1.0 + 0.42 * len(values))
    names = list(values)[::-1]
    colours = [COLOURS[0] if name.startswith("Cameo") else COLOURS[-1] for name in names]
    axes.barh(names, [values[n] for n in names], color=colours)
    for place, one in enumerate(names):
        axes.text(values[one], place, f" {values[one]:.3g}", va="center")
    if log:
        axes.set_xscale("log")
    axes.margins(x=0.12)
    axes.set_xlabel(unit)
    return _saved(figure, axes, name)


def lines(name: str, series: Mapping[str, Mapping[float, float]], across: str, up: str) -> str:
    """A line for each contender over sizes, both axes logarithmic."""
    figure, axes = _figure(4.2)
    for one, points in series.items():
        at = sorted(points)
        axes.loglog(
            at, [points[x] for x in at], "o-", label=one, color=_colour(one, series), markersize=4
        )
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.grid(visible=True, which="major", color="#dddddd", linewidth=0.6)
    axes.legend(frameon=False)
    return _saved(figure, axes, name)


def _colour(name: str, among: Mapping[str, object]) -> str:
    """Cameo's is always the first."""
    order = sorted(among, key=lambda n: not n.startswith("Cameo"))
    return COLOURS[order.index(name) % len(COLOURS)]


def _figure(height: float):
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams.update({"font.size": 9})
    from matplotlib import pyplot

    return pyplot.subplots(figsize=(7.5, height))


def _saved(figure, axes, name: str) -> str:
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    path = DOCS / "images" / "benchmarks" / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110, metadata={"Software": None})
    return f"![{name.replace('_', ' ')}](images/benchmarks/{path.name})"
