"""The memory that a worker needs for a scene, estimated before it is taken."""
from __future__ import annotations

import os
import struct
from pathlib import Path

from ..system.whole.blend import SEEK_TABLE
from ..system.whole.reading import Cut

BLENDER = 400_000_000   # bytes of a Blender without a scene, with what Python brings
OF_FILE = 3             # times the bytes of the .blend, unpacked: as it is read, as it is evaluated, as Cycles has it
OF_PIXEL = 120          # bytes: passes of 4 floats, and the denoiser's


def of(blend: Path, size: tuple[int, int]) -> int:
    """The bytes of memory that a process of Blender takes for a picture of ``size`` pixels of what is in ``blend``."""
    return BLENDER + OF_FILE * unpacked(blend) + OF_PIXEL * size[0] * size[1]


def unpacked(blend: Path) -> int:
    """The bytes of a .blend before it was compressed: the table at its end tells them (Zstandard's seekable format).
    One that is not compressed has as many as it has."""
    length = blend.stat().st_size
    with open(blend, "rb") as file:
        try:
            file.seek(-9, os.SEEK_END)
            count, flags, magic = struct.unpack("<IBI", file.read(9))
            if magic != SEEK_TABLE:
                return length
            entry = 12 if flags & 0x80 else 8
            file.seek(-9 - count * entry, os.SEEK_END)
            table = file.read(count * entry)
        except (OSError, struct.error):
            return length
    if len(table) != count * entry:
        raise Cut("its table is cut short")
    return sum(struct.unpack_from("<I", table, at * entry + 4)[0] for at in range(count))
