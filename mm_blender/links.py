"""Share links of the reference tool: ``decode`` a link to parameters, ``encode`` parameters to a link.

A link's query has one of two forms. JSON: ``?params=`` and the whole dict. Compressed: the dict is flattened to dotted
paths, every key gets a number, and the query lists ``number=value`` (or ``number.number=value``, prefix and key)
followed by ``key=number``. Its values are untyped, so a key's type is that of the same key in the defaults.

Source of the rules: bhosmer/mm, ``util.js`` (makeSearchParams, updateObjectFromSearchParams) and ``index.html``
(saveUrlInfo).
"""
from __future__ import annotations

import json
import math
import re
from decimal import Decimal
from numbers import Integral, Real
from typing import Any, Iterator, NoReturn
from urllib.parse import parse_qsl, quote_plus

from .errors import LinkError
from .params import default_params, is_matmul

BASE = "https://bhosmer.github.io/mm/index.html"
LONG = 2048  # characters of the query above which the reference turns compression on
MAX_DEPTH = 200  # levels of nesting; a chain of operands has one level an operand

# Our own keys: the reference passes them through, as text when the link was compressed.
EXTRA_TYPES: dict[str, type] = {"mm_epilog": str, "mm_transpose": bool, "mm_scale": float, "vmin": float,
                                "vmax": float, "percentile": float}
# Keys that say something of a leaf only. The reference's merge leaves its default leaf's on a matmul in the same place.
LEAF_ONLY = ("h", "w", "init", "url", "min", "max", "dropout", "expr")
GROUPS = ("anim", "block", "layout", "deco", "viz", "diag", "cam")

_LINK = re.compile(r"(?s)([A-Za-z][A-Za-z0-9+.-]*://[^\s?]*)?(\?.*)?\Z")
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*\Z", re.ASCII)
_CUT_WORD = re.compile(r"(t(r|ru)?|f(a|al|als)?|n(u|ul)?|-|\.|[eE][+-]?)?\s*\Z")  # how true, -1.5e+3 … may break off
_INDEX = re.compile(r"\d{1,9}\Z", re.ASCII)
_VALUE_KEY = re.compile(r"\d{1,9}(\.\d{1,9})?\Z", re.ASCII)
# what JavaScript's Number() reads: the reference would take such a key for a value's number
_JS_NUMBER = re.compile(r"\s*([+-]?((\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|Infinity)|0[xX][\da-fA-F]+|0[oO][0-7]+"
                        r"|0[bB][01]+)?\s*\Z", re.ASCII)


def is_link(text: str) -> bool:
    """Whether ``text`` is a URL, or the query of one, rather than an expression or a path."""
    return bool(text.strip() and _LINK.match(text.strip()))


def decode(url: str) -> dict:
    """The parameters that the reference has after it has opened ``url``: its defaults with the link's values.

    The JSON form replaces whole top-level entries, the compressed form merges into them. ``expr`` is as the link has
    it, and ``compress`` says which form it was. Leaf keys on a matmul below the root are left out: they mean nothing.

    Raises LinkError for text that is no share link, is cut short, or does not hold a tree of matrices.
    """
    text = re.sub(r"[\t\r\n]", "", url.strip())  # as browsers do; mail programs break long links
    if not is_link(text):
        raise LinkError(f"{_short(text)} is not a share link: a link starts with https:// and holds its parameters "
                        "after a '?'")
    query = text.partition("#")[0].partition("?")[2]
    if not query:
        raise LinkError(f"the link {_short(text)} holds no parameters: there is nothing after a '?'")
    pairs = _read_query(query)
    if "params" in pairs:
        compressed, update = False, _read_json(pairs["params"])
    elif "config" in pairs:
        raise LinkError(f"the link names a file of parameters on the network ({_short(pairs['config'])}), which is not "
                        "fetched; download that JSON file and give its path instead")
    else:
        compressed, update = True, _uncompress(pairs)
    params = default_params()
    if compressed:
        params = _unflatten({**_dotted(params), **update})
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
    flat = dict(_flatten(params))  # checks every value, whichever form is used
    if compress is None:
        compress = bool(params.get("compress")) or len(_json_query(params)) > LONG
    if compress:
        query = _compressed_query({**flat, ("compress",): True})
    else:
        query = _json_query({**params, "compress": False} if "compress" in params else params)
    return f"{base}?{query}"


# ---- reading

