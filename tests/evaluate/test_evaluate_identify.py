"""Open-set identification and re-identification by two models, from files to numbers."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from grey_people import NOBODY, Angles, Coarse, OneFace, market, people

from reid_core.actions.evaluate import (
    Identification,
    ReidRules,
    Splits,
    evaluate_identify,
    evaluate_reid,
)
from reid_core.actions.loading import load_detector, load_embedder
from reid_core.errors import BadList, EvaluationError
from reid_core.models.store import ModelStore
from reid_core.types import Kind

EIGHT = {f"P{i}": [10 + 20 * i, 12 + 20 * i, 14 + 20 * i] for i in range(8)}
QUICK = Splits(splits=4, rounds=50)


def identified(root: Path, *models: Angles, how: Splits = QUICK) -> Identification:
    return evaluate_identify(root, OneFace(), models or [Angles()], how=how)


def test_by_hand(tmp_path: Path) -> None:
    got = identified(people(tmp_path, EIGHT))
    # four of eight are enrolled by one picture each; their other two search, and three of the rest
    assert (got.gallery, got.mated, got.nonmated, got.failures) == (4, 8, 12, 0)
    assert (got.identities, got.images) == (8, 24)
    assert got.rank1 == 1.0
    # mates are 2 or 4 degrees apart, strangers at least 16: one of 12 in vain may find somebody,
    # so that the threshold is just above the second, and every mate passes it
    assert list(got.fnir) == ["1e-1"]
    assert got.fnir["1e-1"].value == 0.0
    assert math.cos(math.radians(22)) < got.fnir["1e-1"].threshold < math.cos(math.radians(4))
    assert got.notes[-1].startswith("No FNIR at 1e-2: ")
    assert "4 splits from seed 0: 50% of the people with more than 1 picture" in got.protocol


def test_the_seed_decides(tmp_path: Path) -> None:
    noisy = {f"P{i:02d}": [8 + 5 * i, 11 + 5 * i, 16 + 5 * i] for i in range(30)}
    root = people(tmp_path, noisy)
    a, b, c = (identified(root, how=Splits(splits=3, rounds=20, seed=s)) for s in (1, 1, 2))
    assert (a.rank1, a.fnir) == (b.rank1, b.fnir)
    assert (a.rank1, a.fnir) != (c.rank1, c.fnir)
    assert a.rank1_low <= a.rank1 <= a.rank1_high
    assert a.fnir["1e-1"].low <= a.fnir["1e-1"].value <= a.fnir["1e-1"].high


def test_who_shows_nobody_is_missed(tmp_path: Path) -> None:
    hidden = {**EIGHT, **{f"P{i}": [10 + 20 * i, NOBODY, NOBODY] for i in range(8)}}
    got = identified(people(tmp_path, hidden))
    assert got.failures == 16
    assert got.rank1 < 0.6


def test_people_with_one_picture_only_search_in_vain(tmp_path: Path) -> None:
    root = people(tmp_path, {**EIGHT, "single": [200]})
    assert identified(root).nonmated == 13
    few = identified(root, how=Splits(splits=4, rounds=50, least=2))
    assert few.nonmated == 12
    assert "1 identities with fewer than 2 pictures left out." in few.notes


def test_more_templates_leave_fewer_searches(tmp_path: Path) -> None:
    got = identified(people(tmp_path, EIGHT), how=Splits(templates=2, splits=2, rounds=20))
    assert (got.gallery, got.mated) == (4, 4)
    with pytest.raises(EvaluationError, match="0 have more than 3 pictures"):
        identified(tmp_path, how=Splits(templates=3))


def test_two_models(tmp_path: Path) -> None:
    root = people(tmp_path, {f"P{i:02d}": [8 + 12 * i, 10 + 12 * i] for i in range(16)})
    got = identified(root, Angles(), Coarse(), how=Splits(splits=6, rounds=100))
    assert got.against is not None
    assert (got.model, got.against.model) == ("angles", "coarse")
    assert [d.figure for d in got.differences] == ["rank-1", "FNIR @ 1e-1"]
    assert [d.verdict for d in got.differences] == ["worse", "worse"]
    assert got.differences[0].second < got.differences[0].first
    assert got.differences[1].second > got.differences[1].first
    assert got.changed is not None
    assert got.changed.now_right == 0 < got.changed.now_wrong
    first = got.changed.examples[0]
    assert first.first.split("/")[0] == first.second.split("/")[0]
    itself = identified(root, Angles(), Angles())
    assert {d.verdict for d in itself.differences} == {"no difference shown"}


def test_what_cannot_be_measured_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadList, match="holds no pictures"):
        identified(tmp_path)
    embedder = Angles()
    with pytest.raises(EvaluationError, match="both need somebody"):
        identified(people(tmp_path / "one", {"A": [20, 30, 40]}), embedder)
    assert not embedder.seen
    for wrong in ({"enrolled": 1.0}, {"enrolled": 0.0}, {"splits": 0}, {"templates": 0}):
        with pytest.raises(ValueError, match=r"expected|at least 1"):
            Splits(**wrong)  # type: ignore[arg-type]


CROPS = {
    f"{p:04d}_c{c}_s1f{i}n1.jpg": 14 * p + 2 * c + i
    for p in range(1, 13)
    for c in (1, 2)
    for i in (1, 2)
}


def crops(root: Path) -> Path:
    return market(root, CROPS)


def apart(one: str, other: str) -> float:
    """Degrees between two crops as the coarse model sees them."""
    return abs(round(CROPS[one] / 40) - round(CROPS[other] / 40)) * 40


def test_reid_by_two_models(tmp_path: Path) -> None:
    root = crops(tmp_path)
    got = evaluate_reid(root, Angles(Kind.BODY), against=Coarse(Kind.BODY))
    alone = evaluate_reid(root, Coarse(Kind.BODY))
    assert got.against is not None
    assert (got.against.rank1.value, got.against.mAP.value) == (alone.rank1, alone.mAP)
    assert [d.figure for d in got.differences] == ["rank-1", "mAP"]
    assert got.differences[0].difference == pytest.approx(alone.rank1 - got.rank1, abs=1e-4)
    assert [d.verdict for d in got.differences] == ["worse", "worse"]
    assert got.changed is not None
    # rank-1 counts the same queries as what turned
    gained = got.changed.now_right - got.changed.now_wrong
    assert gained / got.queries == pytest.approx(alone.rank1 - got.rank1, abs=1e-4)
    gallery = [name for name in CROPS if "f2n" in name]
    for t in got.changed.examples:
        assert t.first[:4] != t.second[:4]
        # the stranger whom the model that errs puts first: to the coarse one, one of the nearest
        away = {n: apart(t.first, n) for n in gallery if n[:4] != t.first[:4]}
        if not t.now_right:
            assert away[t.second] == min(away.values())
    assert got.changed.now_wrong > 0


def test_reid_intervals_are_of_draws_of_people(tmp_path: Path) -> None:
    got = evaluate_reid(crops(tmp_path), Coarse(Kind.BODY), rules=ReidRules())
    low, high = got.intervals["mAP"]
    assert 0 < low < got.mAP < high < 1
    assert len(got.cmc) == 20
    assert got.cmc[0] == got.rank1


@pytest.mark.real_data
def test_real_faces(data: Path, tmp_path: Path, model_store: ModelStore) -> None:
    several = [d for d in sorted((data / "faces" / "lfw").iterdir()) if len(list(d.iterdir())) > 1]
    for one in several[:40]:
        for path in sorted(one.iterdir())[:2]:
            target = tmp_path / one.name / path.name
            target.parent.mkdir(exist_ok=True)
            target.symlink_to(path)
    got = evaluate_identify(
        tmp_path,
        load_detector(model_store, Kind.FACE),
        [load_embedder(model_store, Kind.FACE)],
        how=Splits(rounds=100),
    )
    assert (got.gallery, got.mated, got.nonmated) == (20, 20, 40)
    # 1.0 when this was written; the limit only notices that something broke
    assert got.rank1 > 0.9


@pytest.mark.real_data
def test_real_bodies_by_two_models(data: Path, tmp_path: Path, model_store: ModelStore) -> None:
    for one in sorted((data / "reid" / "market1501").iterdir())[:15]:
        for path in one.iterdir():
            (tmp_path / path.name).symlink_to(path)
    ours, stripes = (
        load_embedder(model_store, Kind.BODY, name) for name in (None, "colour-stripes")
    )
    got = evaluate_reid(tmp_path, ours, against=stripes)
    assert [d.verdict for d in got.differences] == ["worse", "worse"]
    assert got.differences[1].high < -0.2
