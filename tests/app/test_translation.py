"""German is complete: every string of the source has its translation, and the window shows it."""

from __future__ import annotations

import ast
import re
import string
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from shutil import copyfile, which

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QLocale, QTimer, QTranslator
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QComboBox, QGroupBox, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

import reid_core
from app import bootstrap, language
from app.from_core import SENTENCES, in_window
from app.pages import HIDDEN, PAGES
from app.session import Session
from app.settings import LANGUAGES, Settings, save_settings
from app.views.window import Window
from app.words import decimal, moment, number, percent
from reid_core.errors import NameTaken
from reid_core.search.decide import Threshold

APP = Path(language.__file__).parent
TS = language.TRANSLATIONS / "cameo_de.ts"
HOW = "run `make translations`, translate what is unfinished in {}, and run it again"
Text = tuple[str, str]  # context, English


def literal(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def strings_of(path: Path) -> Iterator[tuple[str, str | None, int]]:
    """(context, English, line) of what is to be translated; None where that is no literal."""

    def walk(node: ast.AST, context: str) -> Iterator[tuple[str, str | None, int]]:
        if isinstance(node, ast.ClassDef):
            context = node.name
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            is_self = (
                isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == "self"
            )
            if name == "tr":
                yield context, literal(node.args[0]) if is_self else None, node.lineno
            elif name == "QT_TRANSLATE_NOOP" or (name == "translate" and len(node.args) == 2):
                given = literal(node.args[0])
                if given is not None:  # else it is a painter's
                    yield given, literal(node.args[1]), node.lineno
        for child in ast.iter_child_nodes(node):
            yield from walk(child, context)

    yield from walk(ast.parse(path.read_text("utf-8")), "")


def in_source() -> set[Text]:
    found = (s for path in APP.rglob("*.py") for s in strings_of(path))
    return {(context, text) for context, text, _ in found if text is not None}


def in_file(path: Path) -> dict[Text, str]:
    """What is translated; "" where it is not."""
    found = {}
    for context in ET.parse(path).getroot().iter("context"):
        for message in context.iter("message"):
            told = message.find("translation")
            key = context.findtext("name", ""), message.findtext("source", "")
            assert told is not None, key
            found[key] = (told.text or "") if told.get("type") is None else ""
    return found


def fields(text: str) -> Counter[str]:
    """The places for values, those without a name by their number."""
    found = [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]
    return Counter(name or str(n) for n, name in enumerate(found))


# ---- the file


def test_strings_stand_where_they_can_be_found() -> None:
    """As literals: in self.tr(), QCoreApplication.translate() or QT_TRANSLATE_NOOP()."""
    allowed = {("Shortcuts", "settings_parts.py"), ("Pages", "window.py")}  # from tables
    allowed |= {("Recipes", "train_form.py"), ("Core", "from_core.py"), ("EventLog", "events.py")}
    allowed |= {("JobDetail", "activity.py")}
    lost = [
        f"{path.relative_to(APP)}:{line}"
        for path in sorted(APP.rglob("*.py"))
        for context, text, line in strings_of(path)
        if text is None and (context, path.name) not in allowed
    ]
    assert not lost, f"write these as literals, and what varies with format(): {lost}"


def test_no_words_are_shown_past_the_translator() -> None:
    """What a call that shows words is given is no literal with letters in it."""
    shows = {"label", "button", "Header", "Section", "addItem", "addAction", "addRow", "addButton"}
    shows |= {"setText", "setToolTip", "setPlaceholderText", "setWindowTitle", "setAccessibleName"}
    shows |= {"setTitle", "setSuffix", "setInformativeText", "QLabel", "QCheckBox", "QRadioButton"}
    same = {"Cameo", "English", "Deutsch", " px"}  # in every language, as are examples of code
    lost = []
    for path in sorted(APP.rglob("*.py")):
        for call in (
            n for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Call)
        ):
            name = getattr(call.func, "attr", getattr(call.func, "id", ""))
            given = call.args[0] if name in shows and call.args else None
            parts = given.values if isinstance(given, ast.JoinedStr) else [given]
            words = "".join(literal(part) or "" for part in parts if part is not None)
            is_code = words in same or "://" in words or "=" in words
            if any(c.isalpha() for c in words) and not is_code:
                lost.append(f"{path.relative_to(APP)}:{call.lineno}: {words}")
    assert not lost, f"take these through tr(): {lost}"


