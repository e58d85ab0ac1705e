"""The report is one file that needs nothing else, whatever people and files are called."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reid_core.images import encode_jpeg
from reid_core.report.html import Card, Page, write_html
from reid_core.report.table import write_csv
from reid_core.types import Kind, Sighting

EVIL = '<script>alert("x")</script> & "quotes"'


def sighting(**changes) -> Sighting:
    plain = {
        "video": f"/v/{EVIL}.mp4", "kind": Kind.FACE, "start_s": 62.0, "end_s": 70.5,
        "best_s": 65.0,
        "score": 0.9512, "probability": None, "verdict": None, "tracklets": ("0abc",),
        "box": (1, 2, 3, 4),
    }  # fmt: skip
    return Sighting(**{**plain, **changes})


def page(*cards: Card) -> Page:
    return Page(
        query=EVIL, portrait=encode_jpeg(np.zeros((8, 8, 3), np.uint8)), kind="face", model="m@1",
        threshold="uncalibrated: says so", created="2026", searched=7, elapsed_s=0.012, cards=cards,
        durations={f"/v/{EVIL}.mp4": 100.0},
    )  # fmt: skip


@pytest.fixture
def html(tmp_path: Path) -> str:
    picture = encode_jpeg(np.zeros((8, 8, 3), np.uint8))
    write_html(
        page(Card(sighting(), picture, True), Card(sighting(score=0.8, start_s=1.0), None, False)),
        tmp_path / "r.html",
    )
    return (tmp_path / "r.html").read_text("utf-8")


def test_nothing_is_fetched_and_nothing_runs(html: str) -> None:
    assert "<script" not in html
    assert not re.search(r'(src|href)="(?!data:|#)', html)
    assert "url(" not in html
    assert "&lt;script&gt;" in html


def test_the_facts_are_there(html: str) -> None:
    for fact in ("0:01:02 – 0:01:10", "0.951", "uncalibrated: says so", "m@1", "7 face tracklets"):
        assert fact in html
    assert "1 likely sighting in 1 video" in html
    left = float(re.search(r'span likely" x="([\d.]+)"', html)[1])
    assert left == pytest.approx(620, abs=0.1)  # 62 of 100 s, in per mille


def test_nobody_found_says_so(tmp_path: Path) -> None:
    write_html(page(), tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text("utf-8")
    assert "No likely sighting" in text
    assert "Nothing is indexed" in text


def test_a_probability_is_told_with_what_it_says(html: str, tmp_path: Path) -> None:
    assert "counts in" not in html
    some = page(Card(sighting(probability=0.93), None, True))
    write_html(replace(some, probability="counts in <many>"), tmp_path / "p.html")
    text = (tmp_path / "p.html").read_text("utf-8")
    assert "<b>93%</b> probability" in text
    assert '<p class="means">counts in &lt;many&gt;</p>' in text


def test_a_row_of_a_table_says_what_its_score_says(tmp_path: Path) -> None:
    sure, other = sighting(), sighting(score=0.8)
    write_csv(
        [sure, other], tmp_path / "t.csv", likely=[sure], means="uncalibrated: 0.9, not yours"
    )
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["likely"] for row in rows] == ["yes", ""]
    assert {row["means"] for row in rows} == {"uncalibrated: 0.9, not yours"}


def test_a_table_cannot_smuggle_a_formula(tmp_path: Path) -> None:
    odd = sighting(video="=1+1.mp4", verdict="same")
    write_csv([odd], tmp_path / "t.csv", likely=[odd], means="m")
    header, row = (tmp_path / "t.csv").read_text("utf-8").splitlines()
    assert header.startswith("video,kind,start_s")
    assert row.startswith("'=1+1.mp4,face,62.0,70.5,65.0,0.9512,,yes,same,0abc,1,2,3,4,m")
