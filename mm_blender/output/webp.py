"""Animated WebP: pictures that are packed one by one, and the container that plays them. Without Blender.

The first frame is packed without loss, so that its ground stays even, and of each further one only what changed, over
what is there, without loss if that is small. Source of the format: RFC 9649, WebP Image Format (2024), 2.7.

What is large is packed with loss, in a quality that follows how large the movie is for its length, but for the ground
that comes to light, which would be of another colour then: it follows a moment later, without loss.

Measured on 20 s of a fused sweep through an attention head of 1.1 million elements at 640 x 360: what changes is noise,
for an element is smaller than a pixel. Where the camera stands it is 12.6 MB without loss, in blocks of 16 x 16 pixels
3.8 MB, in which the ground shows the edges of blocks, in cells of 4 x 4 2.8 MB. Where it moves about, 3.4 MB in the
best of the two qualities, with a dirty ground; 3.0 MB as it is made now.
"""
from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from ..errors import RenderError

CELL = 4           # pixels each way that are stored or left together; even, as places are
TOLERANCE = 10     # of 255, by which a channel may differ from what is shown and still pass for it
EXACT = 100            # quality of a still without loss
GOOD, LEAST = 60, 30   # of what would be large so: the best, and the least, where a movie grows large
RATE, AHEAD = 0.57, 2.0  # bytes for each pixel and second, which it follows; seconds for which they are there at once
FREE, MUCH = 0.8, 1.1  # shares of them: up to the first it is the best, from the second on the least
SMALL = 0.025      # bytes for each pixel of the movie, up to which what changed is packed without loss
EVEN = 4           # of 255, by which the pixels of a cell of one colour may differ
SOON = 11          # milliseconds after the rest of a frame, when its even cells come; players take 10 for 100
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
    canvas: _Canvas | None = None
    reel = _Reel(file)
    for at in range(count):
        pixels = read(at)
        now, next_one = (round(each * 1000 / fps) for each in (at, at + 1))
        if canvas is None:
            canvas = _Canvas(pixels)
            file.write(_head(pixels.shape, repeats, canvas.clear))
            reel.show(_piece((0, 0), pack(pixels, EXACT), IN_PLACE), now)
        elif (new := canvas.changed(pixels, next_one - now)).any():
            good = quality(file.tell(), new.size, now / 1000)
            for later, piece in _difference(canvas, pixels, new, _Packer(pack, good), next_one - now):
                reel.show(piece, now + later)
        yield at
    reel.end(round(count * 1000 / fps))
    length = file.tell()
    if length > MOST:
        raise RenderError("a WebP has at most 4 GB: render fewer frames, or smaller ones")
    file.seek(4)
    file.write(struct.pack("<I", length - 8))
    file.seek(length)


def quality(spent: int, pixels: int, seconds: float) -> int:
    """The quality that what is large is packed in, after ``seconds`` of a movie of so many ``pixels`` that takes
    ``spent`` bytes so far: the less, the more that is for its length."""
    share = spent / (RATE * pixels * (seconds + AHEAD))
    return round(GOOD - (GOOD - LEAST) * min(max((share - FREE) / (MUCH - FREE), 0.0), 1.0))


class _Reel:
    """What a file shows, piece after piece: each is written once it is known how long it is shown."""

    def __init__(self, file: BinaryIO):
        self._file, self._piece, self._since = file, b"", 0

    def show(self, piece: bytes, at: int) -> None:
        """Show a piece from so many milliseconds on."""
        if self._piece:
            self.end(at)
        self._piece, self._since = piece, at

    def end(self, at: int) -> None:
        """Show the last piece until then."""
        _put(self._file, self._piece, at - self._since)


# ---- what changed

class _Canvas:
    """What is seen: ``shown``, uint8 (h, w, 4), and of it ``rough``, bool (h, w), what was packed with loss. ``clear``:
    whether the movie is transparent."""

    def __init__(self, pixels: np.ndarray):
        self.shown, self.rough = pixels.copy(), np.zeros(pixels.shape[:2], bool)
        self.clear = bool((pixels[..., 3] < 255).any())

    def changed(self, pixels: np.ndarray, lasts: int) -> np.ndarray:
        """What of ``pixels`` is to be drawn in a frame that ``lasts`` so many milliseconds, bool (h, w): what differs
        visibly, and even cells that were rough, if they can be drawn without loss."""
        new = changed(self.shown, pixels)
        settles = self.rough.any() and not self.clear and (lasts >= 2 * SOON or not new.any())
        return new | self.rough & even(pixels)[0] if settles else new

    def draw(self, pixels: np.ndarray, wanted: np.ndarray, is_rough: bool) -> None:
        """Have the ``wanted`` pixels be seen from now on."""
        self.shown[wanted], self.rough[wanted] = pixels[wanted], is_rough


