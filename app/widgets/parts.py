"""Small things every page is made of."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.tips import plain_tip

SHORT = 120  # px that text which is wrapped or shortened has at least


def label(
    text: str = "", look: str = "", *, wrap: bool = False, selectable: bool = False
) -> QLabel:
    """Plain text (never taken for HTML, since names and paths come from outside). selectable:
    with the mouse, to be copied.
    """
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    if selectable:
        made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    if look:
        made.setProperty("look", look)
    return made


def button(
    text: str, call: Callable[[], object], *, icon: str = "", look: str = "", tip: str = ""
) -> QPushButton:
    """A push button. look: "primary" (one a page), "danger" or ""."""
    made = QPushButton(text)
    made.clicked.connect(lambda _=False: call())
    made.setProperty("look", look)
    if icon:
        shade = {"primary": "on_accent", "danger": "bad"}.get(look, "text")
        made.setIcon(theme.icon(icon, shade))
        made.setProperty("icon_name", icon)  # by which the window draws it anew in another theme
        made.setProperty("icon_shade", shade)
    if tip:
        made.setToolTip(tip)
    return made


def tool(
    icon: str, name: str, call: Callable[[], object], *, checkable: bool = False
) -> QToolButton:
    """A button that is only an icon; name: its tool tip and accessible name."""
    made = QToolButton()
    made.setIcon(theme.icon(icon))
    made.setProperty("icon_name", icon)
    made.setIconSize(theme.icon_size())
    made.setToolTip(name)
    made.setAccessibleName(name)
    made.setCheckable(checkable)
    made.clicked.connect(lambda _=False: call())
    return made


def row(*widgets: QWidget | None, gap: int = theme.GAP) -> QHBoxLayout:
    """Side by side; None is a stretch."""
    made = QHBoxLayout()
    made.setSpacing(gap)
    for one in widgets:
        made.addStretch() if one is None else made.addWidget(one)
    return made


def card() -> tuple[QFrame, QVBoxLayout]:
    """A framed box and the layout inside."""
    frame = QFrame()
    frame.setProperty("look", "card")
    inside = QVBoxLayout(frame)
    inside.setContentsMargins(2 * theme.GAP, 2 * theme.GAP, 2 * theme.GAP, 2 * theme.GAP)
    inside.setSpacing(theme.GAP)
    return frame, inside


def column() -> tuple[QWidget, QVBoxLayout]:
    """A plain box without edges and the layout inside, one thing below the other."""
    made = QWidget()
    inside = QVBoxLayout(made)
    inside.setContentsMargins(0, 0, 0, 0)
    inside.setSpacing(theme.GAP)
    return made, inside


def banner(words: QLabel, *actions: QWidget) -> QFrame:
    """A framed line across a page that says something; hidden at first."""
    frame = QFrame()
    frame.setProperty("look", "card")
    line = row(words, *actions)
    line.setStretch(0, 1)
    line.setContentsMargins(2 * theme.GAP, theme.GAP, theme.GAP, theme.GAP)
    frame.setLayout(line)
    frame.hide()
    return frame


class _UpAndDown(QScrollArea):
    """Is never narrower than what it holds, which could not be scrolled across."""

    def minimumSizeHint(self) -> QSize:
        least, inner = super().minimumSizeHint(), self.widget()
        if inner is None:
            return least
        bar = self.verticalScrollBar().sizeHint().width()
        return QSize(max(least.width(), inner.minimumSizeHint().width() + bar), least.height())

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:  # what it holds needs more, or less
            self.updateGeometry()
        return super().event(event)


def scrolled(inner: QWidget, *, whole: bool = False) -> QScrollArea:
    """Up and down only, on the ground that is around it. whole: never too narrow for inner."""
    area = _UpAndDown() if whole else QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(inner)
    inner.setAutoFillBackground(False)  # which setWidget has turned on
    area.viewport().setAutoFillBackground(False)
    return area


def clear(layout: QLayout) -> None:
    """Take all widgets out of a layout, at once for the eye."""
    while (item := layout.takeAt(0)) is not None:
        if (old := item.widget()) is not None:
            old.hide()
            old.deleteLater()


class Header(QWidget):
    """A page's head: its title, a line beneath, and its actions at the right."""

    def __init__(self, title: str, *actions: QWidget) -> None:
        super().__init__()
        self.line = Line()
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(label(title, "title"))
        words.addWidget(self.line)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, theme.GAP)
        whole.setSpacing(theme.GAP)
        whole.addLayout(words)
        whole.addStretch()
        for one in actions:
            whole.addWidget(one)


class Line(QLabel):
    """One line that is shortened where there is no room; then its tool tip is the whole."""

    def __init__(
        self, look: str = "muted", *, elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight
    ) -> None:
        super().__init__()
        self._elide = elide
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("look", look)

    def minimumSizeHint(self) -> QSize:
        whole = super().minimumSizeHint()
        return QSize(min(whole.width(), SHORT), whole.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        place, metrics = self.contentsRect(), self.fontMetrics()
        shown = metrics.elidedText(self.text(), self._elide, place.width())
        self.setToolTip(plain_tip(self.text()) if shown != self.text() else "")
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(place, int(Qt.AlignmentFlag.AlignVCenter), shown)


class Paragraph(QLabel):
    """Wrapped, muted text of one width, always as tall as it needs: layouts ask too late."""

    def __init__(self, text: str, width: int) -> None:
        super().__init__()
        self._widest = width
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setProperty("look", "muted")
        self.setFixedWidth(width)
        self.setText(text)

    def setText(self, text: str) -> None:
        super().setText(text)
        self._grow()

    def fit(self, room: int) -> None:
        """Be as wide as there is room, in px, but no wider than was said."""
        self.setFixedWidth(max(min(self._widest, room), SHORT))
        self._grow()

    def _grow(self) -> None:
        self.setMinimumHeight(max(self.heightForWidth(self.width()), 0))


class EmptyState(QWidget):
    """Nothing is here yet: an icon, what that means, and what to do next."""

    def __init__(self, icon: str, title: str, text: str, *actions: QWidget) -> None:
        super().__init__()
        self._icon = icon
        picture = QLabel()
        picture.setPixmap(theme.icon(icon, "muted").pixmap(56, 56))
        picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.title, self.text = label(title, "heading"), Paragraph(text, 440)
        for one in (self.title, self.text):
            one.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._inside = whole = QVBoxLayout(self)
        whole.setSpacing(theme.GAP)
        whole.addStretch()
        whole.addWidget(picture)
        whole.addWidget(self.title)
        whole.addWidget(self.text, 0, Qt.AlignmentFlag.AlignHCenter)
        self._actions = row(None, *actions, None)
        whole.addLayout(self._actions)
        whole.addStretch()

    def minimumSizeHint(self) -> QSize:
        edges = self._inside.contentsMargins()
        least = max(self._actions.minimumSize().width(), 2 * SHORT) + edges.left() + edges.right()
        return QSize(least, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        edges = self._inside.contentsMargins()
        self.text.fit(event.size().width() - edges.left() - edges.right())
        super().resizeEvent(event)
