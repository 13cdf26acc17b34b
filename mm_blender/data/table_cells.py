"""What stands in the cells of a table in text: what separates them, and which are numbers, names or nothing."""
from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass

LONG = 16  # letters of a number that float64 may have rounded before float32 does
INDEX = ("", "unnamed: 0", "index")  # what pandas and R write above the names of the rows
SEPARATORS = {";": "semicolons", "\t": "tabs", ",": "commas", "|": "upright strokes", " ": "spaces"}
_WORD = r"[+-]?(?:nan|inf|infinity)|true|false"
POINT_NUMBER = re.compile(rf"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|{_WORD}", re.IGNORECASE | re.ASCII)
COMMA_NUMBER = re.compile(rf"[+-]?(?:\d+|\d*,\d+)(?:[eE][+-]?\d+)?|{_WORD}", re.IGNORECASE | re.ASCII)
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)  # which may be that, or a decimal comma
NUMBERLIKE = re.compile(r"[(\[]?[+-]?[.,]?\d", re.ASCII)
MISSING = {"na", "n/a", "#n/a", "#na", "#nv", "<na>", "null", "none", "nil", "missing", "-", "--", "?", "."}
SHEET_ERROR = r"#(?:N/A|NA|NV|[A-ZÄÖÜÉ]+[!?]|DIV/0!|[A-Z]+/0!)"


@dataclass(frozen=True)
class TableRow:
    """A line of the file, by its number from 1, and its cells."""

    line: int
    cells: list[str]


@dataclass(frozen=True)
class Form:
    """What the first lines of a text tell of all others: the header that is left out; how many first columns are names;
    whether those count the rows; cells a line; the decimal point, "" as long as no number has one; how many empty cells
    stand at the end of every line."""

    header: TableRow | None
    names: int
    counted: bool
    width: int
    point: str
    surplus: int = 0


def split_lines(lines: Iterator[str], separator: str) -> Iterator[list[str]]:
    """The cells of each line, without the spaces and the quotation marks around them. Raises csv.Error."""
    if separator == " ":
        for line in lines:
            yield [cell[1:-1] if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell
                   for cell in re.findall(r'"[^"]*"|\S+', line)]
    else:
        for cells in csv.reader(lines, delimiter=separator, skipinitialspace=True):
            yield [cell.strip() for cell in cells]


def find_separator(sample: list[str]) -> str:
    """What separates the cells: what makes most of them numbers, and more than one a line if it can."""
    best, likeliest = (-1.0, False, False), " "
    for separator in SEPARATORS:
        if not any(separator in line for line in sample) if separator != " " else likeliest == "\t" and best[0] > 0.5:
            continue
        try:
            rows = [*split_lines(iter(sample), separator)]
        except csv.Error:
            continue
        cells = [cell for row in rows for cell in row]
        if separator == " " and any("," in cell for cell in cells) and max(map(len, rows)) == 1:
            continue  # lines without spaces: ",2" is an empty cell before a 2, and no 0.2
        share = sum(is_number(cell) for cell in cells) / max(len(cells), 1)
        score = share, max(map(len, rows), default=0) > 1, len({*map(len, rows)}) == 1
        if score > best:
            best, likeliest = score, separator
    if best[0] == 0:  # no numbers at all: what is there most
        likeliest = max(SEPARATORS, key=lambda separator: sum(line.strip().count(separator) for line in sample))
    return likeliest


def is_number(cell: str) -> bool:
    """Whether a cell is a number, with a decimal point or a decimal comma."""
    cell = cell.replace("−", "-")
    return bool(POINT_NUMBER.fullmatch(cell) or COMMA_NUMBER.fullmatch(cell))


def header_of(rows: list[TableRow]) -> TableRow | None:
    """The first row if it is names of columns: words, or the numbers that pandas counts columns with."""
    cells, body = rows[0].cells, rows[1:]
    if any(map(is_word, cells)) and all(is_word(cell) or not cell or _is_sign(cell) for cell in cells):
        return rows[0]
    counted = cells[0] == "" and len(cells) > 1 and counts_up(cells[1:])
    return rows[0] if counted and counts_up([row.cells[0] for row in body]) else None


def _is_sign(cell: str) -> bool:
    """Whether a cell is what beside words is a word, too: a unit such as % or €, or words in another encoding."""
    return not (any(letter in "0123456789" for letter in cell) or cell.lower() in MISSING or
                re.fullmatch(SHEET_ERROR, cell) or POINT_NUMBER.fullmatch(cell))


def counts_up(cells: list[str], start: int = 0) -> bool:
    """Whether these are the numbers from ``start`` on, one after the other."""
    return cells == [*map(str, range(start, start + len(cells)))]


def is_word(cell: str) -> bool:
    """Whether a cell is a word, and neither like a number nor like nothing."""
    return any(map(str.isalpha, cell)) and not NUMBERLIKE.match(cell) and cell.lower() not in MISSING \
        and not POINT_NUMBER.fullmatch(cell) and not re.fullmatch(SHEET_ERROR, cell)