def changed(shown: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """Which ``pixels`` (h, w, 4) lie in cells that differ visibly from what is ``shown``, bool (h, w)."""
    different = (np.abs(pixels.astype(np.int16) - shown) > TOLERANCE).any(axis=-1)
    height, width = different.shape
    padded = np.pad(different, ((0, -height % CELL), (0, -width % CELL)))
    rows, columns = padded.shape[0] // CELL, padded.shape[1] // CELL
    cells = padded.reshape(rows, CELL, columns, CELL).any(axis=(1, 3))
    return cells.repeat(CELL, axis=0).repeat(CELL, axis=1)[:height, :width]


def even(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which ``pixels`` (h, w, 4) lie in cells of one colour, bool (h, w), and all of them in the mean colours of their
    cells."""
    height, width = pixels.shape[:2]
    padded = np.pad(pixels, ((0, -height % CELL), (0, -width % CELL), (0, 0)), mode="edge")
    cells = padded.reshape(padded.shape[0] // CELL, CELL, padded.shape[1] // CELL, CELL, 4)
    alike = (cells.max(axis=(1, 3)).astype(np.int16) - cells.min(axis=(1, 3)) <= EVEN).all(axis=-1)
    means = np.rint(cells.mean(axis=(1, 3))).astype(np.uint8)
    spread = [each.repeat(CELL, axis=0).repeat(CELL, axis=1)[:height, :width] for each in (alike, means)]
    return spread[0], spread[1]


@dataclass(frozen=True)
class _Packer:
    """What packs a still: without loss, or in the quality ``good``."""

    pack: Pack
    good: int

    def whole(self, pixels: np.ndarray, wanted: np.ndarray) -> bytes:
        """The piece that draws the ``wanted`` pixels over what is there, without loss."""
        return self._over(pixels, wanted, EXACT)

    def rough(self, pixels: np.ndarray, wanted: np.ndarray) -> bytes:
        """The same, smaller."""
        return self._over(pixels, wanted, self.good)

    def _over(self, pixels: np.ndarray, wanted: np.ndarray, quality: int) -> bytes:
        cut = _around(wanted)
        still = self.pack(np.where(wanted[cut][..., None], pixels[cut], 0), quality)
        return _piece((cut[1].start, cut[0].start), still, OVER)

    def in_place(self, pixels: np.ndarray, wanted: np.ndarray) -> bytes:
        """The piece that puts the rectangle around the ``wanted`` pixels in the place of what is there."""
        cut = _around(wanted)
        still = self.pack(pixels[cut], EXACT)
        if len(still) > SMALL * wanted.size:
            still = self.pack(pixels[cut], self.good)
        return _piece((cut[1].start, cut[0].start), still, IN_PLACE)


def _difference(canvas: _Canvas, pixels: np.ndarray, new: np.ndarray, packer: _Packer,
                lasts: int) -> list[tuple[int, bytes]]:
    """The pieces that draw the ``new`` of ``pixels`` on the ``canvas``, each with how many of the milliseconds that the
    frame ``lasts`` it comes later. In a movie that is itself clear the whole rectangle takes the place of what is
    there, for nothing could be drawn over it that lets the ground through."""
    if canvas.clear:
        around = np.zeros_like(new)
        around[_around(new)] = True
        canvas.draw(pixels, around, False)
        return [(0, packer.in_place(pixels, new))]
    exact = packer.whole(pixels, new)
    if len(exact) <= SMALL * new.size:
        canvas.draw(pixels, new, False)
        return [(0, exact)]
    is_even, means = even(pixels)
    ground, rest = new & is_even, new & ~is_even
    if not rest.any():
        canvas.draw(means, ground, False)
        return [(0, packer.whole(means, ground))]
    if lasts < 2 * SOON or not ground.any():
        canvas.draw(pixels, new, True)
        return [(0, packer.rough(pixels, new))]
    canvas.draw(pixels, rest, True)
    canvas.draw(means, ground, False)
    return [(0, packer.rough(pixels, rest)), (SOON, packer.whole(means, ground))]


def _around(wanted: np.ndarray) -> tuple[slice, slice]:
    """The rectangle around what is ``wanted``, bool (h, w); from even numbers, as cells begin."""
    rows, columns = np.flatnonzero(wanted.any(axis=1)), np.flatnonzero(wanted.any(axis=0))
    return np.s_[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1]


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
