"""Numbers on cubes, as objects: one a matrix, whose node group reads it (``nodes/upright_group.py``)."""
from __future__ import annotations

import math
from typing import Any

import bpy
import numpy as np

from ..appearance.looks import LOOKS
from ..digits import Digits, RULES
from ..document.cube_numbers import NumberPlan
from ..document.document import Document
from ..document.group import Group
from ..document.light import Light
from ..expression.tree import Node
from ..layout.framing import Camera
from ..lettering.page import Page, POINT
from . import compat, evaluated, instances, materials, parts, tags
from .blender_types import geometry_nodes, new_geometry_nodes, new_numbers
from .built import Built
from .nodes import upright_group

DARK, LIGHT = (0.004, 0.005, 0.008), (1.0, 1.0, 1.0)

MODIFIER = "mm Upright Numbers"


def light_of(group: Group) -> Light:
    """What the look of ``group`` does to colours; its suns go by the camera of the parameters."""
    look = LOOKS[group.options.look]
    axes = group.camera.axes()
    suns = []
    for sun in look.suns:
        way = np.array(sun.direction) @ axes
        suns.append((way / np.linalg.norm(way), sun.strength))
    return Light(tuple(suns), look.ambient, look.saturation if look.lit else 1.0, np.array(look.ground))


def put(built: Built, plan: NumberPlan, camera: Camera, page: Page) -> None:
    """The numbers of ``plan`` on what is built."""
    if not plan.shown:
        return
    size = plan.size_pt * POINT / page.height
    fixed = size * camera.height(page.aspect) * built.group.placement.pitch if camera.parallel else 0.0
    share = 0.0 if camera.parallel else size * 2 * math.tan(math.radians(camera.vertical_fov(page.aspect)) / 2)
    members = built.parts
    for (owner, path), shown in plan.shown.items():
        one, _, _, collection = members[owner]
        matrix = parts.find(collection, path)
        if matrix is None:
            continue
        obj = make(matrix, shown.node, points(shown.mask, shown.dark, shown.edged), one, collection, {
            **spelling(plan.digits), "Size": share, "Fixed Size": fixed, "Parallel": camera.parallel})
        parts.adopt(collection, parts.LETTER, [obj])


def make(matrix: bpy.types.Object, node: Node, mesh: bpy.types.Mesh, document: Document,
         collection: bpy.types.Collection, inputs: dict[str, Any]) -> bpy.types.Object:
    """The object of the numbers on ``matrix``, which shows ``node``; ``mesh``: which, and in which inks; ``inputs``:
    how they are written, and how large. It is linked into ``collection``, and no part of anything yet."""
    obj = bpy.data.objects.new(f"mm numbers {matrix.name}"[:60], mesh)
    obj.parent, obj.hide_select = matrix, True
    obj[tags.LABEL] = node.path
    collection.objects.link(obj)
    modifier = new_geometry_nodes(obj, MODIFIER)
    modifier.node_group = upright_group.build()
    scale = document.scaling.scales[node.path]
    compat.set_modifier_inputs(modifier, {
        "Matrix": instances.of(matrix, collection), "Columns": node.w, "Pitch": document.placement.pitch,
        "Accented": LOOKS[document.options.look].accent is not None, "Low": float(scale.low),
        "High": float(scale.high), "Dark": materials.shared("mm digits dark", DARK),
        "Light": materials.shared("mm digits light", LIGHT), **inputs})
    obj.update_tag()
    for kind in ("diffuse", "glossy", "transmission", "volume_scatter", "shadow"):
        setattr(obj, f"visible_{kind}", False)
    return obj


def attach(collection: bpy.types.Collection) -> None:
    """Have numbers that stay read their matrices as these are drawn now."""
    for obj in [obj for obj in parts.of(collection, parts.STORY) if obj.modifiers.get(MODIFIER)]:
        modifier, matrix = geometry_nodes(obj, 0), parts.find(collection, obj[tags.LABEL])
        source = matrix and instances.of(matrix, collection)
        if source and compat.modifier_input(modifier, "Matrix") != source:
            compat.set_modifier_input(modifier, "Matrix", source)
            obj.update_tag()


def spelling(digits: Digits) -> dict[str, Any]:
    """What node groups that spell are told of how numbers are written."""
    return {"Decimals": digits.count, "Rule": RULES.index(digits.rule), "Signed": digits.signed}


def values_drawn(built: Built, plan: NumberPlan, depsgraph: bpy.types.Depsgraph) -> dict[tuple[int, str], np.ndarray]:
    """What the matrices of ``plan`` show at a frame, by owner and path (h, w); NaN where they show nothing."""
    out = {}
    for (owner, path), shown in plan.shown.items():
        matrix = parts.find(built.collections[owner], path)
        values = np.full(shown.mask.shape, np.nan)
        if matrix is not None:
            elements = evaluated.Elements(matrix, depsgraph)
            rows, cols = (each.ravel() for each in np.indices(shown.mask.shape))
            at = elements.find(rows, cols)
            there = at >= 0
            values[rows[there], cols[there]] = elements.value[at[there]]
        out[owner, path] = values
    return out


def points(mask: np.ndarray, dark: np.ndarray, edged: np.ndarray) -> bpy.types.Mesh:
    """A mesh whose points hold what the group asks for: all at the origin, so that they have no size."""
    count = max(mask.size, len(dark))
    mesh = bpy.data.meshes.new("mm numbers")
    mesh.vertices.add(count)
    for name, numbers in ((upright_group.SHOWN, mask.ravel()), (upright_group.DARK, dark),
                          (upright_group.EDGED, edged)):
        values = np.zeros(count, np.float32)
        values[:len(numbers)] = numbers
        new_numbers(mesh, name, "FLOAT", "POINT").foreach_set("value", values)
    return mesh
