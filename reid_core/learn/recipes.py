"""The recipes that come with Cameo: training/configs of a checkout, and the same in a wheel."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

NOT_SHOWN = ("cameo train", "training/", "(")  # how it is started in a terminal, and asides
NOT_TO_START = ("leaderboard",)  # what compares losses, and is no recipe for a model


@dataclass(frozen=True, slots=True)
class Recipe:
    """A configuration to begin with. title, text: its first comment, the first line and the rest.

    name: of its file, without the suffix.
    """

    name: str
    path: Path
    title: str
    text: str


def folder() -> Path:
    """Where the recipes are."""
    here = Path(__file__).parent
    packed = here / "configs"
    return packed if packed.is_dir() else here.parents[1] / "training" / "configs"


def recipes() -> tuple[Recipe, ...]:
    """Those that make a model, by name; none where the folder is gone."""
    found = sorted(folder().glob("*.toml"))
    return tuple(_recipe(path) for path in found if path.stem not in NOT_TO_START)


def path_of(config: Path) -> Path:
    """A configuration's file: as given, or the recipe of that name."""
    named = folder() / f"{config}.toml"
    return (
        named if config.name == str(config) and not config.exists() and named.is_file() else config
    )


def _recipe(path: Path) -> Recipe:
    lines = path.read_text("utf-8").splitlines()
    about = [line[1:].strip() for line in itertools.takewhile(lambda s: s.startswith("#"), lines)]
    words = [line for line in about if not line.startswith(NOT_SHOWN)]
    title, *rest = words or [path.stem]
    return Recipe(path.stem, path, title.rstrip(".:"), " ".join(rest).rstrip(":"))
