"""Which matmuls of a run stand together in one expression, and the expressions as text with their data."""
from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ..errors import MMError
from ..visualization import Visualization, visualize
from . import names
from .cutting import varies
from .express import Expresser, tail
from .graph import between, Block, Operation, Value, whole
from .terms import Term, Use, with_sqrt_k
from .write import write

TOLERANCE = {"float64": 1e-4, "float32": 1e-4, "bfloat16": 6e-2, "float16": 1e-2}  # of a matrix's largest magnitude
TRIES = 200


@dataclass
class Traced:
    """One expression of a trace."""

    text: str
    module: str                     # that ran its last matmul
    backward: bool
    batch: tuple[int, int]          # index, and of how many
    head: tuple[int, int]
    matmuls: tuple[int, ...]        # numbers of the matmuls in it, from 1
    term: Term

    @property
    def data(self) -> dict[str, np.ndarray]:
        """The values of the leaves and of what epilogs add or multiply with, by name, float32 (h, w)."""
        return write(self.term)[1]

    @cached_property
    def visualization(self) -> Visualization:
        """The expression with its values, made once."""
        return visualize(self.text, self.data)

    @property
    def name(self) -> str:
        """Of the result."""
        return self.term.name

    @property
    def where(self) -> str:
        """The module, and the batch and head of several."""
        parts = [self.module or "here", *(["backward"] if self.backward else [])]
        parts += [f"{what} {at} of {count}" for what, (at, count) in (("batch", self.batch), ("head", self.head))
                  if count > 1]
        return ", ".join(parts)


