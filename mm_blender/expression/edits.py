"""Edits: one setting of a parameter dict changed, with what has to follow it through the tree.

A setting is addressed as ``anim.alg``, ``block.i blocks``, ``viz.sensitivity`` (of the root) or, for a matrix,
``left.right.init``, ``K_t.init``, ``attn.epilog``: a path or a name, a dot, the setting. The rules for what follows
are the reference's (bhosmer/mm, ``viz.js``: ``fixBlocks``, ``setLayoutScheme``).
"""
from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import ExpressionError, ParameterError
from ..plain import composed, listed, mapping, plain, said, shortened
from . import epilogs, gaps, schema
from .grammar import parse_epilog
from .parameter_checks import check_name, check_value, CHOICES, GROUPS, require_choice
from .parameters import AUTO_GAP, completed, copied, find, is_matmul, joined_name, OWN, walk

SUCH = "{'anim.alg': 'vmprod', 'Q.init': 'gaussian'}"
MATMUL_KEYS = ("name", "epilog")
LEAF_DEFAULTS = {key: setting.default for key, setting in schema.BY_KEY["matrix"].items() if key != "epilog"}


def apply(params: dict, settings: dict[str, Any]) -> dict:
    """A copy of complete ``params`` with every one of ``settings`` made. Raises ParameterError."""
    params = copied(params)
    make(params, settings)
    return params


@dataclass(frozen=True)
class Made:
    """Settings that were made, and the ``(path, setting)`` that each addressed when it was: a matrix may have another
    name afterwards."""

    settings: Mapping[str, Any] = field(default_factory=dict)
    where: Mapping[str, list[tuple[str, str]]] = field(default_factory=dict)


def make(params: dict, settings: Mapping[str, Any], new: bool = False) -> Made:
    """Make ``settings`` in complete ``params``, in place, and check all of them once. Raises ParameterError; they are
    then of no use any more. ``new``: whether they are still to be completed and checked."""
    settings = mapping(settings, "settings", SUCH)
    where: dict[str, list[tuple[str, str]]] = {}
    for key, value in settings.items():
        where[key] = address(params, key)
        for path, setting in where[key]:
            change(params, path, setting, value)
    if settings or new:
        completed(params)
    return Made(settings, where)


def without_effect(params: dict, made: Made) -> dict[str, str]:
    """Of the settings that were ``made`` in complete ``params``, those that change nothing here, by their names, with
    the reason."""
    out = {}
    for key, value in made.settings.items():
        for path, name in made.where[key]:
            group, _, last = name.rpartition(".")
            groups = [group] if group else GROUPS if is_matmul(find(params, path)) or path == "root" else ()
            setting = next((schema.find(g, last) for g in groups if schema.find(g, last)), None)
            if setting and setting.without and _convert(plain(value), setting.default, key) != setting.default:
                out[setting.name] = setting.without
    return out


def address(params: dict, key: str) -> list[tuple[str, str]]:
    """``(path, setting)`` of every node that ``key`` names; a name that stands for several matrices means them all.

    A leaf that stands transposed in the tree (``K.T``) goes by its own name too, its ``h`` and ``w`` then crossed.
    """
    key = composed(key)
    nodes = [(path, node["name"], node["name"].removesuffix(".T") if node.get("mm_transpose") else None)
             for path, node, _ in walk(params)]
    for name in sorted({n for _, *names in nodes for n in names if n}, key=len, reverse=True):
        if key.startswith(name + "."):
            setting = key[len(name) + 1:]
            return [(path, setting if name == own else {"h": "w", "w": "h"}.get(setting, setting))
                    for path, own, base in nodes if name in (own, base)]
    parts = key.split(".")
    if len(parts) > 1 and parts[0] not in ("root", "left", "right", "cam", *GROUPS):
        names = list(dict.fromkeys(name for _, *names in nodes for name in names if name))
        near = difflib.get_close_matches(key.rpartition(".")[0][:100], [*names, *GROUPS], 1, 0.5)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ParameterError(f"there is no setting {said(key)}: {said(key.rpartition('.')[0])} is no matrix and no "
                             f"group of settings; {hint}matrices are {listed(names)}, groups "
                             f"{', '.join((*GROUPS, 'cam'))}")
    depth = next((at for at, part in enumerate(parts) if part not in ("root", "left", "right")), len(parts))
    path = ".".join(["root", *[part for part in parts[:depth] if part != "root"]])
    return [(path, ".".join(parts[depth:]))]


