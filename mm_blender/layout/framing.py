"""Framing: where the camera stands. All in the reference's terms (see ``places``), angles in degrees.

A share link brings its camera; anything else is framed so that the whole expression, with its legends, fills the
picture with an even margin, seen from the reference's own direction: from the left, above and in front.
"""
from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

FOV = 45.0
DIRECTION = np.array([-1.0, 1.0, 1.0])  # the reference's default camera, from the centre
MARGIN = 1.06
KINDS = ("perspective", "orthographic", "isometric", "cabinet")
RECEDING = 0.5 / math.sqrt(2)  # cabinet: what goes back is drawn at 45 degrees and half its length
WHOLE = (0.0, 0.0, 0.0, 0.0)   # no part of the picture is kept free


@dataclass(frozen=True)
class Camera:
    """``position`` and ``target`` (3,); ``fov``: the vertical field of view of a picture that is wider than high.

    A higher one widens its vertical field, as in the reference, so that its width holds what a square's would.
    ``kind``: ``perspective``; ``orthographic``, without vanishing points, in which things at the target are as large as
    in perspective; ``isometric``, the same along a diagonal, with the three axes 120 degrees apart; ``cabinet``, in
    which the front face is as it is and what goes back is drawn at 45 degrees and half its length.
    ``roll``: degrees by which it is turned about its line of sight, anticlockwise as it looks. ``shift`` (2,): how far
    right and up the middle of its picture lies from that line, at distance 1. Both are 0 unless a person's own camera
    is followed.
    """

    position: np.ndarray
    target: np.ndarray
    fov: float = FOV
    kind: str = "perspective"
    roll: float = 0.0
    shift: tuple[float, float] = (0.0, 0.0)

    @property
    def parallel(self) -> bool:
        """Whether parallel lines stay parallel."""
        return self.kind != "perspective"

    @property
    def distance(self) -> float:
        """From the target."""
        return float(np.linalg.norm(self.position - self.target))

    def vertical_fov(self, aspect: float) -> float:
        """Degrees, for a picture of ``aspect`` = width / height."""
        return min(self.fov / min(1.0, aspect), 170.0)

    def height(self, aspect: float) -> float:
        """Of what a parallel camera sees."""
        return 2 * self.distance * math.tan(math.radians(self.vertical_fov(aspect)) / 2)

    def axes(self) -> np.ndarray:
        """Rows: right, up and backward of the camera, in reference coordinates."""
        return self._axes

    @cached_property
    def _axes(self) -> np.ndarray:
        if self.kind == "cabinet":  # straight at the front
            side = 1.0 if self.position[2] >= self.target[2] else -1.0
            return np.array([[side, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, side]])
        back = self.position - self.target
        if self.kind == "isometric":
            back = _signs(back)
        back = back / max(np.linalg.norm(back), 1e-12)
        up = np.array([0.0, 1, 0]) if abs(back[1]) < 0.999999 else np.array([0.0, 0, -1])
        right = cross(up, back)
        right /= np.linalg.norm(right)
        up = cross(back, right)
        if self.roll:
            turn = math.radians(self.roll)
            right, up = (math.cos(turn) * right + math.sin(turn) * up, math.cos(turn) * up - math.sin(turn) * right)
        return np.array([right, up, back])

    def shear(self) -> np.ndarray:
        """What a point moves, right and up (2,), for each step backward: cabinet's, else 0."""
        if self.kind != "cabinet":
            return np.zeros(2)
        return -RECEDING * _signs((self.position - self.target) @ self.axes().T)[:2]

    def towards(self, point: np.ndarray) -> np.ndarray:
        """The direction from each ``point`` (..., 3) to the eye, of any length: (..., 3), or (3,) if it is the same."""
        if not self.parallel:
            return self.position - point
        return np.array([*-self.shear(), 1.0]) @ self.axes()

    def project(self, points: np.ndarray) -> np.ndarray:
        """Points (..., 3) as seen: x and y at distance 1 (right and up of the picture's middle) and the distance by
        which they shrink."""
        seen = (np.asarray(points) - (self.target if self.parallel else self.position)) @ self.axes().T
        across, depth = seen[..., :2], seen[..., 2:]  # views, changed in place; ``depth`` goes backward at first
        if self.parallel:
            across += depth * self.shear()
            depth[:] = max(self.distance, 1e-6)
        else:
            depth *= -1
        across /= np.maximum(depth, 1e-6)
        if any(self.shift):
            across -= self.shift
        return seen

    def sees(self, points: np.ndarray, aspect: float = 1.0, insets: Sequence[float] = WHOLE) -> bool:
        """Whether all ``points`` (n, 3) are in a picture of ``aspect`` = width / height, off its ``insets``."""
        return bool(self.holds(self.project(points), aspect, insets).all())

    def holds(self, seen: np.ndarray, aspect: float = 1.0, insets: Sequence[float] = WHOLE) -> np.ndarray:
        """Which of the points (..., 3) that ``project`` gave are in that picture: (...)."""
        left, right, bottom, top = insets
        shares = self.shares(seen, aspect)
        inside = (shares > (left, bottom)) & (shares < (1 - right, 1 - top))
        return (seen[..., 2] > 0) & inside.all(-1)

    def page(self, points: np.ndarray, aspect: float = 1.0) -> np.ndarray:
        """Where ``points`` (n, 3) are in a picture of ``aspect``: shares (n, 2) of its width and height, from its lower
        left corner."""
        return self.shares(self.project(points), aspect)

    def shares(self, seen: np.ndarray, aspect: float) -> np.ndarray:
        """Where points (..., 3) that ``project`` gave are in a picture of ``aspect``: see ``page``."""
        half = math.tan(math.radians(self.vertical_fov(aspect)) / 2)
        return seen[..., :2] / (half * aspect, half) / 2 + 0.5


def cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """numpy's cross product of two vectors (3,), which takes ten times as long for its generality."""
    (x, y, z), (u, v, w) = a.tolist(), b.tolist()
    return np.array([y * w - z * v, z * u - x * w, x * v - y * u])


def _signs(vector: np.ndarray) -> np.ndarray:
    return np.where(np.asarray(vector) >= 0, 1.0, -1.0)


def from_params(cam: dict, kind: str = "perspective") -> Camera:
    """The camera of a parameter dict's ``cam`` group."""
    target = cam.get("target") or {"x": 0, "y": 0, "z": 0}
    position, at = (np.array([float(p[axis]) for axis in "xyz"]) for p in (cam, target))
    return Camera(position, at, kind=kind)


def to_params(camera: Camera) -> dict:
    """The ``cam`` group of a parameter dict that ``from_params`` reads back."""
    position, target = ({axis: float(v) for axis, v in zip("xyz", p)} for p in (camera.position, camera.target))
    return {**position, "target": target}


def corners(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """The eight corners (8, 3) of a box."""
    return np.array(list(itertools.product(*zip(low, high))))


def frame(points: np.ndarray, aspect: float = 1.0, direction: np.ndarray = DIRECTION, fov: float = FOV,
          kind: str = "perspective", insets: Sequence[float] = WHOLE) -> Camera:
    """The nearest camera in ``direction`` from which all ``points`` (n, 3) are in a picture of ``aspect``, centred.

    insets: shares of the picture that stay free at its left, right, bottom and top.
    """
    middle = (points.min(0) + points.max(0)) / 2
    there = Camera(middle + direction / np.linalg.norm(direction), middle, fov, kind)
    tan_v = math.tan(math.radians(there.vertical_fov(aspect)) / 2)
    left, right, bottom, top = insets
    # how far from the middle of the picture the free part goes each way, at distance 1
    to = np.array([tan_v * aspect, tan_v])
    low_to, high_to = to * (1 - 2 * np.array([left, bottom])), to * (1 - 2 * np.array([right, top]))
    spare = (1 - 1 / MARGIN) * (low_to + high_to) / 2
    low_to, high_to = low_to - spare, high_to - spare
    axes = there.axes()
    local = (points - middle) @ axes.T
    if there.parallel:
        seen = local[:, :2] + local[:, 2:] * there.shear()
        low, high = seen.min(0), seen.max(0)
        distance = max(float(((high - low) / (low_to + high_to)).max()), 1e-6)
        centre = (low + high) / 2 - (high_to - low_to) / 2 * distance
        target = middle + centre @ axes[:2]
        return Camera(target + distance * _towards(direction, axes[2], kind), target, fov, kind)
    across, depth = local[:, :2], local[:, 2:]
    # the sides of the field touch the outermost points; the tighter of the two directions sets the distance
    reach = (across + high_to * depth).max(0) + (-across + low_to * depth).max(0)
    distance = max((reach / (low_to + high_to)).max(), depth.max() + 1e-6)
    low, high = across.min(0) - abs(high_to) * distance, across.max(0) + abs(low_to) * distance
    near = 1 / (distance - depth[:, 0])
    centre = np.array([_centred(*each, near) for each in zip(across.T, low, high, high_to - low_to)])
    target = middle + centre @ axes[:2]
    return Camera(target + distance * axes[2], target, fov, kind)


def _centred(across: np.ndarray, low: float, high: float, wanted: float, near: np.ndarray) -> float:
    """Where between ``low`` and ``high`` to stand so that the two outermost of the points ``across`` (n,), seen
    ``near`` (n,) times as large, add up to ``wanted``: 0 where they are to be as far to one side as to the other.

    The sum falls along straight lines as one moves on, so where the outermost two stay what they are, one step leads to
    the end. A step out of the range that is left is no good; half of the range is taken instead.
    """
    seen_from_0, at = across * near, (low + high) / 2
    for _ in range(60):
        seen = seen_from_0 - at * near
        first, last = seen.argmin(), seen.argmax()
        low, high = (at, high) if seen[first] + seen[last] > wanted else (low, at)
        before, at = at, (seen_from_0[first] + seen_from_0[last] - wanted) / (near[first] + near[last])
        if abs(at - before) <= 1e-15 * max(abs(low), abs(high)):
            break
        if not low < at < high:
            at = (low + high) / 2
    return float(at)


def _towards(direction: np.ndarray, back: np.ndarray, kind: str) -> np.ndarray:
    """The direction of length 1 in which a parallel camera stands: cabinet's keeps the side that is seen."""
    return direction / np.linalg.norm(direction) if kind == "cabinet" else back


def frame_turning(points: np.ndarray, aspect: float = 1.0, angles: int = 32, kind: str = "perspective",
                  insets: Sequence[float] = WHOLE) -> Camera:
    """As ``frame``, for a camera that turns around the vertical through its target: the points stay in the picture."""
    middle = (points.min(0) + points.max(0)) / 2
    turns = np.linspace(0, 2 * np.pi, angles, endpoint=False)
    cos, sin, zero, one = np.cos(turns), np.sin(turns), 0 * turns, 0 * turns + 1
    rotations = np.array([[cos, zero, sin], [zero, one, zero], [-sin, zero, cos]]).transpose(2, 0, 1)
    camera = frame(middle + np.concatenate([(points - middle) @ turn.T for turn in rotations]), aspect,
                   kind=kind, insets=insets)
    # the aim slides along the line of sight, which changes nothing that is seen, onto the axis of what is turned
    back = camera.axes()[2]
    away, level = (camera.target - middle)[[0, 2]], back[[0, 2]]
    slide = back * (away @ level) / (level @ level)
    # how much a parallel camera sees is how far it is from its target
    return replace(camera, target=camera.target - slide, position=camera.position - slide * camera.parallel)
