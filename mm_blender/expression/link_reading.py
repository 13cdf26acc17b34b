"""The query of a share link, read: what its JSON form holds, or its compressed one, or what it is a redirect to."""
from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from typing import Any, NoReturn
from urllib.parse import parse_qsl, unquote, unquote_plus

from ..errors import LinkError
from ..plain import said
from . import schema
from .link_writing import flatten, most_levels, refuse_depth
from .parameters import default_params

LONGEST_KEY = 4096  # characters of a key with the groups that it is in: a path through the tree and a name
# Our own keys: the reference passes them through, as text when the link was compressed.
EXTRA_TYPES: dict[str, type] = {setting.key: float if setting.is_number else type(setting.default)
                                for setting in schema.OURS}
# may stand behind a link that has come to its end
_AFTER = " .,;:!?)]>'\"`*_|»«”“’…。，、；：！？）】」』》〉\u200b\u00ad\ufeff"
_TRACKING = re.compile(r"(utm_\w+|fbclid|gclid|dclid|msclkid|igshid|mc_[ce]id|_hs\w+)\Z")
_WORDS = {setting.key for setting in schema.SETTINGS if " " in setting.key}  # keys that encoding changes
_AUTO = {setting.key for setting in schema.OURS if setting.default == "auto"}
_NUMBER = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*\Z", re.ASCII)
_CUT_WORD = re.compile(r"(t(r|ru)?|f(a|al|als)?|n(u|ul)?|-|\.|[eE][+-]?)?\s*\Z")  # how true, -1.5e+3 … may break off
_INDEX = re.compile(r"\d{1,9}\Z", re.ASCII)
_VALUE_KEY = re.compile(r"\d{1,9}(\.\d{1,9})?\Z", re.ASCII)


def read_pairs(query: str) -> dict[str, str]:
    """The query's pairs, percent encoding undone, without those that count readers; of equal keys the last counts, as
    in browsers. Raises LinkError."""
    bad = re.search(r"%(?![0-9A-Fa-f]{2})", query)
    if bad and bad.start() >= len(query) - 2:
        refuse_cut("it ends in the middle of a percent code")
    if bad:
        raise LinkError(f"the link's percent encoding is wrong at {query[bad.start():bad.start() + 12]!r}: "
                        "a '%' is followed by two hexadecimal digits")
    try:
        pairs = dict(parse_qsl(query, keep_blank_values=True, errors="strict"))
    except UnicodeDecodeError as error:
        if error.end == len(error.object):
            refuse_cut("it ends in the middle of a letter's percent codes")
        raise LinkError("the link's percent encoding is wrong: its bytes are not UTF-8 text") from None
    return {key: value for key, value in pairs.items() if not _TRACKING.match(key)}


def redirect_in(pairs: dict[str, str]) -> str | None:
    """The link that a redirect (of a mail filter, a search engine, the reference's own guide) leads to."""
    if "mm" in pairs and not any(map(_VALUE_KEY.match, pairs)):
        return "?" + pairs["mm"]
    if any(map(_VALUE_KEY.match, pairs)):
        return None
    for value in pairs.values():
        link = unquote(value) if re.match(r"(?i)https?%3A", value) else value
        if re.match(r"(?i)https?://[^?]*\?.", link):
            return link
    return None


def decoded_once(pairs: dict[str, str]) -> dict[str, str]:
    """The pairs of the compressed form, decoded again as long as they were encoded once too often: keys of more than
    one word, and the expression's @, tell."""
    levels = [pairs]
    for _ in range(5):
        levels.append({unquote_plus(key): unquote_plus(value) for key, value in levels[-1].items()})
    known = [len(_WORDS & level.keys()) for level in levels]
    likely = [level for level, count in zip(levels, known) if count == max(known)]
    number = pairs.get("expr", "")
    return next((level for level in likely if "@" in level.get(number, "@")), likely[0])


def read_json(text: str) -> dict:
    """The parameters in the JSON form, ours typed; what was encoded once too often, or has a letter's quotation marks,
    is understood, too. Raises LinkError."""
    if not text.strip():
        refuse_cut("nothing follows 'params='")
    for _ in range(5):
        if not re.match(r"\s*%(25)*7B", text):
            break
        text = unquote_plus(text)
    if '"' not in text:
        text = re.sub("[“”„]", '"', text)
    text = text.lstrip()
    try:
        decoder = json.JSONDecoder(parse_int=_js_value, parse_float=_js_value, parse_constant=_no_constant)
        update, end = decoder.raw_decode(text)
        if text[end:].strip(_AFTER):
            raise LinkError(f"after the link's parameters follows {said(text[end:].strip())}; paste the link alone")
    except json.JSONDecodeError as error:
        if text.rstrip().endswith(("...", "…")):
            refuse_cut("it ends in an ellipsis")
        if error.msg.startswith(("Unterminated", "Invalid \\uXXXX")) or _CUT_WORD.match(text, error.pos):
            refuse_cut(f"its JSON ends at ...{text[-24:]!r}")
        raise LinkError(f"the link's parameters are not JSON: {error.msg} at character {error.pos + 1}, "
                        f"{text[error.pos:error.pos + 24]!r}") from None
    except RecursionError:
        refuse_depth()
    if not isinstance(update, dict):
        raise LinkError(f"the link's parameters are {said(text)}, not a JSON object {{...}}")
    parts = _parts(update)
    refuse_capitals(key for node in parts if isinstance(node, dict) for key in node)
    if not _words(parts):
        again = _plus_undone(update)
        if _words(within := _parts(again)):
            update, parts = again, within  # strings that were encoded once more, each by itself
    for node in parts:
        for key, value in node.items() if isinstance(node, dict) else ():
            if isinstance(value, str) and key in EXTRA_TYPES:
                # the reference, having read our keys from a compressed link, writes them as text
                node[key] = _cast(key, value, EXTRA_TYPES[key])
    return update


