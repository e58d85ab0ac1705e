"""Losses by class against other people's code, or against loops in other words."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from batches import CLASSES, DIM, SEEDS, agree, batch
from pytorch_metric_learning import losses as pml
from torch import Tensor
from torch.nn import functional as F

from reid_core.learn.losses import blockwise, centres, classes, margins

# their large margins hand tensors to scipy
pytestmark = pytest.mark.filterwarnings("ignore:__array_wrap__ must accept:DeprecationWarning")

MAKERS: dict[str, Callable[[], torch.nn.Module]] = {
    "softmax": lambda: classes.softmax(DIM, CLASSES, smoothing=0.1),
    "l2-softmax": lambda: classes.l2_softmax(DIM, CLASSES, trainable=True),
    "large-margin": lambda: classes.large_margin_softmax(DIM, CLASSES, margin=3),
    "a-softmax": lambda: classes.a_softmax(DIM, CLASSES),
    "norm-face": lambda: classes.norm_face(DIM, CLASSES),
    "am-softmax": lambda: classes.am_softmax(DIM, CLASSES),
    "cos-face": lambda: classes.cos_face(DIM, CLASSES),
    "arc-face": lambda: classes.arc_face(DIM, CLASSES),
    "sub-centre": lambda: classes.sub_centre_arc_face(DIM, CLASSES),
    "ada-face": lambda: classes.AdaFace(DIM, CLASSES).eval(),
    "mag-face": lambda: classes.MagFace(DIM, CLASSES, lengths=(0.5, 3)),
    "curricular": lambda: classes.CurricularFace(DIM, CLASSES).eval(),
    "circle": lambda: classes.circle_classes(DIM, CLASSES),
    "softened": lambda: classes.a_softmax(DIM, CLASSES, margin=2, least=5),
    "centre": lambda: centres.Centre(DIM, CLASSES),
    "proxy-anchor": lambda: centres.ProxyAnchor(DIM, CLASSES),
}
THEIRS: dict[str, Callable[[], torch.nn.Module]] = {
    "norm-face": lambda: pml.NormalizedSoftmaxLoss(CLASSES, DIM, temperature=1 / 30),
    "cos-face": lambda: pml.CosFaceLoss(CLASSES, DIM, margin=0.35, scale=64),
    "am-softmax": lambda: pml.CosFaceLoss(CLASSES, DIM, margin=0.35, scale=30),
    "arc-face": lambda: pml.ArcFaceLoss(CLASSES, DIM, margin=math.degrees(0.5), scale=64),
    "a-softmax": lambda: pml.SphereFaceLoss(CLASSES, DIM, margin=4, scale=1),
    "large-margin": lambda: pml.LargeMarginSoftmaxLoss(CLASSES, DIM, margin=3, scale=1),
    "sub-centre": lambda: pml.SubCenterArcFaceLoss(
        num_classes=CLASSES, embedding_size=DIM, margin=math.degrees(0.5), scale=64, sub_centers=3
    ),
    "proxy-anchor": lambda: pml.ProxyAnchorLoss(CLASSES, DIM, margin=0.1, alpha=32),
}


def make(name: str) -> torch.nn.Module:
    """In double precision, all that it learns drawn at random."""
    loss = MAKERS[name]().double()
    with torch.no_grad():
        for p in loss.parameters():
            p.copy_(torch.randn_like(p))
    return loss


def theirs(name: str, ours: torch.nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """Their loss with our centres, some of theirs transposed, differentiable in these."""
    other = THEIRS[name]().double()
    ((parameter, p),) = other.named_parameters()
    w = ours.weight if p.shape == ours.weight.shape else ours.weight.T
    return torch.func.functional_call(other, {parameter: w}, (x, y))


def own_cosine(loss: torch.nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """To the nearest of the own class's centres, (N,)."""
    cosine = F.normalize(x) @ F.normalize(loss.weight).T
    nearest = cosine.view(len(x), CLASSES, -1).amax(2)
    return nearest.gather(1, y[:, None])[:, 0].detach()


@pytest.mark.parametrize("name", THEIRS)
def test_as_pytorch_metric_learning(name: str) -> None:
    for seed in SEEDS:
        loss = make(name)
        x, y = batch(seed)
        if name in ("arc-face", "sub-centre"):  # theirs rises again beyond π; ours falls on
            keep = own_cosine(loss, x, y) > -math.cos(0.5)
            x, y = x.detach()[keep].requires_grad_(), y[keep]
        agree(loss(x, y), theirs(name, loss, x, y), x, loss.weight)


