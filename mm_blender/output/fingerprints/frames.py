"""Which frames of a scene show exactly the same: those at which all that its keys move stands the same."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import bpy
import numpy as np

from ...scene import compat
from .scene import Datablocks
from .steady import unsteady


@dataclass(frozen=True)
class Alike:
    """``first``: of each frame the first that shows exactly what it shows, which may be itself. ``reason``: why each is
    taken to be its own, in words, where something moves that is not known well enough; else empty."""

    first: dict[int, int]
    reason: str = ""

    @property
    def distinct(self) -> int:
        """How many frames show something of their own."""
        return len(set(self.first.values()))


def alike(scene: bpy.types.Scene, blocks: Datablocks, numbers: Sequence[int]) -> Alike:
    """Which of the frames ``numbers`` of ``scene`` show the same. ``blocks``: its datablocks, as
    ``scene.gone_through`` gives them."""
    if reason := unsteady(scene, blocks):
        return Alike({number: number for number in numbers}, reason)
    owners = (owner for each in blocks.values() for owner in each.owners)
    groups = _grouped((curve for owner in owners for curve in compat.curves(owner)), numbers)
    firsts: dict[int, int] = {}
    return Alike({number: firsts.setdefault(group, number) for number, group in zip(numbers, groups, strict=True)})


def _grouped(curves: Iterable[bpy.types.FCurve], numbers: Sequence[int]) -> list[int]:
    """A number for each frame, the same for those at which all ``curves`` have the same values, to the last bit."""
    groups = np.zeros(len(numbers), np.int64)
    for curve in curves:
        values = np.fromiter(map(curve.evaluate, numbers), np.float32, len(numbers)).view(np.int32)
        _, own = np.unique(values, return_inverse=True)
        kinds, groups = np.unique(groups * (own.max(initial=0) + 1) + own, return_inverse=True)
        if len(kinds) == len(numbers):  # as where a camera turns: all differ
            break
    return groups.tolist()
