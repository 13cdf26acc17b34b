"""Values of matrices that are shown reduced: computed by bands of rows, each reduced at once, so that what is held at a
time is a band, what stands on the right of a product, and the cells.

A result's rows depend on the rows of what stands on its left, so an expression is followed down its left side, all of
its results band by band. Epilogs by rows (softmax, causal masks) are exact that way; those that see the whole matrix
(``epilogs.WHOLE``) need it whole. What is too large for that is made of means (``approximation``).
"""
from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping

import numpy as np

from ..data import lazy
from ..errors import SizeError
from ..expression import epilogs
from ..expression.named import holder
from ..expression.tree import Leaf, MatMul, Node, nodes
from ..layout import reduction
from ..layout.reduction import Plan
from ..system.memory import check_room
from . import compute, named_matrices
from .approximation import approximate, Data, HELD, sees_whole
from .compute import Filling
from .tally import of_means, Reading, Tally

BAND = 2 ** 21        # elements of a band


def read(tree: MatMul, cells: MatMul, plan: Plan, data: Data, filling: Filling,
         known: Mapping[str, Reading] | None = None) -> dict[str, Reading]:
    """What is shown of every matrix of ``tree``, by path; ``cells``: the tree of cells. ``known``: by path, what need
    not be computed. Raises as ``compute.compute`` does."""
    known = known or {}
    if all(node.path in known for node in nodes(tree)):
        return dict(known)
    run = BandedRun(tree, cells, plan, data, filling)
    with np.errstate(all="ignore"):
        run.follow(tree)
    run.say_overflow()
    return run.readings


