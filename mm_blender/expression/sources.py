"""Sources: an expression, a share link, a preset's name, a JSON file or a dict, all to complete parameters."""
from __future__ import annotations

import difflib
import importlib.resources
import json
import os
from collections.abc import Collection, Mapping
from pathlib import Path

from ..data import files
from ..data.origins import Origin, PERSON
from ..errors import DataError, ParameterError, RenderError, warn
from ..plain import composed, listed, path_text, said
from ..system import folders, writing
from . import gaps, grammar, links
from .algorithms import INHERIT
from .edits import set_chain, set_scheme
from .idle_settings import idle_words, unknown_keys, without_effect
from .parameters import complete, completed, default_block, default_leaf, default_params, default_placement
from .portable import portable_params
from .schema import SETTINGS
from .syntax import Node, Operand, Product

OWN = ("MM_BLENDER_PRESETS", "presets")  # the variable that names the folder of a person's own, and how it is called
LONGEST_NAME = 60  # letters of a preset's name, of which each may be four bytes
RESERVED = {"CON", "PRN", "AUX", "NUL", *(f"{port}{number}" for port in ("COM", "LPT") for number in range(10))}
# why settings change nothing that is in no still picture of the web tool either
UNSEEN = {setting.without for setting in SETTINGS if setting.key != "axes"} - {""}
AIRY_SCALE = 1.075  # largest cubes at 0.86 of the pitch: neighbours stay apart, unlike at the reference's 1.25


def read(source: str | os.PathLike | Mapping, names: Collection[str] = ()) -> tuple[dict, bool]:
    """As ``read_named``, without who names files."""
    return read_named(source, names)[:2]


