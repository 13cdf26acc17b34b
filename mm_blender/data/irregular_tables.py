"""The numbers of a text cell by cell, each of which is a number or refused with its line and column."""
from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import numpy as np

from ..errors import DataError, warn
from ..limits import limits
from . import arrays, precision
from .table_cells import (
    COMMA_NUMBER,
    counts_up,
    Form,
    header_of,
    INDEX,
    is_word,
    LONG,
    MISSING,
    NUMBERLIKE,
    POINT_NUMBER,
    SEPARATORS,
    SHEET_ERROR,
    split_lines,
    TableRow,
    THOUSANDS,
)
from .table_text import numbered_lines, WIDE

BEYOND = 2.0 ** 128 * (1 - 2.0 ** -25)  # from here on a number becomes an infinity in float32
_FAULTS = [  # what a cell that is no number looks like, and what that is
    (re.compile(r"\(?[+-]?[\d.]*(?:e[+-]?\d+)?[+-]?[\d.]+(?:e[+-]?\d+)?[ij]\)?", re.I | re.A),
     "a complex number; save its real part or its magnitude"),
    (re.compile(SHEET_ERROR), "an error of the spreadsheet's"),
    (re.compile(r"[+-]?[\d.,]+\s*%", re.A), "a percentage; write it as a plain number"),
    (re.compile(r"[$€£¥]\s*[\d.,]+|[\d.,]+\s*[$€£¥]", re.A), "an amount of money; write it as a plain number"),
    (re.compile(r"[+-]?\d{1,3}(?:[.,'’_\u00a0\u2009\u202f ]\d{3})+(?:[.,]\d*)?", re.A),
     "a number with a separator of thousands; write it without"),
    (re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}(?:[T ].*)?|\d{1,2}:\d\d(?::\d\d.*)?", re.A),
     "a date or a time; write a number"),
]


def read(text: str, line: int, separator: str, name: str, form: Form | None,
         last: bool = True) -> tuple[np.ndarray, Form]:
    """The numbers of a text, float32 (h, w), and its form.

    ``line``: the number of its first line; ``form``: of the text before it; ``last``: whether none comes after it.
    Raises DataError, with line and column, for what is no number, and SizeError for a line beyond ``odd_text_bytes``.
    """
    rows, surplus = _rows(text, line, separator, name, form, last)
    if form is None:
        header, names, rows = _without_names(rows, separator, name)
        counted = header is not None and header.cells[0] == "" and counts_up(header.cells[1:])
        form = Form(header, names, counted, len(rows[0].cells), "", surplus)
    elif rows:
        _check_even([*rows], form.width, separator, name)
    columns = range(form.names, form.width)
    point = form.point or _decimal(rows, columns, separator, name)
    x = np.empty((len(rows), len(columns)), object)
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            x[i, j] = _number(row, column, point, name)
    form = replace(form, point=point if form.point or point == "," or "." in text else "")
    return arrays.float32(x, name, part=not (line == 1 and last)), form  # which warns of what is rounded


