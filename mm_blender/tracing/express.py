"""From the graph of a run to expressions: which matmuls join, through which epilogs, and where they are cut.

A term is a block (a matrix of the run) as the product it came from, followed back through what the expression
language knows. Everything else is a leaf, which holds what the run held there.
"""
from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from ..epilogs import SQRT_K, Step
from .graph import Block, Made, Value
from .patterns import rms_eps, rope_step, rotated

HIDDEN = -1e4  # what is added or filled in below it hides an element from a softmax
NESTED = 100   # matmuls along one path of an expression, at most


@dataclass
class Other:
    """A matrix that an epilog adds or multiplies with, (h, w), a row (1, w) or a column (h, 1)."""

    block: Block
    array: np.ndarray | None = None  # where it is not the block's own values
    kind: str = ""                   # "mask", or nothing

    def values(self) -> np.ndarray | None:
        return self.block.array() if self.array is None else self.array


@dataclass
class Term:
    """``top`` is what it holds in the end, chain included; ``base`` what a leaf is cut out of, at its far end."""

    top: Block
    base: Block
    left: "Term | None" = None
    right: "Term | None" = None
    made: Made | None = None                   # the matmul
    mixed: bool = False                        # whether a leaf is ``base`` reshaped, rows and columns mixed
    crossed: bool = False                      # whether the product is the run's transposed
    chain: list[tuple[Step, Other | None]] = field(default_factory=list)
    name: str = ""

    @property
    def leaf(self) -> bool:
        return self.left is None

    def terms(self):
        """This term and those below, operands first."""
        for side in (self.left, self.right):
            if side is not None:
                yield from side.terms()
        yield self


@dataclass
class Use:
    """A matmul's result taken by one operand of another (or by an epilog): through which values, and which block."""

    by: tuple[int, str]
    path: list[Value]
    block: Block


class Expresser:
    """Makes terms. ``cuts`` are values that are leaves whatever made them; ``uses`` collects who takes a product."""

    def __init__(self, depth: int | None, cuts: set[Value]):
        self.depth, self.cuts = min(depth or NESTED, NESTED), cuts
        self.uses: dict[int, list[Use]] = {}
        self.by: tuple[int, str] = (0, "")
        self.path: list[Value] = []
        self.backward = False

    def term(self, block: Block, level: int = 0, cut: bool = True) -> Term:
        """``block`` followed back; ``level`` matmuls are above it."""
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
                return Term(block, base, mixed=base is found.base and (found.mixed or _mixes(below)))
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
        return all(other is None for _, other in found.chain) and (found.base.value.made is None or scaled) and found.base.known()

    # ---- products

    def _product(self, block: Block, level: int) -> Term | None:
        made = block.value.made
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
        found = Term(block, block, *terms, made=made, crossed=crossed)
        return _scale_outside(found)

    # ---- epilogs

    def _below(self, block: Block, level: int, step: Step, other: Other | None = None, source: Value | None = None):
        found = self.term(block.on(source or block.value.made.inputs[0]), level)
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
        if name == "add" and other.last == 0 and (mask := self._hides(theirs.array())) is not None:
            return self._masked(block, level, mine, mask, theirs)
        if name == "add" and other.last == 0 and not other.parameter and not theirs.array().any():
            found = self.term(block.on(mine), level)  # nothing is added
            return replace(found, top=block)
        return self._below(block, level, Step(name, matrix="?"), Other(_thin(theirs)), mine)

    def _add(self, block, level):
        found = rotated(block.value.made)
        crossed = found is not None and spans(block.turned, (len(block.value.shape) - 1,)) == "row"
        if crossed or (found is not None and spans(block, (len(block.value.shape) - 1,)) == "row"):
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

    def _other(self, theirs: Block, made: Made) -> None:
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
        triangle = np.tri(*block.shape, dtype=bool)
        for name, kept in (("tril", triangle), ("triu", ~np.tri(*block.shape, k=-1, dtype=bool))):
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
            where = _triangle(block, info["step"], info["diagonal"])
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
            kept = np.tri(*block.shape, k=k, dtype=bool)
            if np.array_equal(where, ~kept if name == "tril" else kept):
                return self._below(block, level, Step(name), None, source)
        return self._below(block, level, Step("mul", matrix="?"), Other(theirs or block, (~where).astype(np.float32), "mask"), source)

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


def product_blocks(block: Block) -> tuple[Block, Block, bool] | None:
    """The operands' blocks of a block of a matmul's result; whether it is ``B.T @ A.T`` for the run's ``A @ B``.

    None where the block is not cut along rows and columns of one matrix of a batch.
    """
    value, made = block.value, block.value.made
    a, b = made.inputs
    split = block.coordinates()
    if split is None:
        return None
    rows, cols = list(split[0]), list(split[1])
    inner = a.shape[-1]
    zero_r, zero_c = block.rows * 0, block.cols * 0
    if len(a.shape) == 1:  # dot
        rows.append(zero_r), cols.append(zero_c)
    if len(b.shape) == 1:  # a vector on the right is one column
        rows.append(zero_r), cols.append(zero_c)
    *lead, (r, c), (s, d) = list(zip(rows, cols))
    index = []
    for x, y in lead:
        if (x != x[0]).any() or (y != y[0]).any():
            return None
        index.append(int(x[0] + y[0]))
    # rows of the result along the block's rows, or along its columns (transposed)
    if not varies(c) and not varies(s):
        along, across, crossed = r + c[0], d + s[0], False
    elif not varies(r) and not varies(d):
        along, across, crossed = c + r[0], s + d[0], True
    else:
        return None
    k = np.arange(inner)
    left = Block.of(a, _start(a, index, value.shape) + along * inner, k)
    width = b.shape[-1] if len(b.shape) > 1 else 1
    right = Block.of(b, _start(b, index, value.shape) + k * width, across)
    return (right.turned, left.turned, True) if crossed else (left, right, False)


