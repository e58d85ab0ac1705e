"""InsightFace 2.1's Enterprise Evaluation: `run_identity_verification_evaluation`, unchanged.

It reads pictures and asks an engine for faces, each once. The pictures here are of 8 x 8 pixels and
the engine hands out the vectors that are given, so that the pairs are what is measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from answering import given, serve
from insightface.gui.core.evaluation import run_identity_verification_evaluation
from numpy.typing import NDArray

told = given()
vectors, ids = np.load(told["vectors"]), np.load(told["ids"])
root = Path(told["folder"]) / "identities"


@dataclass
class Face:
    """What the evaluation reads of a face."""

    normed_embedding: NDArray[np.float32]


class Engine:
    """Vectors by the number in a file's name."""

    model_name = "made"
    requested_providers = ("none",)

    def detect_faces(self, image: object, source_path: str) -> list[Face]:
        return [Face(vectors[int(Path(source_path).stem)])]


def pictures() -> None:
    black = cv2.imencode(".png", np.zeros((8, 8, 3), np.uint8))[1].tobytes()
    for number, one in enumerate(ids.tolist()):
        path = root / f"{one:06d}" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(black)


def rates() -> dict[str, float]:
    done = run_identity_verification_evaluation(root, Engine(), auto_split=False)
    return {"tar": done.metrics["TAR@FAR=1e-3"]}


pictures()
serve(idle=lambda: None, rates=rates)
