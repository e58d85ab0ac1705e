"""cameo retrain."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from reid_core.cli.output import Bar, JsonOption, plain, table, write_json
from reid_core.cli.state import One, models_for, open_library

if TYPE_CHECKING:
    from reid_core.actions.loading import Models
    from reid_core.actions.retrain import Wish
    from reid_core.actions.retrain_data import HoldOut, Stock
    from reid_core.actions.retrained import Accepted
    from reid_core.actions.strengths import Offer
    from reid_core.library import Library
    from reid_core.library.retrainings import Run
    from reid_core.protocols import Progress
    from reid_core.types import Kind

app = typer.Typer(
    invoke_without_command=True,
    help="Retrain recognition on the people enrolled: verdict, switch, way back.",
)
KindOption = Annotated[One, typer.Option(help="Whose recognition: faces or bodies.")]
OverrideOption = Annotated[
    bool,
    typer.Option("--override", help="Use the new model although it is not better for sure."),
]
RunArgument = Annotated[str, typer.Argument(help="Its id, from: cameo retrain list")]
HEADERS = ("id", "when", "kind", "people", "verdict", "state", "model")


class HoldOutOption(StrEnum):
    """What is held out of known people."""

    time = "time"
    template = "template"


@app.callback()
def retrain(
    context: typer.Context,
    kind: KindOption = One.FACE,
    strength: Annotated[
        str,
        typer.Option(
            help="adapter: a map on the vectors, seconds on a CPU; head: the last stage of the "
            "network, minutes; full: a recipe for cameo train, hours on a GPU."
        ),
    ] = "adapter",
    loss: Annotated[str | None, typer.Option(help="A loss by name; see docs/training.md.")] = None,
    fmr: Annotated[
        float | None,
        typer.Option(
            min=1e-6,
            max=0.5,
            help="False-match rate that the verdict looks at; left out, that of your calibration, "
            "else 1e-3.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of what is held out and of learning.")] = 0,
    footage: Annotated[
        bool,
        typer.Option(
            "--footage",
            help="Let an adapter learn from people in indexed footage whom nobody named, too.",
        ),
    ] = False,
    hold_out: Annotated[
        HoldOutOption | None,
        typer.Option(
            help="What is held out of known people: their latest looks (time), or looks by chance "
            "(template). Left out: time where most people have looks with one."
        ),
    ] = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="Use the new model if it is better for sure.")
    ] = False,
    override: OverrideOption = False,
    dry: Annotated[
        bool, typer.Option("--dry-run", help="Only say what there is to learn from.")
    ] = False,
    commands: Annotated[
        bool,
        typer.Option(
            "--commands",
            help="For another program: tell progress on standard error, a line of JSON each, and "
            "obey stop on standard input; its end is stop.",
        ),
    ] = False,
    json: JsonOption = None,
) -> None:
    """Learn from the people enrolled, and compare with the model in use on what was held out.

    Nothing changes until it is accepted. Example: cameo retrain --kind body --accept
    """
    if context.invoked_subcommand is not None:
        return
    from reid_core.actions import retrained
    from reid_core.actions.retrain import Wish, stock_of
    from reid_core.actions.retrain import retrain as learn
    from reid_core.actions.strengths import STRENGTHS, offers
    from reid_core.types import Kind

    if strength not in STRENGTHS:
        raise typer.BadParameter(f"there is {', '.join(STRENGTHS)}", param_hint="--strength")
    with open_library(context, create=False) as library:
        models = models_for(context, library)
        by = cast("HoldOut | None", hold_out)
        wish = Wish(strength, loss, fmr=fmr, seed=seed, footage=footage, hold_out=by)
        if dry:
            stock = stock_of(library, models, Kind(kind), wish)
            _show_stock(stock, offers(library, models, Kind(kind), stock), json)
            return
        if strength == "full":
            _prepare(library, models, Kind(kind), wish, json)
            return
        bar = Bar("retraining", for_program=commands)
        tell = _stoppable(bar) if commands else bar.tell
        run = learn(library, models, Kind(kind), wish, progress=tell)
        bar.clear()
        if accept or override:
            if json is None:
                _show(run)
            done = retrained.accept(
                library, models, run.shown_id, override=override, progress=bar.tell
            )
            run = done.run
            bar.clear()
            if json is None:
                _say_accepted(done)
                return
    if json:
        write_json(_record(run), json)
    else:
        _show(run)
        _say_next(run)


@app.command("list")
def list_(context: typer.Context, json: JsonOption = None) -> None:
    """Every retraining with its verdict. Example: cameo retrain list"""
    from reid_core.library import retrainings

    with open_library(context, create=False) as library, library.read() as connection:
        runs = retrainings.list_runs(connection)
        lineage = {r.id: retrainings.people_of(connection, r.id) for r in runs}
    if json:
        write_json([_record(r, lineage[r.id]) for r in runs], json)
    elif not runs:
        typer.echo("Nothing was retrained yet. Begin with: cameo retrain")
    else:
        typer.echo(table([_row(r, len(lineage[r.id])) for r in runs], HEADERS))


@app.command()
def show(context: typer.Context, run: RunArgument, json: JsonOption = None) -> None:
    """The figures of a retraining. Example: cameo retrain show 0abc…"""
    from reid_core.library import retrainings

    with open_library(context, create=False) as library, library.read() as connection:
        found = retrainings.find_run(connection, run)
        lineage = retrainings.people_of(connection, found.id)
    if json:
        write_json(_record(found, lineage), json)
    else:
        _show(found)


@app.command()
def judge(context: typer.Context, run: RunArgument, json: JsonOption = None) -> None:
    """Judge what came of a full training, once it is done. Example: cameo retrain judge 0abc…"""
    from reid_core.actions.retrain_full import judge_trained

    bar = Bar("judging")
    with open_library(context, create=False) as library:
        models = models_for(context, library)
        done = judge_trained(library, models, run, progress=bar.tell)
    bar.clear()
    if json:
        write_json(_record(done), json)
    else:
        _show(done)
        _say_next(done)


@app.command()
def accept(context: typer.Context, run: RunArgument, override: OverrideOption = False) -> None:
    """Use the model of a retraining from now on. Example: cameo retrain accept 0abc…"""
    from reid_core.actions import retrained

    bar = Bar("calibrating")
    with open_library(context, create=False) as library:
        models = models_for(context, library)
        done = retrained.accept(library, models, run, override=override, progress=bar.tell)
    bar.clear()
    _say_accepted(done)


@app.command()
def rollback(context: typer.Context, kind: KindOption = One.FACE) -> None:
    """Use again what was in use before. Example: cameo retrain rollback --kind body"""
    from reid_core.actions import retrained
    from reid_core.types import Kind

    bar = Bar("embedding again")
    with open_library(context, create=False) as library:
        models = models_for(context, library)
        done = retrained.roll_back(library, models, Kind(kind), progress=bar.tell)
    bar.clear()
    typer.echo(f"{done.model} is no longer in use; searches answer as before it.")


@app.command()
def drop(context: typer.Context, run: RunArgument) -> None:
    """Erase a retraining and its model. Example: cameo retrain drop 0abc…"""
    from reid_core.actions import retrained

    bar = Bar("embedding again")
    with open_library(context, create=False) as library:
        models = models_for(context, library)
        done = retrained.drop(library, models, run, progress=bar.tell)
    bar.clear()
    typer.echo(f"The retraining {done.shown_id} and its model were erased.")
    if done.in_use:
        typer.echo("It was in use: from now on searches work with the network alone.")


def _prepare(library: Library, models: Models, kind: Kind, wish: Wish, json: str | None) -> None:
    """Write the recipe of a full training, and say how to go on."""
    from reid_core.actions.retrain_full import recipe_for

    done = recipe_for(library, models, kind, wish)
    if json:
        config = {"config": str(done.config), "steps": done.steps, "seconds": done.seconds}
        write_json({**_record(done.run), **config}, json)
        return
    typer.echo(
        f"{done.steps} steps: about {done.seconds / 3600:.1f} hours on this machine's CPU, and a "
        "small part of that on a GPU. To train, and then to compare:"
    )
    typer.echo(f"cameo train {done.config}\ncameo retrain judge {done.run.shown_id}")


def _stoppable(bar: Bar) -> Progress:
    """The progress of a bar, which ends the work like Ctrl-C once the parent wants that."""
    from reid_core.cli.train import Stopper

    stopper = Stopper()
    stopper.listen()

    def tell(share: float, what: str) -> None:
        if stopper.is_asked():
            raise KeyboardInterrupt
        bar.tell(share, what)

    return tell


def _show_stock(stock: Stock, offered: Sequence[Offer], json: str | None) -> None:
    if json:
        record = {**plain(stock), "is_enough": stock.is_enough}
        write_json({**record, "strengths": [plain(one) for one in offered]}, json)
        return
    typer.echo(
        f"{stock.people} people with {stock.pictures} {stock.kind} pictures, {stock.looks} "
        f"different looks; {stock.with_two} have two or more. Sightings confirmed: "
        f"{stock.confirmed}, "
        f"rejected: {stock.rejected}."
    )
    typer.echo(
        f"Held out to judge by: {stock.held_people} people, and {stock.held_looks} looks of others."
    )
    for sentence in (*stock.problems, *stock.notes):
        typer.echo(sentence)
    for one in offered if stock.is_enough else ():
        typer.echo(f"{one.strength}{' (proposed)' if one.is_proposed else ''}: {one.why}")


def _show(run: Run) -> None:
    data, verdict = run.data, run.verdict
    typer.echo(
        f"Learnt from {data['people'] - data['held_people']} people; held out: "
        f"{data['held_people']} people, and {data['held_looks']} looks of the others."
    )
    rows = [_figure(f) for f in verdict.get("figures", ())]
    if rows:
        typer.echo(table(rows, ("", "old", "new", "difference, 95 %", "on")))
    typer.echo(verdict.get("sentence", "It has no verdict: it is at work, or was stopped."))
    if run.forgotten:
        typer.echo(f"{run.forgotten} of the people it learnt from were forgotten since.")


def _figure(f: dict[str, Any]) -> tuple[str, ...]:
    old, new, low, high = (f[k] for k in ("old", "new", "low", "high"))
    return (f["name"], f"{old:.1%}", f"{new:.1%}", f"{low:+.1%} to {high:+.1%}", f["basis"])


def _say_accepted(done: Accepted) -> None:
    run = done.run
    typer.echo(f"{run.model} is in use. The way back: cameo retrain rollback --kind {run.kind}")
    typer.echo(done.note or (done.calibration.describe() if done.calibration else ""))


def _say_next(run: Run) -> None:
    if run.is_offered:
        typer.echo(f"To use it: cameo retrain accept {run.shown_id}")
    elif run.model is not None:
        typer.echo(f"To use it all the same: cameo retrain accept {run.shown_id} --override")


def _row(run: Run, people: int) -> tuple[object, ...]:
    before = "was in use" if run.state == "accepted" else run.state
    state = "in use" if run.in_use else before
    decision = run.verdict.get("decision", "")
    return (run.shown_id, run.created, run.kind, people, decision, state, run.model or "")


def _record(run: Run, lineage: list[int] | None = None) -> dict[str, Any]:
    from reid_core.library.ids import format_id

    record = {**plain(run), "id": run.shown_id, "is_offered": run.is_offered}
    if lineage is not None:
        record["people"] = [format_id(one) for one in lineage]
    return record
