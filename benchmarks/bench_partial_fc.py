"""Memory and time of a million class centres: whole, sampled, and shared by two processes.

    python benchmarks/bench_partial_fc.py [--classes 1000000] [--dim 512] [--batch 64]

Each row is a process (or two) of its own: ArcFace, one forward and backward and a step of SGD. The
memory is the process's largest resident set above that of importing torch.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import socket
import subprocess
import sys
import time

from common import show


def main() -> None:
    """Measure each case in processes of its own, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--classes", type=int, default=1_000_000)
    parser.add_argument("--dim", type=int, default=512)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--case", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.case:
        print(json.dumps(measure(given, float(given.case))))
        return
    rows: list[tuple[object, ...]] = []
    for world, sample in ((1, 1.0), (1, 0.1), (2, 1.0), (2, 0.1)):
        parts = run(world, sample)
        worst = max(part["mib"] for part in parts)
        rows.append((world, sample, round(worst), round(max(part["s"] for part in parts), 2)))
    print(f"{given.classes} classes of {given.dim}, batch {given.batch}, float32")
    show(rows, ("processes", "sample", "MiB a process", "s a step"))


def run(world: int, sample: float) -> list[dict[str, float]]:
    """One case in so many processes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    children = []
    for rank in range(world):
        own = {"RANK": str(rank), "WORLD_SIZE": str(world), "MASTER_PORT": port}
        children.append(
            subprocess.Popen(
                [sys.executable, *sys.argv, "--case", str(sample)],
                env={**os.environ, **own, "MASTER_ADDR": "127.0.0.1"},
                stdout=subprocess.PIPE,
                text=True,
            )
        )
    return [json.loads(child.communicate()[0].splitlines()[-1]) for child in children]


def measure(given: argparse.Namespace, sample: float) -> dict[str, float]:
    """MiB above the start, and the seconds of the second step, of this process."""
    import torch
    from torch import distributed

    from reid_core.learn.losses import named
    from reid_core.learn.partial_fc import ShardedClasses

    distributed.init_process_group("gloo")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    like = named.make("arc-face", dim=given.dim, classes=2)
    loss = ShardedClasses(like, given.classes, sample=sample)  # type: ignore[arg-type]
    step = torch.optim.SGD(loss.parameters(), lr=0.1)
    x = torch.randn(given.batch, given.dim, requires_grad=True)
    y = torch.randint(0, given.classes, (given.batch,), generator=torch.Generator().manual_seed(0))
    seconds = 0.0
    for _ in range(2):
        began = time.perf_counter()
        step.zero_grad(set_to_none=True)
        loss(x, y).backward()
        step.step()
        seconds = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    distributed.destroy_process_group()
    return {"mib": (after - before) / 1024, "s": seconds}


if __name__ == "__main__":
    main()
