"""Animated WebP: pictures that are packed one by one, and the container that plays them. Without Blender.

The first frame is packed without loss, so that its ground stays even, and of each further one only what changed, over
what is there, without loss if that is small. Source of the format: RFC 9649, WebP Image Format (2024), 2.7.

Measured on 20 s of a fused sweep through an attention head of 1.1 million elements at 640 x 360: what changes is noise,
for an element is smaller than a pixel. Kept without loss that is 12.6 MB; in blocks of 16 x 16 pixels 3.8 MB, in which
the ground shows the edges of blocks; in cells of 4 x 4, 2.8 MB.
"""
from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import BinaryIO

import numpy as np

from ..errors import RenderError

CELL = 4           # pixels each way that are stored or left together; even, as places are
TOLERANCE = 10     # of 255, by which a channel may differ from what is shown and still pass for it
EXACT, GOOD = 100, 60  # qualities of a still: without loss, and of what would be large so
SMALL = 0.025      # bytes for each pixel of the movie, up to which what changed is packed without loss
LARGEST = 2 ** 24  # milliseconds of a frame
MOST = 2 ** 32 - 10  # bytes of a file
ANIMATED, CLEAR = 0x02, 0x10      # flags of VP8X
OVER, IN_PLACE = 0x00, 0x02       # flags of ANMF: drawn over what is there, or in its place
PICTURE = (b"ALPH", b"VP8 ", b"VP8L")

Read = Callable[[int], np.ndarray]  # number of a frame, from 0 -> its pixels, uint8 (h, w, 4)
Pack = Callable[[np.ndarray, int], bytes]  # pixels, uint8 (h, w, 4), and a quality -> a still WebP of them


def write(file: BinaryIO, count: int, read: Read, pack: Pack, fps: float, repeats: bool = True) -> Iterator[int]:
    """Write ``count`` frames to an open file as a WebP that is played ``fps`` a second, once or, if it ``repeats``, for
    ever; yields the number of each frame that is done. Frames that look alike are one."""
    shown: np.ndarray | None = None
    waiting, since, clear = b"", 0, False
    for at in range(count):
        pixels = read(at)
        until = round(at * 1000 / fps)
        if shown is None:
            clear = bool((pixels[..., 3] < 255).any())
            file.write(_head(pixels.shape, repeats, clear))
            waiting, shown = _piece((0, 0), pack(pixels, EXACT), IN_PLACE), pixels.copy()
        elif (new := changed(shown, pixels)).any():
            _put(file, waiting, until - since)
            waiting, since = _difference(shown, pixels, new, pack, clear), until
        yield at
    _put(file, waiting, round(count * 1000 / fps) - since)
    length = file.tell()
    if length > MOST:
        raise RenderError("a WebP has at most 4 GB: render fewer frames, or smaller ones")
    file.seek(4)
    file.write(struct.pack("<I", length - 8))
    file.seek(length)


# ---- what changed

def changed(shown: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """Which ``pixels`` (h, w, 4) lie in cells that differ visibly from what is ``shown``, bool (h, w)."""
    different = (np.abs(pixels.astype(np.int16) - shown) > TOLERANCE).any(axis=-1)
    height, width = different.shape
    padded = np.pad(different, ((0, -height % CELL), (0, -width % CELL)))
    rows, columns = padded.shape[0] // CELL, padded.shape[1] // CELL
    cells = padded.reshape(rows, CELL, columns, CELL).any(axis=(1, 3))
    return cells.repeat(CELL, axis=0).repeat(CELL, axis=1)[:height, :width]


def _difference(shown: np.ndarray, pixels: np.ndarray, new: np.ndarray, pack: Pack, clear: bool) -> bytes:
    """The frame that changes what is ``shown`` to ``pixels`` where these are ``new``: the rectangle around them, with
    what stays left out. In a movie that is itself ``clear`` the whole rectangle takes the place of what is there, for
    nothing could be drawn over it that lets the ground through."""
    rows, columns = np.flatnonzero(new.any(axis=1)), np.flatnonzero(new.any(axis=0))
    cut = np.s_[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1]  # from even numbers, as cells begin
    if clear:
        shown[cut] = pixels[cut]
        piece = pixels[cut]
    else:
        shown[new] = pixels[new]
        piece = np.where(new[cut][..., None], pixels[cut], 0)
    still = pack(piece, EXACT)
    if len(still) > SMALL * new.size:
        still = pack(piece, GOOD)
    return _piece((columns[0], rows[0]), still, IN_PLACE if clear else OVER)


# ---- the file

def _head(shape: tuple[int, ...], repeats: bool, clear: bool) -> bytes:
    """All before the first frame, with room for the length of the file."""
    height, width = shape[:2]
    # what the frames have of transparency is told even where none of it is seen in the end
    return b"RIFF\0\0\0\0WEBP" + _chunk(b"VP8X", bytes([ANIMATED | CLEAR, 0, 0, 0]) + _24(width - 1, height - 1)) \
        + _chunk(b"ANIM", struct.pack("<IH", 0 if clear else 0xff000000, 0 if repeats else 1))


def _piece(place: tuple[int, int], still: bytes, flags: int) -> bytes:
    """A frame at ``place`` (left, top; even numbers) of the picture in ``still``, without the milliseconds that it is
    shown for, for which there are three bytes at 12."""
    chunks, size = _picture(still)
    return _24(place[0] // 2, place[1] // 2, size[0] - 1, size[1] - 1, 0) + bytes([flags]) + chunks


def _put(file: BinaryIO, piece: bytes, milliseconds: int) -> None:
    file.write(_chunk(b"ANMF", piece[:12] + _24(min(milliseconds, LARGEST - 1)) + piece[15:]))


def _picture(still: bytes) -> tuple[bytes, tuple[int, int]]:
    """The chunks of a still WebP that hold its picture, and its pixels each way."""
    out, at, size = b"", 12, (0, 0)
    while at + 8 <= len(still):
        kind, length = struct.unpack_from("<4sI", still, at)
        data = still[at + 8:at + 8 + length]
        if kind == b"VP8 ":
            size = tuple(each & 0x3fff for each in struct.unpack_from("<HH", data, 6))
        elif kind == b"VP8L":
            packed, = struct.unpack_from("<I", data, 1)
            size = (packed & 0x3fff) + 1, (packed >> 14 & 0x3fff) + 1
        if kind in PICTURE:
            out += _chunk(kind, data)
        at += 8 + length + length % 2
    if not all(size):
        raise RenderError("Blender made no WebP of a frame")
    return out, size


def _chunk(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def _24(*numbers: int) -> bytes:
    """Whole numbers of three bytes each."""
    return b"".join(int(number).to_bytes(3, "little") for number in numbers)
