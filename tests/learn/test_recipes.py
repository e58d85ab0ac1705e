"""The recipes that come with Cameo, and the names that programs without torch know."""

from __future__ import annotations

from pathlib import Path

import pytest

from reid_core.learn import choices, config, recipes
from reid_core.learn.backbones import named as networks
from reid_core.learn.losses import named as losses


def test_every_recipe_has_a_title_and_can_be_read() -> None:
    found = recipes.recipes()
    assert len(found) >= 8
    assert len({one.title for one in found}) == len(found)
    for one in found:
        assert 10 < len(one.title) < 70
        assert "cameo train" not in one.text
        config.load(one.path)


def test_a_recipe_is_found_by_its_name_and_a_file_is_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert recipes.path_of(Path("body_smoke")) == recipes.folder() / "body_smoke.toml"
    assert recipes.path_of(Path("nowhere")) == Path("nowhere")
    assert recipes.path_of(Path("a/body_smoke")) == Path("a/body_smoke")
    Path("body_smoke").write_text("")
    assert recipes.path_of(Path("body_smoke")) == Path("body_smoke")


def test_the_names_are_those_that_there_are() -> None:
    assert set(choices.LOSSES) == set(losses.names())
    assert set(choices.NETWORKS) == set(networks.names())
