"""InsightFace 2.1's album: `cluster_embeddings_dbscan`, which is scikit-learn's DBSCAN."""

from __future__ import annotations

import numpy as np
from answering import serve
from insightface.gui.core.clustering import cluster_embeddings_dbscan


def group(path: str, at_least: float) -> list[int]:
    """As `AlbumPage._cluster_faces` calls it: two faces make a person, whoever is left is alone."""
    labels, how = cluster_embeddings_dbscan(
        list(np.load(path)), distance_threshold=max(0.01, 1.0 - at_least), min_samples=2
    )
    assert how == "DBSCAN"
    found = np.array(labels)
    alone = found < 0
    found[alone] = found.max(initial=0) + 1 + np.arange(np.count_nonzero(alone))
    return found.tolist()


serve(group=group)
