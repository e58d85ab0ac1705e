"""Losses by pair: of a matrix of distances or similarities and its two masks; see `matrix.py`.

Each returns a scalar, zero with a gradient when no pair counts.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from reid_core.learn.losses.matrix import logsumexp, mean, mean_nonzero, only


def contrastive(distance: Tensor, positive: Tensor, negative: Tensor, *, margin: float) -> Tensor:
    """½ d² for positives, ½ max(0, m - d)² for negatives (Hadsell 2006, equation 4).

    The mean over the positives and the mean over the negatives within the margin, added.
    """
    pull = mean(0.5 * distance[positive].square())
    short = (margin - distance).relu() * negative
    return pull + mean_nonzero(0.5 * short.square())


def triplet(
    distance: Tensor, positive: Tensor, negative: Tensor, *, margin: float | None
) -> Tensor:
    """max(0, d_ap - d_an + m), the mean over all triplets left that are above zero.

    1503.03832, equation 3 (with squared distances and `semi_hard`, there). margin None: the soft
    margin log(1 + exp(d_ap - d_an)) of 1703.07737, section 2, the mean over all.
    """
    a, p = positive.nonzero(as_tuple=True)
    gap = distance[a, p][:, None] + only(-distance, negative).index_select(0, a)
    if margin is None:
        return F.softplus(gap).sum() / negative.sum(1)[a].sum().clamp(min=1)
    return mean_nonzero((gap + margin).relu())


def semi_hard_triplet(
    distance: Tensor, positive: Tensor, negative: Tensor, *, margin: float
) -> Tensor:
    """Triplets whose negative is beyond the positive, within the margin (1503.03832, eq. 4)."""
    a, p = positive.nonzero(as_tuple=True)
    gap = distance[a, p][:, None] + only(-distance, negative).index_select(0, a)
    return mean_nonzero((gap + margin).relu() * (gap < 0))


def batch_hard_triplet(
    distance: Tensor, positive: Tensor, negative: Tensor, *, margin: float | None
) -> Tensor:
    """The farthest positive and the nearest negative of each anchor (1703.07737, equation 5).

    The mean over the anchors that have both. margin None: the soft margin.
    """
    with torch.no_grad():
        far = only(distance, positive).argmax(1, keepdim=True)
        near = only(-distance, negative).argmax(1, keepdim=True)
    gap = (distance.gather(1, far) - distance.gather(1, near))[:, 0]
    cost = F.softplus(gap) if margin is None else (gap + margin).relu()
    return mean(cost, positive.any(1) & negative.any(1))


def lifted_structure(
    distance: Tensor, positive: Tensor, negative: Tensor, *, margin: float
) -> Tensor:
    """½ mean max(0, J_ij)² over positive pairs (1511.06452, equation 4).

    J_ij = log(Σ_k exp(m - d_ik) + Σ_l exp(m - d_jl)) + d_ij, k and l the negatives of i and j.
    The matrix must be of a batch against itself. A pair without any negative has J far below 0.
    """
    if distance.shape[0] != distance.shape[1]:
        raise ValueError("lifted structure compares a batch with itself")
    push = logsumexp(margin - distance, negative)
    i, j = (positive | positive.T).triu(1).nonzero(as_tuple=True)  # a miner's mask has sides
    both = torch.logaddexp(push[i], push[j])
    return 0.5 * mean((both + distance[i, j]).relu().square())


def n_pair(similarity: Tensor, positive: Tensor, negative: Tensor, *, scale: float = 1.0) -> Tensor:
    """log(1 + Σ_n exp(s_an - s_ap)), the mean over positive pairs (Sohn 2016, equation 6).

    Sohn takes inner products, which may be large; cosines want a scale. His batch of one pair a
    class is `similarity[anchors][:, partners]` with `one_pair_each`.
    """
    similarity = scale * similarity
    a, p = positive.nonzero(as_tuple=True)
    push = logsumexp(similarity, negative)
    return mean(F.softplus(push[a] - similarity[a, p]))


def one_pair_each(labels: Tensor) -> tuple[Tensor, Tensor]:
    """(anchors, partners): the first two places of each label that is there twice, in order."""
    order = labels.argsort(stable=True)
    ranked = labels[order]
    first = torch.ones_like(ranked, dtype=torch.bool)
    first[1:] = ranked[1:] != ranked[:-1]
    starts = first.nonzero()[:, 0]
    starts = starts[starts + 1 < len(ranked)]
    starts = starts[~first[starts + 1]]
    return order[starts], order[starts + 1]


def multi_similarity(
    similarity: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    alpha: float = 2.0,
    beta: float = 50.0,
    base: float = 0.5,
) -> Tensor:
    """Equation 15 of 1904.06627, the mean over all anchors.

    1/α log(1 + Σ_p exp(-α (s_p - λ))) + 1/β log(1 + Σ_n exp(β (s_n - λ))), base: λ. Its miner is
    `miners.multi_similarity`.
    """
    pull = F.softplus(logsumexp(-alpha * (similarity - base), positive)) / alpha
    push = F.softplus(logsumexp(beta * (similarity - base), negative)) / beta
    return mean(pull + push)


def circle_pairs(
    similarity: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    scale: float = 80.0,
    margin: float = 0.4,
) -> Tensor:
    """Circle loss at pair level (2002.10857, equations 4 to 8), the mean over anchors.

    log(1 + Σ_n exp(γ α_n (s_n - m)) Σ_p exp(-γ α_p (s_p - (1 - m)))), α_p = [1 + m - s_p]+ and
    α_n = [s_n + m]+ without gradient. Anchors without positives or without negatives do not count.
    """
    fixed = similarity.detach()
    pull = -scale * (1 + margin - fixed).relu() * (similarity - (1 - margin))
    push = scale * (fixed + margin).relu() * (similarity - margin)
    total = logsumexp(pull, positive) + logsumexp(push, negative)
    return mean(F.softplus(total), positive.any(1) & negative.any(1))


def supervised_contrastive(
    similarity: Tensor, positive: Tensor, negative: Tensor, *, temperature: float = 0.1
) -> Tensor:
    """-1/|P| Σ_p log(exp(s_p/τ) / Σ_a exp(s_a/τ)) (2004.11362, equation 2), the mean over anchors.

    The sum in the denominator is over positives and negatives. Anchors without positives or
    without negatives do not count.
    """
    logits = similarity / temperature
    pairs = positive.sum(1)
    own = (logits * positive).sum(1) / pairs.clamp(min=1)
    return mean(logsumexp(logits, positive | negative) - own, (pairs > 0) & negative.any(1))
