"""From what somebody chose in the form to a configuration: pure, and without torch."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from app.from_core import sentence_of
from reid_core.errors import CameoError, DataError, SourceError
from reid_core.protocols import Progress
from reid_core.types import Kind

if TYPE_CHECKING:
    from reid_core.learn.config import Config, Loss, Network
    from reid_core.library import Library

LOOKED_AT = 3000  # pictures that are opened when data are checked, spread over all
LEAST = 4  # identities: two to learn from, two to check with
FEW = 50  # identities below which little is learnt that holds for others
POINTS = 300  # of the curve of the loss, about
CHECKS = 6  # validations that a run should have at least
SHARE = 0.15  # held out where the recipe holds out more than there are
MADE = re.compile(r"made:(\d{1,4})x(\d{1,3})")
KINDS = {"faces": Kind.FACE, "bodies": Kind.BODY}  # of a gallery's templates
BY_IDENTITY = ("pk", "camera-aware", "domain-aware")  # samplers that want so many identities


@dataclass(frozen=True, slots=True)
class Checked:
    """Data that were looked at.

    source: as `data.train`. form: as `data.form`. single: identities with one picture. broken:
    (path, reason). looked: how many pictures were opened.
    """

    source: str
    form: str
    identities: int
    pictures: int
    single: int = 0
    broken: tuple[tuple[str, str], ...] = ()
    looked: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """What the form says. loss, network: "" as the recipe has it. held_out: identities. extra:
    lines table.key=value. root: where the run's folder is made. name: of the run.
    """

    data: Checked
    recipe: str
    epochs: float
    batch: int
    held_out: int
    rate: float
    loss: str = ""
    network: str = ""
    device: str = "auto"
    extra: tuple[str, ...] = ()
    name: str = ""
    root: str = ""


def check_data(
    source: str, form: str, progress: Progress, *, library: Library | None = None
) -> Checked:
    """Look at data: who is there, and which pictures cannot be read. Raises DataError.

    library: the open one, whose gallery is meant by the forms faces and bodies.
    """
    if made := MADE.fullmatch(source):
        people, each = int(made[1]), int(made[2])
        return Checked(source, form, people, people * each, looked=people * each)
    from reid_core.learn.data import read, read_gallery
    from reid_core.learn.data.pictures import read_source

    kind = KINDS.get(form)
    found = read_gallery(library, kind) if library and kind else read(source, form)
    places = _spread(len(found), LOOKED_AT)
    broken = []
    for n, place in enumerate(places):
        progress(n / len(places), "")
        try:
            read_source(found.paths[place])
        except SourceError as error:
            broken.append((place, sentence_of(error)))
    gone = {place for place, _ in broken}
    left = found.subset([i for i in range(len(found)) if i not in gone])
    if left.classes < LEAST:
        line = QCoreApplication.translate(
            "Training",
            "Identities with pictures that can be read: {n}. At least {least} are needed, two to "
            "learn from and two to check with.",
        )
        raise DataError(line.format(n=left.classes, least=LEAST))
    counts = [0] * left.classes
    for one in left.labels:
        counts[one] += 1
    named = tuple((str(found.paths[place]), reason) for place, reason in broken)
    return Checked(
        source, form, left.classes, len(left), counts.count(1), named, looked=len(places)
    )


def proposed(told: Config, data: Checked, recipe: str) -> Plan:
    """What fits the data best, by the recipe."""
    held = _held_out(told, data.identities)
    return Plan(
        data,
        recipe,
        epochs=told.optim.epochs,
        batch=_batch(told, data, held),
        held_out=held,
        rate=told.optim.lr,
    )


def resolved(told: Config, plan: Plan, folder: Path, *, processors: int) -> Config:
    """A recipe with the plan's values. Raises nothing: what does not fit is found by the run."""
    steps = max(plan.epochs * plan.data.pictures / plan.batch, 1)
    return replace(
        told,
        data=replace(
            told.data,
            train=plan.data.source,
            val="",
            form=plan.data.form,
            held_out=float(plan.held_out),
            workers=min(told.data.workers, processors // 2),
        ),
        network=_network(told, plan.network),
        loss=_loss(told, plan.loss),
        sampler=replace(told.sampler, batch=plan.batch),
        optim=replace(told.optim, epochs=plan.epochs, lr=plan.rate, compile=False),
        run=replace(
            told.run,
            folder=str(folder),
            device=plan.device,
            log_every=min(told.run.log_every, max(round(steps / POINTS), 1)),
            evaluate_every=min(told.run.evaluate_every, plan.epochs / CHECKS),
            save_every=min(told.run.save_every, plan.epochs),
        ),
    )


def problem_of(told: Config, lines: tuple[str, ...]) -> str:
    """What is wrong with free lines over a recipe, in a sentence; "" when nothing is."""
    from reid_core.learn.config import load, to_toml

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.toml"
        path.write_text(to_toml(told), "utf-8")
        try:
            load(path, lines)
        except CameoError as error:
            return str(error).replace(f"{path}: ", "")
    return ""


def lines_of(written: str) -> tuple[str, ...]:
    """The lines of a text that say something; # begins a remark."""
    lines = [line.strip() for line in written.splitlines()]
    return tuple(re.sub(r"\s*=\s*", "=", x, count=1) for x in lines if x and not x.startswith("#"))


def folder_for(root: Path, name: str) -> Path:
    """A folder named after the day and the run."""
    plain = re.sub(r"[^\w.-]+", "-", name).strip("-.")[:60] or "run"
    return root / f"{date.today().isoformat()}-{plain}"


def new_folder(root: Path, name: str) -> Path:
    """As `folder_for`, with a number behind it where that is there already."""
    folder, n = folder_for(root, name), 1
    while folder.exists():
        n += 1
        folder = folder_for(root, name).with_name(f"{folder_for(root, name).name}-{n}")
    return folder


def _spread(n: int, most: int) -> list[int]:
    if n <= most:
        return list(range(n))
    return [i * n // most for i in range(most)]


def _held_out(told: Config, identities: int) -> int:
    asked = told.data.held_out
    held = round(asked * identities) if asked < 1 else int(asked)
    if held > identities // 3:
        held = round(min(asked, SHARE) * identities) if asked < 1 else round(SHARE * identities)
    return min(max(held, 2), identities - 2)


def _batch(told: Config, data: Checked, held: int) -> int:
    batch = told.sampler.batch
    people = data.identities - held
    if told.sampler.name in BY_IDENTITY:
        each = told.sampler.options.get("k", 4)
        each = each if isinstance(each, int) and each > 0 else 4
        return max(min(batch // each, people), 1) * each
    return max(min(batch, data.pictures * people // data.identities), 2)


def _network(told: Config, name: str) -> Network:
    """Another network does not know the options of the recipe's own."""
    own = told.network
    if not name or name == own.name:
        return own
    return replace(own, name=name, pool="average", weights="", freeze=0, options={})


def _loss(told: Config, name: str) -> Loss:
    """Another loss stands alone, with its usual options."""
    from reid_core.learn.config import Loss

    return Loss(name=name) if name else told.loss
