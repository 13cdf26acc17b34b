"""Values: what every matrix of a tree holds."""
from __future__ import annotations

import hashlib
import zlib
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import numpy as np

from ..data import lazy, matrices
from ..data.origins import Origin, PERSON
from ..data.precision import LARGEST, SMALLEST
from ..errors import DataError, MMError, warn
from ..expression import epilogs
from ..expression.tree import elements, Leaf, MatMul, Node, nodes
from ..system.memory import check_room
from . import initialisers, named_matrices

WIDE_SUMS = 2 ** 20     # multiply-adds up to which a product is summed in float64, since it costs nothing
CAREFUL = 2 ** 30       # … and up to which sums that cancel are
CANCELS = 2.0 ** -18    # relative to what the operands' norms let expect; float32 sums are exact to a tenth of that
MANY = 100              # a larger share than one in so many is not picked out
FAINT = 2.0 ** -114     # times the number of terms: where sums are no larger, what float32 loses below 2^-149 shows
SQUARES = (1e-20, 1e38)  # sums of squares that float32 holds with all digits that matter
WIDE_ROWS = 2 ** 22     # elements of float64 that are worked on at a time
BYTES_PER_ELEMENT = 64  # values here, points and instances in Blender; measured, rounded up


@dataclass(frozen=True)
class Range:
    """Magnitudes of a matrix: largest and smallest, over its finite values."""

    absmax: float
    absmin: float


@dataclass(frozen=True)
class Filling:
    """Where the elements of leaves come from that no data give: random ones from ``seed``, files from the folder
    ``assets`` or, if ``online``, from the network, as far as ``origin`` may name them."""

    seed: int = 0
    assets: str | None = None
    online: bool = False
    origin: Origin = PERSON


def recipes(tree: MatMul, data: Mapping[str, lazy.Matrix] | None = None, *, seed: int = 0,
            assets: str | None = None) -> dict[str, Hashable]:
    """By path, what stands for all that the values of a matrix depend on: equal recipes give equal values (given data
    count as equal only if they are the same array, files if they have the same address). A recipe is a digest, since
    one that held those below it would double with every result that is used twice."""
    data = data or {}
    out: dict[str, Hashable] = {}
    by_label: dict[str, Hashable] = {}
    for node in nodes(tree):
        used = tuple((id(data[name]) if name in data else by_label.get(name), seed)
                     for name in (label.removesuffix(".T") for label in epilogs.matrices(node.chain)))
        held: tuple[Hashable, ...]
        if isinstance(node, MatMul):
            held = (out[node.left.path], out[node.right.path], node.chain, used)
        else:
            source: Hashable = id(data[node.path]) if node.path in data else \
                (node.init, assets) if node.init.kind == "url" else (node.init, node.name, seed)
            held = (source, node.h, node.w, node.transpose, node.scale, node.chain, used)
        out[node.path] = hashlib.sha256(repr(held).encode("utf-8", "surrogatepass")).digest()
        by_label[node.name.removesuffix(".T")] = out[node.path]
    return out


def compute(tree: MatMul, data: Mapping[str, lazy.Matrix] | None = None, *, seed: int = 0,
            assets: str | None = None, online: bool = False, origin: Origin = PERSON,
            known: Mapping[Hashable, np.ndarray] | None = None) -> dict[str, np.ndarray]:
    """The values of every matrix, by path: float32, (h, w).

    ``data`` gives leaves by path, and matrices that epilogs use by name; other leaves are initialised (those of one
    name alike), other names found as ``named.Lookup`` says. Products are numpy's matmuls. ``known``: values by their
    recipe, which are taken as they are. What becomes infinite though nothing that it is made of is, is said
    (MMWarning). Raises ShapeError, DataError, ExpressionError naming the leaf; SizeError before memory is taken.
    """
    check_memory(tree)
    data, known = data or {}, known or {}
    recipe = recipes(tree, data, seed=seed, assets=assets) if known else {}
    out: dict[str, np.ndarray] = {}
    files: dict[str, np.ndarray] = {}
    named = named_matrices.Lookup(tree, data, out, seed)
    filling = Filling(seed, assets, online, origin)
    with np.errstate(all="ignore"):  # overflow and NaN are data here: they are drawn as what they are
        for node in nodes(tree):
            if recipe.get(node.path) in known:
                out[node.path] = known[recipe[node.path]]
                continue
            if isinstance(node, MatMul):
                product = matmul(out[node.left.path], out[node.right.path])
                out[node.path] = np.ascontiguousarray(epilogs.apply(node.chain, product, node.d, named), np.float32)
                if _is_faint(out[node.path]) and node.h * node.d * node.w <= CAREFUL:
                    wide = out[node.left.path].astype(np.float64) @ out[node.right.path]
                    _say_underflow(node, out[node.path], epilogs.apply(node.chain, wide, node.d, named))
            elif node.path in data:
                out[node.path] = finish(node, lazy.whole(data[node.path]), named)
            else:
                out[node.path] = finish(node, initial(node, filling, files), named)
            _say_overflow(node, out, data)
    return out


