"""Whether the views of somebody are good enough to enrol them, said before they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from app.words import decimal

if TYPE_CHECKING:
    from reid_core.actions.live_looks import LiveLook


def judgement(looks: Sequence[LiveLook]) -> str:
    """A sentence on the views, which come best first."""
    from reid_core.quality import LEAST

    if not looks:
        return QCoreApplication.translate("Live", "There is no view of this person any more.")
    best = looks[0].quality
    if best < LEAST:
        return QCoreApplication.translate(
            "Live",
            "The best view has a quality of {0}, below the limit of {1}. Wait until this "
            "person comes closer or looks at the camera.",
        ).format(decimal(best, 2), decimal(LEAST, 2))
    good = sum(look.quality >= LEAST for look in looks)
    text = (
        QCoreApplication.translate(
            "Live", "{0} views become templates; the best has a quality of {1}."
        )
        if good > 1
        else QCoreApplication.translate("Live", "One view becomes a template; its quality is {1}.")
    )
    return text.format(good, decimal(best, 2))
