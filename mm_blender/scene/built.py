"""What is built: the documents of a group, and the collections that hold their objects."""
from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import bpy
import numpy as np

from ..document.document import Document
from ..document.group import Group


class BuiltMember(NamedTuple):
    """One document of what is built: its pitch relative to the first one's, how far it is moved (3,), and where its
    objects are."""

    document: Document
    scale: float
    offset: np.ndarray
    collection: bpy.types.Collection


@dataclass(frozen=True, eq=False)
class Built:
    """``collections``: of the ``group``'s documents, in their order. To be used at once: Blender may make its
    datablocks anew whenever a person has their turn."""

    group: Group
    collections: tuple[bpy.types.Collection, ...]

    @classmethod
    def one(cls, document: Document, collection: bpy.types.Collection) -> Built:
        """A document that is built alone."""
        return cls(Group.alone(document), (collection,))

    @property
    def collection(self) -> bpy.types.Collection:
        """The first one's, which has the camera and the lights of all."""
        return self.collections[0]

    @property
    def parts(self) -> list[BuiltMember]:
        """Each document with its place and its collection."""
        return [BuiltMember(*member, collection)
                for member, collection in zip(self.group.members, self.collections, strict=True)]
