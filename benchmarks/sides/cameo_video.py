"""Cameo: index a video once, then ask for a person in it, again and again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from answering import given, serve
from common import store

from reid_core.actions.enroll import enroll
from reid_core.actions.index import index
from reid_core.actions.loading import Models
from reid_core.actions.search import Searcher, query_person
from reid_core.library import Library
from reid_core.types import Kind

told = given()
library = Library.open(Path(told["folder"]) / "library")
models = Models(store())
kinds = [Kind(k) for k in told["kinds"]]
held: dict[str, Searcher] = {}
for one in kinds:  # loading the networks is no part of the search
    models.detector(one), models.embedder(one)


def enrolled() -> list[list[float]]:
    """The person's vectors, for the other side as well."""
    enroll(library, models, "Somebody", told["pictures"])
    return np.asarray(query_person(library, models, "Somebody").vectors).tolist()


def first(video: str) -> list[list[float]]:
    index(library, models, video, kinds=kinds)
    held.clear()
    held["now"] = Searcher(library, models)
    return again()


def again() -> list[list[float]]:
    """The spans in which the person was surely seen, in seconds."""
    found = held["now"].search(query_person(library, models, "Somebody"))
    return [[one.start_s, one.end_s] for one in found.sure()]


serve(enrolled=enrolled, first=first, again=again)
