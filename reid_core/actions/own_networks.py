"""Networks that a library made of its people, given to the model store so that they can run.

The library keeps them whole. What the store has of them is a copy, made again where it is missing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict

from sqlalchemy.engine import Connection

from reid_core.errors import LibraryCorrupt
from reid_core.library import Library, networks, retrainings
from reid_core.library.retrainings import Run
from reid_core.models import manifest as manifests
from reid_core.models.manifest import Manifest
from reid_core.models.store import ModelStore
from reid_core.types import Kind

MARK = "-own-"  # in a name: between the first network's and a part of the checksum
LONGEST = 60  # of the first network's name


def name_of(base: str, checksum: str) -> str:
    """What a network is called that was made of another."""
    return f"{base.split(MARK)[0][:LONGEST]}{MARK}{checksum[:8]}"


def put(tx: Connection, manifest: Manifest, base: str, kind: Kind, data: bytes) -> str:
    """Keep a network in the library; returns its model's id."""
    text = json.dumps(asdict(manifest))
    networks.put(tx, manifest.model_id, base, kind, text, data)
    return manifest.model_id


def install(library: Library, store: ModelStore, model: str) -> Manifest:
    """Give the store a network of the library, if need be. Raises ModelError, LibraryCorrupt."""
    with library.read() as connection:
        text, data = networks.get(connection, model)
    try:
        manifest = manifests.from_record(json.loads(text))
        checksum = hashlib.sha256(data).hexdigest()
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise LibraryCorrupt(f"What is known of the network {model} is damaged.") from error
    if manifest.model_id != model or manifest.sha256 != checksum:
        raise LibraryCorrupt(f"The network {model} is another than it is called.")
    there = {one.model_id for one in store.installed()}
    return manifest if model in there else store.install(manifest, data)


def restore(library: Library, store: ModelStore, names: Iterable[str]) -> None:
    """Install those networks of the library's own of these names that the store lacks."""
    wanted = {name for name in names if MARK in name}
    if not wanted:
        return
    with library.read() as connection:
        own = [m for m in networks.models(connection) if m.split("@")[0] in wanted]
    for model in own:
        install(library, store, model)


def remove(library: Library, store: ModelStore, run: Run) -> None:
    """Take a run's network out of the store, unless another run made the same.

    Another library that keeps it gives it back when it is opened.
    """
    with library.read() as connection:
        is_shared = any(
            r.model == run.model and r.id != run.id for r in retrainings.list_runs(connection)
        )
    if run.model is None or MARK not in run.model or is_shared:
        return
    if run.model in {one.model_id for one in store.installed()}:
        store.remove(run.model.split("@")[0])
