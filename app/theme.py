"""How Cameo looks: colours by meaning, one style sheet made of them, and the icons.

Sizes are in device-independent pixels; Qt scales them. Text sizes follow the system's font.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPalette

from app.glyphs import Glyph

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

GAP = 8  # px between things that belong together; pages use multiples of it
ICON = 20  # px of an icon beside text
DRAWN = Path(__file__).parent / "drawn"  # arrows and ticks, which a style sheet takes from files


@dataclass(frozen=True, slots=True)
class Colours:
    """By meaning. Text on window and surface has a contrast of at least 4.5 to 1."""

    window: str
    surface: str  # cards, lists, fields
    raised: str  # hovered
    line: str  # borders
    text: str
    muted: str  # less important text
    accent: str  # what to do next, what is chosen
    on_accent: str
    face: str  # face evidence
    body: str  # body evidence
    good: str
    warn: str
    bad: str


LIGHT = Colours(
    window="#f6f4f1",
    surface="#ffffff",
    raised="#efebe6",
    line="#d9d3cb",
    text="#22201d",
    muted="#676059",
    accent="#a8452c",
    on_accent="#ffffff",
    face="#1f6fb2",
    body="#6b4fa3",
    good="#2e7d4f",
    warn="#9a6700",
    bad="#b3261e",
)
DARK = Colours(
    window="#1b1a19",
    surface="#252322",
    raised="#32302e",
    line="#403d3a",
    text="#f0ece7",
    muted="#aba39a",
    accent="#ec8a6d",
    on_accent="#1b1a19",
    face="#6db3ec",
    body="#b79ce8",
    good="#6fc492",
    warn="#e0b04a",
    bad="#f2877f",
)
_now = LIGHT


def colours() -> Colours:
    """Those in use."""
    return _now


def is_dark() -> bool:
    """Whether the dark ones are in use."""
    return _now is DARK


def over_picture(alpha: int, *, light: bool = False) -> QColor:
    """A shade laid over a picture, so that lines and words are seen on any; alpha: 0 to 255.

    It is the same in both themes, for pictures are.
    """
    shade = QColor("white" if light else "black")
    shade.setAlpha(alpha)
    return shade


def apply_theme(app: QApplication, theme: str) -> None:
    """Dress the program: theme is "system", "light" or "dark"."""
    global _now
    dark = theme == "dark" or (theme == "system" and _system_is_dark())
    _now = DARK if dark else LIGHT
    icon.cache_clear()
    app.setStyle("Fusion")
    app.setPalette(_palette(_now))
    app.setStyleSheet(_sheet(_now))


@cache
def icon(name: str, colour: str = "text") -> QIcon:
    """A Phosphor icon ("user", "film-strip" …) in one of the colours, by its meaning."""
    import qtawesome

    known = {f.name for f in fields(Colours)}
    shade = getattr(_now, colour) if colour in known else colour
    made: QIcon = qtawesome.icon(f"ph.{name}", color=shade, color_disabled=_now.line)
    return QIcon(Glyph(made))


def icon_size(px: int = ICON) -> QSize:
    """A square."""
    return QSize(px, px)


def _system_is_dark() -> bool:
    hints = QGuiApplication.styleHints()
    return hints is not None and hints.colorScheme() is Qt.ColorScheme.Dark


def _palette(c: Colours) -> QPalette:
    roles = QPalette.ColorRole
    palette = QPalette()
    for role, colour in {
        roles.Window: c.window,
        roles.WindowText: c.text,
        roles.Base: c.surface,
        roles.AlternateBase: c.window,
        roles.Text: c.text,
        roles.Button: c.surface,
        roles.ButtonText: c.text,
        roles.ToolTipBase: c.surface,
        roles.ToolTipText: c.text,
        roles.PlaceholderText: c.muted,
        roles.Highlight: c.accent,
        roles.HighlightedText: c.on_accent,
        roles.Link: c.accent,
        roles.Accent: c.accent,
        roles.Mid: c.line,
        roles.Dark: c.line,
    }.items():
        palette.setColor(role, QColor(colour))
    for role in (roles.Text, roles.ButtonText, roles.WindowText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(c.muted))
    return palette


def _sheet(c: Colours) -> str:
    """One style sheet. Widgets ask for a look by the property `look` (see each rule)."""
    drawn, shade = DRAWN.as_posix(), "dark" if c is DARK else "light"
    return f"""
