"""Error rates by condition against plain loops over pairs, and when they warn."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from reid_core.evaluate import allpairs, conditions, identity_bootstrap
from reid_core.evaluate.allpairs import Rows, Scored
from reid_core.evaluate.conditions import Condition, Group, Grouping
from reid_core.evaluate.intervals import Share, percentiles

PEOPLE = 24


def made(seed: int = 0, people: int = PEOPLE, each: int = 4, spread: float = 1.0) -> Rows:
    rng = np.random.default_rng(seed)
    ids = np.repeat(np.arange(people), each)
    vectors = rng.normal(size=(people, 6))[ids] + spread * rng.normal(size=(len(ids), 6))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Rows(vectors.astype(np.float32), ids, np.ones(len(ids), bool))


def split(rows: Rows, grouping: Grouping, threshold: float, **options: object) -> Condition:
    counted = allpairs.count(rows)
    accepted = allpairs.above(rows, counted, level=threshold)
    drawn = list(identity_bootstrap.draws(len(rows.pictures), rounds=100))
    return conditions.split(
        rows,
        counted.genuine,
        accepted,
        grouping,
        threshold=threshold,
        target=0.01,
        drawn=drawn,
        **options,  # type: ignore[arg-type]
    )


def loops(rows: Rows, threshold: float, group_of) -> dict[object, list[int]]:
    """For each group: genuine, of those rejected, impostors, of those accepted."""
    result: dict[object, list[int]] = {}
    for i, j in combinations(range(len(rows.ids)), 2):
        if (group := group_of(i, j)) is None:
            continue
        counts = result.setdefault(group, [0, 0, 0, 0])
        score = rows.vectors[i] @ rows.vectors[j]
        if rows.ids[i] == rows.ids[j]:
            counts[0] += 1
            counts[1] += score < threshold
        else:
            counts[2] += 1
            counts[3] += score >= threshold
    return result


def agree(got: Condition, expected: dict[object, list[int]], key) -> None:
    assert {g.name for g in got.groups if g.genuine + g.impostors} == {key(k) for k in expected}
    for group in got.groups:
        counts = next((c for k, c in expected.items() if key(k) == group.name), [0, 0, 0, 0])
        assert (group.genuine, group.impostors) == (counts[0], counts[2])
        assert group.recurring <= min(group.people, group.genuine)
        if group.fnmr:
            assert group.fnmr.value == pytest.approx(counts[1] / counts[0], rel=1e-3)
            assert group.fnmr.low <= group.fnmr.value <= group.fnmr.high
        if group.fmr:
            assert group.fmr.value == pytest.approx(counts[3] / counts[2], rel=1e-3)
            assert group.fmr.low <= group.fmr.value <= group.fmr.high


def test_a_measure_counts_by_the_lower_of_two_pictures() -> None:
    rows = made()
    values = np.random.default_rng(1).uniform(0, 1, len(rows.ids))
    values[::13] = np.nan  # nobody was found there
    grouping = conditions.bands("quality", values, digits=2)
    known = values[np.isfinite(values)]
    first, second = np.quantile(known, [1 / 3, 2 / 3])

    def band(i: int, j: int) -> int | None:
        low = min(values[i], values[j])
        return None if np.isnan(values[[i, j]]).any() else int(low >= first) + int(low >= second)

    got = split(rows, grouping, 0.5)
    agree(got, loops(rows, 0.5, band), lambda k: grouping.names[k])
    sizes = np.bincount(grouping.of[grouping.of >= 0])
    assert sizes.max() - sizes.min() <= 1


def test_a_label_counts_pairs_within_its_groups() -> None:
    rows = made(1)
    given = ["a" if i % 3 else "b" for i in rows.ids]
    given[5] = ""
    grouping = conditions.labels("site", given)

    def same(i: int, j: int) -> str | None:
        return given[i] if given[i] == given[j] and given[i] else None

    expected = loops(rows, 0.4, same)
    got = split(rows, grouping, 0.4)
    agree(got, expected, str)
    fmr, fnmr = ([c[i + 1] / c[i] for c in expected.values()] for i in (2, 0))
    assert got.spread["fmr"] == pytest.approx(max(fmr) / min(fmr), abs=0.01)
    assert got.spread["fnmr"] == pytest.approx(max(fnmr) / min(fnmr), abs=0.01)


def test_cameras_count_both() -> None:
    rows = made(2)
    cameras = np.random.default_rng(2).integers(1, 4, len(rows.ids))
    grouping = conditions.cameras(cameras)
    assert grouping.names == ("1 alone", "1 and 2", "1 and 3", "2 alone", "2 and 3", "3 alone")

    def both(i: int, j: int) -> tuple[int, int]:
        return min(cameras[i], cameras[j]), max(cameras[i], cameras[j])

    def name(pair: tuple[int, int]) -> str:
        return f"{pair[0]} alone" if pair[0] == pair[1] else f"{pair[0]} and {pair[1]}"

    agree(split(rows, grouping, 0.4), loops(rows, 0.4, both), name)


def test_a_list_says_which_pairs_of_two_count() -> None:
    rows = made(3)
    given = ["a" if i % 2 else "b" for i in rows.ids]
    every = allpairs.above(rows, allpairs.count(rows), level=-np.inf)
    some = every[np.arange(0, len(every), 7)]
    accepted = some[some.scores >= 0.4]
    counted = allpairs.count(rows)
    got = conditions.split(
        rows,
        counted.genuine,
        accepted,
        conditions.labels("site", given),
        threshold=0.4,
        target=0.01,
        drawn=list(identity_bootstrap.draws(PEOPLE, rounds=10)),
        impostors=some,
    )
    assert [group.name for group in got.groups] == ["a", "b"]
    for group in got.groups:
        mine = [given[a] == given[b] == group.name for a, b in zip(some.first, some.second)]
        assert group.impostors == sum(mine)
        assert group.fmr is not None
        assert group.fmr.value == pytest.approx(np.mean(some.scores[mine] >= 0.4), rel=1e-3)


def test_intervals_are_those_of_draws_of_people() -> None:
    """The draws of FMR within a group, written out pair by pair."""
    rows = made(4, people=10)
    given = ["a" if i < 6 else "b" for i in rows.ids]
    drawn = list(identity_bootstrap.draws(10, rounds=60, seed=5))
    values = []
    for w in drawn:
        weight = hits = 0.0
        for i, j in combinations(range(24), 2):  # the pictures of the six people in a
            if rows.ids[i] != rows.ids[j]:
                both = w[rows.ids[i]] * w[rows.ids[j]]
                weight += both
                hits += both * (rows.vectors[i] @ rows.vectors[j] >= 0.3)
        values.append(hits / weight if weight else np.nan)
    counted = allpairs.count(rows)
    got = conditions.split(
        rows,
        counted.genuine,
        allpairs.above(rows, counted, level=0.3),
        conditions.labels("site", given),
        threshold=0.3,
        target=0.01,
        drawn=drawn,
    )
    low, high = percentiles(values)
    share = got.groups[0].fmr
    assert share is not None
    assert (share.low, share.high) == pytest.approx((low, high), rel=1e-3)


def test_a_group_without_errors_has_a_bound_all_the_same() -> None:
    rows = made(5, spread=0.1)
    got = split(rows, conditions.labels("site", ["a"] * len(rows.ids)), 0.99).groups[0]
    assert got.fmr is not None
    assert got.fmr.value == 0
    assert 0 < got.fmr.high < 0.05


def test_equal_measures_are_one_band_and_none_are_no_group() -> None:
    one = conditions.bands("size", np.full(10, 91.0), digits=0, unit=" px")
    assert one.names == ("91 to 91 px",)
    assert (one.of == 0).all()
    none = conditions.bands("size", np.full(10, np.nan), digits=0)
    assert none.names == ()
    rows = made(6)
    empty = conditions.bands("size", np.full(len(rows.ids), np.nan), digits=0)
    assert split(rows, empty, 0.5).groups == ()


def group(name: str, fmr: Share | None, fnmr: Share | None, people: int = 40) -> Group:
    return Group(name, people, 100, 1000, fmr, fnmr, people)


SMALL, LARGE = Share(0.001, 0.0005, 0.002), Share(0.02, 0.01, 0.03)


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ([group("a", SMALL, None), group("b", SMALL, None)], []),
        ([group("a", SMALL, None), group("b", LARGE, None)], ["In 'b'", "FMR is 0.02"]),
        # every interval reaches into the other
        ([group("a", SMALL, None), group("b", Share(0.01, 0.001, 0.03), None)], []),
        # apart for sure, but not twofold
        ([group("a", None, Share(0.1, 0.09, 0.11)), group("b", None, Share(0.15, 0.14, 0.16))], []),
        ([group("a", None, SMALL), group("b", None, LARGE)], ["FNMR is 0.02"]),
        # too few people to show anything
        ([group("a", SMALL, None), group("b", LARGE, LARGE, people=4)], []),
        ([group("a", Share(0.0, 0.0, 0.001), None), group("b", LARGE, None)], ["In 'b'", "far"]),
    ],
)
def test_it_warns_where_one_threshold_cannot_serve_all(
    groups: list[Group], said: list[str]
) -> None:
    got = conditions.warnings(groups, groups, target=0.003)
    assert len(got) == len(said)
    for sentence, part in zip(got, said, strict=True):
        assert part in sentence
        assert sentence.endswith(".")


def test_few_people_with_several_pictures_show_no_rate_of_misses() -> None:
    a, b = Group("a", 40, 9, 99, None, SMALL, 9), Group("b", 40, 4, 99, None, LARGE, 4)
    assert conditions.warnings([a, b], [a, b], target=0.1) == []
    rows = made(9, people=30)
    given = ["a" if i < 20 else "b" for i in rows.ids]
    got = split(rows, conditions.labels("site", given), 0.4)
    assert [(g.people, g.recurring) for g in got.groups] == [(20, 20), (10, 10)]


def test_of_many_groups_some_lie_apart_by_chance() -> None:
    """What warns are the stricter intervals, what is said are the shown ones."""
    shown = [group("a", SMALL, None), group("b", LARGE, None)]
    wide = [group("a", Share(0.001, 0, 0.02), None), group("b", Share(0.02, 0.002, 0.1), None)]
    assert conditions.warnings(shown, wide, target=0.003) == []
    said = conditions.warnings(shown, shown, target=0.003)
    assert "(0.01 to 0.03)" in said[0]


def test_a_planted_unfair_group_is_found() -> None:
    """People of one site look alike, so that strangers there are taken for one another."""
    rng = np.random.default_rng(7)
    ids = np.repeat(np.arange(60), 4)
    centres = rng.normal(size=(60, 16))
    centres[30:] = 2 * rng.normal(size=16) + 0.6 * rng.normal(size=(30, 16))
    vectors = centres[ids] + 0.5 * rng.normal(size=(240, 16))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    rows = Rows(vectors.astype(np.float32), ids, np.ones(240, bool))
    given = ["varied" if i < 30 else "alike" for i in ids]
    got = split(rows, conditions.labels("site", given), 0.6)
    assert any("FMR" in w and "'alike'" in w for w in got.warnings)
    shuffled = np.random.default_rng(8).permutation(60)
    mixed = ["a" if shuffled[i] < 30 else "b" for i in ids]
    fair = split(rows, conditions.labels("site", mixed), 0.6)
    assert not any("One threshold" in w for w in fair.warnings)


def test_what_a_sample_stands_for_counts() -> None:
    rows = made(8)
    counted = allpairs.count(rows)
    best = allpairs.above(rows, counted, level=0.2)
    half = best[np.arange(0, len(best), 2)]
    double = Scored(half.scores, half.first, half.second, 2 * half.stands_for)
    grouping = conditions.labels("site", ["a"] * len(rows.ids))
    rates = [
        conditions.split(
            rows, counted.genuine, pairs, grouping, threshold=0.2, target=0.01, drawn=[]
        ).groups[0]
        for pairs in (best, double)
    ]
    assert rates[0].fmr is not None
    assert rates[1].fmr is not None
    assert rates[0].fmr.value == pytest.approx(rates[1].fmr.value, rel=0.01)