def read_named(source: str | os.PathLike | Mapping, names: Collection[str] = ()) -> tuple[dict, bool, Origin]:
    """Complete parameters, whether their shapes are only defaults (an expression has none of its own), and who names
    the files that are in them. ``names`` are those that an expression may have whatever signs they hold, such as those
    that data are given for.

    Raises an MMError that names what ``source`` was taken for.
    """
    if isinstance(source, Mapping):
        return _as_given(source, "the parameters"), False, PERSON
    if not isinstance(source, (str, os.PathLike)):
        raise ParameterError("a source is an expression, a link, a preset's name, a JSON file or a dict of parameters, "
                             f"not {type(source).__name__}")
    text = path_text(source, "a source that is a path").strip() if not isinstance(source, str) else str(source).strip()
    if isinstance(source, str) and links.is_link(text):
        params = links.decode(text)
        params.pop("compress", None)  # how the link was written is no parameter
        return _as_given(params, "the link", refuse=False), False, Origin("the link")
    known = presets() if "@" not in text else {}  # no preset is called so: there is no need to look for them
    if text in known:
        return (_as_given(read_json(known[text]), f"the preset {text}"), False,
                Origin(f"the preset {text}", str(known[text].parent)))
    if text.lower().endswith(".json") or isinstance(source, os.PathLike):
        return _as_given(read_json(Path(text)), text), False, Origin(text, os.path.dirname(os.path.abspath(text)))
    if "@" not in text and text.replace("-", "").replace("_", "").isalnum():
        near = difflib.get_close_matches(text, known, 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ParameterError(f"{text!r} is no expression (it has no @), no link, no JSON file and no preset; "
                             f"{hint}presets are {', '.join(known)}")
    return from_expression(text, names), True, PERSON


def _as_given(params: Mapping, where: str, refuse: bool = True) -> dict:
    """Complete parameters with all that ``params`` set. Keys that mean nothing, and settings that change nothing where
    they stand, are said (MMWarning), and if ``refuse``, keys that are nearly known ones raise ParameterError; ``where``
    they stand. A link is the web tool's, which reads over them without a word."""
    params = complete(params)
    gaps.check(params)
    strange = unknown_keys(params)
    near = {key: like for key, like in strange.items() if like}
    if near and refuse:
        key, like = next(iter(near.items()))
        raise ParameterError(f"{where}: there is no parameter {key!r}; did you mean {like!r}?")
    if strange:
        warn(f"{where} hold{'s' * (where != 'the parameters')} what means nothing here and is read over: "
             f"{listed(strange)}")
    idle = without_effect(params)
    if not refuse:  # a link holds all settings of the web tool, and what is for its mouse is missed by nobody
        idle = {key: why for key, why in idle.items() if why not in UNSEEN}
    if idle:
        warn(f"{where}: {idle_words(idle)}")
    return params


def read_json(path: Path) -> dict:
    """The parameters in a JSON file, in any encoding of Unicode. Raises DataError."""
    try:
        return files.read_json(path)
    except FileNotFoundError as error:
        raise DataError(f"there is no file {path} to read: {error.strerror}") from None


def presets() -> dict[str, Path]:
    """The presets by name: JSON files of parameters in the package, or in a checkout beside it, and a person's own."""
    places = [Path(str(importlib.resources.files(__package__))).parent / "presets",
              Path(__file__).parents[2] / "presets",
              folders.former_configuration(*OWN), own_presets()]
    return {path.stem: path for place in places if place for path in _files_in(place)}


def _files_in(folder: Path) -> list[Path]:
    """What is named like a JSON file in a folder, and nothing where it is none or cannot be looked into. Whether it is
    one that can be read is seen when it is asked for, so that a broken one stands in nobody's way."""
    try:
        return sorted(folder.glob("*.json"))
    except (OSError, RuntimeError, ValueError):
        return []


def own_presets() -> Path | None:
    """The folder of a person's own presets: what MM_BLENDER_PRESETS says, or the extension's in Blender, or one of the
    user's configuration; None where the system knows no home folder."""
    return folders.configuration(*OWN)


def save_preset(name: str, params: Mapping) -> Path:
    """Keep complete ``params`` as a preset of one's own; returns the file. Raises ParameterError for a name that cannot
    be read back, DataError if it cannot be written."""
    name = composed(name) if isinstance(name, str) else name
    if not isinstance(name, str) or not name.replace("-", "").replace("_", "").isalnum() or len(name) > LONGEST_NAME:
        raise ParameterError(f"a preset's name is made of letters, digits, - and _, at most {LONGEST_NAME} of them, "
                             f"not {said(name)}")
    if name.upper() in RESERVED:
        raise ParameterError(f"no file can be called {name} on Windows, so no preset is; choose another name")
    folder = own_presets()
    if folder is None:
        raise DataError(f"there is no home folder to keep the preset {name} in: name one with MM_BLENDER_PRESETS")
    path = folder / f"{name}.json"
    try:
        writing.make_folder(path.parent, parents=True)
        writing.write(path, (json.dumps(portable_params(complete(params)), indent=2) + "\n").encode())
    except RenderError as error:
        raise DataError(f"the preset {name}: {error}") from None
    return path


def from_expression(text: str, known: Collection[str] = ()) -> dict:
    """Complete parameters for an expression: default leaves, the reference's layout scheme, a gap that follows the
    size, no camera."""
    return completed(untried(text, known))


def untried(text: str, known: Collection[str] = ()) -> dict:
    """The same before they are completed and checked."""
    tree = grammar.parse(text, known)
    params = default_params()
    del params["cam"]
    params["viz"]["elem scale"] = AIRY_SCALE
    gaps.let_follow(params)
    params.update(_matmul(tree))
    del params["matmul"]  # a root is one without saying so
    set_scheme(params)
    return params


def _matmul(node: Product) -> dict:
    out = {"name": node.label, "matmul": True, "left": _node(node.left, right=False),
           "right": _node(node.right, right=True)}
    set_chain(out, node.chain)
    return out


def _node(node: Node, right: bool) -> dict:
    if isinstance(node, Product):
        return {**_matmul(node), "anim": {"alg": INHERIT}, "block": default_block(), "layout": default_placement()}
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
