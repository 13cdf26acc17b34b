"""The ground: nothing but the soft shadow that a visualization casts on it."""
from __future__ import annotations

import bpy
import numpy as np

from ..appearance import shadow
from ..appearance.looks import Look
from ..document.document import Document
from ..expression.tree import nodes
from ..layout.places import to_blender
from . import materials
from .blender_types import new_numbers


def add(document: Document, look: Look, collection: bpy.types.Collection) -> None:
    """Add the shadow, if the look has one and the camera looks down on it: a grid with its darkness in an attribute."""
    if not look.shadow:
        return
    rectangles = []
    for node in nodes(document.tree):
        x, y = node.cols.shown - 0.5, node.rows.shown - 0.5
        local = np.array([[-0.5, -0.5, 0, 1], [x, -0.5, 0, 1], [-0.5, y, 0, 1]])
        rectangles.append(to_blender((local @ document.placement.matrices[node.path].T)[:, :3]))
    cast = shadow.cast(rectangles)
    if to_blender(document.camera.position)[2] <= cast.low[2]:
        return
    n = len(cast.density)
    row, column = np.divmod(np.arange(n * n), n)
    points = cast.low + cast.step * np.stack([column, row, 0 * row], 1)
    quads = np.flatnonzero((row < n - 1) & (column < n - 1))[:, None] + np.array([0, 1, n + 1, n])
    quads = quads[cast.density.ravel()[quads].max(1) > 1e-3]
    mesh = bpy.data.meshes.new("mm shadow")
    mesh.from_pydata((points * document.placement.pitch).tolist(), [], quads.tolist())
    density = new_numbers(mesh, "shadow", "FLOAT", "POINT")
    density.foreach_set("value", cast.density.ravel().astype(np.float32))
    mesh.materials.append(materials.shade("mm shadow", look.shadow))
    obj = bpy.data.objects.new("mm shadow", mesh)
    obj.hide_viewport = obj.hide_select = True  # of the picture only: a person works with the rest
    collection.objects.link(obj)
