"""All pairs the way a notebook does it: one matrix of cosines, scikit-learn's `roc_curve`."""

from __future__ import annotations

import numpy as np
from answering import given, serve
from sklearn.metrics import auc, roc_curve
from sklearn.metrics.pairwise import cosine_similarity

told = given()
vectors, ids = np.load(told["vectors"]), np.load(told["ids"])


def rates() -> dict[str, float]:
    first, second = np.triu_indices(len(ids), 1)
    scores = cosine_similarity(vectors)[first, second]
    fpr, tpr, _ = roc_curve(ids[first] == ids[second], scores)
    return {"auc": float(auc(fpr, tpr)), "tar": float(tpr[fpr <= 1e-3].max())}


serve(rates=rates)
