"""Verification over all pairs from files to numbers: by hand, two models, conditions."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import pytest
from grey_people import NOBODY, Angles, Coarse, OneFace, grey, market, people

from reid_core import align, images
from reid_core.actions.evaluate import (
    AllPairs,
    SplitBy,
    Wanted,
    evaluate_all_pairs,
    evaluate_verification,
)
from reid_core.actions.evaluate_pairs import FARS
from reid_core.actions.loading import load_detector, load_embedder
from reid_core.errors import BadList, EvaluationError, TooFewPairs
from reid_core.models.store import ModelStore
from reid_core.types import Kind

SIX = {f"P{i}": [20 + 25 * i, 22 + 25 * i, 24 + 25 * i] for i in range(6)}
QUICK = Wanted(rounds=50)


def measured(root: Path, *models: Angles, wanted: Wanted = QUICK) -> AllPairs:
    return evaluate_all_pairs(root, OneFace(), models or [Angles()], wanted=wanted)


def test_by_hand(tmp_path: Path) -> None:
    got = measured(people(tmp_path, SIX))
    # one person's pictures are 2 to 4 degrees apart, two people's 21 and more
    assert (got.pairs, got.genuine, got.impostors) == (153, 18, 135)
    assert (got.identities, got.images, got.failures) == (6, 18, 0)
    assert (got.auc, got.eer) == (1.0, 0.0)
    assert list(got.tar) == ["1e-1", "1e-2"]
    assert got.tar["1e-2"].value == 1.0
    # nobody errs in any draw: the bound is that of six people, 0.025 ** (1 / 6)
    assert got.tar["1e-2"].low == pytest.approx(0.025 ** (1 / 6), abs=1e-4)
    # one impostor of 135 may pass, at 21 degrees; the next ones are also there
    assert got.tar["1e-2"].threshold == pytest.approx(math.cos(math.radians(21)), abs=1e-5)
    assert got.notes[0] == "6 folders, each taken for one identity."
    assert got.notes[1].startswith("No TAR at 1e-3")
    assert "fewer than 30" in got.notes[2]


def test_a_picture_without_a_face_fails_all_its_pairs(tmp_path: Path) -> None:
    got = measured(people(tmp_path, {**SIX, "P0": [20, 22, NOBODY]}))
    assert got.failures == 1
    assert got.tar["1e-1"].value == pytest.approx(16 / 18, abs=1e-5)


def test_a_second_model_is_compared_pair_by_pair(tmp_path: Path) -> None:
    # to the coarse model neighbours at 20 and 45, or 95 and 120, are one
    levels = {f"P{i:02d}": [12 + 12 * i, 14 + 12 * i] for i in range(14)}
    got = measured(people(tmp_path, levels), Angles(), Coarse())
    assert got.against is not None
    assert (got.model, got.against.model) == ("angles", "coarse")
    assert [d.figure for d in got.differences] == ["TAR @ 1e-1", "TAR @ 1e-2"]
    by = {d.figure: d for d in got.differences}["TAR @ 1e-2"]
    assert by.difference == pytest.approx(by.second - by.first, abs=1e-5)
    assert by.second < by.first
    assert by.verdict == "worse"
    assert by.high < 0
    assert got.changed is not None
    assert "1e-2" in got.changed.rule
    assert got.changed.now_wrong > 0
    lost = [t for t in got.changed.examples if t.same_person and not t.now_right]
    assert all(t.first.split("/")[0] == t.second.split("/")[0] for t in lost)
    assert any("Compared at a false-match rate of 1e-2" in note for note in got.notes)


def test_a_model_against_itself_shows_no_difference(tmp_path: Path) -> None:
    got = measured(people(tmp_path, SIX), Angles(), Angles(), wanted=Wanted(far="0.3", rounds=50))
    assert got.tar["0.3"].threshold < math.cos(math.radians(22))  # both accept some impostors
    assert {d.verdict for d in got.differences} == {"no difference shown"}
    assert {d.difference for d in got.differences} == {0.0}
    assert got.changed is not None
    assert (got.changed.now_right, got.changed.now_wrong, got.changed.examples) == (0, 0, ())


def test_a_face_is_found_once_for_both_models(tmp_path: Path) -> None:
    looked = []

    class Counting(OneFace):
        def detect(self, image):
            looked.append(image.mean())
            return super().detect(image)

    root = people(tmp_path, SIX)
    evaluate_all_pairs(root, Counting(), [Angles(), Coarse()], wanted=QUICK)
    assert len(looked) == 18


def test_which_is_better_does_not_depend_on_the_order(tmp_path: Path) -> None:
    levels = {f"P{i:02d}": [12 + 12 * i, 14 + 12 * i] for i in range(14)}
    root = people(tmp_path, levels)
    one, other = measured(root, Angles(), Coarse()), measured(root, Coarse(), Angles())
    for a, b in zip(one.differences, other.differences, strict=True):
        assert a.difference == -b.difference
        assert (a.low, a.high) == pytest.approx((-b.high, -b.low), abs=1e-5)
    assert one.changed is not None
    assert other.changed is not None
    assert one.changed.now_wrong == other.changed.now_right


def test_an_asked_rate_is_added_to_the_usual_ones(tmp_path: Path) -> None:
    got = measured(people(tmp_path, SIX), wanted=Wanted(far="0.05", rounds=20))
    assert list(got.tar) == ["1e-1", "0.05", "1e-2"]
    same = measured(tmp_path, wanted=Wanted(far="0.01", rounds=20))
    assert list(same.tar) == list(FARS[:2])


def test_conditions_come_from_looks_labels_and_cameras(tmp_path: Path) -> None:
    crops = {
        f"{p:04d}_c{c}_s1f{i}n1.jpg": 12 * p + 3 * c + i
        for p in range(1, 9)
        for c in (1, 2)
        for i in (1, 2)
    }
    root = market(tmp_path / "crops", crops)
    labels = tmp_path / "groups.csv"
    lines = [f"{p:04d},{'even' if p % 2 == 0 else 'odd'}" for p in range(1, 8)]
    labels.write_text("\n".join(["identity,parity", *lines, "0099,odd"]), "utf-8")
    split = SplitBy(("camera", "quality"), labels)
    got = evaluate_all_pairs(
        root, None, [Angles(Kind.BODY)], wanted=Wanted(far="1e-1", split=split, rounds=20)
    )
    cameras, parity, quality = got.conditions
    assert [g.name for g in cameras.groups] == ["1 alone", "1 and 2", "2 alone"]
    assert [g.genuine for g in cameras.groups] == [8, 32, 8]
    assert (parity.by, [g.name for g in parity.groups]) == ("parity", ["even", "odd"])
    assert [g.people for g in parity.groups] == [3, 4]
    assert quality.by == "quality"
    assert sum(g.genuine for g in quality.groups) == got.genuine
    assert "1 names in groups.csv are not among the pictures." in got.notes
    assert "4 pictures have no parity." in got.notes


def test_labels_by_path_may_be_short(tmp_path: Path) -> None:
    root = people(tmp_path / "all", SIX)
    labels = tmp_path / "groups.csv"
    text = "path,light\nP0/0.png,day\nP1/0.png,day\nP2/0.png,night\nP3/1.png,night\n"
    labels.write_text(text, "utf-8")
    got = measured(root, wanted=Wanted(far="1e-1", split=SplitBy(labels=labels), rounds=20))
    assert [(g.name, g.impostors) for g in got.conditions[0].groups] == [("day", 1), ("night", 1)]


def test_what_cannot_be_measured_is_said_before_the_work_starts(tmp_path: Path) -> None:
    embedder, root = Angles(), people(tmp_path / "all", SIX)
    labels = tmp_path / "groups.csv"
    labels.write_text("identity,site\nnobody,north\n", "utf-8")
    for split, message in (
        (SplitBy(("camera",)), "No camera is known"),
        (SplitBy(labels=labels), "None of the 1 names .* is an identity here; one is 'P0'"),
    ):
        with pytest.raises((EvaluationError, BadList), match=message):
            measured(root, embedder, wanted=Wanted(split=split))
    one = people(tmp_path / "one", {"A": [20, 30, 40]})
    with pytest.raises(
        TooFewPairs, match="3 pictures of 1 people make 3 pairs of one person and 0"
    ):
        measured(one, embedder)
    few = people(tmp_path / "few", {"A": [20, 22], "B": [30]})
    with pytest.raises(
        TooFewPairs, match=r"rate of 0.1 needs at least 10 impostor pairs; there are 2"
    ):
        measured(few, embedder, wanted=Wanted(split=SplitBy(("size",))))
    single = people(tmp_path / "single", {"A": [20], "B": [30]})
    with pytest.raises(TooFewPairs, match="make 0 pairs of one person and 1 of two"):
        measured(single, embedder)
    assert not embedder.seen


def test_progress_only_rises(tmp_path: Path) -> None:
    told: list[float] = []
    evaluate_all_pairs(
        people(tmp_path, SIX),
        OneFace(),
        [Angles(), Coarse()],
        wanted=QUICK,
        progress=lambda share, what: told.append(share),
    )
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1)


def test_it_can_be_stopped(tmp_path: Path) -> None:
    class Stop(Exception):
        pass

    def stop(share: float, what: str) -> None:
        if "pairs" in what:
            raise Stop

    with pytest.raises(Stop):
        evaluate_all_pairs(people(tmp_path, SIX), OneFace(), [Angles()], progress=stop)


def test_a_list_of_pairs_can_be_compared_and_split_too(tmp_path: Path) -> None:
    levels = {f"P{i:02d}": [12 + 12 * i, 14 + 12 * i] for i in range(14)}
    for name, some in levels.items():
        for i, level in enumerate(some, 1):
            grey(level, tmp_path / name / f"{name}_{i:04d}.jpg")
    names = sorted(levels)
    same = [f"{n}\t1\t2" for n in names[:12]]
    other = [f"{a}\t1\t{b}\t1" for a, b in pairwise(names[:13])]
    lines = [*same[:6], *other[:6], *same[6:], *other[6:]]
    pairs = tmp_path / "pairs.txt"
    pairs.write_text("\n".join(["2\t6", *lines]), "utf-8")
    labels = tmp_path / "groups.csv"
    halves = [f"{n},{'low' if n < 'P06' else 'high'}" for n in names]
    labels.write_text("\n".join(["identity,half", *halves]), "utf-8")
    got = evaluate_verification(
        tmp_path,
        pairs,
        OneFace(),
        Angles(),
        against=Coarse(),
        wanted=Wanted(far="1e-3", split=SplitBy(labels=labels), rounds=50),
    )
    assert got.accuracy == 1.0
    assert got.against is not None
    assert [d.figure for d in got.differences] == ["TAR @ 1e-1"]
    assert "Compared at a false-match rate of 1e-1, not 1e-3." in got.notes
    # the pair P05-P06 is in no half
    assert [(g.name, g.genuine, g.impostors) for g in got.conditions[0].groups] == [
        ("high", 6, 6),
        ("low", 6, 5),
    ]
    assert got.det is not None
    assert got.histogram is not None
    assert got.histogram.impostor.sum() == pytest.approx(1)


@pytest.mark.real_data
def test_real_faces_over_all_pairs(data: Path, tmp_path: Path, model_store: ModelStore) -> None:
    several = [d for d in sorted((data / "faces" / "lfw").iterdir()) if len(list(d.iterdir())) > 2]
    for one in several[:25]:
        for path in sorted(one.iterdir())[:3]:
            target = tmp_path / one.name / path.name
            target.parent.mkdir(exist_ok=True)
            target.symlink_to(path)
    got = evaluate_all_pairs(
        tmp_path,
        load_detector(model_store, Kind.FACE),
        [load_embedder(model_store, Kind.FACE)],
        wanted=Wanted(far="1e-2", split=SplitBy(("size", "pose")), rounds=100),
    )
    assert (got.genuine, got.impostors, got.failures) == (75, 2700, 0)
    # 0.9996, and 1.0 (0.86 to 1.0), when this was written; the limits only notice that it broke
    assert got.auc > 0.99
    assert got.tar["1e-1"].value > 0.95
    assert got.tar["1e-1"].low > 0.8
    assert [c.by for c in got.conditions] == ["size", "pose"]
    assert all(g.name.endswith(" px") for g in got.conditions[0].groups)


@pytest.mark.real_data
def test_real_faces_of_whom_half_are_blurred(
    data: Path, tmp_path: Path, model_store: ModelStore
) -> None:
    several = [d for d in sorted((data / "faces" / "lfw").iterdir()) if len(list(d.iterdir())) > 2]
    lines = ["identity,look"]
    for i, one in enumerate(several[:60]):
        for path in sorted(one.iterdir())[:3]:
            picture = images.read_image(path)
            if i % 2:
                small = align.resize(picture, width=44, height=44)
                picture = align.resize(small, width=250, height=250)
            target = tmp_path / "all" / one.name / f"{path.stem}.png"
            target.parent.mkdir(parents=True, exist_ok=True)
            images.write_image(picture, target)
        lines.append(f"{one.name},{'blurred' if i % 2 else 'sharp'}")
    labels = tmp_path / "looks.csv"
    labels.write_text("\n".join(lines), "utf-8")
    got = evaluate_all_pairs(
        tmp_path / "all",
        load_detector(model_store, Kind.FACE),
        [load_embedder(model_store, Kind.FACE)],
        wanted=Wanted(far="1e-2", split=SplitBy(labels=labels), rounds=500),
    )
    blurred, sharp = got.conditions[0].groups
    assert blurred.fnmr is not None
    assert sharp.fnmr is not None
    assert blurred.fnmr.low > sharp.fnmr.high
    assert any(
        "FNMR" in warning and "'blurred'" in warning for warning in got.conditions[0].warnings
    )
