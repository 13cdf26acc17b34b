"""Cubes: the one that instances are of, and elements as real ones."""
from __future__ import annotations

import numpy as np

from .clouds import Cloud

CORNERS = np.array([(x, y, z) for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)])
# corners of each face, counter-clockwise seen from outside
QUADS = np.array([(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)])
TRIANGLES = QUADS[:, [0, 1, 2, 0, 2, 3]].reshape(12, 3)
NORMALS = np.array([(-1, 0, 0), (1, 0, 0), (0, -1, 0), (0, 1, 0), (0, 0, -1), (0, 0, 1)])


def corners(cloud: Cloud) -> np.ndarray:
    """The corners (8n, 3) of the cubes of n elements, in metres."""
    return (cloud.position[:, None] + cloud.edge[:, None, None] * CORNERS.astype(np.float32)).reshape(-1, 3)


def faces(count: int, face: np.ndarray) -> np.ndarray:
    """``face`` (QUADS or TRIANGLES) of ``count`` cubes whose corners follow each other, uint32."""
    start = 8 * np.arange(count, dtype=np.uint32)
    return (start[:, None, None] + face.astype(np.uint32)).reshape(-1, face.shape[1])
