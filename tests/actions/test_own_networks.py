"""What a library says of a network of its own is checked before the model store is given it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import made_pictures
import pytest
import sqlalchemy as sa

from reid_core.actions import own_networks
from reid_core.errors import LibraryCorrupt
from reid_core.library import Library, schema
from reid_core.types import Kind

NAME = "small-own-12345678"


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("data", made_pictures.conv_network(seed=2)),  # a good network, but another
        ("data", "no bytes"),
        ("manifest", "[" * 100_000),
        ("manifest", b"\xff\x00"),
        ("manifest", "{}"),
    ],
)
def test_a_damaged_row_gives_the_store_nothing(tmp_path: Path, what: str, value: object) -> None:
    store = made_pictures.store_in(tmp_path / "store")
    data = made_pictures.conv_network(seed=1)
    checksum = hashlib.sha256(data).hexdigest()
    manifest = replace(store.manifest("small"), name=NAME, file=f"{NAME}.onnx", sha256=checksum)
    with Library.open(tmp_path / "library") as library:
        with library.transaction("made") as tx:
            model = own_networks.put(tx, manifest, "small", Kind.BODY, data)
            good = tx.execute(sa.select(schema.network)).one()
            tx.exec_driver_sql(f"UPDATE network SET {what} = ?", (value,))
        with pytest.raises(LibraryCorrupt, match=NAME):
            own_networks.install(library, store, model)
        assert NAME not in [one.name for one in store.installed()]
        with library.transaction("made") as tx:
            tx.execute(schema.network.update().values(manifest=good.manifest, data=good.data))
        assert own_networks.install(library, store, model).sha256 == checksum