def _start(operand: Value, index: list[int], out: tuple[int, ...]) -> int:
    """Where the matrix ``index`` of a batch begins; an operand with fewer heads is shared among them."""
    if len(operand.shape) <= 2 or not index:
        return 0
    place = [at * have // of for at, have, of in zip(index, operand.shape[:-2], out)]
    return int(np.ravel_multi_index(place, operand.shape[:-2])) * operand.shape[-2] * operand.shape[-1]


def varies(x: np.ndarray) -> bool:
    return bool((x != x[0]).any())


def spans(block: Block, dims: tuple[int, ...]) -> str | None:
    """``row`` if every row of the block goes once through all of ``dims``, ``all`` if the whole block does."""
    split = block.coordinates()
    if split is None:
        return None
    shape = block.value.shape
    size = math.prod(shape[d] for d in dims)
    rows, cols = ([np.ravel_multi_index([side[d] for d in dims], [shape[d] for d in dims]),
                   any(varies(x) for d, x in enumerate(side) if d not in dims)] for side in split)
    if cols[1]:
        return None
    if not varies(rows[0]):
        return "row" if len(set(cols[0] + rows[0][0])) == size == block.shape[1] else None
    both = (rows[0][:, None] + cols[0]).reshape(-1)
    return "all" if not rows[1] and len(set(both)) == size == both.size else None


def _triangle(block: Block, name: str, diagonal: int) -> np.ndarray | None:
    """Which elements tril or triu take away."""
    split = block.coordinates()
    if split is None:
        return None
    (r, s), (c, d) = split[0][-2:], split[1][-2:]
    across = (s[:, None] + d) - (r[:, None] + c)
    return across > diagonal if name == "tril" else across < diagonal


def _mixes(block: Block) -> bool:
    """Whether rows and columns run along the same dimension, as after a reshape that is no view of one matrix."""
    split = block.coordinates()
    return split is None or any(varies(r) and varies(c) for r, c in zip(*split))


def base_of(block: Block) -> Block:
    """A block followed back through movements alone, for as long as it is one."""
    while block.value.made is not None and block.value.made.kind == "move" and not block.value.named:
        below = block.pull(block.value.made)
        if below is None or _mixes(below) or varies(block.rows) > varies(below.rows) or (
                varies(block.cols) > varies(below.cols)):
            break
        block = below
    return block


def _thin(block: Block) -> Block:
    """A block that repeats one row or column, as that row or column."""
    rows, cols = block.rows, block.cols
    rows = rows[:1] if not varies(rows) else rows
    cols = cols[:1] if not varies(cols) else cols
    return Block(block.value, rows, cols)


def _scale_outside(found: Term) -> Term:
    """``(Q * 0.125) @ K`` as ``Q @ K / sqrt(k)``: attention often scales before it multiplies, the result is the same."""
    factor, bare = 1.0, []
    for side in (found.left, found.right):
        step = side.chain[-1][0] if side.chain else None
        if step and step.name in ("mul", "div") and step.scalar:
            factor *= step.scalar[1] if step.name == "mul" else 1 / step.scalar[1]
            side = replace(side, chain=side.chain[:-1], top=_unscaled(side.top))
            side = side if side.chain or not side.leaf else Term(side.top, side.base)
        bare.append(side)
    inner = found.left.top.shape[1]
    if inner > 1 and bare != [found.left, found.right] and math.isclose(factor, inner ** -0.5, rel_tol=1e-5):
        return replace(found, left=bare[0], right=bare[1], chain=[(Step("div", SQRT_K), None)])
    return found


def _unscaled(top: Block) -> Block:
    """The block before the last scaling, through movements."""
    while top.value.made.kind in ("move", "cast"):
        top = top.pull(top.value.made) if top.value.made.kind == "move" else top.on(top.value.made.inputs[0])
    return top.on(top.value.made.inputs[0])


def with_sqrt_k(found: Term) -> Term:
    """The number in front of a softmax as ``/ sqrt(k)`` where it is that; the mask right inside the softmax."""
    chain, names = list(found.chain), [step.name for step, _ in found.chain]
    if not found.leaf and "softmax" in names and chain[0][0].name in ("mul", "div") and chain[0][0].scalar:
        step, inner = chain[0][0], found.left.top.shape[1]
        if step.scalar[0] == "num":
            factor = step.scalar[1] if step.name == "mul" else 1 / step.scalar[1]
            if inner > 1 and math.isclose(factor, inner ** -0.5, rel_tol=1e-5):
                chain[0] = (Step("div", SQRT_K), None)
    return replace(found, chain=chain)


def tail(result: Value, cuts: set[Value]) -> list[Value]:
    """The values from a matmul's result onwards for as long as each has one known use, which it is the main part of."""
    out, value = [result], result
    while value not in cuts:
        users = [(made, v) for made, v in value.users if not made.backward or value.made.backward]
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
