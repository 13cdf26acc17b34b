"""OpenEXR, of scan lines, in one part or several."""
from __future__ import annotations

from .reading import Cut, Found, Reader

MAGIC = b"\x76\x2f\x31\x01"
TILED, DEEP, PARTS = 0x200, 0x800, 0x1000
LINES = (1, 1, 1, 16, 32, 16, 32, 32, 32, 256)  # of a chunk, by the number of its compression
MOST = 1 << 24                                  # chunks of a file, and bytes of what its header tells


def exr(file: Reader) -> Found:
    """OpenEXR (Technical Introduction to OpenEXR, "File Layout"): the table of where the chunks are, which is written
    last, and every chunk."""
    file.expect(MAGIC, "beginning of an EXR")
    flags, = file.numbers("<I")
    if flags & (TILED | DEEP) or flags & 0xff != 2:
        raise Cut("it is no EXR as Blender writes it")
    if (first := _header(file)) is None:
        raise Cut("its header cannot be read")
    parts = [first]
    while flags & PARTS and (part := _header(file)) is not None:
        parts.append(part)
    starts: list[int] = []
    for count, _ in parts:
        starts += file.numbers(f"<{count}Q")
    least, before = file.at, "<iiI" if flags & PARTS else "<iI"
    for start in starts:
        if start < least:
            raise Cut("a part of its picture is missing")
        file.go(start)
        file.skip(file.numbers(before)[-1])
    return Found(parts[0][1])


def _header(file: Reader) -> tuple[int, tuple[int, int]] | None:
    """How many chunks a part has, and its size in pixels; None where there are no more parts."""
    held: dict[bytes, bytes] = {}
    while name := file.until_zero():
        file.until_zero()
        length, = file.numbers("<i")
        if length > MOST:
            raise Cut("its header cannot be read")
        held[name] = file.take(length)
    if not held:
        return None
    window, compression = held.get(b"dataWindow", b""), held.get(b"compression", b"")
    if len(window) != 16 or len(compression) != 1 or compression[0] >= len(LINES):
        raise Cut("its header cannot be read")
    left, top, right, bottom = (int.from_bytes(window[at:at + 4], "little", signed=True) for at in range(0, 16, 4))
    lines = LINES[compression[0]]
    count = (bottom - top + lines) // lines
    if not 0 < count <= MOST or right < left:
        raise Cut("its header cannot be read")
    return count, (right - left + 1, bottom - top + 1)
