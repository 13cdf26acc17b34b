"""Copies: visualizations that a person has duplicated, with their collection or their scene.

A copy is a visualization of its own. Blender may leave it the original's meshes and materials, which would have one
change with the other; it gets its own before either is changed.
"""
from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

import bpy

from ..errors import BusyError
from . import authorship, compat, parts, properties, saved_state, tags
from .blender_types import any_data, as_geometry_nodes

ID, OWN = tags.ID, tags.OWN  # what a visualization and its copies have in common; the name that we gave
CHANGED = ("mm elements", "mm tile")  # names of the materials that are changed where they are


def sign(collection: bpy.types.Collection, anew: bool = False) -> None:
    """Say that ``collection`` has its name from us, and, ``anew`` or if it says nothing yet, that it is no copy."""
    if anew or properties.text(collection, ID) is None:
        collection[ID] = uuid.uuid4().hex
    collection[OWN] = collection.name


def own_objects(collection: bpy.types.Collection) -> list[bpy.types.Object]:
    """Our objects in ``collection`` that no other visualization has, too."""
    theirs = {obj for other in _others(collection) for obj in other.all_objects}
    return [obj for obj in parts.ours(collection) if obj not in theirs]


def _others(collection: bpy.types.Collection) -> list[bpy.types.Collection]:
    return [each for each in bpy.data.collections
            if each != collection and not each.library and saved_state.is_saved(each)]


def is_copy(collection: bpy.types.Collection, among: Iterable[bpy.types.Collection]) -> bool:
    """Whether another one ``among`` others is what ``collection`` was copied of."""
    mark = properties.text(collection, ID)
    return mark is not None and parts.original(
        each for each in {*among, collection} if properties.text(each, ID) == mark) != collection


def part(collection: bpy.types.Collection, done: str) -> None:
    """Give ``collection`` data of its own where it shares any with another visualization. Raises a BusyError where it
    has the very objects of one that it is a copy of."""
    others = _others(collection)
    if not others:
        return
    copied = is_copy(collection, others)
    theirs = {obj for other in others for obj in parts.ours(other)}
    mine = parts.ours(collection)
    both = theirs.intersection(mine)
    if both and copied:
        raise BusyError(f"{collection.name} cannot be {done}: it is a copy of a collection without its objects, "
                        "which are the original's; duplicate it with them (Outliner > Duplicate Collection), or build "
                        "it again")
    if copied:
        sign(collection, anew=True)
    _single_out([obj for obj in mine if obj not in both], {obj.data for obj in theirs if obj.data})


def _single_out(objects: list[bpy.types.Object], theirs: set[bpy.types.ID]) -> None:
    """Give ``objects`` their own of what others (``theirs``) have, too, and of the materials that are changed."""
    own: dict[bpy.types.ID, Any] = {}  # a copy is of the kind that it is of
    for obj in objects:
        data = any_data(obj)
        if data in theirs:
            if data not in own:
                own[data] = data.copy()
            obj.data = own[data]
    used = {material for data in theirs for material in getattr(data, "materials", ()) if material}
    for obj in objects:
        _use_own(obj, used, own)


def _use_own(obj: bpy.types.Object, used: set[bpy.types.Material], own: dict[bpy.types.ID, Any]) -> None:
    for slot in obj.material_slots:
        material = slot.material
        if material in used and authorship.plain(material.name) in CHANGED:
            if material not in own:
                own[material] = material.copy()
            slot.material = own[material]
    for modifier in map(as_geometry_nodes, obj.modifiers):
        if modifier and modifier.node_group:
            others = {name: own[value] for name, value in compat.modifier_inputs(modifier).items()
                      if isinstance(value, bpy.types.Material) and value in own}
            compat.set_modifier_inputs(modifier, others)
            if others:
                obj.update_tag()
