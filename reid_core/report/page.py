"""A page of figures, tables and plots as one HTML file that needs nothing else."""

from __future__ import annotations

import base64
import importlib.resources
from collections.abc import Sequence
from html import escape
from pathlib import Path

from reid_core.files import write_atomically

STYLES = ("report.css", "page.css")


def write_page(
    path: Path, *, title: str, lead: str, sections: Sequence[str], footer: str = ""
) -> None:
    """Write the page. Atomic. title, lead, footer: plain text. sections: see `section`."""
    package = importlib.resources.files("reid_core.report")
    style = "".join(package.joinpath(name).read_text("utf-8") for name in STYLES)
    text = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}</title><style>{style}</style></head>
<body><main>
<header><div><h1>{escape(title)}</h1><p class="lead">{escape(lead)}</p></div></header>
{"".join(sections)}
<footer>{escape(footer)}</footer>
</main></body></html>
"""
    write_atomically(path, text.encode("utf-8", "backslashreplace"))


def section(heading: str, *parts: str) -> str:
    """A part of the page. heading: plain text. parts: HTML of the functions here, or plots."""
    return f"<section><h2>{escape(heading)}</h2>{''.join(parts)}</section>"


def heading(text: str) -> str:
    """A heading within a section."""
    return f"<h3>{escape(text)}</h3>"


def words(text: str, *, mark: bool = False) -> str:
    """A paragraph. mark: a warning."""
    return f'<p class="{"warning" if mark else "means"}">{escape(text)}</p>'


def table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table; numbers stand to the right."""
    head = "".join(f'<th scope="col">{escape(h)}</th>' for h in headers)
    body = "".join(f"<tr>{''.join(_cell(c) for c in row)}</tr>" for row in rows)
    inside = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f'<div class="wide"><table>{inside}</table></div>'


def figures(*plots: str) -> str:
    """Plots side by side where there is room."""
    return f'<div class="plots">{"".join(f"<div>{p}</div>" for p in plots)}</div>'


def picture(jpeg: bytes, name: str) -> str:
    """A picture inside the page."""
    data = base64.b64encode(jpeg).decode("ascii")
    return f'<img alt="{escape(name)}" src="data:image/jpeg;base64,{data}">'


def pair(first: str, second: str, about: str, *, pictures: Sequence[str] = ()) -> str:
    """Two pictures by name, and what is said of them. pictures: see `picture`."""
    return (
        f'<article class="pair"><div class="looks">{"".join(pictures)}</div><div class="body">'
        f'<p class="file" title="{escape(first)}">{escape(first)}</p>'
        f'<p class="file" title="{escape(second)}">{escape(second)}</p>'
        f"<p>{escape(about)}</p></div></article>"
    )


def grid(*articles: str) -> str:
    """Articles side by side."""
    return f'<div class="grid">{"".join(articles)}</div>'


def _cell(value: object) -> str:
    number = isinstance(value, int | float)
    return f'<td class="{"number" if number else ""}">{escape(str(value))}</td>'
