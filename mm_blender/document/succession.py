"""A succession: documents that stand in one place, one after the other."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..layout import places
from . import travels
from .document import Document
from .group import Group, Member, Wide
from .make import edited


@dataclass(frozen=True, eq=False)
class Succession(Group):
    """A group whose documents turn into each other, in their order: each time within ``seconds``, and all is ``hold``
    seconds still before, between and after."""

    seconds: float = 2.0
    hold: float = 0.5

    @classmethod
    def of(cls, documents: Sequence[Document], seconds: float, hold: float) -> Succession:
        """Of ``documents``, two or more, as their sweeps end. Raises a ParameterError where one cannot turn into the
        next."""
        still = [edited(each, options={"animate": False}) if each.options.animate else each for each in documents]
        for first, second in pairwise(still):
            travels.check(first, second)
        return cls(tuple(still), seconds=seconds, hold=hold)

    def frames(self, first: int, rate: float) -> tuple[list[tuple[int, int]], int]:
        """The first and the last frame of each transition, at ``rate`` frames a second from the frame ``first`` on, and
        the last frame of all."""
        still, moving = round(self.hold * rate), max(round(self.seconds * rate), 2)
        starts = [first + still + at * (moving + still) for at in range(len(self.documents) - 1)]
        return [(start, start + moving) for start in starts], starts[-1] + moving + still

    @property
    def members(self) -> list[Member]:
        """Each, all in the place of the first."""
        return [Member(document, 1.0, np.zeros(3)) for document in self.documents]

    @property
    def turns(self) -> bool:
        """Whether the camera turns around the whole: it goes from one view to the next."""
        return False

    @property
    def moves(self) -> bool:
        """Whether there is anything to see over time."""
        return True

    @property
    def steps(self) -> int:
        """Nothing sweeps."""
        return 0

    @property
    def placement(self) -> places.Placement:
        """The first one's, with the bounds of all."""
        first = self.first.placement
        low = np.min([each.placement.low for each in self.documents], 0)
        high = np.max([each.placement.high for each in self.documents], 0)
        return Wide(first.matrices, first.boxes, low, high, first.pitch)

    def outline(self) -> np.ndarray:
        """The corners (n, 3) of all matrices as drawn."""
        return np.concatenate([each.outline() for each in self.documents])
