"""Views: where the camera of a group stands, in metres."""
from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from ..document.group import Group
from ..errors import warn
from ..layout import framing
from ..layout.framing import Camera

ASPECT = 1.6  # of the pictures that it is for


@dataclass(frozen=True, eq=False)
class Stance:
    """``frame`` (4 x 4): right, up, backward and place of the camera, in the layout's axes; ``angle``: of its vertical
    field in radians or, without vanishing points, the ``height`` of what it sees; ``near``, ``far``: what it holds;
    ``shift``: how far right and up the middle of the picture lies off its line of sight, at distance 1."""

    frame: np.ndarray
    angle: float
    height: float | None
    near: float
    far: float
    shift: tuple[float, float]


def stance(group: Group, camera: Camera | None = None) -> Stance | None:
    """Where ``camera`` (None: the group's) stands, for pictures of ASPECT. None for a cabinet projection, which these
    formats have not; that is said (MMWarning)."""
    if camera is None:
        camera = group.bare_camera(ASPECT) if group.auto_framed else group.camera
    if camera.shear().any():
        warn("the file has no camera: glTF and USD know no cabinet projection")
        return None
    pitch, placement, frame = group.placement.pitch, group.placement, np.eye(4)
    corners, eye = framing.corners(placement.low, placement.high), camera.position
    back = camera.axes()[2]
    if camera.parallel:  # it sees the same from anywhere along its line of sight: from far enough to be before it all
        eye = camera.target + back * max(camera.distance, 2 * float(((corners - camera.target) @ back).max()))
    frame[:3, :3], frame[:3, 3] = camera.axes().T, eye * pitch
    far = 2 * float(np.linalg.norm(corners - eye, axis=1).max()) * pitch + 1
    return Stance(frame, math.radians(camera.vertical_fov(ASPECT)),
                  camera.height(ASPECT) * pitch if camera.parallel else None, far / 1e4, far, camera.shift)


def straight(view: Stance) -> Stance:
    """``view`` turned to the middle of its picture, without a shift."""
    frame, (right, up, back) = view.frame.copy(), view.frame[:3, :3].T
    back = back - view.shift[0] * right - view.shift[1] * up
    back /= np.linalg.norm(back)
    right = np.cross(up, back)
    right /= np.linalg.norm(right)
    frame[:3, :3] = np.transpose([right, np.cross(back, right), back])
    return replace(view, frame=frame, shift=(0.0, 0.0))
