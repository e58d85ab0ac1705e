"""Retrain recognition on a library's own people: learn, judge on what was held out, note both.

Nothing changes for searches: a model that was made is offered, and `retrained` takes it into use.
The strength `adapter` is a map on the network's vectors (`learn/adapt.py`); `head` changes the last
stage of the network (`learn/head.py`) and gives another one, which embeds the stored pictures
again before it goes into use.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy.engine import Connection

from reid_core.actions.check_people import check
from reid_core.actions.learnt import Fitted, Learnt
from reid_core.actions.loading import EMBEDDER_ROLE, Models
from reid_core.actions.retrain_data import HoldOut, Samples, Stock, gather
from reid_core.actions.retrain_footage import with_footage
from reid_core.actions.train import require_torch
from reid_core.adapter import Adapter
from reid_core.errors import DataError, LibraryLocked, ModelMismatch, TrainingError
from reid_core.evaluate.paired import Case
from reid_core.evaluate.problems import Problem
from reid_core.evaluate.verdict import Change, Verdict, judge
from reid_core.library import Library, adapters, calibrations, retrainings
from reid_core.library.ids import format_id
from reid_core.library.locks import HeldByAnother, NotedLock
from reid_core.library.retrainings import Run
from reid_core.library.store import now
from reid_core.protocols import Progress, no_progress
from reid_core.types import Floats, Kind

if TYPE_CHECKING:
    from reid_core.learn.adapt import Fitted as AdapterFitted

USUAL_FMR = 1e-3
LEARNS = ("adapter", "head")  # at once; the third is prepared for by `retrain_full`
NO_GAIN = "No improvement: on people it had not seen, nothing that was learnt did better for sure."


@dataclass(frozen=True, slots=True)
class Wish:
    """How to retrain. loss: a name of `learn.losses`, None for the usual one; options: its own.

    fmr, fpir: false-match and false-positive-identification rate that the verdict looks at; an fmr
    of None is that of the calibration in use, without one `USUAL_FMR`.
    footage: whether an adapter also learns from appearances that nobody labelled. hold_out: by what
    known people's looks are held out, `time` or `template`; None for what there is.
    """

    strength: str = "adapter"
    loss: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    fmr: float | None = None
    fpir: float = 0.05
    seed: int = 0
    footage: bool = False
    hold_out: HoldOut | None = None


def stock_of(library: Library, models: Models, kind: Kind, wish: Wish | None = None) -> Stock:
    """What there is to retrain with, what is too little, and what the doctor would fix first."""
    return gathered(library, models, kind, wish or Wish()).stock


def gathered(library: Library, models: Models, kind: Kind, how: Wish) -> Samples:
    """What there is, as it is wished for. Raises TrainingError for footage without an adapter."""
    if how.footage and how.strength != "adapter":
        raise TrainingError("Only an adapter learns from footage that nobody labelled.")
    base = models.manifest(EMBEDDER_ROLE[kind]).model_id
    with library.read() as connection:
        samples = gather(connection, kind, base, seed=how.seed, hold_out=how.hold_out)
        if how.footage and samples.stock.is_enough:
            samples = with_footage(connection, kind, base, samples, seed=how.seed)
    return replace(samples, stock=_with_doubts(library, models, kind, samples.stock))


def _with_doubts(library: Library, models: Models, kind: Kind, stock: Stock) -> Stock:
    """The same, saying what is doubtful about who is enrolled."""
    try:
        doubts = [d for c in check(library, models, [kind]) for d in c.doubts]
    except ModelMismatch:  # no vectors to judge by; the stock says so already
        return stock
    found = sum(d.problem in (Problem.WRONG_PERSON, Problem.SAME_PERSON) for d in doubts)
    if not found:
        return stock
    sentence = (
        f"Of who is enrolled {found} things are doubtful (wrong labels, one person twice); look at "
        "them first. Run: cameo people check"
    )
    return replace(stock.noting(sentence), doubts=found)


def retrain(
    library: Library,
    models: Models,
    kind: Kind,
    wish: Wish | None = None,
    *,
    progress: Progress = no_progress,
) -> Run:
    """Learn from the gallery and judge; the run with its verdict, which is kept in the library.

    What is held out is noted before anything is learnt. Searches go on as before. A `progress`
    that raises stops it, and nothing of the run stays. Raises DataError when there is too little,
    saying what; TrainingError without torch or for an unknown loss; LibraryLocked while another
    retraining is at work.
    """
    how = wish or Wish()
    if how.strength not in LEARNS:
        raise ValueError(f"strength is {how.strength!r}, expected one of {', '.join(LEARNS)}")
    require_torch()
    check_loss(how.loss)
    base = models.manifest(EMBEDDER_ROLE[kind]).model_id
    how = replace(how, fmr=rate_of(library, models, kind, how))
    with alone(library):
        samples = gathered(library, models, kind, how)
        with library.read() as connection:
            current = adapters.name_in_use(connection, EMBEDDER_ROLE[kind])
            old = adapters.of_model(connection, current) if current else None
        if samples.stock.problems:
            raise DataError(" ".join(samples.stock.problems))
        with noted(library, kind, base, how, samples) as run:
            learnt = _learn(library, models, kind, samples, how, progress)
            verdict = judged(samples, learnt, old, how)
            with library.transaction("retrained", run=run, decision=verdict.decision) as tx:
                made = learnt.keep(tx) if learnt.fitted.strength > 0 else None
                retrainings.finish(tx, run, made, record(verdict, learnt.fitted, samples))
                return retrainings.find_run(tx, format_id(run))


def rate_of(library: Library, models: Models, kind: Kind, how: Wish) -> float:
    """The false-match rate of the verdict: as wished for, else that of the calibration in use."""
    if how.fmr is not None:
        return how.fmr
    with library.read() as connection:
        used = adapters.name_in_use(connection, EMBEDDER_ROLE[kind])
        model = used or models.manifest(EMBEDDER_ROLE[kind]).model_id
        if model not in calibrations.models(connection, kind):
            return USUAL_FMR
        found = calibrations.get(connection, model, kind)
    return USUAL_FMR if found is None else found.fmr


def check_loss(name: str | None) -> None:
    """Before anything is read. Raises TrainingError, naming the losses that there are."""
    from reid_core.learn.losses import named

    try:
        if name is not None:
            named.options(name)
    except ValueError as error:
        raise TrainingError(f"Nothing was learnt: {error}.") from error


@contextmanager
def noted(library: Library, kind: Kind, base: str, how: Wish, samples: Samples) -> Iterator[int]:
    """A run's row while it is made; taken away again when that fails or is stopped."""
    run, done = _start(library, kind, base, how, samples), False
    try:
        yield run
        done = True
    finally:
        if not done:
            with library.transaction("retraining stopped", run=run) as tx:
                retrainings.delete(tx, [run])