QToolTip {{ background: {c.surface}; color: {c.text}; border: 1px solid {c.line}; padding: 4px; }}
QLabel[look="title"] {{ font-size: 18pt; font-weight: 600; }}
QLabel[look="heading"] {{ font-size: 12pt; font-weight: 600; }}
QLabel[look="muted"] {{ color: {c.muted}; }}
QLabel[look="warn"] {{ color: {c.warn}; }}
QLabel[look="bad"] {{ color: {c.bad}; }}
QLabel[look="good"] {{ color: {c.good}; }}
QLabel[look="badge"] {{ background: {c.raised}; color: {c.muted}; border-radius: 4px;
    padding: 1px 6px; }}
QLabel[look="badge-warn"] {{ background: transparent; color: {c.warn}; border: 1px solid {c.warn};
    border-radius: 4px; padding: 0 5px; }}
QFrame[look="card"] {{ background: {c.surface}; border: 1px solid {c.line}; border-radius: 8px; }}
QFrame[look="sidebar"] {{ background: {c.surface}; border: none;
    border-right: 1px solid {c.line}; }}
QFrame[look="drop"] {{ background: transparent; border: 2px dashed {c.accent};
    border-radius: 8px; }}
QPushButton, QToolButton[look="button"] {{ background: {c.surface}; color: {c.text};
    border: 1px solid {c.line}; border-radius: 6px; padding: 5px 12px; min-height: 20px; }}
QPushButton:hover, QToolButton[look="button"]:hover {{ background: {c.raised}; }}
QPushButton:focus, QToolButton:focus {{ border: 1px solid {c.accent}; }}
QPushButton:disabled {{ color: {c.muted}; background: {c.window}; }}
QPushButton[look="primary"] {{ background: {c.accent}; color: {c.on_accent};
    border: 1px solid {c.accent}; font-weight: 600; }}
QPushButton[look="primary"]:hover {{ border: 1px solid {c.text}; }}
QPushButton[look="primary"]:focus {{ border: 1px solid {c.text}; }}
QPushButton[look="primary"]:disabled {{ background: {c.raised}; color: {c.muted};
    border-color: {c.line}; }}
QPushButton[look="danger"] {{ color: {c.bad}; border-color: {c.bad}; }}
QToolButton {{ border: 1px solid transparent; border-radius: 6px; padding: 4px; }}
QToolButton:hover {{ background: {c.raised}; }}
QToolButton:checked {{ background: {c.raised}; color: {c.accent}; }}
QToolButton[look="nav"] {{ text-align: left; padding: 8px 12px; border-radius: 6px; }}
QToolButton[look="nav"]:checked {{ background: {c.raised}; color: {c.accent}; font-weight: 600; }}
QLineEdit, QPlainTextEdit, QTextEdit, QSpinBox, QDoubleSpinBox, QComboBox {{
    background: {c.surface}; border: 1px solid {c.line}; border-radius: 6px; padding: 4px 8px;
    min-height: 20px; selection-background-color: {c.accent};
    selection-color: {c.on_accent}; }}
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus,
QComboBox:focus {{ border: 1px solid {c.accent}; }}
QComboBox QAbstractItemView {{ border-radius: 0; }}
QComboBox::drop-down {{ border: none; width: 24px; }}
QComboBox::down-arrow {{ image: url("{drawn}/down-{shade}.svg"); width: 14px; height: 14px; }}
QAbstractSpinBox QLineEdit {{ border: none; background: transparent;
    margin-left: 6px; padding: 0; }}
QSpinBox::up-button, QDoubleSpinBox::up-button, QSpinBox::down-button,
QDoubleSpinBox::down-button {{ background: transparent; border: none; width: 20px;
    subcontrol-origin: border; }}
