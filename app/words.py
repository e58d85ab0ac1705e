"""Times and sizes as people write them."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale, Qt, QTimeZone

SHORT = QLocale.FormatType.ShortFormat
LONGEST = 24  # letters of a name beside a box in a picture
ON_BUTTON = 26  # of one on a button


def shortened(name: str, longest: int = LONGEST) -> str:
    """A name short enough to stand over a face, beside what is said of it."""
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def on_button(name: str) -> str:
    """A name for a button: not too long, and no shortcut in it."""
    return shortened(name, ON_BUTTON).replace("&", "&&")


def clock(seconds: float) -> str:
    """3723.4 -> 1:02:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def moment(seconds: float) -> str:
    """3723.45 -> 1:02:03.5."""
    whole, tenths = divmod(round(max(seconds, 0.0) * 10), 10)
    return f"{clock(whole)}{QLocale().decimalPoint()}{tenths}"


def remaining(seconds: float) -> str:
    """A time to go in few words: 40 s, 12 min, 3 h 20 min."""
    if seconds < 90:
        return f"{max(round(seconds), 1)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def local_time(stored: str) -> str:
    """A stored moment (ISO 8601, UTC) as a clock here would show it; "" for none."""
    when = _here(stored)
    return QLocale().toString(when, SHORT) if when.isValid() else ""


def local_day(stored: str) -> str:
    """A stored moment (ISO 8601, UTC) as the date here; "" for none."""
    when = _here(stored)
    return QLocale().toString(when.date(), SHORT) if when.isValid() else ""


def decimal(value: float, places: int) -> str:
    """0.973 -> 0.97, or 0,97 where people write it so."""
    locale = QLocale()
    locale.setNumberOptions(QLocale.NumberOption.OmitGroupSeparator)
    return locale.toString(float(value), "f", places)


def number(value: float, digits: int = 6) -> str:
    """0.001 -> 0.001, or 0,001 where people write it so; as many digits as it takes."""
    return f"{value:.{digits}g}".replace(".", QLocale().decimalPoint())


def percent(share: float, places: int = 0) -> str:
    """0.843 -> 84%, or 84 % where people write it so."""
    form = QCoreApplication.translate("Words", "{}%")
    return form.format(decimal(100 * share, places))


def file_size(n_bytes: int) -> str:
    """396612 -> 396.6 kB."""
    return QLocale().formattedDataSize(n_bytes, 1, QLocale.DataSizeFormat.DataSizeSIFormat)


def _here(stored: str) -> QDateTime:
    when = QDateTime.fromString(stored, Qt.DateFormat.ISODate)
    if when.timeSpec() is Qt.TimeSpec.LocalTime:  # it does not say where its clock is
        when.setTimeZone(QTimeZone.utc())
    return when.toLocalTime()
