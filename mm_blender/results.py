"""Results: the values of a visualization, computed when they are first asked for, and taken over where nothing that they
depend on has changed."""
from __future__ import annotations

import warnings
from collections.abc import Hashable, Mapping

import numpy as np

from . import large, reduce, values
from .errors import MMError, MMWarning
from .large import Data
from .options import Options
from .reduce import Plan
from .tally import Reading
from .tree import MatMul, nodes

# by recipe, what was computed (an array, or a reading) and the range of that, if it is known
Known = Mapping[Hashable, tuple[np.ndarray | Reading, values.Range | None]]


class Results:
    """Of ``true``, the matrices as they are, by ``plan`` shown as ``tree``. ``readings``: what was seen of matrices that
    are shown reduced, by path."""

    def __init__(self, true: MatMul, tree: MatMul, plan: Plan, data: Data, options: Options):
        self.true, self.tree, self.plan, self.data, self.options = true, tree, plan, data, options
        self.readings: dict[str, Reading] = {}
        self._values: dict[str, np.ndarray] | None = None
        self._ranges: dict[str, values.Range] = {}
        self._known: Known = {}

    @property
    def values(self) -> dict[str, np.ndarray]:
        """See ``Visualization.values``."""
        if self._values is None:
            known, self._known = self._known, {}
            self._values = self._reduced(known) if self.plan.reduces else self._whole(known)
        return self._values

    @property
    def ranges(self) -> dict[str, values.Range]:
        """By path, the magnitudes of the finite values."""
        self.values
        return self._ranges

    @property
    def known(self) -> Known:
        """What is computed, or else taken over and not used yet."""
        if self._values is None:
            return self._known
        held = self.readings or self._values
        return {recipe: (held[path], self._ranges[path]) for path, recipe in self._recipes().items()}

    def take_over(self, known: Known) -> None:
        """Have what is ``known`` of other results not computed again."""
        self._known = known

    def assume(self, known: Mapping[str, np.ndarray | Reading]) -> None:
        """See ``Visualization.assume``."""
        recipes = self._recipes()
        self._known = {recipes[path]: (x, None if self.plan.reduces else values.ranges({path: x})[path])
                       for path, x in known.items()}

    def element(self, path: str, row: int, col: int) -> tuple[int, int, float] | None:
        """See ``Visualization.element``."""
        run = large.Run(self.true, self.tree, self.plan, self.data, self.options.seed, self.options.assets)
        try:
            return run.extreme(path, row, col)
        except MMError:
            return None

    def _recipes(self) -> dict[str, Hashable]:
        recipes = values.recipes(self.true, self.data, seed=self.options.seed, assets=self.options.assets)
        return large.recipes(recipes, self.plan) if self.plan.reduces else recipes

    def _whole(self, known: Known) -> dict[str, np.ndarray]:
        known = {recipe: held for recipe, held in known.items() if isinstance(held[0], np.ndarray)}
        made = values.compute(
            self.tree, self.data, seed=self.options.seed, assets=self.options.assets, online=self.options.online,
            known={recipe: x for recipe, (x, _) in known.items()})
        self._ranges = values.ranges(made, {id(x): span for x, span in known.values()})
        return made

    def _reduced(self, known: Known) -> dict[str, np.ndarray]:
        held = {path: known[recipe] for path, recipe in self._recipes().items() if recipe in known}
        self.readings = large.compute(
            self.true, self.tree, self.plan, self.data, seed=self.options.seed, assets=self.options.assets,
            online=self.options.online, known={path: reading for path, (reading, _) in held.items()})
        cells = {path: reading.cells for path, reading in self.readings.items()}
        self._ranges = values.ranges(cells)
        self._say_what_is_rough()
        return cells

    def _say_what_is_rough(self) -> None:
        rough = [node.name for node in nodes(self.tree) if node.note.startswith(reduce.ABOUT)]
        if rough:
            warnings.warn(f"{', '.join(rough)}: too large to be computed element by element, so what is shown is "
                          "computed of means over tiles and approximate", MMWarning, stacklevel=5)
        if still := reduce.stilled(self.true, self.tree) if self.options.animate else ():
            warnings.warn(f"the sweep of {', '.join(still)} would add up elements that are not shown, since it is "
                          "reduced: its result is shown as it ends; vmprod sweeps show reduced matrices", MMWarning,
                          stacklevel=5)
