"""Pasted links: the share link in a text as mails, chats and web pages leave it.

Around a link there may be words, brackets, quotes, markdown, HTML or a full stop; in it line breaks, quoting marks,
invisible characters, ``&amp;``; it may lack its scheme or be encoded once too often as a whole. What a link says is
not looked at here: ``candidates`` gives what may be the link, the likeliest first, and ``links.decode`` takes the first
that is a whole one.
"""
from __future__ import annotations

import html
import quopri
import re
from collections.abc import Iterator
from urllib.parse import unquote

from ..errors import LinkError
from ..limits import limits

# of no width, or telling the direction of writing; those that join letters may belong to a name
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_ENTITY = re.compile(r"&(?:amp|quot|lt|gt|apos|nbsp|#\d{1,5}|#x[0-9a-fA-F]{1,4});")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_ENCODED_SCHEME = re.compile(r"(?i)\bhttps?%(25)*3A%(25)*2F%(25)*2F")
_QUERY = r"(?:params|config|mm|\d{1,9}(?:\.\d{1,9})?)(?:=|%(?:25)*3D)"
_ASKS = re.compile(rf"(?:\?|%(?:25)*3F){_QUERY}")
_BOUNDS = re.compile("[\\s<>\"'“”‘’«»`(\\[]")  # where a link without a scheme does not go on backwards
_BARE_QUERY = re.compile(r"params=\s*(?:\{|%(?:25)*7B)|"
                         r"\d{1,9}(?:\.\d{1,9})?=[^&]*&\d{1,9}(?:\.\d{1,9})?=")
_BREAKS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_ESCAPED = re.compile(r"\\([&=?_%#.+*~-])")  # by markdown or LaTeX
_CLOSING = {"<": ">", "{": "}", "(": ")", "[": "]", '"': '"', "'": "'", "`": "`", "“": "”", "„": "“", "‘": "’",
            "«": "»", "»": "«", "*": "*", "_": "_"}
_MOST = 60  # pieces between spaces that are tried to be put together


def is_pasted(text: str) -> bool:
    """Whether ``text`` is about a link rather than an expression, a path or a name."""
    return _start(_cleaned(text)) is not None


def candidates(text: str) -> Iterator[tuple[str, ...]]:
    """What may be the link in ``text``, the likeliest first, each in the ways to read it, the likelier first: spaces
    in it stand for the ``+`` that a program shows so, or were put in, the one rather if there is no ``+``. None if
    there is none; LinkError if there are several."""
    text = _cleaned(text)
    start = _start(text)
    if start is None:
        return
    before, link = text[:start].rstrip(), text[start:]
    raw = re.search(r"\?params=\s*\{", link) is not None  # JSON as it is, which may hold spaces and brackets
    closing = "]" if re.search(r"(?i)\[url=\Z", before) else "[" if re.search(r"(?i)\[url\]\Z", before) else \
        _CLOSING.get(before[-1:])
    end = -1 if closing is None else link.rfind(closing) if raw else link.find(closing)
    if end >= 0:
        link = _without_label(link[:end], before, raw)
    else:
        link = re.split(r"\n[^\S\n]*\n", link, maxsplit=1)[0]  # an empty line ends it
    if raw:
        yield _decoded(_joined(link, raw)),
        return
    link = _ESCAPED.sub(r"\1", link)
    whole = _joined(link, raw)
    signs = ("",) if " " not in whole else ("", "+") if re.search(r"\+|%(25)*20", whole) else ("+", "")
    yield tuple(_decoded(whole.replace(" ", sign)) for sign in signs)
    pieces = link.split()
    for end in range(len(pieces) - 1, 0, -1) if len(pieces) <= _MOST else ():  # words may follow it
        yield _decoded("".join(pieces[:end])),


def _without_label(link: str, before: str, raw: bool) -> str:
    """A chat's ``<link|text>`` without the text, markdown's ``(link "title")`` without the title."""
    if raw:
        return link
    return link.partition("|")[0] if before.endswith("<") else re.sub(r"(?<!\s)\s++[\"'].*", "", link)


