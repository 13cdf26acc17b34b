"""The syntax tree of an expression, built from the parse tree of its text."""
from __future__ import annotations

from dataclasses import replace
from typing import Any, NoReturn

from ..limits import limits
from ..plain import said
from . import epilogs, notation
from .epilogs import Step
from .scalar_builder import ScalarBuilder
from .syntax import Argument, Keyword, Node, Operand, Product


class SyntaxBuilder(ScalarBuilder):
    """Lark's parse tree to ours, without recursion; every problem carries its column."""

    def leaf(self, items: list[Any]) -> Operand:
        token, = items
        if token.type == "QUOTED":
            name = token[1:-1]
            return Operand(name.removesuffix(".T"), name.endswith(".T"), column=token.column)
        number = float(token) if token.type == "NUMBER" and str(token) not in self.known else None
        name, transpose = (str(token), False) if token.type == "NUMBER" else self._name(str(token), token.column)
        return Operand(name, transpose, column=token.column, number=number)

    def _name(self, text: str, column: int | None) -> tuple[str, bool]:
        """A matrix' name without its ``.T``, and whether it is transposed."""
        name, transpose = text, False
        while ending := next((end for end in (notation.TRANSPOSES[:1] if self.written else notation.TRANSPOSES)
                              if name.endswith(end) and len(name) > len(end)), None):
            name, transpose = name[:-len(ending)], not transpose
        if name in self.names:
            return self.names[name], transpose
        if not self.written and (problem := notation.problem(name)):
            self.fail(problem, column)
        return name, transpose

    def _matrices(self, items: list[Any]) -> list[Any]:
        """``items``, none of which is a number."""
        for item in self.check_nodes(items):
            if isinstance(item, Operand) and item.number is not None:
                self.fail(f"{item.name} is a number, and no matrix: a factor stands behind what it multiplies, as in "
                          "A @ B / 8", item.column)
            if isinstance(item, Operand):
                self._no_constant(item)
        return items

    def _no_constant(self, node: Operand) -> None:
        """Raise ExpressionError where ``node`` is a number or a word of Python's rather than a matrix' name."""
        if node.name in notation.CONSTANTS and node.name not in self.known and not self.written:
            self.fail(notation.no_scalar(node.name, ""), node.column)

    def matmul(self, items: list[Any]) -> Product:
        left, right = self._matrices(items)
        depth = 1 + max(left.depth, right.depth)
        if depth > limits.expression_depth:
            self.fail(f"the expression is nested more than {limits.expression_depth} deep", left.column)
        return Product(left, right, column=left.column, depth=depth)

    def assign(self, items: list[Any]) -> Argument:
        token, node = items
        name = self.names.get(str(token), str(token))
        if isinstance(node, Operand):
            if not node.chain:
                return Keyword(name, self._keyword_value(node), token.column)  # which only a function takes
            self.fail(f"{name} = {node.label} names no result: a name belongs to a matmul", token.column)
        if isinstance(node, Keyword):
            self._refuse(node)
        if node.name:
            self.fail(f"this result has two names, {name} and {node.name}; keep one", token.column)
        return replace(node, name=name)

    def option(self, items: list[Any]) -> Keyword:
        """A text in quotes among what a function is given: ``approximate='tanh'``."""
        token, text = items
        return Keyword(str(token), str(text)[1:-1], token.column)

    def _keyword_value(self, node: Operand) -> float | bool | Operand | None:
        words = {"True": True, "False": False, "None": None}
        if node.number is not None:
            return node.number
        return words[node.name] if node.name in words and node.name not in self.known else node

    def _refuse(self, keyword: Keyword) -> NoReturn:
        name, _, value = keyword.written.partition("=")
        self.fail(f"{name} = {value} names no result: a name belongs to a matmul", keyword.column)

    def add(self, items: list[Any]) -> Node:
        """A named matrix or a number added to what stands on the other side of the plus."""
        left, plus, right = self.check_nodes(items)
        plain = [isinstance(side, Operand) and not side.chain for side in (left, right)]
        if not any(plain):
            self.fail("one side of a + is the name of a matrix or a number; two results are not added", plus.column)
        node, added = (left, right) if plain[1] else (right, left)
        self._no_constant(added)
        if added.number is not None:
            return self._append(node, Step("add", ("num", self._finite(added.number, added.name, added.column))))
        return self._append(node, Step("add", matrix=added.label))

    def check_nodes(self, items: list[Any]) -> list[Any]:
        """``items``, none of which is a keyword: these only functions take. Raises ExpressionError."""
        for item in items:
            if isinstance(item, Keyword):
                self._refuse(item)
        return items

    def times(self, items: list[Any]) -> Node:
        node, token, *exponent = items
        if isinstance(node, Operand) and not (self.written or node.chain or node.name in self.known):
            if fault := notation.no_factor(node.label):
                self.fail(fault, node.column)
        known = self.written or token.type == "QUOTED" or str(token) in self.names or str(token) in self.known
        if not known and (scalar := notation.scalar(str(token))):
            if scalar == notation.KEYS:
                return self._append(node, Step("mul", self.symbol(items[1:])), token.column)
            self.fail(scalar, token.column)
        if exponent:
            factor = self.names.get(token, token)
            self.fail(f"only ** 2 of what is shown is an epilog, not of {factor}, which is multiplied with",
                      token.column)
        return self._append(node, Step("mul", matrix=self.leaf([token]).label))

    def power(self, items: list[Any]) -> Node:
        node, token = items
        if float(token) != 2:
            self.fail(f"only ** 2 is an epilog, not ** {token}", token.column)
        return self._append(node, Step("square"))

    def mul(self, items: list[Any]) -> Node:
        return self._append(items[0], Step("mul", items[1]))

    def div(self, items: list[Any]) -> Node:
        node, slash, scalar = items
        self._divisor(slash, scalar)
        return self._append(node, Step("div", scalar))

    def premul(self, items: list[Any]) -> Node:
        return self._append(items[1], Step("mul", items[0]))

    def _append(self, node: Any, step: Step, column: int | None = None) -> Node:
        self._matrices([node])
        if isinstance(node, Operand) and epilogs.uses_k(step.scalar) and not self.k_allowed:
            self.fail("k is the inner dimension of a matmul (and d_k another name of it), and "
                      f"{node.label} is a matrix: put the matmul in parentheses or a number in place of k", node.column)
        if step.scalar is not None:
            step = replace(step, scalar=self._settled(step.scalar, node, column or node.column))
        if len(node.chain) >= limits.steps:
            raise limits.error("steps", f"the epilog of {said(node.label)} has more steps than that")
        return replace(node, chain=node.chain + (step,))
