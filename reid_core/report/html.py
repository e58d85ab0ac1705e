"""A search's result as one HTML file that needs nothing else: pictures inside, no script."""

from __future__ import annotations

import base64
import importlib.resources
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from reid_core.files import write_atomically
from reid_core.types import Sighting


@dataclass(frozen=True, slots=True, eq=False)
class Card:
    """A sighting with its picture (JPEG) and whether it reaches the threshold."""

    sighting: Sighting
    picture: bytes | None
    likely: bool


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """Everything on the page. durations: seconds by video. threshold, probability: what a
    similarity and a probability say; the latter stands there when some card has one.
    """

    query: str
    portrait: bytes | None
    kind: str
    model: str
    threshold: str
    created: str
    searched: int
    elapsed_s: float
    cards: Sequence[Card]
    durations: dict[str, float]
    probability: str = ""


def write_html(page: Page, path: Path) -> None:
    """Write the page. Atomic."""
    style = importlib.resources.files("reid_core.report").joinpath("report.css").read_text("utf-8")
    write_atomically(path, _html(page, style).encode("utf-8"))


def _html(page: Page, style: str) -> str:
    title = f"Cameo: {page.query}"
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title><style>{style}</style></head>
<body><main>
{_header(page)}
{_timelines(page)}
{_cards(page)}
<footer>{_facts(page)}</footer>
</main></body></html>
"""


def _header(page: Page) -> str:
    likely = [c for c in page.cards if c.likely]
    videos = len({c.sighting.video for c in likely})
    said = (
        f"{len(likely)} likely sighting{_s(len(likely))} in {videos} video{_s(videos)}"
        if likely
        else "No likely sighting. The nearest are shown; look at them before you conclude anything."
    )
    means = [page.threshold]
    if page.probability and any(c.sighting.probability is not None for c in page.cards):
        means.append(page.probability)
    told = "".join(f'<p class="means">{escape(one)}</p>' for one in means)
    picture = f'<img class="portrait" alt="" src="{_data(page.portrait)}">' if page.portrait else ""
    return (
        f"<header>{picture}<div><h1>{escape(page.query)}</h1><p class=lead>{said}</p>"
        f"{told}</div></header>"
    )


def _timelines(page: Page) -> str:
    videos = sorted({c.sighting.video for c in page.cards})
    if not videos:
        return ""
    rows = "".join(_timeline(v, page) for v in videos)
    key = (
        '<p class="key"><span class="dot likely"></span>likely '
        '<span class="dot"></span>less similar</p>'
    )
    return f"<section><h2>When</h2>{key}{rows}</section>"


def _timeline(video: str, page: Page) -> str:
    """A bar with a span per sighting; widths in per mille of the video."""
    mine = [c for c in page.cards if c.sighting.video == video]
    length = max([page.durations.get(video) or 0.0, *(c.sighting.end_s for c in mine), 0.1])
    spans = "".join(_span(c, length) for c in sorted(mine, key=lambda c: c.likely))
    ticks = "".join(
        f'<text x="{250 * i}" y="38" text-anchor="{anchor}">{_clock(length * i / 4)}</text>'
        for i, anchor in enumerate(("start", "middle", "middle", "middle", "end"))
    )
    name = escape(Path(video).name)
    return (
        f'<figure><figcaption title="{escape(video)}">{name}</figcaption>'
        f'<svg viewBox="0 0 1000 42" role="img" aria-label="Sightings in {name}">'
        f'<rect class="track" x="0" y="4" width="1000" height="18" rx="4"/>'
        f"{spans}{ticks}</svg></figure>"
    )


def _span(card: Card, length: float) -> str:
    s = card.sighting
    left, width = 1000 * s.start_s / length, max(4.0, 1000 * (s.end_s - s.start_s) / length)
    left = min(left, 1000 - width)
    return (
        f'<a href="#t{escape(s.tracklet)}"><rect class="span{" likely" if card.likely else ""}" '
        f'x="{left:.1f}" y="4" width="{width:.1f}" height="18" rx="3">'
        f"<title>{_clock(s.start_s)} to {_clock(s.end_s)}, similarity {s.score:.3f}</title>"
        "</rect></a>"
    )


def _cards(page: Page) -> str:
    if not page.cards:
        return "<section><p>Nothing is indexed that could be searched.</p></section>"
    likely = [c for c in page.cards if c.likely]
    rest = [c for c in page.cards if not c.likely]
    parts = []
    for heading, cards in (("Likely", likely), ("Less similar", rest)):
        if cards:
            grid = "".join(_card(c) for c in cards)
            parts.append(f'<section><h2>{heading}</h2><div class="grid">{grid}</div></section>')
    return "".join(parts)


def _card(card: Card) -> str:
    s = card.sighting
    picture = (
        f'<img alt="{s.kind} at {_clock(s.best_s)}" src="{_data(card.picture)}">'
        if card.picture
        else '<div class="blank">no picture</div>'
    )
    verdict = f'<span class="tag">{escape(s.verdict)}</span>' if s.verdict else ""
    return (
        f'<article id="t{escape(s.tracklet)}" class="{"likely" if card.likely else ""}">{picture}'
        f'<div class="body"><p class="span-text">{_clock(s.start_s)} – {_clock(s.end_s)}</p>'
        f'<p class="file" title="{escape(s.video)}">{escape(Path(s.video).name)}</p>'
        f'<p class="score">{_score(s)} {verdict}</p>'
        f'<p class="jump">best look at {_clock(s.best_s)}</p></div></article>'
    )


def _score(s: Sighting) -> str:
    if s.probability is not None:
        return f"<b>{_percent(s.probability)}</b> probability, similarity {s.score:.3f}"
    return f"similarity <b>{s.score:.3f}</b>"


def _percent(probability: float) -> str:
    """Never 0 or 100 %, which nothing measured can be."""
    return "over 99 %" if probability > 0.99 else f"{max(probability, 0.01):.0%}"


def _facts(page: Page) -> str:
    return (
        f"{page.searched} {escape(page.kind)} tracklets searched in {page.elapsed_s * 1000:.0f} ms "
        f"with {escape(page.model)}, {escape(page.created)}. A similarity is evidence, "
        "not proof of identity."
    )


def _clock(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def _data(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")


def _s(n: int) -> str:
    return "" if n == 1 else "s"
