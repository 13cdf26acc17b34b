"""The settings of the colours of a matrix: what its material, and a bar that explains it, are made by."""
from __future__ import annotations

from dataclasses import dataclass

from ..expression.tree import Viz
from .rules import Course


@dataclass(frozen=True)
class Colours:
    """The settings of a material: those of the reference's hue scheme, the map ``cmap``, and the ``course`` of levels
    through either."""

    zero_hue: float
    hue_gap: float
    hue_spread: float
    min_light: float
    max_light: float
    cmap: str = "hue"
    course: Course = Course()


def colours_of(viz: Viz, course: Course = Course()) -> Colours:  # noqa: B008  frozen
    """The colours that a matrix with the settings ``viz`` has, whose levels run through them by ``course``."""
    return Colours(viz.zero_hue, viz.hue_gap, viz.hue_spread, viz.min_light, viz.max_light, viz.cmap, course)
