"""Marks: guide lines, arrows and texts."""
from __future__ import annotations

from typing import TYPE_CHECKING

import bpy
import numpy as np

from .. import fonts, guides
from ..places import shift
from ..texts import Text
from ..tree import MatMul, Node, nodes
from . import materials, typefaces
from .looks import Look
from .matrices import world_frame

if TYPE_CHECKING:
    from ..visualization import Visualization


def add(viz: "Visualization", look: Look, collection: bpy.types.Collection) -> None:
    """All guides and legends of a visualization."""
    pitch = viz.placement.pitch
    radius = guides.line_radius(float((viz.placement.high - viz.placement.low).max()))
    lines: dict[float, bpy.types.Material] = {}
    vanes = None
    every = nodes(viz.tree)
    lit = [node for node in every if node.deco.row_guides > 0]
    bars = dict(zip((node.path for node in lit), guides.row_bars(lit, radius)))
    for node in every:
        light = node.deco.row_guides
        if light > 0:
            if light not in lines:
                lines[light] = materials.flat("mm lines", (*(look.line * light ** 2 * hue for hue in look.guide), 1.0))
            _add_row_guides(node, *bars[node.path], viz.placement.matrices[node.path], pitch, lines[light], collection)
        if isinstance(node, MatMul) and node.deco.flow_guides > 0:
            vanes = vanes or [materials.flat("mm flow left", look.left_vane),
                              materials.flat("mm flow right", look.right_vane)]
            _add_flow_guides(node, viz.tree.count, viz.placement.boxes[node.path], pitch, vanes, collection)
    texts = viz.legends()
    ink = materials.flat("mm text", (*look.text, 1.0)) if texts else None
    font = fonts.load()
    loaded = typefaces.load(font) if texts else None
    for text in texts:
        _add_text(text, pitch, font, loaded, ink, collection)


def _add_row_guides(node: Node, vertices: np.ndarray, faces: np.ndarray, frame: np.ndarray, pitch: float,
                    material: bpy.types.Material, collection: bpy.types.Collection) -> None:
    """The frame, row lines and (0, 0) mark of a matrix, one mesh of thin bars."""
    made = _mesh(f"mm {node.name} rows", vertices, faces, frame, pitch, [material], None, collection)
    made["mm_rows_of"] = node.path


def _add_flow_guides(node: MatMul, total: int, frame: np.ndarray, pitch: float, vanes: list[bpy.types.Material],
                    collection: bpy.types.Collection) -> None:
    """The two-vaned arrow of a matmul, one mesh of two triangles."""
    vertices = guides.flow_guides(node, total).reshape(-1, 3)
    _mesh(f"mm {node.name} flow", vertices, np.arange(6).reshape(2, 3), frame, pitch, vanes, [0, 1], collection)


def _add_text(text: Text, pitch: float, font: fonts.Font, loaded: bpy.types.VectorFont, material: bpy.types.Material,
              collection: bpy.types.Collection) -> None:
    """A legend as text objects, one a run, which a person can edit."""
    letters = text.letters
    for run in letters.runs:
        if not run.text.strip():
            continue
        curve = bpy.data.curves.new(f"mm {text.kind} {run.text}", "FONT")
        typefaces.put(curve, run, font, loaded)
        curve.size *= pitch
        curve.fill_mode = "FRONT"
        curve.materials.append(material)
        obj = bpy.data.objects.new(curve.name, curve)
        obj.matrix_basis = obj.matrix_world = world_frame(text.frame @ shift(*letters.origin(run), 0.0), pitch)
        obj["mm_label"] = text.path
        collection.objects.link(obj)


def _mesh(name, vertices, faces, frame, pitch, slots, material_indices, collection) -> bpy.types.Object:
    mesh = bpy.data.meshes.new(name)
    corners = faces.shape[1]
    mesh.vertices.add(len(vertices))
    mesh.loops.add(faces.size)
    mesh.polygons.add(len(faces))
    # attributes are copied as they are; vertices and loops would be set one by one
    mesh.attributes["position"].data.foreach_set("vector", (vertices * pitch).astype(np.float32).ravel())
    mesh.attributes[".corner_vert"].data.foreach_set("value", faces.astype(np.int32).ravel())
    mesh.polygons.foreach_set("loop_start", np.arange(0, faces.size, corners, dtype=np.int32))
    for material in slots:
        mesh.materials.append(material)
    if material_indices is not None:
        mesh.polygons.foreach_set("material_index", np.array(material_indices, np.int32))
    mesh.update(calc_edges=True)
    obj = bpy.data.objects.new(name, mesh)
    obj.matrix_basis = obj.matrix_world = world_frame(frame, pitch)
    collection.objects.link(obj)
    return obj
