"""Products and sums that are written as calls: ``torch.matmul(Q, K.mT)``, ``F.linear(x, W, b)``, ``np.add(x, b)``."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lark import Token

from . import epilogs, library_calls
from .epilogs import Step
from .syntax import Argument, Keyword, Node, Operand, Product
from .syntax_builder import SyntaxBuilder


class ProductBuilder(SyntaxBuilder):
    """Calls of functions of several matrices, as what they mean with ``@``, ``+`` and ``*``."""

    def product(self, function: str, arguments: Sequence[Argument], token: Token) -> Node:
        """``matmul(A, B)``, ``A.dot(B)``; ``linear(x, W, b)`` is ``x @ W.T + b``, ``addmm(b, x, W)`` ``x @ W + b``."""
        if function == "tensordot":
            arguments = self._without_axes(arguments, token)
        operands, turned = self._operands(function, arguments, token)
        added = operands.pop(0) if function in ("addmm", "baddbmm") else operands.pop() if len(operands) > 2 else None
        left, right = operands
        assert left is not None and right is not None  # those that may be left out are not operands
        if function in ("dot", "inner", "tensordot") and any(isinstance(each, Operand) and each.number is not None
                                                             for each in (left, right)):
            self.fail(f"{function} is of two matrices; a number is multiplied with *", token.column)
        if function == "linear" and (not isinstance(right, Operand) or right.chain):
            self.fail("the weights of linear(x, W) go by a name", right.column)
        left = self._turned(left) if turned[0] else left
        right = self._turned(right) if turned[1] != (function in ("linear", "inner")) else right
        node = self.matmul([left, right])
        return node if added is None else self.add([node, Token("PLUS", "+", column=token.column), added])

    def _operands(self, function: str, arguments: Sequence[Argument],
                  token: Token) -> tuple[list[Node | None], list[bool]]:
        """What a product is of, in its order, None where it is left out; and which of the two are transposed."""
        names = library_calls.OPERANDS[function]
        found: list[Node | None] = [None] * len(names)
        turned, count = [False, False], 0
        for each in arguments:
            name = each.name if isinstance(each, (Keyword, Product)) else None
            at = next((at for at, own in enumerate(names) if name in own and found[at] is None), None)
            if isinstance(each, Keyword):
                if each.name in library_calls.TURNS and isinstance(each.value, bool):
                    turned[library_calls.TURNS[each.name]] = each.value
                elif at is not None and isinstance(each.value, Operand):
                    found[at] = each.value
                elif at is None or each.value is not None or function not in library_calls.OPTIONAL:
                    self.fail(f"{function} with {each.written} is not read: write the product as A @ B", each.column)
            elif isinstance(each, Product) and at is not None:
                found[at] = replace(each, name=None)
            else:
                if count < len(found):
                    found[count] = None if isinstance(each, Operand) and each.name == "None" else each
                count += 1
        if count > len(found) or None in found[:len(found) - (function in library_calls.OPTIONAL)]:
            self.fail(f"{function} is of {'three' if function.endswith('addmm') else 'two'} matrices: write the "
                      "product as A @ B", token.column)
        return found, turned

    def _turned(self, node: Node) -> Operand:
        if not isinstance(node, Operand) or node.chain:
            self.fail("a transpose belongs to a name; for a product write (B.T @ A.T) in place of (A @ B).T",
                      node.column)
        return replace(node, transpose=not node.transpose)

    def _without_axes(self, arguments: Sequence[Argument], token: Token) -> list[Argument]:
        """The two matrices of a ``tensordot`` along one axis, which is a product."""
        found = [each for each in arguments if not (
            isinstance(each, Keyword) and each.name in ("axes", "dims") and each.value == 1
            or isinstance(each, Operand) and each.number == 1)]
        if len(found) != 2 or len(arguments) != 3:
            self.fail("tensordot is read with axes=1, which is the product A @ B", token.column)
        return found

    def attention(self, arguments: Sequence[Argument], token: Token) -> Node:
        """``scaled_dot_product_attention(Q, K, V)``: ``softmax(Q @ K.T / sqrt(k)) @ V``."""
        given: dict[str, Any] = {}
        for at, each in enumerate(arguments):
            name = each.name if isinstance(each, (Keyword, Product)) else None
            if name not in library_calls.ATTENTION:
                name = library_calls.ATTENTION[at] if at < len(library_calls.ATTENTION) else None
                if name is None or isinstance(each, Keyword):
                    given_as = each.written if isinstance(each, Keyword) else each.label
                    self.fail(f"attention with {given_as} is not read: write softmax(Q @ K.T / sqrt(k)) @ V",
                              each.column)
            given[name] = each.value if isinstance(each, Keyword) else self._keyword_value(each) \
                if at > 2 and isinstance(each, Operand) else each
        query, key, value = (given.get(name) for name in library_calls.ATTENTION[:3])
        if not isinstance(key, (Operand, Product)) or any(
                not isinstance(each, (Operand, Product)) for each in (query, value)):
            self.fail("attention is of queries, keys and values, as in scaled_dot_product_attention(Q, K, V)",
                      token.column)
        causal, scale = given.get("is_causal", False), given.get("scale")
        if given.get("attn_mask") is not None:
            self.fail("a mask of attention is written as what is added: softmax(Q @ K.T / sqrt(k) + mask) @ V",
                      token.column)
        if given.get("dropout_p") not in (None, 0.0) or not isinstance(causal, bool):
            self.fail("attention is read without dropout, and is_causal is True or False", token.column)
        node: Node = self.matmul([query, self._turned(key)])
        if scale is None:
            node = self._append(node, Step("div", epilogs.SQRT_K))
        elif isinstance(scale, float):
            node = self._append(node, Step("mul", ("num", self._finite(scale, f"{scale:g}", token.column))))
        else:
            self.fail("the scale of attention is a number", token.column)
        node = self._append(node, Step("tril")) if causal else node
        return self.matmul([self._append(node, Step("softmax")), value])

    def elementwise(self, function: str, arguments: Sequence[Argument], token: Token) -> Node:
        """``add(x, b)`` and ``multiply(x, g)`` of a matrix by its name, or of a number; ``div(x, 8)``."""
        sign = library_calls.ELEMENTWISE[function]
        if len(arguments) != 2 or any(isinstance(each, Keyword) for each in arguments):
            self.fail(f"{function} is of two, and is written with a {sign}", token.column)
        node, other = (each for each in arguments if not isinstance(each, Keyword))
        if sign == "+":
            return self.add([node, Token("PLUS", "+", column=token.column), other])
        if sign == "*" and (isinstance(other, Product) or other.chain or
                            isinstance(node, Operand) and node.number is not None):
            node, other = other, node
        if not isinstance(other, Operand) or other.chain or sign == "/" and other.number is None:
            self.fail(f"{function} is written with a {sign}, behind which " + (
                "a number, k or sqrt(...) stands" if sign == "/" else "the name of a matrix or a number stands"),
                token.column)
        if other.number is None:
            return self._append(node, Step("mul", matrix=other.label))
        scalar = ("num", self._finite(other.number, other.name, other.column))
        if sign == "/":
            self._divisor(token, scalar)
        return self._append(node, Step("mul" if sign == "*" else "div", scalar))

    def at_least(self, function: str, arguments: Sequence[Argument], token: Token) -> Node:
        """``maximum(x, 0)`` and its like, which is relu."""
        zeros = [each for each in arguments if isinstance(each, Operand) and each.number == 0 and not each.chain
                 or isinstance(each, Keyword) and each.name == "min" and each.value == 0]
        others = [each for each in arguments if each not in zeros]
        if function == "max" and "." in token:
            self.fail("max of an axis is not part of an expression; relu(x) is max(0, x)", token.column)
        if len(zeros) != 1 or len(others) != 1 or isinstance(others[0], Keyword):
            self.fail(f"{function} is read of a matrix and 0, which is relu(x)", token.column)
        return self._append(others[0], Step("relu"))