QSpinBox::up-button, QDoubleSpinBox::up-button {{ subcontrol-position: top right; }}
QSpinBox::down-button, QDoubleSpinBox::down-button {{ subcontrol-position: bottom right; }}
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow {{ image: url("{drawn}/up-{shade}.svg");
    width: 12px; height: 12px; }}
QSpinBox::down-arrow, QDoubleSpinBox::down-arrow {{ image: url("{drawn}/down-{shade}.svg");
    width: 12px; height: 12px; }}
QCheckBox {{ spacing: 8px; }}
QCheckBox::indicator {{ width: 16px; height: 16px; border: 1px solid {c.muted};
    border-radius: 4px; background: {c.surface}; }}
QCheckBox::indicator:hover, QCheckBox::indicator:focus {{ border: 1px solid {c.accent}; }}
QCheckBox::indicator:checked {{ background: {c.accent}; border: 1px solid {c.accent};
    image: url("{drawn}/check-{shade}.svg"); }}
QCheckBox::indicator:disabled {{ border: 1px solid {c.line}; background: {c.window}; }}
QListView, QTableView, QTreeView {{ background: {c.surface}; border: 1px solid {c.line};
    border-radius: 8px; outline: none; }}
QListView[look="plain"], QTableView[look="plain"] {{ background: transparent; border: none; }}
QTableView {{ gridline-color: transparent; selection-background-color: {c.raised};
    selection-color: {c.text}; }}
QHeaderView::section {{ background: {c.surface}; color: {c.muted}; border: none;
    border-bottom: 1px solid {c.line}; padding: 6px 8px; text-align: left; }}
QRadioButton::indicator {{ width: 12px; height: 12px; border: 2px solid {c.muted};
    border-radius: 8px; background: {c.surface}; }}
QRadioButton::indicator:hover, QRadioButton::indicator:focus {{ border-color: {c.accent}; }}
QRadioButton::indicator:checked {{ width: 6px; height: 6px; border: 5px solid {c.accent}; }}
QProgressBar {{ background: {c.raised}; border: none; border-radius: 3px; height: 6px;
    text-align: center; }}
QProgressBar::chunk {{ background: {c.accent}; border-radius: 3px; }}
QScrollArea {{ background: transparent; border: none; }}
QScrollBar:vertical {{ background: transparent; width: 12px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 12px; margin: 0; }}
QScrollBar::handle {{ background: {c.line}; border-radius: 4px; margin: 2px; min-height: 28px;
    min-width: 28px; }}
QScrollBar::handle:disabled {{ background: transparent; }}
QScrollBar::handle:hover {{ background: {c.muted}; }}
QAbstractScrollArea::corner {{ background: transparent; border: none; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QSplitter::handle {{ background: {c.line}; }}
QSplitter::handle:horizontal {{ width: 1px; }}
QSplitter::handle:vertical {{ height: 1px; }}
QTabBar {{ qproperty-drawBase: 0; }}
QTabBar::tab {{ background: transparent; color: {c.muted}; border: none;
    border-bottom: 2px solid {c.line}; padding: 6px 16px; }}
QTabBar::tab:hover {{ color: {c.text}; }}
QTabBar::tab:selected {{ color: {c.accent}; border-bottom: 2px solid {c.accent};
    font-weight: 600; }}
QTabBar::tab:focus {{ color: {c.text}; }}
QMenu {{ background: {c.surface}; border: 1px solid {c.line}; padding: 4px; }}
QMenu::item {{ padding: 5px 24px 5px 12px; border-radius: 4px; }}
QMenu::item:selected {{ background: {c.raised}; }}
QMenu::item:disabled {{ color: {c.muted}; }}
QFrame[look="toast"] {{ background: {c.text}; border-radius: 8px; }}
QFrame[look="toast"] QLabel {{ color: {c.window}; }}
QFrame[look="toast"] QPushButton {{ background: transparent; color: {c.window};
    border: 1px solid {c.window}; }}
QFrame[look="toast-bad"] {{ background: {c.surface}; border: 1px solid {c.bad};
    border-radius: 8px; }}
"""
