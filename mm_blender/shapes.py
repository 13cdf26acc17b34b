"""Shapes: the sizes of the leaves, so that they meet and fit the data."""
from __future__ import annotations

from typing import Mapping

from .errors import ShapeError
from .params import find, is_matmul, walk


def fit(params: dict, given: Mapping[tuple[str, str], int], loose: bool,
        wished: Mapping[tuple[str, str], int] | None = None) -> dict:
    """``params`` with the ``h`` and ``w`` of its leaves changed in place to meet what is ``given``.

    ``given`` holds the sizes that must stay, by leaf path and side (``h`` or ``w``): of data, or set by hand. The
    columns of a left operand are the rows of the right one; ``loose`` means that the other sizes are only defaults,
    and that matrices of one name are one matrix. ``wished`` sizes hold where nothing given speaks against them, the
    first of them where they disagree. Raises ShapeError naming two matrices that cannot meet.
    """
    parent: dict[tuple[str, str], tuple[str, str]] = {}

    def root(x):
        while parent.get(x, x) != x:
            x = parent[x]
        return x

    def edge(path: str, side: str) -> tuple[str, str]:
        """The leaf that carries a node's height or width."""
        node = find(params, path)
        while path == "root" or is_matmul(node):
            step = "left" if side == "h" else "right"
            path, node = f"{path}.{step}", node[step]
        return path, side

    leaves = {path: node for path, node, matmul in walk(params) if not matmul}
    for path, _, matmul in walk(params):
        if matmul:
            parent[root(edge(f"{path}.left", "w"))] = root(edge(f"{path}.right", "h"))
    if loose:
        first: dict[str, str] = {}
        for path, leaf in leaves.items():
            base = leaf["name"].removesuffix(".T") if leaf.get("mm_transpose") else leaf["name"]
            other = first.setdefault(base, path)
            crossed = bool(leaf.get("mm_transpose")) != bool(leaves[other].get("mm_transpose"))
            for side in "hw":
                parent[root((path, side))] = root((other, {"h": "w", "w": "h"}[side] if crossed else side))

    fixed: dict[tuple[str, str], tuple[int, str, str]] = {}
    for (path, side), size in given.items():
        known = fixed.setdefault(root((path, side)), (size, path, side))
        if known[0] != size:
            raise ShapeError(f"the shapes do not meet: {_say(leaves, path, side, size)}, but "
                             f"{_say(leaves, known[1], known[2], known[0])}; they must be equal")
    for (path, side), size in (wished or {}).items():
        fixed.setdefault(root((path, side)), (size, path, side))
    for path, leaf in leaves.items():
        for side in "hw":
            if root((path, side)) in fixed:
                leaf[side] = int(fixed[root((path, side))][0])
    return params


def _say(leaves: dict, path: str, side: str, size: int) -> str:
    return f"{leaves[path]['name']} ({path}) has {size} {'rows' if side == 'h' else 'columns'}"
