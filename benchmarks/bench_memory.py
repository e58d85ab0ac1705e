"""Memory while indexing a made 1080p video of ten minutes, minute by minute.

    python benchmarks/bench_memory.py [MINUTES]

The video repeats the sample film, enlarged, so that there are always people in it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import av
import cv2
import psutil
from common import show, store

from reid_core import images
from reid_core.actions.demo import FILM, sample_photograph
from reid_core.video.encode import encoder

RATE = 25


def make(path: Path, pieces: int, *, piece_s: int = 60) -> None:
    """A minute of the film at 1920x1080, encoded once and repeated without encoding again."""
    photograph = images.read_image(sample_photograph())
    frames = [cv2.resize(p, (1920, 1080)) for p in FILM.pictures(photograph)][::3]
    piece = path.with_name("piece.mp4")
    with encoder(piece, per_second=RATE) as out:
        for n in range(piece_s * RATE):
            out.write(frames[n // 5 % len(frames)], n / RATE)
    with av.open(str(path), "w") as target:
        stream = None
        for i in range(pieces):
            with av.open(str(piece)) as source:
                given = source.streams.video[0]
                stream = stream or target.add_stream_from_template(given)
                for packet in source.demux(given):
                    if packet.dts is not None and packet.pts is not None:
                        shift = round(i * piece_s / packet.time_base)
                        packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                        packet.stream = stream
                        target.mux(packet)


def main() -> None:
    minutes = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    with tempfile.TemporaryDirectory() as folder:
        video = Path(folder) / "long.mp4"
        make(video, minutes)
        command = [
            *(sys.executable, "-m", "reid_core.cli.main", "--library", f"{folder}/library"),
            *("--models", str(store().folder), "index", str(video)),
        ]
        child = subprocess.Popen(command)
        process, samples, started = psutil.Process(child.pid), [], time.perf_counter()
        while child.poll() is None:
            try:
                samples.append((time.perf_counter() - started, process.memory_info().rss / 1e6))
            except psutil.NoSuchProcess:
                break
            time.sleep(0.2)
    whole = samples[-1][0]
    parts = [[m for t, m in samples if i / 5 <= t / whole < (i + 1) / 5] for i in range(5)]
    show(
        [(f"{i * 20}-{i * 20 + 20} %", f"{max(part):.0f} MB") for i, part in enumerate(parts)],
        (f"{minutes} min of 1080p in {whole:.0f} s", "largest"),
    )
    print(f"peak: {max(m for _, m in samples):.0f} MB")


if __name__ == "__main__":
    main()
