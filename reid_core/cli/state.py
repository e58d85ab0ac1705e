"""What every command knows: where the library and the models are."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from reid_core.actions.loading import Models
    from reid_core.library import Library
    from reid_core.models.store import ModelStore


class One(StrEnum):
    """A kind, as an option."""

    FACE = "face"
    BODY = "body"


class OneOrBoth(StrEnum):
    """A kind or both, as an option."""

    FACE = "face"
    BODY = "body"
    BOTH = "both"


RateOption = Annotated[
    float, typer.Option(min=0.1, max=100, help="Pictures looked at per second of video.")
]
SecondsOption = Annotated[
    float | None, typer.Option(min=0, help="Live sources: stop after so long.")
]
NumberOption = Annotated[
    int | None,
    typer.Option(min=1, help="Which one, from the left, when several are in the picture."),
]


@dataclass(frozen=True, slots=True)
class State:
    """The global options, resolved."""

    library: Path
    models: Path


def state_of(context: typer.Context) -> State:
    """The global options, with the platform's folders where none was said."""
    given = context.find_root().params
    return State(_folder(given.get("library"), "library"), _folder(given.get("models"), "models"))


def open_library(context: typer.Context, *, create: bool = True) -> Library:
    """The library that the options name."""
    from reid_core.library import Library

    return Library.open(state_of(context).library, create=create)


def open_store(context: typer.Context) -> ModelStore:
    """The model store that the options name."""
    from reid_core.models.store import ModelStore

    return ModelStore(state_of(context).models)


def models_for(context: typer.Context, library: Library | None, *, threads: int = 2) -> Models:
    """The models that a library works with. threads: inside one network call."""
    from reid_core.actions.loading import Models, Runtime
    from reid_core.cli.output import Bar

    store, runtime, tell = open_store(context), Runtime(threads=threads), Bar("models").tell
    if library is None:
        return Models(store, runtime=runtime, progress=tell)
    return Models.of(library, store, runtime=runtime, progress=tell)


def _folder(given: Path | None, name: str) -> Path:
    if given is not None:
        return given
    import platformdirs

    return Path(platformdirs.user_data_path("cameo", appauthor=False)) / name
