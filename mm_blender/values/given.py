"""Given data: what a person gives for matrices, by the paths of the leaves that it is for; and what has to be made up
beside it."""
from __future__ import annotations

import difflib
import os
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ..data import arrays, lazy, matrices
from ..errors import DataError, ParameterError, warn
from ..expression import named
from ..expression.parameters import walk
from ..plain import composed, items_of, listed, path_text, said
from . import named_matrices

TURNED = ("T", "'", "tr", "trans", "transpose", "transposed", "tp", "top")  # how people end the name of a transpose
CHOSEN = ("url", "expr")  # initialisers that take their values from what a person wrote


def match(params: dict, data: Mapping[str, Any], online: bool = False) -> dict[str, lazy.Matrix]:
    """``data``, by names or paths, by leaf path, as float32 matrices (h, w) or as what is read later; a name given to
    several leaves is for all of them. What epilogs take by name stays under that name. ``online``: whether URLs may be
    fetched. Raises DataError."""
    data = as_dict(data)
    by_name = named.names(params)
    leaves = {path: node for path, node, matmul in walk(params) if not matmul}
    out: dict[str, lazy.Matrix] = {}
    for key, x in data.items():
        hits = [(path, False) for path, leaf in leaves.items() if key in (path, leaf["name"])]
        hits += [(path, True) for path, leaf in leaves.items()
                 if leaf.get("mm_transpose") and leaf["name"] == f"{key}.T"]
        if not hits and key not in by_name:
            raise DataError(_unknown(key, dict.fromkeys([*(leaf["name"] for leaf in leaves.values()), *by_name])))
        x = path_text(x, f"the address of {key}") if isinstance(x, (str, os.PathLike)) else x
        label = x if isinstance(x, str) else str(key)  # what a message says of it
        if isinstance(x, str):
            x = matrices.open_matrix(x, online) if key not in by_name else matrices.read_array(x, online=online)
        if isinstance(x, lazy.Lazy):
            out.update({path: x.T if crossed else x for path, crossed in hits})
            continue
        x = arrays.as_matrix(x, label) if hits else named_matrices.as_named(x, label)
        if key in by_name:
            out[key] = x
        out.update({path: arrays.frozen(x.T) if crossed else x for path, crossed in hits})
    return out


def refuse_data(options: Mapping[str, Any], whose: str) -> None:
    """Raise ParameterError for a source or data among the options of what has its own: ``whose`` they are."""
    for name in ("source", "data"):
        if name in options:
            raise ParameterError(f"{name} is no option here: the matrices are {whose}; change what it returns with "
                                 "edited()")


def as_dict(data: Any) -> dict[Any, Any]:
    """``data`` as a dict, names in the one form of those that look alike. Raises DataError for what is none."""
    if data is None:
        return {}
    if not isinstance(data, Mapping):
        raise DataError("data are matrices by the names they have in the expression, such as {'A': a}, not "
                        f"{type(data).__name__}")
    found = {composed(str(key)) if isinstance(key, str) else key: x for key, x in items_of(data, "data")}
    if len(found) < len(data):
        raise DataError("data hold one name twice: two ways to write an accent are one letter")
    return found


def names(data: Any) -> list[str]:
    """The names that ``data`` are given for, as far as they are names."""
    return [key for key in as_dict(data) if isinstance(key, str)]


# ---- what no data are given for

def made_up(params: dict, data: Collection[str], chosen: Collection[str] = ()) -> dict[str, tuple[str, str]]:
    """What is made up where data are given for something else: by path (of what epilogs take, by name), its name and
    how it is made. ``data``: the keys of what ``match`` gives; ``chosen``: paths of leaves whose initialiser a person
    has just chosen."""
    if not data:
        return {}
    leaves = {path: node for path, node, matmul in walk(params) if not matmul}
    held = {node["name"].removesuffix(".T") if node.get("mm_transpose") else node["name"] for node in leaves.values()}
    held |= {node["name"] for _, node, matmul in walk(params) if matmul}
    out = {path: (node["name"], node["init"]) for path, node in leaves.items()
           if path not in data and path not in chosen and node["init"] not in CHOSEN}
    return out | {name: (name, "a random row") for name in named.names(params) if name not in data and name not in held}


def say_made_up(params: dict, data: Collection[str], keys: Iterable[str], chosen: Collection[str],
                strict: bool) -> None:
    """Warn (MMWarning) of what is made up beside given data, whose names are ``keys``; if ``strict``, raise DataError
    instead. A name that nearly is one that was given is a DataError anyway."""
    missing = dict(made_up(params, data, chosen).values())
    for name in missing:
        for key in keys:
            same = name.casefold() == str(key).casefold()  # B beside b is another matrix
            if name.startswith((f"{key}.", f"{key}[")):
                raise DataError(f"{name} has no data, and {key} has: a part of {key} is not taken in an expression; "
                                f"give it as data={{{name!r}: …}}")
            if not same and _folded(name) in {_folded(f"{key}{end}") for end in TURNED}:
                raise DataError(f"{name} has no data, and {key} has: write {key}.T if {name} is its transpose, or give "
                                f"data for {name!r}, too")
    if not missing:
        return
    names = ", ".join(f"{name} ({how})" for name, how in missing.items())
    if strict:
        raise DataError(f"there are no data for {names}, and strict does not let values be made up")
    warn(f"no data are given for {names}: {'its' if len(missing) == 1 else 'their'} values are made up "
         "(strict=True, or --strict, refuses that)")


def _folded(name: str) -> str:
    """``name`` without what is easily mistaken: case, spaces, underscores, the form of letters."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", name)).casefold()


def _unknown(key: Any, known: Iterable[str]) -> str:
    """What to say of data for a name that nothing has."""
    known = list(known)
    text = key if isinstance(key, str) else said(key)
    message = f"there is no matrix {said(key)} to take the data"
    same = [name for name in known if _folded(name) == _folded(text)]
    turned = [name for name in known if _folded(name) == _folded(text + "T")]
    parts = [name for name in known if name.startswith((f"{text}.", f"{text}["))]
    longer = [name for name in known if text and text in re.split(r"(?=[A-Z])|\W", name)]
    if same:
        message += f"; did you mean {same[0]!r}?"
    elif parts:
        message += (f"; {parts[0]} is a name of its own: a part of {text} is not taken in an expression; give it as "
                    f"data={{{parts[0]!r}: …}}")
    elif turned and turned[0].endswith(".T"):
        message += f"; did you mean {turned[0][:-2]!r}?"
    elif turned:
        message += f"; {turned[0]} is a name of its own: write {text}.T in the expression for the transpose of {text}"
    elif text.endswith(".T") and text[:-2] in known:
        message += f"; give the data of {text[:-2]!r}, which the expression transposes where it has to"
    elif longer:
        message += f"; {longer[0]} is one name: write an @ between matrices that are multiplied"
    elif near := difflib.get_close_matches(text[:100], known, 1):
        message += f"; did you mean {near[0]!r}?"
    return f"{message}; the expression's are {listed(known)}"
