"""Matrices that epilogs take by name: which they are, and which of them the tree has itself."""
from __future__ import annotations

from . import epilogs
from .grammar import parse_epilog
from .parameters import walk
from .tree import Leaf, Node, nodes


def names(params: dict) -> tuple[str, ...]:
    """The names that the epilogs of complete ``params`` use, without their ``.T``."""
    chains = [parse_epilog(node["mm_epilog"]) for _, node, _ in walk(params) if node.get("mm_epilog")]
    return tuple(dict.fromkeys(name.removesuffix(".T") for chain in chains for name in epilogs.matrices(chain)))


def holder(tree: Node, name: str) -> Node | None:
    """The leaf (perhaps transposed) or the result of that name."""
    return next((node for node in nodes(tree) if name == (
        node.name.removesuffix(".T") if isinstance(node, Leaf) and node.transpose else node.name)), None)
