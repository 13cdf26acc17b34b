"""Values of matrices that are shown reduced: computed by bands of rows, each reduced at once, so that what is held at a
time is a band, what stands on the right of a product, and the cells.

A result's rows depend on the rows of what stands on its left, so an expression is followed down its left side, all of
its results band by band. Epilogs by rows (softmax, causal masks) are exact that way; those that see the whole matrix
(``WHOLE``) need it whole. What is too large for that is made of means (``approximate``): a mean over rows and columns
of a product is the product of the means as long as k is left alone, but an epilog of means is no mean of epilogs, and
no largest magnitude.
"""
from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping

import numpy as np

from . import epilogs, lazy, named as by_name, reduce, values
from .errors import SizeError
from .reduce import Plan
from .tally import Reading, Tally, of_means
from .tree import Leaf, MatMul, Node, nodes

BAND = 2 ** 21        # elements of a band
HELD = 2 ** 27        # elements of what may be held whole, 512 MB
SEEN = 2 ** 25        # elements of a matrix that an epilog sees whole; some count in float64
WORK = 2 ** 40        # multiply-adds that are worth it, about half a minute on two cores
ASKED = 2 ** 28       # multiply-adds, and elements read, that a question about one cell is worth
WHOLE = ("layernorm", "rmsnorm_cols", "rope_cols")
LINEAR = ("mul", "div", "add")

Data = Mapping[str, lazy.Matrix]


def approximate(tree: MatMul, plan: Plan, data: Data) -> frozenset[str]:
    """The paths of the results that are made of means."""
    out: set[str] = set()
    means = set()  # of linear products of what is read, which are exact as means
    spent = 0
    for node in nodes(tree):
        if isinstance(node, Leaf):
            continue
        work = node.h * node.d * node.w
        free = isinstance(data.get(node.right.path), (np.ndarray, lazy.Lost))
        whole = any(step.name in WHOLE for step in node.chain)
        inexact = {node.left.path, node.right.path} & (out | means)
        if inexact or spent + work > WORK or not (free or node.right.h * node.right.w <= HELD) \
                or whole and node.h * node.w > SEEN:
            linear = plan.kind == "mean" and not {node.left.path, node.right.path} & out and _is_linear(node.chain) \
                and _k_is_left_alone(node, plan)
            (means if linear else out).add(node.path)
        else:
            spent += work
    return frozenset(out)


def _is_linear(chain: epilogs.Chain) -> bool:
    return all(step.name in LINEAR and not step.matrix for step in chain)


