"""The part of the form with the recipe and its most wanted values."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFrame,
    QGridLayout,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.from_core import in_window
from app.viewmodels.train_form import TrainForm, shown_title
from app.viewmodels.train_plan import Plan
from app.views.settings_parts import calm
from app.widgets.parts import label
from reid_core.learn.choices import LOSSES, NETWORKS

if TYPE_CHECKING:
    from reid_core.learn.config import Config


class ValuesCard(QFrame):
    """Shows what the recipe proposes for the data; every value can be changed."""

    changed = Signal()

    def __init__(self, form: TrainForm) -> None:
        super().__init__()
        self._form = form
        self._shown = ""  # the recipe whose values these are
        self.setProperty("look", "card")
        self.recipe = QComboBox()
        self._about = label("", "muted", wrap=True)
        self.epochs, self.rate = QDoubleSpinBox(), QDoubleSpinBox()
        self.batch, self.held_out = QSpinBox(), QSpinBox()
        self.loss, self.network, self.device = QComboBox(), QComboBox(), QComboBox()
        self._set_up()
        self._lay_out()
        form.recipes_changed.connect(self._on_recipes)
        form.proposal_changed.connect(self._on_proposal)
        self.recipe.activated.connect(self._on_chosen)
        for spin in (self.epochs, self.rate, self.batch, self.held_out):
            spin.valueChanged.connect(lambda _: self.changed.emit())
        for combo in (self.loss, self.network, self.device):
            combo.currentIndexChanged.connect(lambda _: self.changed.emit())
        self._on_recipes()

    def apply(self, plan: Plan, *, extra: tuple[str, ...], name: str, root: str) -> Plan:
        """A plan with the values of now."""
        return replace(
            plan,
            epochs=self.epochs.value(),
            batch=self.batch.value(),
            held_out=self.held_out.value(),
            rate=self.rate.value(),
            loss=str(self.loss.currentData() or ""),
            network=str(self.network.currentData() or ""),
            device=str(self.device.currentData()),
            extra=extra,
            name=name,
            root=root,
        )

    def _set_up(self) -> None:
        self.epochs.setRange(0.1, 10_000)
        self.epochs.setDecimals(1)
        self.batch.setRange(2, 65_536)
        self.held_out.setRange(1, 1_000_000)
        self.rate.setDecimals(6)
        self.rate.setRange(0.000001, 10)
        self.rate.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        self.device.addItem(self.tr("GPU if there is one"), "auto")
        self.device.addItem(self.tr("Processor (CPU)"), "cpu")
        self.device.addItem(self.tr("GPU (CUDA)"), "cuda")
        for combo, names in ((self.loss, LOSSES), (self.network, NETWORKS)):
            combo.addItem("", "")
            for name in names:
                combo.addItem(name, name)
        for field in (self.epochs, self.rate, self.batch, self.held_out):
            calm(field)
        for one in (self.recipe, self.loss, self.network, self.device):
            calm(one)
            one.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def _lay_out(self) -> None:
        inside = QVBoxLayout(self)
        inside.setContentsMargins(2 * theme.GAP, 2 * theme.GAP, 2 * theme.GAP, 2 * theme.GAP)
        inside.setSpacing(theme.GAP)
        inside.addWidget(label(self.tr("Recipe"), "heading"))
        self.recipe.setAccessibleName(self.tr("Recipe"))
        inside.addWidget(self.recipe)
        inside.addWidget(self._about)
        grid = QGridLayout()
        grid.setHorizontalSpacing(2 * theme.GAP)
        grid.setVerticalSpacing(theme.GAP)
        fields: tuple[tuple[str, QWidget, str], ...] = (
            (self.tr("Epochs"), self.epochs, self.tr("How often every picture is seen")),
            (self.tr("Batch"), self.batch, self.tr("Pictures learnt from at once")),
            (
                self.tr("Held out"),
                self.held_out,
                self.tr("Identities that it never learns from, by which it is checked"),
            ),
            (self.tr("Learning rate"), self.rate, self.tr("How far the weights move in a step")),
            (self.tr("Loss"), self.loss, self.tr("What is made smaller")),
            (self.tr("Network"), self.network, self.tr("Larger ones know more and take longer")),
            (self.tr("Runs on"), self.device, self.tr("Which one it was is shown when it runs")),
        )
        for n, (name, field, tip) in enumerate(fields):
            caption = label(name)
            caption.setBuddy(field)
            field.setToolTip(tip)
            field.setAccessibleName(name)
            grid.addWidget(caption, n // 2, 2 * (n % 2))
            grid.addWidget(field, n // 2, 2 * (n % 2) + 1)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
        inside.addLayout(grid)

    def _on_recipes(self) -> None:
        self.recipe.clear()
        for one in self._form.recipes:
            self.recipe.addItem(shown_title(one.title), one.name)
        self._on_proposal()

    def _on_chosen(self) -> None:
        self._form.choose_recipe(str(self.recipe.currentData()))

    def _on_proposal(self) -> None:
        """Another recipe: all values anew. Other data: only those that must fit them."""
        recipe, told, plan = self._form.recipe, self._form.told, self._form.proposal
        if recipe is None or told is None:
            return
        self.recipe.setCurrentIndex(self.recipe.findData(recipe.name))
        self._about.setText(in_window(recipe.text))
        self._about.setVisible(bool(recipe.text))
        if recipe.name != self._shown:
            self._shown = recipe.name
            self._take(told)
        self.batch.setValue(plan.batch if plan else told.sampler.batch)
        self.held_out.setEnabled(plan is not None)
        if plan is not None:
            self.held_out.setMaximum(max(plan.data.identities - 2, 1))
            self.held_out.setValue(plan.held_out)

    def _take(self, told: Config) -> None:
        """What a recipe says."""
        losses = " + ".join(told.loss.parts) if told.loss.parts else told.loss.name
        for combo, own in ((self.loss, losses), (self.network, told.network.name)):
            combo.setItemText(0, self.tr("{} (of the recipe)").format(own))
            combo.setCurrentIndex(0)
        self.epochs.setValue(told.optim.epochs)
        self.rate.setValue(told.optim.lr)
