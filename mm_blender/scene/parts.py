"""Parts: which objects a visualization consists of, and how they are found again.

Every object of a visualization carries ``mm_part``; what belongs to a matrix also ``mm_path``. Nothing is kept in
Python: objects that a person has renamed, copied or deleted are looked up each time.
"""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import bpy
from mathutils import Matrix

from . import authorship, compat, properties, tags
from .blender_types import any_kind, as_geometry_nodes, nodes_of, there
from .properties import Block

# root: the Empty that carries all that is seen. matrix, element (hidden cubes), mark (guides, legends), sweep (what
# moves, and playheads), key (what colours mean), light, camera; spotlight (its Empty), number (what it shows), pin
# (a label set by hand)
SPOTLIGHT, NUMBER, PIN, KEY = "spotlight", "number", "pin", "key"
ROOT, MATRIX, ELEMENT, MARK, SWEEP, LIGHT, CAMERA = "root", "matrix", "element", "mark", "sweep", "light", "camera"
LETTER = "letter"  # names, shapes and keys that are upright: see ``letters``
TITLE = "title"  # of one of several side by side
STORY = "story"  # what a story brings: what carries the camera, what lights, captions, running sums
TRAVEL = "travel"  # what one visualization turning into another consists of beside both: see ``transition``
PAGE = "page"  # the texts of a printed page, which hang before the camera
TYPES = {ROOT: "EMPTY", MATRIX: "MESH", LIGHT: "LIGHT", SPOTLIGHT: "EMPTY"}  # of objects, where a part has one
CARRIED = (MATRIX, MARK, KEY, LETTER)  # seen, and made at frames of ``places``: these are children of the root
# Where an object stands. A matrix of it is rounded, and gives other angles back than it was made of.
STANCE = ("location", "rotation_euler", "rotation_quaternion", "rotation_axis_angle", "scale")


@contextmanager
def made(collection: bpy.types.Collection, part: str) -> Iterator[None]:
    """All objects that are linked into ``collection`` meanwhile become a ``part`` of the visualization. What a person
    has put there before stays theirs."""
    others = set(collection.objects)
    yield
    adopt(collection, part, [obj for obj in collection.objects if obj not in others])


def adopt(collection: bpy.types.Collection, part: str, objects: Iterable[bpy.types.Object]) -> None:
    """Make ``objects`` of ours a ``part`` of the visualization, unless they are one, and carry them if they are
    seen."""
    root = root_of(collection)
    for obj in objects:
        if properties.has(obj, tags.PART):
            continue
        obj[tags.PART], obj[tags.OWN] = part, obj.name
        if root and obj.parent is None and (part in CARRIED or part == SWEEP and obj.get(tags.ROLE)):
            obj.parent = root
            former = stance(obj)
            obj.matrix_world = root.matrix_world @ obj.matrix_basis  # known before the scene is evaluated
            stand(obj, former)


def stance(obj: bpy.types.Object) -> dict[str, tuple[float, ...]]:
    """Where an object stands, to the last bit: see ``STANCE``."""
    return {name: tuple(getattr(obj, name)) for name in STANCE}


def stand(obj: bpy.types.Object, former: dict[str, tuple[float, ...]]) -> None:
    """Have an object stand where ``stance`` found it."""
    for name, value in former.items():
        if tuple(getattr(obj, name)) != value:
            setattr(obj, name, value)


@contextmanager
def anew(collection: bpy.types.Collection, part: str) -> Iterator[None]:
    """The objects of a ``part`` are deleted, and those that are linked into ``collection`` meanwhile take their place,
    with the materials that a person had given to them."""
    former = of(collection, part)
    with dressed(collection, part):
        if former:  # removing nothing would have Blender look at everything anew
            delete(former)
        with made(collection, part):
            yield


@contextmanager
def dressed(collection: bpy.types.Collection, part: str) -> Iterator[None]:
    """What is made anew meanwhile of a ``part`` gets the materials that a person had given to what it replaces."""
    former = of(collection, part)
    given = {_called(obj): theirs for obj in former for theirs in [_persons_materials(obj)] if theirs}
    kept = [material for theirs in given.values() for material in theirs.values() if not material.use_fake_user]
    yield
    for obj in of(collection, part) if given else ():
        for index, material in given.get(_called(obj), {}).items():
            if index < len(obj.material_slots):
                obj.material_slots[index].material = material
    for material in kept:
        if material.use_fake_user and material.users > 1:  # it has found its place again
            material.use_fake_user = False


def _called(obj: bpy.types.Object) -> tuple:
    """What tells an object of a part from the others, whichever time it is made."""
    return authorship.plain(obj.name), obj.get(tags.LABEL), obj.get(tags.ROWS_OF)


def is_dressed(collection: bpy.types.Collection, part: str) -> bool:
    """Whether a person has given a material to any object of a ``part``."""
    worn = {slot.material for obj in of(collection, part) for slot in obj.material_slots if slot.material}
    return not all(map(authorship.is_ours, worn))


def _persons_materials(obj: bpy.types.Object) -> dict[int, bpy.types.Material]:
    return {index: slot.material for index, slot in enumerate(obj.material_slots)
            if slot.material and not authorship.is_ours(slot.material)}


def ours(collection: bpy.types.Collection) -> list[bpy.types.Object]:
    """The objects of a collection that we made, whatever they have become."""
    return [obj for obj in collection.all_objects if properties.has(obj, tags.PART)]


