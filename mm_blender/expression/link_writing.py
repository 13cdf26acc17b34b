"""The query of a share link, written as the reference writes it: its JSON form, and its compressed one."""
from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from decimal import Decimal
from numbers import Integral, Real
from typing import Any, NoReturn
from urllib.parse import quote_plus

from ..errors import LinkError
from ..limits import limits
from ..plain import items_of, said

LONG = 2048  # characters of the query above which the reference turns compression on
# what JavaScript's Number() reads: the reference would take such a key for a value's number
_JS_NUMBER = re.compile(r"\s*([+-]?((\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|Infinity)|0[xX][\da-fA-F]+|0[oO][0-7]+"
                        r"|0[bB][01]+)?\s*\Z", re.ASCII)


def flatten(params: dict, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Keys and value of every entry that is no group. Raises LinkError for a value that a link cannot hold."""
    if len(above) > most_levels():
        refuse_depth()
    for key, value in items_of(params, "the parameters"):
        keys = (*above, key)
        if not isinstance(key, str):
            raise LinkError(f"a link's keys are text; {said(key)} is not")
        if isinstance(value, dict):
            yield from flatten(value, keys)
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
    if isinstance(value, Integral) and abs(int(value)) < 2**53:
        return str(int(value))
    if isinstance(value, Real):
        try:
            if math.isfinite(value):
                return js_number(float(value))
        except OverflowError:
            pass
    raise LinkError(f"{path} is {said(value)}; a link holds text, true, false and finite numbers")


def js_number(value: float) -> str:
    """A finite number in JavaScript's notation: the shortest digits that read back to it, 1 rather than 1.0."""
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    assert isinstance(exponent, int)  # of a finite number it is
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


def json_query(params: dict) -> str:
    """The JSON form of parameters."""
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


def compressed_query(flat: dict[tuple[str, ...], Any]) -> str:
    """The compressed form of ``flat``, as ``flatten`` gives it. Raises LinkError for keys that it cannot tell apart."""
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


def most_levels() -> int:
    """Of groups within one another: a chain of operands has one level an operand, the last of which has groups."""
    return limits.expression_depth + 2


def refuse_depth() -> NoReturn:
    """Raise LinkError for groups that lie too deeply within one another."""
    raise LinkError(f"the parameters are nested more than {most_levels()} levels deep, which a link cannot hold")
