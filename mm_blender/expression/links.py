"""Share links of the reference tool: ``decode`` a link to parameters, ``encode`` parameters to a link.

A link's query has one of two forms. JSON: ``?params=`` and the whole dict. Compressed: the dict is flattened to dotted
paths, every key gets a number, and the query lists ``number=value`` (or ``number.number=value``, prefix and key)
followed by ``key=number``. Its values are untyped, so a key's type is that of the same key in the defaults.

Source of the rules: bhosmer/mm, ``util.js`` (makeSearchParams, updateObjectFromSearchParams) and ``index.html``
(saveUrlInfo).
"""
from __future__ import annotations

import re
from numbers import Real
from typing import Any

from ..errors import LinkError, MMError
from ..plain import flag, said
from . import pasted
from .idle_settings import unknown_keys
from .link_reading import decoded_once, read_json, read_pairs, redirect_in, refuse_cut, uncompress, unflatten
from .link_writing import compressed_query, flatten, json_query, LONG
from .parameters import complete, default_params, is_matmul

BASE = "https://bhosmer.github.io/mm/index.html"

# Keys that say something of a leaf only. The reference's merge leaves its default leaf's on a matmul in the same place.
LEAF_ONLY = ("h", "w", "init", "url", "min", "max", "dropout", "expr")
GROUPS = ("anim", "block", "layout", "deco", "viz", "diag", "cam")
# spaces and invisible characters, encoded
_TAIL = re.compile(r"(?:%E2%80%8B|%EF%BB%BF|%C2%AD|%E2%81%A0|%C2%A0|%20|%0[9ADad]|\+)\Z")


def is_link(text: str) -> bool:
    """Whether ``text`` is a URL, the query of one, or has one in it, rather than an expression or a path."""
    return pasted.is_pasted(text)


def decode(url: str) -> dict:
    """The parameters that the reference has after it has opened ``url``: its defaults with the link's values.

    ``url`` may be as mails and chats leave it (see ``pasted``), encoded more than once, or in a redirect of theirs.
    The JSON form replaces whole top-level entries, the compressed form merges into them. ``expr`` is as the link has
    it, and ``compress`` says which form it was. Leaf keys on a matmul below the root are left out: they mean nothing.

    Raises LinkError for text that holds no share link, or one that is cut short, is followed by something, or does not
    hold a tree of matrices: what is read is all of it.
    """
    if not isinstance(url, str):
        raise LinkError(f"a link is a text, not {said(url)}")
    problem = None
    for ways in pasted.candidates(url):
        readings = []
        for link in ways:
            try:
                readings.append(_decode(link, 0))
            except LinkError as error:
                problem = problem or error
        if readings:  # of two ways to read spaces, the one that makes sense
            return min(readings, key=_strange) if len(readings) > 1 else readings[0]
    raise problem or LinkError(f"{said(url.strip())} is not a share link: a link starts with https:// and holds its "
                               "parameters after a '?'")


def _strange(params: dict) -> tuple[int, bool]:
    """How many of the keys mean nothing, and whether what they hold is wrong."""
    try:
        complete(params)
    except MMError:
        return len(unknown_keys(params)), True
    return len(unknown_keys(params)), False


def _decode(text: str, depth: int) -> dict:
    """The parameters in one link, ``depth`` redirects behind the first. Raises LinkError."""
    query = text.partition("#")[0].partition("?")[2]
    end = len(query)
    while end and (tail := _TAIL.search(query, max(0, end - 9), end)):
        end = tail.start()
    query = query[:end]
    if not query:
        raise LinkError(f"the link {said(text)} holds no parameters: there is nothing after a '?'")
    pairs = read_pairs(query)
    if "params" in pairs:
        compressed, update = False, read_json(pairs["params"])
    elif "config" in pairs:
        raise LinkError(f"the link names a file of parameters on the network ({said(pairs['config'])}), which is not "
                        "fetched; download that JSON file and give its path instead")
    elif inner := redirect_in(pairs):
        if depth > 4:
            raise LinkError("the link is a redirect to a redirect, and so on; paste the link that it leads to")
        return _decode(inner, depth + 1)
    else:
        compressed, update = True, uncompress(decoded_once(pairs))
    params = default_params()
    if compressed:
        params = unflatten({**{".".join(keys): value for keys, value in flatten(params)}, **update})
    else:
        params.update(update)
    params["compress"] = compressed
    _check_tree(params, compressed)
    _check_camera(params["cam"])
    return params


def encode(params: dict, compress: bool | None = None, base: str = BASE) -> str:
    """A link that the reference opens with ``params``, and that ``decode`` reads back to equal parameters.

    ``compress``: which form; None does as the reference: compressed when ``params["compress"]`` is true or the query
    would be longer than 2048 characters. The link's own ``compress`` entry always tells the form used.

    Empty groups (``{}``) are lost in the compressed form, as in the reference.
    Raises LinkError for what a link cannot hold: lists, None, NaN, infinities, or keys that the form cannot tell apart.
    """
    if not isinstance(params, dict):
        raise LinkError(f"a link holds a dict of parameters, not {said(params)}")
    compress = None if compress is None else flag(compress, "compress")
    flat = dict(flatten(params))  # checks every value, whichever form is used
    if compress is None:
        compress = bool(params.get("compress")) or len(json_query(params)) > LONG
    if compress:
        query = compressed_query({**flat, ("compress",): True})
    else:
        query = json_query({**params, "compress": False} if "compress" in params else params)
    return f"{base}?{query}"


def _check_tree(params: dict, compressed: bool) -> None:
    """Refuse what is no tree of matrices, and drop a matmul's leaf-only keys."""
    stack: list[tuple[str, Any]] = [("root", params)]
    while stack:
        path, node = stack.pop()
        if not isinstance(node, dict):
            raise LinkError(f"the link is damaged: {path} is {said(node)}, not a matrix")
        for group in GROUPS:
            if not isinstance(node.get(group, {}), dict):
                raise LinkError(f"the link is damaged: {group} of {path} is {said(node[group])}, not a group")
        if path == "root" or is_matmul(node):
            for side in ("right", "left"):
                if side not in node:
                    refuse_cut(f"{path} is a matmul without its {side} operand")
                stack.append((f"{path}.{side}", node[side]))
            for key in LEAF_ONLY if path != "root" else ():
                node.pop(key, None)
        elif compressed and (missing := [key for key in ("name", "h", "w") if key not in node]):
            refuse_cut(f"the matrix {path} lacks {', '.join(missing)}")


def _check_camera(cam: dict) -> None:
    for path, point in (("cam", cam), ("cam.target", cam.get("target", {}))):
        if not isinstance(point, dict):
            raise LinkError(f"the link is damaged: {path} is {said(point)}, not a point")
        for axis in "xyz":
            if isinstance(value := point.get(axis, 0), bool) or not isinstance(value, Real):
                raise LinkError(f"the link is damaged: {path}.{axis} is {said(value)}, not a number")
