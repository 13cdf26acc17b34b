"""The numbers of a text that is as most are, whole pieces of it at once."""
from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from decimal import Decimal

import numpy as np

from . import precision, table_text
from .table_cells import COMMA_NUMBER, counts_up, Form, header_of, INDEX, LONG, split_lines, TableRow, THOUSANDS
from .table_text import numbered_lines, text_lines, WIDE

DOUBTFUL = 5000  # such numbers of a piece that are looked at each by itself


def read(text: str, line: int, separator: str, name: str, form: Form | None,
         alone: bool = True) -> tuple[np.ndarray, Form] | None:
    """The numbers of a text that is as most are, float32 (h, w), and its form; None where a closer look is needed.

    ``line``: the number of its first line; ``form``: of the text before it; ``alone``: whether this is all of the text.
    """
    if form and (form.names or form.surplus):
        text = _without_ends(text, separator, form)
    text = text.replace("−", "-")
    if any(letter in text for letter in '#%' + '"' * (form is None)) or separator == " " and "," in text:
        return None
    sample = [] if form else _first_rows(text, separator)
    start = form or (_first_form(text, line, separator, sample) if sample else None)
    point = _decimal_point(text, separator, start.point, sample) if start else None
    if start is None or point is None:
        return None
    text = text.replace("\t", " ") if separator == " " else text
    text = text if separator == "," else text.replace(",", ".")
    if separator != " " and 2 * separator in text:
        return None  # which the fast reader would find after having taken all lines apart
    for _ in range(start.header.line - line + 1 if start.header and form is None else 0):
        text = text.partition("\n")[2]
    while "\n\n" in text:
        text = text.replace("\n\n", "\n")
    try:
        x = _load(text.removeprefix("\n"), separator, name, alone)
    except (ValueError, OverflowError):
        return None
    columns = start.width - start.names
    if not x.size:
        return None if alone or start.width == 0 else (np.empty((0, columns), np.float32), start)
    if form and x.shape[1] != columns:
        return None
    if form is None:
        if start.width not in (0, x.shape[1]) or start.counted and (x[:, 0] != np.arange(len(x))).any():
            return None
        start, x = replace(start, width=x.shape[1]), x[:, start.names:]
    if not _is_in_range(x, text, alone and len(text) <= table_text.PIECE):
        return None
    return _narrow(x), replace(start, point=point)


def _first_rows(text: str, separator: str) -> list[list[str]]:
    """The cells of the first lines of a text, of those that are very long their beginnings; none where it has none, or
    begins with words and goes on for long."""
    _, start = next(numbered_lines(text), (1, ""))
    if not start or len(start) > table_text.PIECE and any(map(str.isalpha, start[:WIDE])):
        return []
    return [next(split_lines(iter([beginning]), separator)) for beginning in table_text.sample(text)]


def _decimal_point(text: str, separator: str, point: str, sample: list[list[str]]) -> str | None:
    """The decimal point of a text, where that of the text before it is ``point``: "" as long as there is none. None
    where it may be another, or a separator of thousands."""
    if separator != "," and "," in text:
        surely = point or any("," in cell and not THOUSANDS.fullmatch(cell) and COMMA_NUMBER.fullmatch(cell)
                              for cells in sample for cell in cells)
        return "," if surely and point != "." and "." not in text else None
    if "." in text:
        return "." if point != "," else None
    return point


def _first_form(text: str, line: int, separator: str, sample: list[list[str]]) -> Form | None:
    """The form of a text that begins with ``sample``, its width known only where a header tells it; None where its
    header needs a closer look."""
    first = sample[0]
    counted = first[0] == "" and counts_up(first[1:])
    if not counted and not header_of([TableRow(line, first)]):
        return Form(None, 0, False, 0, "")
    number, whole = next(numbered_lines(text, line))
    try:
        header = TableRow(number, next(split_lines(iter([whole]), separator)))
    except csv.Error:  # a cell of very many letters
        return None
    if len(header.cells) < 2 or not header.cells[-1] or len(sample) < 2:
        return None
    return Form(header, int(header.cells[0].lower() in INDEX), counted, len(header.cells), "")


def magnitude(x: np.ndarray) -> float:
    """The largest magnitude of numbers, NaN left out; 0 where there are none."""
    return max(float(np.nanmax(x)), -float(np.nanmin(x))) if not np.isnan(x).all() else 0.0


def _is_in_range(x: np.ndarray, text: str, whole: bool) -> bool:
    """Whether float32 holds the numbers ``x`` of ``text``: none is too large, nor, of a ``whole`` table, all too
    small."""
    top = magnitude(x)
    infinite = np.isinf(x)
    if infinite.any():  # given as words, or numbers that are too large
        if int(infinite.sum()) != text.lower().count("inf"):
            return False
        top = float(np.abs(x).max(initial=0, where=np.isfinite(x)))
    return top <= precision.LARGEST and not (whole and 0 < top < precision.SMALLEST)


def _without_ends(text: str, separator: str, form: Form) -> str:
    """Lines without first cells that are names, and without the empty ones at their ends. Quoted names stay."""
    if form.surplus:
        text = (text if text.endswith("\n") else text + "\n").replace(separator * form.surplus + "\n", "\n")
    if form.names:
        cells = r"[^\s\"]+ +" if separator == " " else rf'[^{re.escape(separator)}\n"]*{re.escape(separator)}'
        text = re.sub(rf"^[^\S\n]*(?:{cells}){{{form.names}}}", "", text, flags=re.MULTILINE)
    return text


