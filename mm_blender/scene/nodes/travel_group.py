"""The geometry-nodes group that draws elements on their way from one matrix to another."""
from __future__ import annotations

import bpy

from .builder import ensure, Socket, Tree
from .cube_group import some_of

NAME = "mm Travel 1"
NOTHING = 1e-6  # metres: an edge below which there is nothing to draw
PLACE, EDGES, LEVELS = "place_to", ("edge_from", "edge_to"), ("level_from", "level_to")  # attributes of its points


def build() -> bpy.types.NodeTree:
    """The group that makes an instance of every point, where it is and as large as it is at that share of its way."""
    return ensure(NAME, "GeometryNodeTree", _fill)


def _fill(tree: Tree) -> None:
    points = tree.input("Geometry", "Geometry", description="Points, one an element, where they start, with attributes "
                        "'place_to' (vector: where they end), 'edge_from', 'edge_to' (metres), 'level_from' and "
                        "'level_to' (floats)")
    element = tree.input("Element", "Object", description="What stands for an element: a cube of edge 1 m")
    clock = tree.input("Clock", "Object", description="Empty whose location x is the share of the way, 0 to 1")
    location = tree.get("GeometryNodeObjectInfo", "Location", into={"Object": clock})
    share = Socket(tree, tree.node("ShaderNodeSeparateXYZ", into={"Vector": location}).outputs["X"])

    def between(names: tuple[str, str]) -> Socket:
        start, end = (tree.attribute(name) for name in names)
        return start * (1.0 - share) + end * share

    here = tree.get("GeometryNodeInputPosition")
    there = tree.get("GeometryNodeInputNamedAttribute", "Attribute", set={"data_type": "FLOAT_VECTOR"},
                     into={"Name": PLACE})
    place = tree.get("ShaderNodeMix", "Result", set={"data_type": "VECTOR"},
                     into={"Factor": share, "A": here, "B": there})
    edge = between(EDGES)
    marked = tree.store(tree.store(points, "level", between(LEVELS)), "passed", share)
    moved = tree.get("GeometryNodeSetPosition", into={"Geometry": marked, "Position": place})
    cubes = tree.get("GeometryNodeInstanceOnPoints", into={
        "Points": moved, "Selection": tree.compare("GREATER_THAN", edge, NOTHING),
        "Instance": tree.object_geometry(element), "Scale": edge})
    tree.output(Geometry=some_of(tree, cubes))
