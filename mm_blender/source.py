"""Sources: an expression, a share link, a preset's name, a JSON file or a dict, all to complete parameters."""
from __future__ import annotations

import difflib
import importlib.resources
import json
import os
from pathlib import Path
from typing import Mapping

import platformdirs

from . import expression, links
from .edits import set_chain, set_scheme
from .errors import DataError, ParameterError
from .expression import Node, Operand, Product
from .params import complete, default_block, default_leaf, default_params, default_placement

AIRY_SCALE = 1.075  # largest cubes at 0.86 of the pitch: neighbours stay apart, unlike at the reference's 1.25


def read(source: str | os.PathLike | Mapping) -> tuple[dict, bool]:
    """Complete parameters, and whether their shapes are only defaults (an expression has none of its own).

    Raises an MMError that names what ``source`` was taken for.
    """
    if isinstance(source, Mapping):
        return complete(dict(source)), False
    if not isinstance(source, (str, os.PathLike)):
        raise ParameterError("a source is an expression, a link, a preset's name, a JSON file or a dict of parameters, "
                             f"not {type(source).__name__}")
    text = os.fspath(source).strip()
    if links.is_link(text):
        params = links.decode(text)
        params.pop("compress", None)  # how the link was written is no parameter
        return complete(params), False
    known = presets() if "@" not in text else {}  # no preset is called so: there is no need to look for them
    if text in known:
        return complete(json.loads(known[text].read_text(encoding="utf-8"))), False
    if text.lower().endswith(".json") or isinstance(source, os.PathLike):
        return complete(read_json(Path(text))), False
    if "@" not in text and text.replace("-", "").replace("_", "").isalnum():
        near = difflib.get_close_matches(text, known, 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ParameterError(f"{text!r} is no expression (it has no @), no link, no JSON file and no preset; "
                             f"{hint}presets are {', '.join(known)}")
    return from_expression(text), True


def read_json(path: Path) -> dict:
    try:
        params = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"there is no file {path} to read: {error.strerror}") from None
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ParameterError(f"{path} is not JSON: {error}") from None
    if not isinstance(params, dict):
        raise ParameterError(f"{path} holds a {type(params).__name__}, not a dict of parameters")
    return params


def presets() -> dict[str, Path]:
    """The presets by name: JSON files of parameters in the package, or in a checkout beside it, and a person's own."""
    folders = [Path(str(importlib.resources.files(__package__))) / "presets", Path(__file__).parents[1] / "presets",
               own_presets()]
    return {path.stem: path for folder in folders if folder.is_dir() for path in sorted(folder.glob("*.json"))}


def own_presets() -> Path:
    """The folder of a person's own presets: what MM_BLENDER_PRESETS says, or one of the user's configuration."""
    said = os.environ.get("MM_BLENDER_PRESETS")
    return Path(said) if said else Path(platformdirs.user_config_dir("mm_blender", appauthor=False)) / "presets"


def save_preset(name: str, params: Mapping) -> Path:
    """Keep complete ``params`` as a preset of one's own; returns the file. Raises ParameterError for a name that cannot
    be read back, DataError if it cannot be written."""
    if not name or not name.replace("-", "").replace("_", "").isalnum():
        raise ParameterError(f"a preset's name is made of letters, digits, - and _, not {name!r}")
    path = own_presets() / f"{name}.json"
    part = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(complete(dict(params)), indent=2) + "\n", encoding="utf-8")
        os.replace(part, path)
    except OSError as error:
        raise DataError(f"the preset {path} cannot be written: {error.strerror}") from None
    return path


def from_expression(text: str) -> dict:
    """Complete parameters for an expression: default leaves, the reference's layout scheme, no camera."""
    tree = expression.parse(text)
    params = default_params()
    del params["cam"]
    params["viz"]["elem scale"] = AIRY_SCALE
    params.update(_matmul(tree))
    del params["matmul"]  # a root is one without saying so
    set_scheme(params)
    return complete(params)


def _matmul(node: Product) -> dict:
    out = {"name": node.label, "matmul": True, "left": _node(node.left, right=False),
           "right": _node(node.right, right=True)}
    set_chain(out, node.chain)
    return out


def _node(node: Node, right: bool) -> dict:
    if isinstance(node, Product):
        return {**_matmul(node), "anim": {"alg": "inherit"}, "block": default_block(), "layout": default_placement()}
    return _leaf(node, right)


def _leaf(node: Operand, right: bool) -> dict:
    out = {**default_leaf(right), "name": node.label}
    if node.transpose:
        out["mm_transpose"] = True
    if node.chain:
        set_chain(out, node.chain)
        out.setdefault("mm_epilog", out["epilog"])  # a leaf has no epilog in the reference, so it is ours alone
        del out["epilog"]
    return out
