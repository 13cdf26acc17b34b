"""Matrices in text: CSV files as spreadsheets, numpy, pandas, R and people write them.

Cells lie between commas, semicolons, tabs, upright strokes or spaces, whichever makes numbers of them (or what a line
``sep=;`` says). A comma in a cell is a decimal comma where it can be nothing else. Left out, with a warning, are a
first line of names, a first column of names below it, and last lines and columns of nothing but separators. Whatever
else is no number is refused with its line and column, an empty cell, too: what is missing is no zero. ``nan`` and
``inf`` are numbers.
"""
from __future__ import annotations

import numpy as np

from ..errors import DataError, warn
from ..limits import limits
from ..system.memory import check_room
from . import irregular_tables, precision, regular_tables, table_text
from .table_cells import find_separator, Form, TableRow


def parse(body: bytes, name: str) -> np.ndarray:
    """The numbers in a text file, float32 (h, w). Raises DataError that names the line and the column, SizeError.

    A large text is read in pieces. Each goes through a fast reader; what that refuses is looked at cell by cell, up to
    the limit ``odd_text_bytes`` of it.
    """
    code = table_text.encoding_of(body, name)
    separator: str | None = None
    form: Form | None = None
    first: np.ndarray | None = None
    irregular = 0
    most_rows, out, count = body.count(b"\n") + body.count(b"\r") + 1, np.empty((0, 0), np.float32), 0
    for line, text, last in table_text.pieces(body, code):
        if first is None:
            declared, text = table_text.first_look(text, name, line == 1)
            separator, alone = separator or declared, line == 1 and last
        text = table_text.without_notes(text)
        if first is None:
            sample = table_text.sample(text)
            if not sample and not last:
                continue
            if not sample:
                raise DataError(f"{name} holds no numbers: it has nothing but notes")
            separator = separator or find_separator(sample)
        assert separator is not None  # the first piece says it
        numbers = regular_tables.read(text, line, separator, name, form, alone)
        if numbers is None:
            irregular += len(text)
            if not alone or len(text) > table_text.PIECE:
                limits.check("odd_text_bytes", irregular,
                             f"what of {name} must be looked at cell by cell, up to line {line},")
            numbers = irregular_tables.read(text, line, separator, name, form, last)
        x, form = numbers
        if first is None:
            first = x
            if not last:
                rows = min(most_rows, (len(body) // 2 + 2) // max(x.shape[1], 1) + 1)
                check_room(4 * x.shape[1] * rows, f"the numbers of {name}")
                out = np.empty((rows, x.shape[1]), np.float32)
        if out.size:
            out[count:count + len(x)] = x
            count += len(x)
    assert form is not None and first is not None  # a text without numbers has been refused
    if form.header or form.names:
        _warn_of_names(name, form.header, form.names)
    if not out.size:
        return first
    _check_small(out[:count], name)
    return out[:count]


def _check_small(x: np.ndarray, name: str) -> None:
    """Raise DataError if all numbers of a table that was read in pieces are next to nothing."""
    top = regular_tables.magnitude(x)
    if 0 < top < precision.SMALLEST:
        raise DataError(f"{name} is too small for float32, whose range begins at {precision.SMALLEST:.3g}: its largest "
                        f"magnitude is {top:.3g}; scale it up")


def _warn_of_names(name: str, header: TableRow | None, names: int) -> None:
    parts = [f"its header, line {header.line} ({', '.join(filter(None, header.cells))[:60]}),"] if header else []
    parts += ["its first column, the names of the rows,"] if names else []
    warn(f"{name}: {' and '.join(parts)} {'are' if len(parts) > 1 else 'is'} left out; only the numbers are drawn")
