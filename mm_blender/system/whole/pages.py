"""Pages and texts: PDF, SVG, HTML, JSON, and what has no end of its own."""
from __future__ import annotations

import re
from json import loads

from .reading import Cut, Found, Reader

LAST = 1024  # bytes of a PDF in which its trailer is looked for
END = re.compile(rb"startxref\s+(\d+)\s+%%EOF\s*$")


def pdf(file: Reader) -> Found:
    """PDF (ISO 32000-1, 7.5): the trailer, and the table of contents where it says that this is."""
    file.expect(b"%PDF-", "beginning of a PDF")
    found = END.search(file.tail(LAST))
    if not found:
        raise Cut("it has no end of a PDF")
    file.go(min(int(found[1]), file.length))
    file.expect(b"xref", "table of contents")
    return Found()


def svg(file: Reader) -> Found:
    """SVG: the closing tag."""
    if not file.tail(64).rstrip().endswith(b"</svg>"):
        raise Cut("it has no end of an SVG")
    return Found()


def html(file: Reader) -> Found:
    """HTML: what it begins with, and the closing tag."""
    file.expect(b"<!DOCTYPE html>", "beginning of a web page")
    if not file.tail(64).rstrip().endswith(b"</html>"):
        raise Cut("it has no end of a web page")
    return Found()


def json(file: Reader) -> Found:
    """JSON: all of it can be read."""
    try:
        loads(file.take(file.length))
    except ValueError:
        raise Cut("it is no whole JSON") from None
    return Found()


def text(file: Reader) -> Found:
    """Text: a line that ends."""
    if file.tail(1) != b"\n":
        raise Cut("its last line has no end")
    return Found()


def given(file: Reader) -> Found:
    """A copy of a person's file: there is something in it."""
    if not file.length:
        raise Cut("it is empty")
    return Found()
