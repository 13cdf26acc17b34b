"""Values: what every matrix of a tree holds."""
from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Hashable, Mapping

import numpy as np

from . import datafiles, epilogs, initialisers, lazy, named as by_name
from .errors import DataError, MMError, SizeError
from .tree import Leaf, MatMul, Node, elements, nodes

WIDE_SUMS = 2 ** 20     # multiply-adds up to which a product is summed in float64, since it costs nothing
CAREFUL = 2 ** 30       # … and up to which sums that cancel are
CANCELS = 2.0 ** -18    # relative to what the operands' norms let expect; float32 sums are exact to a tenth of that
MANY = 100              # a larger share than one in so many is not picked out
BYTES_PER_ELEMENT = 64  # values here, points and instances in Blender; measured, rounded up


@dataclass(frozen=True)
class Range:
    """Magnitudes of a matrix: largest and smallest, over its finite values."""

    absmax: float
    absmin: float


def recipes(tree: MatMul, data: Mapping[str, np.ndarray] | None = None, *, seed: int = 0,
            assets=None) -> dict[str, Hashable]:
    """By path, all that the values of a matrix depend on: equal recipes give equal values (given data count as equal
    only if they are the same array, files if they have the same address)."""
    data = data or {}
    out: dict[str, Hashable] = {}
    by_label: dict[str, Hashable] = {}
    for node in nodes(tree):
        used = tuple((id(data[name]) if name in data else by_label.get(name), seed)
                     for name in (label.removesuffix(".T") for label in epilogs.matrices(node.chain)))
        if isinstance(node, MatMul):
            out[node.path] = (out[node.left.path], out[node.right.path], node.chain, used)
        else:
            origin = id(data[node.path]) if node.path in data else \
                (node.init, node.name, seed, assets if node.init.kind == "url" else None)
            out[node.path] = (origin, node.h, node.w, node.transpose, node.scale, node.chain, used)
        by_label[node.name.removesuffix(".T")] = out[node.path]
    return out


def compute(tree: MatMul, data: Mapping[str, np.ndarray] | None = None, *, seed: int = 0, assets=None,
            online: bool = False, known: Mapping[Hashable, np.ndarray] | None = None) -> dict[str, np.ndarray]:
    """The values of every matrix, by path: float32, (h, w).

    ``data`` gives leaves by path, and matrices that epilogs use by name; other leaves are initialised (those of one
    name alike), other names found as ``named.Lookup`` says. Products are numpy's matmuls. ``known``: values by their
    recipe, which are taken as they are. Raises ShapeError, DataError, ExpressionError naming the leaf; SizeError
    before memory is taken.
    """
    check_memory(tree)
    data, known = data or {}, known or {}
    recipe = recipes(tree, data, seed=seed, assets=assets) if known else {}
    out: dict[str, np.ndarray] = {}
    files: dict[str, np.ndarray] = {}
    named = by_name.Lookup(tree, data, out, seed)
    with np.errstate(all="ignore"):  # overflow and NaN are data here: they are drawn as what they are
        for node in nodes(tree):
            if recipe.get(node.path) in known:
                out[node.path] = known[recipe[node.path]]
            elif isinstance(node, MatMul):
                product = matmul(out[node.left.path], out[node.right.path])
                out[node.path] = np.ascontiguousarray(epilogs.apply(node.chain, product, node.d, named), np.float32)
            elif node.path in data:
                out[node.path] = _finish(node, lazy.whole(data[node.path]), named)
            else:
                out[node.path] = _finish(node, _initial(node, seed, assets, online, files), named)
    return out


