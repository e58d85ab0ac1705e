"""What the library knows of retraining, read in a thread: what there is, and what was made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.from_core import sentence_of
from app.session import Session
from app.viewmodels.calibrating import check_there
from reid_core.errors import CameoError
from reid_core.library import Library, people, retrainings
from reid_core.library.retrainings import ACCEPTED, BACK, FULL, TRAINING, Run
from reid_core.types import Kind

if TYPE_CHECKING:
    from reid_core.actions.loading import Models
    from reid_core.actions.retrain_data import Stock
    from reid_core.actions.retrain_pairs import Pair
    from reid_core.actions.strengths import Offer
    from reid_core.search.decide import Threshold


@dataclass(frozen=True, slots=True)
class Ground:
    """What there is to retrain a kind with. network: in use, below any retrained model.

    threshold: what scores are held against now. problem: why nothing can be said, "" when it can.
    """

    kind: Kind
    network: str = ""
    stock: Stock | None = None
    offers: tuple[Offer, ...] = ()
    threshold: Threshold | None = None
    problem: str = ""

    @property
    def proposed(self) -> str:
        """The strength that suits what there is; "" where none does."""
        return next((o.strength for o in self.offers if o.is_possible and o.is_proposed), "")


@dataclass(frozen=True, slots=True)
class Learnt:
    """A retraining as the list and the verdict show it. people: names of whom it learnt from.

    state: prepared (a whole network, to be trained and judged), open (no verdict: at work, or
    stopped halfway), used, past, offered, unsure (a model, but not better for sure) or none (no
    model).
    """

    run: Run
    people: tuple[str, ...]

    @property
    def state(self) -> str:
        """How it stands."""
        run = self.run
        if run.state == TRAINING:
            return "prepared" if run.strength == FULL else "open"
        if run.in_use:
            return "used"
        if run.model is None:
            return "none"
        if run.state in (ACCEPTED, BACK):
            return "past"
        return "offered" if run.is_offered else "unsure"


def read_runs(library: Library) -> tuple[Learnt, ...]:
    """Every retraining, newest first."""
    with library.read() as connection:
        names = people.all_names(connection)
        runs = retrainings.list_runs(connection)
        whom = {run.id: retrainings.people_of(connection, run.id) for run in runs}
    return tuple(
        Learnt(run, tuple(sorted(names[p] for p in whom[run.id] if p in names))) for run in runs
    )


def read_learnt_from(library: Library, person: int) -> tuple[Learnt, ...]:
    """Those that learnt from somebody and have a model."""
    with library.read() as connection:
        theirs = {
            run.id
            for run in retrainings.list_runs(connection)
            if run.model is not None and person in retrainings.people_of(connection, run.id)
        }
    return tuple(row for row in read_runs(library) if row.run.id in theirs)


def read_pairs(library: Library, run: Run) -> tuple[Pair, ...]:
    """The pictures that it recognises better and worse."""
    from reid_core.actions.retrain_pairs import pairs_of

    with library.read() as connection:
        return pairs_of(connection, run)


def read_ground(session: Session, kind: Kind) -> Ground:
    """What there is of a kind; no model is fetched for it."""
    from reid_core.actions.loading import EMBEDDER_ROLE
    from reid_core.actions.retrain import stock_of
    from reid_core.actions.strengths import offers

    library, models = session.library, session.models()
    try:
        network = models.name(EMBEDDER_ROLE[kind])
        check_there(models, network)
        stock = stock_of(library, models, kind)
        offered = offers(library, models, kind, stock)
        threshold = _threshold(library, models, kind)
    except CameoError as error:
        return Ground(kind, problem=sentence_of(error))
    return Ground(kind, network, stock, offered, threshold)


def _threshold(library: Library, models: Models, kind: Kind) -> Threshold:
    from reid_core.actions import thresholds

    with library.read() as connection:
        return thresholds.threshold(connection, models, kind)
