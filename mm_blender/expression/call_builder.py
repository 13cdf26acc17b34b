"""Calls in an expression: functions of ours, numpy's and PyTorch's, and methods of a matrix."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lark import Token

from . import epilogs, library_calls, notation
from .epilog_functions import FUNCTIONS
from .epilogs import Step
from .product_builder import ProductBuilder
from .syntax import Argument, Keyword, Node, Operand, Product


class CallBuilder(ProductBuilder):
    """Lark's parse tree of a whole expression to ours; every problem carries its column."""

    def called(self, items: list[Any]) -> Node:
        """A function of numpy's, PyTorch's or ours, or a method of a matrix: ``Q.t()``."""
        token, *arguments = items
        prefix, _, function = str(token).rpartition(".")
        nodes = [each for each in arguments if not isinstance(each, Keyword)]
        is_function = not prefix or prefix in notation.MODULES and (
            any(isinstance(each, Product) or each.number is None for each in nodes)
            or any(isinstance(each, Keyword) and isinstance(each.value, Operand) for each in arguments))
        if not is_function:
            if f".{function}" in notation.TRANSPOSES:
                self.fail(f"{token} is no function: a transpose is written {prefix}.T, and an operator such as @ "
                          "stands before a '('", token.column)
            name, transpose = self._name(prefix, token.column)
            arguments = [Operand(name, transpose, column=token.column), *arguments]
        return self._apply(function, arguments, token, prefix if is_function else "")

    def turned(self, items: list[Any]) -> Operand:
        """A transpose behind parentheses: ``(K).T``."""
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
        """A method of what stands in parentheses: ``(Q @ K.T).softmax(-1)``."""
        node, token, *arguments = items
        return self._apply(str(token).lstrip(". "), [node, *arguments], token)

    def _apply(self, function: str, arguments: list[Any], token: Token, module: str = "") -> Node:
        """``function`` of ``module`` (ours if it is "") of its first argument, with the others."""
        arguments = [each for each in arguments if not library_calls.is_harmless(each)]
        if function in notation.PRODUCTS:
            return self.product(function, arguments, token)
        if function == "scaled_dot_product_attention":
            return self.attention(arguments, token)
        if function in library_calls.ELEMENTWISE:
            return self.elementwise(function, arguments, token)
        if function in library_calls.AT_LEAST:
            return self.at_least(function, arguments, token)
        if function in notation.TRANSPOSING:
            return self._transposed(function, arguments, token)
        if function not in FUNCTIONS:
            self.fail(notation.no_function(function, "." in token), token.column)
        if arguments and isinstance(arguments[0], Keyword) and arguments[0].name in library_calls.FIRST and isinstance(
                arguments[0].value, Operand):
            arguments[0] = arguments[0].value
        if not arguments or isinstance(arguments[0], Keyword):
            self.fail(f"{function} is of a matrix, and none stands here", token.column)
        node, *rest = arguments
        self._matrices([node])
        if function == "gelu":
            function, rest = self._gelu(rest, module, token.column)
        if function == "softmax" and module in library_calls.OF_ALL and not rest:
            self.fail(f"{module}.softmax is of all elements unless it has an axis: write axis=-1 for that of rows",
                      token.column)
        numbers = self._numbers(function, rest)
        problem = epilogs.numbers_fault(function, numbers)
        if problem:
            self.fail(problem, token.column)
        return self._append(node, Step(function, numbers=numbers))

    def _gelu(self, arguments: list[Argument], module: str, column: int | None) -> tuple[str, list[Argument]]:
        """Which gelu it is, and what else it was given."""
        kind: Any = None if module == library_calls.MAYBE_TANH_GELU else module in library_calls.TANH_GELU
        rest: list[Argument] = []
        for each in arguments:
            if isinstance(each, Keyword) and each.name == "approximate":
                kind = each.value
            elif isinstance(each, Operand) and each.name in ("True", "False") and not rest:
                kind = each.name == "True"
            else:
                rest.append(each)
                continue
            if kind not in ("tanh", "none") and not isinstance(kind, bool):
                self.fail("gelu's approximate is 'tanh' (which is gelu_tanh) or 'none'", each.column)
        if kind is None:
            self.fail(f"{module}.gelu is by tanh in Flax and exact in MLX: say which by approximate='tanh' or 'none'",
                      column)
        return "gelu_tanh" if kind in ("tanh", True) else "gelu", rest

    def _numbers(self, function: str, arguments: Sequence[Argument]) -> tuple[float, ...]:
        """What follows the matrix that a function is of, in the order of its numbers."""
        names = epilogs.NUMBERS.get(function, ())
        values: dict[str, float] = {}
        value: Any
        positions = names or tuple(notation.IMPLIED.get(function, {}))
        count = 0
        for each in arguments:
            if isinstance(each, Keyword):
                name, value = each.name, each.value
            elif isinstance(each, Operand) and each.number is not None and not each.chain:
                name, value = positions[count] if count < len(positions) else "", each.number
                count += 1
            elif isinstance(each, Operand) and each.name in ("True", "False", "None"):
                self.fail(f"{function} takes no {each.name}", each.column)
            else:
                self.fail("a comma stands before the numbers of a function only, as in rope(x, 10000)", each.column)
            implied = notation.IMPLIED.get(function, {})
            is_number = isinstance(value, float) and not isinstance(value, bool)
            if name in implied:
                if not is_number or value not in implied[name][0]:
                    written = Keyword(name, value, 1).written.partition("=")[2]
                    self.fail(f"{function} is {implied[name][1]} here: {name} cannot be {written}", each.column)
            elif name in names and name not in values:
                if not is_number:
                    self.fail(f"{function} takes a number for {name}", each.column)
                values[name] = self._finite(value, f"{value:g}", each.column)
            elif name in values:
                self.fail(f"{function} has two numbers for {name}; keep one", each.column)
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

