"""What the matrices hold that epilogs take by name: the ``b`` of ``x @ W + b``."""
from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..data import arrays
from ..data.lazy import Matrix, whole
from ..errors import DataError, ShapeError
from ..expression.named import holder
from ..expression.tree import Node


def as_named(x: Any, name: str) -> np.ndarray:
    """``x`` as float32 (h, w); a vector becomes a row."""
    x = arrays.as_array(x, name)
    x = x[None, None] if x.ndim == 0 else x
    return arrays.as_matrix(x[None] if x.ndim == 1 else x, name)


class Lookup:
    """Finds a matrix by name where an epilog asks for it.

    In this order: what was given as data under the name; what a leaf or result of that name holds, if that is known;
    else a row of uniform random numbers from -1 to 1, seeded by the name as leaves are.
    """

    def __init__(self, tree: Node, given: Mapping[str, Matrix], values: Mapping[str, np.ndarray], seed: int):
        self.tree, self.given, self.values, self.seed = tree, given, values, seed

    def __call__(self, label: str, h: int, w: int) -> np.ndarray:
        """The matrix of that name (``b.T``: transposed), (h, w) or fit to be repeated to it. Raises ShapeError."""
        name, crossed = label.removesuffix(".T"), label.endswith(".T")
        x = self._find(name, w, h) if crossed else self._find(name, h, w)
        x = x.T if crossed else x
        if any(have not in (1, need) for have, need in zip(x.shape, (h, w))):
            turned = name if crossed else f"{name}.T"
            fits = all(have in (1, need) for have, need in zip(x.T.shape, (h, w)))
            raise ShapeError(f"{label} is {x.shape[0]} x {x.shape[1]} and is added to, or multiplied with, {h} x {w}; "
                             f"it must be {h} x {w}, a row 1 x {w} or a column {h} x 1"
                             f"{f'; {turned} fits' if fits else ''}")
        return x

    def _find(self, name: str, h: int, w: int) -> np.ndarray:
        if name in self.given:
            return whole(self.given[name])
        node = holder(self.tree, name)
        if node:
            if node.path not in self.values:
                raise DataError(f"{name} ({node.path}) is used by an epilog before it is computed; give its values "
                                "as data under another name")
            return self.values[node.path] if node.name == name else self.values[node.path].T
        rng = np.random.default_rng([self.seed, zlib.crc32(name.encode())])
        return (2 * rng.random((1, w), np.float32) - 1).astype(np.float32)