def of(collection: bpy.types.Collection, part: str) -> list[bpy.types.Object]:
    """The objects of a part. One that says of itself what none of ours does, as another program may have written it,
    counts as deleted."""
    return [obj for obj in collection.all_objects if obj.get(tags.PART) == part and _is_as_made(obj, part)]


def _is_as_made(obj: bpy.types.Object, part: str) -> bool:
    if obj.type != TYPES.get(part, obj.type):
        return False
    if part == MATRIX:
        return is_matrix(obj)
    if part == PIN:
        return properties.text(obj, tags.LABEL) is not None and None not in (
            properties.whole(obj, tags.ROW), properties.whole(obj, tags.COL))
    texts = [name for name in (tags.PATH, tags.PLAYHEAD, tags.LABEL, tags.ROWS_OF, tags.FLOW_OF)
             if properties.has(obj, name)]
    return all(properties.text(obj, name) is not None for name in texts) and (
        not properties.has(obj, tags.LARGEST) or properties.number(obj, tags.LARGEST) is not None)


def is_matrix(obj: bpy.types.Object) -> bool:
    """Whether an object says of itself what those of matrices do."""
    texts = [properties.text(obj, name) for name in (tags.PATH, tags.ROLE)]
    sizes = [properties.whole(obj, name) or 0 for name in (tags.ROWS, tags.COLS)]
    return obj.type == "MESH" and None not in texts and min(sizes) > 0


def root_of(collection: bpy.types.Collection) -> bpy.types.Object | None:
    """The Empty that carries all that is seen; None if a person has deleted it."""
    return original(of(collection, ROOT))


def base_of(collection: bpy.types.Collection) -> Matrix:
    """Where a visualization stands: the frame of its root."""
    root = root_of(collection)
    return root.matrix_basis.copy() if root else Matrix()


def member(collection: bpy.types.Collection) -> int | None:
    """Which one of several side by side is built there, from 0; None where it was built alone."""
    return properties.whole(collection, tags.MEMBER)


def find(collection: bpy.types.Collection, path: str) -> bpy.types.Object | None:
    """The object of the matrix at ``path``; None if a person has deleted it."""
    return original(obj for obj in of(collection, MATRIX) if obj.get(tags.PATH) == path)


def matrices(collection: bpy.types.Collection) -> dict[str, bpy.types.Object]:
    """The objects of the matrices that are there, by path."""
    copies: dict[str, list[bpy.types.Object]] = {}
    for obj in of(collection, MATRIX):
        copies.setdefault(obj[tags.PATH], []).append(obj)
    return {path: there(original(objects)) for path, objects in copies.items()}


def original(objects: Iterable[Block]) -> Block | None:
    """Of an object, or a collection, and its copies the one that we made: it still has the name that it was given."""
    return min(objects, key=lambda obj: (obj.get(tags.OWN) != obj.name, obj.name), default=None)


def unseen(name: str, data: bpy.types.Mesh | None, *collections: bpy.types.Collection) -> bpy.types.Object:
    """A new object in ``collections`` that is neither seen nor picked nor rendered, and no part of anything yet: an
    Empty that carries or counts, or with ``data`` that nodes read."""
    obj = bpy.data.objects.new(name, data)
    obj.hide_viewport = obj.hide_render = obj.hide_select = True
    for collection in collections:
        collection.objects.link(obj)
    return obj


def clear(collection: bpy.types.Collection, *parts: str) -> None:
    """Delete the objects of some parts, and the data that only they used."""
    delete([obj for obj in collection.all_objects if obj.get(tags.PART) in parts])


def spare(collection: bpy.types.Collection, scene: bpy.types.Scene) -> None:
    """Before a visualization goes: what a person has put into its collection, or hung on its objects, stays in the
    scene, where it is."""
    own = set(ours(collection))
    for child in collection.children:
        if child not in scene.collection.children.values():
            scene.collection.children.link(child)
    for obj in {*collection.objects} - own:
        if len(obj.users_collection) == 1:
            scene.collection.objects.link(obj)
    for obj in {child for each in own for child in each.children} - own:
        place = obj.matrix_world.copy()
        obj.parent = None
        obj.matrix_world = place


def delete(objects: Iterable[bpy.types.Object]) -> None:
    """Delete objects of ours and what only they used: their data, its materials, their keys. What a person has given
    to them stays in the file."""
    objects = list(objects)
    data = {obj.data for obj in objects if obj.data}
    used = {slot for block in data for slot in getattr(block, "materials", ()) if slot}
    used |= {slot.material for obj in objects for slot in obj.material_slots if slot.material}
    used |= {value for obj in objects for modifier in map(as_geometry_nodes, obj.modifiers)
             if modifier and modifier.node_group
             for value in compat.modifier_inputs(modifier).values() if isinstance(value, bpy.types.Material)}
    trees = [tree for block in used if (tree := getattr(block, "node_tree", None))]
    moving = [animation for block in (*objects, *data, *trees) if (animation := any_kind(block).animation_data)]
    actions = {animation.action for animation in moving if animation.action}
    bpy.data.batch_remove(objects)
    _drop(data)
    pictures = {node.image for block in used for node in nodes_of(getattr(block, "node_tree", None))
                if getattr(node, "image", None)}
    _drop(used)
    _drop(pictures)
    _drop(actions)


def _drop(blocks: Iterable[bpy.types.ID]) -> None:
    """Delete what nothing uses any more, if it is ours; else keep it in the file."""
    unused = [block for block in blocks if block.users == 0]
    ours = [block for block in unused if authorship.is_ours(block)]
    for block in set(unused) - set(ours):
        block.use_fake_user = True
    bpy.data.batch_remove(ours)
