"""Held: how a visualization in Python finds what is built of it, and when that may be changed.

Undo, redo and another file give Blender's datablocks other addresses, and a reference to one that went may be read as
something else, or crash. So none is kept across a person's turn. A collection has a number that it keeps through undo
and redo and that no other one has in this session; by that it is looked for each time.
"""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import bpy

from ..document.document import Document
from ..errors import BusyError, GoneError
from . import copies, linked, mending, parts, properties, saved_state, scenes


@dataclass(frozen=True)
class Handle:
    """What a collection is found by. ``name``: what it was called; ``state``: what it held when it was last looked
    at."""

    uid: int
    name: str
    state: str | None

    @classmethod
    def to(cls, collection: bpy.types.Collection) -> Handle:
        """The handle of a collection as it is now."""
        return cls(collection.session_uid, collection.name, properties.text(collection, saved_state.STATE))

    def find(self) -> bpy.types.Collection | None:
        """The collection, under whatever name; None where the open file does not hold it."""
        namesake = bpy.data.collections.get(self.name)
        if namesake is not None and namesake.session_uid == self.uid:
            return namesake
        return next((each for each in bpy.data.collections if each.session_uid == self.uid), None)

    @property
    def collection(self) -> bpy.types.Collection:
        """The same. Raises a GoneError."""
        collection = self.find()
        if collection is None:
            raise GoneError(f"{self.name} is not in Blender's open file any more: its collection was deleted or "
                            "undone, or another file was opened; build() makes it again")
        return collection


def followed(document: Document, handle: Handle) -> tuple[Document, Handle]:
    """What is built now where ``handle`` points, whose ``document`` that was when it was last looked at, and a handle
    to that. What only Python knows, such as whether the network may be used, stays as it is. Raises a GoneError, and a
    ParameterError where what the file says of it cannot be read."""
    collection = handle.collection
    if properties.text(collection, saved_state.STATE) == handle.state:
        return document, handle
    saved = saved_state.load(collection)
    options = replace(saved.options, online=document.options.online,
                      assets=saved.options.assets or document.options.assets)
    return replace(saved, options=options), Handle.to(collection)


@contextmanager
def changing(collection: bpy.types.Collection, done: str) -> Iterator[None]:
    """While what is built in ``collection`` is changed, in the scene that it is in; ``done``: what happens to it, for
    the words of what is refused. It shares no data with another visualization afterwards. Raises a LinkedError for what
    another file holds, a BusyError for what a person is editing, and for objects that are another visualization's,
    too."""
    linked.refuse(collection, done)
    refuse_edited(collection, done)
    copies.part(collection, done)
    mending.mend(collection)
    with scenes.at_home(collection):
        yield


@contextmanager
def explained(handles: Sequence[Handle]) -> Iterator[None]:
    """While something is done with what ``handles`` point to: an error of Python's or Blender's becomes a GoneError if
    its objects are not as we made them, which then is the cause."""
    try:
        yield
    except (AttributeError, IndexError, KeyError, ReferenceError, RuntimeError, TypeError, ValueError) as error:
        for handle in handles:
            if handle.find() is None:
                raise GoneError("what was built went away meanwhile; build() makes it again") from error
        for handle in handles:
            collection = handle.collection
            if why := mending.damage(collection):
                raise GoneError(f"{collection.name} is no longer as it was built: {why}; build() makes it "
                                "again") from error
        raise


def refuse_edited(collection: bpy.types.Collection, done: str) -> None:
    """Raise a BusyError while an object of ours is in Edit Mode, or another one that Blender holds its data in."""
    _refuse(collection, done, [obj for obj in parts.ours(collection) if obj.mode != "OBJECT"])


def refuse_painted(scene: bpy.types.Scene, collection: bpy.types.Collection) -> None:
    """Raise a BusyError for an object in ``scene``, one for a picture of ``collection``, that a person is sculpting or
    painting: Blender evaluates that in their own scene only, and crashes elsewhere."""
    _refuse(collection, "pictured", [obj for obj in scene.objects if obj.mode not in ("OBJECT", "EDIT", "POSE")])


def _refuse(collection: bpy.types.Collection, done: str, busy: list[bpy.types.Object]) -> None:
    if busy:
        mode = busy[0].mode.replace("_", " ").capitalize()
        raise BusyError(f"{collection.name} cannot be {done} while {busy[0].name} is in the mode {mode}: go back to "
                        "Object Mode first (Tab, or bpy.ops.object.mode_set(mode='OBJECT'))")
