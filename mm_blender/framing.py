"""Framing: where the camera stands. All in the reference's terms (see ``places``), angles in degrees.

A share link brings its camera; anything else is framed so that the whole expression, with its legends, fills the
picture with an even margin, seen from the reference's own direction: from the left, above and in front.
"""
from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np

FOV = 45.0
DIRECTION = np.array([-1.0, 1.0, 1.0])  # the reference's default camera, from the centre
MARGIN = 1.06


@dataclass(frozen=True)
class Camera:
    """``position`` and ``target`` (3,); ``fov``: the vertical field of view of a picture that is wider than high.

    A higher one widens its vertical field, as in the reference, so that its width holds what a square's would.
    """

    position: np.ndarray
    target: np.ndarray
    fov: float = FOV

    def vertical_fov(self, aspect: float) -> float:
        """Degrees, for a picture of ``aspect`` = width / height."""
        return min(self.fov / min(1.0, aspect), 170.0)

    def axes(self) -> np.ndarray:
        """Rows: right, up and backward of the camera, in reference coordinates."""
        back = self.position - self.target
        back = back / max(np.linalg.norm(back), 1e-12)
        up = np.array([0.0, 1, 0]) if abs(back[1]) < 0.999999 else np.array([0.0, 0, -1])
        right = _cross(up, back)
        right /= np.linalg.norm(right)
        return np.array([right, _cross(back, right), back])

    def project(self, points: np.ndarray) -> np.ndarray:
        """Points (n, 3) as seen: x and y at distance 1 (right, up) and the distance, (n, 3)."""
        x, y, z = ((np.asarray(points) - self.position) @ self.axes().T * (1, 1, -1)).T
        far = np.maximum(z, 1e-6)
        return np.stack([x / far, y / far, z], axis=1)

    def sees(self, points: np.ndarray, aspect: float = 1.0) -> bool:
        """Whether all ``points`` (n, 3) are in a picture of ``aspect`` = width / height."""
        x, y, z = self.project(points).T
        half = math.tan(math.radians(self.vertical_fov(aspect)) / 2)
        return bool((z > 0).all() and (abs(x) < half * aspect).all() and (abs(y) < half).all())


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """numpy's cross product of two vectors (3,), which takes ten times as long for its generality."""
    (x, y, z), (u, v, w) = a.tolist(), b.tolist()
    return np.array([y * w - z * v, z * u - x * w, x * v - y * u])


def from_params(cam: dict) -> Camera:
    """The camera of a parameter dict's ``cam`` group."""
    target = cam.get("target") or {"x": 0, "y": 0, "z": 0}
    return Camera(*(np.array([float(p[axis]) for axis in "xyz"]) for p in (cam, target)))


def to_params(camera: Camera) -> dict:
    point = lambda p: {axis: float(v) for axis, v in zip("xyz", p)}  # noqa: E731
    return {**point(camera.position), "target": point(camera.target)}


def corners(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """The eight corners (8, 3) of a box."""
    return np.array(list(itertools.product(*zip(low, high))))


def frame(points: np.ndarray, aspect: float = 1.0, direction: np.ndarray = DIRECTION, fov: float = FOV) -> Camera:
    """The nearest camera in ``direction`` from which all ``points`` (n, 3) are in a picture of ``aspect``, centred."""
    middle = (points.min(0) + points.max(0)) / 2
    axes = Camera(middle + direction / np.linalg.norm(direction), middle, fov).axes()
    tan_v = math.tan(math.radians(Camera(middle, middle, fov).vertical_fov(aspect)) / 2) / MARGIN
    tangents = np.array([tan_v * aspect, tan_v])
    local = (points - middle) @ axes.T
    across, depth = local[:, :2], local[:, 2:]
    # the sides of the field touch the outermost points; the tighter of the two directions sets the distance
    distance = ((across / tangents + depth).max(0) + (-across / tangents + depth).max(0)).max() / 2
    distance = max(distance, depth.max() + 1e-6)
    low, high = across.min(0), across.max(0)
    for _ in range(60):  # bisect for where what is seen is centred
        centre = (low + high) / 2
        seen = (across - centre) / (distance - depth)
        right_of = seen.max(0) + seen.min(0) > 0
        low, high = np.where(right_of, centre, low), np.where(right_of, high, centre)
    target = middle + centre @ axes[:2]
    return Camera(target + distance * axes[2], target, fov)


def frame_turning(points: np.ndarray, aspect: float = 1.0, angles: int = 32) -> Camera:
    """As ``frame``, for a camera that turns around the vertical through its target: the points stay in the picture."""
    middle = (points.min(0) + points.max(0)) / 2
    turns = np.linspace(0, 2 * np.pi, angles, endpoint=False)
    cos, sin, zero, one = np.cos(turns), np.sin(turns), 0 * turns, 0 * turns + 1
    rotations = np.array([[cos, zero, sin], [zero, one, zero], [-sin, zero, cos]]).transpose(2, 0, 1)
    camera = frame(middle + np.concatenate([(points - middle) @ turn.T for turn in rotations]), aspect)
    # the aim slides along the line of sight, which changes nothing that is seen, onto the axis of what is turned
    back = camera.axes()[2]
    away, level = (camera.target - middle)[[0, 2]], back[[0, 2]]
    return Camera(camera.position, camera.target - back * (away @ level) / (level @ level), camera.fov)
