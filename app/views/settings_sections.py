"""The sections of the settings: folders, what is looked for, how networks run, the look."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QPushButton,
    QSpinBox,
)

from app.from_core import in_window
from app.language import is_translated
from app.settings import LANGUAGES, THEMES
from app.viewmodels.settings import SettingsPage, pending_folders
from app.views.settings_parts import Section, calm, path_label, shown_path
from app.widgets.opening import open_path
from app.widgets.parts import button, label, row


class FoldersSection(Section):
    """Where the library and the models are."""

    def __init__(self, page: SettingsPage) -> None:
        super().__init__(self.tr("Folders"))
        self._page = page
        self.library, self.models = path_label(self.tr("Library")), path_label(self.tr("Models"))
        self._next, self._fixed = label("", "warn", wrap=True), label("", "muted", wrap=True)
        self.add(
            self.tr("Library"),
            self.library,
            self.tr("People, vectors, pictures of who was seen. Videos stay where they are."),
        )
        self.add(
            "",
            row(
                button(self.tr("Open folder"), lambda: open_path(page.library_open), icon="folder"),
                self._changer(self.tr("Change…"), self._change_library, "library"),
                None,
            ),
        )
        self.add(self.tr("Models"), self.models)
        self.add(
            "",
            row(
                button(self.tr("Open folder"), lambda: open_path(page.models_open), icon="folder"),
                self._changer(self.tr("Change…"), self._change_models, "models"),
                None,
            ),
        )
        self.add_wide(self._next)
        self.add_wide(self._fixed)

    def show_settings(self) -> None:
        """As they are now."""
        page = self._page
        self.library.setText(shown_path(page.library_open))
        self.models.setText(shown_path(page.models_open))
        library, models = pending_folders(page.settings)
        waiting = [
            shown_path(new)
            for new, key in ((library, "library"), (models, "models"))
            if page.is_pending and getattr(page.settings, key) != getattr(page.opened_with, key)
        ]
        self._next.setText(self.tr("At the next opening: {}").format(", ".join(waiting)))
        self._next.setVisible(bool(waiting))
        names = ", ".join(page.fixed_by.values())
        self._fixed.setText(self.tr("Decided by the environment: {}").format(names))
        self._fixed.setVisible(bool(names))

    def _changer(self, text: str, call: Callable[[], object], what: str) -> QPushButton:
        made = button(text, call)
        made.setEnabled(what not in self._page.fixed_by)
        return made

    def _change_library(self) -> None:
        title = self.tr("Where the library lives")
        chosen = QFileDialog.getExistingDirectory(self, title, str(self._page.library_open))
        if chosen:
            self._page.set(library=chosen)

    def _change_models(self) -> None:
        title = self.tr("Where the models live")
        chosen = QFileDialog.getExistingDirectory(self, title, str(self._page.models_open))
        if chosen:
            self._page.set(models=chosen)


class WatchSection(Section):
    """What is looked for in footage, and how closely."""

    def __init__(self, page: SettingsPage) -> None:
        super().__init__(self.tr("Indexing and live view"))
        self._page = page
        self.rate = QDoubleSpinBox()
        self.rate.setRange(0.1, 100)
        self.rate.setDecimals(1)
        self.rate.setSingleStep(1)
        self.rate.setKeyboardTracking(False)
        self.rate.setSuffix(self.tr(" a second"))
        self.faces, self.bodies = QCheckBox(self.tr("Faces")), QCheckBox(self.tr("Whole bodies"))
        self.live = QCheckBox(self.tr("Keep who was seen by a camera in the library"))
        self.add(
            self.tr("Pictures looked at"),
            self.rate,
            self.tr(
                "More finds people who are seen for a moment only, and takes longer: twice as many "
                "pictures take twice as long. At 5 a second, somebody "
                "who is there for one second is looked at five times."
            ),
        )
        self.add(
            self.tr("Look for"),
            row(self.faces, self.bodies, None),
            self.tr(
                "Faces tell who somebody is. Bodies find people who are turned away, by their "
                "clothes, within the same day."
            ),
        )
        self.add(self.tr("Live"), self.live)
        calm(self.rate)
        self.rate.valueChanged.connect(lambda value: page.set(per_second=round(value, 1)))
        for box in (self.faces, self.bodies):
            box.toggled.connect(self._on_kinds)
        self.live.toggled.connect(lambda on: page.set(record_live=on))

    def show_settings(self) -> None:
        """As they are now."""
        now = self._page.settings
        for box, on in (
            (self.faces, now.faces),
            (self.bodies, now.bodies),
            (self.live, now.record_live),
        ):
            with QSignalBlocker(box):
                box.setChecked(on)
        with QSignalBlocker(self.rate):
            self.rate.setValue(now.per_second)

    def _on_kinds(self) -> None:
        self._page.set_look_for(faces=self.faces.isChecked(), bodies=self.bodies.isChecked())


class RunSection(Section):
    """How networks run on this machine."""

    def __init__(self, page: SettingsPage) -> None:
        super().__init__(self.tr("This computer"))
        self._page = page
        self.threads, self.provider = QSpinBox(), QComboBox()
        self.threads.setRange(1, 64)
        self.threads.setKeyboardTracking(False)
        self._runtime = label("", "muted", wrap=True)
        self.add(
            self.tr("Threads"),
            self.threads,
            self.tr("Inside one network. More is faster only while there are cores that are idle."),
        )
        self.add(self.tr("Networks run on"), self.provider)
        self.add("", self._runtime)
        calm(self.threads)
        calm(self.provider)
        self.threads.valueChanged.connect(lambda value: page.set(threads=value))
        self.provider.activated.connect(lambda n: page.set(provider=self.provider.itemData(n)))
        self.show_facts()

    def show_settings(self) -> None:
        """As they are now."""
        with QSignalBlocker(self.threads):
            self.threads.setValue(self._page.settings.threads)
        place = self.provider.findData(self._page.settings.provider)
        self.provider.setCurrentIndex(max(place, 0))

    def show_facts(self) -> None:
        """What ONNX Runtime has here."""
        there = list(self._page.facts.providers)
        if self._page.settings.provider and self._page.settings.provider not in there:
            there.append(self._page.settings.provider)  # not found out yet, or not there any more
        self.provider.clear()
        self.provider.addItem(self.tr("The best there is"), "")
        for name in there:
            self.provider.addItem(name.removesuffix("ExecutionProvider"), name)
        self._runtime.setText("\n".join(map(in_window, self._page.facts.runtime)))
        self.show_settings()


class LookSection(Section):
    """Colours and language."""

    def __init__(self, page: SettingsPage) -> None:
        super().__init__(self.tr("Look and language"))
        self._page = page
        self.theme, self.language = QComboBox(), QComboBox()
        self.theme.addItems([self.tr("As the system"), self.tr("Light"), self.tr("Dark")])
        self.language.addItems([self.tr("As the system"), "English", "Deutsch"])
        if not is_translated("de"):
            self.language.setItemText(2, self.tr("Deutsch (not translated yet)"))
            self.language.setItemData(2, 0, Qt.ItemDataRole.UserRole - 1)  # cannot be chosen
        self.add(self.tr("Colours"), self.theme)
        self.add(
            self.tr("Language"), self.language, self.tr("Takes effect when Cameo is opened again.")
        )
        calm(self.theme)
        calm(self.language)
        self.theme.activated.connect(lambda n: page.set(theme=THEMES[n]))
        self.language.activated.connect(lambda n: page.set(language=LANGUAGES[n]))

    def show_settings(self) -> None:
        """As they are now."""
        self.theme.setCurrentIndex(THEMES.index(self._page.settings.theme))
        self.language.setCurrentIndex(LANGUAGES.index(self._page.settings.language))
