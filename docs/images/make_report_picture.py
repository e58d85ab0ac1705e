"""The report's picture in the README, with drawn people, since real ones may not be published.

python docs/images/make_report_picture.py OUT.html
chromium --headless --screenshot=docs/images/report.png --window-size=1366,900 OUT.html
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np

from reid_core.images import encode_jpeg
from reid_core.report.html import Card, Page, write_html
from reid_core.types import Evidence, Kind, Sighting

VIDEOS = {"/v/entrance.mp4": 5400.0, "/v/hall camera 2.mp4": 5400.0, "/v/garden.mov": 1260.0}
ROWS = (
    *(("/v/entrance.mp4", 312, 329, 0.981), ("/v/hall camera 2.mp4", 371, 402, 0.974)),
    *(("/v/entrance.mp4", 3605, 3622, 0.969), ("/v/garden.mov", 655, 702, 0.958)),
    *(("/v/hall camera 2.mp4", 4410, 4431, 0.941), ("/v/garden.mov", 90, 104, 0.903)),
    ("/v/entrance.mp4", 1710, 1716, 0.889),
)


def portrait(skin: tuple[int, int, int], hair: tuple[int, int, int], seed: int) -> bytes:
    """A drawn head and shoulders as JPEG."""
    rng = np.random.default_rng(seed)
    image = np.full((320, 320, 3), 225 - 15 * (seed % 4), np.uint8)
    x, y = 160 + int(rng.integers(-14, 15)), 150 + int(rng.integers(-8, 9))
    cv2.ellipse(image, (x, 330), (120, 100), 0, 180, 360, (110, 90, 70), -1, cv2.LINE_AA)
    cv2.ellipse(image, (x, y - 22), (86, 104), 0, 0, 360, hair, -1, cv2.LINE_AA)
    cv2.ellipse(image, (x, y + 10), (70, 88), 0, 0, 360, skin, -1, cv2.LINE_AA)
    for side in (-1, 1):
        cv2.circle(image, (x + 27 * side, y), 7, (60, 45, 40), -1, cv2.LINE_AA)
        cv2.ellipse(image, (x + 27 * side, y - 20), (15, 5), 0, 180, 360, hair, 4, cv2.LINE_AA)
    cv2.ellipse(image, (x, y + 24), (8, 14), 0, 20, 160, (120, 140, 190), 3, cv2.LINE_AA)
    cv2.ellipse(image, (x, y + 52), (26, 12), 0, 10, 170, (80, 70, 170), 4, cv2.LINE_AA)
    return encode_jpeg(image)


def main() -> None:
    ada = ((170, 195, 235), (40, 50, 70))
    cards = []
    for i, (video, start, end, score) in enumerate(ROWS):
        look = ada if score > 0.931 else ((140, 170, 210), (90, 130, 170))
        evidence = (Evidence(start + 2.0, score, 0.9, "0" * 32),)
        said = "same" if i == 0 else None
        sighting = Sighting(
            *(video, Kind.FACE, float(start), float(end), start + 2.0, score, None, said),
            tracklets=(f"{i:013d}",),
            box=(0, 0, 1, 1),
            evidence=evidence,
        )
        cards.append(Card(sighting, portrait(*look, seed=i), score > 0.931))
    page = Page(
        query="Ada Example",
        portrait=portrait(*ada, seed=40),
        kind="face",
        model="dlib-resnet-v1@38f0805e",
        threshold="uncalibrated: 0.931 is a reference from LFW at one false match in 1,000 pairs "
        "of strangers, not your data",
        created="2026-11-24T12:00:00+00:00",
        searched=4312,
        elapsed_s=0.011,
        cards=cards,
        durations=VIDEOS,
    )
    write_html(page, Path(sys.argv[1]))


if __name__ == "__main__":
    main()
