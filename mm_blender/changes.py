"""Changes: what of a built visualization has to be made anew when it becomes another one.

Everything that is drawn is made from the resolved tree, the placement, the schedule, the values and the options;
two visualizations are compared by those and not by the setting that was changed, so that whatever follows from a
setting is found.
"""
from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from .tree import Leaf, Node, Viz, nodes

if TYPE_CHECKING:
    from .visualization import Visualization


@dataclass(frozen=True)
class Changes:
    """What differs. ``values`` and ``places`` are of paths, the rest of the whole."""

    structure: bool = True      # other paths or names, or another look: no object can stay what it is
    palette: bool = True        # which matrices share a material
    colours: bool = True        # settings of the materials
    sizes: bool = True          # how magnitudes are drawn
    marks: bool = True          # guides and legends
    sweep: bool = True          # what moves
    camera: bool = True
    values: frozenset[str] | None = None  # None: all
    places: frozenset[str] | None = None  # None: all

    def value(self, path: str) -> bool:
        """Whether the values or the mesh of a matrix differ."""
        return self.values is None or path in self.values

    def place(self, path: str) -> bool:
        return self.places is None or path in self.places


EVERYTHING = Changes()


@dataclass(frozen=True)
class Colours:
    """The settings of a material."""

    zero_hue: float
    hue_gap: float
    hue_spread: float
    min_light: float
    max_light: float


def colours_of(viz: Viz) -> Colours:
    return Colours(viz.zero_hue, viz.hue_gap, viz.hue_spread, viz.min_light, viz.max_light)


def compare(old: "Visualization", new: "Visualization") -> Changes:
    """What to change where ``old`` is built and ``new`` is wanted. Computes the values of both."""
    was, now = ({node.path: node for node in nodes(viz.tree)} for viz in (old, new))
    if [(n.path, n.name) for n in was.values()] != [(n.path, n.name) for n in now.values()] \
            or old.options.look != new.options.look or old.placement.pitch != new.placement.pitch:
        return EVERYTHING
    paths = list(now)
    values = frozenset(p for p in paths if new.values[p] is not old.values[p]
                       or (was[p].rows, was[p].cols) != (now[p].rows, now[p].cols))
    frames = [(viz.placement.matrices, viz.placement.boxes) for viz in (old, new)]
    places = frozenset(p for p in paths if any(
        not np.array_equal(then[p], here[p]) for then, here in zip(*frames) if p in here))
    old_camera, new_camera = old.camera, new.camera
    camera = any(not np.array_equal(getattr(old_camera, name), getattr(new_camera, name))
                 for name in ("position", "target", "fov", "kind"))
    moving = [(viz.schedule, viz.options.smooth, viz.options.frames_per_step, viz.options.duration,
               viz.options.animate and viz.tree.anim.spin) for viz in (old, new)]
    skeleton = any(_skeleton(was[p]) != _skeleton(now[p]) for p in paths)
    palettes = [_partition(viz) for viz in (old, new)]
    sensitivity = any(was[p].viz.sensitivity != now[p].viz.sensitivity for p in paths)
    sweep = moving[0] != moving[1] or bool(new.schedule.tracks) and bool(skeleton or values or places or sensitivity)
    return Changes(
        structure=False,
        palette=palettes[0] != palettes[1],
        colours=any(colours_of(was[p].viz) != colours_of(now[p].viz) for p in paths),
        sizes=bool(values) or sensitivity or any(
            (was[p].viz.elem_scale, was[p].viz.min_size) != (now[p].viz.elem_scale, now[p].viz.min_size)
            for p in paths),
        marks=camera or skeleton or bool(places) or any(
            (was[p].deco, was[p].edges, was[p].rows, was[p].cols) != (now[p].deco, now[p].edges, now[p].rows,
                                                                     now[p].cols) for p in paths),
        sweep=sweep, camera=camera, values=values, places=places)


def _partition(viz: "Visualization") -> list[int]:
    """Which matrices share a material, by the number of the first that has it."""
    first: dict[Colours, int] = {}
    return [first.setdefault(colours_of(node.viz), at) for at, node in enumerate(nodes(viz.tree))]


def _skeleton(node: Node) -> tuple:
    """What of a node's own settings sweeps and guides depend on."""
    if isinstance(node, Leaf):
        return node.h, node.w, node.rows, node.cols, node.layout
    return (node.h, node.d, node.w, node.rows, node.inner, node.cols, node.layout, node.chain,
            replace(node.anim, speed=0.0, spin=0.0))
