"""Marks: guide lines, arrows and texts."""
from __future__ import annotations

from collections.abc import Sequence

import bpy
import numpy as np

from ..appearance.looks import Look
from ..document import plane_texts
from ..document.document import Document
from ..expression.tree import MatMul, Node, nodes
from ..layout import guides
from ..layout.places import shift
from ..layout.reduction import is_elided
from ..lettering import fonts
from ..lettering.texts import Text
from . import materials, tags, typefaces
from .blender_types import new_text_curve, numbers
from .letters import FLOW
from .matrices import new_object, world_frame

DOT = 0.09  # radius of a dot, in pitches


def add(document: Document, look: Look, collection: bpy.types.Collection) -> None:
    """All guides of a visualization, and its legends if they lie in the planes of the matrices."""
    pitch = document.placement.pitch
    radius = guides.line_radius(float((document.placement.high - document.placement.low).max()))
    lines: dict[float, bpy.types.Material] = {}
    vanes = ink = None
    every = nodes(document.tree)
    lit = [node for node in every if node.deco.row_guides > 0]
    bars = dict(zip((node.path for node in lit), guides.row_bars(lit, radius)))
    for node in every:
        light = node.deco.row_guides
        if light > 0:
            if light not in lines:
                lines[light] = materials.flat("mm lines", (*(look.line * light ** 2 * hue for hue in look.guide), 1.0))
            frame = document.placement.matrices[node.path]
            _add_row_guides(node, *bars[node.path], frame, pitch, lines[light], collection)
        if is_elided(node):
            ink = ink or materials.flat("mm dots", (*look.text, 1.0))
            _add_dots(node, document.placement.matrices[node.path], pitch, ink, collection)
        if isinstance(node, MatMul) and node.deco.flow_guides > 0:
            vanes = vanes or [materials.flat("mm flow left", look.left_vane),
                              materials.flat("mm flow right", look.right_vane)]
            _add_flow_guides(node, document.tree.count, document.placement.boxes[node.path], pitch, vanes, collection)
    texts = plane_texts.texts_of(document, document.camera) if document.options.lettering == "planes" else []
    if not texts:
        return
    ink, font = materials.flat("mm text", (*look.text, 1.0)), fonts.load()
    loaded = typefaces.load(font)
    for text in texts:
        _add_text(text, pitch, font, loaded, ink, collection)


def _add_row_guides(node: Node, vertices: np.ndarray, faces: np.ndarray, frame: np.ndarray, pitch: float,
                    material: bpy.types.Material, collection: bpy.types.Collection) -> None:
    """The frame, row lines and (0, 0) mark of a matrix, one mesh of thin bars."""
    mesh = _mesh(f"mm {node.name} rows", vertices * pitch, faces, [material])
    obj = new_object(mesh.name, mesh, frame, pitch, collection)
    obj[tags.ROWS_OF] = node.path


def _add_dots(node: Node, frame: np.ndarray, pitch: float, ink: bpy.types.Material,
              collection: bpy.types.Collection) -> None:
    """The dots for rows and columns that are left out, one mesh."""
    places = guides.dots(node)
    corners = DOT * np.concatenate([np.eye(3), -np.eye(3)])
    vertices = (places[:, None] + corners).reshape(-1, 3)
    faces = np.array([(x, y, z) for x in (0, 3) for y in (1, 4) for z in (2, 5)])
    mesh = _mesh(f"mm {node.name} dots", vertices * pitch, (faces + 6 * np.arange(len(places))[:, None, None]).reshape(
        -1, 3), [ink])
    new_object(mesh.name, mesh, frame, pitch, collection)


def _add_flow_guides(node: MatMul, total: int, frame: np.ndarray, pitch: float, vanes: list[bpy.types.Material],
                    collection: bpy.types.Collection) -> None:
    """The two-vaned arrow of a matmul, one mesh of two triangles."""
    vertices = guides.flow_guides(node, total).reshape(-1, 3)
    mesh = _mesh(f"mm {node.name} flow", vertices * pitch, np.arange(6).reshape(2, 3), vanes)
    obj = new_object(mesh.name, mesh, frame, pitch, collection)
    obj[FLOW] = node.path


def _add_text(text: Text, pitch: float, font: fonts.Font, loaded: bpy.types.VectorFont, material: bpy.types.Material,
              collection: bpy.types.Collection) -> None:
    """A legend as text objects, one a run, which a person can edit."""
    letters = text.letters
    for run in letters.runs:
        if not run.text.strip():
            continue
        curve = new_text_curve(f"mm {text.kind} {run.text}")
        typefaces.put(curve, run, font, loaded)
        curve.size *= pitch
        curve.fill_mode = "FRONT"
        curve.materials.append(material)
        obj = bpy.data.objects.new(curve.name, curve)
        obj.matrix_basis = obj.matrix_world = world_frame(text.frame @ shift(*letters.origin(run), 0.0), pitch)
        obj[tags.LABEL] = text.path
        collection.objects.link(obj)


def _mesh(name: str, vertices: np.ndarray, faces: np.ndarray, slots: Sequence[bpy.types.Material]) -> bpy.types.Mesh:
    """A mesh of ``faces`` (n, corners), of one material, or the first of the first and so on."""
    mesh = bpy.data.meshes.new(name)
    corners = faces.shape[1]
    mesh.vertices.add(len(vertices))
    mesh.loops.add(faces.size)
    mesh.polygons.add(len(faces))
    # attributes are copied as they are; vertices and loops would be set one by one
    numbers(mesh, "position").foreach_set("vector", vertices.astype(np.float32).ravel())
    numbers(mesh, ".corner_vert").foreach_set("value", faces.astype(np.int32).ravel())
    mesh.polygons.foreach_set("loop_start", np.arange(0, faces.size, corners, dtype=np.int32))
    for material in slots:
        mesh.materials.append(material)
    if len(slots) > 1:
        mesh.polygons.foreach_set("material_index", np.arange(len(faces), dtype=np.int32))
    mesh.update(calc_edges=True)
    return mesh
