"""Pictures: PNG, JPEG, WebP and TIFF."""
from __future__ import annotations

import struct
import zlib

from .reading import Cut, Found, Reader

PIECE = 1 << 20


def png(file: Reader) -> Found:
    """PNG (ISO/IEC 15948): all chunks with their checksums, from IHDR to IEND, and nothing behind."""
    file.expect(b"\x89PNG\r\n\x1a\n", "beginning of a PNG")
    size, kind, pixels = (0, 0), b"", False
    while kind != b"IEND":
        length, kind = file.numbers(">I4s")
        checksum, left = zlib.crc32(kind), length
        if kind == b"IHDR" and length >= 8:
            data = file.take(8)
            size, left, checksum = (int.from_bytes(data[:4], "big"), int.from_bytes(data[4:], "big")), left - 8, \
                zlib.crc32(data, checksum)
        while left:
            data = file.take(min(left, PIECE))
            checksum, left = zlib.crc32(data, checksum), left - len(data)
        if file.numbers(">I")[0] != checksum:
            raise Cut("a part of it is damaged")
        pixels = pixels or kind == b"IDAT"
    if not (pixels and all(size) and file.ended):
        raise Cut("it is not one whole picture")
    return Found(size)


def jpeg(file: Reader) -> Found:
    """JPEG (ITU-T T.81): its segments up to the picture itself, and the marker at the end."""
    file.expect(b"\xff\xd8", "beginning of a JPEG")
    size = (0, 0)
    while True:
        mark, kind, length = file.numbers(">BBH")
        if mark != 0xff or length < 2:
            raise Cut("a part of it is damaged")
        if 0xc0 <= kind <= 0xcf and kind not in (0xc4, 0xc8, 0xcc) and length >= 7:
            _, height, width = file.numbers(">BHH")
            size, length = (width, height), length - 5
        file.skip(length - 2)
        if kind == 0xda:
            break
    if file.length - file.at < 3 or file.tail(2) != b"\xff\xd9":
        raise Cut("it has no end of a JPEG")
    return Found(size)


def webp(file: Reader) -> Found:
    """WebP (RFC 9649), still or moving: as long as it says, its chunks one after another, a picture in each frame."""
    file.expect(b"RIFF", "beginning of a WebP")
    if file.numbers("<I")[0] != file.length - 8:
        raise Cut("it is not as long as it says")
    file.expect(b"WEBP", "beginning of a WebP")
    size, frames, stills = (0, 0), 0, 0
    while not file.ended:
        kind, length = file.numbers("<4sI")
        end = file.at + length + length % 2
        if kind == b"VP8X" and length >= 10:
            sides = file.take(10)[4:]
            size = int.from_bytes(sides[:3], "little") + 1, int.from_bytes(sides[3:], "little") + 1
        elif kind == b"ANMF":
            frames += 1
        elif kind in (b"VP8 ", b"VP8L") and length >= 10:
            stills += 1
            size = size if all(size) else _size_of_webp(kind, file.take(10))
        file.skip(end - file.at)
    if not frames and not stills:
        raise Cut("it holds no picture")
    return Found(size, frames or 1)


def _size_of_webp(kind: bytes, data: bytes) -> tuple[int, int]:
    """The pixels each way of a picture, from what it begins with."""
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 6)
        return width & 0x3fff, height & 0x3fff
    packed, = struct.unpack_from("<I", data, 1)
    return (packed & 0x3fff) + 1, (packed >> 14 & 0x3fff) + 1


def tiff(file: Reader) -> Found:
    """TIFF 6.0: the directory, which is written last, and all strips or tiles that it lists."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(file.take(4) if file.length >= 8 else b"")
    if order is None:
        raise Cut("it has no beginning of a TIFF")
    start, = file.numbers(f"{order}I")
    if start < 8:
        raise Cut("it has no directory")
    file.go(start)
    count, = file.numbers(f"{order}H")
    entries = {}
    for _ in range(count):
        tag, kind, many, value = file.numbers(f"{order}HHI4s")
        entries[tag] = kind, many, value
    file.numbers(f"{order}I")
    size = _values(file, order, entries, 256)[0], _values(file, order, entries, 257)[0]
    places = [(273, 279), (324, 325)][324 in entries]
    starts, lengths = (_values(file, order, entries, tag) for tag in places)
    if not starts or len(starts) != len(lengths):
        raise Cut("it has no picture")
    if any(not at or not long or at + long > file.length for at, long in zip(starts, lengths)):
        raise Cut("a part of its picture is missing")
    return Found(size)


def _values(file: Reader, order: str, entries: dict, tag: int) -> tuple[int, ...]:
    """The whole numbers of an entry of a TIFF's directory."""
    kind, many, value = entries.get(tag, (0, 0, b""))
    letter, width = {3: ("H", 2), 4: ("I", 4)}.get(kind, ("", 0))
    if not letter or not 0 < many <= file.length:
        raise Cut("its directory cannot be read")
    if many * width > 4:
        file.go(int.from_bytes(value, "little" if order == "<" else "big"))
        return file.numbers(f"{order}{many}{letter}")
    return struct.unpack(f"{order}{many}{letter}", value[:many * width])
