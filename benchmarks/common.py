"""What the benchmarks share: models, a film to fall back on, medians."""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from reid_core import images
from reid_core.actions.demo import FILM, sample_photograph
from reid_core.cli.output import table
from reid_core.models.store import ModelStore


def store() -> ModelStore:
    """The user's models, fetched when missing."""
    import platformdirs

    folder = os.environ.get("CAMEO_MODELS")
    return ModelStore(Path(folder) if folder else platformdirs.user_data_path("cameo") / "models")


def videos(folder: Path) -> list[Path]:
    """The files named on the command line, else the sample film, made in `folder`."""
    if len(sys.argv) > 1:
        return [Path(a) for a in sys.argv[1:]]
    film = folder / "film.mp4"
    FILM.write(images.read_image(sample_photograph()), film)
    return [film]


def median_s(work: Callable[[], object], *, times: int) -> float:
    """The median of the seconds that `times` runs take."""
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def told(doc: str | None) -> argparse.Namespace:
    """What the command line of a comparison with the peers says."""
    root = Path(__file__).resolve().parents[1]
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="small sizes, a few seconds")
    parser.add_argument("--write", action="store_true", help="into docs/benchmarks.md")
    parser.add_argument(
        "--data",
        type=Path,
        default=root.parent / "shared" / "data",
        help="research data laid out as docs/benchmarks.md says (default: %(default)s)",
    )
    return parser.parse_args()


def needed(path: Path) -> Path:
    """The path, or an end with a sentence: no benchmark leaves something out in silence."""
    if not path.exists():
        sys.exit(f"{path} is not there. Say with --data where the research data is.")
    return path


def show(rows: list[tuple[object, ...]], headers: tuple[str, ...]) -> None:
    """Print a table."""
    print(table(rows, headers))
