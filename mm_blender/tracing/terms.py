"""Terms: blocks of a run as the products that they came from, before they are written as text."""
from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from ..expression.epilogs import SQRT_K, Step
from .graph import Block, Operation, Value


@dataclass
class Other:
    """A matrix that an epilog adds or multiplies with, (h, w), a row (1, w) or a column (h, 1)."""

    block: Block
    array: np.ndarray | None = None  # where it is not the block's own values
    kind: str = ""                   # "mask", or nothing

    def values(self) -> np.ndarray | None:
        """Its elements, float32; None if nothing kept them."""
        return self.block.array() if self.array is None else self.array


@dataclass
class Term:
    """``top`` is what it holds in the end, chain included; ``base`` what a leaf is cut out of, at its far end."""

    top: Block
    base: Block
    left: Term | None = None
    right: Term | None = None
    made: Operation | None = None                   # the matmul
    mixed: bool = False                        # whether a leaf is ``base`` reshaped, rows and columns mixed
    crossed: bool = False                      # whether the product is the run's transposed
    chain: list[tuple[Step, Other | None]] = field(default_factory=list)
    name: str = ""
    held: Block | None = None                  # where a leaf's data are taken, before its chain

    def __post_init__(self) -> None:
        self.held = self.held or self.top

    @property
    def leaf(self) -> bool:
        """Whether it is no product."""
        return self.left is None

    @property
    def operands(self) -> tuple[Term, Term]:
        """Of a product, its left and its right one."""
        assert self.left is not None and self.right is not None
        return self.left, self.right

    @property
    def matmul(self) -> Operation:
        """``made``, of a product."""
        assert self.made is not None
        return self.made

    @property
    def source(self) -> Block:
        """``held``, which every term has once it is made."""
        assert self.held is not None
        return self.held

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


def scale_outside(found: Term) -> Term:
    """``(Q * 0.125) @ K`` as ``Q @ K / sqrt(k)``: what attention scales beforehand comes to the same behind."""
    factor, bare = 1.0, []
    for side in found.operands:
        step = side.chain[-1][0] if side.chain else None
        if step and step.name in ("mul", "div") and step.scalar:
            factor *= step.scalar[1] if step.name == "mul" else 1 / step.scalar[1]
            side = replace(side, chain=side.chain[:-1], top=_unscaled(side.top))
            side = side if side.chain or not side.leaf else Term(side.source, side.base)
        bare.append(side)
    inner = found.operands[0].top.shape[1]
    if inner > 1 and bare != [found.left, found.right] and math.isclose(factor, inner ** -0.5, rel_tol=1e-5):
        return replace(found, left=bare[0], right=bare[1], chain=[(Step("div", SQRT_K), None)])
    return found


def _unscaled(top: Block) -> Block:
    """The block before the last scaling, through movements."""
    while (made := top.value.maker).kind in ("move", "cast"):
        before = top.pull(made) if made.kind == "move" else top.on(made.inputs[0])
        assert before is not None  # the scaling was found through it
        top = before
    return top.on(made.inputs[0])


def with_sqrt_k(found: Term) -> Term:
    """The number in front of a softmax as ``/ sqrt(k)`` where it is that; the mask right inside the softmax."""
    chain, names = list(found.chain), [step.name for step, _ in found.chain]
    if not found.leaf and "softmax" in names and chain[0][0].name in ("mul", "div") and chain[0][0].scalar:
        step, inner = chain[0][0], found.operands[0].top.shape[1]
        if step.scalar and step.scalar[0] == "num":
            factor = step.scalar[1] if step.name == "mul" else 1 / step.scalar[1]
            if inner > 1 and math.isclose(factor, inner ** -0.5, rel_tol=1e-5):
                chain[0] = (Step("div", SQRT_K), None)
    return replace(found, chain=chain)
