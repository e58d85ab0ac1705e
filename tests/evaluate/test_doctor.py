"""The enrolment doctor on made-up galleries whose faults are known, and on planted real ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reid_core.evaluate import likeness
from reid_core.evaluate.doctor import Finding, examine
from reid_core.evaluate.likeness import NOBODY, Gallery
from reid_core.evaluate.problems import Problem

DIM = 64
WRONG, SAME = Problem.WRONG_PERSON, Problem.SAME_PERSON


class Made:
    """People as directions, their templates as noise around them."""

    def __init__(self, seed: int, n_people: int = 40) -> None:
        self.dice = np.random.default_rng(seed)
        self.faces = self.dice.normal(size=(n_people, DIM))

    def looks(self, who: np.ndarray | list[int], noise: float = 0.35) -> np.ndarray:
        rows = self.faces[who] + noise * self.dice.normal(size=(len(who), DIM))
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def good(n: int) -> np.ndarray:
    return np.full(n, 0.8, np.float32)


def of(findings: tuple[Finding, ...], problem: Problem) -> list[Finding]:
    return [f for f in findings if f.problem is problem]


@pytest.fixture
def sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(likeness, "BLOCK", 64)  # so that even small galleries take several blocks


@pytest.mark.parametrize("seed", range(4))
def test_likenesses_are_those_of_a_slow_loop(seed: int, sizes: None) -> None:
    made = Made(seed, 6)
    who = np.concatenate([np.arange(6), made.dice.integers(0, 6, 19)])
    rows, out = made.looks(who), made.dice.random(25) < 0.2
    gallery = Gallery(rows, who + 100)
    together = {100: {103}, 103: {100}}
    asked = made.dice.permutation(25)[:11]
    scores, nearest = gallery.elsewhere(
        asked, without=out, together=together, progress=lambda share, what: None
    )
    for i, score, near in zip(asked, scores, nearest, strict=True):
        others = [
            j for j in range(25) if who[j] != who[i] and not out[j] and {who[i], who[j]} != {0, 3}
        ]
        expected = max((float(rows[i] @ rows[j]) for j in others), default=NOBODY)
        assert score == pytest.approx(expected, abs=1e-6)
        assert near in others if others else near == -1
    for person, own in gallery:
        best, mate = gallery.within(own)
        assert (who[own] == person - 100).all()
        for i, score, j in zip(own, best, mate, strict=True):
            mine = [float(rows[i] @ rows[k]) for k in own if k != i]
            assert score == pytest.approx(max(mine, default=NOBODY), abs=1e-6)
            assert (j == -1) == (not mine)
    table = gallery.to_people(asked)
    for i, line in zip(asked, table, strict=True):
        for place, (person, own) in enumerate(gallery):
            best = max(float(rows[i] @ rows[k]) for k in own)
            expected = NOBODY if person == who[i] + 100 else best
            assert line[place] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_planted_labels_are_found_and_their_person_named(seed: int) -> None:
    made = Made(seed)
    right = np.repeat(np.arange(40), 4)
    rows, who = made.looks(right), right.copy()
    planted = made.dice.choice(len(who), 8, replace=False)
    who[planted] = (right[planted] + 1 + made.dice.integers(0, 38, 8)) % 40
    every = of(examine(rows, who, good(160)).findings, WRONG)
    found = {i: f for f in every for i in f.templates}
    assert set(planted.tolist()) <= set(found)
    assert len(found) - len(planted) <= 0.05 * 152
    named = [found[i].other == right[i] for i in planted.tolist()]
    assert np.mean(named) >= 0.8  # one whose whole person was moved away cannot be named
    for one in every:
        assert one.mate is not None
        assert who[one.mate] == one.person == who[one.templates[0]]
        assert one.own == pytest.approx(float(rows[one.templates[0]] @ rows[one.mate]), abs=1e-3)


def test_a_moved_template_does_not_accuse_those_it_left() -> None:
    made = Made(7)
    who = np.repeat(np.arange(40), 3)
    rows = made.looks(who)
    who[0] = 20  # of person 0; the two that stay are now like one of person 20
    findings = of(examine(rows, who, good(120)).findings, WRONG)
    assert [f.templates for f in findings] == [(0,)]
    assert findings[0].other == 0


def test_strangers_are_found_without_a_name() -> None:
    made = Made(3, 46)
    who = np.concatenate([np.repeat(np.arange(40), 4), [3, 9, 30]])
    rows = np.concatenate([made.looks(who[:160]), made.looks([43, 44, 45])])
    findings = of(examine(rows, who, good(163)).findings, WRONG)
    assert {f.templates[0] for f in findings} == {160, 161, 162}
    assert all(f.score is None or f.score < 0.6 for f in findings)


def test_one_person_under_two_names_is_a_pair_and_no_wrong_label() -> None:
    made = Made(4)
    right = np.repeat(np.arange(40), 6)
    who = right.copy()
    who[np.arange(2)] = -1  # a third of person 0
    findings = examine(made.looks(right), who, good(240)).findings
    (twins,) = of(findings, SAME)
    assert (twins.person, twins.other) == (0, -1)
    assert twins.nearest is not None
    assert (who[twins.templates[0]], who[twins.nearest]) == (0, -1)
    assert not of(findings, WRONG)


def test_of_two_that_disagree_the_one_that_fits_another_is_to_blame() -> None:
    made = Made(5)
    who = np.concatenate([np.repeat(np.arange(40), 4), [50, 50]])
    rows = np.concatenate([made.looks(who[:160]), made.looks([12]), Made(99).looks([0])])
    (found,) = [f for f in of(examine(rows, who, good(162)).findings, WRONG) if f.person == 50]
    assert (found.templates, found.mate, found.is_even, found.other) == ((160,), 161, True, 12)


def test_wrong_ones_that_came_together_do_not_vouch_for_each_other() -> None:
    made = Made(10)
    right = np.repeat(np.arange(40), 5)
    who = right.copy()
    who[[0, 1]] = 20  # two of person 0
    found = of(examine(made.looks(right), who, good(200)).findings, WRONG)
    assert [(set(f.templates), f.person, f.other, f.is_even) for f in found] == [
        ({0, 1}, 20, 0, False)
    ]
    who[[100, 101, 102]] = 21  # and only two of their own are left
    found = of(examine(made.looks(right), who, good(200)).findings, WRONG)
    assert ({0, 1}, 20, 0, True) in [
        (set(f.templates), f.person, f.other, f.is_even) for f in found
    ]


def test_poor_few_and_all_alike() -> None:
    made = Made(6)
    who = np.concatenate([np.repeat(np.arange(40), 4), [60], [61] * 4])
    rows = np.concatenate([made.looks(who[:160]), Made(98).looks([1, 2]).repeat([1, 4], axis=0)])
    rows[161:] += 0.01 * made.dice.normal(size=(4, DIM)).astype(np.float32) / 8
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    quality = good(165)
    quality[[4, 5]] = 0.1  # of person 1, who has better ones
    quality[8:12] = 0.3  # all of person 2
    findings = examine(rows, who, quality).findings
    poor = {f.person: f.templates for f in of(findings, Problem.LOW_QUALITY)}
    assert poor == {1: (4, 5), 2: (8, 9, 10, 11)}
    assert [f.person for f in of(findings, Problem.TOO_FEW)] == [60]
    assert [f.templates for f in of(findings, Problem.NO_VARIETY)] == [(161, 162, 163, 164)]
    order = [list(Problem).index(f.problem) for f in findings]
    assert order == sorted(order)


def test_the_order_of_the_templates_does_not_matter() -> None:
    made = Made(8)
    right = np.repeat(np.arange(40), 4)
    rows, who = made.looks(right), right.copy()
    who[[1, 50, 99]] = [30, 2, 7]
    turn = made.dice.permutation(160)
    one = of(examine(rows, who, good(160)).findings, WRONG)
    two = of(examine(rows[turn], who[turn], good(160)).findings, WRONG)
    assert {f.templates[0] for f in one} == {int(turn[f.templates[0]]) for f in two}


def test_a_small_gallery_is_judged_by_the_reference_or_not_at_all() -> None:
    made = Made(9)
    who = np.repeat(np.arange(4), 3)
    rows = made.looks(who)
    who[0] = 2
    nothing = examine(rows, who, good(12))
    assert nothing.scale is None
    assert not of(nothing.findings, WRONG)
    known = examine(rows, who, good(12), reference=0.7)
    assert known.scale is not None
    assert not known.scale.is_own
    assert [(f.templates, f.other) for f in of(known.findings, WRONG)] == [((0,), 0)]


def test_nobody_has_no_findings() -> None:
    empty = examine(np.zeros((0, 8), np.float32), np.zeros(0, np.int64), good(0), reference=0.5)
    assert empty.findings == ()


@pytest.mark.real_data
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_planted_labels_among_real_faces(
    seed: int, faces: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> None:
    """50 people x 4 photographs, of which 1 to 2 % are labelled wrong as they come."""
    rows, right, quality = faces
    dice, who = np.random.default_rng(seed), right.copy()
    planted = dice.choice(len(who), len(who) // 20, replace=False)
    who[planted] = (right[planted] + dice.integers(1, 50, len(planted))) % 50
    findings = of(examine(rows, who, quality, reference=0.931).findings, WRONG)
    found = {i for f in findings for i in f.templates}
    assert len(found & set(planted.tolist())) >= 0.9 * len(planted)
    assert len(found - set(planted.tolist())) <= 0.05 * (len(who) - len(planted))


@pytest.fixture(scope="module")
def faces(data: Path, model_store: object) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    from reid_core.actions.faces import looks_in
    from reid_core.actions.loading import Models
    from reid_core.images import list_images, read_image
    from reid_core.types import Kind

    models, folder = Models(model_store), data / "faces" / "celeba_wild"  # type: ignore[arg-type]
    rows, who, quality = [], [], []
    for number, one in enumerate(sorted(p for p in folder.iterdir() if p.is_dir())):
        for path in list_images(one):
            looks = looks_in(models, read_image(path), Kind.FACE)
            if looks:
                best = max(looks, key=lambda look: float(np.prod(look.box[2:] - look.box[:2])))
                rows.append(best.vector)
                who.append(number)
                quality.append(best.quality)
    return np.stack(rows), np.array(who), np.array(quality, np.float32)
