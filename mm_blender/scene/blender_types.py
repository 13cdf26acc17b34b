"""What Blender's datablocks are where the caller knows it: Blender's own types leave most of them open.

An object's ``data`` may be of any kind to a type checker, and a context may lack everything. Who has found an object by
what it is (a matrix, the camera) says so here, in one word; nothing is looked at again.
"""
from __future__ import annotations

from typing import Any, cast, TypeVar

import bpy

T = TypeVar("T")


def mesh_of(obj: bpy.types.Object) -> bpy.types.Mesh:
    """The mesh of an object that has one."""
    return cast(bpy.types.Mesh, obj.data)


def camera_of(obj: bpy.types.Object) -> bpy.types.Camera:
    """The camera of an object that is one."""
    return cast(bpy.types.Camera, obj.data)


def any_data(obj: bpy.types.Object) -> Any:
    """The data of an object of whatever kind, which has some."""
    return obj.data


def scene_now() -> bpy.types.Scene:
    """The scene of the context, which has one wherever our code runs."""
    return cast(bpy.types.Scene, bpy.context.scene)


def numbers(mesh: Any, name: str) -> Any:
    """The numbers of an attribute: their collection, of whatever kind that attribute is."""
    return mesh.attributes[name].data


def default_of(socket: bpy.types.NodeSocket) -> Any:
    """What a socket holds where nothing is linked to it, of whatever kind the socket is."""
    return cast(Any, socket).default_value


# ---- of whatever kind

def there(held: T | None) -> T:
    """What every datablock of its kind has, or this one as the caller knows, though its type says that it may be
    missing."""
    return cast(T, held)


def floats(numbers: Any) -> tuple[float, ...]:
    """The numbers of a vector, a colour or an array property."""
    return tuple(numbers)


# ---- of what renders

def cycles_of(scene: bpy.types.Scene) -> Any:
    """The settings of Cycles, which is an add-on and has no type; whoever renders has it."""
    return cast(Any, scene).cycles


def seen_through(scene: bpy.types.Scene) -> bpy.types.Object:
    """The camera of a scene that has one."""
    return cast(bpy.types.Object, scene.camera)
