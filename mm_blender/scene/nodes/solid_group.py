"""The geometry-nodes group that makes cubes one mesh with a colour attribute, for what knows no shaders (Workbench)."""
from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import bpy

from ...appearance.rules import INFINITE, MINUS_INFINITE, NAN
from .builder import ensure, Socket, Tree
from .cube_group import INF_LEVEL, NAN_LEVEL

if TYPE_CHECKING:
    from .builder import Value

COLOR = "mm_color"


def build(name: str, stops: Callable[[], list[tuple[float, tuple[float, float, float]]]],
          accent: tuple[float, float, float] | None) -> bpy.types.NodeTree:
    """The group for the colours that ``name`` stands for: ``stops`` of a ramp over the levels -1 to 1, and what lit
    elements take on, if that is not a brighter colour of theirs."""
    return ensure(f"mm Solid 1 {name}", "GeometryNodeTree", lambda tree: _fill(tree, stops(), accent))


def _fill(tree: Tree, stops: list, accent: tuple[float, float, float] | None) -> None:
    cubes = tree.input("Geometry", "Geometry", description="Cubes, as instances or as faces, with 'level' and, where "
                       "they are lit, 'highlight'")
    level, highlight = tree.attribute("level"), tree.attribute("highlight")
    node = tree.node("ShaderNodeValToRGB", into={0: level * 0.5 + 0.5})
    ramp = node.color_ramp
    for _ in range(len(stops) - len(ramp.elements)):
        ramp.elements.new(1.0)
    for element, (position, rgb) in reversed(list(zip(ramp.elements, stops))):
        element.position, element.color = position, (*rgb, 1.0)
    color = Socket(tree, node.outputs[0])
    lit = _mix(tree, "MIX", 1.0, color, (*accent, 1.0)) if accent else _mix(tree, "ADD", 1.0, color, color)
    color = _mix(tree, "MIX", highlight, color, lit)
    odd = tree.compare("GREATER_THAN", abs(level), (1 + INF_LEVEL) / 2)
    nan = tree.compare("GREATER_THAN", level, (INF_LEVEL + NAN_LEVEL) / 2)
    infinite = tree.switch(tree.compare("LESS_THAN", level, 0.0), (*INFINITE, 1.0), (*MINUS_INFINITE, 1.0), "RGBA")
    color = tree.switch(odd, color, tree.switch(nan, infinite, (*NAN, 1.0), "RGBA"), "RGBA")
    mesh = tree.get("GeometryNodeRealizeInstances", into={"Geometry": cubes})
    tree.output(Geometry=tree.store(mesh, COLOR, color, "BYTE_COLOR"))


def _mix(tree: Tree, kind: str, factor: Value, a: Value, b: Value) -> Socket:
    return tree.get("ShaderNodeMix", "Result", set={"data_type": "RGBA", "blend_type": kind, "clamp_result": True},
                    into={"Factor": factor, "A": a, "B": b})
