"""Gaps: how far apart the faces of a matmul's box stand where nobody has said it.

The reference leaves 4 pitches around matrices of 32 x 32. An expression that is typed has a gap that keeps such a
box's proportions: a pitch, and three more at 32 elements a side, so that small matrices stand close together. From 32
elements a side on it grows with the root of the size. A gap that is set, or that a link, a preset or parameters
bring, stays as it is; the setting ``layout.gap`` = ``auto`` has it follow the size again.

In the parameters ``layout.gap`` is always a number, for the reference to draw the same; ``layout.mm_gap`` = ``auto``
beside it, which the reference ignores, says that it follows the size.
"""
from __future__ import annotations

import math
from collections.abc import Sequence

from .parameters import AUTO_GAP, is_matmul

USUAL, SIDE = 4.0, 32.0  # the reference's gap, and the side of the matrices that it suits
LEAST = 1.25             # pitches: the frames of neighbouring faces stay apart
FINE = 0.25              # small gaps are multiples of this; from 2 pitches on of 1, so that blocks lie on one lattice


def automatic(params: dict) -> float:
    """The gap in pitches that suits the sizes of all matrices; leaves have their ``h`` and ``w``."""
    sides: list[float] = []
    _sides(params, True, sides)
    return suiting(sides)


def suiting(sides: Sequence[float]) -> float:
    """The gap in pitches for matrices that have as many elements as squares of these ``sides``."""
    side = math.exp(sum(map(math.log, sides)) / len(sides))
    gap = 1 + (USUAL - 1) * side / SIDE if side <= SIDE else USUAL * math.sqrt(side / SIDE)
    step = FINE if gap < 2 else 1.0
    return max(LEAST, round(gap / step) * step)


def _sides(node: dict, matmul: bool, sides: list[float]) -> tuple[int, int]:
    """Height and width of a matrix; adds the side of a square of as many elements, and those of what is below."""
    if matmul:
        h, _ = _sides(node["left"], is_matmul(node["left"]), sides)
        _, w = _sides(node["right"], is_matmul(node["right"]), sides)
    else:
        h, w = node["h"], node["w"]
    sides.append(math.sqrt(h * w))
    return h, w


def is_automatic(params: dict) -> bool:
    """Whether the gap of ``params`` follows the sizes."""
    return params.get("layout", {}).get(AUTO_GAP) == "auto"


def let_follow(params: dict) -> None:
    """Have the gap of ``params`` follow the sizes."""
    params.setdefault("layout", {})[AUTO_GAP] = "auto"


def settle(params: dict) -> None:
    """Give ``params`` the gap that suits their sizes, in place, if it follows them."""
    if is_automatic(params):
        params["layout"]["gap"] = automatic(params)


def check(params: dict) -> None:
    """Take a gap that does not suit the sizes for one that somebody has set: in the reference, which keeps what it
    ignores."""
    if is_automatic(params) and params["layout"].get("gap") != automatic(params):
        del params["layout"][AUTO_GAP]
