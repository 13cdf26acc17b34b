"""What is in datablocks, as digests: plain values, many numbers at once, and files."""
from __future__ import annotations

import hashlib
import os
from typing import Any

import bpy
import numpy as np

LARGEST_FILE = 1 << 28  # bytes of a file that are read; of a larger one its size and time count
# of an attribute by its type: the property of its items, how many numbers that has, of which type
NUMBERS = {"FLOAT": ("value", 1, np.float32), "INT": ("value", 1, np.int32), "INT8": ("value", 1, np.int32),
           "BOOLEAN": ("value", 1, bool), "FLOAT_VECTOR": ("vector", 3, np.float32),
           "FLOAT2": ("vector", 2, np.float32),
           "FLOAT_COLOR": ("color", 4, np.float32), "BYTE_COLOR": ("color", 4, np.float32),
           "QUATERNION": ("value", 4, np.float32), "FLOAT4X4": ("value", 16, np.float32),
           "INT32_2D": ("value", 2, np.int32), "INT16_2D": ("value", 2, np.int32)}


def digest(*parts: str) -> str:
    """The digest of several texts, in their order."""
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogateescape"), digest_size=20).hexdigest()


class Contents:
    """Things that are told one after another, as one digest."""

    def __init__(self) -> None:
        self._hash = hashlib.blake2b(digest_size=20)

    @property
    def digest(self) -> str:
        """Of all that was told so far."""
        return self._hash.hexdigest()

    def say(self, *what: Any) -> None:
        """Plain values."""
        self._hash.update(repr(what).encode("utf-8", "backslashreplace"))

    def data(self, data: Any) -> None:
        """Bytes."""
        self._hash.update(data)

    def attributes(self, owner: Any) -> None:
        """The attributes of a mesh, of points, of curves or of a drawing."""
        attributes = getattr(owner, "attributes", None)
        if not isinstance(attributes, bpy.types.bpy_prop_collection):
            return
        for attribute in sorted(attributes, key=lambda each: each.name):
            if attribute.name.startswith((".select", ".uv_select", ".hide", ".pn")):
                continue
            self.say(attribute.name, attribute.domain, attribute.data_type)
            numbers = NUMBERS.get(attribute.data_type)
            if numbers:
                self.numbers(attribute.data, *numbers)
            else:
                self.say([getattr(item, "value", None) for item in attribute.data])
        for name, held in (("curve_offset_data", "curves"), ("curve_offsets", "strokes")):
            if hasattr(owner, name) and len(getattr(owner, held)):  # else Blender tells a wrong number of them
                self.numbers(getattr(owner, name), "value", 1, np.int32)

    def numbers(self, items: Any, name: str, size: int, kind: type) -> None:
        """A number, or ``size`` of them, of every item: its property ``name``, of numpy's type ``kind``."""
        numbers: Any = np.empty(len(items) * size, kind)
        items.foreach_get(name, numbers)
        self.say(len(items))
        self._hash.update(memoryview(numbers).cast("B") if len(numbers) else b"")

    def mesh(self, mesh: bpy.types.Mesh, weighted: bool) -> None:
        """How a mesh's points are joined; ``weighted``: and how much of which group each point has."""
        self.numbers(mesh.edges, "vertices", 2, np.int32)
        self.numbers(mesh.loops, "vertex_index", 1, np.int32)
        self.numbers(mesh.polygons, "loop_start", 1, np.int32)
        if weighted:
            self.say([[(each.group, each.weight) for each in vertex.groups] for vertex in mesh.vertices])

    def file(self, path: str, library: bpy.types.Library | None, packed: Any = None) -> None:
        """What is in a file, wherever it lies; or its name, where there is none."""
        if packed is not None:
            self._hash.update(packed.data)
            return
        try:
            about = os.stat(path := bpy.path.abspath(path, library=library))
            if about.st_size > LARGEST_FILE:
                self.say(about.st_size, about.st_mtime_ns)
                return
            with open(path, "rb") as file:
                self._hash.update(hashlib.file_digest(file, "blake2b").digest())
        except (OSError, ValueError):
            self.say(path)

    def folder(self, path: str) -> None:
        """The files of which ``path`` is one: those beside it with the same ending, by size and time."""
        folder, ending = os.path.dirname(path), os.path.splitext(path)[1]
        try:
            with os.scandir(folder) as entries:
                self.say(sorted((entry.name, entry.stat().st_size, entry.stat().st_mtime_ns) for entry in entries
                                if entry.name.endswith(ending)))
        except OSError:
            self.say(path)
