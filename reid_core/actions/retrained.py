"""Take a retrained model into use, and go back: everything changes over in one transaction.

The library keeps the vectors of networks only; those of an adapted model are made of them on
reading, so that nothing is embedded again. A network that was retrained has vectors of its own:
they are made of the stored pictures beside the old ones first, in batches that stay when that is
interrupted, and everything answers from the old ones until the last is there. The old ones stay for
the way back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy.engine import Connection

from reid_core.actions import own_networks, retrain_folders
from reid_core.actions.calibrate import calibrate
from reid_core.actions.loading import EMBEDDER_ROLE, Models, Runtime, load_embedder
from reid_core.actions.use_model import Pending, fill, fill_and, pending
from reid_core.adapter import is_adapted, network_of
from reid_core.calibration import Calibration
from reid_core.errors import EvaluationError, ModelMismatch, NotBetter, TrainingError
from reid_core.library import (
    Library,
    adapters,
    calibrations,
    models_used,
    networks,
    retrainings,
)
from reid_core.library.retrainings import ACCEPTED, FULL, TRAINING, Run
from reid_core.library.store import bump
from reid_core.models.manifest import Manifest
from reid_core.protocols import Embedder, Progress, no_progress, part
from reid_core.types import Kind

EMBEDDING = 0.8  # of the work of taking a network into use


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

    override: although the verdict does not speak for it. Stopped or killed while pictures are
    embedded again, it goes on from there the next time. Raises RunNotFound, NotBetter with the
    figures, TrainingError when there is no model (any longer), ModelMismatch when the library
    works with another network than the run's.
    """
    with library.read() as connection:
        run = retrainings.find_run(connection, shown_id)
    _check(run, override=override)
    assert run.model is not None
    if is_adapted(run.model):
        return _accept_adapter(library, models, run, progress)
    return _accept_network(library, models, run, progress)


def _accept_adapter(library: Library, models: Models, run: Run, progress: Progress) -> Accepted:
    assert run.model is not None
    with library.read() as connection:
        adapter = adapters.get(connection, run.model)
    adapted = models.adapted(run.kind, adapter)
    calibration, note = _calibrated(library, adapted, run, progress)
    with library.transaction("accept retraining", run=run.shown_id) as tx:
        if _take(tx, models, run, calibration):
            bump(tx, "footage")
            bump(tx, "people")
        return Accepted(retrainings.find_run(tx, run.shown_id), calibration, note)


def _accept_network(library: Library, models: Models, run: Run, progress: Progress) -> Accepted:
    assert run.model is not None
    with library.read() as connection:
        _check_base(connection, models, run)
    manifest = own_networks.install(library, models.store, run.model)
    embedder = _embedder(models, run.kind, manifest)
    there = partial(_still_there, run.shown_id)
    fill(library, embedder, check=there, progress=part(progress, 0.0, EMBEDDING))
    changed = models.switched(run.kind, embedder)
    calibration, note = _calibrated(library, changed, run, part(progress, EMBEDDING, 1.0))

    def switch(tx: Connection) -> None:
        _take(tx, models, run, calibration)

    fill_and(library, embedder, switch, check=there)
    with library.read() as connection:
        return Accepted(retrainings.find_run(connection, run.shown_id), calibration, note)


def _embedder(models: Models, kind: Kind, manifest: Manifest) -> Embedder:
    return load_embedder(models.store, kind, manifest.name, runtime=Runtime(threads=2))


def _still_there(shown_id: str, tx: Connection) -> None:
    """Raises RunNotFound when the run was dropped meanwhile."""
    retrainings.find_run(tx, shown_id)


def _take(tx: Connection, models: Models, run: Run, calibration: Calibration | None) -> bool:
    """Whether it was not in use already."""
    run = retrainings.find_run(tx, run.shown_id)  # it may have been dropped meanwhile
    assert run.model is not None
    role, name = EMBEDDER_ROLE[run.kind], _check_base(tx, models, run)
    before: dict[str, Any] = {"name": name, "adapter": adapters.name_in_use(tx, role)}
    mine = run.model if is_adapted(run.model) else run.model.split("@")[0]
    if (before["adapter"] or name) == mine:  # made by this run, or by one like it
        return False
    if name == mine:  # an adapter stands on its network: from there it goes back as it did
        before = run.before
    elif run.state == ACCEPTED:  # in use before what is: it is gone back to twice
        before["earlier"] = run.before
    if is_adapted(run.model):
        models_used.use_adapted(tx, role, name, run.model)
    else:
        models_used.use(tx, role, mine)
    retrainings.accept(tx, run.id, before)
    if calibration is not None:
        calibrations.put(tx, calibration)
    return True


def _check_base(connection: Connection, models: Models, run: Run) -> str:
    """The name of the network in use, which must be the one that the run learnt from."""
    role = EMBEDDER_ROLE[run.kind]
    manifest = models.manifest(role)
    name = models_used.in_use(connection).get(role, manifest.name)
    is_own = run.model is not None and name == run.model.split("@")[0]
    if not is_own and (manifest.model_id != run.base or name != manifest.name):
        raise ModelMismatch(
            f"This model was made for the network {run.base}, but {manifest.model_id} is in "
            "use. Retrain again, or run: cameo models use"
        )
    return name


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


