"""The command as a process, for tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path


class Cameo:
    """The command with a library and models of its own."""

    def __init__(self, folder: Path, models: Path) -> None:
        self.folder = folder
        self._env = {
            **os.environ,
            "CAMEO_LIBRARY": str(folder / "library"),
            "CAMEO_MODELS": str(models),
            "COLUMNS": "100",
        }

    def start(self, *arguments: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "reid_core.cli.main", *map(str, arguments)]
        return subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="surrogateescape",
            env=self._env,
            cwd=self.folder,
        )

    def __call__(self, *arguments: object, status: int = 0) -> str:
        """Run; returns standard output, or standard error when a failure is expected."""
        child = self.start(*arguments)
        out, err = child.communicate(timeout=120)
        assert child.returncode == status, (arguments, child.returncode, out, err)
        assert "Traceback" not in err
        return out if status == 0 else err

    def out(self, *arguments: object, status: int) -> str:
        """Standard output of a run that ends with this status."""
        child = self.start(*arguments)
        out, err = child.communicate(timeout=120)
        assert child.returncode == status, (arguments, child.returncode, out, err)
        assert "Traceback" not in err
        return out

    def json(self, *arguments: object) -> dict:
        return json.loads(self(*arguments, "--json", "-"))
