"""One HTML page of what an evaluation found: plots, figures, conditions, two models compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reid_core import images
from reid_core.actions.evaluate_identify import Identification
from reid_core.actions.evaluate_pairs import AllPairs
from reid_core.actions.evaluate_people import Verification
from reid_core.actions.evaluate_reid import Reidentification
from reid_core.actions.judged_pairs import Side
from reid_core.evaluate.compare import Changed, Difference, Turned
from reid_core.evaluate.conditions import Condition
from reid_core.evaluate.intervals import Share
from reid_core.report import page, plots

MOST = 0.5  # an error rate beyond which no threshold is of use
LONGEST = 160  # px, the longer side of a picture in the page
EVIDENCE = "A similarity is evidence, not proof of identity."


@dataclass(frozen=True, slots=True)
class Options:
    """root: what was measured. pictures: put pictures of pairs into the page."""

    root: Path
    pictures: bool = False


def report_pairs(done: AllPairs | Verification, path: Path, options: Options) -> None:
    """Verification: error curves, both histograms, rates with their intervals."""
    if done.det is None or done.histogram is None:
        raise ValueError("a report needs the curves of what was measured")
    sides = [(done.model, Side(done.model, done.auc, done.eer, done.tar, done.det, done.histogram))]
    if done.against is not None:
        sides.append((done.against.model, done.against))
    det = _curves(
        "Detection error trade-off",
        "FMR, strangers taken for one person",
        "FNMR, people not recognised",
        [plots.Line(name, side.det.fmr, side.det.fnmr) for name, side in sides],
    )
    bars = [
        plots.histograms(
            f"Similarities by {name}",
            "How often pairs of two people and pairs of one person have each similarity",
            "similarity",
            side.histogram.edges,
            [("two people", side.histogram.impostor), ("one person", side.histogram.genuine)],
        )
        for name, side in sides
    ]
    rows = [
        (name, far, *_interval(side.tar[far]), f"{side.tar[far].threshold:.4f}")
        for far in done.tar
        for name, side in sides
    ]
    summary = [(name, f"{side.auc:.5f}", f"{100 * side.eer:.2f} %") for name, side in sides]
    page.write_page(
        path,
        title=f"Verification: {' and '.join(name for name, _ in sides)}",
        lead=_lead(done),
        sections=[
            *_compared(done.differences, done.changed, sides),
            page.section(
                "Figures",
                page.table(("model", "AUC", "equal error rate"), summary),
                page.table(
                    ("model", "at FMR", "recognised (TAR)", "95 % interval", "threshold"), rows
                ),
            ),
            page.section("Plots", page.figures(det, *bars)),
            *[_condition(c) for c in done.conditions],
            *_decisions(done.changed, sides, options),
            _notes(done.protocol, done.notes),
        ],
        footer=EVIDENCE,
    )


def report_identify(done: Identification, path: Path, options: Options) -> None:
    """Open-set identification: FNIR over FPIR, ranks, rates with their intervals."""
    own = Share(done.rank1, done.rank1_low, done.rank1_high)
    sides = [(done.model, done.fnir, done.det, done.cmc, own)]
    if (b := done.against) is not None:
        sides.append((b.model, b.fnir, b.det, b.cmc, b.rank1))
    det = _curves(
        "Open-set error trade-off",
        "FPIR, searches in vain that find somebody",
        "FNIR, searches that miss their person",
        [plots.Line(name, d.fpir, d.fnir) for name, _, d, _, _ in sides],
    )
    rows = [
        (name, rate, *_interval(fnir[rate]), f"{fnir[rate].threshold:.4f}")
        for rate in done.fnir
        for name, fnir, *_ in sides
    ]
    first = [(name, *_interval(rank1)) for name, _, _, _, rank1 in sides]
    page.write_page(
        path,
        title=f"Identification: {' and '.join(side[0] for side in sides)}",
        lead=f"{done.gallery:,} people enrolled; {done.mated:,} searches with somebody to find "
        f"and {done.nonmated:,} in vain in a split, on average",
        sections=[
            *_compared(done.differences, done.changed, sides),
            page.section(
                "Figures",
                page.table(("model", "found first (rank 1)", "95 % interval"), first),
                page.table(
                    ("model", "at FPIR", "missed (FNIR)", "95 % interval", "threshold"), rows
                ),
            ),
            page.section("Plots", page.figures(det, _ranks([(s[0], s[3]) for s in sides]))),
            *_decisions(done.changed, sides, options),
            _notes(done.protocol, done.notes),
        ],
        footer=EVIDENCE,
    )


def report_reid(done: Reidentification, path: Path, options: Options) -> None:
    """Re-identification: ranks and mean average precision with their intervals."""
    ends = {key: Share(getattr(done, key), *both) for key, both in done.intervals.items()}
    sides = [(done.model, ends["rank1"], ends["mAP"], done.mINP, done.cmc)]
    if (b := done.against) is not None:
        sides.append((b.model, b.rank1, b.mAP, b.mINP, b.cmc))
    rows = [
        (name, *_interval(rank1), *_interval(mean), f"{100 * inp:.1f} %")
        for name, rank1, mean, inp, _ in sides
    ]
    heads = ("model", "rank-1", "95 % interval", "mAP", "95 % interval", "mINP")
    page.write_page(
        path,
        title=f"Re-identification: {' and '.join(side[0] for side in sides)}",
        lead=f"{done.queries:,} queries among {done.gallery:,} pictures",
        sections=[
            *_compared(done.differences, done.changed, sides),
            page.section("Figures", page.table(heads, rows)),
            page.section("Plots", page.figures(_ranks([(s[0], s[4]) for s in sides]))),
            *_decisions(done.changed, sides, options),
            _notes(done.protocol, done.notes),
        ],
        footer=EVIDENCE,
    )


def _lead(done: AllPairs | Verification) -> str:
    of = f"{done.pairs:,} pairs of {done.images:,} pictures"
    if isinstance(done, Verification):
        error = f"± {100 * done.accuracy_error:.2f} %"
        return f"{of}; {done.model}: {100 * done.accuracy:.2f} {error} right over the folds"
    sorts = f"{done.genuine:,} of one person, {done.impostors:,} of two"
    return f"{of} of {done.identities:,} people ({sorts})"


def _curves(title: str, x: str, y: str, several: Sequence[plots.Line]) -> str:
    across = plots.rates_axis(x, np.concatenate([line.x for line in several]), most=MOST)
    up = plots.rates_axis(y, np.concatenate([line.y[line.x <= MOST] for line in several]))
    about = f"{y} against {x}, lower is better: {', '.join(line.name for line in several)}"
    return plots.lines(title, about, across, up, several)


def _ranks(several: Sequence[tuple[str, Sequence[float]]]) -> str:
    shares = [plots.Line(n, np.arange(1.0, len(c) + 1), np.array(c)) for n, c in several]
    low = np.floor(10 * min(float(line.y.min()) for line in shares)) / 10
    return plots.lines(
        "Found among the first",
        f"Share of searches whose person is among the first r: {', '.join(n for n, _ in several)}",
        plots.even_axis("rank", 1, max(len(line.x) for line in shares)),
        plots.even_axis("share found", min(float(low), 0.9), 1.0),
        shares,
        key="lower",
    )


def _interval(share: Share) -> tuple[str, str]:
    return f"{100 * share.value:.2f} %", f"{100 * share.low:.2f} to {100 * share.high:.2f} %"


def _compared(
    differences: Sequence[Difference],
    changed: Changed | None,
    sides: Sequence[tuple[object, ...]],
) -> list[str]:
    """Whether the second model is better."""
    if changed is None:
        return []
    rows = [
        (
            d.figure,
            f"{100 * d.first:.2f} %",
            f"{100 * d.second:.2f} %",
            f"{100 * d.difference:+.2f}",
            f"{100 * d.low:+.2f} to {100 * d.high:+.2f}",
            d.verdict,
        )
        for d in differences
    ]
    first, second = str(sides[0][0]), str(sides[1][0])
    heads = ("figure", first, second, "points apart", "95 % interval", f"{second} is")
    about = (
        "Both on the same pictures, in the same draws of people (paired bootstrap). Where the "
        "interval holds zero no difference is shown, which is not to say that there is none."
    )
    return [page.section("Compared", page.table(heads, rows), page.words(about))]


def _decisions(
    changed: Changed | None, sides: Sequence[tuple[object, ...]], options: Options
) -> list[str]:
    """The decisions in which two models differ."""
    if changed is None:
        return []
    first, second = str(sides[0][0]), str(sides[1][0])
    said = (
        f"Where they differ, {second} is right in {changed.now_right:,} and {first} in "
        f"{changed.now_wrong:,} ({changed.rule}). The clearest:"
    )
    shown = _turned(changed.examples, second, options)
    return [page.section("Decisions that turned", page.words(said), *shown)]


def _turned(examples: Sequence[Turned], second: str, options: Options) -> list[str]:
    articles = [
        page.pair(t.first, t.second, _about(t), pictures=_looks(t, options)) for t in examples
    ]
    right = [a for a, t in zip(articles, examples, strict=True) if t.now_right]
    wrong = [a for a, t in zip(articles, examples, strict=True) if not t.now_right]
    parts = []
    for words, some in ((f"{second} is right", right), (f"{second} is wrong", wrong)):
        if some:
            parts += [page.heading(words), page.grid(*some)]
    return parts


def _about(t: Turned) -> str:
    who = "one person" if t.same_person else "two people"
    return f"{who}; similarity {t.before:.3f}, then {t.after:.3f}"


def _looks(t: Turned, options: Options) -> list[str]:
    if not options.pictures:
        return []
    base = options.root if options.root.is_dir() else options.root.parent
    return [
        page.picture(
            images.encode_jpeg(images.thumbnail(images.read_image(base / name), side=LONGEST)), name
        )
        for name in (t.first, t.second)
    ]


def _condition(c: Condition) -> str:
    rows = [
        (g.name, g.people, g.genuine, g.impostors, _small(g.fmr), _small(g.fnmr)) for g in c.groups
    ]
    heads = ("group", "people", "pairs of one", "pairs of two", "FMR", "FNMR")
    said = (
        f"At the threshold {c.threshold:.4f}, set for an FMR of {c.target:g} over all pairs; "
        f"{c.how}."
    )
    times = [f"{name.upper()} {fold:g}-fold" for name, fold in c.spread.items() if fold]
    said += f" The highest over the lowest: {', '.join(times)}." if times else ""
    warnings = [page.words(w, mark=True) for w in c.warnings]
    return page.section(f"By {c.by}", page.words(said), *warnings, page.table(heads, rows))


def _small(share: Share | None) -> str:
    return f"{share.value:.2g} ({share.low:.2g} to {share.high:.2g})" if share else "–"


def _notes(protocol: str, notes: Sequence[str]) -> str:
    return page.section("How it was measured", page.words(protocol), *map(page.words, notes))