class Join:
    """Groups the matmuls of a run into expressions, each computed again and compared with what the run held."""

    def __init__(self, ran, depth: int | None, batch: int | str, head: int | str):
        self.matmuls, self.depth, self.batch, self.head = ran.matmuls, depth, batch, head
        self.batch_size, self.batch_second, self.wide = ran.batch_size, ran.batch_second, ran.wide
        self.cuts: set[Value] = {v for v in ran.results if v.last}  # leaves whatever made them
        self.ends: set[Value] = set()   # values that no expression may end with, since it did not reproduce them
        self.skipped: dict[int, str] = {}
        self.counts = {"batch": 1, "head": 1}

    def expressions(self) -> list[Traced]:
        """In order of execution. What does not reproduce is cut there, and all is grouped anew."""
        self._share()
        checked: dict[tuple, Traced | None] = {}
        for _ in range(TRIES):
            out, fault = [], None
            for term, where in self._roots():
                key = (term.top.key, tuple(sorted(id(t.top.value) for t in term.terms())))
                if key not in checked:
                    checked[key], fault = self._checked(term, where)
                if fault is not None:
                    break
                out.append(checked[key])
            if fault is None:
                return sorted((t for t in out if t is not None),
                              key=lambda t: (t.matmuls[-1], t.batch[0], t.head[0]))
            self._cut(*fault)
            self._share()
        return [t for t in out if t is not None]

    # ---- grouping

    def _share(self) -> None:
        """Cut where a product's elements are used twice, so that it becomes an expression of its own."""
        for _ in range(TRIES):
            self.uses: dict[int, list[Use]] = {}
            list(self._roots())
            new = {value for uses in self.uses.values() if (value := self._shared(uses)) is not None}
            if not new - self.cuts:
                return
            self.cuts |= new

    @staticmethod
    def _shared(uses: list[Use]) -> Value | None:
        uses = [use for use in uses if use.by[0]]
        for at, one in enumerate(uses):
            for two in uses[:at]:
                if one.by != two.by and _overlap(one.block, two.block):
                    ids = {id(v) for v in two.path}
                    return next((v for v in one.path if id(v) in ids), None)
        return None

    def _roots(self):
        """Every expression's term, from the last matmul to the first; a matmul that stands in a later one has none."""
        absorbed: set[int] = set()
        for made in reversed(self.matmuls):
            if made.number in absorbed or made.number in self.skipped:
                continue
            found = self._root(made)
            if not found:
                self.skipped[made.number] = self.skipped.get(made.number) or "no single matrix of it could be taken"
                continue
            for term, where, uses in found:
                for number, more in uses.items():
                    if any(use.by[0] and use.by[1] != "other" for use in more):
                        absorbed.add(number)
                    have = self.uses.setdefault(number, [])
                    known = {(use.by, use.block.key) for use in have}
                    have += [use for use in more if (use.by, use.block.key) not in known]
                yield term, where
        return

    def _root(self, made: Operation) -> list[tuple[Term, tuple, dict]]:
        """The terms that end in this matmul: one for each batch and head asked for."""
        out = made.info.get("out")
        if out is None or 0 in out.shape or 0 in made.inputs[0].shape:
            self.skipped[made.number] = "it is empty"
            return []
        for value in reversed(tail(out, self.cuts)):
            if value in self.ends:
                continue
            found: list[tuple[Term, Any, Any]] = []
            for block, where in self._leads(made, value):
                try:
                    term, uses = self._upright(made, value, block)
                except MMError as error:  # of numbers that no picture can show
                    self.skipped[made.number], found = str(error).splitlines()[0], []
                    break
                if term.made is not made or not self._covers(term, value, where[0][1]):
                    found = []
                    break
                found.append((term, where, uses))
            if found:
                self.skipped.pop(made.number, None)
                return found
        return []

    def _upright(self, made: Operation, value: Value, block: Block) -> tuple[Term, dict]:
        """A vector stands or lies, whichever is written with fewer transposes."""
        term, uses = self._term(made, value, block)
        if len(value.shape) == 1:
            other, other_uses = self._term(made, value, block.turned)
            if not other.leaf and (term.leaf or _transposes(other) <= _transposes(term)):
                return other, other_uses
        return term, uses

    def _term(self, made: Operation, value: Value, block: Block) -> tuple[Term, dict]:
        expresser = Expresser(self.depth, self.cuts - {value})
        expresser.backward = made.backward
        return with_roots(expresser.term(block)), expresser.uses

    @staticmethod
    def _covers(term: Term, value: Value, batches: int) -> bool:
        """Whether the term's product is all of a matmul's matrix, or one of ``batches`` shares of its rows."""
        shape = term.matmul.info["out"].shape
        h, w = ((1, 1) + shape)[-2:] if len(term.matmul.inputs[1].shape) > 1 or not shape else (shape[-1], 1)
        rows, cols = term.top.shape[::-1] if term.crossed else term.top.shape
        folded = batches if math.prod(shape[:-2]) == 1 and len(value.shape) > 2 else 1
        return cols == w and rows * folded == h

    def _leads(self, made: Operation, value: Value):
        """The matrices of ``value`` to show, each with (batch, of how many), (head, of how many)."""
        shape, n = value.shape[:-2], int(np.prod(value.shape[:-2]))
        batched = math.prod(made.info["out"].shape[:-2]) > 1
        if not shape:
            return [(whole(value, ()), ((0, 1), (0, 1)))]
        if not batched and self.batch_second and len(shape) == 1 and value.shape[1] == self.batch_size:
            self.counts["batch"] = max(self.batch_size, self.counts["batch"])
            return [(between(value, at), ((at, self.batch_size), (0, 1)))
                    for at in self._asked(self.batch, self.batch_size)]
        if not batched:  # the batch is folded into the rows; any other folding is left as it is
            batches, heads = n, 1
            if n not in (1, self.batch_size):
                return []
        elif len(shape) > 1:
            batches, heads = n // shape[-1], shape[-1]
        elif made.heads and n % made.heads == 0:
            batches, heads = n // made.heads, made.heads
        else:
            batches = self.batch_size if n % self.batch_size == 0 else 1
            heads = n // batches
        self.counts = {"batch": max(batches, self.counts["batch"]), "head": max(heads, self.counts["head"])}
        out = []
        for b in self._asked(self.batch, batches):
            for h in self._asked(self.head, heads):
                lead = tuple(int(x) for x in np.unravel_index(b * heads + h, shape))
                out.append((whole(value, lead), ((b, batches), (h, heads))))
        return out

    @staticmethod
    def _asked(index, count: int) -> range | list[int]:
        return range(count) if index == "all" else [index if index < count else 0 if count == 1 else count - 1]

    # ---- text, and the proof

    def _checked(self, term: Term, where) -> tuple[Traced | None, tuple | None]:
        """The expression; or, where its values are not the run's, the term at fault and the whole."""
        try:
            return self._proved(term, where)
        except MMError as error:  # of numbers that cannot be shown, too
            self.skipped[term.matmul.number] = str(error).splitlines()[0]
            return None, (None, term)

    def _proved(self, term: Term, where: tuple[tuple[int, int], tuple[int, int]]) -> tuple[Traced | None, tuple | None]:
        try:
            text, data, placed = write(term)
            held = {path: part.top.array() if part.top.known() else None for path, part in placed} if data else {}
        except MMError as error:  # numbers that no picture can show
            self.skipped[term.matmul.number] = str(error).splitlines()[0]
            return None, (None, term)
        if data is None:
            above = next((t for t in term.terms() if placed in (t.left, t.right)), term)
            if above is not term:
                return None, (above, term)
            self.skipped[term.matmul.number] = "the numbers of an operand could not be kept (it is sparse, or on the " \
                "device meta)"
            return None, (None, term)
        values = visualize(text, data).values
        for path, part in placed:
            wanted = held[path]
            if wanted is None and part is not term:
                continue
            if wanted is None or values[path].shape != wanted.shape or not self._same(values[path], wanted, part):
                return None, (part, term)
        numbers = tuple(sorted({t.matmul.number for t in term.terms() if not t.leaf}))
        return Traced(text, term.matmul.module, term.matmul.backward, where[0], where[1], numbers, term), None

    def _same(self, ours: np.ndarray, theirs: np.ndarray, part: Term) -> bool:
        finite = np.isfinite(theirs)
        if not np.array_equal(finite, np.isfinite(ours)):
            return False
        dtypes = {t.top.value.dtype for t in part.terms()} | {t.made.info["out"].dtype for t in part.terms() if t.made}
        tolerance = max([self.wide, *(TOLERANCE.get(dtype, 1e-4) for dtype in dtypes)])
        if not finite.any():
            return True
        return float(np.abs(ours - theirs)[finite].max()) <= tolerance * max(float(np.abs(theirs[finite]).max()), 1e-30)

    def _cut(self, part: Term | None, whole_term: Term) -> None:
        """Where it did not reproduce: inside, a leaf from now on; at the end, one step less, or nothing."""
        if part is None:
            return
        if part is not whole_term:
            self.cuts.add(part.top.value)
            return
        deeper = {t.top.value for t in whole_term.terms() if not t.leaf and t is not whole_term}
        if part.top.value not in self.ends and part.top.value is not part.matmul.info["out"]:
            self.ends.add(part.top.value)
        elif deeper - self.cuts:
            self.cuts |= deeper
        else:
            self.skipped.setdefault(part.matmul.number,
                                    "computed again from its operands it does not come out the same")


def with_roots(term: Term) -> Term:
    """``with_sqrt_k`` in the whole tree."""
    if term.leaf:
        return term
    left, right = term.operands
    return with_sqrt_k(replace(term, left=with_roots(left), right=with_roots(right)))


def _transposes(term: Term) -> int:
    return sum(part.leaf and names.turned(part.base) for part in term.terms())


def _overlap(one: Block, two: Block) -> bool:
    """Whether two blocks of one value may share elements."""
    a, b = (block.coordinates() for block in (one, two))
    if one.value is not two.value or a is None or b is None:
        return one.value is two.value
    reached = [[np.unique((r if varies(r) else r[:1])[:, None] + (c if varies(c) else c[:1]))
                if not (varies(r) and varies(c)) else None for r, c in zip(*split)] for split in (a, b)]
    return all(x is None or y is None or np.intersect1d(x, y).size for x, y in zip(*reached))
