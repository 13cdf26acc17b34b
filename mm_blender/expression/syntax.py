"""The syntax tree of an expression as it is written: products of operands, each with its epilog."""
from __future__ import annotations

from dataclasses import dataclass, field

from .epilogs import Chain


@dataclass(frozen=True)
class Operand:
    """A matrix by name: ``name`` without its ``.T``, ``chain`` what is applied to it."""

    name: str
    transpose: bool = False
    chain: Chain = ()
    column: int = 1
    number: float | None = field(default=None, compare=False)  # what it stands for beside a plus
    depth: int = field(default=0, compare=False)

    @property
    def label(self) -> str:
        """The name, and ``.T`` if it is transposed."""
        return f"{self.name}.T" if self.transpose else self.name


@dataclass(frozen=True)
class Product:
    """A matmul. ``name`` is None unless the text assigns one."""

    left: Node
    right: Node
    name: str | None = None
    chain: Chain = ()
    column: int = 1
    depth: int = field(default=1, compare=False)  # how many products lie within one another

    @property
    def label(self) -> str:
        """The given name, or the reference's: the operands' names joined, the right one in parentheses if it needs."""
        right = self.right.label
        return self.name or f"{self.left.label} @ {f'({right})' if ' ' in right else right}"


Node = Operand | Product


@dataclass(frozen=True)
class Keyword:
    """``dim=-1`` among what a function is given. ``value``: a number, a text in quotes, True, False, None, or a matrix
    by its name."""

    name: str
    value: float | str | bool | Operand | None
    column: int

    @property
    def written(self) -> str:
        """It, as it stands in the expression."""
        if isinstance(self.value, str):
            return f"{self.name}={self.value!r}"
        if isinstance(self.value, Operand):
            return f"{self.name}={self.value.label}"
        return f"{self.name}={self.value if isinstance(self.value, bool) or self.value is None else f'{self.value:g}'}"


Argument = Node | Keyword
