"""A term as an expression's text, with the data of its leaves."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..expression import epilogs
from . import names
from .cutting import base_of
from .terms import Term


def write(term: Term):
    """The expression's text, its data by name, and by path the products; ``(None, None, term)`` of the term whose data
    were not kept."""
    writer = _Writer(term)
    try:
        return writer.product(term, "root"), writer.data, writer.placed
    except LookupError as error:
        return None, None, error.args[0]


class _Writer:
    """An expression while it is written: its data by name, and its products with their paths."""

    def __init__(self, term: Term):
        self.data: dict[str, np.ndarray] = {}
        self.placed: list[tuple[str, Term]] = []
        self._namer, self._roles = names.Namer(), names.roles(term)
        term.name = self._namer.fresh(self._roles.get(id(term)) or root_name(term))
        for part in term.terms():  # the products' names first: they are what a leaf must not be called
            if not part.leaf and part is not term:
                part.name = self._namer.fresh(self._roles[id(part)]) if id(part) in self._roles else ""

    def product(self, part: Term, path: str) -> str:
        """The text of a part with all below it. Raises LookupError with the part whose data were not kept."""
        if part.leaf:
            text = self._leaf(part)
        else:
            self.placed.append((path, part))
            one, two = part.operands
            left, right = self.product(one, f"{path}.left"), self.product(two, f"{path}.right")
            if one.name or _loose(one):
                left = f"({left})"
            if _loose(two) or (not two.leaf and (two.name or not two.chain)):
                right = f"({right})"
            text = f"{left} @ {right}"
        text = epilogs.chain_text(tuple(self._steps(part)), text, quoted=False)
        return f"{part.name} = {text}" if part.name else text

    def _leaf(self, part: Term) -> str:
        block, crossed = part.source, names.turned(part.base)
        array = block.array() if block.known() else None
        if array is None:
            raise LookupError(part)
        natural = part.base.turned if crossed else part.base
        array = array.T if crossed else array
        value = part.base.value
        role = self._roles.get(id(part)) or names.of_value(value) + "_reshaped" * part.mixed
        name = self._keep((*natural.key, array.shape, "", block.value.dtype), array, role, names.longer(value))
        return f"{name}.T" if crossed else name

    def _steps(self, part: Term) -> Iterator[epilogs.Step]:
        """The steps behind a part, with the names of what they add or multiply with."""
        for step, other in part.chain:
            if other is not None:
                array = other.values()
                if array is None:
                    raise LookupError(part)
                base, dtype = base_of(other.block), other.block.value.dtype
                value = base.value
                role = self._roles.get(id(other)) or other.kind or names.of_value(value)
                # k is the inner dimension where a name follows *
                name = self._keep((*base.key, array.shape, other.kind, dtype), array, "k_" if role == "k" else role,
                                  names.longer(value))
                step = replace(step, matrix=name)
            yield step

    def _keep(self, key: tuple, array: np.ndarray, *preferred: str) -> str:
        """The name of an array, the first of those preferred that is free; ``key``: equal for equal arrays."""
        name = self._namer.block(key, *preferred)
        self.data.setdefault(name, array)
        return name


def _loose(part: Term) -> bool:
    """Whether a part's text needs parentheses as an operand: its outermost step is no function."""
    return bool(part.chain) and part.chain[-1][0].name in ("mul", "div", "add", "square")


def root_name(term: Term) -> str:
    """What the result of an expression is called where nothing gives it a name."""
    value = term.top.value
    if not value.maker.backward:
        if value.label:
            return value.label
        if len(term.matmul.info["out"].shape) > 2 and any(step.name == "softmax" for step, _ in term.operands[0].chain):
            return "head"
        if any(step.name == "softmax" for step, _ in term.chain):
            return "attn"
    name = names.of_value(value)
    return "h" if name == "heads" else name
