"""Verification and re-identification from files to numbers, with stand-ins for the models.

See `grey_people` for the stand-ins.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from grey_people import NOBODY, Angles, OneFace, grey, market

from reid_core.actions import looking
from reid_core.actions.evaluate import ReidRules, evaluate_reid, evaluate_verification
from reid_core.actions.loading import load_detector, load_embedder
from reid_core.errors import BadList, EvaluationError, ImageUnreadable, TooFewPairs
from reid_core.evaluate import rerank
from reid_core.models.store import ModelStore
from reid_core.types import Detections, Kind


def lfw(root: Path, people: dict[str, list[int]], lines: list[str], *, folds: int = 2) -> Path:
    """Pictures of these grey levels per person, and a list of these pairs."""
    for name, levels in people.items():
        for i, level in enumerate(levels, 1):
            grey(level, root / name / f"{name}_{i:04d}.jpg")
    path = root / "pairs.txt"
    path.write_text("\n".join([f"{folds}\t{len(lines) // folds // 2}", *lines]) + "\n")
    return path


PEOPLE = {"A": [10, 12], "B": [60, 63], "C": [110, 111]}
PAIRS = ["A\t1\t2", "A\t1\tB\t1", "B\t1\t2", "B\t2\tC\t1"]


def test_every_picture_is_embedded_once_and_the_numbers_follow(tmp_path: Path) -> None:
    embedder = Angles()
    told: list[float] = []
    got = evaluate_verification(
        tmp_path,
        lfw(tmp_path, PEOPLE, PAIRS),
        OneFace(),
        embedder,
        progress=lambda share, what: told.append(share),
    )
    # genuine pairs differ by 2 and 3 degrees, the others by 50 and 47: everything is separable
    assert (got.pairs, got.images, got.failures) == (4, 5, 0)
    assert (got.accuracy, got.accuracy_std, got.auc, got.eer) == (1.0, 0.0, 1.0, 0.0)
    assert sum(embedder.seen.values()) == 5
    assert max(embedder.seen.values()) == 1
    assert got.model == "angles"
    assert told[-1] == 1.0
    assert told == sorted(told)
    # two impostor pairs are too few for any of the rates, and that is said
    assert got.tar == {}
    assert [n.split(":")[0] for n in got.notes] == [
        "No TAR at 1e-1",
        "No TAR at 1e-2",
        "No TAR at 1e-3",
    ]


def test_a_picture_without_a_face_fails_its_pairs_and_they_stay_in(tmp_path: Path) -> None:
    people = {**PEOPLE, "B": [60, NOBODY], "C": [NOBODY, 111]}
    pairs = ["A\t1\t2", "A\t1\tB\t1", "B\t1\t2", "B\t2\tC\t1"]
    got = evaluate_verification(tmp_path, lfw(tmp_path, people, pairs), OneFace(), Angles())
    assert (got.pairs, got.failures) == (4, 2)
    # similarities: A-A cos 2°, B-B lowest (genuine, lost), A-B cos 50°, B-C lowest (impostor).
    # A-A beats both impostors, B-B loses to one and ties with the other: (1 + 1 + 0 + 1/2) / 4
    assert got.auc == pytest.approx(2.5 / 4)
    # Fold 1's threshold comes from fold 2, whose two scores are the lowest: just above that, so
    # A-B is accepted as well. Fold 2's is half-way from cos 50° to cos 2°, so B-B is rejected.
    # Each fold has one of two right.
    assert got.accuracy == 0.5


def test_more_pictures_than_a_batch_keep_their_places(tmp_path: Path) -> None:
    n = 45
    people = {f"P{i:02d}": [5 * i, 5 * i + 1] for i in range(n)}
    pairs = [f"P{i:02d}\t1\t2" for i in range(n - 1)]
    pairs += [f"P{i:02d}\t1\tP{i + 1:02d}\t2" for i in range(n - 1)]
    people["P03"] = [15, NOBODY]  # gaps in a batch must not shift the others
    embedder = Angles()
    got = evaluate_verification(
        tmp_path, lfw(tmp_path, people, pairs, folds=1), OneFace(), embedder
    )
    # cos 1° for genuine, cos 6° for impostor pairs; one genuine and one impostor pair are lost
    assert (got.images, got.failures) == (89, 1)
    genuine, impostor = n - 1, n - 1
    assert got.auc == pytest.approx(
        ((genuine - 1) * impostor + 0.5) / (genuine * impostor), abs=1e-4
    )
    assert max(embedder.batches) <= looking.BATCH < got.images
    assert set(got.tar) == {"1e-1"}
    assert got.tar["1e-1"].value == pytest.approx((genuine - 1) / genuine)
    assert "no folds; 10 were dealt" in got.notes[0]


def test_missing_pictures_are_named_before_the_work_starts(tmp_path: Path) -> None:
    pairs = lfw(tmp_path, PEOPLE, PAIRS)
    (tmp_path / "B" / "B_0002.jpg").unlink()
    embedder = Angles()
    with pytest.raises(BadList, match=r"1 of the 5 pictures .*B_0002\.jpg"):
        evaluate_verification(tmp_path, pairs, OneFace(), embedder)
    assert not embedder.seen


def test_a_damaged_picture_is_named(tmp_path: Path) -> None:
    pairs = lfw(tmp_path, PEOPLE, PAIRS)
    (tmp_path / "B" / "B_0002.jpg").write_bytes(b"not a picture")
    with pytest.raises(ImageUnreadable, match="B_0002"):
        evaluate_verification(tmp_path, pairs, OneFace(), Angles())


@pytest.mark.parametrize(
    ("others", "row"),
    [
        ([(0, 0, 20, 20)], 0),  # of the same size, but in the corner
        ([(0, 0, 40, 40)], 0),  # twice as wide, but in the corner
        ([(46, 46, 54, 54)], 0),  # a little nearer, but tiny
        ([(20, 20, 90, 90)], 1),  # nearly as central and much larger
    ],
)
def test_whom_a_picture_is_about(others: list[tuple[int, ...]], row: int) -> None:
    boxes = np.array([(38, 38, 58, 58), *others], np.float32)
    n = len(boxes)
    found = Detections(boxes, np.ones(n, np.float32), np.zeros((n, 5, 2), np.float32), Kind.FACE)
    assert looking.central(np.zeros((100, 100, 3), np.uint8), found) == row


# Identity 1 is near 20, identity 2 near 80. Camera 2 makes everybody 30 brighter.
MARKET = {
    "0001/0001_c1_s1f1n1.jpg": 20,
    "0001/0001_c1_s1f2n1.jpg": 21,
    "0001/0001_c2_s1f1n1.jpg": 50,
    "0001/0001_c2_s1f2n1.jpg": 49,
    "0002/0002_c1_s1f1n1.jpg": 80,
    "0002/0002_c1_s1f2n1.jpg": 83,
    "0002/0002_c2_s1f1n1.jpg": 110,
    "0002/0002_c2_s1f2n1.jpg": 114,
}


def test_reid_by_hand(tmp_path: Path) -> None:
    got = evaluate_reid(market(tmp_path, MARKET), Angles(Kind.BODY))
    # Queries are the first of each identity and camera: 20, 50, 80, 110; gallery 21, 49, 83, 114.
    #   20 (1, c1): junk 21; 49 right, then wrong 83, 114         -> place 1
    #   50 (1, c2): junk 52; 21 (29 away) right, 83 (33) wrong     -> place 1
    #   80 (2, c1): junk 83; 49 (31 away) wrong, 114 (34) right    -> place 2
    #  110 (2, c2): junk 114; 83 (27 away) right                   -> place 1
    assert (got.queries, got.gallery) == (4, 4)
    assert (got.rank1, got.rank5) == (0.75, 1.0)
    # one match each, so precision and inverse negative penalty are both 1 / place
    assert got.mAP == got.mINP == pytest.approx((1 + 1 + 0.5 + 1) / 4)
    assert "one query per identity and camera" in got.protocol
    assert "same identity in same camera left out" in got.protocol
    assert got.notes == ()


def test_how_crops_are_put_into_folders_does_not_matter(tmp_path: Path) -> None:
    by_person = evaluate_reid(market(tmp_path / "a", MARKET), Angles(Kind.BODY))
    flat = {Path(name).name: level for name, level in MARKET.items()}
    assert evaluate_reid(market(tmp_path / "b", flat), Angles(Kind.BODY)) == by_person
    # second pictures in a folder that comes first: queries still go by the pictures' names
    split = {("a/" if "f2" in name else "b/") + name: level for name, level in flat.items()}
    assert evaluate_reid(market(tmp_path / "c", split), Angles(Kind.BODY)) == by_person


def test_nobodys_crops_and_other_pictures_are_left_out_and_said_so(tmp_path: Path) -> None:
    clean = evaluate_reid(market(tmp_path / "a", MARKET), Angles(Kind.BODY))
    more = {**MARKET, "-1_c1_s1f9n1.jpg": 20, "0000_c2_s1f9n1.jpg": 50, "cover.jpg": 20}
    got = evaluate_reid(market(tmp_path / "b", more), Angles(Kind.BODY))
    assert (got.rank1, got.mAP, got.gallery) == (clean.rank1, clean.mAP, clean.gallery)
    assert got.notes == (
        "1 pictures with other names left out.",
        "2 crops of nobody (-1, 0000) left out.",
    )


def test_one_camera_means_leave_one_out(tmp_path: Path) -> None:
    crops = {f"000{p}_c1_s1f{i}n1.jpg": 40 * p + i for p in (1, 2, 3) for i in range(3)}
    crops["0004_c1_s1f0n1.jpg"] = 200
    got = evaluate_reid(market(tmp_path, crops), Angles(Kind.BODY))
    assert (got.queries, got.gallery, got.rank1, got.mAP) == (9, 9, 1.0, 1.0)
    assert got.protocol.startswith("one camera, leave one out")
    assert got.notes == ("1 queries with nobody to find left out.",)


def test_one_crop_per_camera_leaves_all_crops_as_gallery(tmp_path: Path) -> None:
    crops = {f"000{p}_c{c}_s1f1n1.jpg": 60 * p + 5 * c for p in (1, 2, 3) for c in (1, 2)}
    got = evaluate_reid(market(tmp_path, crops), Angles(Kind.BODY))
    assert (got.queries, got.gallery, got.rank1) == (6, 6, 1.0)
    assert "all crops as gallery" in got.protocol


def test_reid_without_anything_to_rank(tmp_path: Path) -> None:
    with pytest.raises(BadList, match="is no folder"):
        evaluate_reid(tmp_path / "none", Angles(Kind.BODY))
    with pytest.raises(BadList, match="no pictures named like"):
        evaluate_reid(tmp_path, Angles(Kind.BODY))
    alone = {"0001_c1_s1f1n1.jpg": 20, "0002_c2_s1f1n1.jpg": 40}
    with pytest.raises(TooFewPairs, match="nothing to rank"):
        evaluate_reid(market(tmp_path, alone), Angles(Kind.BODY))


def test_the_same_camera_can_be_kept(tmp_path: Path) -> None:
    rules = ReidRules(same_camera_junk=False)
    got = evaluate_reid(market(tmp_path, MARKET), Angles(Kind.BODY), rules=rules)
    # Queries 20, 50, 80, 110 and gallery 21, 49 (person 1), 83, 114 (person 2), nearest first:
    #   20: 21, 49 right, 83, 114       -> 1         50: 49, 21 right          -> 1
    #   80: 83 right, 49 wrong, 114     -> (1 + 2/3) / 2
    #  110: 114, 83 right               -> 1
    assert (got.rank1, got.queries, got.gallery) == (1.0, 4, 4)
    assert got.mAP == pytest.approx((3 + (1 + 2 / 3) / 2) / 4, abs=1e-4)
    assert got.protocol.startswith("within and across cameras")
    assert got.recall_at == {}


def test_a_time_gap_leaves_neighbouring_frames_out(tmp_path: Path) -> None:
    # frames 1 and 2 of a person are alike, frame 900 is nearer to the other person
    crops = {
        "0001_c1_s1f000001n01.jpg": 20,
        "0001_c1_s1f000002n01.jpg": 21,
        "0001_c1_s1f000900n01.jpg": 58,
        "0002_c1s1_000001_01.jpg": 60,
        "0002_c1s1_000002_01.jpg": 61,
        "0002_c1s2_000002_01.jpg": 63,
    }
    root = market(tmp_path, crops)
    easy = evaluate_reid(root, Angles(Kind.BODY))
    # 58 finds 60; all others find their own
    assert easy.rank1 == pytest.approx(5 / 6, abs=1e-4)
    assert easy.recall_at["1"] == easy.rank1
    hard = evaluate_reid(root, Angles(Kind.BODY), rules=ReidRules(time_gap=10))
    # 20 and 21 have only 58 to find, which comes before 60. 58 finds 60, which is wrong. 60 and 61
    # have only 63 to find: 58 is nearer to 60, but not to 61. 63 finds 61.
    assert hard.rank1 == pytest.approx((1 + 1 + 0 + 0 + 1 + 1) / 6, abs=1e-4)
    assert "same sequence within 10 frames left out" in hard.protocol
    assert (hard.gallery, hard.recall_at) == (5, {})


def test_a_time_gap_needs_names_with_frames(tmp_path: Path) -> None:
    embedder = Angles(Kind.BODY)
    root = market(tmp_path, {"0001_c1_a.jpg": 20, "0001_c1_s1f2n1.jpg": 21})
    with pytest.raises(EvaluationError, match="names of 1 pictures say no sequence"):
        evaluate_reid(root, embedder, rules=ReidRules(time_gap=10))
    assert not embedder.seen  # said before the work starts


def test_a_folder_for_each_identity(tmp_path: Path) -> None:
    crops = {f"{who}/{i}.jpg": 40 * p + i for p, who in enumerate("abc", 1) for i in range(3)}
    root = market(tmp_path, {**crops, "d/only.jpg": 200, "cover.jpg": 40})
    got = evaluate_reid(root, Angles(Kind.BODY))
    assert (got.queries, got.gallery, got.rank1, got.mAP) == (9, 9, 1.0, 1.0)
    assert got.recall_at == {"1": 1.0, "2": 1.0, "4": 1.0, "8": 1.0}
    assert got.protocol == "no cameras, leave one out: every picture against all others"
    assert got.notes == (
        "4 folders, each taken for one identity.",
        "1 pictures in no folder left out.",
        "1 queries with nobody to find left out.",
    )


def test_the_outermost_folder_is_the_identity(tmp_path: Path) -> None:
    crops = {"a/one/1.jpg": 20, "a/two/1.jpg": 21, "b/one/1.jpg": 80, "b/2.jpg": 81}
    got = evaluate_reid(market(tmp_path, crops), Angles(Kind.BODY))
    assert (got.queries, got.rank1) == (4, 1.0)
    assert got.notes == ("2 folders, each taken for one identity.",)


def test_recall_counts_the_nearest(tmp_path: Path) -> None:
    got = evaluate_reid(
        market(tmp_path, {"a/1.jpg": 20, "a/2.jpg": 24, "b/1.jpg": 22, "b/2.jpg": 90}),
        Angles(Kind.BODY),
    )
    # 20: 22 wrong, then 24. 24: 22 wrong, then 20. 22: 20 and 24 wrong, then 90. 90: 24, 22.
    assert got.recall_at == {"1": 0.0, "2": 0.75, "4": 1.0, "8": 1.0}


def noisy(root: Path) -> Path:
    rng = np.random.default_rng(0)
    crops = {
        f"{p:04d}_c{c}_s1f{i}n1.jpg": int(12 * p + rng.integers(0, 14))
        for p in range(1, 9)
        for c in (1, 2)
        for i in range(4)
    }
    return market(root, crops)


def test_re_ranking_and_expansion_are_said_and_change_the_figures(tmp_path: Path) -> None:
    root = noisy(tmp_path)
    plain = evaluate_reid(root, Angles(Kind.BODY))
    again = evaluate_reid(root, Angles(Kind.BODY), rules=ReidRules(rerank=True))
    wider = evaluate_reid(root, Angles(Kind.BODY), rules=ReidRules(expand=5))
    assert again.protocol == (
        f"{plain.protocol}, re-ranked by k-reciprocal encoding (k1 20, k2 6, lambda 0.3)"
    )
    assert wider.protocol == f"{plain.protocol}, queries expanded by their 5 nearest (alpha 3)"
    assert len({plain.mAP, again.mAP, wider.mAP}) == 3
    assert plain.queries == again.queries == wider.queries == 16


@pytest.mark.parametrize("rules", [ReidRules(rerank=True), ReidRules(expand=1)])
def test_who_is_found_without_doubt_is_still_found(rules: ReidRules, tmp_path: Path) -> None:
    # more pictures of each than the neighbours that re-ranking looks at
    crops = {
        f"{p:04d}_c{c}_s1f{i}n1.jpg": 60 * p + i
        for p in (1, 2, 3)
        for c in (1, 2)
        for i in range(12)
    }
    got = evaluate_reid(market(tmp_path, crops), Angles(Kind.BODY), rules=rules)
    assert (got.rank1, got.queries) == (1.0, 6)


def test_expansion_of_pictures_that_are_both_leaves_themselves_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    real = rerank.expand

    def expand(*args: np.ndarray, **options: object) -> np.ndarray:
        asked.append(options["own"])
        return real(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(rerank, "expand", expand)
    rules = ReidRules(expand=2)
    one = market(tmp_path / "a", {f"{w}/{i}.jpg": 40 * w + i for w in (1, 2) for i in range(3)})
    evaluate_reid(one, Angles(Kind.BODY), rules=rules)
    assert np.asarray(asked.pop()).tolist() == list(range(6))
    evaluate_reid(noisy(tmp_path / "b"), Angles(Kind.BODY), rules=rules)
    assert asked == [None]


def test_rules_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="one of the two"):
        ReidRules(rerank=True, expand=3)
    for wrong in ({"expand": -1}, {"time_gap": -1}):
        with pytest.raises(ValueError, match="at least 0"):
            ReidRules(**wrong)  # type: ignore[arg-type]


@pytest.mark.real_data
def test_real_faces(shared: Path, tmp_path: Path, model_store: ModelStore) -> None:
    # 30 pairs of either sort from the first fold, and as many from the second
    faces = shared / "data" / "faces"
    lines = (faces / "lfw_pairs.txt").read_text("utf-8").splitlines()
    some = [line for start in (1, 301, 601, 901) for line in lines[start : start + 30]]
    pairs = tmp_path / "pairs.txt"
    pairs.write_text("\n".join(["2\t30", *some]), "utf-8")
    got = evaluate_verification(
        faces / "lfw",
        pairs,
        load_detector(model_store, Kind.FACE),
        load_embedder(model_store, Kind.FACE),
    )
    assert (got.pairs, got.failures) == (120, 0)
    # 99.1 % on all pairs when this was written; the limit only notices that something broke
    assert got.accuracy >= 0.95
    assert math.isclose(got.tar["1e-1"].value, 1.0, abs_tol=0.04)
