"""Linked: visualizations that another .blend holds. They are read and rendered here, and edited there."""
from __future__ import annotations

import bpy

from ..errors import LinkedError
from . import parts, tags
from .blender_types import any_data, any_kind


def library_of(collection: bpy.types.Collection) -> bpy.types.Library | None:
    """The file that a visualization is linked from, as it is there or overridden: the collection, an object of ours, or
    the points of a matrix; None if all of it is this file's."""
    ours = parts.ours(collection)
    for block in (collection, *ours, *(any_data(obj) for obj in ours if obj[tags.PART] == parts.MATRIX)):
        if block.library:
            return block.library
        if block.override_library:
            return any_kind(block).override_library.reference.library
    return None


def refuse(collection: bpy.types.Collection, what: str) -> None:
    """Raise a LinkedError if the visualization in ``collection`` is linked; ``what`` cannot be done to it."""
    library = library_of(collection)
    if library is None:
        return
    raise LinkedError(f"{collection.name} is linked from the library {library.filepath}, so it cannot be {what} here: "
                      "do that in that file, or append the collection in place of linking it (File > Append)")
