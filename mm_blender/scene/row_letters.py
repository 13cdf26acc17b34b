"""The letters of one of several side by side, which are laid out for all of them at once, when it alone changes."""
from __future__ import annotations

import bpy

from ..document.difference import Changes
from ..document.document import Document
from ..errors import warn
from . import letters, parts, tags, upright


def written(collection: bpy.types.Collection) -> dict[str, tuple]:
    """What is written of each matrix that there is, by path."""
    return {path: (obj.get(tags.NAME), obj[tags.ROWS], obj[tags.COLS])
            for path, obj in parts.matrices(collection).items()}


def keep_true(document: Document, collection: bpy.types.Collection, changes: Changes, before: dict[str, tuple]) -> None:
    """Take away what is not true any more, where ``written`` was ``before``. The rest stays where it was laid out;
    warns (MMWarning) of that."""
    now, beside = written(collection), document.options.lettering == "beside"
    _drop(collection, {path for path, words in before.items() if not beside or now.get(path) != words},
          changes.structure or changes.sizes)
    warn(f"what is written beside {collection.name} was laid out for all that stand side by side, and is not laid out "
         "anew as one of them changes: build the row again; its pictures have it right")


def _drop(collection: bpy.types.Collection, paths: set[str], numbers: bool) -> None:
    """Take away what is written of the matrices at ``paths``, and, if ``numbers``, those on the cubes of all."""
    objects = parts.of(collection, parts.LETTER)
    gone = {obj for obj in objects if obj.get(tags.LABEL) in paths or numbers and obj.modifiers.get(upright.MODIFIER)}
    gone |= {obj for obj in objects if obj.get(letters.HUNG) is not None and gone.intersection(obj.children)}
    gone |= {child for obj in gone for child in obj.children if child in objects}  # leaders
    if gone:
        parts.delete(gone)
