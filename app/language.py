"""The language that the window speaks: English, or one whose translation is there."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

TRANSLATIONS = Path(__file__).parent / "translations"  # cameo_de.qm and the like


def is_translated(language: str) -> bool:
    """Whether the window can speak it: "en", "de" …"""
    return language == "en" or (TRANSLATIONS / f"cameo_{language}.qm").is_file()


def speak(app: QCoreApplication, language: str) -> None:
    """Use a language, "system" for the computer's. Safe to do again.

    Numbers and dates follow it too; words stay English, Qt's own as well, without a translation.
    """
    for old in app.findChildren(QTranslator):
        app.removeTranslator(old)
        old.deleteLater()
    locale = QLocale.system() if language == "system" else QLocale(language)
    QLocale.setDefault(locale)
    if locale.language() is QLocale.Language.English:
        return
    theirs = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    for name, folder in (("cameo", str(TRANSLATIONS)), ("qtbase", theirs)):
        translator = QTranslator(app)
        if not translator.load(locale, name, "_", folder):
            translator.deleteLater()
            return
        app.installTranslator(translator)
