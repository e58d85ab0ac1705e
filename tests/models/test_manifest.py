"""Manifests: what they take, what they refuse, and that hostile ones are only a sentence."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from reid_core.errors import ModelCorrupt
from reid_core.models.manifest import (
    ARCFACE_TEMPLATE,
    InputSpec,
    Manifest,
    Role,
    from_record,
    load,
    save,
)

PLAIN = Manifest(
    "tiny", Role.BODY_EMBEDDER, "embedder", "", "", "MIT", True, "made", InputSpec(16, 16), 8
)


def test_a_manifest_survives_being_written(tmp_path: Path) -> None:
    spec = InputSpec(112, 112, "bgr", (1.5, 2.0, 3.0), (4.0, 5.0, 6.0), ARCFACE_TEMPLATE, True)
    one = replace(
        PLAIN, sha256="ab" * 32, file="tiny.onnx", reference=0.5, basis="x", input=spec, note="é"
    )
    save(one, tmp_path / "tiny.json")
    assert load(tmp_path / "tiny.json") == one
    assert [p.name for p in tmp_path.iterdir()] == ["tiny.json"]


def test_two_files_of_one_name_have_two_ids() -> None:
    ids = {replace(PLAIN, sha256=c * 64).model_id for c in "ab"}
    assert ids == {"tiny@aaaaaaaa", "tiny@bbbbbbbb"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "null",
        '"text"',
        '{"name": "../x"}',
        "no json",
        '{"name": 1, "role": "cook"}',
        "[" * 60_000,
        " " * 70_000,
        '{"input": []}',
        "\\u0000",
    ],
    ids=lambda text: text[:12],
)
def test_a_hostile_file_is_corrupt(tmp_path: Path, text: str) -> None:
    (tmp_path / "m.json").write_text(text)
    with pytest.raises(ModelCorrupt, match=r"m\.json"):
        load(tmp_path / "m.json")


def test_bytes_that_are_no_text_and_folders_are_corrupt(tmp_path: Path) -> None:
    (tmp_path / "m.json").write_bytes(b"\xff\xfe\x00" * 9)
    (tmp_path / "d.json").mkdir()
    for name in ("m.json", "d.json", "none.json"):
        with pytest.raises(ModelCorrupt, match=name):
            load(tmp_path / name)


@pytest.mark.parametrize(
    "name",
    [
        *("../secret.onnx", "a/b.onnx", "/etc/passwd", ".hidden.onnx", "a\\b.onnx", "x.json"),
        *("C:x.onnx", "a\n.onnx", "x" * 200 + ".onnx", "..", "a.onnx\0"),
    ],
)
def test_a_manifest_cannot_point_out_of_its_folder(name: str) -> None:
    with pytest.raises(ValueError, match="not a plain name"):
        replace(PLAIN, file=name)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": "../x"}, "model name"),
        ({"name": ""}, "model name"),
        ({"name": 3}, "expected text"),
        ({"licence": None}, "expected text"),
        ({"architecture": ["yunet"]}, "expected text"),
        ({"sha256": "ab"}, "64"),
        ({"origin_sha256": "Z" * 64}, "64"),
        ({"commercial": "no"}, "true or false"),
        ({"fallback": 1}, "true or false"),
        ({"dim": 0}, "dim"),
        ({"dim": True}, "dim"),
        ({"dim": 10**9}, "dim"),
        ({"reference": float("nan")}, "cosine"),
    ],
)
def test_values_that_do_not_fit(changes: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        replace(PLAIN, **changes)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"width": 0}, "1..4096"),
        ({"height": 5000}, "1..4096"),
        ({"width": 16.0}, "1..4096"),
        ({"color": "hsv"}, "rgb"),
        ({"std": (1.0, 0.0, 1.0)}, "zeros"),
        ({"mean": (1.0, 2.0)}, "three numbers"),
        ({"mean": (1.0, 2.0, float("inf"))}, "finite"),
        ({"template": ((1.0, 2.0),) * 4}, "five"),
        ({"template": ((1.0, float("nan")),) * 5}, "finite"),
        ({"flip": "yes"}, "flip"),
    ],
)
def test_inputs_that_do_not_fit(changes: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        replace(InputSpec(16, 16), **changes)


def test_a_newer_version_may_say_more(tmp_path: Path) -> None:
    record = json.loads(json.dumps(asdict(PLAIN)))
    record["colour_of_the_box"] = "red"
    record["input"]["crop"] = 0.9
    assert from_record(record) == PLAIN


@pytest.mark.parametrize("missing", ["name", "role", "input", "licence", "commercial"])
def test_records_need_their_fields(missing: str) -> None:
    record = json.loads(json.dumps(asdict(PLAIN)))
    del record[missing]
    with pytest.raises((KeyError, TypeError)):
        from_record(record)
