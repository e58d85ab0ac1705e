"""An embedder behind an adapter: the network's vectors, moved as a library's own people ask."""

from __future__ import annotations

from collections.abc import Sequence

from reid_core.adapter import Adapter
from reid_core.errors import ModelMismatch
from reid_core.protocols import Embedder
from reid_core.types import Detections, Floats, Image


class AdaptedEmbedder:
    """Embeds as the network does, then applies the adapter; its model is another one.

    Raises ModelMismatch when the adapter was made for another network.
    """

    def __init__(self, network: Embedder, adapter: Adapter) -> None:
        if (network.model, network.dim) != (adapter.base, adapter.dim):
            raise ModelMismatch(
                f"The adapter {adapter.model} was made for another network than {network.model}. "
                "Retrain it: cameo retrain"
            )
        self._network, self._adapter = network, adapter
        self.model, self.dim, self.kind = adapter.model, network.dim, network.kind

    def chips(self, image: Image, detections: Detections) -> list[Image]:
        """The detections of one picture as the network wants them."""
        return self._network.chips(image, detections)

    def embed(self, chips: Sequence[Image]) -> Floats:
        """N chips -> (N, dim) float32, unit rows."""
        return self._adapter.apply(self._network.embed(chips))
