"""Shapes: the sizes of the leaves, so that they meet and fit the data."""
from __future__ import annotations

import copy
from collections.abc import Callable, Mapping

from ..errors import ShapeError
from .parameters import find, is_matmul, walk

Side = tuple[str, str]  # a node's path, and "h" or "w"


def fit(params: dict, given: Mapping[Side, int], sizes_are_defaults: bool,
        preferred: Mapping[Side, int] | None = None, hints: bool = True) -> dict:
    """``params`` with the ``h`` and ``w`` of its leaves changed in place to meet what is ``given``.

    ``given`` holds the sizes that must stay, by leaf path and side (``h`` or ``w``): of data, or set by hand. The
    columns of a left operand are the rows of the right one; ``sizes_are_defaults`` means that the other sizes are only
    that, and that matrices of one name are one matrix. ``preferred`` sizes hold where nothing given speaks against
    them, the first of them where they disagree. Raises ShapeError naming two matrices that cannot meet, and, if
    ``hints``, those that would if they were transposed.
    """
    leaves = {path: node for path, node, matmul in walk(params) if not matmul}
    group_of = _equal_sides(params, leaves, sizes_are_defaults)
    sizes: dict[Side, tuple[int, str, str]] = {}
    for (path, side), size in given.items():
        known, other, other_side = sizes.setdefault(group_of(path, side), (size, path, side))
        if known != size:
            raise ShapeError(f"the shapes do not meet: {_say(leaves, path, side, size)}, but "
                             f"{_say(leaves, other, other_side, known)}; they must be equal"
                             f"{_crossed_fits(params, given, leaves) if hints else ''}")
    for (path, side), size in (preferred or {}).items():
        sizes.setdefault(group_of(path, side), (size, path, side))
    for path, leaf in leaves.items():
        for side in "hw":
            if group_of(path, side) in sizes:
                leaf[side] = int(sizes[group_of(path, side)][0])
    return params


def _equal_sides(params: dict, leaves: dict, same_names: bool) -> Callable[[str, str], Side]:
    """By a leaf's path and side, one side that stands for all that are as long; ``same_names``: whether leaves of one
    name are one matrix."""
    parent: dict[Side, Side] = {}

    def root(side: Side) -> Side:
        while parent.get(side, side) != side:
            side = parent[side]
        return side

    for path, _, matmul in walk(params):
        if matmul:
            parent[root(_carrier(params, f"{path}.left", "w"))] = root(_carrier(params, f"{path}.right", "h"))
    first: dict[str, str] = {}
    for path, leaf in leaves.items() if same_names else ():
        base = leaf["name"].removesuffix(".T") if leaf.get("mm_transpose") else leaf["name"]
        other = first.setdefault(base, path)
        crossed = bool(leaf.get("mm_transpose")) != bool(leaves[other].get("mm_transpose"))
        for side in "hw":
            parent[root((path, side))] = root((other, {"h": "w", "w": "h"}[side] if crossed else side))
    return lambda path, side: root((path, side))


def _carrier(params: dict, path: str, side: str) -> Side:
    """The leaf, and its side, that carries a node's height or width."""
    node = find(params, path)
    while path == "root" or is_matmul(node):
        step = "left" if side == "h" else "right"
        path, node = f"{path}.{step}", node[step]
    return path, side


def _crossed_fits(params: dict, given: Mapping[Side, int], leaves: dict) -> str:
    """Which matrices would fit if they were transposed, for a message."""
    found = []
    for path, leaf in reversed(leaves.items()):
        h, w = given.get((path, "h")), given.get((path, "w"))
        if h is None or w is None or h == w:
            continue
        try:
            fit(copy.deepcopy(params), {**given, (path, "h"): w, (path, "w"): h}, False, hints=False)
        except ShapeError:
            continue
        name = leaf["name"]
        found.append(name.removesuffix(".T") if leaf.get("mm_transpose") else f"{name}.T")
    return f"; {' or '.join(dict.fromkeys(found))} fits" if found else ""


def _say(leaves: dict, path: str, side: str, size: int) -> str:
    return f"{leaves[path]['name']} ({path}) has {size} {'rows' if side == 'h' else 'columns'}"
