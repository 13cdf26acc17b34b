"""Names that go with their matrices while one visualization turns into another, where both ends have the same."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bpy
import numpy as np

from ..document.travels import Way
from ..layout.places import from_blender, to_blender
from . import fading, keys, parts, properties, tags
from .blender_types import any_data, floats, vector
from .travellers import Leg, MOVE

LABEL = "label"  # the kind of what stands for rows and columns


def put(leg: Leg, found: Sequence[Way]) -> set[bpy.types.Object]:
    """Have what is written beside a matrix that becomes another whole one travel, where it is the same in both: the
    texts of both that travel so."""
    hung = [_hung(collection) for collection in leg.collections]
    out: set[bpy.types.Object] = set()
    for way in found:
        travel = way.travel
        if travel.first is None or travel.second is None:
            continue
        for labels in (False, True):
            start, end = (each.get((node.path, labels)) for each, node in zip(hung, (travel.first, travel.second)))
            ratio = _ratio(start, end) if start and end else None
            if start and end and ratio:
                out |= {*start.children, *end.children}
                _go((start, end), ratio, way, leg)
    return out


def _hung(collection: bpy.types.Collection) -> dict[tuple[str, bool], bpy.types.Object]:
    """The Empties that names, and labels of rows and columns (True), hang on, by the path of their matrix."""
    out = {}
    for empty in parts.of(collection, parts.LETTER):
        texts = [child for child in empty.children if properties.has(child, tags.LABEL)]
        if properties.has(empty, tags.HUNG) and texts:
            out[texts[0][tags.LABEL], texts[0].get(tags.KIND) == LABEL] = empty
    return out


def _ratio(start: bpy.types.Object, end: bpy.types.Object) -> float | None:
    """How much larger what hangs on ``end`` is than the same on ``start``; None where it is not the same."""
    texts = [sorted((child for child in each.children if child.type == "FONT"), key=lambda child: tuple(
        round(x, 3) for x in floats(child.matrix_basis.to_translation()))) for each in (start, end)]
    if not texts[0] or [any_data(child).body for child in texts[0]] != [any_data(child).body for child in texts[1]]:
        return None
    if len(start.children) != len(end.children):
        return None
    sizes = [child.matrix_basis.to_scale().x * any_data(child).size for each in texts for child in each[:1]]
    ratio = sizes[1] / sizes[0]
    places = [np.array([child.matrix_basis.to_translation() for child in each]) / size
              for each, size in zip(texts, sizes)]
    turns = [np.array([child.matrix_basis.to_euler() for child in each]) for each in texts]
    same = np.allclose(places[0], places[1], atol=0.02) and np.allclose(turns[0], turns[1], atol=1e-3)
    return ratio if same else None


def _go(ends: tuple[bpy.types.Object, bpy.types.Object], ratio: float, way: Way, leg: Leg) -> None:
    """Copies of what hangs on the first of the ``ends`` go to where the second stands, off what they name."""
    carrier, frames = fading.copied(ends[0], leg.own), leg.window(MOVE)
    keyed: list[tuple[float, Any]] = [(frames[0], ends[0].location), (frames[1], ends[1].location)]
    if way.travel.moves:
        anchors = np.array([from_blender(np.array(end.location)) / leg.pitch for end in ends])
        middle = between(anchors, way, leg.documents[0].camera.axes())
        keyed.insert(1, (sum(frames) / 2, vector(to_blender(middle) * leg.pitch)))
    keys.smooth_vector(carrier, "location", keyed)
    keys.smooth_vector(carrier, "scale", [(frames[0], (1.0,) * 3), (frames[1], (ratio,) * 3)])
    for child in ends[0].children:
        copy = fading.copied(child, leg.own)
        copy.parent = carrier
        leg.show(copy)


def between(anchors: np.ndarray, way: Way, axes: np.ndarray) -> np.ndarray:
    """Where a name (3,) is in the middle of the way of what it is beside; its ``anchors`` (2, 3) are where it is at the
    ends. As the camera with these ``axes`` sees it, it stays on the same side and as far off."""
    away = [(anchor - way.frame(share)[:3, 3]) @ axes.T for anchor, share in zip(anchors, (0.0, 1.0))]
    sides = [each[:2] / max(float(np.hypot(*each[:2])), 1e-9) for each in away]
    side = sides[0] + sides[1]
    side = sides[0] if np.hypot(*side) < 0.3 else side / np.hypot(*side)

    def reach(share: float, along: np.ndarray) -> float:
        return float(((way.corners(share) - way.frame(share)[:3, 3]) @ axes[:2].T @ along).max())

    gaps = [float(each[:2] @ along) - reach(share, along) for each, along, share in zip(away, sides, (0.0, 1.0))]
    across = side * (reach(0.5, side) + max(sum(gaps) / 2, 0.5))
    return way.frame(0.5)[:3, 3] + np.array([*across, (away[0][2] + away[1][2]) / 2]) @ axes
