"""Pace: how long each step of a beat's sweep takes, and where the sweep then stands."""
from __future__ import annotations

import numpy as np

from ..layout.pace import GLIDE, lengths, thin
from .beats import Beat

USUAL = "slow, then faster"


def seconds(beat: Beat, count: int) -> np.ndarray:
    """How long each of ``count`` steps takes as ``beat`` says it, (count,)."""
    return eased(lengths(USUAL if beat.pace is None else beat.pace, count), beat.ease)


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
