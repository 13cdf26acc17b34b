"""Pace: how long each step of a sweep takes.

Frames are those of a film of 24 a second, so that a story lasts as long at any rate.
"""
from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .beats import Beat

FPS = 24.0
LEAST = 1 / 240         # seconds of a step, however fast
SLOW, STEADY, FAST = 1.5, 0.5, 1 / 6  # seconds of a step
KEPT, FASTER = 2, 0.72  # of an accelerating run: steps that are slow, and how much shorter each is after those
AT_ONCE = 0.5           # seconds of all steps together
USUAL = "slow, then faster"
GLIDE = 0.6             # seconds a slow step takes at most to get there; then it rests, to be read


def _accelerating(count: int) -> np.ndarray:
    return SLOW * FASTER ** np.maximum(np.arange(count) - KEPT + 1, 0)


CURVES: dict[str, Callable[[int], np.ndarray]] = {
    "slow, then faster": _accelerating,
    "fast, then slower": lambda count: _accelerating(count)[::-1],
    "slow": lambda count: np.full(count, SLOW),
    "steady": lambda count: np.full(count, STEADY),
    "fast": lambda count: np.full(count, FAST),
    "at once": lambda count: np.full(count, AT_ONCE / count),
}


def seconds(beat: Beat, count: int) -> np.ndarray:
    """How long each of ``count`` steps takes as ``beat`` says it, (count,)."""
    pace = USUAL if beat.pace is None else beat.pace
    if isinstance(pace, str):
        out = CURVES[pace](count)
    elif isinstance(pace, tuple):
        out = np.array([*pace[:count], *[pace[-1]] * (count - len(pace))]) / FPS
    else:
        out = np.full(count, pace / FPS)
    return eased(np.maximum(out, LEAST), beat.ease)


def eased(steps: np.ndarray, ease: str) -> np.ndarray:
    """Steps that start (``in``) or stop (``out``) gently, and take as long in all."""
    if ease == "none" or len(steps) < 2:
        return steps
    along = (np.cumsum(steps) - steps / 2) / steps.sum()
    slower = {"in": 1 - along, "out": along, "both": np.abs(2 * along - 1)}[ease]
    out = steps * (1 + 3 * slower ** 2)
    return out * (steps.sum() / out.sum())


def keys(first: int, steps: np.ndarray) -> list[tuple[float, float]]:
    """``(seconds, step)`` of a sweep that goes on from the step ``first`` by steps of these lengths: each gets there,
    and rests as long as is left of it."""
    out, at = [(0.0, float(first))], 0.0
    for number, length in enumerate(steps, 1):
        out.append((at + min(float(length), GLIDE), float(first + number)))
        at += float(length)
        if length > GLIDE:
            out.append((at, float(first + number)))
    return thin(out)


def thin(points: list[tuple[float, float]], near: float = 1e-9) -> list[tuple[float, float]]:
    """The fewest of ``points`` that say the same by straight lines between them."""
    out: list[tuple[float, float]] = []
    for point in points:
        while len(out) > 1 and _in_line(out[-2], out[-1], point, near):
            out.pop()
        if not out or out[-1] != point:
            out.append(point)
    return out


def _in_line(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float], near: float) -> bool:
    return abs((b[1] - a[1]) * (c[0] - b[0]) - (c[1] - b[1]) * (b[0] - a[0])) <= near
