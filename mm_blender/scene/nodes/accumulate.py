"""The groups that add up a result while its sweep runs over k.

A sweep along k alone adds one product of every k block to all elements a step; one that goes line by line
(``Algorithm.line``) to the elements of the current row or column of every block. Sums are in single precision, term by
term in the order of the steps. One group for each algorithm and epilog. ``sequential`` ones, line by line under an
epilog that sees the whole matrix, go through the steps of the current line, since every step applies the epilog to
what the one before left; they start from a checkpoint. ``bare`` ones are for epilogs
without nodes (``epilogs.has_nodes``): sums alone, and at the last step the final values.
"""
from __future__ import annotations

import bpy

from ...expression import epilogs
from ...expression.algorithms import ALGORITHMS
from ...layout.sweep_planes import split_chain
from . import epilog
from .builder import ensure, Socket, Tree
from .cursor import Cursor

TERMS = 8  # added in one turn of the repeat zone; measured: fewer turns are faster, longer trees slower to load


def build(algorithm: str, chain: epilogs.Chain, sequential: bool) -> bpy.types.NodeTree:
    """The group for an algorithm and an epilog's ``chain``: see above, also for ``sequential``."""
    bare = not epilogs.has_nodes(chain)
    kind = "steps" if sequential else "bare" if bare else "sum"
    if bare:
        return ensure(f"mm Accumulate {algorithm} {kind} 2", "GeometryNodeTree",
                      lambda tree: _Accumulate(tree, algorithm, ()).fill(False, bare))
    return ensure(f"mm Accumulate {algorithm} {epilogs.chain_text(chain)} {kind} 2", "GeometryNodeTree",
                  lambda tree: _Accumulate(tree, algorithm, chain).fill(sequential))