def _k_is_left_alone(node: MatMul, plan: Plan) -> bool:
    """Whether the operands can be held with their rows, or columns, reduced and every k."""
    return max(node.h // plan.factors[node.path, "h"], node.w // plan.factors[node.path, "w"]) * node.d <= HELD


def compute(tree: MatMul, cells: MatMul, plan: Plan, data: Data, *, seed: int = 0, assets=None, online: bool = False,
            known: Mapping[str, Reading] | None = None) -> dict[str, Reading]:
    """What is shown of every matrix of ``tree``, by path; ``cells``: the tree of cells. ``known``: by path, what need
    not be computed. Raises as ``values.compute`` does."""
    known = known or {}
    if all(node.path in known for node in nodes(tree)):
        return dict(known)
    run = Run(tree, cells, plan, data, seed, assets, online)
    with np.errstate(all="ignore"):
        run.follow(tree)
    return run.readings


class Run:
    """One computation of what is shown."""

    def __init__(self, tree: MatMul, cells: MatMul, plan: Plan, data: Data, seed: int = 0, assets=None,
                 online: bool = False):
        self.tree, self.plan, self.data = tree, plan, data
        self.seed, self.assets, self.online = seed, assets, online
        self.edges = {node.path: (reduce.edges(node.rows), reduce.edges(node.cols)) for node in nodes(cells)}
        self.inner = {node.path: reduce.edges(node.inner) for node in nodes(cells) if isinstance(node, MatMul)}
        self.nodes = {node.path: node for node in nodes(tree)}
        self.exact = set(self.nodes) - self._of_means()
        self.readings: dict[str, Reading] = {}
        self.files: dict[str, np.ndarray] = {}
        self.made: dict[str, np.ndarray] = {}   # leaves that are given by no data
        self.band: dict[str, np.ndarray] = {}   # of the results under way

    def _of_means(self) -> set[str]:
        """All that is not computed exactly element by element, linear means included."""
        return set(approximate(self.tree, Plan("absmax", self.plan.factors), self.data))

    # ---- what is exact

    def follow(self, top: Node, keep: bool = False) -> np.ndarray | None:
        """Read ``top`` and all below it; its values (h, w) if ``keep``."""
        if top.path not in self.exact:
            self._from_means(top)
            return None
        if isinstance(top, Leaf):
            return self._leaf(top, keep)
        line = [top]
        while not isinstance(line[-1], Leaf) and not _sees_whole(line[-1]):
            line.append(line[-1].left)
        base, results = line[-1], line[-2::-1]
        if isinstance(base, MatMul):
            source: lazy.Matrix = self._whole_result(base)
        else:
            source = self._source(base)
        tallies = {node.path: self._tally(node) for node in (results if isinstance(base, MatMul) else [base, *results])}
        right = {node.path: self._right(node.right) for node in results}
        out = np.empty((top.h, top.w), np.float32) if keep else None
        for first, last in self._bands(top.path, max(node.w for node in line)):
            if isinstance(base, Leaf):
                x = self._finish(base, lazy.block(source, first, last), first)
                tallies[base.path].add(x, first)
            else:
                x = source[first:last]
            self.band[base.path] = x
            for node in results:
                x = self._product(x, right[node.path], node)
                x = epilogs.apply(node.chain, x, node.d, self._named(first, node), first).astype(np.float32, copy=False)
                self.band[node.path] = x
                tallies[node.path].add(x, first)
            if out is not None:
                out[first:last] = x
        self.band.clear()
        self.readings |= {path: tally.reading() for path, tally in tallies.items()}
        return out

    def _right(self, node: Node) -> np.ndarray:
        """What stands on the right of a product, whole."""
        if isinstance(node, MatMul) and _sees_whole(node):
            return self._whole_result(node)
        return self.follow(node, keep=True)

    def _product(self, x: np.ndarray, right: np.ndarray, node: MatMul) -> np.ndarray:
        if node.h * node.d * node.w <= values.CAREFUL:
            return values.matmul(x, right)
        return x @ right

    def _whole_result(self, node: MatMul) -> np.ndarray:
        """A result whose epilog sees all of it."""
        left, right = self.follow(node.left, keep=True), self._right(node.right)
        product = self._product(left, right, node)
        x = epilogs.apply(node.chain, product, node.d, self._named(0, node)).astype(np.float32, copy=False)
        self._tally_all(node, x)
        return x

    def _tally_all(self, node: Node, x: np.ndarray) -> None:
        tally = self._tally(node)
        for first, last in self._bands(node.path, node.w):
            tally.add(x[first:last], first)
        self.readings[node.path] = tally.reading()

    def _leaf(self, leaf: Leaf, keep: bool) -> np.ndarray | None:
        source = self._source(leaf)
        plain = leaf.scale == 1 and not leaf.chain
        if isinstance(source, lazy.Crossed) and (keep or leaf.h * leaf.w <= HELD):
            source = source.of.read().T  # whose rows lie scattered in the file
        if any(step.name in WHOLE for step in leaf.chain):
            source, plain = values._finish(leaf, lazy.whole(source), self._named(0, leaf)), True
        same = plain and isinstance(source, np.ndarray)
        out = np.empty((leaf.h, leaf.w), np.float32) if keep and not same else None
        tally = self._tally(leaf)
        for first, last in self._bands(leaf.path, leaf.w):
            x = lazy.block(source, first, last)
            x = x if plain else self._finish(leaf, x, first)
            tally.add(x, first)
            if out is not None:
                out[first:last] = x
        self.readings[leaf.path] = tally.reading()
        return source if keep and same else out

    def _finish(self, leaf: Leaf, x: np.ndarray, first: int) -> np.ndarray:
        if leaf.scale != 1:
            x = x * np.float32(leaf.scale)
        return epilogs.apply(leaf.chain, x, None, self._named(first, leaf), first).astype(np.float32, copy=False)

    def _source(self, leaf: Leaf) -> lazy.Matrix:
        """Where the elements of a leaf come from, before its own scale and epilogs."""
        if leaf.path in self.data:
            return self.data[leaf.path]
        if leaf.path not in self.made:
            values.check_room(leaf.h * leaf.w * 8, f"the values of {leaf.name} ({leaf.path}), {leaf.h} x {leaf.w}")
            self.made[leaf.path] = values._initial(leaf, self.seed, self.assets, self.online, self.files)
        return self.made[leaf.path]

    def _named(self, first: int, node: Node) -> epilogs.Named:
        """Matrices that epilogs take by name, the rows from ``first`` on of those as high as ``node``."""
        whole = {path: x for path, x in self.data.items() if isinstance(x, np.ndarray)} | self.made
        find = by_name.Lookup(self.tree, self.data, {**whole, **self.band}, self.seed)

        def named(label: str, h: int, w: int) -> np.ndarray:
            held = by_name.holder(self.tree, label)
            if held and held.path in self.band:
                return self.band[held.path]
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

    def means(self, node: Node, rows: bool, cols: bool) -> np.ndarray:
        """Means over the tiles of a matrix, reduced along its rows, columns or both."""
        edges = [cells if reduced else np.arange(size + 1)
                 for cells, reduced, size in zip(self.edges[node.path], (rows, cols), (node.h, node.w))]
        if (len(edges[0]) - 1) * (len(edges[1]) - 1) > HELD:
            raise SizeError(f"{node.name} ({node.path}), {node.h} x {node.w}, is too large to be computed, even "
                            "reduced; give it as data, or show a slice")
        if isinstance(node, Leaf):
            tally = Tally("mean", *edges)
            source = self._source(node)
            for first, last in self._bands(node.path, node.w):
                tally.add(self._finish(node, lazy.block(source, first, last), first), first)
            return tally.reading().cells
        inner = self.inner[node.path]
        alone = max(len(edges[0]), len(edges[1])) * node.d <= HELD
        left, right = self.means(node.left, rows, not alone), self.means(node.right, not alone, cols)
        if not alone:
            left = left * np.diff(inner).astype(np.float32)
        return self._epilog_of_means(node, left @ right, *edges).astype(np.float32, copy=False)

    def _epilog_of_means(self, node: MatMul, x: np.ndarray, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
        def named(label: str, h: int, w: int) -> np.ndarray:
            whole = self._named(0, node)(label, node.h, node.w)
            return reduce.tiles(whole, "mean", rows if whole.shape[0] > 1 else np.arange(2),
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

    # ---- questions

    def extreme(self, path: str, row: int, col: int) -> tuple[int, int, float] | None:
        """The element of largest magnitude in a cell: row, column, value. None where finding it would take long."""
        (r0, r1), (c0, c1) = (edges[at:at + 2] for edges, at in zip(self.edges[path], (row, col)))
        with np.errstate(all="ignore"):
            x = self.block(self.nodes[path], int(r0), int(r1), int(c0), int(c1))
        if x is None:
            return None
        at = int(np.where(np.isnan(x), np.inf, np.abs(x)).argmax())
        i, j = divmod(at, x.shape[1])
        return int(r0) + i, int(c0) + j, float(x[i, j])

    def block(self, node: Node, top: int, bottom: int, left: int, right: int) -> np.ndarray | None:
        """A block of a matrix' true values, None where that would take long."""
        if node.path not in self.exact or any(step.name in WHOLE for step in node.chain):
            return None
        pointwise = all(epilogs.is_pointwise(step) for step in node.chain)
        a, b = (left, right) if pointwise else (0, node.w)
        if (bottom - top) * (b - a) > ASKED:
            return None
        if isinstance(node, Leaf):
            if node.path not in self.data and node.h * node.w > ASKED // 16:
                return None
            x = self._finish(node, lazy.block(self._source(node), top, bottom, a, b), top)
        else:
            if (bottom - top) * node.d * (b - a) > ASKED or node.d * (b - a) > ASKED // 4:
                return None
            operands = self.block(node.left, top, bottom, 0, node.d), self.block(node.right, 0, node.d, a, b)
            if any(x is None for x in operands):
                return None
            x = epilogs.apply(node.chain, operands[0] @ operands[1], node.d, self._named(top, node), top)
        return x if pointwise else x[:, left:right]


def _sees_whole(node: Node) -> bool:
    return any(step.name in WHOLE for step in node.chain)


def recipes(true: Mapping[str, Hashable], plan: Plan) -> dict[str, Hashable]:
    """By path, all that the cells of a matrix depend on, from what its values depend on."""
    factors = tuple(sorted(plan.factors.items()))
    return {path: (recipe, plan.kind, factors) for path, recipe in true.items()}
