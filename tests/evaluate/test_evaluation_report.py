"""The page of an evaluation needs nothing else, says what was found, and shows nobody unasked."""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from grey_people import Angles, Coarse, OneFace, grey

from reid_core.actions.evaluate import (
    ReidRules,
    SplitBy,
    Splits,
    Wanted,
    evaluate_all_pairs,
    evaluate_identify,
    evaluate_reid,
)
from reid_core.actions.evaluation_report import (
    Options,
    report_identify,
    report_pairs,
    report_reid,
)
from reid_core.types import Kind

EVIL = '<img src=x onerror="alert(1)">&amp;'


class Evil(Coarse):
    model = f"coarse {EVIL}"


class Checker(HTMLParser):
    """Every tag is closed, and no element but ours is there."""

    VOID = ("meta", "img")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.pictures: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag == "img":
            self.pictures.append(dict(attrs)["src"] or "")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    for i in range(14):
        for j in (1, 2):
            # a name that would be a tag, if it were let
            grey(12 + 12 * i + 2 * j, folder / f"P{i:02d} <b>&" / f"{j} <i onclick=alert(1)>.png")
    return folder


def page(path: Path) -> tuple[str, Checker]:
    text = path.read_text("utf-8")
    checker = Checker()
    checker.feed(text)
    assert checker.open == []
    assert not checker.seen & {"script", "i", "b", "link", "iframe"}
    assert "url(" not in text
    assert not re.search(r'(src|href)="(?!data:image/jpeg|#)', text)
    assert "http" not in text.replace("http-equiv", "")
    return text, checker


def test_verification(root: Path, tmp_path: Path) -> None:
    done = evaluate_all_pairs(
        root,
        OneFace(),
        [Angles(), Evil()],
        wanted=Wanted(far="1e-1", split=SplitBy(("size",)), rounds=50),
    )
    report_pairs(done, tmp_path / "r.html", Options(root))
    text, checker = page(tmp_path / "r.html")
    assert checker.pictures == []
    assert text.count("<svg") == 3  # both curves in one plot, and two histograms
    assert "378 pairs of 28 pictures of 14 people (14 of one person, 364 of two)" in text
    assert "&lt;img src=x onerror=" in text
    for d in done.differences:
        assert d.verdict in text
        assert f"{100 * d.low:+.2f} to {100 * d.high:+.2f}" in text
    assert done.changed is not None
    for t in done.changed.examples:
        assert " <b>&/" in t.first
        assert escape(t.first) in text
        assert escape(t.second) in text
    assert "By size" in text
    assert "not proof of identity" in text


def test_pictures_are_shown_when_asked_for(root: Path, tmp_path: Path) -> None:
    done = evaluate_all_pairs(root, OneFace(), [Angles(), Evil()], wanted=Wanted(far="1e-1"))
    assert done.changed is not None
    report_pairs(done, tmp_path / "r.html", Options(root, pictures=True))
    _, checker = page(tmp_path / "r.html")
    assert len(checker.pictures) == 2 * len(done.changed.examples) > 0


def test_a_warning_stands_out(root: Path, tmp_path: Path) -> None:
    labels = tmp_path / "l.csv"
    # people 0 to 5 are alike to this model, those from 6 on are not
    lines = [f"P{i:02d} <b>&,{'alike' if i < 7 else 'apart'}" for i in range(14)]
    labels.write_text("\n".join(["identity,who", *lines]), "utf-8")
    done = evaluate_all_pairs(
        root,
        OneFace(),
        [Angles()],
        wanted=Wanted(far="0.4", split=SplitBy(labels=labels), rounds=50),
    )
    report_pairs(done, tmp_path / "r.html", Options(root))
    text, _ = page(tmp_path / "r.html")
    assert text.count('<p class="warning">') == len(done.conditions[0].warnings) > 0


def test_identification(root: Path, tmp_path: Path) -> None:
    done = evaluate_identify(root, OneFace(), [Angles(), Evil()], how=Splits(splits=3, rounds=50))
    report_identify(done, tmp_path / "r.html", Options(root))
    text, checker = page(tmp_path / "r.html")
    assert text.count("<svg") == 2
    assert checker.pictures == []
    assert "7 people enrolled; 7 searches with somebody to find and 14 in vain" in text
    assert f"{100 * done.rank1_low:.2f} to {100 * done.rank1_high:.2f} %" in text


def test_re_identification(root: Path, tmp_path: Path) -> None:
    done = evaluate_reid(root, Angles(Kind.BODY), against=Evil(Kind.BODY), rules=ReidRules())
    report_reid(done, tmp_path / "r.html", Options(root, pictures=True))
    text, checker = page(tmp_path / "r.html")
    assert done.changed is not None
    assert len(checker.pictures) == 2 * len(done.changed.examples) > 0
    assert "28 queries among 27 pictures" in text
    assert f"{100 * done.mAP:.2f} %" in text


def test_one_model_alone_has_nothing_to_compare(root: Path, tmp_path: Path) -> None:
    report_pairs(
        evaluate_all_pairs(root, OneFace(), [Angles()], wanted=Wanted(rounds=20)),
        tmp_path / "r.html",
        Options(root),
    )
    text, _ = page(tmp_path / "r.html")
    assert "Compared" not in text
    assert "turned" not in text
    assert text.count("<svg") == 2
