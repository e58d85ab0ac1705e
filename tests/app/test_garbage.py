"""What is imported is put aside from the garbage collector, in the program and not in tests."""

from __future__ import annotations

import gc

import pytest

from app import garbage
from app.session import Session
from app.viewmodels import search_asking


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows with each call of the collector's own."""
    calls: list[int] = []
    monkeypatch.setattr(gc, "freeze", lambda: calls.append(1))
    return calls


def test_nothing_is_put_aside_until_it_is_allowed(
    frozen: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(garbage, "_is_allowed", False)
    garbage.freeze()
    assert frozen == []
    garbage.allow()
    garbage.freeze()
    assert frozen == [1]


def test_it_is_done_once_a_search_is_made_ready(
    frozen: list[int], monkeypatch: pytest.MonkeyPatch, session: Session
) -> None:
    monkeypatch.setattr(garbage, "_is_allowed", True)
    search_asking.warm(session, lambda *_: None)
    assert frozen == [1]
