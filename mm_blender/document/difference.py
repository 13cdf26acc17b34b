"""Changes: what of a built visualization has to be made anew when it becomes another one.

Everything that is drawn is made from the resolved tree, the placement, the schedule, the values and the options;
two visualizations are compared by those and not by the setting that was changed, so that whatever follows from a
setting is found.
"""
from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..appearance.colours import Colours
from ..expression.tree import Leaf, Node, nodes, Viz
from ..options import Options
from . import flow_arrows
from .document import Document


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
    name: bool = True           # what the whole is called
    story: bool = True          # what a story brings, or what it is about
    values: frozenset[str] | None = None  # None: all
    places: frozenset[str] | None = None  # None: all

    def value(self, path: str) -> bool:
        """Whether the values or the mesh of a matrix differ."""
        return self.values is None or path in self.values

    def place(self, path: str) -> bool:
        """Whether the matrix at ``path`` is to be placed anew."""
        return self.places is None or path in self.places


EVERYTHING = Changes()
# all of them, and what shows them
VALUES = Changes(structure=False, marks=False, camera=False, name=False, places=frozenset())
# what a story brings, and the sweeps that it moves
TOLD = Changes(structure=False, palette=False, colours=False, sizes=False, marks=False, camera=False, name=False,
               values=frozenset(), places=frozenset())
WHOLE = ("look", "transparent", "keys", "lettering", "numbers", "sums", "arcs")  # options whose change makes all anew


def compare(old: Document, new: Document) -> Changes:
    """What to change where ``old`` is built and ``new`` is wanted. Computes the values of both."""
    was, now = ({node.path: node for node in nodes(one.tree)} for one in (old, new))
    if [(n.path, n.name) for n in was.values()] != [(n.path, n.name) for n in now.values()] \
            or any(getattr(old.options, name) != getattr(new.options, name) for name in WHOLE) \
            or old.placement.pitch != new.placement.pitch:
        return EVERYTHING
    paths = list(now)
    values = frozenset(p for p in paths if new.values[p] is not old.values[p]
                       or (was[p].rows, was[p].cols) != (now[p].rows, now[p].cols))
    frames = [(one.placement.matrices, one.placement.boxes) for one in (old, new)]
    places = frozenset(p for p in paths if any(
        not np.array_equal(then[p], here[p]) for then, here in zip(*frames) if p in here))
    old_camera, new_camera = old.camera, new.camera
    camera = any(not np.array_equal(getattr(old_camera, name), getattr(new_camera, name))
                 for name in ("position", "target", "fov", "kind"))
    moving = [(one.schedule, one.options.smooth, one.options.frames_per_step, one.options.duration, one.options.pace,
               one.options.fps, one.options.story,
               one.options.animate and one.tree.anim.spin) for one in (old, new)]
    skeleton = any(_skeleton(was[p]) != _skeleton(now[p]) for p in paths)
    # what the scales are made of; which map it is only says whether they run both ways
    sensitivity = any(_range(was[p].viz) != _range(now[p].viz) for p in paths) \
        and old.scaling.scales != new.scaling.scales
    sensitivity = sensitivity or any(was[p].viz.sensitivity != now[p].viz.sensitivity for p in paths)
    colours = [one.scaling.colours for one in (old, new)]
    sweep = moving[0] != moving[1] or bool(new.schedule.tracks) and bool(skeleton or values or places or sensitivity)
    told = old.options.story is not None or new.options.story is not None
    return Changes(
        structure=False, story=told and bool(sweep or camera or places or values or skeleton),
        palette=_partition(colours[0], paths) != _partition(colours[1], paths),
        colours=any(colours[0][p] != colours[1][p] for p in paths),
        sizes=bool(values) or sensitivity or any(
            (was[p].viz.elem_scale, was[p].viz.min_size) != (now[p].viz.elem_scale, now[p].viz.min_size)
            for p in paths),
        marks=camera or skeleton or bool(places) or old.labels != new.labels or any(
            (was[p].deco, was[p].edges, was[p].rows, was[p].cols, was[p].remark)
            != (now[p].deco, now[p].edges, now[p].rows, now[p].cols, now[p].remark) for p in paths),
        sweep=sweep, camera=camera, name=old.options.name != new.options.name, values=values, places=places)


def concerns_letters(document: Document, changes: Changes) -> bool:
    """Whether what is written beside the matrices of ``document`` is other than before its ``changes``, or
    elsewhere."""
    return bool(changes.structure or changes.marks or changes.camera or changes.sweep or (
        (changes.colours or changes.sizes or changes.values) if _tells_values(document.options) else
        (changes.colours or changes.sizes) and document.options.keys))


def _tells_values(options: Options) -> bool:
    return bool(options.numbers or options.sums) or options.arcs is not None


def _range(viz: Viz) -> tuple:
    return viz.vmin, viz.vmax, viz.norm, viz.percentile, viz.cmap


def _partition(colours: dict[str, Colours], paths: list[str]) -> list[int]:
    """Which matrices share a material, by the number of the first that has it."""
    first: dict[Colours, int] = {}
    return [first.setdefault(colours[path], at) for at, path in enumerate(paths)]


def _skeleton(node: Node) -> tuple:
    """What of a node's own settings sweeps and guides depend on."""
    if isinstance(node, Leaf):
        return node.h, node.w, node.rows, node.cols, node.layout
    return (node.h, node.d, node.w, node.rows, node.inner, node.cols, node.layout, node.chain,
            replace(node.anim, speed=0.0, spin=0.0))


def may_move_arrows(document: Document, changes: Changes) -> bool:
    """Whether an arrow may hide an element of ``document`` now, or hide none any more."""
    return changes.sizes and (changes.values != frozenset() or flow_arrows.depend_on_sizes(document))
