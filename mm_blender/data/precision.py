"""What float32 holds of a number: its range, the whole numbers that are its own, and the nearest to any other."""
from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import warn
from ..plain import said

LARGEST = float(np.finfo(np.float32).max)
SMALLEST = float(np.finfo(np.float32).tiny)  # below it float32 has ever fewer digits, and then none
EXACT = 2 ** 24   # whole numbers up to it are float32's own


def nearest(value: Any) -> float:
    """``value`` as a float that float32 rounds as it would ``value`` itself: where float64 has rounded it to the middle
    between two of float32's, it lies on its own side. Raises OverflowError."""
    number = float(value)
    if not -LARGEST < number < LARGEST or number == value:
        return number
    near = np.float32(number)
    other = np.nextafter(near, np.float32(math.copysign(math.inf, number - float(near))))
    if number != float(near) and number - float(near) == float(other) - number:
        return math.nextafter(number, math.inf if value > number else -math.inf)
    return number


def say_rounded(name: str, whole: int | None = None, drawn: np.float32 | None = None) -> None:
    """Warn (MMWarning) of whole numbers that float32 rounds, such as ``whole``."""
    such = "" if whole is None or drawn is None else f": {said(whole)} is drawn as {int(drawn)}"
    warn(f"{name} holds whole numbers beyond 2**24, which float32 rounds{such}")
