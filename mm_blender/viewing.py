"""Viewing: the texts around a visualization for a camera, and the camera that holds it with its texts."""
from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from . import framing, keys, labels, legends, places
from .tree import nodes

if TYPE_CHECKING:
    from .visualization import Visualization

FRAMINGS = 8  # tries, two of which nearly always do


def framed(viz: "Visualization", aspect: float, insets: Sequence[float], with_legends: bool) -> framing.Camera:
    """See ``Visualization.framed``."""
    points = places.outline(viz.tree, viz.placement)
    if with_legends and viz.has_camera:  # as they are built, for the camera of the parameters
        points = np.concatenate([points, *[text.corners() for text in viz.legends()]])
        points = np.concatenate([points, viz.key_corners(viz.camera)])
    frame = framing.frame_turning if viz.options.animate and viz.tree.anim.spin else framing.frame
    for _ in range(FRAMINGS):  # legends turn to the camera, and the camera steps back for the legends
        camera = frame(points, aspect, kind=viz.options.camera_kind, insets=insets)
        added = [*(text.corners() for text in viz.legends(camera)), viz.key_corners(camera)] if with_legends else []
        outside = [corners for corners in added
                   if len(corners) and not camera.sees(corners, aspect, insets)]
        if not outside:
            break
        points = np.concatenate([points, *outside])
    return camera


def key_corners(viz: "Visualization", camera: framing.Camera) -> np.ndarray:
    """See ``Visualization.key_corners``."""
    if not viz.options.keys:
        return np.zeros((0, 3))
    points = np.concatenate([places.outline(viz.tree, viz.placement),
                             *[text.corners() for text in viz.legends(camera)]])
    return keys.rectangle(viz, camera, points, keys.count(viz.tree))


def lettered(viz: "Visualization", camera: framing.Camera, style: str) -> list[legends.Text]:
    """All texts for ``camera``: see ``legends`` and ``labels``."""
    every, held = nodes(viz.tree), viz.labels
    edges = {node.path: labels.edges(node, every, held[node.path], viz.placement, camera) for node in every
             if node.path in held and not node.note and labels.is_shown(node, held[node.path])}
    out: list[legends.Text] = []
    for node in sorted(every, key=lambda node: node.edges is None):  # inner names can stand elsewhere
        at = edges.get(node.path)
        found = labels.texts(node, held[node.path], at, viz.placement, camera) if at else []
        out += legends.legends(node, viz.placement, camera, style, at, [*out, *found]) + found
    return out
