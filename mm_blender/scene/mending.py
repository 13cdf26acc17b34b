"""Mending: what is left of a visualization after a person, or a program, took parts of it away.

Its Empty, without which nothing can be placed, is made anew, and so is a camera that a saved file needs. What else is
missing stays missing, as whoever took it away will have wanted, until all is built again; where a verb cannot do
without it, ``damage`` has the words.
"""
from __future__ import annotations

from collections.abc import Iterator

import bpy
from mathutils import Matrix

from ..errors import warn
from ..plain import some
from . import linked, matrices, parts, properties, tags


def root(collection: bpy.types.Collection, pitch: float, base: Matrix | None = None) -> bpy.types.Object:
    """The Empty that carries all that is seen, at ``base`` or the world's middle: moving it moves the visualization."""
    made = bpy.data.objects.new("mm", None)
    made.empty_display_type, made.empty_display_size = "ARROWS", 4 * pitch
    made.matrix_basis = made.matrix_world = Matrix() if base is None else base
    with parts.made(collection, parts.ROOT):
        collection.objects.link(made)
    return made


def mend(collection: bpy.types.Collection) -> None:
    """Have all that is seen be carried again, where the Empty that did was deleted. Warns of it (MMWarning)."""
    if parts.root_of(collection) is not None or linked.library_of(collection) is not None:
        return
    fallen = [obj for part in parts.CARRIED for obj in parts.of(collection, part) if obj.parent is None]
    if not fallen:
        return
    made = root(collection, properties.number(collection, tags.PITCH) or 1.0)
    for obj in fallen:
        obj.parent = made
    warn(f"the Empty that carries {collection.name} was deleted: another one carries it now, where it stands")


def damage(collection: bpy.types.Collection) -> str | None:
    """What of the objects in ``collection`` is no longer as we make it, in words; None if nothing is found."""
    found = [f"{obj.name} {what}" for obj in collection.all_objects if tags.PART in obj for what in _damage(obj)]
    return some(found, 3, "; ") or None


def _damage(obj: bpy.types.Object) -> Iterator[str]:
    part = properties.text(obj, tags.PART)
    for modifier in obj.modifiers:
        if modifier.type == "NODES" and modifier.node_group is None:
            yield f"has lost the node group of its modifier {modifier.name}"
    if part != parts.MATRIX:
        return
    if not parts.is_matrix(obj):
        yield "says of itself what no matrix of ours does"
    elif not matrices.holds_points(obj.data) or len(obj.data.vertices) != obj[tags.ROWS] * obj[tags.COLS]:
        yield "has other points than its elements"
    elif matrices.drawing(obj) is None:
        yield f"has lost the modifier {matrices.MODIFIER}"
