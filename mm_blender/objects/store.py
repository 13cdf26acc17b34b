"""The store: a visualization's state in the .blend, in the ID properties of its collection.

``mm_state`` holds parameters, options and which matrices were given, as JSON. The values of given matrices and of those
from files are in the points of their objects; a pointer to each mesh keeps it in the file should its object be deleted.
"""
from __future__ import annotations

import copy
import json
import zlib
from dataclasses import asdict
from typing import TYPE_CHECKING

import bpy
import numpy as np

from .. import datafiles, lazy
from ..errors import DataError, MMError, ParameterError
from ..tally import Reading
from ..options import Options
from ..tree import Leaf, nodes
from . import matrices

if TYPE_CHECKING:
    from ..visualization import Visualization

STATE, DATA, RAW = "mm_state", "mm_data ", "raw"
VERSION = 1
REMEMBERED = 12  # states, so that undo and redo find theirs
_loaded: dict[tuple[int, str], "Visualization"] = {}  # by the collection's session_uid and its state


def save(viz: "Visualization", collection: bpy.types.Collection) -> None:
    """Write the state of ``viz``, which is built in ``collection``, there."""
    options = {name: value for name, value in asdict(viz.options).items() if name != "online"}
    # so that other data are another state
    data = {path: x.text if isinstance(x, lazy.Lazy) else zlib.crc32(x) for path, x in sorted(viz.data.items())}
    held = {"version": VERSION, "params": viz.own_params(), "options": options, "data": data}
    if viz.plan.reduces:
        held["sources"] = {path: [*x.shape, getattr(x, "text", "")] for path, x in viz.data.items()}
        held["readings"] = {path: [reading.low, reading.high, reading.odd] for path, reading in viz.readings.items()}
    state = json.dumps(held)
    collection[STATE] = state
    _remember(collection, state, viz)


def _remember(collection: bpy.types.Collection, state: str, viz: "Visualization") -> None:
    _loaded.pop((collection.session_uid, state), None)
    _loaded[collection.session_uid, state] = copy.copy(viz)  # the caller's own goes on to other states
    while len(_loaded) > REMEMBERED:
        del _loaded[next(iter(_loaded))]


def is_saved(collection: bpy.types.Collection) -> bool:
    return STATE in collection


def load(collection: bpy.types.Collection) -> "Visualization":
    """The visualization that is built in ``collection``, from what the file holds. Raises an MMError."""
    from ..visualization import Visualization

    state = collection.get(STATE)
    held = _loaded.get((collection.session_uid, state))
    if held:
        viz = copy.copy(held)  # what is remembered stays what it is
        viz.collection = collection  # undo makes every datablock anew
        return viz
    try:
        read = json.loads(state)
        if read["version"] > VERSION:
            raise ParameterError(f"{collection.name} was made by a newer version of mm_blender")
        known = {name: value for name, value in read["options"].items() if name in Options.names()}
        sources = read.get("sources", {})
        given = {path: _given(collection, path, sources.get(path)) for path in read["data"]}
        viz = Visualization(read["params"], given, Options(**known))
        shown = _shown(viz, collection, read["readings"]) if viz.plan.reduces else _from_files(viz, collection)
    except MMError:
        raise
    except (TypeError, KeyError, ValueError) as error:
        raise ParameterError(f"the collection {collection.name} holds no visualization that can be read: "
                             f"{error!r}") from None
    viz.collection = collection
    viz.assume(shown)
    viz.values  # once, and not at every call
    _remember(collection, state, viz)
    return viz


def forget(collection: bpy.types.Collection) -> None:
    for key in [key for key in _loaded if key[0] == collection.session_uid]:
        del _loaded[key]


