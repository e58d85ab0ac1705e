"""A weighted sum of losses, as BoT has it (1903.07071): cross-entropy + triplet + centre."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn


class Sum(nn.Module):
    """Σ weight x loss. parts: losses by name, each of (embeddings, labels), with its weight.

    Behind a BNNeck there are two features: losses by class read what comes out of it, losses by
    pair and the centre loss what goes in (1903.07071, section 3.5). Every loss says so by its
    attribute `reads`, "neck" or "raw"; one that has none reads the neck.
    `last` holds each part's value, unweighted and without gradient, of the latest call.
    """

    reads = "neck"

    def __init__(self, parts: Mapping[str, tuple[float, nn.Module]]) -> None:
        super().__init__()
        if not parts:
            raise ValueError("a sum needs at least one loss")
        self.parts = nn.ModuleDict({name: loss for name, (_, loss) in parts.items()})
        self.weights = {name: float(weight) for name, (weight, _) in parts.items()}
        self.last: dict[str, Tensor] = {}

    def forward(self, embeddings: Tensor, labels: Tensor, raw: Tensor | None = None) -> Tensor:
        """A scalar. raw: the feature before the neck, (N, dim), where that is another one."""
        features = {"neck": embeddings, "raw": embeddings if raw is None else raw}
        values: dict[str, Tensor] = {
            name: loss(features[getattr(loss, "reads", "neck")], labels)
            for name, loss in self.parts.items()
        }
        self.last = {name: value.detach() for name, value in values.items()}
        weighted = [self.weights[name] * value for name, value in values.items()]
        return sum(weighted[1:], weighted[0])
