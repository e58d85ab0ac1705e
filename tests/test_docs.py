"""The documentation names every command, its links lead somewhere, and it speaks of Cameo alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
TEXT = "\n".join(p.read_text("utf-8") for p in PAGES)


def commands() -> list[str]:
    from typer.main import get_command

    from reid_core.cli.main import app

    found = []
    for name, command in get_command(app).commands.items():
        found += [f"{name} {sub}" for sub in getattr(command, "commands", {})] or [name]
    return found


@pytest.mark.parametrize("command", commands())
def test_every_command_is_documented(command: str) -> None:
    group, _, sub = command.partition(" ")
    listed = re.findall(rf"cameo {group} ([\w|]+)", TEXT)
    if sub:
        assert any(sub in names.split("|") for names in listed), command
    else:
        assert f"cameo {group}" in TEXT


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", page.read_text("utf-8")):
        if not target.startswith(("http:", "https:")):
            assert (page.parent / target).exists(), target


def test_figures_are_filled_in() -> None:
    assert not re.search(r"@\w+@|TODO|XXX|TBD", TEXT)
