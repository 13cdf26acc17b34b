"""What Blender's datablocks are where the caller knows it: Blender's own types leave most of them open.

An object's ``data`` may be of any kind to a type checker, and a context may lack everything. Who has found an object by
what it is (a matrix, the camera) says so here, in one word; nothing is looked at again.
"""
from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any, cast, TypeVar

import bpy
from mathutils import Matrix, Vector

Thing = TypeVar("Thing")


def there(thing: Thing | None) -> Thing:
    """What its type says may be missing, and is there: as the caller knows, or unless a person took it away, when
    whoever uses it fails, and ``held`` puts that into words."""
    return cast(Thing, thing)


# ---- of what renders

def cycles_of(scene: bpy.types.Scene) -> Any:
    """The settings of Cycles, which is an add-on and has no type; whoever renders has it."""
    return cast(Any, scene).cycles


def seen_through(scene: bpy.types.Scene) -> bpy.types.Object:
    """The camera of a scene that has one."""
    return cast(bpy.types.Object, scene.camera)


# ---- of the context

def scene_now() -> bpy.types.Scene:
    """The scene of the context, which has one wherever our code runs."""
    return cast(bpy.types.Scene, bpy.context.scene)


def view_layer_now() -> bpy.types.ViewLayer:
    """The view layer of the context, which has one wherever our code runs."""
    return cast(bpy.types.ViewLayer, bpy.context.view_layer)


def overridden(**members: Any) -> AbstractContextManager[None]:
    """The context with other ``members``, for as long as it is entered."""
    return cast(Any, bpy.context).temp_override(**members)


def library(file: str, link: bool) -> AbstractContextManager[tuple[Any, Any]]:
    """A .blend that is read: the names that it holds, a collection a kind, and those that are taken of it."""
    return cast(Any, bpy.data.libraries).load(file, link=link)


# ---- of datablocks

def any_data(obj: bpy.types.Object) -> Any:
    """The data of an object of whatever kind, which has some."""
    return obj.data


def any_kind(block: bpy.types.ID) -> Any:
    """A datablock of a kind that has what all are asked for: animation data, a node tree."""
    return block


def mesh_of(obj: bpy.types.Object) -> bpy.types.Mesh:
    """The mesh of an object that has one."""
    return cast(bpy.types.Mesh, obj.data)


def set_color(obj: bpy.types.Object, rgba: Any) -> None:
    """Give an object a colour, as of an array."""
    obj.color = rgba


def camera_of(obj: bpy.types.Object) -> bpy.types.Camera:
    """The camera of an object that is one."""
    return cast(bpy.types.Camera, obj.data)


def new_sun(name: str) -> bpy.types.SunLight:
    """New data of a sun."""
    return cast(bpy.types.SunLight, bpy.data.lights.new(name, "SUN"))


def new_text_curve(name: str) -> bpy.types.TextCurve:
    """New data of a text object."""
    return cast(bpy.types.TextCurve, bpy.data.curves.new(name, "FONT"))


def new_constraint(obj: bpy.types.Object, kind: str) -> Any:
    """A new constraint of a ``kind``, which says what it has."""
    return cast(Any, obj.constraints).new(kind)


def as_file_browser(space: bpy.types.Space) -> bpy.types.SpaceFileBrowser | None:
    """A space of an area as a file browser, if it is one."""
    return cast(bpy.types.SpaceFileBrowser, space) if space.type == "FILE_BROWSER" else None


# ---- of what geometry nodes read and make

def numbers(geometry: Any, name: str) -> Any:
    """The numbers of an attribute of a mesh or of points: their collection, of whatever kind that attribute is."""
    return geometry.attributes[name].data


def new_numbers(mesh: bpy.types.Mesh, name: str, kind: str, domain: str) -> Any:
    """The numbers of a new attribute, of a ``kind``, one for each element of a ``domain``."""
    return cast(Any, mesh.attributes).new(name, kind, domain).data


def geometry_nodes(obj: bpy.types.Object, name: str | int) -> bpy.types.NodesModifier:
    """The modifier of that name, or number, which is one of geometry nodes (KeyError if there is none)."""
    return cast(bpy.types.NodesModifier, obj.modifiers[name])


def find_geometry_nodes(obj: bpy.types.Object, name: str) -> bpy.types.NodesModifier | None:
    """The modifier of that name, which is one of geometry nodes, if the object has it."""
    return cast("bpy.types.NodesModifier | None", obj.modifiers.get(name))


def new_geometry_nodes(obj: bpy.types.Object, name: str) -> bpy.types.NodesModifier:
    """A new modifier of geometry nodes, still without a group."""
    return cast(bpy.types.NodesModifier, obj.modifiers.new(name, "NODES"))


def as_geometry_nodes(modifier: bpy.types.Modifier) -> bpy.types.NodesModifier | None:
    """A modifier as one of geometry nodes, if it is one."""
    return cast(bpy.types.NodesModifier, modifier) if modifier.type == "NODES" else None


def any_modifier(modifier: bpy.types.NodesModifier) -> Any:
    """A modifier as other versions of Blender know it, too."""
    return modifier


def group_of(modifier: bpy.types.NodesModifier) -> bpy.types.NodeTree:
    """The group of a modifier that has one."""
    return cast(bpy.types.NodeTree, modifier.node_group)


# ---- of node trees

def tree_of(owner: bpy.types.Material | bpy.types.World) -> bpy.types.NodeTree:
    """The node tree of a material or a world that has one."""
    return cast(bpy.types.NodeTree, owner.node_tree)


def nodes_of(tree: bpy.types.NodeTree | None) -> Iterable[Any]:
    """The nodes of a tree, each of a kind of its own; none where there is no tree."""
    return cast("Iterable[Any]", tree.nodes if tree else ())


def links_in(tree: bpy.types.NodeTree) -> Iterable[Any]:
    """The links of a tree, each of which has both its ends."""
    return cast("Iterable[Any]", tree.links)


def links_of(socket: bpy.types.NodeSocket) -> bpy.types.NodeLinks:
    """The links of a socket. Asking for them looks through all of the tree's."""
    return cast(bpy.types.NodeLinks, socket.links)


def default_of(socket: bpy.types.NodeSocket) -> Any:
    """What a socket holds where nothing is linked to it, of whatever kind the socket is."""
    return cast(Any, socket).default_value


def set_default(socket: bpy.types.NodeSocket, value: Any) -> None:
    """Have a socket hold ``value`` where nothing is linked to it."""
    cast(Any, socket).default_value = value


# ---- of mathutils, whose vectors are sequences that do not say so

def floats(numbers: Any) -> tuple[float, ...]:
    """The numbers of a vector, a colour or an array property."""
    return tuple(numbers)


def vector(numbers: Any) -> Vector:
    """A vector of the numbers of an array, or of another vector."""
    return Vector(numbers)


def entries(matrix: Matrix) -> list[float]:
    """The numbers of a matrix, row by row."""
    return [value for row in cast(Any, matrix) for value in row]


def translation(way: Any) -> Matrix:
    """The matrix that moves everything by ``way``, a vector or an array."""
    return Matrix.Translation(way)
