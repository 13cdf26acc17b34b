"""Interiors: while the products that a step shows inside a box would be in the way, they are not seen.

They are the plane or line that a sweep walks with, between the camera and a result that it looks at. While they are
seen, names keep off them.
"""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..document.document import Document
from ..expression.tree import MatMul, nodes
from ..layout import framing, sweep_planes
from .beats import ALL, CURRENT
from .timing import Timed

HALF = 0.5  # pitches from the middle of an element to its side


def hidden(beats: list[Timed]) -> list[tuple[float, float]]:
    """``(from, until)`` in seconds when none is seen, apart from each other: while a sweep goes back, and while a part
    is looked at and the sweep rests, until it goes on, what is multiplied is lit, or all is looked at."""
    out: list[tuple[float, float]] = []
    since: float | None = None
    ordered = sorted(beats, key=lambda each: each.start)
    for each in ordered:
        beat, run = each.beat, each.run
        goes_on = run is not None and run.last > run.first
        if since is not None and (goes_on or CURRENT in beat.lit or ALL in beat.look[-1:]):
            out.append((since, each.started if goes_on and CURRENT not in beat.lit else each.start))
            since = None
        if since is None and not goes_on and CURRENT not in beat.lit and beat.look and beat.look[-1] != ALL:
            since = each.start
        if since is None and run is not None and run.last < run.first:
            out.append((each.started, each.done))
    if since is not None:
        out.append((since, max(each.end for each in ordered)))
    return out


def slabs(document: Document, steps: Sequence[int]) -> list[np.ndarray]:
    """The corners (8, 3), in pitches, of what the products fill that any of the ``steps`` shows: a slab for each matmul
    that shows some."""
    out = []
    for node in nodes(document.tree):
        track = document.schedule.tracks.get(node.path)
        if track is None or not isinstance(node, MatMul):
            continue
        cursors = [cursor for cursor in map(track.cursor, steps) if 0 <= cursor < track.count]
        if cursors:
            frame, ends = document.placement.boxes[node.path], sweep_planes.ends(node, np.array(cursors))
            corners = framing.corners(ends.min(0) - HALF, ends.max(0) + HALF)
            out.append(corners @ frame[:3, :3].T + frame[:3, 3])
    return out
