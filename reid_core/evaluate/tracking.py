"""How well people are followed: HOTA, IDF1 and MOTA from the kept library `trackers`.

HOTA: Luiten et al., IJCV 2021. IDF1: Ristani et al., 2016. MOTA: Bernardin & Stiefelhagen, 2008.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reid_core import boxes
from reid_core.evaluate.lists import Tracks


@dataclass(frozen=True, slots=True)
class Followed:
    """HOTA, IDF1 and MOTA as shares (MOTA may be negative); id_switches counted."""

    hota: float
    idf1: float
    mota: float
    id_switches: int


def follow(found: Tracks, truth: Tracks) -> Followed:
    """Compare tracks over all frames of the truth."""
    from trackers.eval import compute_clear_metrics, compute_hota_metrics, compute_identity_metrics

    frames = np.arange(int(truth.frames.max()) + 1)
    true_ids, found_ids = _dense(truth.ids), _dense(found.ids)
    rows: list[list[Any]] = [[], [], []]
    for frame in frames:
        t, f = truth.frames == frame, found.frames == frame
        rows[0].append(true_ids[t])
        rows[1].append(found_ids[f])
        rows[2].append(boxes.iou(truth.boxes[t], found.boxes[f]).astype(np.float64))
    clear, identity = compute_clear_metrics(*rows), compute_identity_metrics(*rows)
    hota = compute_hota_metrics(*rows)
    return Followed(
        float(np.mean(hota["HOTA"])),
        float(identity["IDF1"]),
        float(clear["MOTA"]),
        int(clear["IDSW"]),
    )


def _dense(ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """The same ids as 0, 1, 2 …, as the library wants them."""
    return np.unique(ids, return_inverse=True)[1].astype(np.int64)