class _Accumulate:
    def __init__(self, tree: Tree, algorithm: str, chain: epilogs.Chain):
        self.tree, self.line, self.chain = tree, ALGORITHMS[algorithm].line, chain
        self.geometry = tree.input("Geometry", "Geometry", description="The points of the result; 'value' is final")
        left = tree.input("Left", "Object", description="Points of the left operand, row by row")
        right = tree.input("Right", "Object", description="Points of the right operand, row by row")
        self.left_values = tree.input("Left Values", "String", "value", "Attribute with the left operand's values")
        self.right_values = tree.input("Right Values", "String", "value", "Attribute with the right operand's values")
        playhead = tree.input("Playhead", "Object", description="Playhead of this sweep")
        count = tree.input("Count", "Int", 1, "Number of steps of the sweep", low=1)
        smooth = tree.input("Smooth", "Bool", False, "Values ease between steps")
        self.columns = tree.input("Columns", "Int", 1, "Number of columns of the result", low=1)
        self.depth = tree.input("Depth", "Int", 1, "Inner dimension k", low=1)
        self.step_k = tree.input("Block k", "Int", 1, "Elements of a block along k", low=1)
        along = self.line or "j"
        self.step_line = tree.input(f"Block {along}", "Int", 1, f"Elements of a block along {along}", low=1)
        if along == "i":
            rows = tree.input("Rows", "Int", 1, "Number of rows of the result", low=1)
        self.checkpoint = tree.input("Checkpoint", "Object", description="Points whose 'value' is what the result "
                                     "held before each column, one result after the other")
        self.cursor = Cursor(tree, playhead, count, self.step_k if self.line else 1, smooth)
        self.left, self.right = tree.object_geometry(left), tree.object_geometry(right)
        self.blocks = tree.integer("DIVIDE_FLOOR", tree.integer("SUBTRACT", tree.integer(
            "ADD", self.depth, self.step_k), 1), self.step_k)
        self.row, self.column = tree.row_and_column(self.columns)
        self.number, self.lines = (self.row, rows) if along == "i" else (self.column, self.columns)
        self.in_block = tree.integer("MODULO", self.number, self.step_line)
        self.at = self.cursor["Inner"] if self.line else self.cursor["Outer"]  # the current step along k

    def fill(self, sequential: bool, bare: bool = False) -> None:
        tree, cursor = self.tree, self.cursor
        end = tree.integer("SUBTRACT", self._count(), 1) if bare else self._count()
        started = tree.compare("GREATER_THAN", cursor["Position"], -1.0)
        under_way = tree.both(started, tree.negate(tree.compare("GREATER_EQUAL", cursor["Step"], end, "INT")))
        summed = self.steps() if sequential else self.sums()
        tree.output(Geometry=tree.switch(under_way, self.geometry, summed, "GEOMETRY"))

    def _count(self) -> Socket:
        return self.tree.integer("MULTIPLY", self.step_k, self.step_line) if self.line else self.step_k

    def term(self, number: Socket) -> tuple[Socket, Socket]:
        """The ``number``-th product added to an element (blocks inside steps), and its step."""
        tree = self.tree
        step = tree.integer("DIVIDE_FLOOR", number, self.blocks)
        block = tree.integer("MODULO", number, self.blocks)
        k = tree.integer("ADD", tree.integer("MULTIPLY", block, self.step_k), step)
        there = tree.both(tree.compare("LESS_THAN", k, self.depth, "INT"),
                          tree.compare("LESS_THAN", step, self.step_k, "INT"))
        product = tree.sample(self.left, self.left_values,
                              tree.integer("ADD", tree.integer("MULTIPLY", self.row, self.depth), k)) * \
            tree.sample(self.right, self.right_values,
                        tree.integer("ADD", tree.integer("MULTIPLY", k, self.columns), self.column))
        return tree.switch(there, 0.0, product), step

    def current(self) -> Socket:
        """Whether an element is in the line that is being computed."""
        return self.tree.compare("EQUAL", self.in_block, self.cursor["Outer"], "INT")

    def sums(self) -> Socket:
        """Partial sums up to the current step, then the epilog."""
        tree, cursor = self.tree, self.cursor
        step = self.at if self.line else cursor["Step"]
        # while it moves, the next step's terms come in by the fraction (within a line)
        steps = tree.integer("ADD", step, tree.integer("ADD", 1, tree.math("CEIL", cursor["Fraction"])))
        turns = tree.integer("DIVIDE_FLOOR", tree.integer("ADD", tree.integer("MULTIPLY", steps, self.blocks),
                                                          TERMS - 1), TERMS)

        def turn(geometry: Socket, iteration: Socket) -> Socket:
            total = tree.attribute(epilog.SUM)
            for term in range(TERMS):
                product, at = self.term(tree.integer("ADD", tree.integer("MULTIPLY", iteration, TERMS), term))
                ahead = tree.compare("EQUAL", at, tree.integer("ADD", step, 1), "INT")
                done = tree.compare("LESS_EQUAL", at, step, "INT")
                total = total + tree.switch(done, tree.switch(ahead, 0.0, product * cursor["Fraction"]), product)
            return tree.store(geometry, epilog.SUM, total, selection=self.current() if self.line else None)

        summed = tree.repeat(turns, tree.store(self.geometry, epilog.SUM, 0.0), turn)
        if not self.line:
            return self.epilog(summed, self.chain)
        # finished lines hold their final values, those to come nothing
        final = tree.store(summed, "final", tree.attribute(epilog.VALUE))
        final = self.epilog(final, self.chain)
        past = tree.compare("LESS_THAN", self.in_block, cursor["Outer"], "INT")
        value = tree.switch(self.current(), tree.switch(past, 0.0, tree.attribute("final")),
                            tree.attribute(epilog.VALUE))
        return tree.store(final, epilog.VALUE, value)

    def steps(self) -> Socket:
        """Every step of the current line, one after the other, from its checkpoint."""
        tree, cursor = self.tree, self.cursor
        pointwise, rest = split_chain(self.chain)
        size = tree.get("GeometryNodeAttributeDomainSize", "Point Count", set={"component": "MESH"},
                        into={"Geometry": self.geometry})
        index = tree.integer("ADD", tree.integer("MULTIPLY", cursor["Outer"], size),
                             tree.get("GeometryNodeInputIndex"))
        before = tree.sample(tree.object_geometry(self.checkpoint), "value", index)
        start = tree.store(tree.store(self.geometry, "held", before), "partial", 0.0)

        def turn(geometry: Socket, iteration: Socket) -> Socket:
            product, _ = self.term(iteration)
            geometry = tree.store(geometry, "partial", tree.attribute("partial") + product)
            last = tree.compare("EQUAL", tree.integer("MODULO", tree.integer("ADD", iteration, 1), self.blocks), 0,
                                "INT")
            return tree.switch(last, geometry, self._close(geometry, pointwise, rest), "GEOMETRY")

        turns = tree.integer("MULTIPLY", tree.integer("ADD", self.at, 1), self.blocks)
        accumulated = tree.repeat(turns, start, turn)
        return tree.store(accumulated, epilog.VALUE, tree.attribute("held"))

    def _close(self, geometry: Socket, pointwise: epilogs.Chain, rest: epilogs.Chain) -> Socket:
        """The end of a step: the line's sums, the epilog over everything, nothing in the lines to come."""
        tree = self.tree
        geometry = self.epilog(tree.store(geometry, epilog.SUM, tree.attribute("partial")), pointwise)
        mixed = tree.switch(self.current(), tree.attribute("held"), tree.attribute(epilog.VALUE))
        geometry = self.epilog(tree.store(geometry, epilog.SUM, mixed), rest)
        ahead = tree.compare("GREATER_THAN", self.in_block, self.cursor["Outer"], "INT")
        # a ragged block that has come to its end is left alone
        line = tree.integer("ADD", tree.integer("SUBTRACT", self.number, self.in_block), self.cursor["Outer"])
        clear = tree.both(ahead, tree.compare("LESS_THAN", line, self.lines, "INT"))
        return tree.store(geometry, "held", tree.switch(clear, tree.attribute(epilog.VALUE), 0.0))

    def epilog(self, geometry: Socket, chain: epilogs.Chain) -> Socket:
        return self.tree.group(epilog.build(chain), Geometry=geometry, Columns=self.columns, K=self.depth)
