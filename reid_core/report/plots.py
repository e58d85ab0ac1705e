"""Plots as inline SVG: lines over linear, logarithmic or normal-deviate axes, and histograms.

No script, no font or colour of their own: the page's style sheet says how they look, light and
dark. Every plot has a title and a description for who cannot see it. All text is escaped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Scale = Callable[[Doubles], Doubles]

WIDTH, HEIGHT = 480, 340
LEFT, RIGHT, TOP, BOTTOM = 56, 14, 54, 48  # margins
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
RATES = (1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99)


@dataclass(frozen=True, slots=True)
class Axis:
    """label. low, high: the values at its ends. ticks: where a grid line is. scale: by name."""

    label: str
    low: float
    high: float
    ticks: tuple[float, ...]
    scale: str = "linear"

    def share(self, values: Doubles) -> Doubles:
        """Where values lie from 0 at the low end to 1 at the high end; beyond them, at the end."""
        scale = SCALES[self.scale]
        low, high = scale(np.array([self.low, self.high]))
        at = scale(np.clip(values, self.low, self.high))
        return np.asarray((at - low) / (high - low))

    def holds(self, values: Doubles) -> NDArray[np.bool_]:
        """Which values lie between the ends."""
        return np.asarray((values >= self.low) & (values <= self.high))


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """name. x, y: (P,) values."""

    name: str
    x: Doubles
    y: Doubles


def rates_axis(label: str, values: Doubles, *, most: float = 1.0) -> Axis:
    """A normal-deviate axis for error rates, as DET plots have (Martin et al., Eurospeech 1997).

    values: what will be drawn; the axis begins at the next tick below the least of them, and ends
    at the next above the highest, or above `most`.
    """
    some = values[(values > 0) & (values < 1)]
    least = float(some.min()) if len(some) else 0.01
    reach = float(some.max()) if len(some) else 0.5
    high = min((t for t in RATES if t >= min(max(reach, 0.05), most)), default=RATES[-1])
    low = max((t for t in RATES if t <= least and t < high), default=RATES[0])
    return Axis(label, low, high, tuple(t for t in RATES if low <= t <= high), "normal")


def even_axis(label: str, low: float, high: float) -> Axis:
    """A linear axis with about six round ticks."""
    step = 10 ** np.floor(np.log10(max(high - low, 1e-9)))
    for part in (5, 2, 1):
        if (high - low) / (step / part) <= 7:
            step /= part
            break
    ticks = np.arange(np.ceil(low / step - 1e-9), high / step + 1e-9) * step
    return Axis(label, low, high, tuple(float(round(t, 10)) for t in ticks))


def lines(
    title: str, about: str, x: Axis, y: Axis, several: Sequence[Line], *, key: str = "upper"
) -> str:
    """Curves, each in a class of its own: line0, line1 … What lies outside the axes is left out.

    key: "upper" or "lower", where the names of the lines stand.
    """
    drawn = ""
    for i, line in enumerate(several):
        inside = x.holds(line.x) & y.holds(line.y)
        seen = Line(line.name, line.x[inside], line.y[inside])
        drawn += f'<polyline class="line line{i}" points="{_points(x, y, seen)}"/>'
    top = TOP if key == "upper" else HEIGHT - BOTTOM - 18 * len(several) - 14
    return _plot(title, about, x, y, drawn + _key([s.name for s in several], "line", top))


def histograms(
    title: str, about: str, label: str, edges: Doubles, several: Sequence[tuple[str, Doubles]]
) -> str:
    """Shares by bin, one over the other. edges: (C + 1,). Each of several: name and (C,) shares."""
    x = even_axis(label, float(edges[0]), float(edges[-1]))
    y = even_axis("share of pairs", 0.0, float(max(s.max() for _, s in several)) * 1.25)
    drawn = ""
    for i, (name, shares) in enumerate(several):
        steps = np.concatenate([[0.0], np.repeat(shares, 2), [0.0]])
        outline = _points(x, y, Line(name, np.repeat(edges, 2), steps))
        drawn += f'<polygon class="area area{i}" points="{outline}"/>'
    return _plot(title, about, x, y, drawn + _key([name for name, _ in several], "area", TOP))


def rate(value: float) -> str:
    """A rate for people: 0.1 %, and powers of ten where that would be long."""
    if value >= 1e-3:
        return f"{100 * value:g} %"
    power = round(np.log10(value)) if value > 0 else 0
    return f"10{str(power).translate(RAISED)}" if power else "0"


def _log(values: Doubles) -> Doubles:
    return np.asarray(np.log10(values))


def _normal(values: Doubles) -> Doubles:
    from scipy.special import ndtri

    return np.asarray(ndtri(values))


SCALES: dict[str, Scale] = {"linear": np.asarray, "log": _log, "normal": _normal}


def _points(x: Axis, y: Axis, line: Line) -> str:
    across = LEFT + x.share(line.x) * (WIDTH - LEFT - RIGHT)
    down = HEIGHT - BOTTOM - y.share(line.y) * (HEIGHT - TOP - BOTTOM)
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(across, down, strict=True))


def _plot(title: str, about: str, x: Axis, y: Axis, inside: str) -> str:
    name = f"plot-{crc32(f'{title} {about}'.encode('utf-8', 'backslashreplace')):x}"
    return (
        f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-labelledby="{name}-title {name}-about">'
        f'<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-about">{escape(about)}</desc>'
        f'<text class="name" x="0" y="14">{escape(_short(title, 56))}</text>'
        f"{_grid(x, y)}{inside}</svg>"
    )


def _grid(x: Axis, y: Axis) -> str:
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    parts = []
    for tick, share in zip(x.ticks, x.share(np.array(x.ticks)), strict=True):
        at = LEFT + share * (right - LEFT)
        parts.append(f'<path class="rule" d="M{at:.1f} {TOP}V{bottom}"/>')
        parts.append(
            f'<text x="{at:.1f}" y="{bottom + 18}" text-anchor="middle">{_tick(x, tick)}</text>'
        )
    for tick, share in zip(y.ticks, y.share(np.array(y.ticks)), strict=True):
        at = bottom - share * (bottom - TOP)
        parts.append(f'<path class="rule" d="M{LEFT} {at:.1f}H{right}"/>')
        parts.append(
            f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{_tick(y, tick)}</text>'
        )
    middle = (LEFT + right) / 2
    parts.append(
        f'<text x="{middle}" y="{HEIGHT - 8}" text-anchor="middle">{escape(x.label)}</text>'
        f'<text x="0" y="{TOP - 14}">{escape(y.label)}</text>'
    )
    return "".join(parts)


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _tick(axis: Axis, value: float) -> str:
    return rate(value) if axis.scale != "linear" else f"{value + 0.0:g}"


def _key(names: Sequence[str], kind: str, top: float) -> str:
    """What each line or area is, at the right, from `top` down."""
    parts, right = [], WIDTH - RIGHT
    for i, name in enumerate(names):
        at = top + 18 * i + 12
        parts.append(
            f'<path class="{kind} {kind}{i}" d="M{right - 28} {at}h24v2h-24z"/>'
            f'<text x="{right - 34}" y="{at + 5}" text-anchor="end">'
            f"{escape(_short(name, 34))}</text>"
        )
    return "".join(parts)