def _rows(text: str, line: int, separator: str, name: str, form: Form | None,
          last: bool) -> tuple[list[TableRow], int]:
    """Lines of cells, without cells and lines at the end that are empty in all of them; and how many such cells."""
    at = 0

    def lines() -> Iterator[str]:
        nonlocal at
        for at, words in numbered_lines(text, line):
            if len(words) > limits.odd_text_bytes:
                raise limits.error("odd_text_bytes", f"{name}: line {at} must be looked at cell by cell, and has "
                                                     f"{len(words):,} letters")
            yield words

    rows = []
    try:
        for cells in split_lines(lines(), separator):
            begun = at - sum(cell.count("\n") for cell in cells)
            rows.append(TableRow(begun, cells))
            if begun < at and len(rows) > 1:
                raise DataError(f"{name}: a quotation mark that is open in line {at} belongs to an earlier line that "
                                "does not close it")
    except csv.Error as error:
        raise DataError(f"{name}: line {at} cannot be read as cells between {SEPARATORS[separator]}: "
                        f"{error}") from None
    empty = []
    while last and len(rows) > 1 and len(rows[-1].cells) > 1 and not any(rows[-1].cells):
        empty.append(rows.pop())
    if form is not None:
        if empty:
            warn(f"{name}: its last {len(empty)} lines have nothing but separators and are left out; write nan where "
                 "numbers are missing")
        end = form.width + form.surplus
        return [TableRow(row.line, row.cells[:form.width]) if len(row.cells) == end and not any(row.cells[form.width:])
                else row for row in rows], form.surplus
    if not any(rows[0].cells) and len(rows) == 1:
        raise DataError(f"{name} holds no numbers: it has nothing but empty cells")
    start = 1 if header_of(rows) and len(rows) > 1 else 0
    surplus = min(len(row.cells) - max(_used(row.cells), *[_used(head.cells) for head in rows[:start]], 1)
                  for row in rows[start:])
    if surplus > 0 and any(any(row.cells) for row in rows):
        below = [TableRow(row.line, row.cells[:len(row.cells) - surplus]) for row in rows[start:]]
        width = max(len(row.cells) for row in below)
        rows = [TableRow(row.line, row.cells[:max(_used(row.cells), width)]) for row in rows[:start]] + below
    for what, count in (("line", len(empty)), ("column", surplus)):
        if count > 0:
            these = f"its last {what} has nothing but separators and is" if count == 1 else \
                f"its last {count} {what}s have nothing but separators and are"
            warn(f"{name}: {these} left out; write nan where numbers are missing")
    return rows, surplus if surplus > 0 else 0


def _used(cells: list[str]) -> int:
    """How many cells there are up to the last that is not empty."""
    return max((at for at, cell in enumerate(cells, 1) if cell), default=0)


def _without_names(rows: list[TableRow], separator: str, name: str) -> tuple[TableRow | None, int, list[TableRow]]:
    """The header or None, how many first columns are names, and the rows below the header, all of one length."""
    header = header_of(rows)
    body = rows[1:] if header else rows
    if header and not body:
        raise DataError(f"{name} holds no numbers: line {header.line} is {', '.join(header.cells)[:60]!r}, and there "
                        "is none below it")
    width = len(body[0].cells)
    _check_even(body, width, separator, name)
    names = 0
    if header:
        first = [row.cells[0] for row in body]
        named = all(is_word(cell) or re.fullmatch(r"\d{4}-\d\d?-\d\d?(?:[T ].*)?", cell) for cell in first)
        counted = counts_up(first) or counts_up(first, 1)
        short = len(header.cells) == width - 1 and (named or counted and width > 2)  # as R writes it
        if width > 1 and (named or short or header.cells[0].lower() in INDEX):
            names = 1
        if len(header.cells) != width and not short:
            raise DataError(f"{name}: line {header.line} names {len(header.cells)} columns, and line {body[0].line} "
                            f"has {width} cells{_why_uneven(header, body[0], separator)}")
    return header, names, body


def _check_even(rows: list[TableRow], width: int, separator: str, name: str) -> None:
    odd = next((row for row in rows if len(row.cells) != width), None)
    if odd:
        raise DataError(f"{name}: line {odd.line} has {len(odd.cells):,} cells where the lines before have {width:,}; "
                        f"rows must be equally long{_why_uneven(rows[0], odd, separator)}")


def _why_uneven(one: TableRow, two: TableRow, separator: str) -> str:
    other = next((words for letter, words in SEPARATORS.items() if letter not in (" ", separator)
                  and any(letter in cell for cell in one.cells + two.cells)), None)
    if other:
        return f" (are some cells separated by {SEPARATORS[separator]} and others by {other}?)"
    return " (a decimal comma needs another separator, such as a semicolon)" if separator == "," else ""


