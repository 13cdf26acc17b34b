"""A story's light: a modifier a matrix that lights a part of it and dims the rest, and the Empty that says which."""
from __future__ import annotations

import bpy

from ..document.document import Document
from ..expression.tree import Node, nodes
from ..story.targets import Target
from ..story.timeline import Timeline
from . import compat, materials, matrices, parts, tags
from .blender_types import new_geometry_nodes
from .nodes import lit_group

MODIFIER = "mm Lit"
LIGHT = "light"      # what tells an Empty that says what is lit
DARKER, LIGHTER = -0.24, 0.3  # what is added to the lightness of what is not lit, before a dark ground and a light one
NOWHERE = Target("", -2, -2, 1, 1)


def put(document: Document, collection: bpy.types.Collection, told: Timeline) -> None:
    """Light what the story lights; what is drawn as a tile is to be drawn anew."""
    clear(collection)
    if not told.lit:
        return
    dim = LIGHTER if materials.on_light(collection) else DARKER
    for node in nodes(document.tree):
        obj = parts.find(collection, node.path)
        if obj is None:
            continue
        light = _light(node, collection, told)
        modifier = new_geometry_nodes(obj, MODIFIER)
        modifier.node_group = lit_group.build()
        names = [each.name for each in obj.modifiers]
        obj.modifiers.move(len(names) - 1, names.index(matrices.MODIFIER))  # before what draws the points
        compat.set_modifier_inputs(modifier, {"Light": light, "Dim": dim})
        obj.update_tag()


def clear(collection: bpy.types.Collection) -> None:
    """Take the modifiers away; the Empties are parts of the story."""
    for obj in parts.of(collection, parts.MATRIX):
        if MODIFIER in obj.modifiers:
            obj.modifiers.remove(obj.modifiers[MODIFIER])


def _light(node: Node, collection: bpy.types.Collection, told: Timeline) -> bpy.types.Object:
    """The Empty that says what of a matrix is lit: see ``lit_group``. One that is lit as a whole stays as it is while
    others are dimmed: all of its elements glowing would say nothing."""
    empty, path = parts.unseen(f"mm light {node.name or node.path}"[:60], None, collection), node.path
    empty[tags.STORY], empty[tags.LABEL] = LIGHT, path
    lit: dict[float, Target] = {key.frame: key.parts.get(path, NOWHERE) for key in told.lit}
    for channel, index, values in (("location", 0, [part.row for part in lit.values()]),
                                   ("location", 1, [part.col for part in lit.values()]),
                                   ("scale", 0, [part.rows for part in lit.values()]),
                                   ("scale", 1, [part.cols for part in lit.values()]),
                                   ("scale", 2, [lit_group.CALM if (part.rows, part.cols) == (node.h, node.w) else
                                                 lit_group.GLOWING for part in lit.values()])):
        compat.key(empty, channel, index, _changes(list(zip(lit, values))), "CONSTANT")
    compat.key(empty, "location", 2, told.dimmed, "LINEAR")
    return empty


def _changes(keys: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The keys at which anything changes."""
    return [(frame, float(value)) for at, (frame, value) in enumerate(keys) if not at or value != keys[at - 1][1]]
