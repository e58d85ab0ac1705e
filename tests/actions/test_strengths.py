"""Which way to retrain is proposed, and why others cannot be had."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import made_pictures
import pytest

from reid_core.actions import strengths
from reid_core.actions.loading import Models
from reid_core.actions.retrain_data import Stock
from reid_core.actions.strengths import FULL_PICTURES, HEAD_PEOPLE, offers
from reid_core.library import Library, models_used
from reid_core.types import Kind


@pytest.fixture
def models(library: Library, tmp_path: Path) -> Models:
    store = made_pictures.store_in(tmp_path / "store")
    with library.transaction("made") as tx:
        models_used.use(tx, made_pictures.ROLE, made_pictures.NAME)
    return Models.of(library, store)


@pytest.mark.parametrize(
    ("stock", "gpu", "proposed"),
    [
        (Stock(Kind.BODY, with_two=20, pictures=80), True, "adapter"),
        (Stock(Kind.BODY, with_two=HEAD_PEOPLE, pictures=2000), True, "head"),
        (Stock(Kind.BODY, with_two=HEAD_PEOPLE, pictures=FULL_PICTURES), True, "full"),
        (Stock(Kind.BODY, with_two=HEAD_PEOPLE, pictures=FULL_PICTURES), False, "head"),
    ],
)
def test_one_is_proposed_by_the_amount_of_data(
    library, models, monkeypatch, stock: Stock, gpu: bool, proposed: str
) -> None:
    monkeypatch.setattr(strengths.shutil, "which", lambda name: "/bin/nvidia-smi" if gpu else None)
    found = offers(library, models, Kind.BODY, stock)
    assert all(one.is_possible for one in found)
    assert [one.strength for one in found if one.is_proposed] == [proposed]


def test_with_too_little_none_is(library, models) -> None:
    found = offers(library, models, Kind.BODY, Stock(Kind.BODY, problems=("There is nobody.",)))
    assert {(one.is_possible, one.is_proposed, one.why) for one in found} == {
        (False, False, "There is nobody.")
    }


def test_without_torch_none_is(library, models, monkeypatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    found = offers(library, models, Kind.BODY, Stock(Kind.BODY, with_two=20))
    assert not any(one.is_possible for one in found)
    assert "cameo-reid[train]" in found[0].why
