"""Losses by pair against other people's code, or against loops in other words."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import pytest
import torch
from batches import CLASSES, DIM, SEEDS, agree, batch
from pytorch_metric_learning import losses as pml
from pytorch_metric_learning import miners as pml_miners
from pytorch_metric_learning.distances import DotProductSimilarity
from pytorch_metric_learning.reducers import MeanReducer
from torch import Tensor
from torch.nn import functional as F

from reid_core.learn import miners
from reid_core.learn.losses import classes, matrix, pairs
from reid_core.learn.losses.matrix import distances, masks, similarities, squared_distances

Loss = Callable[[Tensor, Tensor, Tensor], Tensor]
OURS: dict[str, tuple[Callable[[Tensor], Tensor], Loss]] = {
    "contrastive": (distances, partial(pairs.contrastive, margin=1.0)),
    "triplet": (distances, partial(pairs.triplet, margin=0.3)),
    "triplet, soft": (distances, partial(pairs.triplet, margin=None)),
    "semi-hard": (distances, partial(pairs.semi_hard_triplet, margin=0.3)),
    "semi-hard, squared": (squared_distances, partial(pairs.semi_hard_triplet, margin=0.3)),
    "batch-hard": (distances, partial(pairs.batch_hard_triplet, margin=0.3)),
    "batch-hard, soft": (distances, partial(pairs.batch_hard_triplet, margin=None)),
    "lifted": (distances, partial(pairs.lifted_structure, margin=1.0)),
    "n-pair": (similarities, partial(pairs.n_pair, scale=4.0)),
    "multi-similarity": (similarities, pairs.multi_similarity),
    "circle": (similarities, pairs.circle_pairs),
    "supervised contrastive": (similarities, pairs.supervised_contrastive),
}
SEPARABLE = ("contrastive", "multi-similarity")  # their positives and negatives do not meet


def ours(name: str, x: Tensor, y: Tensor) -> Tensor:
    of, loss = OURS[name]
    return loss(of(x), *masks(y))


def mined(miner: torch.nn.Module, loss: torch.nn.Module, x: Tensor, y: Tensor) -> Tensor:
    return loss(x, y, miner(x, y))


def plain(loss: torch.nn.Module, x: Tensor, y: Tensor) -> Tensor:
    return loss(x, y)


SQUARED = {"distance": pml.TripletMarginLoss().distance.__class__(power=2)}
SEMI = partial(pml_miners.TripletMarginMiner, margin=0.3, type_of_triplets="semihard")
SOFT = pml.TripletMarginLoss(margin=0, smooth_loss=True, reducer=MeanReducer())
THEIRS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "triplet": partial(plain, pml.TripletMarginLoss(margin=0.3)),
    "triplet, soft": partial(plain, SOFT),
    "semi-hard": partial(mined, SEMI(), pml.TripletMarginLoss(margin=0.3)),
    "semi-hard, squared": partial(
        mined, SEMI(**SQUARED), pml.TripletMarginLoss(margin=0.3, **SQUARED)
    ),
    "batch-hard": partial(
        mined,
        pml_miners.BatchHardMiner(),
        pml.TripletMarginLoss(margin=0.3, reducer=MeanReducer()),
    ),
    "batch-hard, soft": partial(mined, pml_miners.BatchHardMiner(), SOFT),
    "lifted": partial(plain, pml.LiftedStructureLoss(neg_margin=1, pos_margin=0)),
    "multi-similarity": partial(plain, pml.MultiSimilarityLoss(alpha=2, beta=50, base=0.5)),
    "circle": partial(plain, pml.CircleLoss(m=0.4, gamma=80)),
    "supervised contrastive": partial(plain, pml.SupConLoss(temperature=0.1)),
}


@pytest.mark.parametrize("name", THEIRS)
def test_as_pytorch_metric_learning(name: str) -> None:
    for seed in SEEDS:
        x, y = batch(seed)
        agree(ours(name, x, y), THEIRS[name](x, y), x)


def test_multi_similarity_with_its_miner_as_pytorch_metric_learning() -> None:
    theirs = pml_miners.MultiSimilarityMiner(epsilon=0.1), pml.MultiSimilarityLoss(2, 50, 0.5)
    for seed in SEEDS:
        x, y = batch(seed)
        s = similarities(x)
        chosen = miners.multi_similarity(s.detach(), *masks(y))
        agree(pairs.multi_similarity(s, *chosen), mined(*theirs, x, y), x)


def test_one_pair_a_class_as_pytorch_metric_learning() -> None:
    theirs = pml.NPairsLoss(distance=DotProductSimilarity(normalize_embeddings=False))
    for seed in SEEDS:
        x, _ = batch(seed)
        y = torch.arange(len(x)) // 2
        a, p = pairs.one_pair_each(y)
        inner = x[a] @ x[p].T
        agree(pairs.n_pair(inner, *masks(y[a], y[p])), theirs(x, y), x)


def test_one_pair_each_takes_the_first_two() -> None:
    a, p = pairs.one_pair_each(torch.tensor([3, 1, 3, 2, 1, 3, 0]))
    assert sorted(zip(a.tolist(), p.tolist())) == [(0, 2), (1, 4)]


def loop_contrastive(x: Tensor, y: Tensor) -> Tensor:
    u = x / x.norm(dim=1, keepdim=True)
    pull, push = [], []
    for i in range(len(x)):
        for j in range(len(x)):
            if i != j:
                d = (u[i] - u[j]).square().sum().sqrt()
                if y[i] == y[j]:
                    pull.append(d**2 / 2)
                elif d < 1:
                    push.append((1 - d) ** 2 / 2)
    zero = x.sum() * 0
    return sum(pull, zero) / max(len(pull), 1) + sum(push, zero) / max(len(push), 1)


def loop_n_pair(x: Tensor, y: Tensor) -> Tensor:
    u = x / x.norm(dim=1, keepdim=True)
    terms = []
    for i in range(len(x)):
        others = [4 * u[i] @ u[k] for k in range(len(x)) if y[k] != y[i]]
        for j in range(len(x)):
            if i != j and y[i] == y[j]:
                terms.append(torch.log(1 + sum(torch.exp(o - 4 * u[i] @ u[j]) for o in others)))
    return sum(terms) / len(terms)


@pytest.mark.parametrize(
    ("name", "loop"), [("contrastive", loop_contrastive), ("n-pair", loop_n_pair)]
)
def test_as_a_loop_over_pairs(name: str, loop: Callable[[Tensor, Tensor], Tensor]) -> None:
    for seed in SEEDS:
        x, y = batch(seed, n=7, classes=3)
        agree(ours(name, x, y), loop(x, y), x)


@pytest.mark.parametrize("name", [n for n in OURS if n != "circle"])
def test_gradients_are_those_of_the_value(name: str) -> None:
    """Circle's weights carry no gradient on purpose: it is compared above."""
    x, y = batch(4, n=6, classes=2)
    assert torch.autograd.gradcheck(lambda v: ours(name, v, y), (x,), atol=1e-4)


