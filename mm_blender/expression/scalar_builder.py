"""The numbers in an expression: factors and divisors made of numbers, k and square roots of both."""
from __future__ import annotations

from collections.abc import Collection
from typing import Any, NoReturn

from lark import Token
from lark.visitors import Transformer_NonRecursive

from ..errors import ExpressionError
from . import epilogs, notation
from .epilogs import Scalar
from .syntax import Node, Product

MAX_SCALAR = 100  # numbers in a factor, and powers of them counted out


class ScalarBuilder(Transformer_NonRecursive):
    """Lark's parse tree of a scalar to ours (``epilogs.Scalar``), without recursion; every problem carries its column.

    ``text``: what is read; ``k_allowed``: whether ``k`` may stand on a matrix, as it does in an epilog by itself;
    ``names``: what the stand-ins of names in ``text`` stand for; ``written``: by ``epilogs.chain_text``, not by a
    person; ``known``: names that are taken as they are.
    """

    def __init__(self, text: str, k_allowed: bool, names: dict[str, str], written: bool, known: Collection[str]):
        super().__init__(visit_tokens=False)
        self.text, self.k_allowed, self.names, self.written, self.known = text, k_allowed, names, written, known

    def fail(self, message: str, column: int | None) -> NoReturn:
        raise ExpressionError(message, self.text, column)

    def number(self, items: list[Any]) -> Scalar:
        return ("num", self._finite(float(items[0]), items[0], items[0].column))

    def _finite(self, value: float, text: str, column: int | None) -> float:
        if value in (float("inf"), float("-inf")):
            self.fail(f"{text} is too large a number", column)
        return value

    def k(self, items: list[Any]) -> Scalar:
        return ("k",)

    def symbol(self, items: list[Any]) -> Scalar:
        """A number by its name: that of the keys' width, or one that has no value."""
        token, *exponent = items
        name = self.names.get(str(token), str(token))
        if notation.scalar(name) != notation.KEYS:
            self.fail(notation.no_scalar(name, self.text[:token.column - 1]), token.column)
        scalar = ("k", name)
        return self.spower([scalar, *exponent]) if exponent else scalar

    def spower(self, items: list[Any]) -> Scalar:
        scalar, token = items
        power = float(token)
        if power not in (0.5, -0.5, 1, -1, 2):
            self.fail(f"a number to the power of {token} is not understood: 0.5, -0.5, -1 and 2 are", token.column)
        if power < 0 and epilogs.evaluate(scalar, 1) == 0:
            self.fail("division by zero", token.column)
        if abs(power) == 0.5:
            scalar = self.sqrt([token, scalar])
        elif power == 2:
            scalar = self._scalar(("mul", scalar, scalar), token)
        return ("div", ("num", 1.0), scalar) if power < 0 else scalar

    def sqrt(self, items: list[Any]) -> Scalar:
        scalar = items[1]
        if epilogs.evaluate(scalar, 1) < 0:
            self.fail(f"the square root of {epilogs.scalar_text(scalar)} is not a number", items[0].column)
        return ("sqrt", scalar)

    def smul(self, items: list[Any]) -> Scalar:
        return self._scalar(("mul", *items), None)

    def sdiv(self, items: list[Any]) -> Scalar:
        first, slash, second = items
        self._divisor(slash, second)
        return self._scalar(("div", first, second), slash)

    def _scalar(self, scalar: Scalar, token: Token | None) -> Scalar:
        """``scalar``, unless so many numbers are multiplied in it that writing it out would take long."""
        if _numbers_in(scalar) > MAX_SCALAR:
            self.fail(f"a factor is made of at most {MAX_SCALAR} numbers, powers counted out; work it out and write "
                      "one", token.column if token is not None else 1)
        return scalar

    def _divisor(self, slash: Token, scalar: Scalar) -> None:
        if epilogs.evaluate(scalar, 1) == 0:  # with any k, since k is positive
            self.fail("division by zero", slash.column)

    def _settled(self, scalar: Scalar, node: Node, column: int) -> Scalar:
        """``scalar`` with k in place of the keys' width, where that is what it is."""
        kind, *parts = scalar
        if kind == "k" and parts:
            if self.k_allowed:
                self.fail(f"{parts[0]!r} is not known in an epilog: k is the inner dimension of its matmul", column)
            if isinstance(node, Product) and not notation.is_keys(node.right):
                self.fail(f"{parts[0]!r} is the width of the keys in Q @ K.T, and {node.right.label} are none; k is "
                          "the inner dimension of any matmul", column)
            return ("k",)
        return (kind, *(self._settled(part, node, column) if isinstance(part, tuple) else part for part in parts))


def _numbers_in(scalar: Scalar) -> int:
    """How many numbers a scalar is made of, ``k`` counted, too."""
    kind, *parts = scalar
    return sum(map(_numbers_in, parts)) if kind in ("mul", "div", "sqrt") else 1
