"""Where the time of a training step goes: the network's own work, and everything else.

    python benchmarks/bench_training.py [--steps 30] [--batch 64]

Runs the shipped body recipe's step on made-up people, eagerly, and measures every part of it. What
is not forward, backward, loss or optimiser is overhead. Prints medians over the steps.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from common import table

from reid_core.learn import config, parts
from reid_core.learn.trainer import Trainer

RECIPE = Path(__file__).parents[1] / "training" / "configs" / "body_cameo.toml"
OWN = ("forward", "backward", "loss", "optimiser")


class Clock:
    """Seconds by name, for each step."""

    def __init__(self) -> None:
        self.now: dict[str, float] = defaultdict(float)
        self.steps: list[dict[str, float]] = []

    @contextmanager
    def measure(self, name: str) -> Iterator[None]:
        """Add the time of a block to `name`."""
        began = time.perf_counter()
        yield
        self.now[name] += time.perf_counter() - began

    def around(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """The call, with its time added to `name`."""

        def timed(*arguments: Any, **options: Any) -> Any:
            with self.measure(name):
                return call(*arguments, **options)

        return timed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        told = config.load(
            RECIPE,
            [
                *("data.train=made:100x12", "data.held_out=10", "optim.compile=false"),
                *(f"run.folder={folder}", "run.tensorboard=false", "run.device=cpu"),
                *(f"sampler.batch={given.batch}", f"data.workers={given.workers}"),
            ],
        )
        clock = run(Trainer(told, torch.device("cpu"), resume=False), given.steps)
    show(clock.steps[5:])


def run(trainer: Trainer, steps: int) -> Clock:
    """Take the steps one by one, with a clock around each part."""
    clock = Clock()
    trainer.runner.train()
    trainer.runner = Timed(trainer.runner, clock)  # type: ignore[assignment]
    trainer.optimiser.step = clock.around("optimiser", trainer.optimiser.step)  # type: ignore[method-assign]
    torch.autograd.backward = clock.around("backward", torch.autograd.backward)
    parts.apply_loss = clock.around("loss", parts.apply_loss)
    batches = trainer._steps()
    for _ in range(steps):
        began = time.perf_counter()
        with clock.measure("wait for pictures"):
            batch = next(batches)
        trainer.train_step(batch)
        trainer.step += 1
        clock.now["step"] = time.perf_counter() - began
        clock.steps.append(dict(clock.now))
        clock.now.clear()
    return clock


class Timed(torch.nn.Module):
    """A network with a clock around it."""

    def __init__(self, network: torch.nn.Module, clock: Clock) -> None:
        super().__init__()
        self.network, self.clock = network, clock

    def forward(self, x: torch.Tensor) -> Any:
        """What the network gives."""
        with self.clock.measure("forward"):
            return self.network(x)


def show(steps: list[dict[str, float]]) -> None:
    middle = {n: statistics.median(s.get(n, 0.0) for s in steps) for n in steps[0]}
    own = sum(middle[n] for n in OWN)
    over = statistics.median(1 - sum(s[n] for n in OWN) / s["step"] for s in steps)
    rows = [(n, f"{1000 * middle[n]:.1f}", f"{middle[n] / middle['step']:.1%}") for n in middle]
    print(table(rows, ("part", "ms", "of the step")))
    print(f"network, loss and optimiser {1000 * own:.1f} ms; overhead {over:.1%} of the step")


if __name__ == "__main__":
    main()
