"""A glTF document while it is made: its JSON, and what of the binary chunk is at hand.

Source: Khronos, glTF 2.0, and the extensions EXT_mesh_gpu_instancing, KHR_materials_unlit.
"""
from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np

from ..errors import SizeError
from ..system import disks
from ..version import __version__

LARGEST = 2 ** 32 - 1  # bytes, which a GLB counts in 32 bits
COMPONENTS = {np.dtype(np.float32): 5126, np.dtype(np.uint32): 5125, np.dtype(np.uint16): 5123}
TYPES = {1: "SCALAR", 3: "VEC3", 4: "VEC4"}
VERTICES, INDICES = 34962, 34963  # what a part of the buffer is for, where it is for a mesh
INSTANCING, UNLIT = "EXT_mesh_gpu_instancing", "KHR_materials_unlit"


class GltfDocument:
    """``content``: the JSON. ``small``: what is written first of the binary chunk; ``length``: of all of it so far,
    whether at hand or only announced."""

    def __init__(self, name: str):
        self.content: dict[str, Any] = {
            "asset": {"version": "2.0", "generator": f"mm_blender {__version__}"}, "scene": 0,
            "scenes": [{"name": name, "nodes": []}]}
        self.small: list[bytes] = []
        self.length = 0

    def add(self, kind: str, **record: Any) -> int:
        """The number of a new record of a ``kind`` (``nodes``, ``meshes`` …)."""
        held = self.content.setdefault(kind, [])
        held.append(record)
        return len(held) - 1

    def use(self, extension: str, required: bool = False) -> None:
        """Say that an extension is used."""
        for key in ("extensionsUsed", "extensionsRequired")[:1 + required]:
            names = self.content.setdefault(key, [])
            if extension not in names:
                names.append(extension)

    def announce(self, dtype: Any, count: int, width: int, target: int | None = None, **more: Any) -> int:
        """The accessor of ``count`` elements of ``width`` numbers that will follow in the binary chunk."""
        size = np.dtype(dtype).itemsize * count * width
        view = self.add("bufferViews", buffer=0, byteOffset=self.length, byteLength=size,
                        **({"target": target} if target else {}))
        self.length += size
        return self.add("accessors", bufferView=view, componentType=COMPONENTS[np.dtype(dtype)], count=count,
                        type=TYPES[width], **more)

    def put(self, x: np.ndarray, target: int | None = None, bounds: bool = False) -> int:
        """The accessor of an array (n, width) that is written at once; ``bounds``: with its least and greatest."""
        rows = x.reshape(len(x), -1)
        more = {"min": rows.min(0).tolist(), "max": rows.max(0).tolist()} if bounds else {}
        self.small.append(np.ascontiguousarray(rows).tobytes())
        return self.announce(rows.dtype, len(rows), rows.shape[1], target, **more)

    def head(self) -> bytes:
        """All that comes before the binary chunk's content. Raises SizeError where the file would be too large."""
        self.content["buffers"] = [{"byteLength": self.length}]
        text = json.dumps(self.content, separators=(",", ":"), allow_nan=False).encode("utf-8")
        text += b" " * (-len(text) % 4)
        total = 12 + 8 + len(text) + 8 + self.length
        if total > LARGEST:
            raise SizeError(f"a .glb has {disks.amount(LARGEST)} at most, and this would have {disks.amount(total)}: "
                            "show fewer elements (cells=), export them as instances, or write .usdc or .ply")
        return b"".join((struct.pack("<4sII", b"glTF", 2, total), struct.pack("<I4s", len(text), b"JSON"), text,
                         struct.pack("<I4s", self.length, b"BIN\0")))
