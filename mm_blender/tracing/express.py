"""From the graph of a run to expressions: which matmuls join, through which epilogs, and where they are cut.

A term is a block (a matrix of the run) as the product it came from, followed back through what the expression
language knows. Everything else is a leaf, which holds what the run held there.
"""
from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from ..expression.epilogs import Step
from .cutting import mixes, product_blocks, spans, thin, triangle, varies
from .graph import Block, Operation, Value
from .patterns import rms_eps, rope_step, rotated
from .terms import Other, scale_outside, Term, Use

HIDDEN = -1e4  # what is added or filled in below it hides an element from a softmax
NESTED = 100   # matmuls along one path of an expression, at most
DEEP = 100     # operations along one path, at most; what lies behind is a leaf
STEPS = 5000   # operations that are looked at for one expression; one result may go into the next in many ways


class Expresser:
    """Makes terms. ``cuts`` are values that are leaves whatever made them; ``uses`` collects who takes a product."""

    def __init__(self, depth: int | None, cuts: set[Value]):
        self.depth, self.cuts = min(depth or NESTED, NESTED), cuts
        self.uses: dict[int, list[Use]] = {}
        self.by: tuple[int, str] = (0, "")
        self.path: list[Value] = []
        self.backward = False
        self.deep, self.steps = 0, 0

    def term(self, block: Block, level: int = 0, cut: bool = True) -> Term:
        """``block`` followed back; ``level`` matmuls are above it."""
        self.deep, self.steps = self.deep + 1, self.steps + 1
        try:
            if self.deep > DEEP or self.steps > STEPS:
                return Term(block, block)
            return self._followed(block, level, cut)
        finally:
            self.deep -= 1

    def _followed(self, block: Block, level: int, cut: bool) -> Term:
        value, made = block.value, block.value.made
        self.path = [*self.path, value]
        if made is None or made.kind == "opaque" or (cut and value in self.cuts):
            return Term(block, block)
        if made.kind == "matmul":
            found = self._product(block, level) if level < self.depth and made.backward == self.backward else None
            return found or Term(block, block)
        if made.kind in ("move", "cast"):
            below = block.pull(made) if made.kind == "move" else block.on(made.inputs[0])
            if below is None:
                return Term(block, block)
            found = self.term(below, level)
            if found.leaf and (varies(block.rows) > varies(below.rows) or varies(block.cols) > varies(below.cols)):
                return Term(block, block)  # expanded from less, which is no longer that matrix
            if found.leaf and (not found.chain or made.kind == "cast"):
                base = block if found.chain or (value.named and not found.base.value.named) else found.base
                return Term(block, base, mixed=base is found.base and (found.mixed or mixes(below)))
            return replace(found, top=block)
        found = getattr(self, f"_{made.kind}")(block, level)
        if found is None:
            return Term(block, block)
        if found.leaf and not self._worth(found):
            return Term(block, block)
        return found

    @staticmethod
    def _worth(found: Term) -> bool:
        """Whether the chain on a leaf is shown: what a person gave, with functions and numbers only."""
        scaled = all(step.name in ("mul", "div") and step.scalar for step, _ in found.chain)
        return all(other is None for _, other in found.chain) and (
            found.base.value.made is None or scaled) and found.source.known()

    # ---- products

    def _product(self, block: Block, level: int) -> Term | None:
        made = block.value.maker
        operands = product_blocks(block)
        if operands is None:
            return None
        left, right, crossed = operands
        path, by, alone = self.path, self.by, crossed and made.backward  # a gradient is a matrix with a name
        self.uses.setdefault(made.number, []).append(Use((by[0], "other") if alone else by, path, block))
        if alone:
            return None
        terms = []
        for operand, side in ((left, "left"), (right, "right")):
            self.path, self.by = [], (made.number, side if not crossed else {"left": "right", "right": "left"}[side])
            terms.append(self.term(operand, level + 1))
        self.path, self.by = path, by
        return scale_outside(Term(block, block, terms[0], terms[1], made=made, crossed=crossed))

    # ---- epilogs

    def _below(self, block: Block, level: int, step: Step, other: Other | None = None, source: Value | None = None):
        found = self.term(block.on(source or block.value.maker.inputs[0]), level)
        return replace(found, top=block, chain=[*found.chain, (step, other)])

    def _step(self, block, level):
        return self._below(block, level, Step(block.value.made.info["step"]))

    def _scale(self, block, level):
        made = block.value.made
        by = made.info.get("by")
        if by is None:
            number = made.inputs[1].tensor()
            if number is None:
                return None
            by = float(number) * made.info["factor"]
        if not math.isfinite(by) or (by == 0 and made.info["step"] == "div"):
            return None
        return self._below(block, level, Step(made.info["step"], ("num", by)))

    def _pointwise(self, block, level, name):
        """The factor or summand that comes from the later matmul goes on, the other is a matrix of its own."""
        made = block.value.made
        mine, other = made.inputs
        if other.last > mine.last or (mine.shape != block.value.shape and other.shape == block.value.shape):
            mine, other = other, mine
        if mine.shape != block.value.shape:
            return None
        theirs = block.broadcast(other)
        if theirs is None or not theirs.known():
            return None
        self._other(theirs, made)
        if name == "add" and other.last == 0 and (mask := self._hides(theirs.array(True))) is not None:
            return self._masked(block, level, mine, mask, theirs)
        if name == "add" and other.last == 0 and not other.parameter and not theirs.array().any():
            found = self.term(block.on(mine), level)  # nothing is added
            return replace(found, top=block)
        return self._below(block, level, Step(name, matrix="?"), Other(thin(theirs)), mine)

    def _add(self, block, level):
        found = rotated(block.value.maker)
        crossed = found is not None and spans(block.turned, (len(block.value.shape) - 1,)) == "row"
        if found is not None and (crossed or spans(block, (len(block.value.shape) - 1,)) == "row"):
            x, cos, sin = found
            step = rope_step(block, cos, sin, crossed)
            if step is not None:
                return self._below(block, level, step, None, x)
        return self._pointwise(block, level, "add")

    def _mul(self, block, level):
        for x, other in (block.value.made.inputs, block.value.made.inputs[::-1]):
            eps = rms_eps(x, other)
            if eps is not None and spans(block, (len(block.value.shape) - 1,)) == "row":
                return self._below(block, level, Step("rmsnorm", numbers=() if eps == 1e-5 else (eps,)), None, x)
        return self._pointwise(block, level, "mul")

    def _other(self, theirs: Block, made: Operation) -> None:
        """Note that an epilog uses a product too, so that it stays an expression of its own."""
        path, by = self.path, self.by
        self.path, self.by = [], (id(made), "other")
        if theirs.value.last:
            self.term(theirs, self.depth - 1)
        self.path, self.by = path, by

    @staticmethod
    def _hides(x: np.ndarray) -> np.ndarray | None:
        """Which elements an added mask hides, if it is one: 0 or far below everywhere."""
        hidden = x <= HIDDEN
        return hidden if hidden.any() and not x[~hidden].any() else None

    def _masked(self, block, level, source, hidden, theirs) -> Term | None:
        """A mask of what a softmax must not see: by tril or triu where it is one, else as a matrix that is added."""
        if not hidden.any():
            return replace(self.term(block.on(source), level), top=block)
        lower = np.tri(block.shape[0], block.shape[1], dtype=bool)
        for name, kept in (("tril", lower), ("triu", ~np.tri(block.shape[0], block.shape[1], -1, dtype=bool))):
            if np.array_equal(hidden, ~kept):
                return self._below(block, level, Step(name), None, source)
        added = np.where(hidden, np.float32(-np.inf), np.float32(0))
        rows = added[:1] if (added == added[:1]).all() else added
        return self._below(block, level, Step("add", matrix="?"), Other(theirs, rows, "mask"), source)

    def _mask(self, block, level):
        info, source = block.value.made.info, block.value.made.inputs[0]
        if source.shape != block.value.shape:
            return None
        if "diagonal" in info:
            where = triangle(block, info["step"], info["diagonal"])
            theirs = None
        else:
            theirs = block.broadcast(block.value.made.inputs[1])
            if theirs is None or not theirs.known():
                return None
            where = theirs.array() != 0
            where = where if info["hide"] else ~where
        fill = info["fill"]
        if isinstance(fill, Value):
            fill = fill.tensor()
            if fill is None or fill.numel() == 0 or not bool((fill == fill.reshape(-1)[0]).all()):
                return None
            fill = float(fill.reshape(-1)[0])
        if where is None:
            return None
        if fill <= HIDDEN:
            return self._masked(block, level, source, where, theirs or block)
        if fill != 0:
            return None
        if not where.any():
            return replace(self.term(block.on(source), level), top=block)
        for name, k in (("tril", 0), ("triu", -1)):
            kept = np.tri(block.shape[0], block.shape[1], k, dtype=bool)
            if np.array_equal(where, ~kept if name == "tril" else kept):
                return self._below(block, level, Step(name), None, source)
        mask = Other(theirs or block, (~where).astype(np.float32), "mask")
        return self._below(block, level, Step("mul", matrix="?"), mask, source)

    def _softmax(self, block, level):
        if spans(block, block.value.made.info["dims"]) != "row":
            return None
        return self._below(block, level, Step("softmax"))

    def _norm(self, block, level):
        span = spans(block, block.value.made.info["dims"])
        if span is None:
            return None
        eps = block.value.made.info["eps"]
        numbers = () if eps == 1e-5 else (eps,)
        return self._below(block, level, Step("layernorm_rows" if span == "row" else "layernorm", numbers=numbers))


def tail(result: Value, cuts: set[Value]) -> list[Value]:
    """The values from a matmul's result onwards for as long as each has one known use, which it is the main part of."""
    out, value = [result], result
    while value not in cuts and len(out) < DEEP:
        users = [(made, v) for made, v in value.users if not made.backward or value.maker.backward]
        users = [(made, v) for made, v in users if v.users or v.label or made.kind not in ("move", "cast")]
        if len({id(v) for _, v in users}) != 1:
            break
        made, following = users[0]
        if made.kind in ("matmul", "opaque") or following.last != result.last:
            break
        if made.kind in ("add", "mul") and made.inputs[0].last == made.inputs[1].last:
            break
        out.append(following)
        value = following
    return out
