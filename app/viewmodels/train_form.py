"""The form that starts a run, without its widgets: recipes, the data's check, the free lines."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QObject, Signal

from app.from_core import sentence_of
from app.session import Session
from app.tasks import Job
from app.viewmodels.train_plan import Checked, Plan, check_data, problem_of, proposed, resolved
from reid_core.errors import CameoError, TrainingError
from reid_core.library import Library
from reid_core.protocols import Progress

if TYPE_CHECKING:
    from pathlib import Path

    from reid_core.learn.config import Config
    from reid_core.learn.recipes import Recipe

DRAWN = "made:40x9"  # drawn people, to see how everything goes
TRIAL = "body_smoke"
TITLES = (  # of the recipes that come with Cameo, to be translated
    QT_TRANSLATE_NOOP("Recipes", "Bodies: ResNet-50 with a bag of tricks, for a GPU"),
    QT_TRANSLATE_NOOP("Recipes", "Bodies: small and quick, learns on a CPU too"),
    QT_TRANSLATE_NOOP("Recipes", "Bodies: Circle loss, for a GPU"),
    QT_TRANSLATE_NOOP("Recipes", "Bodies: several cameras, small batches (multi-similarity)"),
    QT_TRANSLATE_NOOP("Recipes", "Trial: drawn people, a minute on any computer"),
    QT_TRANSLATE_NOOP("Recipes", "Faces: very large folders, several GPUs (ArcFace)"),
    QT_TRANSLATE_NOOP("Recipes", "Faces: hundreds of people, little data (CosFace)"),
    QT_TRANSLATE_NOOP("Recipes", "Things in folders: birds, cars, products"),
)


def shown_title(title: str) -> str:
    """A recipe's title in the window's language."""
    return QCoreApplication.translate("Recipes", title)


class TrainForm(QObject):
    """Choose data and a recipe; `proposal` says what fits both."""

    recipes_changed = Signal()
    data_changed = Signal()  # being checked, checked, or refused
    proposal_changed = Signal()  # another recipe, or other data
    problem_changed = Signal()  # of the free lines

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._recipes: dict[str, tuple[Recipe, Config]] = {}
        self._recipe = ""
        self._checking: Job | None = None
        self.data: Checked | None = None
        self.data_problem = ""
        self.checked_share = 0.0
        self.proposal: Plan | None = None
        self.problem = ""
        session.tasks.run(
            "", _read_recipes, then=self._on_recipes, failed=session.tell, shown=False
        )

    @property
    def recipes(self) -> tuple[Recipe, ...]:
        """Those to choose from, once they were read."""
        return tuple(recipe for recipe, _ in self._recipes.values())

    @property
    def recipe(self) -> Recipe | None:
        """The one chosen."""
        return self._recipes[self._recipe][0] if self._recipe else None

    @property
    def told(self) -> Config | None:
        """What the chosen recipe says."""
        return self._recipes[self._recipe][1] if self._recipe else None

    @property
    def is_checking(self) -> bool:
        """Whether data are being looked at."""
        return self._checking is not None

    def choose_recipe(self, name: str) -> None:
        """Take another recipe."""
        if name in self._recipes and name != self._recipe:
            self._recipe = name
            self._propose()

    def check(self, source: str, form: str = "auto") -> None:
        """Look at a folder, a list, the library's gallery (its folder; faces or bodies) or
        drawn people.
        """
        self.forget_data()
        if not source:
            return
        self._checking = self._session.tasks.run(
            self.tr("Looking at training data"),
            partial(_check, source, form, self._session.library),
            then=self._on_checked,
            failed=self._on_refused,
            latest="train-data",
            shown=False,
        )
        self._checking.changed.connect(self._on_progress)
        self.data_changed.emit()

    def check_gallery(self, kind: str) -> None:
        """Look at the templates of everybody enrolled. kind: face or body."""
        form = "faces" if kind == "face" else "bodies"
        self.check(str(self._session.library.folder), form)

    def forget_data(self) -> None:
        """Nothing is chosen."""
        if self._checking is not None:
            self._checking.cancel()
        self._checking, self.data, self.data_problem = None, None, ""
        self.checked_share = 0.0
        self._propose()
        self.data_changed.emit()

    def validate(self, lines: tuple[str, ...]) -> None:
        """Look whether the free lines make sense; `problem` says."""
        if (told := self.told) is None:
            return
        self._session.tasks.run(
            "",
            lambda _: problem_of(told, lines),
            then=self._on_problem,
            failed=lambda error: self._on_problem(sentence_of(error)),
            latest="train-extra",
            shown=False,
        )

    def write(self, plan: Plan, folder: Path) -> str:
        """A configuration for a plan, as TOML."""
        from os import cpu_count

        from reid_core.learn.config import to_toml

        told = self._recipes[plan.recipe][1]
        return to_toml(resolved(told, plan, folder, processors=cpu_count() or 1))

    def _on_recipes(self, found: dict[str, tuple[Recipe, Config]]) -> None:
        self._recipes = found
        if not self._recipe and found:
            self._recipe = "body_cameo" if "body_cameo" in found else next(iter(found))
        self.recipes_changed.emit()
        self._propose()

    def _on_progress(self) -> None:
        if self._checking is not None:
            self.checked_share = self._checking.share
            self.data_changed.emit()

    def _on_checked(self, data: Checked) -> None:
        self._checking, self.data = None, data
        self._propose()
        self.data_changed.emit()

    def _on_refused(self, error: CameoError) -> None:
        self._checking, self.data_problem = None, sentence_of(error)
        self.data_changed.emit()

    def _on_problem(self, problem: str) -> None:
        self.problem = problem
        self.problem_changed.emit()

    def _propose(self) -> None:
        told, data = self.told, self.data
        self.proposal = proposed(told, data, self._recipe) if told and data else None
        self.proposal_changed.emit()


def _read_recipes(_: Progress) -> dict[str, tuple[Recipe, Config]]:
    from reid_core.learn.config import load
    from reid_core.learn.recipes import recipes

    return {one.name: (one, load(one.path)) for one in recipes()}


def _check(source: str, form: str, library: Library, progress: Progress) -> Checked:
    try:
        return check_data(source, form, progress, library=library)
    except OSError as error:
        where = error.filename or source
        raise TrainingError(f"{where}: {error.strerror or error}.") from error
