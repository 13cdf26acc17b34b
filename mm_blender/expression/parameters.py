"""The reference tool's parameters: a dict in its own schema, as it stands in share links.

This is the edge. Inside, ``tree.resolve`` turns such a dict into typed dataclasses. A dict is a matmul at its root
(``left``, ``right``, ``epilog``, ``anim``, ``block``, ``layout``, ``viz``, ``deco``, ``cam``); a child is a matmul
again (``matmul: true``) or a leaf (``matmul: false`` with ``h``, ``w``, ``init`` …). A child matmul that does not
set something takes it from its parent.

Five keys are ours and the reference ignores them: ``mm_epilog`` (a composed epilog, in the text form of
``epilogs.Chain``), ``mm_transpose`` and ``mm_scale`` (on a leaf), ``mm_rows`` and ``mm_cols`` (labels of a matrix'
rows and columns, one a line), and so it does ``mm_gap`` of the root's layout (see ``gaps``). It ignores those of
``OWN`` in the group ``viz`` too, which a leaf may have.

Source of names and defaults: bhosmer/mm, ``index.html`` and ``viz.js``.
"""
from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import ParameterError
from ..limits import limits
from ..plain import composed, items_of, plain, said
from . import schema
from .algorithms import INHERIT
from .parameter_checks import check_camera, check_formula, check_node, GROUPS

# settings of ours in the reference's groups, which it ignores; absent unless they were set
OWN: dict[str, dict] = {"viz": schema.defaults("viz", ours=True)}
AUTO_GAP = "mm_gap"    # of the root's layout: "auto" where the gap follows the size, see ``gaps``
GROUPS_OF_A_NODE = 10  # at most: those of settings, diag, cam and its target
WORDS_OF_A_NODE = 100  # at most: its settings and what is read over


def default_leaf(right: bool = False) -> dict:
    """A leaf as the reference makes it: 32 x 32, values -1 to 1 along the rows (left) or the columns (right)."""
    known = {key: schema.BY_KEY["matrix"][key].default for key in ("h", "w", "init", "url", "min", "max", "dropout")}
    return {"name": "R" if right else "L", "matmul": False, **known, **({"init": "col major"} if right else {})}


def default_block() -> dict:
    """Into how many blocks a matmul is computed, by axis."""
    return schema.defaults("block")


def default_placement() -> dict:
    """On which faces of the box operands and results lie."""
    return {key: setting.default for key, setting in schema.BY_KEY["layout"].items() if setting.choices
            and key != "scheme"}


def default_params() -> dict:
    """The complete parameters that the reference starts with: ``L @ R``, 32 x 32 x 32."""
    return {
        "expr": "L @ R", "name": "L @ R", "epilog": "none", "left": default_leaf(), "right": default_leaf(right=True),
        **{group: schema.defaults(group) for group in GROUPS}, "diag": {"url": ""},
        "cam": {axis: schema.BY_KEY["cam"][axis].default for axis in "xyz"},
    }


DEFAULTS = default_params()  # to look at only: what changes them asks for its own


def is_matmul(node: dict) -> bool:
    """Whether a child node of the tree is a matmul (a root always is)."""
    return bool(node.get("matmul", "left" in node and "right" in node))


def walk(params: dict, path: str = "root") -> Iterator[tuple[str, dict, bool]]:
    """Every node below and including ``params``, as ``(path, node, is a matmul)``, operands before their matmul."""
    stack = [(path, params, True, False)]
    while stack:
        at, node, matmul, opened = stack.pop()
        if not matmul or opened:
            yield at, node, matmul
            continue
        stack.append((at, node, matmul, True))
        for side in ("right", "left"):
            child = node.get(side)
            if not isinstance(child, dict):
                raise ParameterError(f"{at} is a matmul without a {side} operand")
            stack.append((f"{at}.{side}", child, is_matmul(child), False))


def find(params: dict, path: str) -> dict:
    """The node at ``path`` (``root.left.right`` or ``left.right``)."""
    node = params
    if not isinstance(path, str):
        raise ParameterError(f"a path is a text, 'root' followed by '.left' and '.right', not {said(path)}")
    for side in [part for part in path.split(".") if part != "root"]:
        if side not in ("left", "right") or not isinstance(node.get(side), dict):
            raise ParameterError(f"there is no matrix at {said(path)}; a path is 'root' followed by '.left' and "
                                 "'.right'")
        node = node[side]
    return node