def _cleaned(text: str) -> str:
    """``text`` without what is invisible, entities and quoting marks. Raises SizeError for more than a link may be."""
    limits.check("link_length", len(text), "the text")
    text = _BREAKS.sub("\n", _INVISIBLE.sub("", text)).replace("\u00a0", " ").replace("\t", " ")
    text = re.sub(r"\\u00(2[56Bb]|3[Dd])", lambda code: chr(int(code[1], 16)), text)  # as JSON may write them
    if "=3D" in text and not re.search(r"=(?!3D|[0-9A-F]{2}|\n)", text):  # quoted-printable, out of a mail's source
        text = quopri.decodestring(text.encode("utf-8")).decode("utf-8", "replace")
    for _ in range(5):
        if not _ENTITY.search(text):
            break
        text = _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
    return re.sub(r"(?m)^[^\S\n]*>[>\s]*?(?=[^\s>]|$)", "", text).strip() if "\n" in text or text.startswith("> ") \
        else text.strip()


def _start(text: str) -> int | None:
    """Where the link begins."""
    if "urldefense." in text:
        raise LinkError("the link was rewritten by urldefense; open it and paste the link that it leads to")
    href = re.search(r"""(?i)\bhref\s*=\s*["']?\s*""", text)
    markdown = re.search(r"\]\(\s*+<?\s*+(?=\S{0,300}[?%])", text)
    for found in (href, markdown):
        if found and re.compile(r"[^\s?]*[?%]").match(text, found.end()):
            return found.end()
    starts = [] if "://" in text else [found.start() for found in _ENCODED_SCHEME.finditer(text)]
    if (count := max(text.count("://"), len(starts))) > 20:
        raise LinkError(f"there are {count} links in the text; paste one of them")
    for colon in re.finditer("://", text):  # a search for _SCHEME would take long in long words
        head = text[max(0, colon.start() - 20):colon.start()]
        if word := re.search(r"[A-Za-z][A-Za-z0-9+.-]*\Z", head):
            starts.append(colon.start() - len(word[0]))
    asking = [start for start in sorted(starts) if re.match(r"[^\s?]*(\?|%(25)*3F)", text[start:])]
    apart = [start for at, start in enumerate(asking)
             if at == 0 or re.search(r"\s", text[asking[at - 1]:start]) or text[start - 1] in _CLOSING]
    if len(apart) > 1:
        links = {re.split(r"[\s<>\"')\]|]", text[start:])[0] for start in apart}
        if len(links) > 1:
            raise LinkError(f"there are {len(links)} links in the text; paste one of them")
        return apart[0]
    if asking:
        # one inside another that does not encode it: the inner one
        return asking[-1] if not re.search(r"\s", text[asking[0]:asking[-1]]) else asking[0]
    if starts:
        return min(starts)
    if asks := _ASKS.search(text):
        return max((bound.end() for bound in _BOUNDS.finditer(text, 0, asks.start())), default=0)
    return 0 if text.startswith("?") or _BARE_QUERY.match(text) else None


def _joined(link: str, raw: bool) -> str:
    """``link`` in one line. Spaces in it stay where they may mean something."""
    lines = link.split("\n")
    if raw:
        return "".join(line.lstrip() if at else line for at, line in enumerate(lines))
    return "".join(line.strip() for line in lines)


def _decoded(link: str) -> str:
    """``link`` with its encoding undone where it was encoded as a whole; a query without its ``?`` gets it."""
    link = f"?{link}" if _BARE_QUERY.match(link) else link
    for _ in range(5):
        head, mark, query = link.partition("?")
        if not mark and re.search(r"%(25)*3F", link) or not _SCHEME.match(link) and _ENCODED_SCHEME.match(link):
            link = unquote(link)
        elif mark and "=" not in query and re.search(r"%(25)*3D", query) or \
                re.match(r"\d", query) and "&" not in query and re.search(r"%(25)*26", query):
            link = f"{head}?{unquote(query)}"
        else:
            break
    return f"?{link}" if _BARE_QUERY.match(link) else link