def _narrow(x: np.ndarray) -> np.ndarray:
    """A part of the numbers as float32, itself if it is that. Raises ValueError for numbers beyond its range."""
    if x.dtype == np.float32:
        return x
    if float(np.abs(x).max(initial=0, where=np.isfinite(x))) > precision.LARGEST:
        raise ValueError("out of range")
    return x.astype(np.float32)


def _load(text: str, separator: str, name: str, alone: bool = False) -> np.ndarray:
    """The numbers of lines of nothing else, float64 that float32 rounds as it would what is written, or float32 of
    lines that are very long. Raises ValueError."""
    if not text or text.isspace():
        return np.empty((0, 0))
    if len(text) > 2 * table_text.PIECE:  # at least one line is long: the fast reader takes many times its size
        rows = [_load_long(line, separator, name) for line in text_lines(text) if not line.isspace()]
        return np.concatenate(rows) if len(rows) > 1 else rows[0]
    x = _short_numbers(text, separator)
    if x is None:
        x = np.loadtxt(io.StringIO(text), np.float64, delimiter=None if separator == " " else separator, ndmin=2,
                       comments=None, quotechar='"')
    large = (np.abs(x) > precision.EXACT) & np.isfinite(x)
    between = (x.view(np.uint64) & np.uint64(2 ** 29 - 1)) == 2 ** 28  # in the middle of two of float32's
    if large.any() or between.any():
        if alone and len(text) <= table_text.PIECE:
            raise ValueError("numbers whose rounding is said cell by cell")
        _make_nearest(x, large, between, text, separator, name)
    return x


def _load_long(line: str, separator: str, name: str) -> np.ndarray:
    """The numbers of a line that may be very long, float32 (1, w), read in parts. Raises ValueError."""
    ends = [line.find(separator, at) for at in range(table_text.PIECE, len(line), table_text.PIECE)]
    ends = [*dict.fromkeys(at for at in ends if at >= 0)]
    parts = [line[at + bool(at):end] for at, end in zip([0, *ends], [*ends, len(line)])]
    if max(map(len, parts)) > 2 * table_text.PIECE:
        raise ValueError("a cell of so many letters")
    return np.concatenate([_narrow(_load(part, separator, name)) for part in parts], 1)


def _make_nearest(x: np.ndarray, large: np.ndarray, between: np.ndarray, text: str, separator: str, name: str) -> None:
    """Make ``x`` numbers that float32 rounds as it would what is written in ``text``, and warn of whole ones that it
    rounds. ``large``: where whole ones may be; ``between``: where float64 may have rounded to the middle of two of
    float32's. Raises ValueError where that would take long to find out."""
    a = np.frombuffer(f"\n{text}\n".encode("ascii"), np.uint8)
    inside = (a != ord(separator)) & (a != ord("\n"))
    edges = np.flatnonzero(inside[1:] != inside[:-1])
    starts, ends = edges[::2], edges[1::2]
    if len(starts) != x.size:
        raise ValueError("cells that run into one another")
    long = (ends - starts >= LONG).reshape(x.shape)
    doubtful = np.flatnonzero(between & long)
    if len(doubtful) > DOUBTFUL:
        raise ValueError("so many cells that must be looked at")
    text = text.replace('"', " ")
    for at in doubtful:
        x.flat[at] = precision.nearest(Decimal(text[starts[at]:ends[at]].strip()))
    points = np.zeros(len(a), np.int32)
    for letter in b".eE":
        points += a == letter
    points = np.cumsum(points, out=points)
    whole = large & (points[ends] == points[starts]).reshape(x.shape)
    with np.errstate(over="ignore"):
        drawn = x.astype(np.float32)
    at = np.flatnonzero(whole & long)  # of which float64 does not tell
    if (whole & ~long & (drawn != x)).any() or any(
            int(text[start:end]) != number for start, end, number in
            zip(starts[at].tolist(), ends[at].tolist(), drawn.flat[at].tolist())):
        precision.say_rounded(name)


def _short_numbers(text: str, separator: str) -> np.ndarray | None:
    """The numbers of a text of nothing but short ones, such as 0, -12 or 2.5, of which there may be very many, float64
    and exact; None for others."""
    if not text.isascii():
        return None
    a = np.frombuffer((text if text.endswith("\n") else text + "\n").encode("ascii"), np.uint8)
    known = np.zeros(256, bool)
    known[[*b"0123456789.-\n", ord(separator)]] = True
    if not known[a].all():
        return None
    ends = np.flatnonzero((a == ord(separator)) | (a == ord("\n")))
    starts = np.concatenate([[0], ends[:-1] + 1])
    negative = a[starts] == ord("-")
    starts += negative
    lengths, lines = ends - starts, np.flatnonzero(a[ends] == ord("\n"))
    width, dots = int(lines[0]) + 1, int((a == ord(".")).sum())
    if lengths.min() < 1 or lengths.max() > (5 if dots else 7) or int((a == ord("-")).sum()) != int(negative.sum()) \
            or len(lines) * width != len(ends) or (lines != np.arange(1, len(lines) + 1) * width - 1).any():
        return None
    x, power, below = np.zeros(len(ends)), np.ones(len(ends)), np.ones(len(ends))
    digits = lengths.copy()
    for place in range(int(lengths.max())):  # from the last letter of every cell on
        letter = a[np.maximum(ends - 1 - place, 0)]
        digit = (lengths > place) & (letter != ord("."))
        if dots:
            here = (lengths > place) & ~digit
            below[here] = power[here]
            digits -= here
        x += np.where(digit, letter - 48.0, 0) * power
        power[digit] *= 10
    if digits.min() < 1 or (lengths - digits).max() > 1:
        return None
    x /= below  # whole numbers and powers of ten that float64 has: the nearest number to what is written
    return np.where(negative, -x, x).reshape(-1, width)
