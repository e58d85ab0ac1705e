"""What is said of a model when a training run becomes one; for programs without torch too."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Release:
    """A model to be made of a run.

    role: body-embedder or face-embedder. precision: fp32, fp16 (stored) or int8. data, terms,
    command: for the card; "" for what is said when nothing is. note: a sentence shown with it.
    """

    name: str
    role: str = "body-embedder"
    precision: str = "fp16"
    licence: str = "unknown"
    commercial: bool = False
    data: str = ""
    terms: str = ""
    command: str = ""
    note: str = ""
