"""Running sums: at every step of a sweep the dot product of an element that is being made, with its terms.

Of a step that makes several elements it is the first one's, in the first block. Where a step makes an element at once,
its terms come one after the other on the way to that step; where it adds a term to many, so does the sum.
"""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..digits import Digits, read
from ..errors import ParameterError
from ..expression.tree import MatMul, nodes
from ..layout.schedule import algorithm_of, steps_of
from ..lettering import sums, typeset
from ..lettering.fonts import Font
from ..plain import listed, said
from .document import Document
from .film import Film

MOST = 4096         # steps
LINES = 8192        # that are made where terms come one after another
EARLY, READY = 0.5, 0.1  # steps before its own that a sum begins, and that it is complete


@dataclass(frozen=True)
class SumLine:
    """What is said of the element at ``row``, ``col``, where the sweep's cursor is from ``first`` to before ``until``;
    ``runs``: the words, as ``typeset`` has them."""

    row: int
    col: int
    runs: tuple[typeset.Run, ...]
    first: float
    until: float

    @property
    def text(self) -> str:
        """The letters alone."""
        return "".join(run.text for run in self.runs)


class Teller:
    """Tells the sums of the matmul ``node`` of ``document``, in letters that ``font`` has. Computes the values."""

    def __init__(self, document: Document, node: MatMul, font: Font):
        film = Film(document)
        self.node, self.left, self.right = node, film.after(node.left), film.after(node.right)
        numbers = document.options.numbers
        self.digits = read(numbers) if isinstance(numbers, str) else Digits()
        # of an element that an epilog is applied to, the sum is not its value
        self.name = typeset.name(node.name) if node.name and not node.chain and " " not in node.name else ()
        if not all(font.has(letter) for run in self.name for letter in run.text):
            self.name = ()

    def runs(self, row: int, col: int, upto: int | None = None) -> tuple[typeset.Run, ...]:
        """What is said of an element of which each k block has been added up to its element ``upto``, or all."""
        taken = np.arange(self.node.d)
        if upto is not None:
            taken = taken[taken % self.node.inner.step <= upto]
        return self.of_terms(row, col, taken)

    def of_terms(self, row: int, col: int, taken: np.ndarray) -> tuple[typeset.Run, ...]:
        """What is said of an element and its products at the places ``taken`` along k."""
        text = sums.written(self.left[row, taken], self.right[taken, col], self.digits)
        return self.name + typeset.plain(f"[{row}, {col}] = {text}") if self.name else typeset.plain(text)

    def lines(self, count: int, smooth: bool) -> Iterator[SumLine]:
        """All lines of a sweep of ``count`` steps."""
        algorithm, steps = algorithm_of(self.node), steps_of(self.node)
        terms = self.node.d if smooth and not algorithm.accumulates and count * self.node.d <= LINES else 1
        early = EARLY if smooth else 0.0
        for step in range(count):
            row, upto, col = algorithm.at(step, steps)
            until = step + 1 - early
            if algorithm.accumulates:
                yield SumLine(row, col, self.runs(row, col, upto), step - early, until)
                continue
            starts = step - early + (early - READY if terms > 1 else 0.0) * np.arange(terms) / terms
            for number, (first, last) in enumerate(zip(starts, [*starts[1:], until])):
                taken = np.arange(self.node.d if number == terms - 1 else number + 1)
                yield SumLine(row, col, self.of_terms(row, col, taken), float(first), float(last))


def asked_for(document: Document) -> MatMul | None:
    """The matmul whose sums the option ``sums`` asks for; None if it asks for none. Raises ParameterError for one that
    there is not, that does not sweep, or has too many steps."""
    asked = document.options.sums
    if asked is False:
        return None
    tracks, products = document.schedule.tracks, [n for n in nodes(document.tree) if isinstance(n, MatMul)]
    node = next((n for n in reversed(products) if asked is True or asked in (n.name, n.path)), None)
    if node is None:
        raise ParameterError(f"sums are asked for of {said(asked)}, which is no matmul here; there are "
                             f"{listed(n.name for n in products)}")
    if node.note or node.inner.factor > 1:
        raise ParameterError(f"{node.name} is shown reduced, and its cells have no sums: show a part of it" if not
                             document.plan.elides else f"{node.name} is shown in part (show=), and then nothing "
                             "sweeps: leave out show, or sums")
    if node.path not in tracks:
        raise ParameterError(f"sums are those of a sweep, and {node.name} does not sweep: choose one with "
                             'settings={"anim.alg": "dotprod (row major)"}')
    if tracks[node.path].count > MOST:
        raise ParameterError(f"sums of {node.name} would have {tracks[node.path].count:,} steps, more than {MOST:,}: "
                             "show smaller matrices, or a sweep by rows or planes")
    return node
