"""Reading a frozen TensorFlow graph without TensorFlow.

A GraphDef is a protocol buffer message; only the few fields needed here are decoded, by the wire
format's public rules (a key, then a varint, 4 or 8 bytes, or a length and bytes).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from reid_core.errors import ModelCorrupt
from reid_core.types import Floats

DT_FLOAT = 1


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One operation. attributes: raw AttrValue messages by name."""

    name: str
    op: str
    inputs: tuple[str, ...]
    attributes: dict[str, bytes]

    def integers(self, attribute: str) -> tuple[int, ...]:
        """A list-of-integers attribute, such as strides."""
        return tuple(_packed(_bytes(self.attributes[attribute], 1)))

    def text(self, attribute: str) -> str:
        """A string attribute, such as padding."""
        return _bytes(self.attributes[attribute], 2).decode("ascii")

    def number(self, attribute: str) -> float:
        """A float attribute, such as epsilon."""
        return float(np.frombuffer(_bytes(self.attributes[attribute], 4), "<f4")[0])

    def tensor(self) -> Floats:
        """The float32 value of a Const node."""
        message = _bytes(self.attributes["value"], 8)
        kind = [value for number, value in fields(message) if number == 1]
        dims = [value for number, value in fields(_bytes(message, 2)) if number == 2]
        shape = [_integer(dim, 1) for dim in dims if isinstance(dim, bytes)]
        if kind != [DT_FLOAT]:
            raise ModelCorrupt(f"The graph node {self.name} is not a float32 tensor.")
        flat = np.frombuffer(_bytes(message, 4), "<f4")
        if flat.size != int(np.prod(shape, dtype=np.int64)):
            raise ModelCorrupt(f"The graph node {self.name} has the wrong size.")
        return flat.reshape(shape).astype(np.float32)


def read_graph(data: bytes) -> dict[str, Node]:
    """Every node of a GraphDef by name. Raises ModelCorrupt when the bytes are not one."""
    try:
        parts = [value for number, value in fields(data) if number == 1]
        nodes = [_node(part) for part in parts if isinstance(part, bytes)]
    except (IndexError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise ModelCorrupt("The file is not a frozen TensorFlow graph.") from error
    if not nodes:
        raise ModelCorrupt("The file holds no TensorFlow graph.")
    return {node.name: node for node in nodes}


def fields(data: bytes) -> Iterator[tuple[int, bytes | int]]:
    """(number, value) of each field of a message; raises IndexError or ValueError at damage."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        wire = key & 7
        if wire == 0:
            value, at = _varint(data, at)
            yield key >> 3, value
            continue
        size = {1: 8, 5: 4}.get(wire)
        if wire == 2:
            size, at = _varint(data, at)
        if size is None or at + size > len(data):
            raise ValueError("a field reaches behind the end")
        yield key >> 3, data[at : at + size]
        at += size


def _node(data: bytes) -> Node:
    texts: dict[int, list[str]] = {1: [], 2: [], 3: []}
    attributes: dict[str, bytes] = {}
    for number, value in fields(data):
        if isinstance(value, bytes) and number in texts:
            texts[number].append(value.decode("utf-8"))
        elif isinstance(value, bytes) and number == 5:
            attributes[_bytes(value, 1).decode("ascii")] = _bytes(value, 2)
    inputs = tuple(text.lstrip("^").split(":")[0] for text in texts[3])
    return Node(texts[1][0], texts[2][0], inputs, attributes)


def _bytes(message: bytes, number: int) -> bytes:
    """The first field of that number as bytes; KeyError when there is none."""
    for found, value in fields(message):
        if found == number and isinstance(value, bytes):
            return value
    raise KeyError(number)


def _integer(message: bytes, number: int) -> int:
    """The first field of that number as an integer, 0 when there is none."""
    for found, value in fields(message):
        if found == number and isinstance(value, int):
            return value
    return 0


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 64:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise ValueError("a number is too long")


def _packed(data: bytes) -> Iterator[int]:
    """The integers of a ListValue: field 3, packed or one by one."""
    for number, value in fields(data):
        if number != 3:
            continue
        if isinstance(value, int):
            yield value
            continue
        at = 0
        while at < len(value):
            one, at = _varint(value, at)
            yield one
