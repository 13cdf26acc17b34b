"""Inspecting: which element a ray meets, what it says of itself, and the row and the column that made it, lit."""
from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Vector

from ..layout import picking
from ..lettering.numerals import tell
from . import cell_info, compat, evaluated, properties, saved_state, tags
from .blender_types import floats, mesh_of, vector
from .nodes.cube_group import NOTHING

DECIMALS = 4


@dataclass(frozen=True)
class Part:
    """A row or a column of an operand, the other being None."""

    path: str
    name: str
    row: int | None
    col: int | None

    def __str__(self) -> str:
        return f"row {self.row} of {self.name}" if self.col is None else f"column {self.col} of {self.name}"


@dataclass(frozen=True)
class Hit:
    """An element: where it is, what it holds at the frame it was read at, and for a result what made it.

    ``matrix``: name of its object; ``location``: middle of the cube in the world; ``epilog``: of the result, as text
    with ``x`` for the product. Of a matrix that is shown reduced it is a cell: ``note`` says of what, ``rows`` and
    ``cols`` its true rows and columns (a first, and a last exclusive).
    """

    matrix: str
    path: str
    name: str
    row: int
    col: int
    value: float
    made_of: tuple[Part, ...]
    epilog: str
    location: tuple[float, float, float]
    note: str = ""
    rows: tuple[int, int] | None = None
    cols: tuple[int, int] | None = None

    @property
    def head(self) -> str:
        """What stands before the value: ``attn[3, 17] = `` or, of a cell, ``W[12:16, 28:32]: ``."""
        if not self.note or self.rows is None or self.cols is None:
            return title(self.name, self.row, self.col)
        where = (f"{first}:{last}" if last - first > 1 else str(first) for first, last in (self.rows, self.cols))
        return f"{self.name}[{', '.join(where)}]: "

    def lines(self) -> list[str]:
        """What to tell of it: ``attn[3, 17] = 0.2345`` and, of a result, how it came about."""
        out = [f"{self.head}{tell(self.value, DECIMALS)}", *([self.note] if self.note else [])]
        if self.made_of:
            product = " · ".join(map(str, self.made_of))
            out.append("= " + re.sub(r"\bx\b", lambda _: product, self.epilog))
        return out


def title(name: str, row: int, col: int) -> str:
    """What names an element, before its value."""
    return f"{name}[{row}, {col}] = "


def probe(objects: bpy.types.Collection | Iterable[bpy.types.Object], origin: Sequence[float] | Vector,
          direction: Sequence[float] | Vector, depsgraph: bpy.types.Depsgraph) -> Hit | None:
    """The first element that a ray meets, of all matrices in a collection or among objects, as evaluated.

    ``origin`` and ``direction`` (3,) in the world. Values are those of the depsgraph's frame, so that in the middle of
    a sweep they are what the picture shows; what is not shown is not met. Costs a few milliseconds at a million
    elements, since nothing is read of matrices beside the ray.
    """
    origin, direction = vector(origin), vector(direction)
    first = None
    for obj in evaluated.matrices(objects):
        back = obj.evaluated_get(depsgraph).matrix_world.inverted_safe()
        start, way = np.array(back @ origin), np.array(back.to_3x3() @ direction)
        if not picking.reaches(start, way, *map(floats, evaluated.box(obj))):
            continue
        elements = evaluated.Elements(obj, depsgraph)
        pick = picking.nearest(start, way, evaluated.grid(obj), elements.edges)
        if pick and (first is None or pick.distance < first[0].distance):
            first = pick, obj, float(elements.value[elements.find(pick.row, pick.col)])
    return _hit(*first, depsgraph) if first else None


def element(matrix: bpy.types.Object, row: int, col: int, depsgraph: bpy.types.Depsgraph) -> Hit | None:
    """One element of a matrix as evaluated, None if it is not drawn."""
    elements = evaluated.Elements(matrix, depsgraph)
    at = int(elements.find(row, col))
    return None if at < 0 else _hit(picking.Pick(row, col, 0.0), matrix, float(elements.value[at]), depsgraph)


