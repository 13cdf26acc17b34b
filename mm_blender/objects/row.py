"""The objects of several visualizations that stand side by side: one camera, one set of lights, a title each."""
from __future__ import annotations

from typing import TYPE_CHECKING

import bpy
from mathutils import Matrix, Vector

from ..places import to_blender
from . import build as single
from . import camera, materials, parts
from .looks import LOOKS
from .matrices import world_frame

if TYPE_CHECKING:
    from ..rows import Row


def build(row: "Row") -> None:
    """Make every object of ``row``; if anything fails, nothing of it remains."""
    made = []
    try:
        for viz in row.visualizations:
            made.append(viz.build().collection)
        _arrange(row)
    except BaseException:
        for collection in made:
            single.remove(collection)
        raise
    bpy.context.view_layer.update()


def _arrange(row: "Row") -> None:
    first, pitch = row.first.collection, row.first.placement.pitch
    start = single.base_of(first)
    texts = row.title_texts()
    ink = materials.flat("mm text", (*LOOKS[row.options.look].text, 1.0)) if texts else None
    seen_from = row.framed()
    for at, (viz, offset) in enumerate(zip(row.visualizations, row.offsets)):
        move = Vector(to_blender(offset) * pitch)
        root = parts.root_of(viz.collection)
        root.matrix_basis = start @ Matrix.Translation(move)
        if viz is not row.first:  # the suns light all: each set of them would light all once more
            parts.clear(viz.collection, parts.LIGHT, parts.CAMERA)
        camera.slant(root, seen_from, row.first.placement)
        parts.adopt(viz.collection, parts.CAMERA)
        if texts:
            _add_title(texts[at], ink, pitch, start, viz.collection)
    bpy.context.scene.camera = parts.original(obj for obj in parts.of(first, parts.CAMERA) if obj.type == "CAMERA")


def _add_title(text, ink: bpy.types.Material, pitch: float, start: Matrix, collection: bpy.types.Collection) -> None:
    """A title as a text object, which a person can edit; it stays where it is when the matrices change."""
    curve = bpy.data.curves.new(f"mm {text.kind} {text.text}", "FONT")
    curve.body, curve.size = text.text, text.size * pitch
    curve.align_x, curve.align_y = text.anchor, text.align
    curve.fill_mode = "FRONT"
    curve.materials.append(ink)
    obj = bpy.data.objects.new(curve.name, curve)
    root = parts.root_of(collection)
    place = start @ world_frame(text.frame, pitch)
    obj.parent, obj.matrix_parent_inverse = root, root.matrix_basis.inverted()
    obj.matrix_basis = place
    obj["mm_part"], obj["mm_label"] = "title", text.path
    collection.objects.link(obj)
