"""Numerals: a value as the few characters that fit on its element.

``spell`` is the rule; ``scene/nodes/spell.py`` follows it as nodes, in single precision, and is tested against it.
``tell`` is for lines of text, which have more room.
"""
from __future__ import annotations

import numpy as np

LARGEST_FIXED = 99999.5  # from here on with an exponent
DIGIT, POINT, INFINITY = 0.5, 0.22, 0.93  # widths of characters in Blender's font, relative to its size


def spell(x: float, decimals: int = 2) -> str:
    """``x`` with at most ``decimals`` decimals, and fewer the more digits stand before them.

    ``0.25``, ``-12.50``, ``123.5``, ``12346``; what would show no digit or more than five in front as ``4.2e-3`` and
    ``1.2e5``; ``nan`` and ``∞``.
    """
    x = float(np.float32(x))
    if np.isnan(x):
        return "nan"
    sign, size = "-" if x < 0 else "", np.abs(x)
    if np.isinf(x):
        return sign + "∞"
    if size >= LARGEST_FIXED or 0 < float(size) * 10 ** decimals < 0.5:
        exponent = int(np.floor(np.log10(float(size))))
        mantissa = int(np.floor(float(size) / 10.0 ** exponent * 10 + 0.5))
        if mantissa >= 100:
            mantissa, exponent = 10, exponent + 1
        return f"{sign}{mantissa // 10}.{mantissa % 10}e{exponent}"
    in_front = 1 + sum(size >= limit for limit in (10, 100, 1000, 10000))
    shown = max(decimals - max(in_front - 2, 0), 0)
    scaled = int(np.floor(float(size) * 10 ** shown + 0.5))
    if shown == 0:
        return f"{sign}{scaled}"
    return f"{sign}{scaled // 10 ** shown}.{scaled % 10 ** shown:0{shown}d}"


def tell(x: float, decimals: int = 4) -> str:
    """``x`` where there is room: as ``spell``, but with six digits in front of an exponent: ``1.23457e5``."""
    text = spell(x, decimals)
    if "e" not in text:
        return text
    mantissa, exponent = f"{float(np.float32(x)):.5e}".split("e")
    mantissa = mantissa.rstrip("0")
    return f"{mantissa}{'0' if mantissa.endswith('.') else ''}e{int(exponent)}"


def width(text: str) -> float:
    """Width of a spelled value, relative to the size of the font."""
    return sum({".": POINT, "∞": INFINITY}.get(c, DIGIT) for c in text)
