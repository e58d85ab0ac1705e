"""Scroll bars that keep their room while there is nothing to scroll."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractScrollArea, QAbstractSlider, QScrollBar


class SteadyBar(QScrollBar):
    """A vertical bar whose handle is only drawn while there is something to scroll."""

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Vertical)
        self.setEnabled(False)

    def sliderChange(self, change: QAbstractSlider.SliderChange) -> None:
        super().sliderChange(change)
        if change is QAbstractSlider.SliderChange.SliderRangeChange:
            self.setEnabled(self.maximum() > self.minimum())


def keep_room(view: QAbstractScrollArea) -> None:
    """Give a view a bar that is always there, so that its cells do not move when it is needed."""
    view.setVerticalScrollBar(SteadyBar())
    view.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
