"""Results: the values of a visualization, computed when they are first asked for, and taken over where nothing that
they depend on has changed."""
from __future__ import annotations

from collections.abc import Hashable, Mapping

import numpy as np

from ..data.origins import Origin, PERSON
from ..errors import MMError, warn
from ..expression import algorithms
from ..expression.tree import MatMul, nodes
from ..layout import reduction
from ..layout.reduction import Plan
from ..options import Options
from . import banded, compute, cost
from .approximation import Data
from .elements import extreme
from .tally import Reading

# by recipe, what was computed (an array, or a reading) and the range of that, if it is known
Known = Mapping[Hashable, tuple[np.ndarray | Reading, compute.Range | None]]


class Results:
    """Of ``true``, the matrices as they are, by ``plan`` shown as ``tree``. ``readings``: what was seen of matrices
    that are shown reduced, by path."""

    def __init__(self, true: MatMul, tree: MatMul, plan: Plan, data: Data, options: Options,
                 origin: Origin = PERSON):
        self.true, self.tree, self.plan, self.data, self.options = true, tree, plan, data, options
        self.origin = origin
        self.readings: dict[str, Reading] = {}
        self._values: dict[str, np.ndarray] | None = None
        self._ranges: dict[str, compute.Range] = {}
        self._known: Known = {}
        self._checked = False
        self._alive: tuple[Data, ...] = ()  # what is known is known by the identity of these, which none may take on

    @property
    def values(self) -> dict[str, np.ndarray]:
        """See ``Visualization.values``."""
        if self._values is None:
            self.check()
            known, self._known = self._known, {}
            self._values = self._reduced(known) if self.plan.reduces else self._whole(known)
            self._alive = ()
        return self._values

    def check(self) -> None:
        """Raise SizeError if what is to be computed is too much, see ``cost.check``."""
        recipes = self._recipes() if self._known else {}
        known = {path for path, recipe in recipes.items() if recipe in self._known}
        if not self._checked:
            cost.check(self.true, self.plan, self.data, known)
        self._checked = True

    @property
    def ranges(self) -> dict[str, compute.Range]:
        """By path, the magnitudes of the finite values."""
        _ = self.values
        return self._ranges

    @property
    def known(self) -> Known:
        """What is computed, or else taken over and not used yet."""
        if self._values is None:
            return self._known
        held: Mapping[str, np.ndarray | Reading] = self.readings or self._values
        return {recipe: (held[path], self._ranges[path]) for path, recipe in self._recipes().items()}

    def take_over(self, other: Results) -> None:
        """Have what is known of ``other`` not computed again."""
        self._known = other.known
        self._alive = (other.data, *other._alive) if self._known else ()

    def assume(self, known: Mapping[str, np.ndarray | Reading]) -> None:
        """Take values, by path, as known already: of leaves or, where matrices are reduced, what is shown of all."""
        recipes = self._recipes()
        self._known = {recipes[path]: (x, compute.ranges({path: x})[path] if isinstance(x, np.ndarray) else None)
                       for path, x in known.items()}

    def element(self, path: str, row: int, col: int) -> tuple[int, int, float] | None:
        """See ``Visualization.element``."""
        if self.plan.elides:
            node = next(node for node in nodes(self.tree) if node.path == path)
            return (reduction.span(node.rows, row)[0], reduction.span(node.cols, col)[0],
                    float(self.values[path][row, col]))
        filling = compute.Filling(self.options.seed, self.options.assets, origin=self.origin)
        run = banded.BandedRun(self.true, self.tree, self.plan, self.data, filling)
        try:
            return extreme(run, path, row, col)
        except MMError:
            return None

    def _recipes(self) -> dict[str, Hashable]:
        recipes = compute.recipes(self.true, self.data, seed=self.options.seed, assets=self.options.assets)
        return banded.recipes(recipes, self.plan) if self.plan.reduces else recipes

    def _whole(self, known: Known) -> dict[str, np.ndarray]:
        arrays = {recipe: x for recipe, (x, _) in known.items() if isinstance(x, np.ndarray)}
        made = compute.compute(
            self.tree, self.data, seed=self.options.seed, assets=self.options.assets, online=self.options.online,
            origin=self.origin, known=arrays)
        self._ranges = compute.ranges(made, {id(x): span for x, span in known.values() if span is not None})
        return made

    def _reduced(self, known: Known) -> dict[str, np.ndarray]:
        held = {path: known[recipe] for path, recipe in self._recipes().items() if recipe in known}
        filling = compute.Filling(self.options.seed, self.options.assets, self.options.online, self.origin)
        taken = {path: reading for path, (reading, _) in held.items() if isinstance(reading, Reading)}
        self.readings = self._ends(taken) if self.plan.elides else banded.read(
            self.true, self.tree, self.plan, self.data, filling, known=taken)
        cells = {path: reading.cells for path, reading in self.readings.items()}
        self._ranges = compute.ranges(cells)
        self._say_what_is_rough()
        return cells

    def _ends(self, taken: dict[str, Reading]) -> dict[str, Reading]:
        """What is shown where rows and columns are left out: all is computed, unless all is known already."""
        every = nodes(self.tree)
        if all(node.path in taken for node in every):
            return taken
        whole = compute.compute(self.true, self.data, seed=self.options.seed, assets=self.options.assets,
                                online=self.options.online, origin=self.origin)
        out = {}
        for node in every:
            x = whole[node.path]
            fine = x[np.isfinite(x)]
            low, high = (float(fine.min()), float(fine.max())) if fine.size else (np.inf, -np.inf)
            rows, cols = (reduction.edges(split)[:-1] for split in (node.rows, node.cols))
            out[node.path] = Reading(np.ascontiguousarray(x[np.ix_(rows, cols)]), low, high, x.size - fine.size)
        return out

    def _say_what_is_rough(self) -> None:
        rough = [node.name for node in nodes(self.tree) if node.note.startswith(reduction.ABOUT)]
        if rough:
            warn(f"{', '.join(rough)}: too large to be computed element by element, so what is shown is "
                 "computed of means over tiles and approximate")
        if still := reduction.stilled(self.true, self.tree) if self.options.animate else ():
            if self.plan.elides:
                warn(f"the sweep of {', '.join(still)} is not shown where rows and columns are left out: its result is "
                     "shown as it ends")
                return
            listed = ", ".join(algorithms.revealing())
            warn(f"the sweep of {', '.join(still)} would add up elements that are not shown, since it is "
                 f"reduced: its result is shown as it ends; without blocks along k, {listed} sweep reduced matrices")
