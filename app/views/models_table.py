"""The table of models, and how its cells are painted."""

from __future__ import annotations

from PySide6.QtCore import (
    QModelIndex,
    QPoint,
    QRect,
    QSize,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from app import theme
from app.models.installed import Column, InstalledModel
from app.models.rows import Index, RowRole, SortRole
from app.viewmodels.models_rows import ModelRow
from app.widgets.painting import MIDDLE, paint_row_ground, paint_share, paint_text
from app.widgets.table import Table
from app.words import percent

LINE = 44  # px
BAR = 5  # px
WIDTHS = {  # px, by the least width of the table from which they hold; the rest is stretched
    0: {Column.NAME: 148, Column.STATE: 104},
    470: {Column.NAME: 160, Column.STATE: 118, Column.SPEED: 84},
    640: {Column.NAME: 168, Column.ROLE: 136, Column.STATE: 128, Column.SPEED: 88},
    720: {
        Column.NAME: 176,
        Column.ROLE: 138,
        Column.STATE: 138,
        Column.SIZE: 80,
        Column.SPEED: 88,
    },
    1060: {
        Column.NAME: 200,
        Column.ROLE: 160,
        Column.STATE: 150,
        Column.LICENCE: 380,
        Column.SIZE: 90,
        Column.SPEED: 96,
        Column.SOURCE: 0,
    },
}
FILTERS = ("all", "there", "commercial")


class Cells(QStyledItemDelegate):
    """Text; the state with a bar while something is done; the licence with its badge."""

    def __init__(self, words: InstalledModel) -> None:
        super().__init__()
        self._words = words

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: ModelRow = index.data(RowRole)
        column, c = Column(index.column()), theme.colours()
        paint_row_ground(painter, option)
        place = option.rect.adjusted(theme.GAP, 0, -theme.GAP, 0)
        text = str(index.data())
        if column is Column.STATE:
            self._state(painter, option, place, row, text)
            return
        if column is Column.LICENCE and (badge := self._words.terms_text(row)):
            place.setLeft(_badge(painter, option, place, badge) + theme.GAP)
        if column in (Column.SIZE, Column.SPEED):
            place.setLeft(place.right() - QFontMetrics(option.font).horizontalAdvance(text) - 1)
        is_name = column is Column.NAME
        colour = c.text if row.is_there or is_name else c.muted
        bold = is_name and row.state == "in use"
        paint_text(painter, place, text, colour, option.font, bold=bold)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        wide = QFontMetrics(option.font).horizontalAdvance(str(index.data()))
        return QSize(wide + 3 * theme.GAP, LINE)

    def _state(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        place: QRect,
        row: ModelRow,
        text: str,
    ) -> None:
        c = theme.colours()
        if row.doing:
            upper = place.adjusted(0, 4, 0, -place.height() // 2 + 4)
            words = f"{text} · {percent(row.share)}" if row.share else text
            paint_text(painter, upper, words, c.accent, option.font)
            bar = QRect(place.left(), place.center().y() + 7, place.width(), BAR)
            paint_share(painter, bar, row.share, c.accent)
            return
        marks = {"in use": ("check-circle", "good"), "installed": ("check", "muted")}
        marks |= {"needed": ("warning", "warn"), "damaged": ("warning", "bad")}
        name, shade = marks.get(row.state, ("cloud-arrow-down", "muted"))
        spot = QRect(place.left(), place.center().y() - 8, 16, 16)
        theme.icon(name, shade).paint(painter, spot)
        colour = getattr(c, shade) if shade != "muted" else c.text if row.is_there else c.muted
        paint_text(painter, place.adjusted(22, 0, 0, 0), text, colour, option.font)


class ModelTable(Table):
    """Sorted by a click on a head; Enter does the most likely thing, Delete removes."""

    chosen = Signal(str)  # a model's name
    wanted = Signal(str, str)  # what is to be done ("" for the most likely thing), with which
    menu_asked = Signal(str, QPoint)

    def __init__(self, rows: InstalledModel) -> None:
        super().__init__(LINE)
        self.rows, self._name, self._fits = rows, "", -1
        self._filter = _Filter(self)
        self._filter.setSourceModel(rows)
        self._filter.setSortRole(SortRole)
        self.setModel(self._filter)
        self._cells = Cells(rows)
        self.setItemDelegate(self._cells)
        self.setAccessibleName(self.tr("Models"))
        self._look()
        self.customContextMenuRequested.connect(self._on_menu)
        self.doubleClicked.connect(lambda i: self.wanted.emit("", i.data(RowRole).name))
        self.selectionModel().currentRowChanged.connect(self._on_current)
        for signal in (self._filter.modelReset, self._filter.rowsInserted):
            signal.connect(lambda *_: self.choose(self._name))

    def show_only(self, which: str) -> None:
        """One of FILTERS."""
        self._filter.use(which)
        self.choose(self._name)

    def choose(self, name: str) -> None:
        """Choose a row without telling."""
        self._name = name
        self.choose_quietly(self._filter.mapFromSource(self.rows.index_of(name)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        row: ModelRow | None = index.data(RowRole) if index.isValid() else None
        if row is not None and event.key() == Qt.Key.Key_Delete:
            self.wanted.emit("remove", row.name)
        elif row is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.wanted.emit("", row.name)
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit(event.size().width())
        super().resizeEvent(event)

    def _fit(self, width: int) -> None:
        """The columns that there is room for."""
        least = max(k for k in WIDTHS if k <= max(width, 0))
        if least == self._fits:
            return
        self._fits = least
        wanted, head = WIDTHS[least], self.horizontalHeader()
        stretched = Column.SOURCE if Column.SOURCE in wanted else Column.LICENCE
        for column in Column:
            self.setColumnHidden(column, column not in wanted and column is not stretched)
            is_wide = column is stretched
            mode = QHeaderView.ResizeMode
            head.setSectionResizeMode(column, mode.Stretch if is_wide else mode.Interactive)
            if not is_wide and column in wanted:
                self.setColumnWidth(column, wanted[column])

    def _look(self) -> None:
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSortingEnabled(True)
        self.sortByColumn(Column.ROLE, Qt.SortOrder.AscendingOrder)
        self._fit(self.viewport().width())

    def _on_current(self, index: QModelIndex) -> None:
        if index.isValid():
            self._name = index.data(RowRole).name
            self.chosen.emit(self._name)

    def _on_menu(self, place: QPoint) -> None:
        index = self.indexAt(place)
        if index.isValid():
            spot = self.viewport().mapToGlobal(place)
            self.menu_asked.emit(index.data(RowRole).name, spot)


class _Filter(QSortFilterProxyModel):
    def __init__(self, parent: QTableView) -> None:
        super().__init__(parent)
        self._which = "all"

    def use(self, which: str) -> None:
        self._which = which
        self.invalidate()

    def filterAcceptsRow(self, source_row: int, source_parent: Index) -> bool:
        row: ModelRow = self.sourceModel().index(source_row, 0).data(RowRole)
        if self._which == "there":
            return row.state != "available"
        return self._which == "all" or row.manifest.commercial


def _badge(painter: QPainter, option: QStyleOptionViewItem, place: QRect, text: str) -> int:
    """A framed word of warning; returns where it ends."""
    font, c = option.font, theme.colours()
    metrics = QFontMetrics(font)
    width = min(metrics.horizontalAdvance(text) + 12, place.width())
    box = QRect(0, 0, width, metrics.height() + 2)
    box.moveCenter(place.center())
    box.moveLeft(place.left())
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(c.warn)))
    painter.drawRoundedRect(box, 4, 4)
    painter.restore()
    paint_text(painter, box.adjusted(5, 0, -5, 0), text, c.warn, font, align=MIDDLE)
    return box.right()
