"""Saved data: the values that a .blend holds of a visualization, where nothing else in it could give them again.

They are in the points of their matrices' objects; a pointer to each mesh keeps it in the file should its object be
deleted.
"""
from __future__ import annotations

import hashlib
from collections.abc import Mapping

import bpy
import numpy as np

from ..data import lazy
from ..data.matrices import Named
from ..data.origins import Origin
from ..document.document import Document
from ..errors import DataError
from ..expression.tree import Leaf, nodes
from ..values.tally import Reading
from . import matrices, properties
from .blender_types import mesh_of, new_numbers, numbers

DATA, RAW = "mm_data ", "raw"


def keep(document: Document, objects: dict[str, bpy.types.Object], collection: bpy.types.Collection) -> None:
    """Hold on to the meshes of the matrices whose values nothing else in the file could give again. Where matrices are
    reduced that is what is shown of all of them."""
    kept = set()
    for node in nodes(document.tree):
        given = isinstance(node, Leaf) and (node.path in document.data or node.init.kind == "url")
        if not (given or document.plan.reduces):
            continue
        kept.add(_key(node.path))
        obj = objects.get(node.path)
        if obj is None:
            continue
        if not node.note and node.path in document.data and document.values[node.path] is not document.data[node.path]:
            _give_raw(mesh_of(obj), lazy.whole(document.data[node.path]))
        _hold(collection, _key(node.path), mesh_of(obj))
    leaves = {node.path for node in nodes(document.tree)}
    for name in document.data.keys() - leaves:  # what epilogs use by name has no object of its own
        kept.add(_key(name))
        mesh, x = _held(collection, name), lazy.whole(document.data[name])
        if mesh is None or not matrices.holds_points(mesh) or not np.array_equal(
                _read(mesh, "value"), x, equal_nan=True):
            nowhere = np.zeros((x.size, 3), np.float32)
            _hold(collection, _key(name), matrices.points(f"mm data {name}", nowhere, x, x.shape[1]))
    for key in [key for key in collection.keys() if key.startswith(DATA) and key not in kept]:
        _hold(collection, key, None)


def _give_raw(mesh: bpy.types.Mesh, values: np.ndarray) -> None:
    """Have points hold the values that were given beside those that they show."""
    raw = numbers(mesh, RAW) if RAW in mesh.attributes else new_numbers(mesh, RAW, "FLOAT", "POINT")
    raw.foreach_set("value", values.ravel())


def _key(name: str) -> str:
    """The property of a collection that points to the values of a path or a name: Blender's have 63 bytes."""
    key = DATA + name
    return key if len(key.encode("utf-8", "replace")) < 63 else DATA + hashlib.sha256(key.encode()).hexdigest()[:40]


def _hold(collection: bpy.types.Collection, key: str, mesh: bpy.types.Mesh | None) -> None:
    """Point to ``mesh`` and to the former one no longer; what nothing uses any more goes."""
    former = properties.pointed(collection, key, bpy.types.Mesh)
    if mesh is not None:
        collection[key] = mesh
    elif properties.has(collection, key):
        del collection[key]
    if former is not None and former != mesh and former.users == 0:
        bpy.data.meshes.remove(former)


def _held(collection: bpy.types.Collection, path: str) -> bpy.types.Mesh | None:
    return properties.pointed(collection, _key(path), bpy.types.Mesh)


def held_points(collection: bpy.types.Collection) -> tuple:
    """What tells whether the meshes that hold values are as they were: which, with how many points and what of each."""
    meshes = [collection[key] for key in sorted(collection.keys()) if key.startswith(DATA)]
    return tuple((mesh.session_uid, len(mesh.vertices), *mesh.attributes.keys()) for mesh in meshes
                 if isinstance(mesh, bpy.types.Mesh))


def given(collection: bpy.types.Collection, path: str, source: tuple[int, int, str] | None,
          origin: Origin) -> lazy.Matrix:
    """The data that was given for the leaf at ``path``, as kept in its points. ``source``: its shape and address, if
    it may be shown reduced, so that its points are too few; ``origin``: who names that address."""
    mesh = _held(collection, path)
    if mesh is None:
        raise DataError(f"the values of {path} are not in the file any more: build it again with its data")
    x = _read(mesh, RAW if RAW in mesh.attributes else "value")
    if source is None or x.shape == tuple(source[:2]):
        return x
    h, w, text = source
    return Named((h, w), text, origin)


def shown(document: Document, collection: bpy.types.Collection,
          spans: Mapping[str, tuple[float, float, int]]) -> dict[str, Reading]:
    """What is shown of matrices where they are reduced, unless it was saved with other cells."""
    out = {}
    for node in nodes(document.tree):
        mesh = _held(collection, node.path)
        cells = _read(mesh, "value") if mesh else np.zeros((0, 0), np.float32)
        if cells.shape == (node.h, node.w) and node.path in spans:
            out[node.path] = Reading(cells, *spans[node.path])
    return out


def from_files(document: Document, collection: bpy.types.Collection) -> dict[str, np.ndarray]:
    """The values of the leaves that came from files, as they were when they were read."""
    return {node.path: _read(mesh, "value") for node in nodes(document.tree)
            if isinstance(node, Leaf) and node.path not in document.data and (mesh := _held(collection, node.path))}


def _read(mesh: bpy.types.Mesh, attribute: str) -> np.ndarray:
    """An attribute of points, (h, w). Raises a DataError where a person has changed them."""
    if not matrices.holds_points(mesh) or attribute not in mesh.attributes:
        raise DataError(f"{mesh.name} holds no points of a matrix any more")
    x = np.empty(len(mesh.vertices), np.float32)
    numbers(mesh, attribute).foreach_get("value", x)
    columns = np.empty(len(mesh.vertices), np.int32)
    numbers(mesh, "col").foreach_get("value", columns)
    width = int(columns[-1]) + 1
    if width < 1 or x.size % width:
        raise DataError(f"{mesh.name} holds no points of a matrix any more")
    return x.reshape(-1, width)
