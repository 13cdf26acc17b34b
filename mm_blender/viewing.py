"""Viewing: the texts around a visualization for a camera, and the camera that holds it with its texts."""
from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from . import framing, keys, labels, legends, places, texts
from .tree import nodes

if TYPE_CHECKING:
    from .visualization import Visualization

FRAMINGS = 8  # tries, two of which nearly always do


def framed(viz: "Visualization", aspect: float, insets: Sequence[float], with_legends: bool) -> framing.Camera:
    """See ``Visualization.framed``."""
    points = places.outline(viz.tree, viz.placement)
    if with_legends and viz.has_camera:  # as they are built, for the camera of the parameters
        points = np.concatenate([points, _around(viz, viz.camera).reshape(-1, 3)])
    frame = framing.frame_turning if viz.options.animate and viz.tree.anim.spin else framing.frame
    for _ in range(FRAMINGS):  # legends turn to the camera, and the camera steps back for the legends
        camera = frame(points, aspect, kind=viz.options.camera_kind, insets=insets)
        if not with_legends:
            break
        added = _around(viz, camera)
        seen = camera.holds(camera.project(added), aspect, insets).all(1)
        if seen.all():
            break
        points = np.concatenate([points, added[~seen].reshape(-1, 3)])
    return camera


def _around(viz: "Visualization", camera: framing.Camera) -> np.ndarray:
    """The corners (n, 4, 3) of all legends, and of what is kept for the keys."""
    return np.concatenate([texts.corners(viz.legends(camera)), viz.key_corners(camera).reshape(-1, 4, 3)])


def key_corners(viz: "Visualization", camera: framing.Camera) -> np.ndarray:
    """See ``Visualization.key_corners``."""
    if not viz.options.keys:
        return np.zeros((0, 3))
    points = np.concatenate([places.outline(viz.tree, viz.placement),
                             texts.corners(viz.legends(camera)).reshape(-1, 3)])
    return keys.rectangle(viz, camera, points, keys.count(viz.tree))


def lettered(viz: "Visualization", camera: framing.Camera, style: str) -> list[texts.Text]:
    """All texts for ``camera``: see ``legends`` and ``labels``."""
    every, held = nodes(viz.tree), viz.labels
    edges = {node.path: labels.edges(node, every, held[node.path], viz.placement, camera) for node in every
             if node.path in held and not node.note and labels.is_shown(node, held[node.path])}
    words = {node.path: labels.texts(node, held[node.path], edges[node.path], viz.placement, camera)
             for node in every if node.path in edges}
    order = sorted(every, key=lambda node: node.edges is None)  # inner names can stand elsewhere
    return legends.legends(order, viz.placement, camera, style, edges, words)
