"""Replacing: what a build takes the place of. A visualization that is built again replaces itself, one with a name what
has that name in the scene, and one without what the same piece of code built when it ran before (``cells``)."""
from __future__ import annotations

from collections.abc import Sequence

import bpy
import numpy as np
from mathutils import Matrix

from ..document.group import Group
from ..document.succession import Succession
from ..layout import framing
from ..layout.places import Placement, to_blender
from ..system import cells
from . import copies, held, linked, parts, row_of_scenes, saved_state, transition
from .blender_types import scene_now
from .build import remove
from .parts import base_of

AISLE = 0.25  # between visualizations, relative to the width of the newer one
ASIDE = "mm former "  # what names begin with while something takes its place
_built: dict[str, dict[int, int]] = {}  # by piece of code, the session_uids of what it built, each with the run


def build(group: Group, own: Sequence[bpy.types.Collection], own_scene: bool | None) -> list[bpy.types.Collection]:
    """Build ``group`` in the place of what it replaces: its ``own`` collections, if it is built already, and others of
    its name, or of the piece of code that runs. That is set aside, and gives its names free; afterwards it is gone, or
    there again if the build failed. The new ones stand where that stood, if there is room for the first of them, or to
    the right of all that is built. Returns their collections. ``own_scene``: see ``Visualization.build``. Raises a
    BusyError for what a person is editing, and a LinkedError for what another file holds."""
    name, scene = group.options.name, scene_now()
    run = None if name else cells.running()
    replaced = _replaced(own, name, run, scene)
    for collection in replaced:
        linked.refuse(collection, "replaced")
        held.refuse_edited(collection, "replaced")
    names = _set_aside(replaced)
    try:
        place = _place(group.first.placement, replaced, scene)
        built = transition.build_succession(group, own_scene, place) if isinstance(group, Succession) else \
            row_of_scenes.build_group(group, own_scene, place)
    except BaseException:
        for block, former in names.items():
            block.name = former
        raise
    for collection in replaced:
        _forget(collection)
    remove(*replaced)
    if run:
        _built.setdefault(run.piece, {}).update((collection.session_uid, run.number) for collection in built)
    return built


def _replaced(own: Sequence[bpy.types.Collection], name: str | None, run: cells.CellRun | None,
              scene: bpy.types.Scene) -> list[bpy.types.Collection]:
    """The collections that are replaced: ``own`` ones, in whatever scene, and others in ``scene``."""
    earlier = {uid for uid, number in _built.get(run.piece, {}).items() if number != run.number} if run else ()
    there = saved_state.visualizations(scene)
    named = [each for each in there if name and saved_state.name_of(each) == name and not copies.is_copy(each, there)]
    return list(dict.fromkeys([*own, *named, *(each for each in there if each.session_uid in earlier)]))


def _forget(collection: bpy.types.Collection) -> None:
    for uids in _built.values():
        uids.pop(collection.session_uid, None)


def _set_aside(collections: Sequence[bpy.types.Collection]) -> dict[bpy.types.ID, str]:
    """Give other names to all that goes; the names that it had."""
    blocks: dict[bpy.types.ID, None] = {}
    for collection in collections:
        blocks[collection] = None
        for obj in parts.ours(collection):
            blocks |= {block: None for block in (obj, obj.data) if block and not block.library}
    names = {block: block.name for block in blocks}
    for block, own in names.items():
        block.name = f"{ASIDE}{own}"[:60]
    return names


# ---- where it stood

def _place(placement: Placement, replaced: Sequence[bpy.types.Collection], scene: bpy.types.Scene) -> Matrix:
    """Where what goes stood, if what has ``placement`` has room there among what stays; else the origin, or a place to
    the right."""
    extents = [extent(each) for each in saved_state.visualizations(scene) if each not in replaced]
    others = [each for each in extents if each is not None]
    low, high = _bounds(to_blender(framing.corners(placement.low, placement.high)) * placement.pitch)
    if replaced:
        base = base_of(replaced[0])
        frame = np.array(base)
        mine = _bounds(framing.corners(low, high) @ frame[:3, :3].T + frame[:3, 3])
        if not any((mine[0] < theirs[1]).all() and (theirs[0] < mine[1]).all() for theirs in others):
            return base
    if not others:
        return Matrix()
    right = max(0.0, *(float(theirs[1][0]) for theirs in others))
    return Matrix.Translation((right + AISLE * float(high[0] - low[0]) - float(low[0]), 0.0, 0.0))


def extent(collection: bpy.types.Collection) -> np.ndarray | None:
    """The low and the high corner (2, 3) of the matrices of a visualization in the world, in metres; None without."""
    points = []
    for obj in parts.matrices(collection).values():
        frame = np.array(base_of(collection) @ obj.matrix_basis)
        x, y, _ = obj.bound_box[6]
        corners = np.array([[u, v, 0, 1] for u in (0, x) for v in (0, y)], float)
        points.append((corners @ frame.T)[:, :3])
    return _bounds(np.concatenate(points)) if points else None


def _bounds(points: np.ndarray) -> np.ndarray:
    return np.array([points.min(0), points.max(0)])
