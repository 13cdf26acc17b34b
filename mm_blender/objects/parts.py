"""Parts: which objects a visualization consists of, and how they are found again.

Every object of a visualization carries ``mm_part``; what belongs to a matrix also ``mm_path``. Nothing is kept in
Python: objects that a person has renamed, copied or deleted are looked up each time.
"""
from __future__ import annotations

from typing import Iterable

import bpy

# root: the Empty that carries all that is seen. matrix, element (hidden cubes), mark (guides, legends), sweep (what
# moves, and playheads), key (what colours mean), light, camera; spotlight (its Empty), number (what it shows), pin
# (a label set by hand)
SPOTLIGHT, NUMBER, PIN, KEY = "spotlight", "number", "pin", "key"
ROOT, MATRIX, ELEMENT, MARK, SWEEP, LIGHT, CAMERA = "root", "matrix", "element", "mark", "sweep", "light", "camera"
PAGE = "page"  # the texts of a printed page, which hang before the camera
CARRIED = (MATRIX, MARK, KEY)  # seen, and made at frames of ``places``: these are children of the root


def adopt(collection: bpy.types.Collection, part: str) -> None:
    """Make all objects that belong to nothing yet a ``part`` of the visualization, and carry them if they are seen."""
    root = root_of(collection)
    for obj in collection.objects:
        if "mm_part" in obj:
            continue
        obj["mm_part"], obj["mm_own"] = part, obj.name
        if root and obj.parent is None and (part in CARRIED or part == SWEEP and obj.get("mm_role")):
            obj.parent = root
            place = obj.matrix_basis.copy()
            obj.matrix_world = root.matrix_world @ place  # known before the scene is evaluated
            obj.matrix_basis = place                      # exactly as it was


def of(collection: bpy.types.Collection, part: str) -> list[bpy.types.Object]:
    return [obj for obj in collection.all_objects if obj.get("mm_part") == part]


def root_of(collection: bpy.types.Collection) -> bpy.types.Object | None:
    return original(of(collection, ROOT))


def find(collection: bpy.types.Collection, path: str) -> bpy.types.Object | None:
    """The object of the matrix at ``path``; None if a person has deleted it."""
    return original(obj for obj in of(collection, MATRIX) if obj.get("mm_path") == path)


def matrices(collection: bpy.types.Collection) -> dict[str, bpy.types.Object]:
    """The objects of the matrices that are there, by path."""
    found: dict[str, list[bpy.types.Object]] = {}
    for obj in of(collection, MATRIX):
        found.setdefault(obj.get("mm_path"), []).append(obj)
    return {path: original(objects) for path, objects in found.items()}


def original(objects: Iterable[bpy.types.Object]) -> bpy.types.Object | None:
    """Of an object and its copies the one that we made: it still has the name that it was given."""
    return min(objects, key=lambda obj: (obj.get("mm_own") != obj.name, obj.name), default=None)


def clear(collection: bpy.types.Collection, *parts: str) -> None:
    """Delete the objects of some parts, and the data that only they used."""
    delete([obj for part in parts for obj in of(collection, part)])


def delete(objects: Iterable[bpy.types.Object]) -> None:
    """Delete objects and what only they used: their data, its materials, their keys."""
    objects = list(objects)
    data = {obj.data for obj in objects if obj.data}
    used = {slot for block in data for slot in getattr(block, "materials", ()) if slot}
    used |= {obj.animation_data.action for obj in objects if obj.animation_data and obj.animation_data.action}
    bpy.data.batch_remove(objects)
    bpy.data.batch_remove([block for block in data if block.users == 0])
    pictures = {node.image for block in used if getattr(block, "node_tree", None) for node in block.node_tree.nodes
                if getattr(node, "image", None)}
    bpy.data.batch_remove([block for block in used if block.users == 0])
    bpy.data.batch_remove([image for image in pictures if image.users == 0])
