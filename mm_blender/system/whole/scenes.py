"""Scenes: GLB, USD and PLY."""
from __future__ import annotations

import re
from json import loads

from .reading import Cut, Found, Reader

STRING = re.compile(rb'"(?:[^"\\\n]|\\.)*"')
HEADER = 1 << 20  # bytes of a PLY's header at most
SIZES = {"char": 1, "uchar": 1, "short": 2, "ushort": 2, "int": 4, "uint": 4, "float": 4, "double": 8}


def glb(file: Reader) -> Found:
    """GLB (glTF 2.0, 4.4): chunks of the lengths that they say, and what the first one says is in the second."""
    file.expect(b"glTF", "beginning of a GLB")
    version, length = file.numbers("<II")
    if version != 2 or length != file.length:
        raise Cut("it is not as long as it says")
    size, kind = file.numbers("<I4s")
    try:
        content = loads(file.take(size) if kind == b"JSON" else b"")
        views = [view["byteOffset"] + view["byteLength"] for view in content["bufferViews"]]
    except (ValueError, TypeError, KeyError):
        raise Cut("its description cannot be read") from None
    held, _ = file.numbers("<I4s") if not file.ended else (0, b"")
    file.skip(held)
    if not file.ended or max(views, default=0) > held:
        raise Cut("it does not hold what it describes")
    return Found()


def usda(file: Reader) -> Found:
    """USD as text: what is opened is closed, a prim last."""
    file.expect(b"#usda ", "beginning of a USD stage")
    depth = dict.fromkeys((b"{}", b"[]", b"()"), 0)
    rest = b""
    while not file.ended:
        part = rest + file.take(min(1 << 22, file.length - file.at))
        cut = len(part) if file.ended else part.rfind(b"\n") + 1
        rest, plain = part[cut:], STRING.sub(b"", part[:cut])
        for pair in depth:
            depth[pair] += plain.count(pair[:1]) - plain.count(pair[1:])
    if any(depth.values()) or file.tail(2) != b"}\n":
        raise Cut("it ends before all is closed")
    return Found()


def usdc(file: Reader) -> Found:
    """USD's binary form: the table at its end, and the sections that it lists."""
    file.expect(b"PXR-USDC", "beginning of a USD stage")
    file.skip(8)
    start, = file.numbers("<q")
    file.go(start)
    count, = file.numbers("<Q")
    for _ in range(min(count, 64)):
        _, at, size = file.numbers("<16sqq")
        if at < 0 or size < 0 or at + size > file.length:
            raise Cut("it is cut short")
    return Found()


def usd(file: Reader) -> Found:
    """USD in either form."""
    text = file.take(1) == b"#"
    file.go(0)
    return usda(file) if text else usdc(file)


def ply(file: Reader) -> Found:
    """PLY, binary: as long as its header says."""
    start = file.take(min(file.length, HEADER))
    end = start.find(b"end_header\n")
    if not start.startswith(b"ply\nformat binary_little_endian 1.0\n") or end < 0:
        raise Cut("it has no header of a PLY")
    file.go(end + len(b"end_header\n"))
    count, record = 0, 0
    for words in [*map(str.split, start[:end].decode("ascii", "replace").splitlines()), ["element", "", "0"]]:
        if words[:1] == ["element"]:
            file.skip(count * record)
            count, record = int(words[2]), 0
        elif words[:2] == ["property", "list"]:  # ours are of one length, which the first one tells
            if count:
                here, (length,) = file.at, file.numbers("<B")
                file.go(here)
                record += SIZES[words[2]] + length * SIZES[words[3]]
        elif words[:1] == ["property"]:
            record += SIZES[words[1]]
    if not file.ended:
        raise Cut("it is not as long as it says")
    return Found()
