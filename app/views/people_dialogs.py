"""Asking before somebody is forgotten, the proof afterwards, and a name."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCompleter,
    QDialog,
    QDialogButtonBox,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.viewmodels.people import Forgotten
from app.viewmodels.retrain_rows import Learnt
from app.viewmodels.retrain_words import run_title, when
from app.widgets.parts import label
from app.words import file_size
from reid_core.library.people import Portrait


class ForgetQuestion(QMessageBox):
    """Asks once, and says exactly what goes."""

    confirmed = Signal(object)  # their id, of more bits than Qt's int has

    def __init__(self, row: Portrait, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setIcon(QMessageBox.Icon.Warning)
        self.setWindowTitle(self.tr("Forget somebody"))
        self.setText(self.tr("Forget {}?").format(row.name))
        lines = [
            self.tr("Erased for good: the name and the notes, and"),
            self.tr("• {faces} face and {bodies} body templates").format(
                faces=row.faces, bodies=row.bodies
            ),
            self.tr("• their vectors, and what search keeps of them"),
            self.tr("• their pictures, also of templates deleted before"),
            self.tr("• the verdicts on sightings ({} confirmed)").format(row.confirmed),
            self.tr("• the steps of undo that concern them"),
            "",
            self.tr(
                "Indexed footage stays; it carries no name. Afterwards every byte of the library "
                "is searched for traces. This cannot be undone."
            ),
        ]
        self._lines = lines
        self.setInformativeText("\n".join(lines))
        self.forget = self.addButton(self.tr("Forget"), QMessageBox.ButtonRole.DestructiveRole)
        self.forget.setProperty("look", "danger")
        self.forget.style().polish(self.forget)
        cancel = self.addButton(QMessageBox.StandardButton.Cancel)
        self.setDefaultButton(cancel)
        self.setEscapeButton(cancel)
        self.buttonClicked.connect(
            lambda b: self.confirmed.emit(row.id) if b is self.forget else None
        )

    def name_models(self, learnt: tuple[Learnt, ...]) -> None:
        """Name the retrained models that learnt from them among others."""
        if learnt:
            said = [self.tr("Retrained models learnt from them among others:"), *_titles(learnt)]
            said.append(
                self.tr("Afterwards you can learn again without them, or drop these models.")
            )
            self.setInformativeText("\n".join([*self._lines, "", *said]))


class Proof(QMessageBox):
    """What was erased, and whether the search of every byte found nothing. Stays until closed."""

    learnt_asked = Signal(object)  # a Learnt, to be made anew or dropped

    def __init__(self, what: Forgotten, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWindowTitle(self.tr("Forgotten"))
        done, name = what.done, what.name
        if done.proven:
            self.setIcon(QMessageBox.Icon.Information)
            self.setText(self.tr("Nothing of {} is left.").format(name))
            proof = self.tr(
                "Every byte of every file in the library was searched for the name, the vectors "
                "and the pictures: nothing was found."
            )
        else:
            self.setIcon(QMessageBox.Icon.Warning)
            self.setText(self.tr("{} was erased, but traces were found.").format(name))
            proof = self.tr(
                "The search of every file in the library's folder still found the name, a vector "
                "or a picture: in a file that Cameo does not keep (a note, a report, an export), "
                "or because somebody else has the same name. Look through the folder."
            )
        size = file_size(done.picture_bytes)
        lines = [
            self.tr("Erased:"),
            self.tr("• {} templates").format(done.templates),
            self.tr("• {} vectors").format(done.vectors),
            self.tr("• {n} pictures ({size})").format(n=done.pictures, size=size),
            self.tr("• {} verdicts").format(done.verdicts),
            "",
            proof,
        ]
        self.retrained = self._offer(what.learnt, lines)
        self.setInformativeText("\n".join(lines))
        close = self.addButton(QMessageBox.StandardButton.Close)
        self.setDefaultButton(close)
        self.setEscapeButton(close)

    def _offer(self, learnt: tuple[Learnt, ...], lines: list[str]) -> QPushButton | None:
        """Name the models that learnt from them, and lead to where they can go."""
        if not learnt:
            return None
        lines += ["", self.tr("Still here, and learnt from them among others:"), *_titles(learnt)]
        lines.append(
            self.tr("What a model learnt cannot be taken out of it: learn again, or drop it.")
        )
        made = self.addButton(self.tr("Learn again or drop…"), QMessageBox.ButtonRole.ActionRole)
        made.clicked.connect(lambda _=False: self.learnt_asked.emit(learnt[0]))
        return made


def _titles(learnt: tuple[Learnt, ...]) -> list[str]:
    return [f"• {run_title(one.run)}, {when(one.run)}" for one in learnt]


class NameQuestion(QDialog):
    """Asks for a name. taken: names that are in use already, in small letters."""

    named = Signal(str)

    def __init__(
        self, *, title: str, what: str, verb: str, taken: Sequence[str], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(380)
        self._taken = {t.casefold() for t in taken}
        self.field = QLineEdit()
        self.field.setMaxLength(200)
        self.field.setPlaceholderText(self.tr("Name"))
        self.field.setAccessibleName(self.tr("Name"))
        self._wrong = label("", "bad", wrap=True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.take = buttons.addButton(verb, QDialogButtonBox.ButtonRole.AcceptRole)
        self.take.setProperty("look", "primary")
        self.take.setDefault(True)
        inside = QVBoxLayout(self)
        inside.setContentsMargins(2 * theme.GAP, 2 * theme.GAP, 2 * theme.GAP, 2 * theme.GAP)
        inside.setSpacing(theme.GAP)
        for one in (label(what, "muted", wrap=True), self.field, self._wrong, buttons):
            inside.addWidget(one)
        self.field.textChanged.connect(lambda _: self._check())
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self._check()

    def accept(self) -> None:
        if self.take.isEnabled():
            super().accept()
            self.named.emit(" ".join(self.field.text().split()))

    def _check(self) -> None:
        name = " ".join(self.field.text().split())
        is_taken = name.casefold() in self._taken
        self.take.setEnabled(bool(name) and not is_taken)
        self._wrong.setText(
            self.tr("Somebody of that name is enrolled: move the templates to them instead.")
            if is_taken
            else ""
        )
        self._wrong.setVisible(is_taken)


def completer(names: Sequence[str], parent: QWidget) -> QCompleter:
    """Completes any part of a name."""
    made = QCompleter(list(names), parent)
    made.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
    made.setFilterMode(Qt.MatchFlag.MatchContains)
    return made
