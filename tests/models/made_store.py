"""A tiny model, and what is left in a folder of models."""

from __future__ import annotations

import hashlib

from made_models import tiny_network

from reid_core.models.manifest import InputSpec, Manifest, Role
from reid_core.models.store import ModelStore

PLAIN = Manifest(
    "tiny", Role.BODY_EMBEDDER, "embedder", "", "", "MIT", True, "made", InputSpec(16, 16), 8
)
DATA = tiny_network()
SHA256 = hashlib.sha256(DATA).hexdigest()
SHIPPED = "cameo-body-v1"


def leftovers(models: ModelStore) -> list[str]:
    """Files that are neither a model nor a lock nor a note."""
    kept = (".onnx", ".json", ".lock", ".checked")
    return [p.name for p in models.folder.iterdir() if p.suffix not in kept]