def change(params: dict, path: str, setting: str, value: Any) -> None:
    """Set one setting of the node at ``path`` in place, and what follows from it. What is set is checked as far as that
    needs it; ``make`` checks the whole."""
    node = find(params, path)
    matmul = path == "root" or is_matmul(node)
    where = f"{shortened(node['name'])} ({path}), {'a matmul' if matmul else 'a matrix'}"
    value = plain(value)
    if path == "root" and (setting == "cam" or setting.startswith("cam.")):
        _set_camera(node, setting[4:], value, where)
        return
    group, _, key = setting.rpartition(".")
    defaults = {group: {key: each.default for key, each in schema.BY_KEY[group].items()} for group in GROUPS}
    if not matmul and (group == "viz" or not group) and key in OWN["viz"]:  # of a single matrix
        group = "viz"
    if matmul and not group and key not in MATMUL_KEYS:
        group = next((g for g in GROUPS if key in defaults[g]), "")
    if group in GROUPS and (matmul or key in OWN.get(group, ())):
        known, what = defaults[group], f"setting in {group}"
    elif matmul:
        known = {**dict.fromkeys(MATMUL_KEYS, ""), **dict.fromkeys((f"{g}.…" for g in GROUPS), "")}
        what, key = "setting", setting
    else:
        known, what, key = LEAF_DEFAULTS, "setting", setting
    if key not in known and (home := next((g for g in GROUPS if key in defaults[g]), None)):
        raise ParameterError(f"{where}: there is no {what} {said(key)}: {key} is in the group {home} of a matmul, "
                             f"{home}.{key}")
    require_choice(key, known, what, where)
    if (group, key) == ("layout", "gap"):
        if isinstance(value, str) and value == "auto":  # the number follows when the sizes are known: see ``gaps``
            if path != "root":
                raise ParameterError(f"{where}: only the gap of the whole follows the size; give layout.gap a number "
                                     "here")
            gaps.let_follow(node)
            return
        (node.get(group) or {}).pop(AUTO_GAP, None)
    is_auto = isinstance(value, str) and value == "auto"
    value = _convert(value, 0.0 if key in ("vmin", "vmax") and not is_auto else known[key], setting)
    if key == "epilog":
        _set_epilog(node, value, path)
    elif key == "name":
        _rename(params, node, value, path, matmul)
    else:
        (node.setdefault(group, {}) if group in GROUPS else node)[key] = value
    if group == "block":
        check_value(group, key, value, where)
        fix_blocks(params, path, key, value)
    elif group == "layout" and (key == "scheme" or key in CHOICES) and path == "root":
        set_scheme(params)


def _set_camera(root: dict, key: str, value: Any, where: str) -> None:
    """Set a coordinate of the camera (``x``, ``target.x`` …)."""
    require_choice(key, schema.BY_KEY["cam"], "setting in cam", where)
    value = _convert(value, 0, f"cam.{key}")
    cam = root.setdefault("cam", {})
    if "." in key:
        cam, key = cam.setdefault("target", {"x": 0, "y": 0, "z": 0}), key[-1]
    cam[key] = value


def _rename(params: dict, node: dict, name: str, path: str, matmul: bool) -> None:
    """Give ``node`` a name; results that are named after their operands follow."""
    check_name({"name": name}, path, matmul)
    name = composed(name)
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
        raise ParameterError(f"{setting} must be true or false, not {said(value)}")
    try:
        number = float(value)
    except ValueError:
        raise ParameterError(f"{setting} must be a number, not {said(value)}") from None
    return int(number) if number.is_integer() else number


def _set_epilog(node: dict, text: str, path: str) -> None:
    """An epilog by the reference's name, or composed: ``softmax(tril(x/8))``."""
    if not isinstance(text, str):
        raise ParameterError(f"{shortened(node['name'])} ({path}): an epilog is text, not {said(text)}")
    try:
        chain = parse_epilog(text, typed=True)
    except ExpressionError as error:
        if text.isidentifier():
            require_choice(text, epilogs.REFERENCE_NAMES, "epilog", f"{shortened(node['name'])} ({path})")
        raise ParameterError(f"{shortened(node['name'])} ({path}): the epilog cannot be read: {error}") from None
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
