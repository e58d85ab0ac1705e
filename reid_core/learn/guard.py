"""What to do when a loss is no longer a number: go back to the last good step, more slowly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from reid_core.errors import Diverged

State = dict[str, Any]


class Guard:
    """Keeps the last good state of a run, and gives it back when the loss is not finite.

    state, restore: take and put back all that training changes. every: steps between two states
    that are kept. patient: look only so often, at the sum of the losses, so that a GPU need not
    be waited for; `settle` looks at once. slower: factor of the learning rate after each rewind.
    most: rewinds in a row before it gives up.
    """

    def __init__(
        self,
        state: Callable[[], State],
        restore: Callable[[State], None],
        *,
        every: int = 50,
        patient: bool = False,
        slower: float = 0.5,
        most: int = 5,
    ) -> None:
        self._take, self._restore = state, restore
        self.every, self.patient, self.slower, self.most = every, patient, slower, most
        self.factor, self.rewinds = 1.0, 0
        self._in_a_row = 0
        self._sum: torch.Tensor | None = None
        self._since = 0
        self._kept: tuple[int, State] | None = None

    def watch(self, step: int, loss: torch.Tensor) -> str:
        """Look at a step's loss, before it is learnt from; a sentence when it went back, else "".

        Raises Diverged after `most` rewinds in a row.
        """
        loss = loss.detach()
        self._sum = loss if self._sum is None else self._sum + loss
        self._since += 1
        if self._kept is None or self._since >= self.every or not self.patient:
            return self._look(step)
        return ""

    def settle(self, step: int) -> str:
        """Look at what was not looked at yet, before the weights are measured or written."""
        return self._look(step) if self._sum is not None else ""

    def _look(self, step: int) -> str:
        fine = bool(torch.isfinite(self._sum)) if self._sum is not None else True
        self._sum = None
        if fine:
            if self._kept is None or self._since >= self.every:
                self._kept, self._since, self._in_a_row = (step, copied(self._take())), 0, 0
            return ""
        return self._rewind(step)

    def _rewind(self, step: int) -> str:
        self.rewinds += 1
        self._in_a_row += 1
        self._since = 0
        if self._kept is None or self._in_a_row > self.most:
            raise Diverged(
                f"At step {step} the loss is not a finite number, and going back "
                f"{self._in_a_row - 1} times at lower and lower rates did not help. "
                "Lower optim.lr, or look at the data."
            )
        good, state = self._kept
        self._restore(copied(state))
        self.factor *= self.slower
        return (
            f"At step {step} the loss is not a finite number: back to the weights of step {good}, "
            f"at {self.factor:g} of the learning rate."
        )


def copied(value: Any) -> Any:
    """Nested dicts and lists with every tensor copied."""
    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    if isinstance(value, dict):
        return {k: copied(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(copied(v) for v in value)
    return value