def _start(library: Library, kind: Kind, base: str, how: Wish, samples: Samples) -> int:
    """Note a run and what it holds out; returns its id."""
    settings = {"loss": how.loss, "options": dict(how.options), "fmr": how.fmr}
    settings |= {"fpir": how.fpir, "seed": how.seed, "hold_out": samples.stock.hold_out}
    data = asdict(samples.stock)
    with library.transaction("retrain", pictures=samples.stock.pictures) as tx:
        retrainings.delete(tx, retrainings.unfinished(tx, kind))  # of processes that were killed
        return retrainings.start(
            tx,
            kind,
            how.strength,
            base,
            settings=settings,
            data=data,
            parts=samples.parts(),
            tracklets=() if samples.footage is None else samples.footage.tracklets,
        )


@dataclass(frozen=True, slots=True, eq=False)
class _LearntAdapter:
    fitted: AdapterFitted
    vectors: Floats
    kind: Kind

    def keep(self, tx: Connection) -> str:
        return adapters.put(tx, self.fitted.adapter, self.kind)


def _learn(
    library: Library,
    models: Models,
    kind: Kind,
    samples: Samples,
    how: Wish,
    progress: Progress,
) -> Learnt:
    if how.strength == "head":
        from reid_core.actions import retrain_head
        from reid_core.learn import head

        recipe = head.Recipe(how.loss or head.LOSS, dict(how.options), seed=how.seed)
        return retrain_head.learn(library, models, kind, samples, recipe, progress)
    base = models.manifest(EMBEDDER_ROLE[kind]).model_id
    fitted = _fit(base, samples, how, progress)
    return _LearntAdapter(fitted, fitted.adapter.apply(samples.vectors), kind)


def _fit(base: str, samples: Samples, how: Wish, progress: Progress) -> AdapterFitted:
    from reid_core.learn import adapt
    from reid_core.learn.unlabelled import Unlabelled

    found = samples.footage
    seen = None if found is None else Unlabelled(found.vectors, found.whose, found.apart)
    recipe = adapt.Recipe(how.loss or adapt.LOSS, dict(how.options), seed=how.seed, footage=seen)
    some = samples.split.train
    return adapt.fit(
        base,
        samples.vectors[some],
        samples.people[some],
        samples.looks[some],
        recipe,
        progress=progress,
    )


def judged(samples: Samples, learnt: Learnt, old: Adapter | None, how: Wish) -> Verdict:
    """The verdict on what was held out. old: the adapter in use."""
    fitted = learnt.fitted
    if fitted.strength == 0:
        return Verdict("none", NO_GAIN, len(np.unique(samples.people[samples.split.held])))
    train = samples.vectors[samples.split.train]
    before = samples.vectors if old is None else old.apply(samples.vectors)
    known = train if old is None else old.apply(train)
    a, b = fitted.strangers
    case = Case(
        before,
        learnt.vectors,
        samples.people,
        samples.looks,
        samples.split,
        np.einsum("nd,nd->n", known[a], known[b]),
        fitted.strangers_scores,
    )
    return judge(case, fmr=how.fmr or USUAL_FMR, fpir=how.fpir, seed=how.seed)


def record(verdict: Verdict, fitted: Fitted, samples: Samples) -> dict[str, Any]:
    """A verdict as JSON: rows become the ids of their templates and views."""

    def shown(change: Change) -> dict[str, Any]:
        row, wrong = change.row, change.wrong
        return {
            "row": format_id(int(samples.ids[row])),
            "owner": samples.owners[row],
            "old": change.old,
            "new": change.new,
            "wrong": None if wrong is None else format_id(int(samples.ids[wrong])),
            "wrong_owner": None if wrong is None else samples.owners[wrong],
        }

    record = asdict(verdict)
    record |= {side: [shown(c) for c in getattr(verdict, side)] for side in ("better", "worse")}
    record["figures"] = [
        {**asdict(f), "is_better": f.is_better, "is_worse": f.is_worse} for f in verdict.figures
    ]
    record["strength"] = fitted.strength
    record["tried"] = [asdict(t) for t in fitted.tried]
    return record


@contextmanager
def alone(library: Library) -> Iterator[None]:
    """One retraining of a library at a time; others read and write it meanwhile."""
    lock = NotedLock(library.folder / "retrain.lock")
    with library.writer("retrain"):  # raises for a library that cannot be written
        pass
    try:
        lock.acquire("retrain", since=now(), wait_s=0)
    except HeldByAnother as error:
        raise LibraryLocked(
            f"This library is being retrained by {error}. Wait until it is done, or stop it."
        ) from error
    try:
        yield
    finally:
        lock.release()
