"""Edits: one setting of a parameter dict changed, with what has to follow it through the tree.

A setting is addressed as ``anim.alg``, ``block.i blocks``, ``viz.sensitivity`` (of the root) or, for a matrix,
``left.right.init``, ``K_t.init``, ``attn.epilog``: a path or a name, a dot, the setting. The rules for what follows
are the reference's (bhosmer/mm, ``viz.js``: ``fixBlocks``, ``setLayoutScheme``).
"""
from __future__ import annotations

from typing import Any

from .errors import ExpressionError, ParameterError
from .expression import parse_epilog
from . import epilogs
from .params import (CHOICES, GROUPS, OWN, check_node, complete, default_leaf, default_params, find, is_matmul,
                     joined_name, require_choice, walk)

MATMUL_KEYS = ("name", "epilog")
LEAF_DEFAULTS = {**{key: value for key, value in default_leaf().items() if key != "matmul"},
                 "expr": "", "mm_epilog": "", "mm_scale": 1.0, "mm_transpose": False}


def apply(params: dict, settings: dict[str, Any]) -> dict:
    """A copy of complete ``params`` with every one of ``settings`` made. Raises ParameterError."""
    params = complete(params)
    for key, value in settings.items():
        for path, setting in address(params, key):
            change(params, path, setting, value)
    return complete(params)


def address(params: dict, key: str) -> list[tuple[str, str]]:
    """``(path, setting)`` of every node that ``key`` names; a name that stands for several matrices means them all.

    A leaf that stands transposed in the tree (``K.T``) goes by its own name too, its ``h`` and ``w`` then crossed.
    """
    if not isinstance(key, str):
        raise ParameterError(f"a setting goes by its name, such as 'anim.alg', not {key!r}")
    nodes = [(path, node["name"], node["name"].removesuffix(".T") if node.get("mm_transpose") else None)
             for path, node, _ in walk(params)]
    for name in sorted({n for _, *names in nodes for n in names if n}, key=len, reverse=True):
        if key.startswith(name + "."):
            setting = key[len(name) + 1:]
            return [(path, setting if name == own else {"h": "w", "w": "h"}.get(setting, setting))
                    for path, own, base in nodes if name in (own, base)]
    parts = key.split(".")
    depth = next((at for at, part in enumerate(parts) if part not in ("root", "left", "right")), len(parts))
    path = ".".join(["root", *[part for part in parts[:depth] if part != "root"]])
    return [(path, ".".join(parts[depth:]))]


def change(params: dict, path: str, setting: str, value: Any) -> None:
    """Set one setting of the node at ``path`` in place, and what follows from it."""
    node = find(params, path)
    matmul = path == "root" or is_matmul(node)
    where = f"{node['name']} ({path}), {'a matmul' if matmul else 'a matrix'}"
    group, _, key = setting.rpartition(".")
    defaults = {key: {**known, **OWN.get(key, {})} for key, known in default_params().items() if key in GROUPS}
    if not matmul and (group == "viz" or not group) and key in OWN["viz"]:  # of a single matrix
        group = "viz"
    if matmul and not group and key not in MATMUL_KEYS:
        group = next((g for g in GROUPS if key in defaults[g]), "")
    if group in GROUPS and (matmul or key in OWN.get(group, ())):
        known, what = defaults[group], f"setting in {group}"
    elif matmul:
        known = {**dict.fromkeys(MATMUL_KEYS, ""), **dict.fromkeys(f"{g}.…" for g in GROUPS)}
        what, key = "setting", setting
    else:
        known, what, key = LEAF_DEFAULTS, "setting", setting
    require_choice(key, known, what, where)
    value = _convert(value, 0.0 if key in ("vmin", "vmax") and value != "auto" else known[key], setting)
    if key == "epilog":
        _set_epilog(node, value, path)
    elif key == "name":
        _rename(params, node, value)
    else:
        (node.setdefault(group, {}) if group in GROUPS else node)[key] = value
    check_node(node, path, matmul)
    if group == "block":
        fix_blocks(params, path, key, value)
    elif group == "layout" and (key == "scheme" or key in CHOICES) and path == "root":
        set_scheme(params)


