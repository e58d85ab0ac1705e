"""The peers' environments, and conversations with programs that run in them.

    python benchmarks/peers.py      makes every environment that is not there yet

Each peer lives in a virtual environment of its own below ~/.cache/cameo-bench (or
CAMEO_BENCH_CACHE), outside the repository and away from Cameo's packages. What cannot be installed
is told with the reason and stands so in the tables.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

CACHE = Path(os.environ.get("CAMEO_BENCH_CACHE", Path.home() / ".cache" / "cameo-bench"))
ROOT = Path(__file__).resolve().parents[1]
SIDES = Path(__file__).parent / "sides"
THREADS = 2  # for everybody
INSTALL_S, ANSWER_S = 1800, 1500  # how long one may take before it is given up


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a peer is installed: rounds of arguments to pip. tried: an import that must work."""

    rounds: tuple[tuple[str, ...], ...]
    tried: str


RECIPES = {
    # 2.1 as published; its window's core needs PySide6
    "insightface": Recipe(
        (("insightface[gui]==2.1.*", "scikit-learn", "platformdirs", "filelock"),),
        "import insightface.gui.core.storage, insightface.gui.core.clustering, sklearn",
    ),
    # it asks for dlib's source; dlib-bin is the same library, built
    "face_recognition": Recipe(
        (
            ("dlib-bin", "face_recognition_models", "setuptools<81", "numpy", "pillow", "click"),
            ("--no-deps", "face_recognition"),
        ),
        "import face_recognition",
    ),
    # it pins a torch of 2024, which no longer installs beside the Pythons that Cameo needs
    "facenet_pytorch": Recipe(
        (
            ("--no-deps", "facenet-pytorch"),
            ("torch", "torchvision", "numpy", "pillow", "requests", "tqdm"),
        ),
        "from facenet_pytorch import MTCNN",
    ),
}


class PeerMissing(Exception):
    """A peer that cannot be installed or run here, and why."""


def interpreter(peer: str) -> Path:
    """The Python of a peer's environment, made now if it is not there. Raises PeerMissing.

    A failure is remembered as well, so that a run does not try again each time; delete the
    folder to do so.
    """
    home = CACHE / peer
    python, note = home / "bin" / "python", home / "failed.txt"
    if (home / "ready").exists():
        return python
    if note.exists():
        raise PeerMissing(note.read_text("utf-8"))
    try:
        _make(home, python, RECIPES[peer])
    except (subprocess.SubprocessError, OSError) as error:
        said = getattr(error, "stderr", "") or str(error)
        reason = said.strip().splitlines()[-1][:200]
        home.mkdir(parents=True, exist_ok=True)
        note.write_text(reason, "utf-8")
        raise PeerMissing(reason) from error
    (home / "ready").touch()
    return python


def _make(home: Path, python: Path, recipe: Recipe) -> None:
    print(f"making the environment {home} …", file=sys.stderr, flush=True)
    venv.create(home, with_pip=True)
    how: dict[str, Any] = {"check": True, "capture_output": True, "text": True}
    for some in recipe.rounds:
        command = [str(python), "-m", "pip", "install", "--quiet", *some]
        subprocess.run(command, timeout=INSTALL_S, **how)
    subprocess.run([str(python), "-c", recipe.tried], timeout=120, **how)


class Side:
    """A program of one contender that answers questions, in a process of its own.

    script: in benchmarks/sides. peer: whose environment, None for Cameo's. The processes stay
    between questions, so that contenders can be asked turn by turn. Raises PeerMissing when the
    environment cannot be had, or when the program ends, with the last thing it said.
    """

    def __init__(self, script: str, peer: str | None = None, **given: object) -> None:
        python = interpreter(peer) if peer else Path(sys.executable)
        self.name = peer or "cameo"
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115 - lives as long as the process
        self._process = subprocess.Popen(
            [str(python), str(SIDES / f"{script}.py"), json.dumps(given)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
            env=_environment(),
        )

    def ask(self, what: str, **given: object) -> Answer:
        """One question. Raises PeerMissing when it is not answered."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        watch = threading.Timer(ANSWER_S, self._process.kill)
        watch.start()
        try:
            self._process.stdin.write(json.dumps({"do": what, **given}) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            watch.cancel()
        if not line:
            raise PeerMissing(self._last_words())
        return Answer(**json.loads(line))

    def _last_words(self) -> str:
        code = self._process.wait()
        self._said.seek(0)
        lines = self._said.read().strip().splitlines()
        return f"{self.name} ended ({code}): {lines[-1][:200] if lines else 'without a word'}"

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._said.close()

    def __enter__(self) -> Side:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a side says. seconds: of the work asked for. peak_mb: the largest its memory was."""

    value: Any
    seconds: float
    peak_mb: float


def _environment() -> Mapping[str, str]:
    """Two threads for every library, which sleep while they wait: on a machine that does other
    work as well, spinning threads keep the core that the other half of a product needs.
    """
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return {
        **os.environ,
        **dict.fromkeys(names, str(THREADS)),
        "OMP_WAIT_POLICY": "passive",
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "benchmarks"))),
    }


def main() -> None:
    for peer in RECIPES:
        try:
            print(f"{peer}: {interpreter(peer)}")
        except PeerMissing as error:
            print(f"{peer}: not installed: {error}")


if __name__ == "__main__":
    main()
