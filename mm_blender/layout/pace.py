"""Pace: how long each step of a sweep takes, and where the sweep then stands.

Frames of a pace are those of a film of 24 a second, so that a sweep lasts as long at any rate.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

FPS = 24.0
LEAST = 1 / 240         # seconds of a step, however fast
SLOW, STEADY, FAST = 1.5, 0.5, 1 / 6  # seconds of a step
KEPT, FASTER = 2, 0.72  # of an accelerating run: steps that are slow, and how much shorter each is after those
AT_ONCE = 0.5           # seconds of all steps together
GLIDE = 0.6             # seconds a slow step takes at most to get there; the rest of it is to be read


def _accelerating(count: int) -> np.ndarray:
    return SLOW * FASTER ** np.maximum(np.arange(count) - KEPT + 1, 0)


# of each of ``options.PACES``
CURVES: dict[str, Callable[[int], np.ndarray]] = {
    "slow, then faster": _accelerating,
    "fast, then slower": lambda count: _accelerating(count)[::-1],
    "slow": lambda count: np.full(count, SLOW),
    "steady": lambda count: np.full(count, STEADY),
    "fast": lambda count: np.full(count, FAST),
    "at once": lambda count: np.full(count, AT_ONCE / count),
}


def lengths(pace: float | Sequence[float] | str, count: int) -> np.ndarray:
    """Seconds that each of ``count`` steps takes, (count,): ``pace`` is frames a step, a list of such, the last for the
    rest, or the name of a curve."""
    if isinstance(pace, str):
        out = CURVES[pace](count)
    elif isinstance(pace, (int, float)):
        out = np.full(count, pace / FPS)
    else:
        out = np.array([*pace[:count], *[pace[-1]] * (count - len(pace))]) / FPS
    return np.maximum(out, LEAST)


def way(frames: np.ndarray, first: float, fps: float) -> list[tuple[float, float]]:
    """``(frame, step)``, straight between, of a whole sweep whose steps take so many ``frames`` each, from the frame
    ``first`` on: a slow step is seen at rest, and then glides on to the next."""
    begins = first + np.concatenate([[0.0], np.cumsum(frames)])
    leaves = begins[1:] - np.minimum(frames, GLIDE * fps)
    steps = np.arange(len(frames))
    when = np.stack([begins[:-1], leaves], -1).ravel()
    points = [*zip(when.tolist(), np.stack([steps, steps], -1).ravel().tolist()), (float(begins[-1]), len(frames))]
    return thin([(frame, float(step)) for frame, step in points], 1e-6)


def through(points: Sequence[tuple[float, float]], keys: Sequence[tuple[int, int]]) -> list[tuple[float, float]]:
    """``(frame, cursor)`` of a sweep, straight between: a way through the steps, the ``points`` (frame, step), by the
    sweep's own way through its cursors, its ``keys`` (step, cursor)."""
    steps, cursors = zip(*keys)
    out: list[tuple[float, float]] = []
    for at, (frame, step) in enumerate(points):
        if at:
            before, whence = points[at - 1]
            low, high = sorted((whence, step))
            between = [(before + (each - whence) / (step - whence) * (frame - before), each)
                       for each in steps if low < each < high]
            out += [(when, float(np.interp(each, steps, cursors))) for when, each in sorted(between)]
        out.append((frame, float(np.interp(step, steps, cursors))))
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