def _hit(pick: picking.Pick, obj: bpy.types.Object, value: float, depsgraph: bpy.types.Depsgraph) -> Hit:
    place = mesh_of(obj).vertices[pick.row * obj[tags.COLS] + pick.col].co
    location = obj.evaluated_get(depsgraph).matrix_world @ place
    return Hit(obj.name, obj[tags.PATH], _name(obj), pick.row, pick.col, value, _made_of(obj, pick),
               properties.text(obj, tags.EPILOG) or "x", tuple(location), cell_info.note(obj),
               *cell_info.spans(obj, pick.row, pick.col))


def true_line(hit: Hit) -> str | None:
    """Of a cell, where its element of largest magnitude is: ``W[5, 13] = -0.2345``. None where nothing is reduced, or
    that is not at hand."""
    obj = bpy.data.objects.get(hit.matrix)
    collection = saved_state.collection_of(obj) if obj and hit.note else None
    largest = saved_state.load(collection).element(hit.path, hit.row, hit.col) if collection else None
    if largest is None:
        return None
    row, col, value = largest
    return f"{title(hit.name, row, col)}{tell(value, DECIMALS)}"


def _name(obj: bpy.types.Object) -> str:
    return properties.text(obj, tags.NAME) or obj.name


def _made_of(obj: bpy.types.Object, pick: picking.Pick) -> tuple[Part, ...]:
    if obj[tags.ROLE] != "result":
        return ()
    if cell_info.note(obj):
        return ()  # a cell is made of many rows and columns
    sides = (("left", pick.row, None), ("right", None, pick.col))
    return tuple(Part(matrix[tags.PATH], _name(matrix), row, col) for side, row, col in sides
                 if (matrix := evaluated.operand(obj, side)))


class Highlight:
    """Lights an element with the row and the column that made it, and gives back what was lit before.

    Objects are remembered by name, since an undo replaces them all.
    """

    def __init__(self) -> None:
        self._before: dict[str, tuple[int, int]] = {}  # what was lit in the matrices changed
        self._now: dict[str, tuple[int, int]] = {}

    def show(self, hit: Hit | None) -> bool:
        """Light ``hit`` and nothing else; whether anything changed."""
        lit = _lit_by(hit) if hit else {}
        if lit == self._now:
            return False
        for name in self._now.keys() - lit.keys():
            _light(name, self._before.pop(name))
        for name, (row, col) in lit.items():
            if self._now.get(name) != (row, col):
                before = _light(name, (row, col))
                self._before.setdefault(name, before)
        self._now = lit
        return True

    def clear(self) -> None:
        """Give back all that was lit before."""
        self.show(None)


def _lit_by(hit: Hit) -> dict[str, tuple[int, int]]:
    """Row and column to light, by object name."""
    matrix = bpy.data.objects.get(hit.matrix)
    if matrix is None:
        return {}
    out = {hit.matrix: (hit.row, hit.col)}
    for side, lit in (("left", (hit.row, NOTHING)), ("right", (NOTHING, hit.col))):
        operand = evaluated.operand(matrix, side) if hit.made_of or hit.note else None
        if operand:
            out[operand.name] = lit
    return out


def _light(name: str, lit: tuple[int, int]) -> tuple[int, int]:
    """Set what is lit in the matrix of that name, if it is still there; returns what was before."""
    obj = bpy.data.objects.get(name)
    modifier = evaluated.drawing(obj) if obj else None
    if obj is None or modifier is None:
        return NOTHING, NOTHING
    row, column = (compat.modifier_input(modifier, key) for key in ("Lit Row", "Lit Column"))
    if (row, column) != lit:
        compat.set_modifier_inputs(modifier, dict(zip(("Lit Row", "Lit Column"), lit)))
        obj.update_tag()
    return row, column
