"""The reference tool's parameters: a dict in its own schema, as it stands in share links.

This is the edge. Inside, ``tree.resolve`` turns such a dict into typed dataclasses. A dict is a matmul at its root
(``left``, ``right``, ``epilog``, ``anim``, ``block``, ``layout``, ``viz``, ``deco``, ``cam``); a child is a matmul
again (``matmul: true``) or a leaf (``matmul: false`` with ``h``, ``w``, ``init`` …). A child matmul that does not
set something takes it from its parent.

Five keys are ours and the reference ignores them: ``mm_epilog`` (a composed epilog, in the text form of
``epilogs.Chain``), ``mm_transpose`` and ``mm_scale`` (on a leaf), ``mm_rows`` and ``mm_cols`` (labels of a matrix'
rows and columns, one a line). It ignores those of ``OWN`` in the group ``viz`` too, which a leaf may have.

Source of names and defaults: bhosmer/mm, ``index.html`` and ``viz.js``.
"""
from __future__ import annotations

import copy
import difflib
from typing import Any, Iterable, Iterator

from .errors import ExpressionError, ParameterError

SENSITIVITIES = ("global", "semilocal", "local", "superlocal")
ALGORITHMS = ("none", "dotprod (row major)", "dotprod (col major)", "axpy", "vmprod", "mvprod", "vvprod", "inherit")
FUSE = ("none", "sync", "async")
SCHEMES = ("blocks", "zigzag", "wheel", "custom")
INITS = ("rows", "cols", "row major", "col major", "pt linear", "uniform", "gaussian", "tril mask", "triu mask",
         "eye", "diff", "url", "expr")
DEFAULT_DIM = 32

CHOICES: dict[str, tuple[str, ...]] = {
    "alg": ALGORITHMS, "fuse": FUSE, "scheme": SCHEMES, "polarity": ("negative", "positive"),
    "left placement": ("left", "right"), "right placement": ("top", "bottom"), "result placement": ("front", "back"),
    "sensitivity": SENSITIVITIES, "init": INITS, "norm": ("linear", "log", "symlog"),
}
# settings of ours in the reference's groups, which it ignores; absent unless they were set
OWN: dict[str, dict] = {"viz": {"cmap": "auto", "vmin": "auto", "vmax": "auto", "norm": "linear", "percentile": 100}}
GROUPS = ("anim", "block", "layout", "deco", "viz")
LIMIT = 1e9               # of the size of a setting, far beyond what can be looked at
LIMITS = {"blast": 20.0}  # an exponent
EXTRA_KEYS = ("mm_epilog", "mm_transpose", "mm_scale", "mm_rows", "mm_cols")


def default_leaf(right: bool = False) -> dict:
    """A leaf as the reference makes it: 32 x 32, values -1 to 1 along the rows (left) or the columns (right)."""
    return {"name": "R" if right else "L", "matmul": False, "h": DEFAULT_DIM, "w": DEFAULT_DIM,
            "init": "col major" if right else "row major", "url": "", "min": -1, "max": 1, "dropout": 0}


def default_block() -> dict:
    return {"i blocks": 1, "k blocks": 1, "j blocks": 1}


def default_placement() -> dict:
    return {"polarity": "negative", "left placement": "left", "right placement": "top", "result placement": "front"}