class BandedRun:
    """One computation of what is shown of ``tree``; ``cells``: the tree of cells."""

    def __init__(self, tree: MatMul, cells: MatMul, plan: Plan, data: Data, filling: Filling):
        self.tree, self.plan, self.data, self.filling = tree, plan, data, filling
        self.edges = {node.path: (reduction.edges(node.rows), reduction.edges(node.cols)) for node in nodes(cells)}
        self.inner = {node.path: reduction.edges(node.inner) for node in nodes(cells) if isinstance(node, MatMul)}
        self.nodes = {node.path: node for node in nodes(tree)}
        self.exact = set(self.nodes) - self._of_means()
        self.readings: dict[str, Reading] = {}
        self.files: dict[str, np.ndarray] = {}
        self.made_up: dict[str, np.ndarray] = {}  # leaves that no data give
        self.band: dict[str, np.ndarray] = {}   # of the results under way
        self.infinite: dict[str, list[int]] = {}  # by path, where the first infinity is
        self.theirs: set[str] = set()           # paths of leaves whose data hold infinities

    def _of_means(self) -> set[str]:
        """All that is not computed exactly element by element, linear means included."""
        return set(approximate(self.tree, Plan("absmax", self.plan.factors), self.data))

    # ---- what is exact

    def follow(self, top: Node, keep: bool = False) -> np.ndarray | None:
        """Read ``top`` and all below it; its values (h, w) if ``keep``."""
        if top.path not in self.exact:
            assert isinstance(top, MatMul)  # a leaf is exact
            self._from_means(top)
            return None
        if isinstance(top, Leaf):
            return self._leaf(top, keep)
        base: Node = top
        results: list[MatMul] = []  # those above it
        while isinstance(base, MatMul) and not sees_whole(base):
            results.insert(0, base)
            base = base.left
        source = self._whole_result(base) if isinstance(base, MatMul) else self.source(base)
        seen: list[Node] = [*results] if isinstance(base, MatMul) else [base, *results]
        tallies = {node.path: self._tally(node) for node in seen}
        right = {node.path: self._right(node.right) for node in results}
        out = np.empty((top.h, top.w), np.float32) if keep else None
        for first, last in self._bands(top.path, max(node.w for node in (base, *results))):
            x = lazy.block(source, first, last)
            if isinstance(base, Leaf):
                given = x
                x = self.finish(base, given, first)
                tallies[base.path].add(x, first)
                self._look_for_infinities(base, given, tallies[base.path])
            self.band[base.path] = x
            for node in results:
                x = self._product(x, right[node.path], node)
                x = epilogs.apply(node.chain, x, node.d, self.named(first, node), first).astype(np.float32, copy=False)
                self.band[node.path] = x
                tallies[node.path].add(x, first)
            if out is not None:
                out[first:last] = x
        self.band.clear()
        for path, tally in tallies.items():
            self._keep(path, tally)
        return out

    def _right(self, node: Node) -> np.ndarray:
        """What stands on the right of a product, whole."""
        if isinstance(node, MatMul) and sees_whole(node):
            return self._whole_result(node)
        return self._read(node)

    def _read(self, node: Node) -> np.ndarray:
        """The values (h, w) of what is computed element by element."""
        x = self.follow(node, keep=True)
        assert x is not None  # what stands below such a result is such, too
        return x

    def _product(self, x: np.ndarray, right: np.ndarray, node: MatMul) -> np.ndarray:
        return compute.matmul(x, right, node.h * node.d * node.w <= compute.CAREFUL)

    def _whole_result(self, node: MatMul) -> np.ndarray:
        """A result whose epilog sees all of it."""
        left, right = self._read(node.left), self._right(node.right)
        product = self._product(left, right, node)
        x = epilogs.apply(node.chain, product, node.d, self.named(0, node)).astype(np.float32, copy=False)
        self._tally_all(node, x)
        return x

    def _tally_all(self, node: Node, x: np.ndarray) -> None:
        tally = self._tally(node)
        for first, last in self._bands(node.path, node.w):
            tally.add(x[first:last], first)
        self._keep(node.path, tally)

    def _keep(self, path: str, tally: Tally) -> None:
        self.readings[path] = tally.reading()
        if tally.infinite is not None:
            self.infinite[path] = tally.infinite

    def _look_for_infinities(self, leaf: Leaf, given: np.ndarray, tally: Tally) -> None:
        """Remember whether rows of a leaf, as they were ``given``, hold infinities, if there are any after all."""
        if tally.infinite is not None and leaf.path not in self.theirs and np.isinf(given).any():
            self.theirs.add(leaf.path)

    def say_overflow(self) -> None:
        """Warn (MMWarning) of infinities that nobody has given: see ``compute.compute``."""
        for path, at in self.infinite.items():
            node = self.nodes[path]
            used = {label.removesuffix(".T") for label in epilogs.matrices(node.chain)}
            given = any(np.isinf(lazy.whole(self.data[name])).any() for name in used & self.data.keys())
            ours = not {node.left.path, node.right.path} & self.infinite.keys() if isinstance(node, MatMul) else \
                path not in self.theirs and compute.is_given(node, self.data)
            if ours and not given:
                compute.say_beyond(node, at, "element" if path in self.exact else "cell")

    def _leaf(self, leaf: Leaf, keep: bool) -> np.ndarray | None:
        source = self.source(leaf)
        plain = leaf.scale == 1 and not leaf.chain
        if isinstance(source, lazy.Crossed) and source.of is not None and (keep or leaf.h * leaf.w <= HELD):
            source = source.of.read().T  # whose rows lie scattered in the file
        whole = sees_whole(leaf)
        if whole:
            given = lazy.whole(source)
            source, plain = compute.finish(leaf, given, self.named(0, leaf)), True
            if np.isinf(given).any():
                self.theirs.add(leaf.path)
        same = source if plain and isinstance(source, np.ndarray) else None
        out = np.empty((leaf.h, leaf.w), np.float32) if keep and same is None else None
        tally = self._tally(leaf)
        for first, last in self._bands(leaf.path, leaf.w):
            given = lazy.block(source, first, last)
            x = given if plain else self.finish(leaf, given, first)
            tally.add(x, first)
            if not whole:
                self._look_for_infinities(leaf, given, tally)
            if out is not None:
                out[first:last] = x
        self._keep(leaf.path, tally)
        return same if keep and same is not None else out

    def finish(self, leaf: Leaf, x: np.ndarray, first: int) -> np.ndarray:
        """Rows of a leaf, from ``first`` on, with its own scale and epilogs."""
        return compute.finish(leaf, x, self.named(first, leaf), first)

    def source(self, leaf: Leaf) -> lazy.Matrix:
        """Where the elements of a leaf come from, before its own scale and epilogs."""
        if leaf.path in self.data:
            return self.data[leaf.path]
        if leaf.path not in self.made_up:
            check_room(leaf.h * leaf.w * 8, f"the values of {leaf.name} ({leaf.path}), {leaf.h} x {leaf.w}")
            self.made_up[leaf.path] = compute.initial(leaf, self.filling, self.files)
        return self.made_up[leaf.path]

    def named(self, first: int, node: Node) -> epilogs.Named:
        """Matrices that epilogs take by name, the rows from ``first`` on of those as high as ``node``."""
        whole = {path: x for path, x in self.data.items() if isinstance(x, np.ndarray)} | self.made_up
        find = named_matrices.Lookup(self.tree, self.data, {**whole, **self.band}, self.filling.seed)

        def named(label: str, h: int, w: int) -> np.ndarray:
            result = holder(self.tree, label)
            if result and result.path in self.band:
                return self.band[result.path]
            x = lazy.whole(find(label, node.h, w))
            return x if x.shape[0] == 1 else x[first:first + h]

        return named

    def _tally(self, node: Node) -> Tally:
        return Tally(self.plan.kind, *self.edges[node.path])

    def _bands(self, path: str, width: int) -> Iterator[tuple[int, int]]:
        """Rows from a first to a last, exclusive, that end where cells do."""
        rows = self.edges[path][0]
        first = 0
        while first < len(rows) - 1:
            most = rows[first] + max(1, BAND // width)
            last = max(first + 1, int(np.searchsorted(rows, most, "right")) - 1)
            yield int(rows[first]), int(rows[last])
            first = last

    # ---- what is made of means

    def _from_means(self, node: MatMul) -> None:
        for child in (node.left, node.right):
            self.follow(child)
        x = self.means(node, True, True)
        self.readings[node.path] = of_means(x)
        if np.isinf(x).any():
            self.infinite[node.path] = [int(n) for n in np.argwhere(np.isinf(x))[0]]

    def means(self, node: Node, rows: bool, cols: bool) -> np.ndarray:
        """Means over the tiles of a matrix, reduced along its rows, columns or both."""
        edges = [cells if reduced else np.arange(size + 1)
                 for cells, reduced, size in zip(self.edges[node.path], (rows, cols), (node.h, node.w))]
        if (len(edges[0]) - 1) * (len(edges[1]) - 1) > HELD:
            raise SizeError(f"{node.name} ({node.path}), {node.h} x {node.w}, is too large to be computed, even "
                            "reduced; give it as data, or show a slice")
        if isinstance(node, Leaf):
            tally = Tally("mean", *edges)
            source = self.source(node)
            for first, last in self._bands(node.path, node.w):
                tally.add(self.finish(node, lazy.block(source, first, last), first), first)
            return tally.reading().cells
        inner = self.inner[node.path]
        alone = max(len(edges[0]), len(edges[1])) * node.d <= HELD
        left, right = self.means(node.left, rows, not alone), self.means(node.right, not alone, cols)
        product = compute.matmul(left, right) if alone else left.astype(np.float64) * np.diff(inner) @ right
        return self._epilog_of_means(node, product, *edges).astype(np.float32, copy=False)

    def _epilog_of_means(self, node: MatMul, x: np.ndarray, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
        def named(label: str, h: int, w: int) -> np.ndarray:
            whole = self.named(0, node)(label, node.h, node.w)
            return reduction.tiles(whole, "mean", rows if whole.shape[0] > 1 else np.arange(2),
                                cols if whole.shape[1] > 1 else np.arange(2))

        for at, step in enumerate(node.chain):
            if step.name.startswith("rope"):
                raise SizeError(f"{node.name} ({node.path}), {node.h} x {node.w}, is too large for {step.name}, which "
                                "needs every element; give it as data, or show a slice")
            if step.name in ("tril", "triu"):
                below = rows[:-1, None] >= cols[None, :-1]
                fill = -np.inf if at + 1 < len(node.chain) and node.chain[at + 1].name == "softmax" else 0
                x = np.where(below if step.name == "tril" else ~below | np.equal.outer(rows[:-1], cols[:-1]), x, fill)
            else:
                x = epilogs.apply((step,), x, node.d, named)
                if step.name == "softmax":  # every cell of a row stands for several elements
                    x = x * ((len(cols) - 1) / cols[-1])
        return x


def recipes(true: Mapping[str, Hashable], plan: Plan) -> dict[str, Hashable]:
    """By path, all that the cells of a matrix depend on, from what its values depend on."""
    factors = tuple(sorted(plan.factors.items()))
    return {path: (recipe, plan.kind, factors, plan.ends) for path, recipe in true.items()}