def _decimal(rows: list[TableRow], columns: range, separator: str, name: str) -> str:
    """The decimal point of all numbers. Raises DataError where it could be the separator of thousands."""
    comma = [(row, at) for row in rows for at in columns if "," in row.cells[at]]
    if not comma:
        return "."
    for row, at in comma:
        if row.cells[at].count(",") > 1 or "." in row.cells[at]:
            raise _fault(row, at, name)
    row, at = comma[0]
    point = next(((other, there) for other in rows for there in columns if "." in other.cells[there]), None)
    where = f"{name}: line {row.line}, column {at + 1} holds {row.cells[at]!r}"
    if point:
        other, there = point
        raise DataError(f"{where}, and line {other.line}, column {there + 1} {other.cells[there]!r}: is the comma a "
                        "decimal comma, or a separator of thousands? Write every number with a point")
    if all(THOUSANDS.fullmatch(row.cells[at]) for row, at in comma):
        raise DataError(f"{where}: is its comma a decimal comma, or a separator of thousands? Write "
                        f"{row.cells[at].replace(',', '.')} or {row.cells[at].replace(',', '')}")
    if separator == " ":
        for row in rows:
            for one, two in zip(row.cells, row.cells[1:]):
                if re.fullmatch(r"[+-]?\d{1,3}", one) and re.fullmatch(r"\d{3}(?:,\d+)?", two):
                    raise DataError(f"{name}: line {row.line} holds '{one} {two}': are these two numbers, or one with "
                                    "a space as separator of thousands? Separate the cells with semicolons")
    return ","


def _number(row: TableRow, column: int, point: str, name: str) -> float | int:
    cell = row.cells[column].replace("−", "-")
    if not (COMMA_NUMBER if point == "," else POINT_NUMBER).fullmatch(cell):
        raise _fault(row, column, name)
    word = cell.lower()
    if word in ("true", "false"):
        return float(word == "true")
    number = float(cell.replace(",", "."))
    if abs(number) >= BEYOND and "inf" not in word:
        raise DataError(f"{name}: line {row.line}, column {column + 1} holds {cell[:40]}, too large for float32, "
                        f"whose range ends at {precision.LARGEST:.3g}")
    # a whole number is just that, however many digits it has; text may have more zeros in front than Python reads
    if abs(number) > precision.EXACT and len(cell) < 100 and cell.lstrip("+-").isdigit():
        return int(cell)
    exact = len(cell) >= LONG and 0 < abs(number) < BEYOND and number == number
    return precision.nearest(Decimal(cell.replace(",", "."))) if exact else number


def _fault(row: TableRow, column: int, name: str) -> DataError:
    """What is wrong with a cell."""
    cell = row.cells[column]
    where = f"{name}: line {row.line}, column {column + 1}"
    if "\n" in cell:  # what it holds of its first line, as that is written
        cell = '"' + cell.partition("\n")[0]
    if not cell:
        return DataError(f"{where} is empty; write nan where a number is missing")
    if len(cell) > WIDE:
        return DataError(f"{where} holds {len(cell):,} letters, beginning {cell[:40]!r}, which are no number")
    where += f" holds {cell[:40]!r}, which is "
    if cell.count('"') % 2:
        return DataError(f"{where}no number: a quotation mark lacks its other one")
    if cell.lower() in MISSING:
        return DataError(f"{where}a missing value; write nan, or a number")
    what = next((what for form, what in _FAULTS if form.fullmatch(cell)), None)
    if what:
        return DataError(f"{where}{what}")
    within = next((words for separator, words in SEPARATORS.items()
                   if separator != " " and separator in cell), None)
    if within and NUMBERLIKE.match(cell):
        return DataError(f"{where}no number; are the cells separated by {within} in some lines and not in others?")
    names = "; a header, and a column below it, may be names, all of them words" if is_word(cell) else ""
    return DataError(f"{where}no number{names}")