def roll_back(
    library: Library, models: Models, kind: Kind, *, progress: Progress = no_progress
) -> Run:
    """Work again with what was in use before the retrained model that is; that model's run.

    Who was enrolled or filmed while a retrained network was in use is embedded by the old one
    first. Raises TrainingError when no retrained model is in use.
    """
    with library.read() as connection:
        run = _in_use(connection, kind)
    return _leave(library, models, run, progress)


def _leave(library: Library, models: Models, run: Run, progress: Progress) -> Run:
    """Work with what was in use before a run's model; the run."""
    done: list[Run] = []
    _with_old_vectors(library, models, run, lambda tx: done.append(_back(tx, run)), progress)
    return done[0]


def _in_use(connection: Connection, kind: Kind) -> Run:
    run = next((r for r in retrainings.list_runs(connection) if r.kind is kind and r.in_use), None)
    if run is None:
        raise TrainingError(
            f"No retrained {kind} model is in use, so there is nothing to go back from."
        )
    return run


def _back(tx: Connection, run: Run) -> Run:
    if _in_use(tx, run.kind).id != run.id:
        raise TrainingError("Another model was taken into use meanwhile. Nothing was changed.")
    before = _before(run)
    earlier = before["adapter"]
    if earlier is not None and earlier not in adapters.names(tx, network_of(earlier)):
        earlier = None  # dropped since: the network alone
    models_used.use_adapted(tx, EMBEDDER_ROLE[run.kind], before["name"], earlier)
    retrainings.roll_back(tx, run.id, before.get("earlier"))
    return run


def _before(run: Run) -> dict[str, Any]:
    """What is worked with after a run's model; its network where it was not accepted to be used."""
    if run.state == ACCEPTED and run.before:
        return run.before
    return {"name": run.base.split("@")[0], "adapter": None}


def _with_old_vectors(
    library: Library,
    models: Models,
    run: Run,
    switch: Callable[[Connection], object],
    progress: Progress,
) -> None:
    """Switch from a run's model, at a moment when everything has a vector of what comes after."""

    def change(tx: Connection) -> None:
        switch(tx)

    name = str(_before(run)["name"])
    own_networks.restore(library, models.store, [name])
    manifest = models.store.ensure(name, progress)
    with library.writer("back from retraining"):
        if is_adapted(str(run.model)) or pending(library, manifest) == Pending():
            with library.transaction("back from retraining", run=run.shown_id) as tx:
                change(tx)
                bump(tx, "footage")
                bump(tx, "people")
            return
    fill_and(library, _embedder(models, run.kind, manifest), change, progress=progress)


def drop(
    library: Library, models: Models, shown_id: str, *, progress: Progress = no_progress
) -> Run:
    """Erase a run and its model, with all vectors that a network made.

    In use, the library works with the network that it was made of from now on. Raises RunNotFound;
    TrainingError while another retraining stands on its network.
    """
    with library.read() as connection:
        run = retrainings.find_run(connection, shown_id)
        _check_alone(connection, run)
    with library.writer("drop retraining"):  # raises, before anything goes, where nothing can be
        pass
    is_network = run.model is not None and not is_adapted(run.model)
    if run.in_use and is_network:
        _leave(library, models, run, progress)
    # what is outside of the database goes first: killed here, the run is still there to be dropped
    own_networks.remove(library, models.store, run)
    retrain_folders.erase(library, run)
    with library.transaction("drop retraining", run=shown_id) as tx:
        _erase(tx, shown_id)
        if run.in_use:
            bump(tx, "footage")
            bump(tx, "people")
    return run


def _check_alone(connection: Connection, run: Run) -> None:
    above = retrainings.standing_on(connection, run.model) if run.model else []
    if above:
        raise TrainingError(
            f"The retraining {above[0].shown_id} stands on this one's network; drop that one first."
        )


def _erase(tx: Connection, shown_id: str) -> Run:
    run = retrainings.find_run(tx, shown_id)
    _check_alone(tx, run)
    retrainings.delete(tx, [run.id])
    others = {r.model for r in retrainings.list_runs(tx)}
    if run.model is not None and run.model not in others:
        (adapters if is_adapted(run.model) else networks).drop(tx, run.model)
        calibrations.remove(tx, run.model, run.kind)
    return run


def _check(run: Run, *, override: bool) -> None:
    if run.state == TRAINING:
        then = f" Then run: cameo retrain judge {run.shown_id}" if run.strength == FULL else ""
        raise TrainingError(f"The retraining {run.shown_id} is not finished.{then}")
    if run.model is None:
        raise NotBetter(f"{run.verdict['sentence']} There is no model to accept.")
    if not run.is_offered and not override:
        raise NotBetter(f"{run.verdict['sentence']} To use it all the same, add --override.")
