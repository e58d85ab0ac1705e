"""Every loss by its name: options, sums, memories, half precision, several processes."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest
import torch
from batches import CLASSES, DIM, agree, batch
from torch import distributed
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel

from reid_core.learn import miners
from reid_core.learn.losses import named, pairs
from reid_core.learn.losses.matrix import distances, masks, similarities

BY_PAIR = (
    *("contrastive", "triplet", "lifted-structure", "n-pair", "multi-similarity"),
    *("circle-pairs", "supervised-contrastive"),
)
BY_CLASS = tuple(n for n in named.names() if n not in (*BY_PAIR, "centre"))


def make(name: str, **options: object) -> torch.nn.Module:
    return named.make(name, dim=DIM, classes=CLASSES, **options)


def test_all_of_the_field_is_there() -> None:
    assert set(named.names()) == {*BY_PAIR, "centre", *BY_CLASS}
    assert len(BY_CLASS) == 14
    assert list(named.names()) == sorted(named.names())


@pytest.mark.parametrize("name", named.names())
def test_every_loss_works_as_it_comes(name: str) -> None:
    loss = make(name)
    assert loss.reads == ("neck" if name in BY_CLASS else "raw")
    x, y = batch(0)
    x = x.detach().float().requires_grad_()
    value = loss(x, y)
    assert value.shape == ()
    assert value > 0
    value.backward()
    assert x.grad.any()
    assert all(p.grad is not None for p in loss.parameters())
    copied = pickle.loads(pickle.dumps(copy.deepcopy(loss)))
    torch.testing.assert_close(copied.eval()(x, y), loss.eval()(x, y))


@pytest.mark.parametrize("name", named.names())
def test_every_option_has_a_default_that_can_be_given(name: str) -> None:
    assert type(make(name, **named.options(name))) is type(make(name))


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("arcface", {}, r"no loss is called 'arcface': did you mean 'arc-face'"),
        ("tripplet", {}, "did you mean 'triplet'"),
        (
            "arc-face",
            {"margn": 0.5},
            "no option of arc-face is called 'margn': did you mean 'margin'",
        ),
        ("centre", {"margin": 1}, "no option of centre is called 'margin': there is none"),
        (
            "triplet",
            {"miner": "batch_hard"},
            "no miner is called 'batch_hard': did you mean 'batch-hard'",
        ),
        ("triplet", {"memory": -1}, "0 embeddings or more"),
        (
            "triplet",
            {"miner": "distance-weighted", "unit": False},
            "needs embeddings of length 1",
        ),
    ],
)
def test_odd_names_and_options_are_refused(name: str, options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make(name, **options)


@pytest.mark.parametrize("name", named.names())
def test_an_empty_batch_costs_nothing_and_has_a_gradient(name: str) -> None:
    x = torch.zeros(0, DIM, requires_grad=True)
    value = make(name)(x, torch.zeros(0, dtype=torch.long))
    value.backward()
    assert value == 0
    assert x.grad is not None


@pytest.mark.parametrize("name", BY_PAIR)
@pytest.mark.parametrize("labels", [torch.arange(1), torch.arange(6) % 1, torch.arange(6)])
def test_batches_without_pairs_have_finite_gradients(name: str, labels: torch.Tensor) -> None:
    x = torch.randn(len(labels), DIM, requires_grad=True)
    value = make(name)(x, labels)
    value.backward()
    assert value.isfinite()
    assert x.grad.isfinite().all()
    if len(labels) == 1:
        assert value == 0


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float32])
@pytest.mark.parametrize("name", named.names())
def test_no_precision_breaks_at_the_ends(name: str, kind: torch.dtype) -> None:
    """Cosine 1 and -1 to the own and to others, the same embedding twice, and one of length 0."""
    loss = make(name)
    ends = F.normalize(torch.randn(CLASSES, DIM))
    for p in loss.parameters():
        if p.ndim == 2:
            p.data = ends.repeat_interleave(len(p) // CLASSES, 0)
    x = torch.cat([ends, ends, -ends, 0 * ends[:1]]).to(kind).requires_grad_()
    own = torch.arange(CLASSES)
    for labels in (torch.cat([own, own, own, own[:1]]), torch.cat([own, 4 - own, own, own[:1]])):
        value = loss(x, labels)
        value.backward()
        assert value.dtype == torch.float32
        assert value.isfinite()
        assert x.grad.isfinite().all()
        assert all(p.grad.isfinite().all() for p in loss.parameters())


@pytest.mark.parametrize("name", named.names())
def test_autocast_changes_nothing(name: str) -> None:
    x, y = batch(0)
    loss = make(name).eval()
    x = x.detach().float().requires_grad_()
    value = loss(x, y)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = loss(x, y)
        agree(inside, value, x, *loss.parameters())


@pytest.mark.parametrize("name", named.names())
def test_double_precision_stays(name: str) -> None:
    x, y = batch(0)
    assert make(name).double()(x, y).dtype == torch.float64


@pytest.mark.parametrize("name", named.names())
def test_the_order_of_the_batch_does_not_matter(name: str) -> None:
    loss = make(name).double().eval()
    x, y = batch(1)
    order = torch.randperm(len(x))
    torch.testing.assert_close(loss(x, y), loss(x[order], y[order]))


@pytest.fixture
def one_process(tmp_path: Path) -> None:
    store = f"file://{tmp_path / 'store'}"
    distributed.init_process_group("gloo", init_method=store, rank=0, world_size=1)
    yield
    distributed.destroy_process_group()


@pytest.mark.usefixtures("one_process")
def test_distributed_data_parallel_gives_the_same() -> None:
    for name in named.names():
        loss = make(name).double().eval()
        if not list(loss.parameters()):
            continue  # nothing to share
        x, y = batch(0)
        loss(x, y).backward()
        expected = [p.grad.clone() for p in loss.parameters()]
        loss.zero_grad()
        DistributedDataParallel(loss)(x, y).backward()
        for p, wanted in zip(loss.parameters(), expected):
            torch.testing.assert_close(p.grad, wanted)


def test_options_reach_the_loss() -> None:
    x, y = batch(2)
    d, s, chosen = distances(x), similarities(x), masks(y)
    easy = miners.easy_positive(d.detach(), *chosen)
    for name, options, expected in (
        ("triplet", {}, pairs.batch_hard_triplet(d, *chosen, margin=0.3)),
        ("triplet", {"soft": True}, pairs.batch_hard_triplet(d, *chosen, margin=None)),
        ("triplet", {"miner": "all", "margin": 0.5}, pairs.triplet(d, *chosen, margin=0.5)),
        (
            "triplet",
            {"miner": "semi-hard", "squared": True, "margin": 0.2},
            pairs.semi_hard_triplet(d.square(), *chosen, margin=0.2),
        ),
        (
            "triplet",
            {"unit": False, "margin": 2.0},
            pairs.batch_hard_triplet(distances(x, unit=False), *chosen, margin=2.0),
        ),
        ("triplet", {"miner": "easy-positive"}, pairs.triplet(d, *easy, margin=0.3)),
        ("n-pair", {"miner": "easy-positive"}, pairs.n_pair(s, *easy, scale=16)),
        ("contrastive", {"margin": 0.7}, pairs.contrastive(d, *chosen, margin=0.7)),
        (
            "contrastive",
            {"miner": "multi-similarity"},
            pairs.contrastive(d, *miners.multi_similarity(s.detach(), *chosen), margin=1.0),
        ),
        (
            "multi-similarity",
            {},
            pairs.multi_similarity(s, *miners.multi_similarity(s.detach(), *chosen)),
        ),
        ("circle-pairs", {"scale": 16, "margin": 0.2}, None),
    ):
        if expected is None:
            expected = pairs.circle_pairs(s, *chosen, **options)
        agree(make(name, **options)(x, y), expected, x)


def test_a_memory_adds_what_went_before() -> None:
    loss = make("contrastive", memory=20).double()
    alone = make("contrastive").double()
    (x0, y0), (x1, y1) = batch(0), batch(1)
    agree(loss(x0, y0), alone(x0, y0), x0)
    loss.eval()
    both = torch.cat([x1, x0.detach()])
    positive, negative = masks(y1, torch.cat([y1, y0]))
    positive[range(len(y1)), range(len(y1))] = False
    expected = pairs.contrastive(distances(x1, both), positive, negative, margin=1.0)
    agree(loss(x1, y1), expected, x1)
    agree(loss(x1, y1), expected, x1)  # looking leaves nothing behind


def test_a_sum_weighs_and_gives_each_its_feature() -> None:
    options = {
        "softmax": {"smoothing": 0.1},
        "triplet": {"weight": 0.5},
        "centre": {"weight": 5e-4},
    }
    total = named.make_sum(options, make).double()
    (neck, y), (raw, _) = batch(0), batch(1)
    softmax, triplet, centre = (total.parts[name] for name in options)
    by_hand = softmax(neck, y) + 0.5 * triplet(raw, y) + 5e-4 * centre(raw, y)
    agree(total(neck, y, raw), by_hand, neck, raw, *total.parameters())
    assert total.last["triplet"] == triplet(raw, y)
    one = softmax(neck, y) + 0.5 * triplet(neck, y) + 5e-4 * centre(neck, y)
    agree(total(neck, y), one, neck)
    with pytest.raises(ValueError, match="at least one"):
        named.make_sum({}, make)