def _is_faint(x: np.ndarray) -> bool:
    """Whether all of a matrix is next to nothing, or nothing, for float32."""
    return bool(max(float(x.max()), -float(x.min())) < SMALLEST)


def _say_overflow(node: Node, out: Mapping[str, np.ndarray], data: Mapping[str, lazy.Matrix]) -> None:
    """Warn (MMWarning) of infinities that nobody has given: numbers beyond float32's range."""
    x = out[node.path]
    if not np.isinf(x).any():
        return
    below = [out[node.left.path], out[node.right.path]] if isinstance(node, MatMul) else \
        [lazy.whole(data[node.path])] if node.path in data else []
    used = (label.removesuffix(".T") for label in epilogs.matrices(node.chain))
    below += [lazy.whole(data[name]) for name in used if name in data]
    if not any(np.isinf(part).any() for part in below) and (isinstance(node, MatMul) or is_given(node, data)):
        say_beyond(node, [int(n) for n in np.argwhere(np.isinf(x))[0]])


def is_given(leaf: Leaf, data: Mapping) -> bool:
    """Whether the infinities of a leaf could only be ours: those of files and formulas are theirs."""
    return leaf.path in data or leaf.init.kind not in ("url", "expr")


def say_beyond(node: Node, at: list[int], what: str = "element") -> None:
    """Warn (MMWarning) that a number of a matrix is beyond float32's range."""
    warn(f"{node.name} ({node.path}) is too large for float32, whose range ends at {LARGEST:.3g}: its {what} {at} and "
         "maybe others are drawn as infinite; scale it down")


def _say_underflow(node: Node, x: np.ndarray, true: np.ndarray) -> None:
    """Warn (MMWarning) where nothing, or nothing that is right, is left of ``true`` (float64) in ``x``."""
    top = float(np.abs(true).max())
    if 0 < top < SMALLEST and (x != true).any():
        warn(f"{node.name} ({node.path}) is too small for float32, whose range begins at {SMALLEST:.3g}: its largest "
             f"magnitude is {top:.3g}, and little or nothing of it is drawn; scale it up")


def matmul(a: np.ndarray, b: np.ndarray, careful: bool | None = None) -> np.ndarray:
    """numpy's own product of float32 matrices (h, d) and (d, w), float32 or float64.

    What cancels does, as in the reference, which sums in float64: small products are summed so, and of larger ones the
    elements that are small beside their operands (a few in ten thousand of random ones); ``careful``: whether these
    are looked for, by default up to ``CAREFUL`` multiply-adds. No sum overflows, or is lost, on the way to what float32
    can hold, however large the product.
    """
    work = a.shape[0] * a.shape[1] * b.shape[1]
    if work <= WIDE_SUMS:
        return a.astype(np.float64) @ b.astype(np.float64)
    with np.errstate(all="ignore"):
        product = a @ b
        top = max(float(product.max()), -float(product.min()))  # NaN or infinite as soon as anything is
        careful = work <= CAREFUL if careful is None else careful
        if not np.isfinite(top):
            return _wide(a, b) if careful else _without_overflow(product, a, b)
        if top < a.shape[1] * FAINT and a.any() and b.any():
            return _wide(a, b)
        return _cancelling(product, a, b) if careful else product


