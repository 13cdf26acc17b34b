"""Numbers on cubes, as objects: one a matrix, whose node group reads it (``nodes/upright_group.py``)."""
from __future__ import annotations

import math
from typing import Any

import bpy
import numpy as np

from ..appearance.looks import LOOKS
from ..digits import Digits, RULES
from ..document.cube_numbers import NumberPlan, Shown
from ..document.group import Group
from ..document.light import Light
from ..layout.framing import Camera
from ..lettering.page import Page, POINT
from . import compat, evaluated, instances, materials, parts, tags
from .blender_types import new_geometry_nodes, new_numbers
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
    inks = {"Dark": materials.flat("mm digits dark", (*DARK, 1.0)),
            "Light": materials.flat("mm digits light", (*LIGHT, 1.0))}
    members = built.parts
    for (owner, path), shown in plan.shown.items():
        one, _, _, collection = members[owner]
        matrix = parts.find(collection, path)
        if matrix is None:
            continue
        obj = bpy.data.objects.new(f"mm numbers {matrix.name}"[:60], _points(shown))
        obj.parent, obj.hide_select = matrix, True
        obj[tags.LABEL] = path
        collection.objects.link(obj)
        modifier = new_geometry_nodes(obj, MODIFIER)
        modifier.node_group = upright_group.build()
        scale = one.scaling.scales[path]
        compat.set_modifier_inputs(modifier, {
            "Matrix": instances.of(matrix, collection), "Columns": shown.node.w, **spelling(plan.digits),
            "Size": share, "Fixed Size": fixed, "Parallel": camera.parallel, "Pitch": one.placement.pitch,
            "Accented": LOOKS[built.group.options.look].accent is not None, "Low": float(scale.low),
            "High": float(scale.high), **inks})
        obj.update_tag()
        for kind in ("diffuse", "glossy", "transmission", "volume_scatter", "shadow"):
            setattr(obj, f"visible_{kind}", False)
        parts.adopt(collection, parts.LETTER, [obj])


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


def _points(shown: Shown) -> bpy.types.Mesh:
    """A mesh whose points hold what the group asks for: all at the origin, so that they have no size."""
    count = max(shown.mask.size, len(shown.dark))
    mesh = bpy.data.meshes.new("mm numbers")
    mesh.vertices.add(count)
    for name, numbers in ((upright_group.SHOWN, shown.mask.ravel()), (upright_group.DARK, shown.dark),
                       (upright_group.EDGED, shown.edged)):
        values = np.zeros(count, np.float32)
        values[:len(numbers)] = numbers
        new_numbers(mesh, name, "FLOAT", "POINT").foreach_set("value", values)
    return mesh
