"""Given data: what a person gives for matrices, by the paths of the leaves that it is for."""
from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from . import datafiles, lazy, named
from .errors import DataError
from .params import walk


def match(params: dict, data: Mapping[str, Any]) -> dict[str, lazy.Matrix]:
    """``data``, by names or paths, by leaf path, as float32 matrices (h, w) or as what is read later; a name given to
    several leaves is for all of them. What epilogs take by name stays under that name. Raises DataError."""
    by_name = named.names(params)
    leaves = {path: node for path, node, matmul in walk(params) if not matmul}
    out: dict[str, np.ndarray] = {}
    for key, x in data.items():
        hits = [(path, False) for path, leaf in leaves.items() if key in (path, leaf["name"])]
        hits += [(path, True) for path, leaf in leaves.items()
                 if leaf.get("mm_transpose") and leaf["name"] == f"{key}.T"]
        if not hits and key not in by_name:
            known = ", ".join(dict.fromkeys([*(leaf["name"] for leaf in leaves.values()), *by_name]))
            raise DataError(f"there is no matrix {key!r} to take the data; the expression's are {known}")
        if isinstance(x, (str, os.PathLike)):
            x = datafiles.open_matrix(x) if key not in by_name else datafiles.read_array(x)
        if isinstance(x, lazy.Lazy):
            out.update({path: x.T if crossed else x for path, crossed in hits})
            continue
        x = datafiles.as_matrix(x, key) if hits else named.as_named(x, key)
        if key in by_name:
            out[key] = x
        out.update({path: np.ascontiguousarray(x.T) if crossed else x for path, crossed in hits})
    return out
