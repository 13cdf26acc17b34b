"""Retyping: another expression for parameters that are there already, and the expression that they stand for.

Whatever keeps its name keeps its settings, as in the reference (bhosmer/mm, ``viz.js``, ``syncExpr``); epilogs are
part of the expression here, so what is typed is what is meant.
"""
from __future__ import annotations

from collections.abc import Collection

from ..errors import ExpressionError
from . import epilogs, grammar, named
from .edits import set_scheme
from .epilog_functions import FUNCTIONS
from .parameters import copied, expression_of, is_matmul, walk
from .sources import untried
from .syntax import Node, Operand, Product


def retype(params: dict, text: str, known: Collection[str] = ()) -> tuple[dict, dict[str, str]]:
    """Parameters, to be completed and checked, for the expression ``text`` with all that ``params`` say of the names in
    it, and the paths of the leaves that were leaves before, each with its former path.

    A name that was a matmul and is a leaf now keeps its shape. Sizes may no longer meet: ``shapes.fit`` makes them.
    ``known``: further names that may hold signs. Raises ExpressionError.
    """
    fresh = untried(text, {*known, *_names(params)})
    former: dict[str, tuple[str, dict, bool]] = {}
    every = reversed(list(walk(params)))
    for path, node, matmul in sorted(every, key=lambda each: each[0].count(".")):  # of equal names, the one furthest up
        former.setdefault(node["name"], (path, node, matmul))
    moved: dict[str, str] = {}
    out = {**copied({key: value for key, value in params.items() if key not in _STRUCTURE}),
           **{key: fresh[key] for key in _STRUCTURE if key in fresh}}
    out["left"], out["right"] = (_kept(fresh[side], f"root.{side}", former, moved) for side in ("left", "right"))
    set_scheme(out)
    return out, moved


def _names(params: dict) -> set[str]:
    """The names of all matrices and results, and of those that epilogs take, without their ``.T``."""
    out = {str(node["name"]).removesuffix(".T") if node.get("mm_transpose") else str(node["name"])
           for _, node, _ in walk(params)}
    return out | set(named.names(params))


# what the expression says; all else is a setting
_STRUCTURE = ("expr", "name", "epilog", "mm_epilog", "left", "right", "cam")


def _kept(node: dict, path: str, former: dict, moved: dict[str, str]) -> dict:
    """``node`` of the new expression with what was set for its name."""
    was_path, was, was_matmul = former.get(node["name"], (None, None, False))
    if not is_matmul(node):
        if was is None:
            return node
        if was_matmul:
            return {**node, "h": _end(was, "left")["h"], "w": _end(was, "right")["w"]}
        moved[path] = was_path
        own = {key: node[key] for key in ("name", "mm_epilog", "mm_transpose") if key in node}
        return {**copied({key: value for key, value in was.items() if key not in ("mm_epilog", "mm_transpose")}), **own}
    settings = copied({key: value for key, value in was.items() if key not in _STRUCTURE}) \
        if was_matmul and was_path != "root" else {}
    children = {side: _kept(node[side], f"{path}.{side}", former, moved) for side in ("left", "right")}
    return {**node, **settings, **children}


def _end(node: dict, side: str) -> dict:
    """The leaf furthest to one side of a node."""
    while is_matmul(node):
        node = node[side]
    return node


def written(params: dict) -> str:
    """The expression with its epilogs, as ``source.from_expression`` reads it: ``(attn = softmax(Q @ K)) @ V``.

    Where the names of a link cannot be read back, the reference's form, without epilogs.
    """
    tree = _tree(params)
    text = _text(tree)
    try:
        if _bare(grammar.parse(text, _names(params))) == _bare(tree):
            return text
    except ExpressionError:
        pass
    return expression_of(params)


def _tree(node: dict, root: bool = True) -> Node:
    """The syntax tree that parameters stand for, a matrix of which may hold groups that mean nothing there."""
    matrix = not root and not is_matmul(node)
    chain = grammar.parse_epilog(node.get("mm_epilog") or ("none" if matrix else node.get("epilog", "none")))
    if matrix:
        crossed = bool(node.get("mm_transpose")) and node["name"].endswith(".T")
        return Operand(node["name"].removesuffix(".T") if crossed else node["name"], crossed, chain)
    left, right = _tree(node["left"], False), _tree(node["right"], False)
    joined = Product(left, right).label
    return Product(left, right, None if node["name"] == joined else node["name"], chain)


def _text(node: Node) -> str:
    if isinstance(node, Operand):
        return epilogs.chain_text(node.chain, node.label, quoted=False)
    left, right = node.left, node.right
    text = f"{_operand(left)} @ {_operand(right, isinstance(right, Product) and not _closed(right))}"
    text = epilogs.chain_text(node.chain, text, quoted=False)
    return f"{node.name} = {text}" if node.name else text


def _operand(node: Node, parenthesized: bool = False) -> str:
    """An operand's text, in parentheses where it needs them on the left of an ``@``, or anyway."""
    named = isinstance(node, Product) and node.name
    return f"({_text(node)})" if parenthesized or named or node.chain and not _closed(node) else _text(node)


def _closed(node: Node) -> bool:
    """Whether the text ends as a function's, whose parentheses hold it together."""
    named = isinstance(node, Product) and node.name
    return not named and bool(node.chain) and node.chain[-1].name in FUNCTIONS


def _bare(node: Node) -> tuple:
    """A syntax tree without the columns of its text."""
    if isinstance(node, Operand):
        return node.name, node.transpose, node.chain
    return _bare(node.left), _bare(node.right), node.name, node.chain
