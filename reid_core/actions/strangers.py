"""Numbers for people who are not enrolled: who comes again keeps the number they had."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection

import numpy as np

from reid_core.types import Floats, Kind

KEPT = 500  # strangers remembered of each kind; the longest unseen is forgotten first


class Strangers:
    """Gives out 1, 2, 3 … in order of appearance, faces and bodies together."""

    def __init__(self) -> None:
        self._next = 1
        self._known: dict[Kind, OrderedDict[int, Floats]] = {}

    def number(
        self, kind: Kind, vector: Floats | None, *, threshold: float | None, taken: Collection[int]
    ) -> int:
        """The number of whoever looks like this: one known already, or the next.

        vector: (D,) unit, None when nobody was seen well enough. threshold: the cosine at which
        two are the same, None when that is not known (then everybody is new). taken: numbers of
        others who are in the picture now.
        """
        known = self._known.setdefault(kind, OrderedDict())
        free = [n for n in known if n not in taken]
        if vector is not None and threshold is not None and free:
            scores = np.stack([known[n] for n in free]) @ vector
            if float(scores.max()) >= threshold:
                return free[int(scores.argmax())]
        return self.new()

    def new(self) -> int:
        """The next number."""
        self._next += 1
        return self._next - 1

    def remember(self, kind: Kind, number: int, vector: Floats) -> None:
        """How a stranger looked last."""
        known = self._known.setdefault(kind, OrderedDict())
        known[number] = vector
        known.move_to_end(number)
        while len(known) > KEPT:
            known.popitem(last=False)

    def forget(self, kind: Kind, number: int | None) -> None:
        """Do not know one again. number: None for somebody who had none."""
        if number is not None and kind in self._known:
            self._known[kind].pop(number, None)

    def forget_vectors(self) -> None:
        """Another model is in use: nobody can be known again by the old vectors."""
        self._known.clear()
