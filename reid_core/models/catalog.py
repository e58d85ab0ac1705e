"""The models that Cameo knows how to fetch, as catalog.toml lists them."""

from __future__ import annotations

import importlib.resources
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from reid_core.models import manifest as manifests
from reid_core.models.manifest import Manifest
from reid_core.models.sources import Shipped, Source, from_record

OWN = ("sources", "converter", "size", "default", "pack")


@dataclass(frozen=True, slots=True)
class Entry:
    """A model that the catalog knows.

    manifest: with the checksum of the publisher's file. converter: what turns that file into
    ONNX, "" when it is ONNX. size: of that file, bytes. default: whether it serves its role when
    nobody says otherwise. pack: a name under which several models are fetched together.
    """

    manifest: Manifest
    sources: tuple[Source, ...]
    converter: str
    size: int
    default: bool
    pack: str = ""

    @property
    def is_shipped(self) -> bool:
        """Whether Cameo brings it along, so that nothing is fetched."""
        return any(isinstance(source, Shipped) for source in self.sources)


@cache
def catalog() -> dict[str, Entry]:
    """Every known model by name."""
    text = importlib.resources.files("reid_core.models").joinpath("catalog.toml").read_text("utf-8")
    return {e.manifest.name: e for e in map(_entry, tomllib.loads(text)["model"])}


def members(names: Iterable[str]) -> list[str]:
    """The names with each pack replaced by its models, once each; none means the defaults."""
    known = catalog()
    given = list(names) or [n for n, e in known.items() if e.default and e.sources]
    found: list[str] = []
    for name in given:
        found += [n for n, e in known.items() if e.pack == name] or [name]
    return list(dict.fromkeys(found))


def _entry(record: dict[str, Any]) -> Entry:
    given = {key: value for key, value in record.items() if key not in OWN}
    if given["input"].get("template") == "arcface":
        given["input"] = {**given["input"], "template": manifests.ARCFACE_TEMPLATE}
    sources = tuple(from_record(s) for s in record["sources"])
    where = str(sources[0]) if sources else "part of Cameo"
    one = manifests.from_record(
        {"file": "", "source": where, "origin_sha256": given["sha256"], **given}
    )
    if sources and not one.sha256:
        raise ValueError(f"the catalog has no checksum for {one.name}")
    return Entry(
        one,
        sources,
        record.get("converter", ""),
        record["size"],
        record.get("default", False),
        record.get("pack", ""),
    )
