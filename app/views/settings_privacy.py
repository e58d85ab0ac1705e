"""The section on privacy: where data is, what the event log holds, how long it is kept."""

from __future__ import annotations

from PySide6.QtCore import QLocale, Qt
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QMessageBox, QSizePolicy, QWidget

from app import theme
from app.viewmodels.settings import SettingsPage
from app.views.settings_events import EventsDialog
from app.views.settings_parts import Section, calm, path_label, shown_path
from app.widgets.parts import button, label, row
from app.words import file_size

DAYS = (0, 7, 30, 90, 365)  # 0: for ever


class PrivacySection(Section):
    """Everything is on this computer; this says where."""

    def __init__(self, page: SettingsPage) -> None:
        super().__init__(self.tr("Privacy"))
        self._page = page
        self.dialog: EventsDialog | None = None
        self.add_wide(
            label(
                self.tr(
                    "Nothing leaves this computer. Cameo connects to the network only to fetch a "
                    "model that you ask for, and to a camera or stream that you name. Pictures of "
                    "people and their vectors are biometric data: the law of your country applies "
                    "to you. The disk's own encryption protects them; Cameo does not encrypt."
                ),
                "muted",
                wrap=True,
            )
        )
        self._places = QGridLayout()
        self._places.setHorizontalSpacing(2 * theme.GAP)
        self._places.setVerticalSpacing(4)
        self._places.setColumnStretch(1, 1)
        self._cells: list[tuple[QLabel, QLabel, QLabel]] = []
        held = QWidget()
        held.setLayout(self._places)
        held.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._places.setContentsMargins(0, 0, 0, 0)
        self.add(self.tr("Where data is"), held)
        self.events = label("")
        self.keep = QComboBox()
        for days in DAYS:
            self.keep.addItem(self._days_text(days), days)
        view = button(self.tr("View…"), self.show_events, icon="list")
        self.add(
            self.tr("Event log"),
            row(self.events, view, None),
            self.tr(
                "What was done and when, with ids and numbers only: no names, pictures or paths."
            ),
        )
        self.erase = button(self.tr("Erase older ones now…"), self._ask_erase, icon="eraser")
        self.add(
            self.tr("Keep events"),
            row(self.keep, self.erase, None),
            self.tr("Older ones are erased each time Cameo is opened."),
        )
        calm(self.keep)
        self.keep.setAccessibleName(self.tr("Keep events"))
        self.keep.activated.connect(lambda n: page.set(retention_days=self.keep.itemData(n)))

    def show_settings(self) -> None:
        """As they are now."""
        days = self._page.settings.retention_days
        if self.keep.findData(days) < 0:
            self.keep.addItem(self._days_text(days), days)
        self.keep.setCurrentIndex(self.keep.findData(days))

    def show_facts(self) -> None:
        """Places with their sizes, and how many events there are."""
        locale, facts = QLocale(), self._page.facts
        self.events.setText(self.tr("{} events").format(locale.toString(facts.events)))
        words = {
            "library": self.tr("People and vectors"),
            "pictures": self.tr("Pictures"),
            "caches": self.tr("Search caches"),
            "log": self.tr("Program's log"),
            "models": self.tr("Models"),
            "settings": self.tr("These settings"),
        }
        for n, place in enumerate(facts.places):
            if n == len(self._cells):
                cells = (label("", "muted"), path_label(words[place.what]), label(""))
                for column, cell in enumerate(cells):
                    side = Qt.AlignmentFlag.AlignRight if column == 2 else Qt.AlignmentFlag(0)
                    self._places.addWidget(cell, n, column, side)
                self._cells.append(cells)
            size = file_size(place.size)
            for cell, text in zip(
                self._cells[n], (words[place.what], shown_path(place.path), size), strict=True
            ):
                cell.setText(text)

    def show_events(self) -> None:
        """Open the event log."""
        self.dialog = EventsDialog(self._page, parent=self)
        self.dialog.open()

    def _ask_erase(self) -> None:
        days = self._page.settings.retention_days
        box = QMessageBox(self)
        box.setWindowTitle(self.tr("Erase events?"))
        text = self.tr("Events older than {} days are erased for good.").format(days)
        box.setText(self.tr("All events are erased for good.") if not days else text)
        box.setInformativeText(self.tr("People, footage and pictures stay."))
        agree = box.addButton(self.tr("Erase"), QMessageBox.ButtonRole.DestructiveRole)
        no = box.addButton(self.tr("Cancel"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(no)
        box.setEscapeButton(no)
        box.buttonClicked.connect(
            lambda pressed: self._page.erase_events(days) if pressed is agree else None
        )
        box.finished.connect(box.deleteLater)
        box.open()

    def _days_text(self, days: int) -> str:
        if not days:
            return self.tr("For ever")
        return self.tr("{} days").format(days)
