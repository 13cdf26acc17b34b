"""Matrices that epilogs take by name: the ``b`` of ``x @ W + b``."""
from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from . import datafiles, epilogs
from .errors import DataError, ShapeError
from .expression import parse_epilog
from .params import walk
from .tree import Leaf, Node, nodes


def names(params: dict) -> tuple[str, ...]:
    """The names that the epilogs of complete ``params`` use, without their ``.T``."""
    chains = [parse_epilog(node["mm_epilog"]) for _, node, _ in walk(params) if node.get("mm_epilog")]
    return tuple(dict.fromkeys(name.removesuffix(".T") for chain in chains for name in epilogs.matrices(chain)))


def as_named(x: Any, name: str) -> np.ndarray:
    """``x`` as float32 (h, w); a vector becomes a row."""
    x = datafiles.as_array(x, name)
    return datafiles.as_matrix(x[None] if x.ndim == 1 else x, name)


def holder(tree: Node, name: str) -> Node | None:
    """The leaf (perhaps transposed) or the result of that name."""
    return next((node for node in nodes(tree) if name == (
        node.name.removesuffix(".T") if isinstance(node, Leaf) and node.transpose else node.name)), None)


class Lookup:
    """Finds a matrix by name where an epilog asks for it.

    In this order: what was given as data under the name; what a leaf or result of that name holds, if that is known;
    else a row of uniform random numbers from -1 to 1, seeded by the name as leaves are.
    """

    def __init__(self, tree: Node, given: Mapping[str, np.ndarray], values: Mapping[str, np.ndarray], seed: int):
        self.tree, self.given, self.values, self.seed = tree, given, values, seed

    def __call__(self, label: str, h: int, w: int) -> np.ndarray:
        """The matrix of that name (``b.T``: transposed), (h, w) or fit to be repeated to it. Raises ShapeError."""
        name, crossed = label.removesuffix(".T"), label.endswith(".T")
        x = self._find(name, w, h) if crossed else self._find(name, h, w)
        x = x.T if crossed else x
        if any(have not in (1, need) for have, need in zip(x.shape, (h, w))):
            raise ShapeError(f"{label} is {x.shape[0]} x {x.shape[1]} and is added to, or multiplied with, {h} x {w}; "
                             f"it must be {h} x {w}, a row 1 x {w} or a column {h} x 1")
        return x

    def _find(self, name: str, h: int, w: int) -> np.ndarray:
        if name in self.given:
            return self.given[name]
        node = holder(self.tree, name)
        if node:
            if node.path not in self.values:
                raise DataError(f"{name} ({node.path}) is used by an epilog before it is computed; give its values as data "
                                "under another name")
            return self.values[node.path] if node.name == name else self.values[node.path].T
        rng = np.random.default_rng([self.seed, zlib.crc32(name.encode())])
        return (2 * rng.random((1, w), np.float32) - 1).astype(np.float32)
