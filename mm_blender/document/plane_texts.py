"""Texts that lie in the planes of the matrices, and the place that is kept for keys beside the whole."""
from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from ..expression.tree import nodes
from ..layout.framing import Camera
from ..lettering import colour_keys, labels, legends, texts
from .document import Document


def texts_of(document: Document, camera: Camera, style: str = "beside") -> list[texts.Text]:
    """All texts for ``camera``: see ``legends`` and ``labels``."""
    # framing asks for them, and building for the same again
    return document.cache.once("texts", (*stance(camera), style), lambda: _texts(document, camera, style))


def stance(camera: Camera) -> tuple[Hashable, ...]:
    """What tells a camera from others."""
    return camera.position.tobytes(), camera.target.tobytes(), camera.fov, camera.kind


def _texts(document: Document, camera: Camera, style: str) -> list[texts.Text]:
    every, held, placement = nodes(document.tree), document.labels, document.placement
    edges = {node.path: labels.edges(node, every, held[node.path], placement, camera) for node in every
             if node.path in held and not node.note and labels.is_shown(node, held[node.path])}
    words = {node.path: labels.texts(node, held[node.path], edges[node.path], placement, camera)
             for node in every if node.path in edges}
    order = sorted(every, key=lambda node: node.edges is None)  # inner names can stand elsewhere
    return legends.legends(order, placement, camera, style, edges, words)


def key_corners(document: Document, camera: Camera) -> np.ndarray:
    """The corners (4, 3) of what is kept for the keys beside the whole, or none (0, 3). Knows no values, and so not
    how many keys there will be: as many as may have colours of their own."""
    if not document.options.keys:
        return np.zeros((0, 3))
    points = np.concatenate([document.outline(), texts.corners(texts_of(document, camera)).reshape(-1, 3)])
    return colour_keys.rectangle(document.placement, camera, points, colour_keys.count(document.tree))


def corners(document: Document, camera: Camera) -> np.ndarray:
    """The corners (n, 4, 3) of all texts, and of what is kept for the keys."""
    return np.concatenate([texts.corners(texts_of(document, camera)),
                           key_corners(document, camera).reshape(-1, 4, 3)])