def slow_logit(name: str, loss: torch.nn.Module, v: Tensor, j: int, y: int) -> Tensor:
    """The logit of class j for one embedding v of class y, from angles."""
    w = loss.weight
    own = y == j
    angle = torch.acos((v @ w[j]) / v.norm() / w[j].norm())
    cosine = torch.cos(angle)
    match name:
        case "softmax":
            return v @ w[j] + loss.rule.bias[j]
        case "l2-softmax":
            return loss.rule.log_length.exp() * (v @ w[j]) / v.norm() + loss.rule.bias[j]
        case "softened":
            psi = -torch.cos(2 * angle) - 2 if angle > math.pi / 2 else torch.cos(2 * angle)
            return v.norm() * ((5 * cosine + psi) / 6 if own else cosine)
        case "ada-face":
            q = (v.norm().detach() - 20) / (100 + 1e-3) * 0.333
            turned = torch.cos((angle - 0.4 * q).clamp(1e-3, math.pi - 1e-3)) - (0.4 * q + 0.4)
            return 64 * (turned if own else cosine)
        case "mag-face":
            m = 0.45 + 0.35 / 2.5 * (v.norm().clamp(0.5, 3) - 0.5)
            turned = torch.cos(angle + m) if angle + m < math.pi else cosine - m * torch.sin(m)
            return 64 * (turned if own else cosine)
        case "curricular":
            mine = torch.acos((v @ w[y]) / v.norm() / w[y].norm())
            beyond = torch.cos(mine) - 0.5 * math.sin(0.5)
            edge = torch.cos(mine + 0.5) if mine + 0.5 < math.pi else beyond
            return 64 * (edge if own else cosine * (0.3 + cosine) if cosine > edge else cosine)
        case "circle":
            fixed = cosine.detach()
            if own:
                return 256 * (1.25 - fixed).clamp(min=0) * (cosine - 0.75)
            return 256 * (fixed + 0.25).clamp(min=0) * (cosine - 0.25)
    raise AssertionError(name)


def slow(name: str, loss: torch.nn.Module, x: Tensor, y: Tensor, *, smoothing: float) -> Tensor:
    """The mean of -Σ q_j log p_j, embedding by embedding."""
    total = x.new_zeros(())
    for v, label in zip(x, y.tolist()):
        logits = torch.stack([slow_logit(name, loss, v, j, label) for j in range(CLASSES)])
        share = logits - logits.logsumexp(0)
        wanted = [smoothing / CLASSES + (1 - smoothing) * (j == label) for j in range(CLASSES)]
        total = total - sum(q * s for q, s in zip(wanted, share)) / len(x)
        if name == "mag-face":
            length = v.norm().clamp(0.5, 3)
            total = total + 35 * (length / 9 + 1 / length) / len(x)
    return total


@pytest.mark.parametrize(
    "name", ["softmax", "l2-softmax", "softened", "ada-face", "mag-face", "curricular", "circle"]
)
def test_as_a_loop_over_angles(name: str) -> None:
    for seed in SEEDS:
        loss = make(name)
        if name == "curricular":
            loss.rule.progress.fill_(0.3)
        x, y = batch(seed, n=4)
        smoothing = 0.1 if name == "softmax" else 0.0
        agree(loss(x, y), slow(name, loss, x, y, smoothing=smoothing), x, *loss.parameters())


def test_centre_loss_is_half_the_squared_distance() -> None:
    for seed in SEEDS:
        loss = make("centre")
        x, y = batch(seed)
        w = loss.weight
        loop = sum(0.5 * ((x[i] - w[y[i]]) ** 2).sum() for i in range(len(x))) / len(x)
        agree(loss(x, y), loop, x, w)


@pytest.mark.parametrize("name", [n for n in MAKERS if n != "circle"])
def test_gradients_are_those_of_the_value(name: str) -> None:
    """Circle's weights carry no gradient on purpose: it is compared with a loop above."""
    loss = make(name)
    x, y = batch(3, n=5)
    if name == "ada-face":
        x = (F.normalize(x.detach()) * 0.0005).requires_grad_()  # below the clamp: no length
    learnt = dict(loss.named_parameters())

    def value(v: Tensor, *parameters: Tensor) -> Tensor:
        return torch.func.functional_call(loss, dict(zip(learnt, parameters)), (v, y))

    inputs = [x, *(p.detach().clone().requires_grad_() for p in learnt.values())]
    assert torch.autograd.gradcheck(value, inputs, atol=1e-4)