@pytest.mark.parametrize("name", OURS)
def test_the_order_of_the_batch_does_not_matter(name: str) -> None:
    x, y = batch(1)
    order = torch.randperm(len(x))
    torch.testing.assert_close(ours(name, x, y), ours(name, x[order], y[order]))


@pytest.mark.parametrize("labels", [torch.arange(6), torch.zeros(6, dtype=torch.long)])
@pytest.mark.parametrize("name", [n for n in OURS if n not in SEPARABLE])
def test_without_positives_or_negatives_the_loss_is_zero(name: str, labels: Tensor) -> None:
    x, _ = batch(0, n=6)
    value = ours(name, x, labels)
    (gradient,) = torch.autograd.grad(value, x)
    assert value == 0
    assert not gradient.any()


@pytest.mark.parametrize("name", SEPARABLE)
def test_what_is_not_there_has_no_part(name: str) -> None:
    x, y = batch(0, n=6)
    of, loss = OURS[name]
    positive, negative = masks(y)
    none = torch.zeros_like(positive)
    d = of(x)
    both = loss(d, positive, negative)
    agree(loss(d, positive, none) + loss(d, none, negative), both, x)
    value = loss(d, none, none)
    assert value == 0
    assert not torch.autograd.grad(value, x)[0].any()


def test_the_two_forms_of_circle_agree() -> None:
    """Pair level with the class centres as the only others is class level (2002.10857, 3.3)."""
    for seed in SEEDS:
        x, y = batch(seed)
        by_class = classes.circle_classes(DIM, CLASSES, scale=64, margin=0.3).double()
        w = by_class.weight
        chosen = masks(y, torch.arange(CLASSES))
        by_pair = pairs.circle_pairs(similarities(x, w), *chosen, scale=64, margin=0.3)
        agree(by_pair, by_class(x, y), x, w)


