"""The catalog is whole, and every role has its default."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_store import SHIPPED

from reid_core.errors import ModelMissing
from reid_core.models import catalog as catalogs
from reid_core.models import sources, store
from reid_core.models.catalog import members
from reid_core.models.download import Https
from reid_core.models.manifest import Role
from reid_core.models.sources import PackageIndex
from reid_core.models.store import ModelStore


def test_the_catalog_is_whole() -> None:
    entries = store.catalog()
    for role in (Role.FACE_DETECTOR, Role.PERSON_DETECTOR, Role.FACE_EMBEDDER, Role.BODY_EMBEDDER):
        (default,) = [e for e in entries.values() if e.default and e.manifest.role is role]
        assert default.manifest.commercial or default.is_shipped
        assert ModelStore(Path("x")).default_for(role) == default.manifest.name
    with pytest.raises(ModelMissing, match="face-quality"):
        ModelStore(Path("x")).default_for(Role.FACE_QUALITY)
    for entry in entries.values():
        one = entry.manifest
        assert one.licence
        assert one.fallback or (len(one.sha256) == 64 and entry.size > 100_000)
        assert one.dim or one.role not in (Role.FACE_EMBEDDER, Role.BODY_EMBEDDER)
        for source in entry.sources:
            if isinstance(source, sources.Insightface):
                assert not one.commercial
                assert "non-commercial" in one.licence
            if isinstance(source, PackageIndex):
                assert source.package.count("==") == 1
            if isinstance(source, Https):
                assert source.url.startswith("https://")


def test_dlib_has_two_carriers() -> None:
    first, second = store.catalog()["dlib-resnet-v1"].sources
    assert isinstance(first, PackageIndex)
    assert isinstance(second, PackageIndex)
    assert first.package != second.package


def test_packs_and_defaults_by_name() -> None:
    assert members([]) == ["yunet-2023mar", "dlib-resnet-v1", "ssdlite-pedestrian", SHIPPED]
    assert members(["buffalo_s", "x", "x"]) == ["buffalo_s-detector", "buffalo_s-embedder", "x"]


def test_a_catalog_without_checksums_is_a_bug() -> None:
    record = {
        **{"name": "x", "role": "face-embedder", "architecture": "embedder", "sha256": ""},
        **{"size": 1, "licence": "MIT", "commercial": True, "input": {"width": 1, "height": 1}},
        "sources": [{"kind": "https", "url": "https://x"}],
    }
    with pytest.raises(ValueError, match="checksum"):
        catalogs._entry(record)
