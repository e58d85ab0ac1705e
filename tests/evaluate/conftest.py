"""What the tests of `cameo evaluate` share: actions that answer at once."""

from __future__ import annotations

import pytest
from made_answers import ANSWERS, Asked

from reid_core.actions import evaluate as actions
from reid_core.actions import loading


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> dict[str, Asked]:
    """Every action answers at once and no model is loaded."""
    made = {name: Asked(answer) for name, answer in ANSWERS.items()}
    for name, fake in made.items():
        monkeypatch.setattr(actions, name, fake)
    for name in ("load_detector", "load_embedder"):
        made[name] = Asked(name)
        monkeypatch.setattr(loading, name, made[name])
    return made
