"""Two processes that train together, as torchrun starts them, on this machine's CPU."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable

import torch
from torch import distributed, multiprocessing


def run_together(work: Callable[..., None], *arguments: object, world: int = 2) -> None:
    """Run `work` in so many processes; the first failure of any of them is raised here."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    multiprocessing.spawn(_child, (port, world, work, arguments), nprocs=world)


def _child(
    rank: int, port: int, world: int, work: Callable[..., None], arguments: tuple[object, ...]
) -> None:
    os.environ.update(
        MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port), RANK=str(rank), WORLD_SIZE=str(world)
    )
    torch.set_num_threads(1)
    distributed.init_process_group("gloo")
    work(*arguments)
    distributed.barrier()
    distributed.destroy_process_group()
    os._exit(0)  # gloo's threads sometimes abort the interpreter's own end
