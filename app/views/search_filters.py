"""How the results are ordered and what is left out."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import QPoint, QSignalBlocker, Qt
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QFrame,
    QLineEdit,
    QListView,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.likeness import meaning
from app.models.sightings import VideoChoice
from app.viewmodels.search import Search
from app.widgets.parts import button, label, row
from app.words import decimal, moment, percent

STEPS = 200  # of the slider
TIME = r"(\d{1,3}:)?\d{1,4}(:\d{1,2})?([.,]\d+)?"


class FilterBar(QWidget):
    """Order, "only likely", and a panel with the rest that opens over the page."""

    def __init__(self, search: Search) -> None:
        super().__init__()
        self._search = search
        self._order = QComboBox()
        self._order.addItem(self.tr("Likeliest first"), False)
        self._order.addItem(self.tr("In order of time"), True)
        self._order.setAccessibleName(self.tr("Order"))
        self._likely = self._toggle(self.tr("Only likely"))
        self._more = self._toggle(self.tr("Filter"))
        self._more.setCheckable(False)
        self._more.setIcon(theme.icon("funnel"))
        self._more.setProperty("icon_name", "funnel")
        self._more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.panel = FilterPanel(search, self)
        inside = QVBoxLayout(self)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(theme.GAP)
        inside.addLayout(row(self._order, None, self._likely, self._more, gap=4))
        self._order.activated.connect(self._on_order)
        self._likely.clicked.connect(self._on_likely)
        self._more.clicked.connect(self.show_panel)
        search.query_changed.connect(self._on_query)
        self._on_query()

    def show_panel(self) -> None:
        """Open it below its button, inside the screen."""
        self.panel.adjustSize()
        place = self._more.mapToGlobal(QPoint(0, self._more.height() + 2))
        screen = self.screen().availableGeometry()
        place.setX(max(screen.left(), min(place.x(), screen.right() - self.panel.width())))
        self.panel.move(place)
        self.panel.show()
        self.panel.videos.setFocus()

    def _toggle(self, text: str) -> QToolButton:
        made = QToolButton()
        made.setText(text)
        made.setCheckable(True)
        return made

    def _on_order(self, place: int) -> None:
        by_time = bool(self._order.itemData(place))
        self._search.set_options(replace(self._search.options, by_time=by_time))

    def _on_likely(self, on: bool) -> None:
        self._search.set_options(replace(self._search.options, only_likely=on))

    def _on_query(self) -> None:
        options = self._search.options
        self._order.setCurrentIndex(int(options.by_time))
        self._likely.setChecked(options.only_likely)
        n = options.n_limits
        self._more.setText(self.tr("Filter ({})").format(n) if n else self.tr("Filter"))


class FilterPanel(QFrame):
    """Videos, time, the least similarity or probability, and what was rejected."""

    def __init__(self, search: Search, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_NoMouseReplay)  # its button would open it again
        self.setFixedWidth(360)
        self.setProperty("look", "card")
        self._search = search
        self.rows = VideoChoice()
        self.videos = QListView()
        self.videos.setModel(self.rows)
        self.videos.setAccessibleName(self.tr("Videos to look in"))
        self.videos.setUniformItemSizes(True)
        self.videos.setFixedHeight(150)
        self.videos.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self._all = button(self.tr("All"), partial(self.rows.choose_all, True))
        self._none = button(self.tr("None"), partial(self.rows.choose_all, False))
        self.from_, self.to = self._time_field(), self._time_field()
        self.from_.setPlaceholderText(self.tr("start"))
        self.to.setPlaceholderText(self.tr("end"))
        self.from_.setAccessibleName(self.tr("From, minutes:seconds"))
        self.to.setAccessibleName(self.tr("To, minutes:seconds"))
        self.least = QSlider(Qt.Orientation.Horizontal)
        self.least.setRange(0, STEPS)
        self.least.setAccessibleName(self.tr("Least similarity"))
        self._value = label("", "muted")
        self._value.setMinimumWidth(44)
        self._rejected = QToolButton()
        self._rejected.setText(self.tr("Show rejected too"))
        self._rejected.setCheckable(True)
        self._reset = button(self.tr("Show everything"), self._clear)
        self._lay_out()
        self._wire()

    def _time_field(self) -> QLineEdit:
        made = QLineEdit()
        made.setValidator(QRegularExpressionValidator(TIME, made))
        made.setMaximumWidth(92)
        return made

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setSpacing(theme.GAP)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        form.addRow(label(self.tr("Videos")), self.videos)
        form.addRow(label(), row(self._all, self._none, None))
        times = row(self.from_, label("–"), self.to, None)
        form.addRow(label(self.tr("Time")), times)
        form.addRow(label(self.tr("Least")), row(self.least, self._value))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        whole.addLayout(form)
        whole.addLayout(row(self._rejected, None, self._reset))

    def _wire(self) -> None:
        search = self._search
        self.rows.chosen_changed.connect(self._on_videos)
        self.from_.editingFinished.connect(self._on_times)
        self.to.editingFinished.connect(self._on_times)
        self.least.valueChanged.connect(self._on_least)
        self._rejected.clicked.connect(self._on_rejected)
        search.known_changed.connect(self._on_known)
        search.query_changed.connect(self._on_query)
        search.result_changed.connect(self._on_query)

    def _clear(self) -> None:
        options = self._search.options
        self._search.set_options(
            replace(
                options,
                videos=None,
                from_s=None,
                to_s=None,
                minimum=None,
                rejected=False,
                only_likely=False,
            )
        )
        self._on_known()

    def _on_known(self) -> None:
        """The list of videos; those chosen stay so."""
        known = self._search.known
        if known is not None:
            rows = [(v.id, v.name, v.path) for v in known.videos]
            self.rows.set_rows(rows, self._search.options.videos)

    def _on_videos(self) -> None:
        self._search.set_options(replace(self._search.options, videos=self.rows.chosen))

    def _on_times(self) -> None:
        from_s, to_s = seconds(self.from_.text()), seconds(self.to.text())
        self._search.set_options(replace(self._search.options, from_s=from_s, to_s=to_s))

    def _on_least(self, step: int) -> None:
        low, high = self._range()
        minimum = None if step == 0 else low + (high - low) * step / STEPS
        self._value.setText(self._written(low if minimum is None else minimum))
        self._search.set_options(replace(self._search.options, minimum=minimum))

    def _on_rejected(self, on: bool) -> None:
        self._search.set_options(replace(self._search.options, rejected=on))

    def _on_query(self) -> None:
        options, (low, high) = self._search.options, self._range()
        is_calibrated = self._search.is_calibrated
        self.least.setAccessibleName(
            self.tr("Least probability") if is_calibrated else self.tr("Least similarity")
        )
        self.least.setToolTip(meaning(1.0 if is_calibrated else None, is_calibrated=is_calibrated))
        self._rejected.setChecked(options.rejected)
        self._rejected.setEnabled(self._search.person is not None)
        self._reset.setEnabled(options.n_limits > 0 or options.rejected or options.only_likely)
        for field, value in ((self.from_, options.from_s), (self.to, options.to_s)):
            if not field.hasFocus():
                field.setText("" if value is None else moment(value))
        if not self.least.isSliderDown():
            least = low if options.minimum is None else options.minimum
            with QSignalBlocker(self.least):
                self.least.setValue(round(STEPS * (least - low) / (high - low)))
            self._value.setText(self._written(least))

    def _written(self, least: float) -> str:
        return percent(least) if self._search.is_calibrated else decimal(least, 3)

    def _range(self) -> tuple[float, float]:
        """From the least to the greatest similarity of the answer; of all probabilities once it
        gives them.
        """
        found = self._search.found
        if self._search.is_calibrated:
            return 0.0, 1.0
        scores = [s.score for s in found.sightings] if found else []
        low, high = (min(scores), max(scores)) if scores else (0.0, 1.0)
        return low, max(high, low + 0.01)


def seconds(text: str) -> float | None:
    """1:02:03.5 or 1:02:03,5 -> 3723.5; None for nothing."""
    total = 0.0
    for part in text.split(":"):
        if not part.strip():
            return None
        total = total * 60 + float(part.replace(",", "."))
    return total
