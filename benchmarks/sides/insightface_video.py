"""The loop of InsightFace 2.1's page Video Person Search, with the models that Cameo uses.

`iter_video_frames`, `search_gallery` and `save_image` are its own, called as
`VideoSearchPage.start` calls them; the page itself cannot be reached in its window. Its networks
cannot be fetched here, so the engine's `detect_faces` is given by Cameo's detector and embedder.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from answering import given, serve
from insightface.gui.core.recognition import search_gallery
from insightface.gui.core.utils import save_image, timestamp_for_filename
from insightface.gui.core.video import iter_video_frames

# the layers below Cameo's actions: those alone run on what this environment has
from reid_core.detect.yunet import YuNet
from reid_core.embed.embedder import OnnxEmbedder
from reid_core.models.session import open_session
from reid_core.models.store import ModelStore
from reid_core.types import Kind

told = given()
cv2.setNumThreads(told["threads"])
models = ModelStore(Path(told["models"]))
detector = YuNet(open_session(models.path(told["detector"]), threads=told["threads"]))
manifest = models.manifest(told["embedder"])
embedder = OnnxEmbedder(
    open_session(models.path(manifest.name), threads=told["threads"]),
    manifest.input,
    model=manifest.model_id,
    dim=manifest.dim,
    kind=Kind.FACE,
)


def search(video: str, interval: int, vectors: list[list[float]], threshold: float) -> list[float]:
    """The times at which the person was seen, in seconds."""
    gallery = [
        {"embedding": np.float32(v), "person_id": 1, "person_name": "Somebody"} for v in vectors
    ]
    rows = []
    for number, at_ms, frame in iter_video_frames(video, interval):
        found = detector.detect(frame)
        embedded = embedder.embed(embedder.chips(frame, found))
        for box, vector in zip(found.boxes.astype(int), embedded, strict=True):
            matches = search_gallery(vector, gallery, top_k=1, threshold=threshold)
            if matches and matches[0].similarity >= threshold:
                name = f"video_{number}_{timestamp_for_filename()}.png"
                left, top, right, bottom = box.clip(0)
                save_image(str(Path(told["folder"]) / name), frame[top:bottom, left:right])
                rows.append(at_ms / 1000)
    return rows


serve(search=search)
