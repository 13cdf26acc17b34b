"""GIF movies in plain numpy, since neither Blender nor the libraries it brings write them.

Source of the format: CompuServe, Graphics Interchange Format 89a (1990); the packing of codes follows its appendix F.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import BinaryIO

import numpy as np

COLOURS = 255       # the 256th index leaves a pixel as the frame before had it
BITS = 6            # of every channel, by which colours are counted and looked up
SAMPLED_FRAMES = 16
TOLERANCE = 8       # of 255, by which a channel may differ from what is shown and still pass for it
SHORTEST = 2        # hundredths of a second; players show what is shorter much slower

Read = Callable[[int], np.ndarray]  # number of a frame, from 0 -> its pixels, uint8 (h, w, 3)


def write(file: BinaryIO, count: int, read: Read, fps: float, repeats: bool = True) -> Iterator[int]:
    """Write ``count`` frames to an open file as a GIF that is played once or, if it ``repeats``, for ever; yields the
    number of each frame that is done.

    All frames share one palette of 255 colours. Of each only what visibly changed is stored. Above 50 frames a second
    some are left out, as the format counts time in hundredths of a second.
    """
    sampled = sorted({round(at) for at in np.linspace(0, count - 1, min(count, SAMPLED_FRAMES))})
    palette = _palette(read(at) for at in sampled)
    table = _nearest(palette)
    before: np.ndarray | None = None
    seen: np.ndarray | None = None  # the colours that stand for those that are shown
    shown = 0
    for at in range(count):
        until = round((at + 1) * 100 / fps)
        if until - shown >= SHORTEST or at == count - 1:
            pixels = read(at)
            if seen is None or before is None:
                indices = table[_bins(pixels)]
                _header(file, indices.shape, palette, repeats)
                seen = pixels.copy()
            else:
                new = (np.abs(pixels.astype(np.int16) - seen) > TOLERANCE).any(axis=-1)
                indices = before.copy()
                indices[new] = table[_bins(pixels[new])]
                seen[new] = pixels[new]
            _frame(file, indices, before, max(until - shown, SHORTEST))
            before, shown = indices, until
        yield at
    file.write(b";")


# ---- colours

def _bins(pixels: np.ndarray) -> np.ndarray:
    """The cell of the colour cube, 0 to 64**3 - 1, in which every pixel lies; (..., 3) uint8 -> (...)."""
    r, g, b = np.moveaxis(pixels.astype(np.int32) >> (8 - BITS), -1, 0)
    return (r << 2 * BITS) + (g << BITS) + b


def _palette(frames: Iterator[np.ndarray]) -> np.ndarray:
    """At most 255 colours for ``frames``, float (n, 3): the box of colours with most variance is cut in two, over and
    over (P. Heckbert, Color image quantization for frame buffer display, 1982, with X. Wu's measure)."""
    counts, sums = np.zeros(1 << 3 * BITS), np.zeros((3, 1 << 3 * BITS))
    for pixels in frames:
        cells = _bins(pixels).ravel()
        counts += np.bincount(cells, minlength=len(counts))
        for channel in range(3):
            sums[channel] += np.bincount(cells, pixels[..., channel].ravel(), minlength=len(counts))
    used = np.flatnonzero(counts)
    weights = counts[used]
    colours = (sums[:, used] / weights).T
    boxes = [_measured(np.arange(len(used)), colours, weights)]
    while len(boxes) < COLOURS:
        largest = max(range(len(boxes)), key=lambda at: boxes[at][0])
        variance, axis, mean, members = boxes[largest]
        if variance <= 0:
            break
        del boxes[largest]
        low = colours[members, axis] <= mean[axis]
        boxes += [_measured(members[low], colours, weights), _measured(members[~low], colours, weights)]
    return np.array([mean for _, _, mean, _ in boxes])


def _measured(members: np.ndarray, colours: np.ndarray, weights: np.ndarray) -> tuple:
    """A box of colours: its greatest sum of squares along a channel, that channel, the mean, the members."""
    mean = np.average(colours[members], axis=0, weights=weights[members])
    squares = weights[members] @ (colours[members] - mean) ** 2
    axis = int(squares.argmax())
    spread = np.ptp(colours[members, axis]) > 1e-6  # beyond rounding, or no cut would tell the two halves apart
    return (float(squares[axis]) if spread else 0.0), axis, mean, members


def _nearest(palette: np.ndarray) -> np.ndarray:
    """By cell of the colour cube, the index of the palette's nearest colour, uint8."""
    steps = (np.arange(1 << BITS) + 0.5) * (1 << (8 - BITS)) - 0.5
    out = np.empty((1 << BITS,) * 3, np.uint8)
    for at, red in enumerate(steps):
        plane = np.stack(np.broadcast_arrays(red, steps[:, None], steps), axis=-1).reshape(-1, 3)
        out[at] = (-2 * plane @ palette.T + (palette ** 2).sum(axis=1)).argmin(axis=1).reshape(out[at].shape)
    return out.ravel()


# ---- the file

def _header(file: BinaryIO, shape: tuple[int, ...], palette: np.ndarray, repeats: bool) -> None:
    height, width = shape
    colours = np.zeros((256, 3), np.uint8)
    colours[:len(palette)] = palette.round().clip(0, 255)
    file.write(b"GIF89a" + _words(width, height) + b"\xf7\0\0" + colours.tobytes())
    if repeats:
        file.write(b"!\xff\x0bNETSCAPE2.0\x03\x01" + _words(0) + b"\0")  # for ever


def _frame(file: BinaryIO, indices: np.ndarray, before: np.ndarray | None, delay: int) -> None:
    """One frame, shown for ``delay`` hundredths of a second; ``before``: the one it is drawn over."""
    top, left, (height, width) = 0, 0, indices.shape
    if before is not None:
        changed = indices != before
        rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
        top, left, height, width = ((rows[0], columns[0], rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1)
                                    if len(rows) else (0, 0, 1, 1))
        cut = np.s_[top:top + height, left:left + width]
        indices = np.where(changed[cut], indices[cut], np.uint8(COLOURS))
    file.write(b"!\xf9\x04\x05" + _words(delay) + bytes([COLOURS, 0]))  # drawn over, with a transparent index
    file.write(b"," + _words(left, top, width, height) + b"\0\x08")
    data = _compressed(indices.tobytes())
    for at in range(0, len(data), 255):
        file.write(bytes([len(data[at:at + 255])]) + data[at:at + 255])
    file.write(b"\0")


def _words(*numbers: int) -> bytes:
    return np.array(numbers, "<u2").tobytes()


def _compressed(pixels: bytes) -> bytes:
    """LZW as GIF has it: codes of 9 to 12 bits, lowest bit first, over an alphabet of 256."""
    clear, stop, first, full = 256, 257, 258, 4095
    codes, widths = [clear], [9]
    known: dict[int, int] = {}
    free, width = first, 9
    prefix = pixels[0]
    for pixel in islice(pixels, 1, None):
        key = prefix << 8 | pixel
        code = known.get(key)
        if code is not None:
            prefix = code
            continue
        codes.append(prefix)
        widths.append(width)
        prefix = pixel
        if free >> width:
            width += 1
        if free < full:
            known[key] = free
            free += 1
        else:
            codes.append(clear)
            widths.append(width)
            known.clear()
            free, width = first, 9
    codes += [prefix, stop]
    widths += [width, width + (free >> width)]
    return _packed(np.array(codes), np.array(widths))


def _packed(codes: np.ndarray, widths: np.ndarray) -> bytes:
    ends = np.cumsum(widths)
    bits = np.zeros(ends[-1], np.uint8)
    for bit in range(12):
        wide = widths > bit
        bits[(ends - widths)[wide] + bit] = codes[wide] >> bit & 1
    return np.packbits(bits, bitorder="little").tobytes()
