"""What a strength of retraining gives, whichever it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from sqlalchemy.engine import Connection

from reid_core.evaluate.holdout import Ids
from reid_core.types import Floats

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


class Fitted(Protocol):
    """What a strength of any kind learnt; see `learn.adapt.Fitted`."""

    @property
    def strength(self) -> float:
        """0 when nothing was better than what there was."""

    @property
    def tried(self) -> Sequence[DataclassInstance]:
        """What was measured over the folds."""

    @property
    def strangers(self) -> tuple[Ids, Ids]:
        """Pairs of rows that were trained on, of different people."""

    @property
    def strangers_scores(self) -> Floats:
        """Their cosines by what was not learnt from them."""


class Learnt(Protocol):
    """A model that was made: what was learnt, and what it makes of the samples, (N, D)."""

    @property
    def fitted(self) -> Fitted:
        """What was learnt."""

    @property
    def vectors(self) -> Floats:
        """Unit rows in the new space."""

    def keep(self, tx: Connection) -> str:
        """Keep the model in the library; returns its id."""
