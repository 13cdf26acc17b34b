"""Numerals: a value as the few characters that fit on its element.

``write`` is the rule, and ``spell`` its ordinary case; ``scene/nodes/spell.py`` follows it as nodes, in single
precision, and is tested against it. ``tell`` is for lines of text, which have more room.
"""
from __future__ import annotations

import numpy as np

from ..digits import AUTO, Digits, SIGNIFICANT

LARGEST_FIXED = 99999.5  # from here on with an exponent
LARGEST_POWER, LEAST_POWER = 6, -3  # the powers of ten, of significant figures, before and after which there is one
DEEPEST = 7  # digits of fixed decimals, beyond which float32 has none
DIGIT, POINT, INFINITY = 0.5, 0.22, 0.93  # widths of characters in Blender's font, relative to its size


def write(x: float, digits: Digits = Digits()) -> str:  # noqa: B008  frozen
    """``x`` as ``digits`` say: see there. What would show no digit is written as ``4.2e-3``, what has more than five
    (of significant figures: six) in front as ``1.2e5``; a number that is none as ``nan``, and ``∞``."""
    x = float(np.float32(x))
    if np.isnan(x):
        return "nan"
    sign, size = "-" if x < 0 else "+" if x > 0 and digits.signed else "", float(np.abs(x))
    if np.isinf(size):
        return sign + "∞"
    if digits.rule == SIGNIFICANT:
        return sign + _significant(size, digits.count)
    if size >= LARGEST_FIXED or 0 < size * 10 ** digits.count < 0.5:
        return sign + _scientific(*_mantissa(size, 2), 2)
    in_front = 1 + sum(size >= limit for limit in (10, 100, 1000, 10000))
    shown = min(digits.count, DEEPEST - in_front) if digits.rule != AUTO else \
        max(digits.count - max(in_front - 2, 0), 0)
    return sign + _fixed(int(np.floor(size * 10 ** shown + 0.5)), shown)


def spell(x: float, decimals: int = 2) -> str:
    """``x`` with at most ``decimals`` decimals, and fewer the more digits stand before them.

    ``0.25``, ``-12.50``, ``123.5``, ``12346``; what would show no digit or more than five in front as ``4.2e-3`` and
    ``1.2e5``; ``nan`` and ``∞``.
    """
    return write(x, Digits(count=decimals))


def _significant(size: float, figures: int) -> str:
    mantissa, power = _mantissa(size, figures)
    if not LEAST_POWER <= power < LARGEST_POWER:
        return _scientific(mantissa, power, figures)
    behind = figures - 1 - power
    return _fixed(mantissa * 10 ** max(-behind, 0), max(behind, 0))


def _mantissa(size: float, figures: int) -> tuple[int, int]:
    """``size`` as a whole number of so many digits, and the power of ten of its first."""
    power = int(np.floor(np.log10(size))) if size else 0
    mantissa = int(np.floor(size / 10.0 ** power * 10 ** (figures - 1) + 0.5))
    return (10 ** (figures - 1), power + 1) if mantissa >= 10 ** figures else (mantissa, power)


def _scientific(mantissa: int, power: int, figures: int) -> str:
    return f"{_fixed(mantissa, figures - 1)}e{power}"


def _fixed(whole: int, behind: int) -> str:
    """A whole number of so many digits behind the point."""
    return f"{whole // 10 ** behind}.{whole % 10 ** behind:0{behind}d}" if behind else str(whole)


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
