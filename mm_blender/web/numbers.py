"""Numbers of a page: arrays as few bytes, and how far they are off.

float32 as they are while there are few, else IEEE halves of each over a power of two, which keep 11 bits of all
magnitudes down to 2**-29 of the largest. Bytes lie in planes (all lowest ones, then the next), which compresses better.
"""
from __future__ import annotations

import base64
import math
import zlib
from dataclasses import dataclass

import numpy as np

EXACT = 262_144   # elements up to which all are float32
LEVEL = 6         # of zlib
HALF_TOP = 15     # largest exponent of a half
PIECE = 2 ** 18   # letters of base64 in a piece: a multiple of four
TINY = np.float16(2.0 ** -24)


@dataclass(frozen=True)
class Numbers:
    """Where an array is in the data: ``kind`` is ``float32``, or ``half`` of each over ``scale``; ``offset``: of its
    first byte; ``length``: how many numbers; ``error``: the largest that a finite one is off by."""

    kind: str
    offset: int
    length: int
    scale: float
    error: float


class Data:
    """The data of one page. ``exact``: whether all are float32."""

    def __init__(self, exact: bool):
        self.exact, self._parts = exact, bytearray()

    @property
    def size(self) -> int:
        """In bytes, unpacked."""
        return len(self._parts)

    def add(self, x: np.ndarray) -> Numbers:
        """Take in a float32 array of any shape, row by row."""
        flat = np.ascontiguousarray(x, np.float32).ravel()
        kind, scale, error, stored = ("float32", 1.0, 0.0, flat) if self.exact else ("half", *halves(flat))
        at = self.size
        width = stored.dtype.itemsize
        little = stored.astype(stored.dtype.newbyteorder("<"), copy=False)
        self._parts += little.view(np.uint8).reshape(-1, width).T.tobytes()
        return Numbers(kind, at, flat.size, scale, error)

    def packed(self) -> list[str]:
        """All of it, zlib's, in pieces of base64 that can be read one by one."""
        text = base64.b64encode(zlib.compress(self._parts, LEVEL)).decode("ascii")
        return [text[at:at + PIECE] for at in range(0, len(text), PIECE)]


def halves(flat: np.ndarray) -> tuple[float, float, np.ndarray]:
    """The power of two that a float32 array (n,) is taken over, how far the halves of that are off at most, and they
    (n,). What is not zero stays so, with its sign; infinities and NaN stay."""
    finite = np.isfinite(flat)
    largest = float(np.abs(flat, where=finite, out=np.zeros_like(flat)).max(initial=0.0))
    exponent = math.frexp(largest)[1] - HALF_TOP if largest else 0  # so that largest / 2**exponent is below 2**15
    with np.errstate(over="ignore", under="ignore"):
        scaled = np.ldexp(flat.astype(np.float64), -exponent)
        out = scaled.astype(np.float16)
    lost = (out == 0) & (flat != 0)
    out[lost] = np.copysign(TINY, flat[lost])
    off = np.abs(np.subtract(out, scaled, where=finite, out=np.zeros_like(scaled), dtype=np.float64)).max(initial=0.0)
    return math.ldexp(1.0, exponent), math.ldexp(float(off), exponent), out
