"""How good a look at somebody is, in [0, 1], with its parts.

The parts are plain measures, each mapped to [0, 1] by two anchors (useless, good); the whole is
their weighted geometric mean, so that one bad part cannot be bought back by the others. These
are heuristics: they order views of one person, they do not predict error rates.
"""

from __future__ import annotations

import cv2
import numpy as np

from reid_core.types import Detections, Floats, Image, Kind

# (useless, good): where a part starts to count and where more no longer helps
FACE_SIZE_PX = (14.0, 90.0)  # distance-free: the geometric mean of the box's sides
BODY_SIZE_PX = (24.0, 140.0)
SHARPNESS = (1.0, 12.0)  # root-mean-square of the Laplacian on a 64-px copy, grey levels
CONTRAST = (4.0, 32.0)  # standard deviation of grey levels
DETECTOR = (0.3, 0.9)
FLOOR = 0.05  # one useless part makes a view bad, not worthless
LEAST = 0.2  # below it a view is not enrolled, and does not speak for a match on its own
WEIGHTS = {"size": 0.3, "sharpness": 0.2, "pose": 0.25, "exposure": 0.1, "detector": 0.15}


def measure(image: Image, detections: Detections) -> list[dict[str, float]]:
    """The parts of each detection's quality.

    image: (H, W, 3) uint8 BGR. Returns N dicts with size, sharpness, pose (faces; for bodies how
    whole the box is), exposure and detector, each in [0, 1].
    """
    poses = _frontal(detections.keypoints) if detections.kind is Kind.FACE else None
    result = []
    for i in range(len(detections)):
        box = detections.boxes[i]
        pose = float(poses[i]) if poses is not None else _whole_body(box, image.shape)
        result.append(_parts(image, box, float(detections.scores[i]), pose, detections.kind))
    return result


def overall(parts: dict[str, float]) -> float:
    """One number in [0, 1] from the parts."""
    logs = [weight * np.log(max(parts[name], FLOOR)) for name, weight in WEIGHTS.items()]
    return float(np.exp(sum(logs) / sum(WEIGHTS.values())))


def qualities(image: Image, detections: Detections) -> Floats:
    """(N,) float32 overall quality of each detection."""
    return np.array([overall(p) for p in measure(image, detections)], np.float32)


def _parts(image: Image, box: Floats, score: float, pose: float, kind: Kind) -> dict[str, float]:
    grey = _grey_patch(image, box)
    sides = np.maximum(box[2:] - box[:2], 0)
    anchors = FACE_SIZE_PX if kind is Kind.FACE else BODY_SIZE_PX
    sharp = float(np.sqrt(np.mean(cv2.Laplacian(grey, cv2.CV_32F) ** 2)))
    return {
        "size": _ramp(float(np.sqrt(sides[0] * sides[1])), anchors),
        "sharpness": _ramp(sharp, SHARPNESS),
        "pose": pose,
        "exposure": _exposure(grey),
        "detector": _ramp(score, DETECTOR),
    }


def _grey_patch(image: Image, box: Floats) -> Image:
    """The inside of the box as a grey 64x64 copy, so that sharpness is comparable over sizes."""
    h, w = image.shape[:2]
    x0, y0 = int(np.clip(box[0], 0, w - 1)), int(np.clip(box[1], 0, h - 1))
    x1, y1 = int(np.clip(box[2], x0 + 1, w)), int(np.clip(box[3], y0 + 1, h))
    part = image[y0:y1, x0:x1]
    how = cv2.INTER_AREA if part.shape[0] >= 64 else cv2.INTER_LINEAR
    return np.asarray(
        cv2.cvtColor(cv2.resize(part, (64, 64), interpolation=how), cv2.COLOR_BGR2GRAY)
    )


def _exposure(grey: Image) -> float:
    """Contrast, less the share of pixels burnt out or drowned."""
    clipped = float(np.mean((grey < 4) | (grey > 251)))
    return _ramp(float(grey.std()), CONTRAST) * (1 - clipped)


def _frontal(keypoints: Floats) -> Floats:
    """(N, 5, 2) -> (N,) 1 for a face seen from the front, towards 0 for a profile or steep tilt.

    Yaw shows as the nose leaving the middle between the eyes (in eye distances), pitch as the nose
    leaving its usual height between the eyes and the mouth. Roll does not matter: alignment
    undoes it.
    """
    eyes, mouth = keypoints[:, :2].mean(1), keypoints[:, 3:].mean(1)
    across = keypoints[:, 1] - keypoints[:, 0]
    width = np.maximum(np.linalg.norm(across, axis=1), 1e-3)
    x_axis = across / width[:, None]
    down = mouth - eyes
    height = np.maximum(np.abs(x_axis[:, 0] * down[:, 1] - x_axis[:, 1] * down[:, 0]), 1e-3)
    nose = keypoints[:, 2] - eyes
    yaw = np.abs((nose * x_axis).sum(1)) / width
    pitch = np.abs((x_axis[:, 0] * nose[:, 1] - x_axis[:, 1] * nose[:, 0]) / height - 0.55)
    slim = np.maximum(height / width - 1.6, 0)  # a profile also squeezes the eyes together
    return np.asarray(np.exp(-((yaw / 0.35) ** 2) - (pitch / 0.35) ** 2 - slim), np.float32)


def _whole_body(box: Floats, shape: tuple[int, ...]) -> float:
    """1 for an upright box clear of the picture's edge, less for a cut-off or squat one."""
    width, height = max(float(box[2] - box[0]), 1e-3), float(box[3] - box[1])
    slender = _ramp(height / width, (0.8, 2.0))
    h, w = shape[:2]
    touches = (box[0] <= 1) + (box[1] <= 1) + (box[2] >= w - 1) + (box[3] >= h - 1)
    return max(0.1, slender) * 0.7 ** int(touches)


def _ramp(value: float, anchors: tuple[float, float]) -> float:
    low, high = anchors
    return float(np.clip((value - low) / (high - low), 0, 1))