@pytest.mark.parametrize("name", [n for n in MAKERS if n not in ("centre", "proxy-anchor")])
def test_parts_of_the_rows_make_the_whole(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Row by row, all at once, and the logits written out: all the same."""
    loss = make(name)
    x, y = batch(5)
    whole = loss(x, y)
    with monkeypatch.context() as patched:
        patched.setitem(blockwise.BLOCK, "cpu", 1)
        agree(loss(x, y), whole, x, *loss.parameters())
    if name != "mag-face":  # which adds its pull
        plain = F.cross_entropy(loss.logits(x, y), y, label_smoothing=loss.smoothing)
        agree(plain, whole, x, *loss.parameters())
    with torch.no_grad():
        torch.testing.assert_close(loss(x, y), whole.detach())


def test_a_weighted_and_repeated_backward_pass() -> None:
    loss = make("arc-face")
    x, y = batch(2)
    once = loss(x, y)
    (first,) = torch.autograd.grad(once, loss.weight, retain_graph=True)
    (again,) = torch.autograd.grad(3 * once, loss.weight)
    torch.testing.assert_close(again, 3 * first)


def test_no_margin_is_the_normalised_softmax() -> None:
    for seed in range(5):
        plain = make("norm-face")
        x, y = batch(seed)
        w = plain.weight
        by_hand = F.cross_entropy(30 * F.normalize(x) @ F.normalize(w).T, y)
        agree(plain(x, y), by_hand, x, w)
        for other in (
            classes.cos_face(DIM, CLASSES, scale=30, margin=0),
            classes.am_softmax(DIM, CLASSES, scale=30, margin=0),
            classes.arc_face(DIM, CLASSES, scale=30, margin=0),
            classes.sub_centre_arc_face(DIM, CLASSES, scale=30, margin=0, centres=1),
            classes.AdaFace(DIM, CLASSES, scale=30, margin=0),
            classes.MagFace(DIM, CLASSES, scale=30, margin=(0, 0), pull=0),
        ):
            other.weight = w
            agree(other.double()(x, y), by_hand, x, w)


def test_no_margin_with_lengths_is_the_softmax() -> None:
    x, y = batch(0)
    plain = make("softmax")
    for other, centre in (
        (classes.a_softmax(DIM, CLASSES, margin=1), F.normalize(plain.weight)),
        (classes.large_margin_softmax(DIM, CLASSES, margin=1), plain.weight),
    ):
        other.weight = plain.weight
        agree(other(x, y), F.cross_entropy(x @ centre.T, y), x, plain.weight)


def test_softening_goes_from_plain_to_the_margin() -> None:
    psi = classes.a_softmax(DIM, CLASSES, least=5, most=1000, decay=0.12).rule.margin
    seen = []
    for step in (0, 100, 10**6):
        psi.soften(step)
        seen.append(psi.softening)
    assert seen == [1000, pytest.approx(1000 / 13), 5]


def test_margins_fall_with_the_angle() -> None:
    cosine = torch.linspace(1, -1, 2001, dtype=torch.float64)
    length = torch.linspace(1, 1, 2001, dtype=torch.float64)
    for rule in (
        margins.arc(0.5),
        margins.MultipliedAngle(4),
        margins.MultipliedAngle(3, least=2.0),
    ):
        assert (rule(cosine, length).diff() < 1e-12).all()


@pytest.mark.parametrize(
    ("make_it", "message"),
    [
        (lambda: classes.a_softmax(DIM, CLASSES, margin=0), "whole number"),
        (lambda: classes.a_softmax(DIM, CLASSES, least=2000), "least <= most"),
        (lambda: classes.arc_face(DIM, 1), "at least 2 classes"),
        (lambda: classes.arc_face(DIM, CLASSES, scale=0), "above 0"),
        (lambda: classes.softmax(DIM, CLASSES, smoothing=1), "smoothing"),
    ],
)
def test_odd_arguments_are_refused(make_it: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_it()


def test_adaptive_margins_follow_the_lengths_only_in_training() -> None:
    loss = classes.AdaFace(DIM, CLASSES)
    x, y = batch(0)
    before = loss.adaptive.mean.clone()
    loss.eval()(x.float(), y)
    assert loss.adaptive.mean == before
    loss.train()(x.float(), y)
    lengths = [float(v.detach().norm()) for v in x]
    mean = sum(lengths) / len(x)
    spread = math.sqrt(sum((n - mean) ** 2 for n in lengths) / (len(x) - 1))
    assert float(loss.adaptive.mean) == pytest.approx(20 + 0.01 * (mean - 20))
    assert float(loss.adaptive.deviation) == pytest.approx(100 + 0.01 * (spread - 100))


def test_the_curriculum_follows_the_own_cosines_only_in_training() -> None:
    loss = make("curricular")
    x, y = batch(0)
    loss.eval()(x, y)
    assert loss.rule.progress == 0
    loss.train()(x, y)
    expected = 0.01 * own_cosine(loss, x, y).mean()
    torch.testing.assert_close(loss.rule.progress, expected)
