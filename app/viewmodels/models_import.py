"""Bringing an own network: what the form says, what a trial showed, and installing it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QLocale, QObject, Signal

from app.from_core import sentence_of
from app.session import Session
from reid_core.errors import CameoError, ModelMismatch
from reid_core.models.manifest import IMAGENET_MEAN, IMAGENET_STD, NAME, Manifest, Role
from reid_core.protocols import Progress

if TYPE_CHECKING:
    from reid_core.actions.try_model import Trial, Wish

ROLES = (Role.FACE_EMBEDDER, Role.BODY_EMBEDDER, Role.FACE_DETECTOR, Role.PERSON_DETECTOR)
ARCHITECTURES = {Role.FACE_DETECTOR: ("yunet", "scrfd"), Role.PERSON_DETECTOR: ("ssd", "yolox")}
Numbers = tuple[float, ...]
PRESETS: dict[str, tuple[Numbers, Numbers] | None] = {  # mean and std, pixels in 0 to 255
    "usual": None,
    "imagenet": (IMAGENET_MEAN, IMAGENET_STD),
    "symmetric": ((127.5,) * 3, (127.5,) * 3),
    "unit": ((0.0,) * 3, (255.0,) * 3),
    "raw": ((0.0,) * 3, (1.0,) * 3),
}


@dataclass(frozen=True, slots=True)
class Form:
    """The form as it is filled in. numbers: a key of PRESETS or "own", with mean and std as text.
    color: "", rgb or bgr. width, height: 0 for what the file says. template: "" or ten numbers.
    """

    file: str = ""
    name: str = ""
    role: Role = Role.FACE_EMBEDDER
    architecture: str = ""
    color: str = ""
    numbers: str = "usual"
    mean: str = ""
    std: str = ""
    width: int = 0
    height: int = 0
    template: str = ""
    flip: bool = False
    licence: str = ""
    commercial: bool = False
    note: str = ""
    pictures: tuple[str, ...] = ()


class Importing(QObject):
    """One dialog's worth. `check` first, then `install` what was checked."""

    changed = Signal()  # `is_busy`, `trial`, `problem`
    installed = Signal(object)  # the Manifest

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._checked: Form | None = None
        self.trial: Trial | None = None
        self.problem = ""
        self.is_busy = False

    def may_install(self, form: Form) -> bool:
        """Whether exactly this was tried, and can be used."""
        return not self.is_busy and self.trial is not None and form == self._checked

    def check(self, form: Form) -> None:
        """Run it on the sample picture; `changed` tells what came of it."""
        self.trial, self.problem, self._checked = None, "", form
        try:
            _check_form(form)
        except CameoError as error:
            self._on_failed(error)
            return
        self.is_busy = True
        self.changed.emit()
        self._session.tasks.run(
            self.tr("Trying {}").format(Path(form.file).name),
            partial(_try, self._session, form),
            then=self._on_tried,
            failed=self._on_failed,
            shown=False,
            latest="models.trial",
        )

    def forget(self) -> None:
        """The form was changed: what was tried does not count any more."""
        if self.trial is not None or self.problem:
            self.trial, self.problem = None, ""
            self.changed.emit()

    def install(self) -> None:
        """Install what was tried."""
        if self._checked is None or self.trial is None:
            return
        self.is_busy = True
        self.changed.emit()
        self._session.tasks.run(
            self.tr("Installing {}").format(self.trial.manifest.name),
            partial(_install, self._session, self._checked),
            then=self._on_installed,
            failed=self._on_failed,
            shown=False,
        )

    def verdict(self) -> str:
        """What the trial showed, in a sentence or two."""
        trial = self.trial
        if trial is None:
            return ""
        if trial.found is not None:
            return self._detector_verdict(trial.verdict, trial.found, trial.wanted or 0)
        return {
            "good": self.tr(
                "It works: everybody in the sample picture is recognised in another picture."
            ),
            "weak": self.tr(
                "It tells people apart only in part: {} of {} were recognised in another picture. "
                "That is what wrong colours, wrong mean and std or wrong alignment look like; "
                "compare them with what the network was trained with."
            ).format(trial.matched, len(trial.same)),
            "useless": self.tr(
                "With these settings it does not tell people apart: different people are as alike "
                "as pictures of the same person. Check the colours, mean and std, and alignment, "
                "and whether this file was trained to recognise people."
            ),
            "untried": self.tr("Nobody was found in the sample picture, so it was not tried."),
        }[trial.verdict]

    def facts(self) -> list[tuple[str, str]]:
        """What was seen, in pairs of a word and its value."""
        trial = self.trial
        if trial is None:
            return []
        spec = trial.manifest.input
        found = [(self.tr("Takes and gives"), "; ".join(trial.shapes[:4]))]
        found.append((self.tr("Picture"), f"{spec.width} × {spec.height}, {spec.color.upper()}"))
        if trial.manifest.dim:
            found.append((self.tr("Vector"), self.tr("{} numbers").format(trial.manifest.dim)))
        if trial.same:
            found.append((self.tr("Same person"), _span(trial.same)))
            found.append((self.tr("Different people"), _span(trial.different)))
            apart = self.tr("{} (the model in use: {})")
            both = (_number(trial.separation, 1), _number(trial.usual or 0.0, 1))
            found.append((self.tr("How far apart"), apart.format(*both)))
        if trial.given is not None:
            found.append((self.tr("Your two pictures"), _number(trial.given, 3)))
        if trial.ms is not None:
            found.append((self.tr("Speed here"), self.tr("{} ms").format(_number(trial.ms, 1))))
        return found

    def _detector_verdict(self, verdict: str, found: int, wanted: int) -> str:
        if verdict == "good":
            line = self.tr("It works: it finds all {} people that the model in use finds.")
            return line.format(wanted)
        if verdict == "untried":
            return self.tr("Nobody was found in the sample picture, so it was not tried.")
        line = self.tr(
            "It finds {} of the {} people that the model in use finds. Check the colours, mean and "
            "std, and whether it is of the chosen kind."
        )
        return line.format(found, wanted)

    def _on_tried(self, trial: Trial) -> None:
        self.trial, self.is_busy = trial, False
        self.changed.emit()

    def _on_failed(self, error: CameoError) -> None:
        self.problem, self.is_busy = sentence_of(error), False
        self.changed.emit()

    def _on_installed(self, manifest: Manifest) -> None:
        self.is_busy = False
        self.installed.emit(manifest)
        self._session.models_changed.emit()


