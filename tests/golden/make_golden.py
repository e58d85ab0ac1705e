"""Made once, with the original runtimes: what dlib and TensorFlow say to made-up pictures.

    python -m venv v && v/bin/pip install dlib-bin tensorflow-cpu
    v/bin/python tests/golden/make_golden.py FACE_MODEL.dat SSD_GRAPH.pb

Writes dlib.json and ssd.json beside this file. The pictures are a formula, so nothing is stored
but numbers.
"""

import json
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


def picture(seed: int, height: int, width: int) -> np.ndarray:
    """A smooth colourful pattern, (H, W, 3) uint8 RGB."""
    y, x = np.mgrid[0:height, 0:width] / 50.0
    waves = [np.sin(x * (1 + 0.3 * seed) + c) + np.cos(y * (0.7 + 0.2 * c) + seed) for c in range(3)]
    return ((np.stack(waves, -1) + 2) * 63.75).astype(np.uint8)


def dlib_golden(path: str) -> None:
    import dlib

    model = dlib.face_recognition_model_v1(path)
    vectors = [list(model.compute_face_descriptor(picture(s, 150, 150))) for s in range(3)]
    (HERE / "dlib.json").write_text(json.dumps({"dlib": dlib.__version__, "vectors": vectors}))


def ssd_golden(path: str) -> None:
    import tensorflow as tf

    definition = tf.compat.v1.GraphDef()
    definition.ParseFromString(Path(path).read_bytes())
    graph = tf.Graph()
    with graph.as_default():
        tf.import_graph_def(definition, name="")
    # the preprocessed picture goes in behind the original's own resizing, the decoded boxes and
    # scores of all anchors come out before its suppression
    boxes = "Postprocessor/Decode/transpose_1"
    scores = "Postprocessor/convert_scores"
    feed = "Preprocessor/sub:0"
    rows = []
    with tf.compat.v1.Session(graph=graph) as session:
        for seed in range(2):
            image = picture(seed, 300, 300).astype(np.float32) * (2 / 255) - 1
            fetched = session.run([f"{boxes}:0", f"{scores}:0"], {feed: image[None]})
            corners, probability = fetched[0], fetched[1].reshape(-1, 2)[:, 1]
            some = np.linspace(0, len(probability) - 1, 97).astype(int)
            corners = corners.reshape(-1, 4)[:, [1, 0, 3, 2]]
            rows.append(
                {
                    "rows": some.tolist(),
                    "boxes": corners[some].tolist(),
                    "scores": probability[some].tolist(),
                    "sum": float(probability.sum()),
                }
            )
    (HERE / "ssd.json").write_text(json.dumps({"tensorflow": tf.__version__, "pictures": rows}))


if __name__ == "__main__":
    dlib_golden(sys.argv[1])
    ssd_golden(sys.argv[2])
