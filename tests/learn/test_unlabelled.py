"""Learning from footage without names: only who was seen at once is ever pushed apart."""

from __future__ import annotations

import numpy as np
import torch

from reid_core.learn import adapt
from reid_core.learn.unlabelled import FootageLoss, Groups, Unlabelled
from reid_core.protocols import no_progress

DIM = 16


def crowd(pairs: list[tuple[int, int]], count: int = 6, looks: int = 3) -> Unlabelled:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(count * looks, DIM))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    whose = np.repeat(np.arange(count), looks)
    return Unlabelled(rows.astype(np.float32), whose, np.array(pairs, np.int64).reshape(-1, 2))


def test_a_group_holds_only_whoever_was_seen_with_all_the_others() -> None:
    pairs = [(0, 1), (1, 2), (0, 2), (2, 3), (4, 5)]
    given = crowd(pairs)
    beside = {frozenset(p) for p in pairs}
    groups, seen = Groups(given, 0), set()
    for _ in range(50):
        for rows, labels in groups.next():
            members = [set(given.whose[rows[labels == k]].tolist()) for k in labels.unique()]
            assert all(len(m) == 1 for m in members)
            one = [m.pop() for m in members]
            assert all(frozenset((a, b)) in beside for a in one for b in one if a < b)
            seen.add(frozenset(one))
    assert {frozenset((0, 1, 2)), frozenset((2, 3)), frozenset((4, 5))} == seen


def test_where_nobody_was_seen_with_another_nothing_pulls_or_pushes() -> None:
    residual = torch.zeros((DIM, DIM), requires_grad=True)
    value = FootageLoss(crowd([]), np.zeros(DIM, np.float32), 0)(residual)
    value.backward()
    assert value.item() == 0
    assert not residual.grad.any()


def test_without_some_looks_their_appearances_are_gone_and_the_others_keep_their_pairs() -> None:
    given = crowd([(0, 1), (1, 2), (3, 5)])
    left = given.without(np.arange(18) == 4)  # a look of appearance 1
    assert np.array_equal(left.vectors, given.vectors[given.whose != 1])
    assert left.whose.tolist() == np.repeat(range(5), 3).tolist()
    assert left.apart.tolist() == [[2, 4]]
    assert len(given.without(np.ones(18, bool))) == 0


def test_people_of_a_fold_are_not_learnt_from_in_footage_either(monkeypatch) -> None:
    """Else what is measured on them would speak for the footage that shows them."""
    rows = np.eye(DIM, dtype=np.float32)[np.repeat(np.arange(10), 2)]
    people, shown = np.repeat(np.arange(10), 2), np.repeat(np.arange(10), 3)
    footage = Unlabelled(np.eye(DIM, dtype=np.float32)[shown], shown, np.array([[0, 1]]))
    learnt = []

    def learn(vectors, people, some, how, way, progress):
        seen = {int(np.argmax(row)) for row in how.footage.vectors}
        learnt.append((set(people[some].tolist()), seen))
        return adapt._Map(np.zeros((DIM, DIM), np.float32), np.zeros(DIM, np.float32))

    monkeypatch.setattr(adapt, "_learn", learn)
    adapt.fit("base", rows, people, np.arange(20), adapt.Recipe(footage=footage))
    assert all(named == seen for named, seen in learnt)
    assert [len(named) for named, _ in learnt[-2:]] == [8, 10]


def test_footage_alone_tells_people_never_named_apart() -> None:
    """The nuisance that changes from look to look is seen in footage only."""
    rng, nuisance = np.random.default_rng(1), np.eye(DIM)[0]

    def looks(count: int, strength: float) -> tuple[np.ndarray, np.ndarray]:
        who = np.repeat(np.arange(count), 4)
        rows = rng.normal(size=(count, DIM))[who] + 0.2 * rng.normal(size=(len(who), DIM))
        rows += strength * np.outer(rng.normal(size=len(who)), nuisance)
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32), who

    rows, whose = looks(40, 6)
    seen = Unlabelled(rows, whose, np.array([(i, i + 1) for i in range(0, 40, 2)]))
    named, people = looks(4, 0)
    recipe = adapt.Recipe(footage=seen, steps=30)
    every = np.ones(len(people), bool)
    kept = {}
    for way in (adapt.Way(0.3, evened=True), adapt.Way(0.3, evened=True, footage=1.0)):
        found = adapt._learn(named, people, every, recipe, way, no_progress)
        weight = np.eye(DIM) + found.residual
        kept[way.footage] = np.linalg.norm(weight @ nuisance) / np.linalg.norm(weight)
    assert kept[1.0] < 0.9 * kept[0.0]


def test_ways_with_footage_are_tried_beside_those_without() -> None:
    assert adapt.Recipe().tried == adapt.WAYS
    assert adapt.Recipe(footage=crowd([])).tried == (*adapt.WAYS, *adapt.FOOTAGE_WAYS)