def test_every_string_is_translated() -> None:
    there = in_file(TS)
    missing = sorted(k for k in in_source() if not there.get(k))
    assert not missing, f"{len(missing)} strings have no German: {missing}; {HOW.format(TS.name)}"
    gone = sorted(there.keys() - in_source())
    assert not gone, f"no longer in the source: {gone}; run `make translations`"


def test_the_translators_tool_finds_the_same(tmp_path: Path) -> None:
    tool = which("pyside6-lupdate", path=str(Path(sys.executable).parent))
    assert tool, "pyside6-lupdate is missing; it comes with PySide6-Essentials: make install"
    fresh = tmp_path / TS.name
    copyfile(TS, fresh)
    files = sorted(str(p) for p in APP.rglob("*.py"))
    options = ["-silent", "-no-obsolete", "-locations", "none"]
    subprocess.run([tool, *options, *files, "-ts", str(fresh)], check=True, timeout=120)
    assert in_file(fresh).keys() == in_source()
    assert in_file(fresh) == in_file(TS), HOW.format(TS.name)


def test_what_is_shipped_is_what_is_written() -> None:
    made = QTranslator()
    assert made.load(str(TS.with_suffix(".qm")))
    late = [k for k, german in in_file(TS).items() if made.translate(*k) != german]
    assert not late, f"cameo_de.qm is older than cameo_de.ts: {late}; run `make translations`"


@pytest.mark.parametrize("path", sorted(language.TRANSLATIONS.glob("*.ts")), ids=lambda p: p.name)
def test_places_for_values_agree(path: Path) -> None:
    for (_, english), theirs in in_file(path).items():
        if theirs:
            assert fields(english) == fields(theirs), (english, theirs)
            ends = [
                (t[: len(t) - len(t.lstrip())], t[len(t.rstrip()) :]) for t in (english, theirs)
            ]
            assert ends[0] == ends[1], f"spaces at the ends: {english!r}, {theirs!r}"


def test_places_for_values_are_counted() -> None:
    assert fields("{} of {}") == fields("{1} von {0}") != fields("{} von")
    assert fields("{a} {b}") != fields("{a} {c}")


# ---- the sentences of reid_core


def said_in(folder: Path) -> str:
    """Every text of its modules, what varies in it as {}."""

    def text(node: ast.AST) -> str:
        if isinstance(node, ast.JoinedStr):
            return "".join(str(literal(v) or "{}") for v in node.values)
        return literal(node) or "" if isinstance(node, ast.expr) else ""

    trees = (ast.parse(path.read_text("utf-8")) for path in folder.rglob("*.py"))
    return "\n".join(text(node) for tree in trees for node in ast.walk(tree))


def test_the_sentences_of_reid_core_are_still_said() -> None:
    from reid_core.learn.recipes import recipes

    said = said_in(Path(reid_core.__file__).parent)
    said += "\n".join(one.text for one in recipes())
    said += (Path(reid_core.__file__).parent / "models" / "catalog.toml").read_text("utf-8")
    left = []
    for form in SENTENCES:  # some are put together of several
        parts = (part.strip(" .")[:38] for part in re.split(r"\{\}|[.:] ", form))
        left += [form for part in parts if part not in said]
    assert not left, f"reid_core says these no more: change them in app/from_core.py: {left}"


def test_what_reid_core_says_is_said_in_german(german: None) -> None:
    assert in_window("a.mp4 is empty.") == "a.mp4 ist leer."
    known = "No face was found in a. Bild.jpg. Try a larger or clearer picture."
    assert in_window(known).startswith("Kein Gesicht in a. Bild.jpg gefunden. Versuchen")
    assert in_window("Nothing that is known.") == "Nothing that is known."
    reference = "LFW at one false match in 1,000 pairs of strangers"
    sure = in_window(Threshold(0.931, "reference", reference).describe())
    assert sure.startswith("nicht kalibriert: 0,931 ist ein Richtwert aus LFW bei einer Verw")


def test_numbers_in_what_reid_core_says_are_written_as_germans_do(german: None) -> None:
    assert in_window("Threads: 1,000.") == "Threads: 1,000.", "not known"
    basis = (
        "on your data about 1 in 12,500 pairs of different people reach it, between 1 in 900 and 1"
    )
    said = in_window(f"calibrated: 0.412 ({basis} in 1,900)")
    assert [part in said for part in ("0,412", "12.500", "900", "1.900)")] == [True] * 4