def keep_data(viz: "Visualization", objects: dict[str, bpy.types.Object], collection: bpy.types.Collection) -> None:
    """Hold on to the meshes of the matrices whose values nothing else in the file could give again. Where matrices are
    reduced that is what is shown of all of them."""
    wanted = set()
    for node in nodes(viz.tree):
        given = isinstance(node, Leaf) and (node.path in viz.data or node.init.kind == "url")
        if not (given or viz.plan.reduces):
            continue
        wanted.add(DATA + node.path)
        obj = objects.get(node.path)
        if obj is None:
            continue
        if not node.note and node.path in viz.data and viz.values[node.path] is not viz.data[node.path]:
            raw = obj.data.attributes.get(RAW) or obj.data.attributes.new(RAW, "FLOAT", "POINT")
            raw.data.foreach_set("value", viz.data[node.path].ravel())
        _hold(collection, DATA + node.path, obj.data)
    leaves = {node.path for node in nodes(viz.tree)}
    for name in viz.data.keys() - leaves:  # what epilogs use by name has no object of its own
        wanted.add(DATA + name)
        held = collection.get(DATA + name)
        if held is None or not np.array_equal(_read(held, "value"), viz.data[name], equal_nan=True):
            x = viz.data[name]
            nowhere = np.zeros((x.size, 3), np.float32)
            _hold(collection, DATA + name, matrices.points(f"mm data {name}", nowhere, x, x.shape[1]))
    for key in [key for key in collection.keys() if key.startswith(DATA) and key not in wanted]:
        _hold(collection, key, None)


def _hold(collection: bpy.types.Collection, key: str, mesh: bpy.types.Mesh | None) -> None:
    """Point to ``mesh`` and to the former one no longer; what nothing uses any more goes."""
    former = collection.get(key)
    if mesh is not None:
        collection[key] = mesh
    elif key in collection:
        del collection[key]
    if former is not None and former != mesh and former.users == 0:
        bpy.data.meshes.remove(former)


def _given(collection: bpy.types.Collection, path: str, source: list | None = None) -> lazy.Matrix:
    """The data that was given for the leaf at ``path``, as kept in its points. ``source``: its shape and address, if
    it may be shown reduced, so that its points are too few."""
    mesh = collection.get(DATA + path)
    if mesh is None:
        raise DataError(f"the values of {path} are not in the file any more: build it again with its data")
    x = _read(mesh, RAW if RAW in mesh.attributes else "value")
    if source is None or x.shape == tuple(source[:2]):
        return x
    h, w, text = source
    try:
        found = datafiles.open_matrix(text) if text else None
        if isinstance(found, lazy.Lazy) and found.shape == (h, w):
            return found
    except DataError:
        pass
    return lazy.Lost((h, w), text)


def _shown(viz: "Visualization", collection: bpy.types.Collection, spans: dict) -> dict[str, Reading]:
    """What is shown of matrices where they are reduced, unless it was saved with other cells."""
    out = {}
    for node in nodes(viz.tree):
        mesh = collection.get(DATA + node.path)
        cells = _read(mesh, "value") if mesh else np.zeros((0, 0), np.float32)
        if cells.shape == (node.h, node.w):
            out[node.path] = Reading(cells, *spans[node.path])
    return out


def _from_files(viz: "Visualization", collection: bpy.types.Collection) -> dict[str, np.ndarray]:
    """The values of the leaves that came from files, as they were when they were read."""
    return {node.path: _read(collection[DATA + node.path], "value") for node in nodes(viz.tree)
            if isinstance(node, Leaf) and node.path not in viz.data and collection.get(DATA + node.path)}


def _read(mesh: bpy.types.Mesh, attribute: str) -> np.ndarray:
    x = np.empty(len(mesh.vertices), np.float32)
    mesh.attributes[attribute].data.foreach_get("value", x)
    columns = np.empty(len(mesh.vertices), np.int32)
    mesh.attributes["col"].data.foreach_get("value", columns)
    return x.reshape(-1, int(columns[-1]) + 1)


# ---- what a scene has

def visualizations(scene: bpy.types.Scene) -> list[bpy.types.Collection]:
    """The collections of the scene that hold a visualization, in the order in which they were built or copied."""
    return [collection for collection in scene.collection.children_recursive if is_saved(collection)]


def collection_of(obj: bpy.types.Object | None) -> bpy.types.Collection | None:
    """The collection of the visualization that an object belongs to."""
    if obj is None:
        return None
    return next((collection for collection in obj.users_collection if is_saved(collection)), None)
