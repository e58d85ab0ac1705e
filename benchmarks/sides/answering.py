"""How a side of a benchmark talks: questions in as JSON lines, answers out, each timed.

Runs in any peer's environment, so it needs the standard library only.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def given() -> dict[str, Any]:
    """What the benchmark told this side at its start."""
    return json.loads(sys.argv[1])


def serve(**commands: Callable[..., Any]) -> None:
    """Answer until there are no more questions.

    A command returns what is to be told. Whatever libraries print goes to standard error.
    """
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        asked = json.loads(line)
        work = commands[asked.pop("do")]
        started = time.perf_counter()
        value = work(**asked)
        seconds = time.perf_counter() - started
        answers.write(json.dumps({"value": value, "seconds": seconds, "peak_mb": peak_mb()}) + "\n")
        answers.flush()


def peak_mb() -> float:
    """The largest that this process and its children have been, each at its own time.

    From /proc where there is one: what getrusage says of a process counts its parent's memory.
    """
    own = Path("/proc/self/status")
    if not own.exists():
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    pids = children.read_text().split() if children.exists() else []
    return sum(_high_water_mb(Path(f"/proc/{pid}/status")) for pid in ("self", *pids))


def _high_water_mb(status: Path) -> float:
    try:
        lines = status.read_text().splitlines()
    except OSError:  # it has ended
        return 0.0
    return sum(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))