def test_an_error_is_told_in_german(german: None, session: Session, qtbot: QtBot) -> None:
    with qtbot.waitSignal(session.message) as told:
        session.tell(NameTaken("Somebody named Ada is enrolled already."))
    assert told.args[0].text == "Jemand namens Ada ist schon angelegt."


# ---- the window


@pytest.fixture
def german(qapp) -> Iterator[None]:
    """The whole program in German."""
    before = QLocale()
    language.speak(qapp, "de")
    yield
    language.speak(qapp, "en")
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QLocale.setDefault(before)


def texts_of(widget: QWidget) -> Iterator[str]:
    """Every word that somebody may read or hear in it."""
    for one in (widget, *widget.findChildren(QWidget)):
        yield from (one.toolTip(), one.accessibleName(), one.windowTitle())
        if isinstance(one, (QLabel, QAbstractButton)):
            yield one.text()
        if isinstance(one, QGroupBox):
            yield one.title()
        if isinstance(one, QLineEdit):
            yield one.placeholderText()
        if isinstance(one, QComboBox):
            yield from (one.itemText(n) for n in range(one.count()))
    yield from (a.text() for a in widget.findChildren(QAction))


def test_qt_speaks_german_too(german: None) -> None:
    assert QCoreApplication.translate("QPlatformTheme", "Cancel") == "Abbrechen"


@pytest.mark.parametrize("key", [e.key for e in (*PAGES, *HIDDEN)])
def test_each_page_is_german(key: str, german: None, session: Session, qtbot: QtBot) -> None:
    told = {"people": "Personen", "footage": "Aufnahmen", "search": "Suche", "live": "Live"}
    told |= {"train": "Training", "models": "Modelle", "settings": "Einstellungen"}
    told |= {"welcome": "Willkommen bei Cameo"}
    window = Window(session)
    qtbot.addWidget(window)
    window.show()
    window.show_page(key)
    qtbot.waitUntil(lambda: not session.tasks.jobs, timeout=20000)
    shown = set(texts_of(window))
    assert told[key] in shown
    known = in_file(TS)
    english = {text for (_, text), theirs in known.items() if theirs != text}
    left = (shown & english) - set(known.values())
    assert not left, f"these were not taken through tr(): {left}"
    window.close()


def test_numbers_are_written_as_germans_do(german: None) -> None:
    assert (decimal(1234.567, 2), percent(0.843), moment(62.5)) == ("1234,57", "84 %", "1:02,5")
    assert number(0.001) == "0,001"


def test_numbers_are_written_as_the_english_do() -> None:
    assert (decimal(1234.567, 2), percent(0.843, 1), moment(62.5)) == ("1234.57", "84.3%", "1:02.5")


def test_german_can_be_chosen_and_is_spoken_once_opened_again(
    tmp_path: Path, model_store, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot, qapp
) -> None:
    """The whole program: Deutsch is chosen among the settings, and the window comes up anew."""
    monkeypatch.setenv("CAMEO_SETTINGS", str(tmp_path / "app.json"))
    monkeypatch.setenv("CAMEO_MODELS", str(model_store.folder))
    save_settings(Settings(seen_welcome=True, theme="light", language="en"), tmp_path / "app.json")
    seen: list[set[str]] = []
    make, before = bootstrap.make_window, QLocale()

    def choose(window: Window) -> None:
        window.show_page("settings")
        page = window.page("settings")
        page.look.language.activated.emit(LANGUAGES.index("de"))
        page.again.click()

    def watched(session: Session) -> Window:
        window = make(session)
        seen.append(set(texts_of(window)))
        then = (lambda: choose(window)) if len(seen) == 1 else window.close
        QTimer.singleShot(50, window, then)
        return window

    monkeypatch.setattr(bootstrap, "make_window", watched)
    try:
        assert bootstrap.main(["--library", str(tmp_path / "library")]) == 0
    finally:
        bootstrap.dress(qapp, replace(Settings(), language="en", theme="light"))
        QLocale.setDefault(before)
    assert "People" in seen[0]
    assert "Personen" in seen[1]
    assert "People" not in seen[1]
