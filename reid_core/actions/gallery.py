"""The enrolled people as one matrix, for asking who a face is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_core.actions.loading import Models
from reid_core.errors import ModelMismatch
from reid_core.library import Library, people, vectors
from reid_core.search.decide import rank_people
from reid_core.types import Floats, Kind


@dataclass(frozen=True, slots=True, eq=False)
class Gallery:
    """Templates of one kind and model: vectors (N, D), whose each is (N,), names by person."""

    vectors: Floats
    owners: NDArray[np.int64]
    names: dict[int, str]

    @classmethod
    def load(cls, library: Library, models: Models, kind: Kind) -> Gallery:
        """From the database. Raises ModelMismatch when templates exist, but of another model."""
        model = models.model_id(kind)
        with library.read() as connection:
            ids, rows = vectors.all_vectors(connection, "template", kind, model)
            there = vectors.models_with_vectors(connection, "template", kind)
            owners = people.template_owners(connection, ids.tolist())
            names = {p.id: p.name for p in people.list_people(connection)}
        if not len(ids) and there:
            raise ModelMismatch(
                f"The {kind} templates were made with {', '.join(there)}, but {model} is in use. "
                "Run: cameo models use, which makes them again."
            )
        return cls(rows, owners, names)

    def rank(self, vector: Floats) -> list[tuple[int, float]]:
        """(person, best cosine over templates) for a probe (D,), best first."""
        if not len(self.owners):
            return []
        return rank_people(self.vectors @ vector, self.owners)
