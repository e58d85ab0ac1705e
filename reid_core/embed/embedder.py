"""Identity embeddings by an ONNX network; faces and bodies differ by their manifest only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from onnxruntime import InferenceSession

from reid_core import align
from reid_core.detect.blobs import blob_of
from reid_core.models.manifest import InputSpec
from reid_core.types import Detections, Floats, Image, Kind

BATCH = 8  # chips at a time; more only costs memory on a CPU


class OnnxEmbedder:
    """Unit vectors of faces or bodies.

    session: input (N, 3, H, W) float32, output (N, D). spec: how chips are cut and normalised.
    model: the id stored with every vector. With `spec.flip` the embedding is the mean of the
    chip's and its mirror image's, which costs twice and errs less.
    """

    def __init__(
        self, session: InferenceSession, spec: InputSpec, *, model: str, dim: int, kind: Kind
    ) -> None:
        self._session = session
        self._input = session.get_inputs()[0].name
        self._output = session.get_outputs()[0].name
        self._spec = spec
        self._fixed_batch = isinstance(session.get_inputs()[0].shape[0], int)
        self.model = model
        self.dim = dim
        self.kind = kind

    def chips(self, image: Image, detections: Detections) -> list[Image]:
        """The detections of one picture, (height, width, 3) uint8 BGR each."""
        spec = self._spec
        if spec.template is not None and len(detections.keypoints[0:1, :, 0].ravel()):
            template = np.asarray(spec.template, np.float32)
            size = (spec.width, spec.height)
            return [
                align.align_face(image, points, template=template, size=size)
                for points in detections.keypoints
            ]
        return [
            align.resize(align.cut(image, box)[0], width=spec.width, height=spec.height)
            for box in detections.boxes
        ]

    def embed(self, chips: Sequence[Image]) -> Floats:
        """N chips -> (N, dim) float32, unit rows."""
        if not chips:
            return np.zeros((0, self.dim), np.float32)
        step = 1 if self._fixed_batch else BATCH
        rows = [self._batch(chips[i : i + step]) for i in range(0, len(chips), step)]
        return unit_rows(np.concatenate(rows))

    def _batch(self, chips: Sequence[Image]) -> Floats:
        spec = self._spec
        blob = blob_of(chips, mean=spec.mean, std=spec.std, rgb=spec.color == "rgb")
        out = self._run(blob)
        if spec.flip:
            out = unit_rows(out) + unit_rows(self._run(np.ascontiguousarray(blob[..., ::-1])))
        return out

    def _run(self, blob: Floats) -> Floats:
        out = self._session.run([self._output], {self._input: blob})[0]
        return np.asarray(out, np.float32).reshape(len(blob), -1)


def unit_rows(vectors: Floats) -> Floats:
    """(N, D) -> (N, D) float32 with rows of length 1; a zero row stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), np.float32)