def matmul(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """numpy's own product of float32 matrices (h, d) and (d, w).

    What cancels does, as in the reference, which sums in float64: small products are summed so, and of larger ones the
    elements that are small beside their operands (a few in ten thousand of random ones).
    """
    work = a.shape[0] * a.shape[1] * b.shape[1]
    if work <= WIDE_SUMS:
        return a.astype(np.float64) @ b.astype(np.float64)
    product = a @ b
    if work > CAREFUL:
        return product
    flat_a, flat_b = a.ravel(order="K"), b.ravel(order="K")
    expected = np.sqrt(np.float64(flat_a @ flat_a) * np.float64(flat_b @ flat_b) / (a.shape[0] * b.shape[1]))
    if not np.isfinite(expected):
        return a.astype(np.float64) @ b.astype(np.float64)
    limit = np.float32(CANCELS * expected)
    at = np.flatnonzero((product <= limit) & (product >= -limit))
    if at.size * MANY > product.size:
        return a.astype(np.float64) @ b.astype(np.float64)
    if at.size:
        row, column = np.divmod(at, b.shape[1])
        sums = np.einsum("nk,nk->n", a[row].astype(np.float64), b.T[column].astype(np.float64))
        product[row, column] = sums
    return product


def _initial(leaf: Leaf, seed: int, assets, online: bool, files: dict[str, np.ndarray]) -> np.ndarray:
    h, w = (leaf.w, leaf.h) if leaf.transpose else (leaf.h, leaf.w)
    try:
        if leaf.init.kind == "url":
            if leaf.init.url not in files:
                files[leaf.init.url] = datafiles.read_matrix(leaf.init.url, assets, online)
            x = datafiles.tile(files[leaf.init.url], h, w)
        else:
            name = leaf.name.removesuffix(".T") if leaf.transpose else leaf.name
            x = initialisers.fill(leaf.init, h, w, np.random.default_rng([seed, zlib.crc32(name.encode())]))
    except MMError as error:
        if isinstance(error, DataError):
            raise DataError(f"{leaf.name} ({leaf.path}): {error}") from None
        error.args = (f"{leaf.name} ({leaf.path}): {error}",)
        raise
    return x.T if leaf.transpose else x


def _finish(leaf: Leaf, x: np.ndarray, named: epilogs.Named) -> np.ndarray:
    """A leaf's own scale and epilogs."""
    if leaf.scale != 1:
        x = x * np.float32(leaf.scale)
    return np.ascontiguousarray(epilogs.apply(leaf.chain, x, None, named), np.float32)


def check_room(need: int, what: str) -> None:
    """Raise SizeError if ``what``, ``need`` bytes, would not fit into this machine's free memory."""
    free = _free_memory()
    if free is not None and need > free:
        raise SizeError(f"{what}, need about {need / 1e9:,.1f} GB of memory and {free / 1e9:,.1f} GB are free")


def check_memory(tree: Node) -> None:
    """Raise SizeError if the elements of ``tree`` would not fit into this machine's free memory."""
    need = elements(tree) * BYTES_PER_ELEMENT
    free = _free_memory()
    if free is not None and need > free:
        biggest = max(nodes(tree), key=lambda node: node.h * node.w)
        raise SizeError(f"{elements(tree):,} elements need about {need / 1e9:,.1f} GB of memory and "
                        f"{free / 1e9:,.1f} GB are free; the largest matrix is {biggest.name} ({biggest.path}), "
                        f"{biggest.h} x {biggest.w}")


def _free_memory() -> int | None:
    try:
        with open("/proc/meminfo") as f:
            line = next(line for line in f if line.startswith("MemAvailable"))
        return int(line.split()[1]) * 1024
    except (OSError, StopIteration):
        return None  # no such file outside Linux


def ranges(values: Mapping[str, np.ndarray], known: Mapping[int, Range] | None = None) -> dict[str, Range]:
    """The range of every matrix. NaN and infinities do not count; a matrix without finite values has range 0.

    ``known``: ranges by the ``id`` of their array, which need not be taken again.
    """
    out, known = {}, known or {}
    for path, x in values.items():
        if id(x) in known:
            out[path] = known[id(x)]
            continue
        top = max(float(x.max()), -float(x.min()))  # NaN or infinite as soon as anything is
        if np.isfinite(top):
            low = float(np.abs(x).min()) if (x != 0).all() else 0.0
        else:
            finite = np.abs(x[np.isfinite(x)])
            top, low = (float(finite.max()), float(finite.min())) if finite.size else (0.0, 0.0)
        out[path] = Range(top, low)
    return out


def percentile(x: np.ndarray, share: float, whole: Range) -> Range:
    """The range of ``x``, which is ``whole``, without the largest magnitudes beyond ``share`` percent of them."""
    finite = np.abs(x[np.isfinite(x)])
    return Range(max(float(np.percentile(finite, share)), whole.absmin), whole.absmin) if finite.size else whole
