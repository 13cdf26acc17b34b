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
from .blender_types import as_geometry_nodes, mesh_of


def root(collection: bpy.types.Collection, pitch: float, base: Matrix | None = None) -> bpy.types.Object:
    """The Empty that carries all that is seen, at ``base`` or the world's middle: moving it moves the visualization."""
    empty = bpy.data.objects.new("mm", None)
    empty.empty_display_type, empty.empty_display_size = "ARROWS", 4 * pitch
    empty.matrix_basis = empty.matrix_world = Matrix() if base is None else base
    with parts.made(collection, parts.ROOT):
        collection.objects.link(empty)
    return empty


def mend(collection: bpy.types.Collection) -> None:
    """Have all that is seen be carried again, where the Empty that did was deleted. Warns of it (MMWarning)."""
    if parts.root_of(collection) is not None or linked.library_of(collection) is not None:
        return
    fallen = [obj for part in parts.CARRIED for obj in parts.of(collection, part) if obj.parent is None]
    if not fallen:
        return
    carrier = root(collection, properties.number(collection, tags.PITCH) or 1.0)
    for obj in fallen:
        obj.parent = carrier
    warn(f"the Empty that carries {collection.name} was deleted: another one carries it now, where it stands")


def damage(collection: bpy.types.Collection) -> str | None:
    """What of the objects in ``collection`` is no longer as we make it, in words; None if nothing is found."""
    damages = [f"{obj.name} {what}" for obj in parts.ours(collection) for what in _damage(obj)]
    return some(damages, 3, "; ") or None


def _damage(obj: bpy.types.Object) -> Iterator[str]:
    part = properties.text(obj, tags.PART)
    for modifier in map(as_geometry_nodes, obj.modifiers):
        if modifier and modifier.node_group is None:
            yield f"has lost the node group of its modifier {modifier.name}"
    if part != parts.MATRIX:
        return
    if not parts.is_matrix(obj):
        yield "says of itself what no matrix of ours does"
    elif not matrices.holds_points(mesh_of(obj)) or len(mesh_of(obj).vertices) != obj[tags.ROWS] * obj[tags.COLS]:
        yield "has other points than its elements"
    elif matrices.drawing(obj) is None:
        yield f"has lost the modifier {matrices.MODIFIER}"
