"""Names that go with their matrices while one visualization turns into another, where they are the same at both ends."""
from __future__ import annotations

from collections.abc import Sequence

import bpy
import numpy as np

from ..document.travels import Travel
from . import fading, keys, parts, properties, tags
from .blender_types import any_data
from .travellers import Leg, MOVE

LABEL = "label"  # the kind of what stands for rows and columns


def put(leg: Leg, found: Sequence[Travel], shares: tuple[float, float]) -> set[bpy.types.Object]:
    """Have what is written beside a matrix that becomes another whole one travel, where it is the same in both: the
    texts of both that travel so."""
    hung = [_hung(collection) for collection in leg.collections]
    out: set[bpy.types.Object] = set()
    for travel in found:
        if travel.first is None or travel.second is None:
            continue
        for labels in (False, True):
            start, end = (each.get((node.path, labels)) for each, node in zip(hung, (travel.first, travel.second)))
            ratio = _ratio(start, end) if start and end else None
            if start and end and ratio:
                out |= {*start.children, *end.children}
                _go(start, end, ratio, leg)
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
        round(x, 3) for x in child.matrix_basis.to_translation())) for each in (start, end)]
    if not texts[0] or [any_data(child).body for child in texts[0]] != [any_data(child).body for child in texts[1]]:
        return None
    if len(start.children) != len(end.children):
        return None
    sizes = [child.matrix_basis.to_scale().x * any_data(child).size for each in texts for child in each[:1]]
    ratio = sizes[1] / sizes[0]
    places = [np.array([child.matrix_basis.to_translation() for child in each]) / size
              for each, size in zip(texts, sizes)]
    turns = [np.array([child.matrix_basis.to_euler() for child in each]) for each in texts]
    same = np.allclose(*places, atol=0.02) and np.allclose(*turns, atol=1e-3)
    return ratio if same else None


def _go(start: bpy.types.Object, end: bpy.types.Object, ratio: float, leg: Leg) -> None:
    """Copies of what hangs on ``start`` go to where ``end`` stands."""
    carrier = fading.copied(start, leg.own)
    frames = leg.window(MOVE)
    keys.smooth_vector(carrier, "location", [(frames[0], start.location), (frames[1], end.location)])
    keys.smooth_vector(carrier, "scale", [(frames[0], (1.0,) * 3), (frames[1], (ratio,) * 3)])
    for child in start.children:
        copy = fading.copied(child, leg.own)
        copy.parent = carrier
        leg.show(copy)