def unified(s: Tensor, positive: Tensor, negative: Tensor, scale: float, margin: float) -> Tensor:
    """Equation 1: log(1 + Σ_i Σ_j exp(γ (s_n^j - s_p^i + m))), written out, anchor by anchor."""
    terms = []
    for a in range(len(s)):
        gaps = [n - p + margin for n in s[a][negative[a]] for p in s[a][positive[a]]]
        terms.append(torch.log(1 + sum(torch.exp(scale * g) for g in gaps)))
    return torch.stack(terms).mean()


def test_the_unified_loss_degenerates_to_both_kinds() -> None:
    """Equation 1 on class centres is AM-Softmax (eq. 2), without margin NormFace and n-pair."""
    for seed in range(10):
        x, y = batch(seed, n=6)
        with_margin = classes.am_softmax(DIM, CLASSES, scale=8, margin=0.2).double()
        without = classes.norm_face(DIM, CLASSES, scale=8).double()
        without.weight = w = with_margin.weight
        s, chosen = similarities(x, w), masks(y, torch.arange(CLASSES))
        agree(unified(s, *chosen, 8, 0.2), with_margin(x, y), x, w)
        agree(unified(s, *chosen, 8, 0.0), without(x, y), x, w)
        agree(pairs.n_pair(s, *chosen, scale=8), without(x, y), x, w)


def test_a_steep_unified_loss_is_the_hard_triplet() -> None:
    """Equation 3: as γ grows, 1/γ of the loss is the hardest triplet's."""
    x, y = batch(0)
    s, chosen = similarities(x.detach()), masks(y)
    s, chosen = s[chosen[0].any(1)], [m[chosen[0].any(1)] for m in chosen]
    hardest = pairs.batch_hard_triplet(-s, *chosen, margin=0.1)
    assert float(unified(s, *chosen, 500, 0.1) / 500) == pytest.approx(float(hardest), abs=0.01)


def test_distances_are_those_between_the_vectors() -> None:
    x, _ = batch(0)
    others, _ = batch(1)
    for unit in (True, False):
        a, b = (F.normalize(x), F.normalize(others)) if unit else (x, others)
        loop = torch.stack([torch.stack([(p - q).square().sum() for q in b]) for p in a])
        torch.testing.assert_close(squared_distances(x, others, unit=unit), loop)
        torch.testing.assert_close(distances(x, others, unit=unit), loop.sqrt())
    cosine = torch.stack([torch.stack([p @ q / p.norm() / q.norm() for q in others]) for p in x])
    torch.testing.assert_close(similarities(x, others), cosine)


@pytest.mark.parametrize("kind", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
def test_equal_embeddings_are_exactly_0_apart(kind: torch.dtype) -> None:
    x = torch.randn(5, 64).repeat(4, 1).to(kind).requires_grad_()
    d = distances(x)
    equal = masks(torch.arange(5).repeat(4))[0]
    assert (d[equal] == 0).all()
    assert (d.diagonal() == 0).all()
    (gradient,) = torch.autograd.grad(d[equal].sum(), x)
    assert not gradient.any()


def test_masks() -> None:
    positive, negative = masks(torch.tensor([1, 2, 1]))
    assert positive.tolist() == [[False, False, True], [False] * 3, [True, False, False]]
    assert negative.tolist() == [[False, True, False], [True, False, True], [False, True, False]]
    positive, negative = masks(torch.tensor([1, 2]), torch.tensor([2, 2, 1]))
    assert positive.tolist() == [[False, False, True], [True, True, False]]
    assert (positive ^ negative).all()


def test_log_of_a_sum_over_what_counts() -> None:
    values = torch.tensor([[0.0, 1.0, 1e4], [-1e4, 2.0, 3.0], [1.0, 1.0, 1.0]], requires_grad=True)
    counted = torch.tensor([[True, True, False], [True, False, False], [False] * 3])
    found = matrix.logsumexp(values, counted)
    assert found.tolist() == [pytest.approx(math.log(1 + math.e)), -1e4, pytest.approx(-1e30)]
    (gradient,) = torch.autograd.grad(F.softplus(found).sum(), values)
    assert gradient.tolist()[1:] == [[0, 0, 0], [0, 0, 0]]
    assert gradient[0].tolist() == [
        pytest.approx(v / (2 + math.e) * (1 if i < 2 else 0))
        for i, v in enumerate((1.0, math.e, 1.0))
    ]
    nothing = matrix.logsumexp(torch.zeros(2, 0), torch.zeros(2, 0, dtype=torch.bool))
    assert (nothing < -1e29).all()


def test_lifted_structure_needs_the_batch_against_itself() -> None:
    x, y = batch(0)
    with pytest.raises(ValueError, match="with itself"):
        pairs.lifted_structure(distances(x, x[:3]), *masks(y, y[:3]), margin=1)
