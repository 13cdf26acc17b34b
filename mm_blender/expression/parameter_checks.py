"""What parameters may be: names, choices, numbers and texts of a node, each fault named with its matrix and path."""
from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any

from ..colour import colormaps
from ..errors import ExpressionError, ParameterError
from ..limits import limits
from ..plain import fault_of_text, said, shortened
from . import epilogs, grammar, javascript, schema

INITS = tuple(schema.INITS)
CHOICES: dict[str, tuple[str, ...]] = {setting.key: tuple(setting.choices) for setting in schema.SETTINGS
                                       if setting.choices}
GROUPS = ("anim", "block", "layout", "deco", "viz")
LONGEST_ADDRESS = 10_000  # letters: of the longest path that a system has, and of a tensor's name and a slice
NEAREST = 1e-6            # pitches that the camera stands off its target at least
_HALVES, _CONTROLS = re.compile("[\ud800-\udfff]"), re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


def check_node(node: dict, path: str, matmul: bool) -> None:
    """Raise ParameterError, naming the path, if a setting of ``node`` has a wrong type or an unknown choice."""
    check_name(node, path, matmul)
    where = f"{shortened(node.get('name') or path)} ({path})"
    for key in ("url", "expr", *dict(schema.LABELS).values()):
        if not isinstance(node.get(key, ""), str):
            raise ParameterError(f"{where}: {key} must be text, not {said(node[key])}")
        if bad := _HALVES.search(node.get(key, "")) or _CONTROLS.search(node.get(key, "")):
            raise ParameterError(f"{where}: {key} holds {fault_of_text(bad[0])}, which no text may hold here")
    if len(node.get("url", "")) > LONGEST_ADDRESS:
        raise ParameterError(f"{where}: url has {len(node['url']):,} letters; an address has at most "
                             f"{LONGEST_ADDRESS:,}")
    if node.get("mm_epilog") is None:
        require_choice(node.get("epilog", "none"), epilogs.REFERENCE_NAMES, "epilog", where)
    elif not isinstance(node["mm_epilog"], str):
        raise ParameterError(f"{where}: the epilog cannot be read: it is {said(node['mm_epilog'])}, and no text")
    else:
        try:
            chain = grammar.parse_epilog(node["mm_epilog"])
        except ExpressionError as error:
            raise ParameterError(f"{where}: the epilog cannot be read: {error}") from None
        if not matmul and any(epilogs.uses_k(step.scalar) for step in chain):
            raise ParameterError(f"{where}: mm_epilog holds k, the inner dimension of a matmul, and this is a matrix")
    for group in GROUPS:
        for key, value in (node.get(group) or {}).items():
            check_value(group, key, value, where)
    if not matmul:
        if not isinstance(node.get("mm_transpose", False), bool):
            raise ParameterError(f"{where}: mm_transpose must be true or false, not {said(node['mm_transpose'])}")
        require_choice(node["init"], INITS, "initialiser", where)
        for key in ("h", "w", "min", "max", "dropout", "mm_scale"):
            check_value("matrix", key, node.get(key, 1), where)


def check_value(group: str, key: str, value: Any, where: str) -> None:
    """Raise ParameterError unless ``value`` fits the schema's ``group``/``key``; keys it does not know pass."""
    setting = schema.find(group, key)
    if setting is None:
        return
    name = setting.name
    if setting.choices:
        require_choice(value, setting.choices, key, where)
    elif key == "cmap":
        _check_colormap(value, where)
    elif isinstance(setting.default, bool):
        if not isinstance(value, bool):
            raise ParameterError(f"{where}: {name} must be true or false, not {said(value)}")
    elif setting.is_number and not (setting.default == "auto" and isinstance(value, str) and value == "auto"):
        if fault := setting.fault(value):
            raise ParameterError(f"{where}: {name} {fault}, not {said(value)}")


def _check_colormap(value: Any, where: str) -> None:
    if not isinstance(value, str):
        raise ParameterError(f"{where}: viz.cmap is the name of a colormap, not {said(value)}")
    try:
        colormaps.check(value)
    except ParameterError as error:
        raise ParameterError(f"{where}: {error}") from None


def require_choice(value: Any, choices: Iterable[str], what: str, where: str) -> None:
    """Raise ParameterError, with the nearest of ``choices``, unless ``value`` is one of them."""
    choices = list(choices)
    if not isinstance(value, str) or value not in choices:
        near = difflib.get_close_matches(value[:100], choices, 1) if isinstance(value, str) else []
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ParameterError(f"{where}: there is no {what} {said(value)}; {hint}known are "
                             f"{', '.join(map(repr, choices))}")


def check_name(node: dict, path: str, matmul: bool) -> None:
    """Raise ParameterError for a name that cannot be shown as it is, SizeError for one that is too long: a result's may
    be its operands' joined."""
    name = node.get("name", "")
    if not isinstance(name, str):
        raise ParameterError(f"{path}: name must be text, not {said(name)}")
    if fault := fault_of_text(name):
        raise ParameterError(f"{path}: the name {said(name)} holds {fault}: give it another one")
    most = limits.expression_length if matmul and "@" in name else limits.name_length
    if len(name) > most:
        raise limits.error("name_length", f"the name {said(name[:30])}… of {path} is {len(name):,} letters long")


def check_formula(node: dict, path: str) -> None:
    """Raise ExpressionError, which names the matrix, where its formula (``expr``) is none."""
    try:
        javascript.compile_steps(node.get("expr", ""))
    except ExpressionError as error:
        error.belongs_to(f"{shortened(node['name'])} ({path})")
        raise


def check_camera(cam: dict) -> None:
    """Raise ParameterError unless a camera is empty, or a point beside its target."""
    target = cam.get("target") or {"x": 0, "y": 0, "z": 0}
    for what, point in (("cam", cam), ("cam.target", target)) if cam else ():
        if not isinstance(point, dict) or any(axis not in point for axis in "xyz"):
            raise ParameterError(f"{what} must have x, y and z, not {said(point)}")
        for axis in "xyz":
            if fault := schema.BY_KEY["cam"]["x"].fault(point[axis]):
                raise ParameterError(f"{what}: {axis} {fault}, not {said(point[axis])}")
    if cam and max(abs(cam[axis] - target[axis]) for axis in "xyz") < NEAREST:
        raise ParameterError("cam: the camera stands on its own target; move it away")
