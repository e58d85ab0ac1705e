"""How a sighting, a video's lane and somebody to search for are painted."""

from __future__ import annotations

from PySide6.QtCore import (
    QCoreApplication,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from app import theme
from app.models.rows import Index, RowRole
from app.viewmodels.search_rows import Lane, PersonRow, Row
from app.widgets.painting import paint_ground, paint_picture, paint_text
from app.widgets.thumbs import Thumbnails
from app.widgets.timeline import paint_bar
from app.words import clock

THUMB = 72  # px
CARD = THUMB + 2 * theme.GAP + 4
NARROW = 270  # px: a card is at least this wide
LANE = 34
NAME = 190  # px of a lane for the video's name
PERSON = 44


class SightingDelegate(QStyledItemDelegate):
    """A card: the best view, how alike, which video, when."""

    def __init__(self, thumbs: Thumbnails) -> None:
        super().__init__()
        self._thumbs = thumbs
        self.width = NARROW

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: Row = index.data(RowRole)
        c, one = theme.colours(), row.sighting
        cell = option.rect.adjusted(3, 2, -3, -2)
        paint_ground(painter, option, cell)
        box = QRect(cell.left() + 6, cell.top() + 6, THUMB, THUMB)
        is_face = one.kind == "face"
        paint_picture(painter, box, self._thumbs.get(row.media), "user" if is_face else "person")
        words = QRect(box.right() + 12, box.top(), cell.right() - box.right() - 20, THUMB)
        third = words.height() // 3
        first = QRect(words.left(), words.top(), words.width(), third)
        shade = "face" if is_face else "body"
        mark = QRect(first.right() - 18, first.center().y() - 9, 18, 18)
        theme.icon("smiley" if is_face else "person", shade).paint(painter, mark)
        self._likeness(painter, first.adjusted(0, 0, -24, 0), row, option)
        second, last = first.translated(0, third), first.translated(0, 2 * third)
        middle = Qt.TextElideMode.ElideMiddle
        paint_text(painter, second, row.name, c.text, option.font, elide=middle)
        paint_text(painter, last, self._times(row), c.muted, option.font)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(self.width, CARD)

    def _likeness(
        self, painter: QPainter, place: QRect, row: Row, option: QStyleOptionViewItem
    ) -> None:
        c = theme.colours()
        strong = row.is_likely and row.sighting.probability is not None
        colour = c.accent if strong else c.text
        taken = paint_text(painter, place, row.likeness, colour, option.font, bold=True)
        place = place.adjusted(taken + 10, 0, 0, 0)
        word, shade, icon = _standing(row)
        if icon:
            spot = QRect(place.left(), place.center().y() - 8, 16, 16)
            theme.icon(icon, shade).paint(painter, spot)
            place = place.adjusted(20, 0, 0, 0)
        paint_text(painter, place, word, getattr(c, shade), option.font, bold=bool(icon))

    def _times(self, row: Row) -> str:
        one = row.sighting
        length = max(one.end_s - one.start_s, 0.0)
        seconds = QCoreApplication.translate("SightingDelegate", "{} s").format(f"{length:.0f}")
        if length < 1:
            return clock(one.start_s)
        return f"{clock(one.start_s)} – {clock(one.end_s)}  ·  {seconds}"


class LaneDelegate(QStyledItemDelegate):
    """A video's name and its time with the sightings."""

    def __init__(self) -> None:
        super().__init__()
        self.chosen = ""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        lane: Lane = index.data(RowRole)
        c = theme.colours()
        paint_ground(painter, option, option.rect.adjusted(2, 1, -2, -1))
        name = QRect(option.rect.left() + 10, option.rect.top(), NAME - 20, option.rect.height())
        paint_text(
            painter, name, lane.name, c.text, option.font, elide=Qt.TextElideMode.ElideMiddle
        )
        paint_bar(painter, groove_of(option.rect), lane.spans, lane.duration_s, chosen=self.chosen)
        length = option.rect.adjusted(option.rect.width() - 66, 0, -6, 0)
        paint_text(painter, length, clock(lane.duration_s), c.muted, option.font)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(NAME + 200, LANE)


class PersonDelegate(QStyledItemDelegate):
    """A portrait and a name."""

    def __init__(self, thumbs: Thumbnails) -> None:
        super().__init__()
        self._thumbs = thumbs

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: PersonRow = index.data(RowRole)
        paint_ground(painter, option, option.rect.adjusted(2, 1, -2, -1))
        box = QRect(option.rect.left() + 6, option.rect.top() + 4, PERSON - 8, PERSON - 8)
        paint_picture(painter, box, self._thumbs.get(row.media), "user")
        words = option.rect.adjusted(PERSON + 10, 0, -8, 0)
        paint_text(painter, words, row.name, theme.colours().text, option.font)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(220, PERSON)


def groove_of(rect: QRect) -> QRectF:
    """The bar of a lane's row."""
    width = max(rect.width() - NAME - 74, 20)
    return QRectF(rect.left() + NAME, rect.center().y() - 5, width, 11)


def _standing(row: Row) -> tuple[str, str, str]:
    """What is thought of a sighting: the word, its colour's meaning, its icon."""
    translate = QCoreApplication.translate
    if row.sighting.verdict == "same":
        return translate("SightingDelegate", "confirmed"), "good", "check-circle"
    if row.sighting.verdict == "different":
        return translate("SightingDelegate", "somebody else"), "bad", "x-circle"
    if row.sighting.probability is not None:  # which says it better than a word
        return "", "muted", ""
    if row.is_likely:
        return translate("SightingDelegate", "likely"), "accent", ""
    return translate("SightingDelegate", "possible"), "muted", ""