def owned(params: Mapping) -> dict:
    """A copy of a tree of parameters, of plain values. Raises ParameterError for keys that are no texts and for what no
    tree is (it holds itself, say), SizeError for one beyond the limits on what an expression may be; whatever
    goes through a tree after this may trust that it has an end."""
    out: dict = {}
    stack, groups, entries = [(params, out, 0)], 0, 0
    while stack:
        source, target, depth = stack.pop()
        if depth > limits.expression_depth + 2:  # a matmul's operands are a level each, the camera's target two
            raise limits.error("expression_depth", "the parameters hold groups more deeply within one another than "
                                                   "that (or one that holds itself)")
        groups += 1
        items = items_of(source, "the parameters")
        entries += len(items)
        if groups > GROUPS_OF_A_NODE * limits.expression_nodes or entries > WORDS_OF_A_NODE * limits.expression_nodes:
            raise limits.error("expression_nodes", "the parameters hold more matrices, or more in one, than that")
        for key, value in items:
            key = plain(key)
            if not isinstance(key, str):
                raise ParameterError(f"a parameter goes by its name, a text, and not by {said(key)}")
            if isinstance(value, Mapping):
                target[key] = {}
                stack.append((value, target[key], depth + 1))
            else:
                target[key] = plain(value)
                if not _is_json(target[key]):
                    raise ParameterError(f"the parameter {said(key)} is {said(value)}, which is no value of a setting: "
                                         "a text, a number, true or false")
    return out


def _is_json(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_json(item) for key, item in value.items())
    return all(map(_is_json, value)) if isinstance(value, (list, tuple)) else \
        value is None or isinstance(value, (bool, int, float, str))


def complete(params: Mapping) -> dict:
    """A deep copy of ``params`` with what it leaves out filled in, checked throughout.

    At the root the reference's defaults stand for whole groups (``viz``, ``layout`` …) or single keys that are
    absent; a child keeps its gaps, since they mean "as my parent". ``cam`` is left absent when it is (the camera is
    then framed automatically), ``expr`` is made from the tree.

    Names are put into one form of those that look alike (NFC).

    Raises ParameterError for unknown choices and values of the wrong type, SizeError for a tree beyond the limits.
    """
    return completed(owned(params) if isinstance(params, Mapping) else {})


def copied(params: dict) -> dict:
    """A deep copy of complete ``params``."""
    return {key: copied(value) if isinstance(value, dict) else copy.deepcopy(value) if isinstance(value, list)
            else value for key, value in params.items()}


def completed(out: dict) -> dict:
    """As ``complete``, in place: of parameters that nobody else holds, as ``owned`` and ``copied`` give them. Looks at
    every node once."""
    if "left" not in out or "right" not in out:
        raise ParameterError("parameters must be a dict with a 'left' and a 'right' operand")
    defaults = default_params()
    count = 0
    for path, node, _ in walk(out):
        count += 1
        if count > limits.matrices:
            raise limits.error("matrices", "the parameters hold more matrices and results than that")
        for key in [key for key in (*GROUPS, "diag", "cam", "mm_epilog") if key in node and node[key] is None]:
            del node[key]
        for key in (*GROUPS, "diag", "cam"):
            if not isinstance(node.get(key) or {}, dict):
                raise ParameterError(f"{path}: {key} must be a group of settings, not {said(node[key])}")
        if isinstance(node.get("name"), str):
            node["name"] = composed(node["name"])
    for key in (*GROUPS, "diag"):
        out[key] = {**defaults[key], **(out.get(key) or {})}
    check_camera(out.get("cam") or {})
    for path, node, matmul in walk(out):
        if matmul:
            node.setdefault("epilog", "none")
            if path != "root":
                node["matmul"] = True
                for key in ("anim", "block", "layout"):
                    node.setdefault(key, {"alg": INHERIT} if key == "anim" else {})
            node.setdefault("name", joined_name(node))
        else:
            for key, value in default_leaf(right=path.endswith("right")).items():
                node.setdefault(key, value)
        check_node(node, path, matmul)
        if not matmul and node["init"] == "expr" and node.get("expr"):  # an empty one is refused when it is computed
            check_formula(node, path)
    out["expr"] = expression_of(out)
    return out


def joined_name(node: dict) -> str:
    """The reference's name for a result that was given none: its operands' joined, the right one in parentheses if it
    needs them."""
    right = node["right"]["name"]
    return f"{node['left']['name']} @ {f'({right})' if ' ' in str(right) else right}"


def expression_of(node: dict) -> str:
    """The reference's expression for a tree: ``out = (attn = Q @ K_t) @ V``.

    A result's name is written unless it is just its operands' names joined by ``@``.
    """
    def side(child: dict, right: bool) -> str:
        if not is_matmul(child):
            return child["name"]
        text = expression_of(child)
        return f"({text})" if right or _is_assignment(text) else text

    left, right = node["left"], node["right"]
    expanded = f"{side(left, False)} @ {side(right, True)}"
    named = f"{left['name']} @ {right['name']}"
    return expanded if node.get("name") in (expanded, named) else f"{node.get('name')} = {expanded}"


def _is_assignment(text: str) -> bool:
    head = text.split("=", 1)[0] if "=" in text else ""
    return bool(head.strip()) and "@" not in head and "(" not in head