def _rename(params: dict, node: dict, name: str) -> None:
    """Give ``node`` a name; results that are named after their operands follow."""
    joined = [other for _, other, matmul in walk(params) if matmul and other is not node
              and other["name"] == joined_name(other)]
    node["name"] = name
    for other in joined:
        other["name"] = joined_name(other)


def _convert(value: Any, like: Any, setting: str) -> Any:
    """A string from a command line as the type of the default ``like``; anything else as it is."""
    if not isinstance(value, str) or isinstance(like, str):
        return value
    if isinstance(like, bool):
        if value.lower() in ("true", "false"):
            return value.lower() == "true"
        raise ParameterError(f"{setting} must be true or false, not {value!r}")
    try:
        number = float(value)
    except ValueError:
        raise ParameterError(f"{setting} must be a number, not {value!r}") from None
    return int(number) if number.is_integer() else number


def _set_epilog(node: dict, text: str, path: str) -> None:
    """An epilog by the reference's name, or composed: ``softmax(tril(x/8))``."""
    if not isinstance(text, str):
        raise ParameterError(f"{node['name']} ({path}): an epilog is text, not {text!r}")
    try:
        chain = parse_epilog(text)
    except ExpressionError as error:
        if text.isidentifier():
            require_choice(text, epilogs.REFERENCE_NAMES, "epilog", f"{node['name']} ({path})")
        raise ParameterError(f"{node['name']} ({path}): the epilog cannot be read: {error}") from None
    set_chain(node, chain)


def set_chain(node: dict, chain: epilogs.Chain) -> None:
    """Write a matmul's epilog: by the reference's name if it has one, else in a key of ours beside ``none``."""
    name = epilogs.reference_name(chain)
    node["epilog"] = name or "none"
    node.pop("mm_epilog", None)
    if name is None:
        node["mm_epilog"] = epilogs.chain_text(chain)


def fix_blocks(params: dict, path: str, key: str, blocks: int) -> None:
    """Make blocks meet: a matmul's i blocks are its left operand's, its k blocks both operands', and so on up."""
    axis, at = key[0], path.split(".")
    # a left operand's i and a right operand's j are their parent's; at the first turn they become its k
    while axis in "ij" and len(at) > 1:
        side = at.pop()
        if side != ("left" if axis == "i" else "right"):
            axis = "k"
    _spread(find(params, ".".join(at)), axis, blocks)


def _spread(node: dict, axis: str, blocks: int) -> None:
    """Set the blocks of one axis at ``node`` and wherever below that axis runs on."""
    node.setdefault("block", {})[f"{axis} blocks"] = blocks
    below = {"i": (("left", "i"),), "j": (("right", "j"),), "k": (("left", "j"), ("right", "i"))}[axis]
    for side, child_axis in below:
        if is_matmul(node[side]):
            _spread(node[side], child_axis, blocks)


def set_scheme(params: dict) -> None:
    """Lay every matmul below the root out by the root's scheme (``custom`` leaves them as they are)."""
    scheme = params["layout"]["scheme"]
    if scheme == "custom":
        return
    stack = [params]
    while stack:
        node = stack.pop()
        for side in ("left", "right"):
            child = node[side]
            if is_matmul(child):
                kept = {k: v for k, v in (child.get("layout") or {}).items() if k not in _PLACEMENT}
                child["layout"] = {**kept, **child_layout(node["layout"], scheme, side == "left")}
                stack.append(child)


_PLACEMENT = ("polarity", "left placement", "right placement", "result placement")


def child_layout(layout: dict, scheme: str, left_child: bool) -> dict:
    """The orientation of an operand, by the scheme, from its parent's."""
    second = [layout[key] == CHOICES[key][1] for key in _PLACEMENT]  # positive, right, bottom, back
    polarity, left, right, result = second
    if scheme != "wheel":
        turned = polarity != result
        onto = polarity == (left if left_child else right)
        flip = scheme == "blocks"
        polarity, left, right, result = (
            not polarity, turned if left_child else left != flip, right != flip if left_child else turned, onto)
    return {key: CHOICES[key][bit] for key, bit in zip(_PLACEMENT, (polarity, left, right, result))}
