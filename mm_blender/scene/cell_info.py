"""What the object of a matrix that is shown reduced says of itself: what its cells are cells of."""
from __future__ import annotations

import bpy

from ..expression.blocks import Split
from ..expression.tree import Node
from ..layout.reduction import span
from . import properties, tags

NOTE, ROWS, COLS = tags.NOTE, tags.CELL_ROWS, tags.CELL_COLS


def stamp(obj: bpy.types.Object, node: Node) -> None:
    """Write it to the object of a matrix, or take it away where nothing is reduced."""
    for key in (NOTE, ROWS, COLS):
        obj.pop(key, None)
    if node.note:
        obj[NOTE] = node.note
        for key, split in ((ROWS, node.rows), (COLS, node.cols)):
            obj[key] = [split.size, split.step, split.full, split.factor, split.full_step]


def note(obj: bpy.types.Object) -> str:
    """``max |x| over 4 × 4``, or nothing."""
    return properties.text(obj, NOTE) or ""


def spans(obj: bpy.types.Object, row: int, col: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """The true rows and columns of a cell, each from a first to a last, exclusive."""
    return _span(obj, ROWS, row), _span(obj, COLS, col)


def _span(obj: bpy.types.Object, key: str, cell: int) -> tuple[int, int]:
    numbers = properties.numbers(obj, key, 5)
    if numbers is None or not all(number >= 1 and number == int(number) for number in numbers) or cell >= numbers[0]:
        return cell, cell + 1
    size, step, full, factor, full_step = map(int, numbers)
    return span(Split(size, step, 0.0, 1, full, factor, full_step), cell)
