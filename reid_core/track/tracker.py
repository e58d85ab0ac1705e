"""Following people from picture to picture: an adapter over the kept library `trackers`.

ByteTrack, Zhang et al., arXiv:2110.06864. Boxes only; appearance comes in later, when tracklets
are stitched (`track/stitch.py`), where it costs a few embeddings per person and not per frame.
"""

from __future__ import annotations

import numpy as np
import supervision as sv
from numpy.typing import NDArray
from trackers import ByteTrackTracker

from reid_core.types import Detections


class ByteTrack:
    """Ids for detections of one kind.

    per_second: pictures looked at per second of video. lost_s: how long somebody may be unseen
    and still keep the id by motion alone. sure, start: detector scores above which a box is
    matched first, and may begin a new track.
    """

    def __init__(
        self, *, per_second: float, lost_s: float, sure: float, start: float, iou_at_least: float
    ) -> None:
        self._tracker = ByteTrackTracker(
            lost_track_buffer=round(30 * lost_s),  # the library counts in frames of 30 per second
            frame_rate=per_second,
            track_activation_threshold=start,
            minimum_consecutive_frames=1,
            minimum_iou_threshold=iou_at_least,
            high_conf_det_threshold=sure,
        )

    def update(self, detections: Detections, time_s: float) -> NDArray[np.int64]:
        """One id per detection in the same order; -1 where there is none (yet).

        A new track gets its id with its second detection.
        """
        n = len(detections)
        given = sv.Detections(
            xyxy=detections.boxes.astype(np.float32),
            confidence=detections.scores,
            data={"row": np.arange(n)},
        )
        tracked = self._tracker.update(given, timestamp=time_s)
        ids = np.full(n, -1, np.int64)
        if len(tracked):
            ids[np.asarray(tracked.data["row"], np.int64)] = tracked.tracker_id
        return ids

    def reset(self) -> None:
        """Forget everybody: the scene has changed."""
        self._tracker.reset()
