"""The group that shows, grows and highlights the elements of a matrix by its own sweep and its parent's.

Every rule is linear in an element's place inside its block: it is shown from the step
``first + row weight * row' + column weight * column'`` on (of its own sweep, or of the parent's that touches it), and
highlighted where row' and column' equal the cursor of the parent's sweep.
"""
from __future__ import annotations

import bpy

from ...layout.revealing import ALWAYS, NEVER
from .builder import ensure, Socket, Tree
from .cursor import Cursor

NAME = "mm Reveal 1"
IGNORE, OUTER, INNER = 0, 1, 2  # what a row or column has to equal to be highlighted


def build() -> bpy.types.NodeTree:
    """The group that gives a matrix' points their share of growth and their light at the playhead."""
    return ensure(NAME, "GeometryNodeTree", _fill)


def _fill(tree: Tree) -> None:
    geometry = tree.input("Geometry", "Geometry", description="The points of a matrix")
    row_step = tree.input("Block Rows", "Int", 0, "Rows of a block; 0: there is only one", low=0)
    column_step = tree.input("Block Columns", "Int", 0, "Columns of a block; 0: there is only one", low=0)
    smooth = tree.input("Smooth", "Bool", False, "Elements grow in between steps")
    own_head = tree.input("Own Playhead", "Object", description="Playhead of the sweep that makes this matrix")
    own_count = tree.input("Own Count", "Int", 1, "Number of steps of that sweep", low=1)
    own = weights(tree, "Own", "that sweep shows an element")
    until = tree.input("Own Until", "Int", NEVER, "Step of that sweep from which on nothing is shown")
    parent_head = tree.input("Parent Playhead", "Object", description="Playhead of the sweep that reads this matrix")
    parent_count = tree.input("Parent Count", "Int", 1, "Number of steps of that sweep", low=1)
    parent_inner = tree.input("Parent Inner Steps", "Int", 1, "Its inner steps for one outer", low=1)
    touch = weights(tree, "Touch", "that sweep shows an element that was hidden")
    lit_row = tree.input("Lit Row", "Int", IGNORE, "Highlighted row: 0 any, 1 the outer index, 2 the inner", 0, 2)
    lit_column = tree.input("Lit Column", "Int", IGNORE, "Highlighted column: 0 any, 1 the outer index, 2 the inner",
                            0, 2)

    # what the inputs leave out is not computed: a switch on a single value follows one side only
    def in_block(name: str, step: Socket) -> Socket:
        at = tree.attribute(name, "INT")
        return tree.switch(tree.compare("GREATER_THAN", step, 0, "INT"), at, tree.integer("MODULO", at, step), "INT")

    row, column = in_block("row", row_step), in_block("col", column_step)
    by_own = Cursor(tree, own_head, own_count, 1, smooth)
    by_parent = Cursor(tree, parent_head, parent_count, parent_inner, smooth)

    def reached(cursor: Cursor, weights: tuple[Socket, Socket, Socket]) -> Socket:
        first, per_row, per_column = weights

        def later(steps: Socket, at: Socket) -> Socket:
            return tree.switch(tree.compare("EQUAL", steps, 0, "INT"), tree.integer("MULTIPLY", steps, at), 0, "INT")

        at = tree.integer("ADD", first, tree.integer("ADD", later(per_row, row), later(per_column, column)))
        share = tree.math("ADD", cursor["Position"] - at, 1.0, clamp=True)
        fixed = tree.get("FunctionNodeBooleanMath", set={"operation": "OR"}, into={
            0: tree.compare("LESS_EQUAL", first, ALWAYS, "INT"), 1: tree.compare("GREATER_EQUAL", first, NEVER, "INT")})
        return tree.switch(fixed, share, tree.compare("LESS_THAN", first, 0, "INT"))

    in_time = tree.compare("LESS_THAN", by_own["Step"], until, "INT")
    grown = tree.math("MULTIPLY", tree.math("MAXIMUM", reached(by_own, own), reached(by_parent, touch)), in_time)

    def matches(selector: Socket, at: Socket) -> Socket:
        index = tree.switch(tree.compare("EQUAL", selector, OUTER, "INT"), by_parent["Lit Inner"],
                             by_parent["Lit Outer"], "INT")
        return tree.switch(tree.compare("EQUAL", selector, IGNORE, "INT"), tree.compare("EQUAL", at, index, "INT"),
                           True, "BOOLEAN")

    # discrete steps leave no element half grown
    shown = tree.store(geometry, "grown", tree.switch(smooth, tree.math("FLOOR", grown + 1e-4), grown))
    lit = tree.store(shown, "highlight", tree.both(matches(lit_row, row), matches(lit_column, column)))
    any_lit = tree.compare("GREATER_THAN", tree.integer("ADD", lit_row, lit_column), 0, "INT")
    tree.output(Geometry=tree.switch(tree.both(any_lit, by_parent["Lit"]), shown, lit, "GEOMETRY"))


def weights(tree: Tree, name: str, what: str) -> tuple[Socket, Socket, Socket]:
    """Inputs for the step at which a sweep reaches an element: the first one's, and by how much later rows and
    columns are; ``name`` begins their names and ``what`` their descriptions."""
    return (tree.input(f"{name} First", "Int", ALWAYS if name == "Own" else NEVER, f"Step from which on {what}"),
            tree.input(f"{name} Per Row", "Int", 0, f"Steps by which {what} later for each row of its block"),
            tree.input(f"{name} Per Column", "Int", 0, f"Steps by which {what} later for each column of its block"))