def _cancelling(product: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """``product`` of float32 sums with the elements that are small beside their operands summed in float64."""
    limit = np.float32(CANCELS * _norm(a) * _norm(b) / np.sqrt(product.size))
    at = np.flatnonzero((product <= limit) & (product >= -limit))
    if at.size * MANY > product.size:
        return _wide(a, b)
    if at.size:
        row, column = np.divmod(at, b.shape[1])
        product[row, column] = np.einsum("nk,nk->n", a[row].astype(np.float64), b.T[column].astype(np.float64))
    return product


def _norm(x: np.ndarray) -> float:
    """The root of the sum of squares of finite numbers."""
    flat = x.ravel(order="K")
    square = float(flat @ flat)
    if SQUARES[0] < square < SQUARES[1]:
        return float(np.sqrt(square))
    top = max(float(flat.max()), -float(flat.min()))
    return top and top * float(np.linalg.norm(flat.astype(np.float64) / top))


def _wide(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The product of float32 matrices as of float64, rounded once, by rows so that no more than a few are held."""
    out, right = np.empty((a.shape[0], b.shape[1]), np.float32), b.astype(np.float64)
    rows = max(1, WIDE_ROWS // max(a.shape[1], b.shape[1]))
    for first in range(0, a.shape[0], rows):
        out[first:first + rows] = a[first:first + rows].astype(np.float64) @ right
    return out


def _without_overflow(product: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """``product`` (h, w) of float32 sums, some of them not finite, with those summed in float64. A row or a column with
    a NaN is NaN as it is."""
    odd = ~np.isfinite(product)
    odd[np.isnan(a).any(1)] = False
    odd[:, np.isnan(b).any(0)] = False
    rows, columns = np.flatnonzero(odd.any(1)), np.flatnonzero(odd.any(0))
    if rows.size:
        product[np.ix_(rows, columns)] = _wide(a[rows], b[:, columns])
    return product


def initial(leaf: Leaf, filling: Filling, files: dict[str, np.ndarray]) -> np.ndarray:
    """The elements (h, w) of a leaf that no data give, before its scale and epilogs. ``files``: what was read, by
    address, to which this one is added. Raises an MMError that names the leaf."""
    h, w = (leaf.w, leaf.h) if leaf.transpose else (leaf.h, leaf.w)
    try:
        if leaf.init.kind == "url":
            if leaf.init.url not in files:
                files[leaf.init.url] = matrices.read_matrix(leaf.init.url, filling.assets, filling.online,
                                                               filling.origin)
            x = matrices.tile(files[leaf.init.url], h, w)
        else:
            name = leaf.name.removesuffix(".T") if leaf.transpose else leaf.name
            x = initialisers.fill(leaf.init, h, w, np.random.default_rng([filling.seed, zlib.crc32(name.encode())]))
    except MMError as error:
        if isinstance(error, DataError):
            raise DataError(f"{leaf.name} ({leaf.path}): {error}") from None
        error.belongs_to(f"{leaf.name} ({leaf.path})")
        raise
    return x.T if leaf.transpose else x


def finish(leaf: Leaf, x: np.ndarray, named: epilogs.Named, first: int = 0) -> np.ndarray:
    """A leaf's own scale and epilogs; ``first``: which row of the leaf the first one of ``x`` is."""
    scale = (epilogs.Step("mul", ("num", float(leaf.scale))),) if leaf.scale != 1 else ()
    chain = (*scale, *leaf.chain)
    out = np.ascontiguousarray(epilogs.apply(chain, x, None, named, first), np.float32)
    if scale and not first and x.size and _is_faint(out) and not _is_faint(x):
        _say_underflow(leaf, out, epilogs.apply(chain, x.astype(np.float64), None, named, first))
    return out


def check_memory(tree: Node) -> None:
    """Raise SizeError if the elements of ``tree``, here and in Blender, would not fit into the free memory."""
    largest = max(nodes(tree), key=lambda node: node.h * node.w)
    check_room(elements(tree) * BYTES_PER_ELEMENT, f"{elements(tree):,} elements, the most in {largest.name} "
                                                   f"({largest.path}), {largest.h} x {largest.w}")


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
    finite = np.abs(x[np.isfinite(x)], dtype=np.float64)  # a difference of two of float32's may be beyond them
    return Range(max(float(np.percentile(finite, share)), whole.absmin), whole.absmin) if finite.size else whole
