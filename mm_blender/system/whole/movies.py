"""Movies: GIF and MP4."""
from __future__ import annotations

from collections.abc import Iterator

from .reading import Cut, Found, Reader

INSIDE = (b"moov", b"trak", b"mdia", b"minf", b"stbl")  # boxes of boxes


def gif(file: Reader) -> Found:
    """GIF89a: all blocks, to the trailer, and nothing behind."""
    file.expect(b"GIF89a", "beginning of a GIF")
    width, height, packed, _, _ = file.numbers("<HHBBB")
    _skip_colours(file, packed)
    frames = 0
    while (kind := file.take(1)) != b";":
        if kind == b"!":
            file.skip(1)
        elif kind == b",":
            _skip_colours(file, file.numbers("<HHHHB")[-1])
            file.skip(1)
            frames += 1
        else:
            raise Cut("a part of it is damaged")
        while length := file.numbers("B")[0]:
            file.skip(length)
    if not (frames and file.ended):
        raise Cut("it is not one whole movie")
    return Found((width, height), frames)


def _skip_colours(file: Reader, packed: int) -> None:
    """Read over a table of colours, if there is one."""
    if packed & 0x80:
        file.skip(3 << (packed & 7) + 1)


def mp4(file: Reader) -> Found:
    """MP4 (ISO/IEC 14496-12): all boxes, among them the index, and every frame that it lists within the file."""
    tops = [kind for kind, start, end in _boxes(file, 0, file.length)]
    if not {b"ftyp", b"moov", b"mdat"} <= set(tops):
        raise Cut("it has no index")
    leaves = list(_leaves(file, 0, file.length))
    size, frames, sizes, starts = (0, 0), 0, 0, ()
    for kind, start, end in leaves:
        file.go(start)
        if kind == b"tkhd":
            file.go(end - 8)
            width, height = file.numbers(">II")
            size = (width >> 16, height >> 16)
        elif kind == b"stsz":
            _, each, frames = file.numbers(">III")
            if frames > file.length:
                raise Cut("its index cannot be read")
            sizes = each * frames or sum(file.numbers(f">{frames}I"))
        elif kind in (b"stco", b"co64"):
            _, count = file.numbers(">II")
            if count > file.length:
                raise Cut("its index cannot be read")
            starts = file.numbers(f">{count}{'I' if kind == b'stco' else 'Q'}")
    data = sum(end - start for kind, start, end in leaves if kind == b"mdat")
    if not (frames and starts and sizes <= data and max(starts) < file.length):
        raise Cut("frames of it are missing")
    return Found(size, frames)


def _boxes(file: Reader, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """The kind of every box between ``start`` and ``end``, and where its content starts and ends."""
    while start < end:
        file.go(start)
        length, kind = file.numbers(">I4s")
        if length == 1:
            length, = file.numbers(">Q")
        inner = file.at
        if not inner - start <= length <= end - start:
            raise Cut("it is cut short")
        start += length
        yield kind, inner, start


def _leaves(file: Reader, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    for kind, inner, stop in _boxes(file, start, end):
        if kind in INSIDE:
            yield from _leaves(file, inner, stop)
        else:
            yield kind, inner, stop