def proposed_name(file: str) -> str:
    """A name that a model can have, from a file's."""
    stem = "".join(
        c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in Path(file).stem
    )
    name = stem.strip("._-")[:80]
    return name if NAME.fullmatch(name) else ""


def _check_form(form: Form) -> None:
    """Raises ModelMismatch naming the field that is not filled in as it must be."""
    if not form.file:
        raise ModelMismatch(QCoreApplication.translate("Importing", "Choose the .onnx file first."))
    if form.role in ARCHITECTURES and form.architecture not in ARCHITECTURES[form.role]:
        line = QCoreApplication.translate("Importing", "Choose which kind of detector it is.")
        raise ModelMismatch(line)
    _numbers_of(form)


def wish_of(form: Form) -> Wish:
    """What the form asks for. Raises ModelMismatch for what are no numbers."""
    from reid_core.actions.try_model import Wish

    mean, std, points = _numbers_of(form)
    return Wish(
        Path(form.file),
        form.role,
        form.name.strip() or None,
        form.architecture or None,
        form.licence.strip() or "unknown",
        form.commercial,
        form.width or None,
        form.height or None,
        form.color or None,
        mean,
        std,
        tuple(zip(points[::2], points[1::2], strict=True)) or None,
        form.flip,
        form.note.strip(),
    )


def _numbers_of(form: Form) -> tuple[Numbers | None, Numbers | None, Numbers]:
    """Mean, std and the ten numbers of the alignment, empty when there are none."""
    points = (
        _numbers(form.template, 10, QCoreApplication.translate("Importing", "alignment"))
        if form.template.strip()
        else ()
    )
    if form.numbers == "own":
        return (
            _numbers(form.mean, 3, QCoreApplication.translate("Importing", "mean")),
            _numbers(form.std, 3, QCoreApplication.translate("Importing", "std")),
            points,
        )
    mean, std = PRESETS[form.numbers] or (None, None)
    return mean, std, points


def _numbers(text: str, n: int, what: str) -> Numbers:
    try:
        values = tuple(float(part) for part in text.replace(";", " ").replace(",", " ").split())
    except ValueError:
        values = ()
    if len(values) != n:
        line = QCoreApplication.translate(
            "Importing", "{field}: {text} is not {n} numbers, with spaces between them."
        )
        raise ModelMismatch(line.format(field=what, text=repr(text), n=n))
    return values


def _try(session: Session, form: Form, _: Progress) -> Trial:
    from reid_core.actions.try_model import try_onnx

    pictures: Sequence[Path] = [Path(p) for p in form.pictures]
    return try_onnx(session.models(), wish_of(form), pictures=pictures)


def _install(session: Session, form: Form, _: Progress) -> Manifest:
    return wish_of(form).install(session.store)


def _span(values: Sequence[float]) -> str:
    return f"{_number(min(values), 2)} – {_number(max(values), 2)}"


def _number(value: float, digits: int) -> str:
    return QLocale().toString(value, "f", digits)
