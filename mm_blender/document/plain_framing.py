"""Cameras that hold a document without any page: its matrices alone, or with the texts that lie in their planes."""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..expression.tree import nodes
from ..layout import framing
from ..layout.framing import Camera
from . import plane_texts
from .document import Document

FRAMINGS = 8  # tries, two of which nearly always do
ROOM = (0.09, 0.09, 0.07, 0.07)  # shares of a picture that its names need, about


def bare(document: Document, aspect: float, insets: Sequence[float] = framing.WHOLE,
         points: np.ndarray | None = None) -> Camera:
    """A camera that holds all matrices, or ``points`` (n, 3), in a picture of ``aspect`` = width / height, off its
    ``insets``."""
    frame = framing.frame_turning if document.turns else framing.frame
    return frame(document.outline() if points is None else points, aspect, kind=document.options.camera_kind,
                 insets=insets)


def in_planes(document: Document, aspect: float, insets: Sequence[float], built_for: Camera | None = None) -> Camera:
    """The same with the texts in the planes, for that camera and, if there is one, for that which they are
    ``built_for``."""
    points = document.outline()
    if built_for is not None:
        points = np.concatenate([points, plane_texts.corners(document, built_for).reshape(-1, 3)])
    for _ in range(FRAMINGS):  # legends turn to the camera, and the camera steps back for the legends
        camera = bare(document, aspect, insets, points)
        added = plane_texts.corners(document, camera)
        seen = camera.holds(camera.project(added), aspect, insets).all(1)
        if seen.all():
            break
        points = np.concatenate([points, added[~seen].reshape(-1, 3)])
    return camera


def rough(document: Document) -> Camera:
    """A camera that shows a square picture of ``document``, whose names are not laid out for it: that takes longer
    than all else before anything is built."""
    if document.options.lettering == "planes":
        return in_planes(document, 1.0, framing.WHOLE)
    unnamed = document.options.lettering == "none" or not any(
        node.deco.legends > 0 for node in nodes(document.tree))
    return bare(document, 1.0, framing.WHOLE if unnamed else ROOM)
