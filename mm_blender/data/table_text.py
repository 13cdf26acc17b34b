"""The text of a table: its encoding, the pieces that it is read in, and its lines without notes."""
from __future__ import annotations

import codecs
import io
import itertools
import re
from collections.abc import Iterator

from ..errors import DataError
from .table_cells import SEPARATORS, SHEET_ERROR

SAMPLE = 50      # lines that tell how the cells are separated
WIDE = 2000      # letters of each of these lines that are looked at
PIECE = 2 ** 20  # letters of a text that are read at a time
# where a line, or the rest of it, is no data: at a # that begins a line or a word
_NOTE = re.compile(rf"#(?<!\S#)(?!{SHEET_ERROR[1:]})[^\n]*")
_NOTED = re.compile(r"\n[^\S\n]*%[^\n]*")


def encoding_of(body: bytes, name: str) -> str:
    """The encoding of a text: UTF-8, UTF-16 or UTF-32, with or without a byte order mark, or Windows' western letters.
    Raises DataError for what is no text."""
    marks = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe\0\0": "utf-32", b"\0\0\xfe\xff": "utf-32", b"\xff\xfe": "utf-16",
             b"\xfe\xff": "utf-16"}
    code = next((code for mark, code in marks.items() if body.startswith(mark)), None)
    if code is None and b"\0" in body[:1000]:  # UTF-16 without a mark: every other byte of plain letters is 0
        even, odd = (body[at:1000:2].count(0) / max(len(body[at:1000:2]), 1) for at in (0, 1))
        code = "utf-16-le" if odd > 0.7 > 0.1 > even else "utf-16-be" if even > 0.7 > 0.1 > odd else None
    decoder = codecs.getincrementaldecoder(code or "utf-8")()
    try:
        for at in range(0, max(len(body), 1), PIECE):
            decoder.decode(body[at:at + PIECE], at + PIECE >= len(body))
    except UnicodeDecodeError:
        if code:
            raise DataError(f"{name} begins as text in {code.upper().replace('-SIG', '')} does, and goes on as "
                            "something else; save it again") from None
        code = "cp1252"
    text = body[:10_000].decode(code or "utf-8", "ignore" if code != "cp1252" else "replace")
    if re.search(r"[\0-\x08\x0e-\x19\x1b-\x1f]", text):
        raise DataError(f"{name} is no text, so no CSV file, and no npy file either")
    return code or "utf-8"


def pieces(body: bytes, code: str) -> Iterator[tuple[int, str, bool]]:
    """A text in pieces of whole lines, which end in newlines: the number of its first line, the piece, and whether it
    is the last."""
    stream = io.TextIOWrapper(io.BytesIO(body), code, "replace", newline=None)
    line, piece = 1, stream.read(PIECE) + stream.readline()
    piece += "".join(itertools.islice(stream, 3)) if len(piece) > PIECE else ""  # a header tells nothing alone
    while True:
        after = stream.read(PIECE) + stream.readline()
        last = not after.rstrip("\x1a")
        yield line, piece.rstrip("\x1a") if last else piece, last
        if last:
            return
        line, piece = line + piece.count("\n"), after


def first_look(text: str, name: str, begins: bool) -> tuple[str | None, str]:
    """The separator that a text says, if it does, and the text without that; ``begins``: whether it is the first."""
    if begins and (not text or text.isspace()):
        raise DataError(f"{name} is empty")
    if text[:1000].lstrip().startswith(("[", "{")):
        raise DataError(f"{name} holds brackets, like JSON, and not rows of numbers; save it as CSV or npy")
    return _said_separator(text, name) if begins else (None, text)


def _said_separator(text: str, name: str) -> tuple[str | None, str]:
    """What Excel's own first line, ``sep=;``, says, and the text with that line left empty."""
    first, newline, rest = text.partition("\n")
    said = re.fullmatch(r'"?sep=(.)"?', first.strip(" \ufeff"), re.IGNORECASE)
    if said and said[1] not in SEPARATORS:
        raise DataError(f"{name}: its first line says that {said[1]!r} separates the cells, which is not read; known "
                        f"are {', '.join(SEPARATORS.values())}")
    return (said[1], newline + rest) if said else (None, text)


def without_notes(text: str) -> str:
    """A text whose notes, after a #, and lines that begin with a %, are empty, so that the lines keep their numbers. In
    lines with quotation marks a # is left as it is."""
    if "%" in text:
        text = _NOTED.sub("\n", f"\n{text}")[1:]
    if "#" not in text:
        return text
    if '"' in text:
        return "".join(line if '"' in line else _NOTE.sub("", line) for line in text_lines(text))
    text = _NOTE.sub("", text)
    for _ in range(8):  # spaces before notes are none before the end of a cell, which the fastest reader does not know
        if " \n" not in text:
            break
        text = text.replace(" \n", "\n")
    return text


def text_lines(text: str) -> Iterator[str]:
    """The lines of a text, with their newlines. A stream in memory would take four times its size."""
    if len(text) <= 3 * PIECE:
        yield from io.StringIO(text)
        return
    at = 0
    while at < len(text):
        end = text.find("\n", at) + 1 or len(text)
        yield text[at:end]
        at = end


def numbered_lines(text: str, start: int = 1) -> Iterator[tuple[int, str]]:
    """The lines of a text without notes that are not empty, with their numbers from ``start``."""
    for number, line in enumerate(text_lines(text), start):
        if not line.isspace():
            yield number, line


def sample(text: str) -> list[str]:
    """The first lines that are not empty of a text without notes, each without what goes beyond ``WIDE`` letters, so
    that a look at them is quick."""
    start = text.rfind("\n", 0, len(text) - len(text.lstrip())) + 1
    lines = [line if len(line) <= WIDE else re.sub(r"[,;\t| ][^,;\t| ]*\Z", "", line[:WIDE]) + "\n"
             for line in itertools.islice(text_lines(text[start:]), 10 * SAMPLE)]
    return [line for line in lines if not line.isspace()][:SAMPLE]
