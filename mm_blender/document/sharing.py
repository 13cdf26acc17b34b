"""Sharing: the link of a visualization, with a word on what is not in it."""
from __future__ import annotations

from ..errors import warn
from ..expression import links, named
from ..expression.parameters import find, walk
from ..expression.portable import portable_params
from ..plain import flag
from .document import Document

OURS = ("mm_epilog", "mm_transpose", "mm_scale")  # keys that only mm_blender understands


def link(document: Document, compress: bool | None) -> str:
    """See ``Visualization.link``."""
    params = document.complete_params
    nodes = [*walk(params)]
    if extra := sorted({node["name"] for _, node, _ in nodes if any(node.get(key) for key in OURS)}):
        warn(f"the reference tool ignores the composed epilogs and transposes of {', '.join(extra)}; "
             "they are in the link for mm_blender")
    if document.data:
        names = sorted({node["name"] for path, node, _ in nodes if path in document.data}
                       | {*named.names(params)} & {*document.data})
        warn(f"a link holds no data: that of {', '.join(names)} is not in it")
    compress = None if compress is None else flag(compress, "compress")
    told = portable_params(params, origin=document.origin)
    bare = [url for path, node, matmul in nodes if not matmul and node["init"] == "url"
            and (url := find(told, path)["url"]) != node["url"]]
    if bare:
        warn(f"the link tells no folder and no password: it names {', '.join(dict.fromkeys(bare))}, for which who "
             "opens it gives a folder as assets")
    return links.encode(told, compress)
