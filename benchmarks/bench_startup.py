"""How long the small commands take as whole processes.

python benchmarks/bench_startup.py
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

from common import median_s, show

COMMANDS = (["--help"], ["people", "list"], ["videos", "list"], ["models", "list"])


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "CAMEO_LIBRARY": f"{folder}/library"}
        rows = []
        for command in (["people", "list"], *COMMANDS):
            whole = [sys.executable, "-m", "reid_core.cli.main", *command]
            run = lambda: subprocess.run(whole, env=environment, capture_output=True, check=True)  # noqa: B023, E731
            rows.append((f"cameo {' '.join(command)}", f"{median_s(run, times=9):.2f} s"))
    show(rows[1:], ("command", "median of 9"))


if __name__ == "__main__":
    main()