def _read_query(query: str) -> dict[str, str]:
    """The query's pairs, percent encoding undone; of equal keys the last counts, as in browsers."""
    bad = re.search(r"%(?![0-9A-Fa-f]{2})", query)
    if bad and bad.start() >= len(query) - 2:
        _cut_short("it ends in the middle of a percent code")
    if bad:
        raise LinkError(f"the link's percent encoding is wrong at {query[bad.start():bad.start() + 12]!r}: "
                        "a '%' is followed by two hexadecimal digits")
    try:
        return dict(parse_qsl(query, keep_blank_values=True, errors="strict"))
    except UnicodeDecodeError as error:
        if error.end == len(error.object):
            _cut_short("it ends in the middle of a letter's percent codes")
        raise LinkError("the link's percent encoding is wrong: its bytes are not UTF-8 text") from None


def _read_json(text: str) -> dict:
    if not text.strip():
        _cut_short("nothing follows 'params='")
    try:
        update = json.loads(text, parse_int=_js_value, parse_float=_js_value, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        if error.msg.startswith(("Unterminated", "Invalid \\uXXXX")) or _CUT_WORD.match(text, error.pos):
            _cut_short(f"its JSON ends at ...{text[-24:]!r}")
        raise LinkError(f"the link's parameters are not JSON: {error.msg} at character {error.pos + 1}, "
                        f"{text[error.pos:error.pos + 24]!r}") from None
    except RecursionError:
        _too_deep()
    if not isinstance(update, dict):
        raise LinkError(f"the link's parameters are {_short(text)}, not a JSON object {{...}}")
    stack: list[tuple[Any, int]] = [(update, 0)]
    while stack:
        node, depth = stack.pop()
        if depth > MAX_DEPTH:
            _too_deep()
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            if isinstance(value, (dict, list)):
                stack.append((value, depth + 1))
            elif isinstance(value, str) and key in EXTRA_TYPES:
                # the reference, having read our keys from a compressed link, writes them as text
                node[key] = _cast(key, value, EXTRA_TYPES[key])
    return update


def _js_value(text: str) -> int | float:
    """A number as JavaScript holds it, whole ones as int where that is exact."""
    value = float(text)
    if not math.isfinite(value):
        raise LinkError(f"the link holds the number {_short(text)}, which is too large")
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _no_constant(text: str) -> NoReturn:
    raise LinkError(f"the link's parameters hold {text}, which is no JSON number")


def _uncompress(pairs: dict[str, str]) -> dict[str, Any]:
    """Dotted path -> typed value."""
    names: dict[str, str] = {}
    values: dict[str, str] = {}
    for key, value in pairs.items():
        if _VALUE_KEY.match(key):
            values[key] = value
        elif not _INDEX.match(value):
            if value or len(pairs) == 1:
                raise LinkError(f"the link holds {_short(f'{key}={value}')}, which is no parameter")
            _cut_short(f"the key {key!r} has no number")
        elif value in names:
            _cut_short(f"the keys {names[value]!r} and {key!r} have the same number, {value}")
        else:
            names[value] = key
    if not values:
        raise LinkError("the link holds no parameters: neither 'params=' nor numbered values")
    types = {keys[-1]: type(value) for keys, value in _flatten(default_params())} | EXTRA_TYPES
    update = {}
    for key, value in values.items():
        parts = key.split(".")
        missing = [part for part in parts if part not in names]
        if missing:
            _cut_short(f"it has a value numbered {key} but no key for {' or '.join(missing)}")
        path = ".".join(names[part] for part in parts)
        update[path] = _cast(path, value, types.get(path.rpartition(".")[2], str))
    return update


def _cast(path: str, text: str, kind: type) -> Any:
    if kind is bool:
        return text == "true"
    if kind is str or text == "auto" and path.rpartition(".")[2] in ("vmin", "vmax"):
        return text
    if not _NUMBER.match(text):
        raise LinkError(f"the link is damaged: {path} is {_short(text)}, not a number")
    return _js_value(text)


def _dotted(params: dict) -> dict[str, Any]:
    return {".".join(keys): value for keys, value in _flatten(params)}


def _unflatten(flat: dict[str, Any]) -> dict:
    out: dict = {}
    for path, value in flat.items():
        *groups, key = path.split(".")
        if len(groups) > MAX_DEPTH:
            _too_deep()
        node = out
        for group in groups:
            node = node.setdefault(group, {})
            if not isinstance(node, dict):
                raise LinkError(f"the link is damaged: {group!r} in {_short(path)} is a value and a group at once")
        node[key] = value
    return out


def _check_tree(params: dict, compressed: bool) -> None:
    """Refuse what is no tree of matrices, and drop a matmul's leaf-only keys."""
    stack: list[tuple[str, Any]] = [("root", params)]
    while stack:
        path, node = stack.pop()
        if not isinstance(node, dict):
            raise LinkError(f"the link is damaged: {path} is {_short(node)}, not a matrix")
        for group in GROUPS:
            if not isinstance(node.get(group, {}), dict):
                raise LinkError(f"the link is damaged: {group} of {path} is {_short(node[group])}, not a group")
        if path == "root" or is_matmul(node):
            for side in ("right", "left"):
                if side not in node:
                    _cut_short(f"{path} is a matmul without its {side} operand")
                stack.append((f"{path}.{side}", node[side]))
            for key in LEAF_ONLY if path != "root" else ():
                node.pop(key, None)
        elif compressed and (missing := [key for key in ("name", "h", "w") if key not in node]):
            _cut_short(f"the matrix {path} lacks {', '.join(missing)}")


def _check_camera(cam: dict) -> None:
    for path, point in (("cam", cam), ("cam.target", cam.get("target", {}))):
        if not isinstance(point, dict):
            raise LinkError(f"the link is damaged: {path} is {_short(point)}, not a point")
        for axis in "xyz":
            if isinstance(value := point.get(axis, 0), bool) or not isinstance(value, Real):
                raise LinkError(f"the link is damaged: {path}.{axis} is {_short(value)}, not a number")


# ---- writing

def _flatten(params: dict, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Keys and value of every entry that is no group. Raises LinkError for a value that a link cannot hold."""
    if len(above) > MAX_DEPTH:
        _too_deep()
    for key, value in params.items():
        keys = (*above, key)
        if not isinstance(key, str):
            raise LinkError(f"a link's keys are text; {_short(key)} is not")
        if isinstance(value, dict):
            yield from _flatten(value, keys)
        else:
            _text(".".join(keys), value)
            yield keys, value


def _text(path: str, value: Any) -> str:
    """``value`` as JavaScript writes it."""
    if isinstance(value, str):
        return value
    value = value.item() if hasattr(value, "item") and not hasattr(value, "__len__") else value  # numpy's scalars
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Integral) and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, Real):
        try:
            if math.isfinite(value):
                return js_number(float(value))
        except OverflowError:
            pass
    raise LinkError(f"{path} is {_short(value)}; a link holds text, true, false and finite numbers")


def js_number(value: float) -> str:
    """A finite number in JavaScript's notation: the shortest digits that read back to it, 1 rather than 1.0."""
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    shown = "".join(map(str, digits))
    point = len(shown) + exponent  # where the decimal point stands, counted from the first digit
    if value == 0:
        return "0"
    if -6 < point <= 0:
        text = "0." + "0" * -point + shown
    elif 0 < point <= 21:
        text = f"{shown[:point]:0<{point}}" + (f".{shown[point:]}" if len(shown) > point else "")
    else:
        text = f"{shown[0]}{'.' * (len(shown) > 1)}{shown[1:]}e{point - 1:+d}"
    return "-" * sign + text


def _quote(text: str) -> str:
    """As URLSearchParams writes it; half a surrogate pair, which no URL can hold, becomes U+FFFD there too."""
    text = re.sub("[\ud800-\udfff]", "\ufffd", text)
    return quote_plus(text, safe="*").replace("~", "%7E")


def _json_query(params: dict) -> str:
    return "params=" + _quote(_json("", params))


def _json(path: str, value: Any) -> str:
    if isinstance(value, dict):
        parts = []
        for key, item in value.items():
            parts.append(f"{_json('', key)}:{_json(key, item)}")
        return "{" + ",".join(parts) + "}"
    if isinstance(value, str):
        return re.sub("[\ud800-\udfff]", lambda half: f"\\u{ord(half[0]):x}", json.dumps(value, ensure_ascii=False))
    return _text(path, value)


def _compressed_query(flat: dict[tuple[str, ...], Any]) -> str:
    names: dict[str, str] = {}
    pairs = []
    for keys, value in flat.items():
        if any("." in key for key in keys):
            raise LinkError(f"the key {'/'.join(keys)!r} cannot stand in a compressed link, where '.' joins keys")
        both = (".".join(keys[:-1]), keys[-1]) if len(keys) > 1 else keys
        numbers = [names.setdefault(name, str(len(names))) for name in both]
        pairs.append((".".join(numbers), _text(".".join(keys), value)))
    for name in names:
        if _JS_NUMBER.match(name):
            raise LinkError(f"the key {name!r} cannot stand in a compressed link, whose keys are told from numbers")
    return "&".join(f"{_quote(key)}={_quote(value)}" for key, value in [*pairs, *names.items()])


# ---- messages

def _cut_short(how: str) -> NoReturn:
    raise LinkError(f"the link is cut short: {how}")


def _too_deep() -> NoReturn:
    raise LinkError(f"the parameters are nested more than {MAX_DEPTH} levels deep, which a link cannot hold")


def _short(value: Any) -> str:
    if isinstance(value, (dict, list)):
        return f"a {type(value).__name__}"
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."
