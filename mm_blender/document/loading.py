"""Loading: what the parameters of a document name, read once more since a person asks for it."""
from __future__ import annotations

import os

from ..data import lazy, matrices, origins
from ..expression.parameters import walk
from . import make
from .document import Document


def loaded(document: Document, assets: str | os.PathLike | None, online: bool) -> Document:
    """Another document, with what is in its files now, and if ``online`` at its URLs; see ``Visualization.load_data``.
    Raises an MMError."""
    origin = document.origin
    urls = {f"{path}.url": origins.meant(node["url"], origin) for path, node, matmul in walk(document.params)
            if not matmul and node["init"] == "url"}
    data = {path: matrices.open_matrix(origins.meant(x.text, origin), online, assets)
            for path, x in document.data.items() if isinstance(x, lazy.Lazy) and x.text}
    options = {"online": online, "assets": document.options.assets if assets is None else assets}
    made = make.edited(document, urls, data=data, options=options, anew=True)
    made.values  # noqa: B018  read now, while whoever asked for it waits
    return made
