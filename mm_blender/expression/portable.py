"""Parameters for a file or a link that goes elsewhere."""
from __future__ import annotations

import copy
import os

from ..data.origins import Origin, PERSON, portable
from .parameters import walk


def portable_params(params: dict, folder: str | os.PathLike | None = None, origin: Origin = PERSON) -> dict:
    """A copy of ``params`` with every address as ``origins.portable`` has it."""
    params = copy.deepcopy(params)
    for _, node, matmul in walk(params):
        if not matmul and node.get("url"):
            node["url"] = portable(node["url"], folder, origin)
    return params