def default_params() -> dict:
    """The complete parameters that the reference starts with: ``L @ R``, 32 x 32 x 32."""
    return {
        "expr": "L @ R", "name": "L @ R", "epilog": "none", "left": default_leaf(), "right": default_leaf(right=True),
        "anim": {"fuse": "none", "speed": 20, "hide inputs": False, "alg": "none", "spin": 0},
        "block": default_block(),
        "layout": {"scheme": "blocks", "gap": 4, "scatter": 0, "molecule": 1, "blast": 0, **default_placement()},
        "deco": {"legends": 6, "shape": True, "spotlight": 2, "row guides": 0.6, "flow guides": 0.5, "lens size": 0.5,
                 "magnification": 7, "interior spotlight": False, "axes": False},
        "viz": {"sensitivity": "global", "min size": 0.2, "min light": 0.4, "max light": 0.7, "elem scale": 1.25,
                "zero hue": 0.77, "hue gap": 0.74, "hue spread": 0.04},
        "diag": {"url": ""},
        "cam": {"x": -DEFAULT_DIM * 1.5, "y": DEFAULT_DIM * 1.5, "z": DEFAULT_DIM * 1.5},
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
    for side in [part for part in path.split(".") if part != "root"]:
        if side not in ("left", "right") or not isinstance(node.get(side), dict):
            raise ParameterError(f"there is no matrix at {path!r}; a path is 'root' followed by '.left' and '.right'")
        node = node[side]
    return node


def complete(params: dict) -> dict:
    """A deep copy of ``params`` with what it leaves out filled in, checked throughout.

    At the root the reference's defaults stand for whole groups (``viz``, ``layout`` …) or single keys that are
    absent; a child keeps its gaps, since they mean "as my parent". ``cam`` is left absent when it is (the camera is
    then framed automatically), ``expr`` is made from the tree.

    Raises ParameterError for unknown choices and values of the wrong type.
    """
    if not isinstance(params, dict) or "left" not in params or "right" not in params:
        raise ParameterError("parameters must be a dict with a 'left' and a 'right' operand")
    out = copy.deepcopy(params)
    defaults = default_params()
    for path, node, _ in walk(out):
        for key in (*GROUPS, "diag", "cam"):
            if not isinstance(node.get(key) or {}, dict):
                raise ParameterError(f"{path}: {key} must be a group of settings, not {node[key]!r}")
    for key in (*GROUPS, "diag"):
        out[key] = {**defaults[key], **(out.get(key) or {})}
    _check_camera(out.get("cam") or {})
    for path, node, matmul in walk(out):
        if matmul:
            node.setdefault("epilog", "none")
            if path != "root":
                node["matmul"] = True
                for key in ("anim", "block", "layout"):
                    node.setdefault(key, {"alg": "inherit"} if key == "anim" else {})
            node.setdefault("name", joined_name(node))
        else:
            for key, value in default_leaf(right=path.endswith("right")).items():
                node.setdefault(key, value)
        check_node(node, path, matmul)
    out["expr"] = expression_of(out)
    return out


def check_node(node: dict, path: str, matmul: bool) -> None:
    """Raise ParameterError, naming the path, if a setting of ``node`` has a wrong type or an unknown choice."""
    from . import epilogs, expression  # these know what an epilog is; params only ask

    where = f"{node.get('name') or path} ({path})"
    for key in ("name", "url", "expr", "mm_rows", "mm_cols"):
        if not isinstance(node.get(key, ""), str):
            raise ParameterError(f"{where}: {key} must be text, not {node[key]!r}")
    if node.get("mm_epilog") is None:
        require_choice(node.get("epilog", "none"), epilogs.REFERENCE_NAMES, "epilog", where)
    else:
        try:
            expression.parse_epilog(str(node["mm_epilog"]))
        except ExpressionError as error:
            raise ParameterError(f"{where}: the epilog cannot be read: {error}") from None
    for group in GROUPS:
        for key, value in (node.get(group) or {}).items():
            check_value(group, key, value, where)
    if not matmul:
        _require_number(node.get("mm_scale", 1), "mm_scale", where)
        if not isinstance(node.get("mm_transpose", False), bool):
            raise ParameterError(f"{where}: mm_transpose must be true or false, not {node['mm_transpose']!r}")
        require_choice(node["init"], INITS, "initialiser", where)
        for key in ("h", "w"):
            if not _whole(node[key]) or node[key] < 1:
                raise ParameterError(f"{where}: {key} must be a whole number of at least 1, not {node[key]!r}")
        for key in ("min", "max", "dropout"):
            _require_number(node[key], key, where)


def check_value(group: str, key: str, value: Any, where: str) -> None:
    """Raise ParameterError unless ``value`` fits the schema's ``group``/``key``; keys it does not know pass."""
    if key in CHOICES:
        require_choice(value, CHOICES[key], key, where)
        return
    if key in OWN.get(group, ()):
        _check_own(group, key, value, where)
        return
    known = DEFAULTS[group].get(key)
    if isinstance(known, bool):
        if not isinstance(value, bool):
            raise ParameterError(f"{where}: {group}.{key} must be true or false, not {value!r}")
    elif isinstance(known, (int, float)):
        _require_number(value, f"{group}.{key}", where)
        if abs(value) > LIMITS.get(key, LIMIT):
            raise ParameterError(f"{where}: {group}.{key} must be at most {LIMITS.get(key, LIMIT):g} in size, "
                                 f"not {value!r}")
        if group == "block" and (not _whole(value) or value < 1):
            raise ParameterError(f"{where}: {group}.{key} must be a whole number of at least 1, not {value!r}")


def _check_own(group: str, key: str, value: Any, where: str) -> None:
    from . import colormaps

    if key == "cmap":
        if not isinstance(value, str):
            raise ParameterError(f"{where}: {group}.{key} is the name of a colormap, not {value!r}")
        try:
            colormaps.check(value)
        except ParameterError as error:
            raise ParameterError(f"{where}: {error}") from None
    elif value != "auto" or key == "percentile":
        _require_number(value, f"{group}.{key}", where)
        if key == "percentile" and not 50 < value <= 100:
            raise ParameterError(f"{where}: {group}.{key} must be above 50 and at most 100, not {value!r}")


def require_choice(value: Any, choices: Iterable[str], what: str, where: str) -> None:
    choices = list(choices)
    if value not in choices:
        near = difflib.get_close_matches(str(value), choices, 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ParameterError(f"{where}: there is no {what} {value!r}; {hint}known are {', '.join(map(repr, choices))}")


def _whole(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and float(value).is_integer()


def _require_number(value: Any, key: str, where: str) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value or abs(value) == float("inf"):
        raise ParameterError(f"{where}: {key} must be a finite number, not {value!r}")


def _check_camera(cam: dict) -> None:
    target = cam.get("target") or {"x": 0, "y": 0, "z": 0}
    for what, point in (("cam", cam), ("cam.target", target)) if cam else ():
        if not isinstance(point, dict) or any(axis not in point for axis in "xyz"):
            raise ParameterError(f"{what} must have x, y and z, not {point!r}")
        for axis in "xyz":
            _require_number(point[axis], axis, what)
            if abs(point[axis]) > LIMIT:
                raise ParameterError(f"{what}: {axis} must be at most {LIMIT:g} in size, not {point[axis]!r}")
    if cam and all(cam[axis] == target[axis] for axis in "xyz"):
        raise ParameterError("cam: the camera stands on its own target; move it away")


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
