"""Faces: a matrix whose cubes are realized into one mesh (``nodes.cube_group``)."""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import bpy

from ..appearance.looks import Look
from . import compat, tiles
from .blender_types import geometry_nodes, group_of, nodes_of
from .matrices import drawing, element_of, MODIFIER
from .nodes import cube_group


def is_faces(obj: bpy.types.Object) -> bool:
    """Whether an object is a matrix that is drawn as one mesh of its cubes."""
    modifier = drawing(obj)
    return modifier is not None and group_of(modifier).name.startswith(cube_group.FACES)


def put(obj: bpy.types.Object, realized: bool, look: Look) -> None:
    """Draw what is drawn as cubes, and not as a tile, as one mesh of them or, not ``realized``, as instances; these it
    stays under a material that reads instances alone. What is as it should be is not evaluated anew."""
    realized = realized and _reads_meshes(element_of(obj))
    if is_faces(obj) != realized:
        tiles.use(obj, cube_group.build(realized), {})
    if realized and bool(compat.modifier_input(geometry_nodes(obj, MODIFIER), "Corners")) != bool(look.drawn):
        compat.set_modifier_input(geometry_nodes(obj, MODIFIER), "Corners", bool(look.drawn))
        obj.update_tag()


@contextmanager
def apart(objects: Iterable[bpy.types.Object]) -> Iterator[None]:
    """While Cycles renders frames: the meshes of faces are kept apart from each other (``nodes.cube_group``). Measured:
    with 360 thousand cubes beside a vmprod sweep a frame of 4 samples takes 1.2 s in place of 1.7."""
    able = [obj for obj in objects if is_faces(obj) and _can_be_apart(obj)]
    try:
        _keep_apart(able, True)
        yield
    finally:
        _keep_apart(able, False)


def _can_be_apart(obj: bpy.types.Object) -> bool:
    """Whether its group can keep meshes apart, which that of an older file cannot."""
    return cube_group.APART in compat.input_identifiers(group_of(geometry_nodes(obj, MODIFIER)))


def _keep_apart(objects: list[bpy.types.Object], apart: bool) -> None:
    for obj in objects:
        compat.set_modifier_input(geometry_nodes(obj, MODIFIER), cube_group.APART, apart)
        obj.update_tag()


def _reads_meshes(element: bpy.types.Object | None) -> bool:
    """Whether an element's material reads of meshes all that it reads of instances: one of an older file does not."""
    material = element.active_material if element else None
    read = _read_by(material.node_tree if material else None)
    return all(("GEOMETRY", name) in read for kind, name in read if kind == "INSTANCER")


def _read_by(tree: bpy.types.NodeTree | None) -> set[tuple[str, str]]:
    """The kinds and names of the attributes that a shader tree and its groups read."""
    read: set[tuple[str, str]] = set()
    for node in nodes_of(tree):
        if node.bl_idname == "ShaderNodeAttribute":
            read.add((node.attribute_type, node.attribute_name))
        elif node.bl_idname == "ShaderNodeGroup":
            read |= _read_by(node.node_tree)
    return read
