"""Cameo: find the faces of pictures, and evaluate pairs of them end to end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from answering import given, serve
from common import store

from reid_core import images
from reid_core.actions.evaluate import evaluate_verification
from reid_core.actions.loading import Models
from reid_core.types import Kind

told = given()
models = Models(store())
detector, embedder = models.detector(Kind.FACE), models.embedder(Kind.FACE)


def detect(paths: list[str]) -> int:
    with ThreadPoolExecutor(told["threads"]) as pool:
        return sum(pool.map(lambda p: len(detector.detect(images.read_image(Path(p)))) > 0, paths))


def evaluate(root: str, pairs: str) -> dict[str, float]:
    done = evaluate_verification(Path(root), Path(pairs), detector, embedder)
    return {
        "accuracy": done.accuracy,
        "error": done.accuracy_error,
        "auc": done.auc,
        "failures": done.failures,
    }


serve(detect=detect, evaluate=evaluate)
