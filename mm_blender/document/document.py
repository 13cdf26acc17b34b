"""A document: one visualization as the stages made it. Nothing of it changes any more: another one is made of it.

What is computed of it later, when it is asked for, is kept in its ``cache`` and nowhere else.
"""
from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from ..appearance.scaling import Scaling
from ..data import lazy
from ..data.origins import Origin
from ..errors import ParameterError
from ..expression import retype
from ..expression.parameters import copied, expression_of, find, walk
from ..expression.schema import LABELS
from ..expression.tree import MatMul, Node, nodes
from ..layout import framing, pace, places
from ..layout.reduction import Plan
from ..layout.schedule import Schedule
from ..options import Options
from ..plain import said, text
from ..values.cache import Results
from ..values.compute import Range
from ..values.tally import Reading

Made = TypeVar("Made")


class Memo:
    """What was computed last of each kind, behind what it was computed of."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Hashable, Any]] = {}

    def once(self, kind: str, of: Hashable, make: Callable[[], Made]) -> Made:
        """What ``make`` gives, which is asked only where the last of this ``kind`` was not made ``of`` the same."""
        if kind not in self._kept or self._kept[kind][0] != of:
            self._kept[kind] = of, make()
        return self._kept[kind][1]


class Cache(Memo):
    """What is known of one document: its ``results``, and what was made of them. ``places``: those that were found for
    names, which documents that are made of each other have in common: a look or an algorithm moves none."""

    def __init__(self, results: Results, places: Memo | None = None):
        super().__init__()
        self.results, self.places = results, places or Memo()


@dataclass(frozen=True, eq=False)
class Document:
    """``params``: complete, in the reference's schema; without a camera where that was framed (``auto_framed``).
    ``data``: what was given, by leaf path or, for epilogs, by name. ``origin``: who names the addresses. ``made_up``:
    by path or name, the name and how it is made, of what is made up beside given data. ``true``: the matrices as they
    are, ``tree`` as by ``plan`` they are shown."""

    params: dict[str, Any]
    options: Options
    data: Mapping[str, lazy.Matrix]
    origin: Origin
    made_up: Mapping[str, tuple[str, str]]
    true: MatMul
    plan: Plan
    tree: MatMul
    schedule: Schedule
    placement: places.Placement
    camera: framing.Camera
    auto_framed: bool
    cache: Cache

    # ---- in words

    @property
    def seen_params(self) -> dict[str, Any]:
        """The parameters with the camera that was framed. To look at only."""
        return {**self.params, "cam": framing.to_params(self.camera)} if self.auto_framed else self.params

    @property
    def complete_params(self) -> dict[str, Any]:
        """The same, a copy."""
        return copied(self.seen_params)

    @property
    def expression(self) -> str:
        """The reference's form, without epilogs; ``written`` has them."""
        return expression_of(self.params)

    @property
    def written(self) -> str:
        """The expression as one types it."""
        return self.cache.once("written", None, lambda: retype.written(self.params))

    @property
    def labels(self) -> dict[str, dict[str, list[str]]]:
        """By path, what the ``rows`` and the ``cols`` of a matrix stand for (the tokens of an attention head)."""
        return {path: {side: node[key].split("\n") for side, key in LABELS if node.get(key)}
                for path, node, _ in walk(self.params) if any(node.get(key) for _, key in LABELS)}

    def setting(self, path: str, group: str, key: str) -> Any:
        """One setting of the node at ``path`` as it is in the parameters, its parent's (or None) where it has none.
        ``group``: ``viz``, ``block`` … or empty for the node's own."""
        node = find(self.seen_params, path)
        value = (node.get(group) or {}).get(key) if group else node.get(key)
        if value is None and group and path != "root":
            return self.setting(path.rpartition(".")[0], group, key)
        return value

    def matrix(self, path: str) -> Node:
        """What is shown at ``path``. Raises ParameterError."""
        path = text(path, "a path")
        node = next((each for each in nodes(self.tree) if each.path == path), None)
        if node is None:
            raise ParameterError(f"there is no matrix at {said(path)}; a path is 'root' followed by '.left' and "
                                 "'.right'")
        return node

    # ---- what is computed when it is asked for

    @property
    def values(self) -> dict[str, np.ndarray]:
        """Of every matrix by path, float32 (h, w), or its cells where it is shown reduced. Raises an MMError."""
        return self.cache.results.values

    @property
    def ranges(self) -> dict[str, Range]:
        """By path, the magnitudes of the finite values."""
        return self.cache.results.ranges

    @property
    def readings(self) -> dict[str, Reading]:
        """What was seen of matrices that are shown reduced, by path; empty until ``values`` was asked for."""
        return self.cache.results.readings

    @property
    def scaling(self) -> Scaling:
        """How the matrices are sized and coloured. Computes the values."""
        return self.cache.once("scaling", id(self.values), lambda: Scaling(self.tree, self.values, self.ranges))

    def element(self, path: str, row: int, col: int) -> tuple[int, int, float] | None:
        """See ``Visualization.element``."""
        return self.cache.results.element(path, row, col)

    # ---- in space and time

    def outline(self) -> np.ndarray:
        """The corners (n, 3) of all matrices as drawn."""
        return places.outline(self.tree, self.placement)

    @property
    def turns(self) -> bool:
        """Whether the camera turns around the whole."""
        return bool(self.options.animate and self.tree.anim.spin)

    @property
    def moves(self) -> bool:
        """Whether there is anything to see over time: a sweep, a camera that turns, or a story."""
        return self.options.animate and bool(self.tree.anim.spin or self.schedule.tracks or self.options.story)

    def frame_rate(self, usual: float) -> float:
        """Frames a second that it is played at; ``usual``: where nothing is said."""
        return usual if self.options.fps is None else self.options.fps

    def step_frames(self, fps: float) -> float:
        """Length of a step of the sweep in frames, at ``fps`` frames a second; by a pace the mean of all."""
        paced = self.paced(fps)
        if paced is not None:
            return float(paced.mean())
        duration = self.options.duration
        return self.options.frames_per_step if duration is None else duration * fps / self.schedule.steps

    def paced(self, fps: float) -> np.ndarray | None:
        """The length of every step in frames, at ``fps`` frames a second, (steps,); None where no pace is set and all
        are alike."""
        if self.options.pace is None:
            return None
        seconds = pace.lengths(self.options.pace, self.schedule.steps)
        stretched = 1.0 if self.options.duration is None else self.options.duration / seconds.sum()
        return np.asarray(seconds * stretched * fps)
