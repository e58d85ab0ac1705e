"""Train a network by a configuration, and turn what came of it into a model that can be used."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reid_core.errors import TrainingError
from reid_core.protocols import Progress, no_progress

if TYPE_CHECKING:
    from reid_core.learn.export import Exported
    from reid_core.learn.release import Release
    from reid_core.learn.trainer import Result


def train(
    config: Path,
    changes: Sequence[str] = (),
    *,
    resume: bool = False,
    progress: Progress = no_progress,
    should_stop: Callable[[], bool] | None = None,
    is_paused: Callable[[], bool] | None = None,
) -> Result:
    """Train as a TOML file or the recipe of that name says, with `table.key=value` changes.

    Raises TrainingError, DataError and Diverged in sentences; TrainingError when torch is not
    installed.
    """
    require_torch()
    from reid_core.learn import recipes, trainer
    from reid_core.learn.config import load

    return trainer.train(
        load(recipes.path_of(config), changes),
        resume=resume,
        progress=progress,
        should_stop=should_stop or trainer.never,
        is_paused=is_paused or trainer.never,
    )


def export(run: Path, folder: Path, release: Release) -> Exported:
    """Turn a run's best network into an ONNX file with manifest and model card.

    Raises TrainingError when the run cannot be read or the file does not do what the network did.
    """
    require_torch()
    from reid_core.learn.finished import export_run

    return export_run(run, folder, release)


def require_torch() -> None:
    """Raise TrainingError that says how to get it, when torch is not installed."""
    if importlib.util.find_spec("torch") is None:
        raise TrainingError(
            "Training needs torch, which is not installed: pip install 'cameo-reid[train]'"
        )
