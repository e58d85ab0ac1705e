"""Take a retrained model into use, and go back: one transaction each, nothing is embedded again.

The library keeps the network's vectors only; those of the adapted model are made of them on
reading. So model, threshold, gallery and footage change together, and back, at the moment of the
commit.
"""

from __future__ import annotations

from dataclasses import dataclass

from reid_core.actions.calibrate import calibrate
from reid_core.actions.loading import EMBEDDER_ROLE, Models
from reid_core.calibration import Calibration
from reid_core.errors import EvaluationError, ModelMismatch, NotBetter, TrainingError
from reid_core.library import Library, adapters, calibrations, models_used, retrainings
from reid_core.library.retrainings import ACCEPTED, TRAINING, Run
from reid_core.library.store import bump
from reid_core.protocols import Progress, no_progress
from reid_core.types import Kind


@dataclass(frozen=True, slots=True)
class Accepted:
    """A run that is in use. calibration: of its model; None without one, with the reason in note.

    The network's own threshold is never taken over.
    """

    run: Run
    calibration: Calibration | None
    note: str = ""


def accept(
    library: Library,
    models: Models,
    shown_id: str,
    *,
    override: bool = False,
    progress: Progress = no_progress,
) -> Accepted:
    """From now on this library works with the model of a run, calibrated where that is possible.

    override: although the verdict does not speak for it. Raises RunNotFound, NotBetter with the
    figures, TrainingError when there is no model (any longer), ModelMismatch when the library
    works with another network than the run's.
    """
    with library.read() as connection:
        run = retrainings.find_run(connection, shown_id)
        _check(run, override=override)
        assert run.model is not None
        adapter = adapters.get(connection, run.model)
    calibration, note = _calibrated(library, models.adapted(run.kind, adapter), run, progress)
    with library.transaction("accept retraining", run=shown_id) as tx:
        run = retrainings.find_run(tx, shown_id)  # it may have been dropped meanwhile
        role = EMBEDDER_ROLE[run.kind]
        manifest = models.manifest(role)
        name = models_used.in_use(tx).get(role, manifest.name)
        if manifest.model_id != run.base or name != manifest.name:
            raise ModelMismatch(
                f"This model was made for the network {run.base}, but {manifest.model_id} is in "
                "use. Retrain again, or run: cameo models use"
            )
        if not run.in_use:
            before = {"name": name, "adapter": adapters.name_in_use(tx, role)}
            models_used.use_adapted(tx, role, name, run.model)
            retrainings.accept(tx, run.id, before)
            if calibration is not None:
                calibrations.put(tx, calibration)
            bump(tx, "footage")
            bump(tx, "people")
        return Accepted(retrainings.find_run(tx, shown_id), calibration, note)


def _calibrated(
    library: Library, models: Models, run: Run, progress: Progress
) -> tuple[Calibration | None, str]:
    """A calibration of the new model, as strict as the one in use; from people it did not learn
    from.
    """
    assert run.model is not None
    with library.read() as connection:
        known = calibrations.models(connection, run.kind)
        if run.model in known:
            return calibrations.get(connection, run.model, run.kind), ""
        used = adapters.name_in_use(connection, EMBEDDER_ROLE[run.kind]) or run.base
        old = calibrations.get(connection, used, run.kind) if used in known else None
    fmr = old.fmr if old is not None else float(run.settings["fmr"])
    try:
        done = calibrate(library, models, kind=run.kind, fmr=fmr, keep=False, progress=progress)
    except EvaluationError as error:
        return None, f"The new model is not calibrated. {error}"
    return done.calibration, ""


def roll_back(library: Library, kind: Kind) -> Run:
    """Work again with what was in use before the retrained model that is; that model's run.

    Raises TrainingError when no retrained model is in use.
    """
    with library.transaction("roll back", kind=kind) as tx:
        run = next((r for r in retrainings.list_runs(tx) if r.kind is kind and r.in_use), None)
        if run is None or run.state != ACCEPTED:
            raise TrainingError(
                f"No retrained {kind} model is in use, so there is nothing to go back from."
            )
        role, name = EMBEDDER_ROLE[kind], str(run.before["name"])
        earlier = run.before["adapter"]
        if earlier is not None and earlier not in adapters.names(tx, run.base):
            earlier = None  # dropped since: the network alone
        models_used.use_adapted(tx, role, name, earlier)
        retrainings.roll_back(tx, run.id)
        bump(tx, "footage")
        bump(tx, "people")
        return run


def drop(library: Library, shown_id: str) -> Run:
    """Erase a run and its model; in use, the library works with the network alone from now on."""
    with library.transaction("drop retraining", run=shown_id) as tx:
        run = retrainings.find_run(tx, shown_id)
        retrainings.delete(tx, [run.id])
        others = {r.model for r in retrainings.list_runs(tx)}
        if run.model is not None and run.model not in others:
            adapters.drop(tx, run.model)
            calibrations.remove(tx, run.model, run.kind)
        if run.in_use:
            bump(tx, "footage")
            bump(tx, "people")
        return run


def _check(run: Run, *, override: bool) -> None:
    if run.state == TRAINING:
        raise TrainingError(f"The retraining {run.shown_id} is not finished.")
    if run.model is None:
        raise NotBetter(f"{run.verdict['sentence']} There is no model to accept.")
    if not run.is_offered and not override:
        raise NotBetter(f"{run.verdict['sentence']} To use it all the same, add --override.")
