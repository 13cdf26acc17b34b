"""Faces: a matrix whose cubes are realized into one mesh (``nodes.cube_group``)."""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import bpy

from ..appearance.looks import Look
from . import compat, tiles
from .matrices import drawing, element_of, MODIFIER
from .nodes import cube_group


def is_faces(obj: bpy.types.Object) -> bool:
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
    kept = [obj for obj in objects if is_faces(obj)
            and cube_group.APART in compat.input_identifiers(group_of(geometry_nodes(obj, MODIFIER)))]  # not in older files
    try:
        _keep_apart(kept, True)
        yield
    finally:
        _keep_apart(kept, False)


def _keep_apart(objects: list[bpy.types.Object], kept: bool) -> None:
    for obj in objects:
        compat.set_modifier_input(geometry_nodes(obj, MODIFIER), cube_group.APART, kept)
        obj.update_tag()


def _reads_meshes(element: bpy.types.Object | None) -> bool:
    """Whether an element's material reads of meshes all that it reads of instances: one of an older file does not."""
    read = _read_by(element and element.active_material and element.active_material.node_tree)
    return all(("GEOMETRY", name) in read for kind, name in read if kind == "INSTANCER")


def _read_by(tree: bpy.types.NodeTree | None) -> set[tuple[str, str]]:
    """The kinds and names of the attributes that a shader tree and its groups read."""
    read = set()
    for node in tree.nodes if tree else ():
        if node.bl_idname == "ShaderNodeAttribute":
            read.add((node.attribute_type, node.attribute_name))
        elif node.bl_idname == "ShaderNodeGroup":
            read |= _read_by(node.node_tree)
    return read
