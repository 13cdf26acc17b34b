"""Names of a story as objects: what carries them, and where they rest."""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import bpy
import numpy as np

from ..story.names import NamesAtRest


@dataclass(eq=False)
class HungName:
    """A name as it is set in some of the views: the ``carrier`` of its texts, which ``covers`` (2, 2) of the page
    about its middle, in inches; ``anchor`` (3,): the middle of its matrix; ``stops``: the numbers of the views, and
    where it stands in each before the camera, from the anchor, and how large an inch is, in pitches."""

    path: str
    carrier: bpy.types.Object
    covers: np.ndarray
    anchor: np.ndarray
    led: bool
    stops: dict[int, np.ndarray] = field(default_factory=dict)

    def spans(self, views: Sequence[NamesAtRest]) -> Iterator[tuple[float, float]]:
        """When it may be seen: where it rests, and on the way from one view to the next."""
        for at in self.stops:
            yield views[at].first, views[at].last
            if at + 1 in self.stops and not self.led:
                yield views[at].last, views[at + 1].first
