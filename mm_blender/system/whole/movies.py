"""Movies: GIF, MP4 and WebM."""
from __future__ import annotations

from collections.abc import Iterator

from .reading import Cut, Found, Reader

SEGMENT, CLUSTER, TRACKS, TRACK, VIDEO = 0x18538067, 0x1f43b675, 0x1654ae6b, 0xae, 0xe0  # of WebM: what holds more
WIDTH, HEIGHT, KIND, NUMBER = 0xb0, 0xba, 0x83, 0xd7  # of a picture, and of a track
BLOCK, GROUP, IN_GROUP = 0xa3, 0xa0, 0xa1             # what holds a frame
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
    size, frames, sizes, starts, sides = (0, 0), 0, 0, 0, (0, 0)
    for kind, start, end in leaves:
        file.go(start)
        if kind == b"tkhd":
            file.go(end - 8)
            width, height = file.numbers(">II")
            sides = (width >> 16, height >> 16)  # of sound there are none
        elif kind == b"stsz":
            _, each, count = file.numbers(">III")
            if count > file.length:
                raise Cut("its index cannot be read")
            sizes += each * count or sum(file.numbers(f">{count}I"))
            if all(sides):
                size, frames = sides, count
        elif kind in (b"stco", b"co64"):
            _, count = file.numbers(">II")
            if count > file.length:
                raise Cut("its index cannot be read")
            starts = max(starts, *file.numbers(f">{count}{'I' if kind == b'stco' else 'Q'}"), 0)
    data = sum(end - start for kind, start, end in leaves if kind == b"mdat")
    if not (frames and starts and sizes <= data and starts < file.length):
        raise Cut("frames of it are missing")
    return Found(size, frames)


def webm(file: Reader) -> Found:
    """WebM (RFC 8794, RFC 9559): all elements, the frames of the video among them, to the end that the segment says."""
    file.expect(b"\x1a\x45\xdf\xa3", "beginning of a WebM")
    file.skip(_sized(file))
    size, frames, video, number = [0, 0], 0, 0, 0
    while not file.ended:
        name = _number(file, marked=True)
        length = _sized(file)
        if name == SEGMENT and length != file.length - file.at:
            raise Cut("it is not as long as it says")
        if name in (SEGMENT, CLUSTER, TRACKS, TRACK, VIDEO, GROUP):
            continue  # what is in it follows
        start = file.at
        if name in (WIDTH, HEIGHT, KIND, NUMBER):
            value = int.from_bytes(file.take(min(length, 8)), "big")
            number = value if name == NUMBER else number
            video = number if name == KIND and value == 1 else video
            if name in (WIDTH, HEIGHT):
                size[name == HEIGHT] = value
        elif name in (BLOCK, IN_GROUP):
            frames += _number(file) == video
        file.go(start)
        file.skip(length)
    if not frames or not all(size):
        raise Cut("it holds no video")
    return Found((size[0], size[1]), frames)


def _sized(file: Reader) -> int:
    """The length of an element, which must be known."""
    length = _number(file)
    if length > file.length - file.at:
        raise Cut("it is cut short")
    return length


def _number(file: Reader, marked: bool = False) -> int:
    """A number of 1 to 8 bytes, as many as the zeros before its first bit say; ``marked``: that bit is part of it."""
    first, = file.take(1)
    if not first:
        raise Cut("a part of it is damaged")
    more = 8 - first.bit_length()
    return int.from_bytes(bytes([first if marked else first ^ 1 << 7 - more]) + file.take(more), "big")


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
