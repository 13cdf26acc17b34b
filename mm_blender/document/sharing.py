"""Sharing: the link of a visualization, with a word on what is not in it."""
from __future__ import annotations

from ..colour import colormaps
from ..errors import warn
from ..expression import links, named, schema
from ..expression.parameters import find, walk
from ..expression.portable import portable_params
from ..plain import flag, some
from .document import Document

TOLD = 4  # names of matrices, of each setting that the reference ignores
WORDS = {"mm_epilog": "the epilog", "mm_transpose": "the transpose", "mm_scale": "the factor"}  # for who wrote no key


def link(document: Document, compress: bool | None) -> str:
    """See ``Visualization.link``."""
    params = document.complete_params
    nodes = [*walk(params)]
    if lost := _ignored([node for _, node, _ in nodes]):
        warn(f"the reference tool ignores {'; '.join(lost)}; they are in the link for mm_blender")
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


def _ignored(nodes: list[dict]) -> list[str]:
    """What the reference does not show of ``nodes``: each setting of ours, and the labels, of which matrices."""
    found: dict[str, list[str]] = {}
    for node in nodes:
        for setting in schema.OURS:
            group = node if setting.group == "matrix" else node.get(setting.group) or {}
            value = group.get(setting.key, setting.default)
            if value not in (setting.default, colormaps.HUE):  # which are the reference's own colours
                found.setdefault(WORDS.get(setting.name, setting.name), []).append(node["name"])
        for side, key in schema.LABELS:
            if node.get(key):
                found.setdefault(f"the labels of the {side}", []).append(node["name"])
    return [f"{what} of {some([*dict.fromkeys(names)], TOLD)}" for what, names in found.items()]
