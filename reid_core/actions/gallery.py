"""The enrolled people as one matrix, for asking who a face is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_core.actions.loading import Models
from reid_core.errors import ModelMismatch
from reid_core.library import Library, people, vectors
from reid_core.types import Floats, Kind

Ids = NDArray[np.int64]
# so many templates one thread compares in half a millisecond; a matrix product waits for all of
# its threads, which on a busy machine is 30
ALONE = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class Gallery:
    """Templates of one kind and model: vectors (N, D), whose each is (N,), names by person.

    people: (P,) everybody with a template; runs: (P,) where each one's begin in `order`, (N,) the
    templates put together by person.
    """

    vectors: Floats
    owners: Ids
    names: dict[int, str]
    people: Ids
    runs: Ids
    order: Ids

    @classmethod
    def of(cls, rows: Floats, owners: Ids, names: dict[int, str]) -> Gallery:
        """Whose templates lie together is found once, so that ranking need not."""
        order = np.argsort(owners, kind="stable")
        everybody, runs = np.unique(owners[order], return_index=True)
        return cls(rows, owners, names, everybody, runs, order)

    @classmethod
    def load(cls, library: Library, models: Models, kind: Kind) -> Gallery:
        """From the database. Raises ModelMismatch when templates exist, but of another model."""
        model = models.model_id(kind)
        with library.read() as connection:
            ids, rows = vectors.all_vectors(connection, "template", kind, model)
            there = {} if len(ids) else vectors.models_with_vectors(connection, "template", kind)
            owners = people.template_owners(connection, ids.tolist())
            names = people.all_names(connection)
        if there:
            raise ModelMismatch(
                f"The {kind} templates were made with {', '.join(there)}, but {model} is in use. "
                "Run: cameo models use, which makes them again."
            )
        return cls.of(rows, owners, names)

    def rank(self, vector: Floats, *, top: int | None = None) -> list[tuple[int, float]]:
        """(person, best cosine over templates) for a probe (D,), best first.

        top: so many people at most; all of them otherwise.
        """
        if not len(self.owners):
            return []
        scores = np.maximum.reduceat(self._cosines(vector)[self.order], self.runs)
        best = np.arange(len(scores))
        if top is not None and top < len(scores):
            best = np.argpartition(-scores, top)[:top]
        best = best[np.argsort(-scores[best], kind="stable")]
        return list(zip(self.people[best].tolist(), scores[best].tolist(), strict=True))

    def _cosines(self, vector: Floats) -> Floats:
        """(N,) the probe's with every template."""
        if len(self.owners) <= ALONE:
            cosines: Floats = np.einsum("nd,d->n", self.vectors, vector)
            return cosines
        return self.vectors @ vector
