"""The syntax tree of an expression, built from the parse tree of its text."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NoReturn

from lark import Token

from ..limits import limits
from ..plain import said
from . import epilogs, notation
from .epilog_functions import FUNCTIONS
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
        return items

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
            if node.number is not None and not node.chain:
                return Keyword(name, node.number, token.column)  # which only a function takes
            self.fail(f"{name} = {node.label} names no result: a name belongs to a matmul", token.column)
        if isinstance(node, Keyword):
            self._refuse(node)
        if node.name:
            self.fail(f"this result has two names, {name} and {node.name}; keep one", token.column)
        return replace(node, name=name)

    def _refuse(self, keyword: Keyword) -> NoReturn:
        value = f"{keyword.value:g}"
        self.fail(f"{keyword.name} = {value} names no result: a name belongs to a matmul", keyword.column)

    def called(self, items: list[Any]) -> Node:
        """A function of numpy's, PyTorch's or ours, or a method of a matrix: ``Q.t()``."""
        token, *arguments = items
        prefix, _, function = str(token).rpartition(".")
        nodes = [each for each in arguments if not isinstance(each, Keyword)]
        is_function = not prefix or prefix in notation.MODULES and nodes and (
            isinstance(nodes[0], Product) or nodes[0].number is None)
        if not is_function:
            if f".{function}" in notation.TRANSPOSES:
                self.fail(f"{token} is no function: a transpose is written {prefix}.T, and an operator such as @ "
                          "stands before a '('", token.column)
            name, transpose = self._name(prefix, token.column)
            arguments = [Operand(name, transpose, column=token.column), *arguments]
        return self._apply(function, arguments, token)

    def turned(self, items: list[Any]) -> Operand:
        node, token = items
        return self._transposed("t", [node], token)

    def times_called(self, items: list[Any]) -> Node:
        """A product with what a transpose's method gives: ``* S.t()``."""
        node, factor = items
        if not isinstance(factor, Operand) or factor.chain or factor.number is not None:
            self.fail("'*' takes a number, k or sqrt(...), or the name of a matrix for an elementwise product, and "
                      "what stands here is none of them; matrices are multiplied with @", factor.column)
        return self._append(node, Step("mul", matrix=factor.label))

    def method(self, items: list[Any]) -> Node:
        node, token, *arguments = items
        return self._apply(str(token).lstrip(". "), [node, *arguments], token)

    def _apply(self, function: str, arguments: list[Any], token: Token) -> Node:
        """``function`` of its first argument, with the others."""
        if function in notation.PRODUCTS:
            return self._product(function, arguments, token)
        if function in notation.TRANSPOSING:
            return self._transposed(function, arguments, token)
        if function not in FUNCTIONS:
            self.fail(notation.no_function(function, "." in token), token.column)
        if not arguments or isinstance(arguments[0], Keyword):
            self.fail(f"{function} is of a matrix, and none stands here", token.column)
        node, *rest = arguments
        self._matrices([node])
        numbers = self._numbers(function, rest)
        problem = epilogs.numbers_fault(function, numbers)
        if problem:
            self.fail(problem, token.column)
        return self._append(node, Step(function, numbers=numbers))

    def _numbers(self, function: str, arguments: Sequence[Argument]) -> tuple[float, ...]:
        """What follows the matrix that a function is of, in the order of its numbers."""
        names = epilogs.NUMBERS.get(function, ())
        values: dict[str, float] = {}
        positions = names or tuple(notation.IMPLIED.get(function, {}))
        count = 0
        for each in arguments:
            if isinstance(each, Keyword):
                name, value = each.name, each.value
            elif isinstance(each, Operand) and each.number is not None and not each.chain:
                name, value = positions[count] if count < len(positions) else "", each.number
                count += 1
            else:
                self.fail("a comma stands before the numbers of a function only, as in rope(x, 10000)", each.column)
            implied = notation.IMPLIED.get(function, {})
            if name in implied:
                if value not in implied[name][0]:
                    self.fail(f"{function} is {implied[name][1]} here: {name} cannot be {value:g}", each.column)
            elif name in names and name not in values:
                values[name] = self._finite(value, f"{value:g}", each.column)
            elif isinstance(each, Keyword):
                takes = ", ".join((*names, *implied))
                self.fail(f"{function} takes no {name!r}" + (f", but {takes}" if takes else ""), each.column)
            else:
                most, given = len(names), sum(not isinstance(other, Keyword) for other in arguments)
                takes = f"takes at most {most} number{'s' * (most > 1)} after a comma" if most else "takes no numbers"
                self.fail(f"{function} {takes}, and {given} stand here", arguments[0].column)
        if not values:
            return ()
        last = max(names.index(name) for name in values)
        if missing := [name for name in names[:last] if name not in values and name not in epilogs.USUAL]:
            self.fail(f"{function} with a number for {names[last]} needs one for {missing[0]}, too",
                      arguments[0].column)
        return tuple(values[name] if name in values else epilogs.USUAL[name] for name in names[:last + 1])

    def _product(self, function: str, arguments: list[Any], token: Token) -> Node:
        """``matmul(A, B)``, ``A.dot(B)``; ``linear(x, W, b)`` is ``x @ W.T + b``."""
        most = 3 if function == "linear" else 2
        if not 2 <= len(arguments) <= most or any(isinstance(each, Keyword) for each in arguments):
            self.fail(f"{function} is of two matrices: write the product as A @ B", token.column)
        left, right, *more = arguments
        if function == "linear":
            if not isinstance(right, Operand) or right.chain:
                self.fail("the weights of linear(x, W) go by a name", right.column)
            right = replace(right, transpose=not right.transpose)
        if function in ("dot", "inner") and any(isinstance(each, Operand) and each.number is not None
                                                for each in (left, right)):
            self.fail(f"{function} is of two matrices; a number is multiplied with *", token.column)
        node = self.matmul([left, right])
        return self.add([node, Token("PLUS", "+", column=token.column), more[0]]) if more else node

    def _transposed(self, function: str, arguments: list[Any], token: Token) -> Operand:
        node, *axes = arguments or [None]
        if not isinstance(node, Operand) or node.chain:
            self.fail(notation.OF_A_PRODUCT, token.column)
        numbers = tuple(each.value if isinstance(each, Keyword) else getattr(each, "number", None) for each in axes)
        swaps = notation.swaps(function, numbers)
        if swaps is None:
            self.fail(f"{function} of these axes is not understood: a matrix has the axes 0 and 1; write {node.name}.T",
                      token.column)
        return replace(node, transpose=node.transpose != swaps)

    def add(self, items: list[Any]) -> Node:
        """A named matrix or a number added to what stands on the other side of the plus."""
        left, plus, right = self.check_nodes(items)
        plain = [isinstance(side, Operand) and not side.chain for side in (left, right)]
        if not any(plain):
            self.fail("one side of a + is the name of a matrix or a number; two results are not added", plus.column)
        node, added = (left, right) if plain[1] else (right, left)
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