def _parts(update: Any) -> list[dict | list]:
    """All groups and lists in what was read. Raises LinkError where they lie too deeply within one another."""
    out, level, most = [], [update], most_levels()
    while level:
        if most < 0:
            refuse_depth()
        out += level
        level = [value for node in level for value in (node.values() if isinstance(node, dict) else node)
                 if isinstance(value, (dict, list))]
        most -= 1
    return out


def _words(parts: list[dict | list]) -> int:
    """How many keys of more than one word there are."""
    return sum(key in _WORDS for node in parts if isinstance(node, dict) for key in node)


def _plus_undone(node: Any) -> Any:
    if isinstance(node, dict):
        return {unquote_plus(key): _plus_undone(value) for key, value in node.items()}
    return unquote_plus(node) if isinstance(node, str) else node


def _js_value(text: str) -> int | float:
    """A number as JavaScript holds it, whole ones as int where that is exact."""
    value = float(text)
    if not math.isfinite(value):
        raise LinkError(f"the link holds the number {said(text)}, which is too large")
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _no_constant(text: str) -> NoReturn:
    raise LinkError(f"the link's parameters hold {text}, which is no JSON number")


def uncompress(pairs: dict[str, str]) -> dict[str, Any]:
    """Typed values by their dotted paths, of the pairs of the compressed form. Raises LinkError."""
    refuse_capitals(pairs)
    names: dict[str, str] = {}
    values: dict[str, str] = {}
    for key, value in pairs.items():
        if _VALUE_KEY.match(key):
            values[key] = value
        elif not _INDEX.match(value):
            if key == list(pairs)[-1] and _INDEX.match(ended := value.rstrip(_AFTER)) and not re.search(
                    r"\.\.|…", value[len(ended):]):
                names[ended] = key
                continue
            if key == list(pairs)[-1] and (number := re.match(r"\d{1,9}(?=\D)", value)):
                if re.fullmatch(r"\d+(\.\.+|…)", value):
                    refuse_cut(f"it ends in {value[len(number[0]):]}")
                raise LinkError(f"after the link's last number follows {said(value[len(number[0]):])}; paste the "
                                "link alone")
            if value or len(pairs) == 1:
                raise LinkError(f"the link holds {said(f'{key}={value}')}, which is no parameter")
            refuse_cut(f"the key {key!r} has no number")
        elif value in names:
            refuse_cut(f"the keys {names[value]!r} and {key!r} have the same number, {value}")
        else:
            names[value] = key
    if not values:
        raise LinkError("the link holds no parameters: neither 'params=' nor numbered values")
    used = {part for key in values for part in key.split(".")}
    if idle := next((number for number in names if number not in used), None):
        refuse_cut(f"it has the key {names[idle]!r}, numbered {idle}, and no value for it")
    types = {keys[-1]: type(value) for keys, value in flatten(default_params())} | EXTRA_TYPES
    update = {}
    for key, value in values.items():
        parts = key.split(".")
        missing = [part for part in parts if part not in names]
        if missing:
            refuse_cut(f"it has a value numbered {key} but no key for {' or '.join(missing)}")
        path = ".".join(names[part] for part in parts)
        if len(path) > LONGEST_KEY:
            raise LinkError(f"the link has a key of {len(path):,} characters, {said(path[:40])}…; at most "
                            f"{LONGEST_KEY:,} are read")
        update[path] = _cast(path, value, types.get(path.rpartition(".")[2], str))
    return update


def _cast(path: str, text: str, kind: type) -> Any:
    if kind is bool:
        return text == "true"
    if kind is str or text == "auto" and path.rpartition(".")[2] in _AUTO:
        return text
    text = re.sub(r"(?<=\d[eE]) (?=\d)", "+", text)  # a plus that was taken for a space
    if not _NUMBER.match(text):
        raise LinkError(f"the link is damaged: {path} is {said(text)}, not a number")
    return _js_value(text)


def unflatten(flat: dict[str, Any]) -> dict:
    """Groups within one another, of values by their dotted paths. Raises LinkError for a value that is a group, too."""
    out: dict = {}
    for path, value in flat.items():
        *groups, key = path.split(".")
        if len(groups) > most_levels():
            refuse_depth()
        node = out
        for group in groups:
            node = node.setdefault(group, {})
            if not isinstance(node, dict):
                raise LinkError(f"the link is damaged: {group!r} in {said(path)} is a value and a group at once")
        node[key] = value
    return out


def refuse_capitals(keys: Iterable[Any]) -> None:
    """Raise LinkError where one of the ``keys`` is known but for its capitals: so is the rest of what was typed."""
    known = {*default_params(), "params"}
    for key in keys:
        if isinstance(key, str) and len(key) > 1 and key.isupper() and key.lower() in known:
            raise LinkError(f"the link is in capitals: it holds {said(key)}, and in links small and capital letters "
                            f"differ ({key.lower()}); paste the link as it was copied")


def refuse_cut(how: str) -> NoReturn:
    """Raise LinkError for a link that is cut short; ``how`` says what shows it."""
    raise LinkError(f"the link is cut short: {how}")
