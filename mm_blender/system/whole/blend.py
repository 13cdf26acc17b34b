""".blend files, as they are and compressed."""
from __future__ import annotations

import struct

from .reading import Cut, Found, Reader

ZSTD, SEEK_TABLE = 0xfd2fb528, 0x8f92eab1
SKIPPABLE = range(0x184d2a50, 0x184d2a60)
DICTIONARY, CONTENT = (0, 1, 2, 4), (0, 2, 4, 8)  # bytes in a frame's header, by its descriptor


def blend(file: Reader) -> Found:
    """A .blend: all blocks to the one that ends it, or, compressed, all frames to the table that ends them."""
    if file.length >= 4 and struct.unpack("<I", file.take(4))[0] == ZSTD:
        file.go(0)
        return _frames(file)
    file.go(0)
    file.expect(b"BLENDER", "beginning of a .blend")
    mark = file.take(1)
    if mark in b"-_":                # to Blender 4.5: the width of pointers, the order of bytes, three digits
        order = ">" if file.take(1) == b"V" else "<"
        file.skip(3)
        form, length = f"{order}4sI{'Q' if mark == b'-' else 'I'}II", 1
    else:                            # from 5.0: the length of the header, the order, the format's and Blender's version
        file.skip(9)
        form, length = "<4sIQQQ", 3
    while True:
        block = file.numbers(form)
        if block[0] == b"ENDB":
            return Found()
        file.skip(block[length])


def _frames(file: Reader) -> Found:
    """Frames of Zstandard (RFC 8878), the last one the table of a file in which one can seek."""
    last = 0
    while not file.ended:
        start, kind = file.at, file.numbers("<I")[0]
        if kind in SKIPPABLE:
            last = start
            file.skip(file.numbers("<I")[0])
        elif kind == ZSTD:
            last = 0
            _frame(file)
        else:
            raise Cut("a part of it is damaged")
    if not last or file.tail(4) != struct.pack("<I", SEEK_TABLE):
        raise Cut("it has no end of a .blend")
    return Found()


def _frame(file: Reader) -> None:
    """Read over a frame, whose magic number was read."""
    descriptor, = file.numbers("B")
    alone, checked = descriptor >> 5 & 1, descriptor >> 2 & 1
    content = CONTENT[descriptor >> 6] or alone
    file.skip((not alone) + DICTIONARY[descriptor & 3] + content)
    ended = 0
    while not ended:
        low, high = file.numbers("<HB")
        block = low | high << 16
        ended, kind, length = block & 1, block >> 1 & 3, block >> 3
        if kind == 3:
            raise Cut("a part of it is damaged")
        file.skip(1 if kind == 1 else length)
    file.skip(4 * checked)
