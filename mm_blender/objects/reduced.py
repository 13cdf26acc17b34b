"""What the object of a matrix that is shown reduced says of itself: what its cells are cells of."""
from __future__ import annotations

import bpy

from ..reduce import span
from ..tree import Node, Split

NOTE, ROWS, COLS = "mm_note", "mm_cell_rows", "mm_cell_cols"


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
    return obj.get(NOTE, "")


def spans(obj: bpy.types.Object, row: int, col: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """The true rows and columns of a cell, each from a first to a last, exclusive."""
    return _span(obj, ROWS, row), _span(obj, COLS, col)


def _span(obj: bpy.types.Object, key: str, cell: int) -> tuple[int, int]:
    if key not in obj:
        return cell, cell + 1
    size, step, full, factor, full_step = obj[key]
    return span(Split(size, step, 0.0, 1, full, factor, full_step), cell)
