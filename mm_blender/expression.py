"""The expression language: text to a syntax tree.

    out = softmax(tril((Q = input @ wQ) @ K.T / sqrt(k))) @ V

``@`` is left associative; an assignment (in parentheses inside an expression) names a result; functions (some with
numbers behind a comma, ``rope(x, 10000)``), scalar factors (``* 2``, ``/ sqrt(k)``, ``0.5 *``), ``** 2``, and sums and
elementwise products with a matrix by its name (``x @ W + b``, ``(x @ W) * g``) are epilogs of the matmul or the matrix
they stand on; ``.T`` on a name is its transpose. ``k`` among scalars is the inner dimension of the matmul. A name
starts with a letter, digit or underscore and may go on with ``. - ! # $ % ^ & / [ ]``, as in the reference (a ``/``
before a number, ``sqrt(`` or ``k`` divides).
"""
from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Union

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedEOF, UnexpectedToken
from lark.exceptions import VisitError

from . import epilogs
from .epilogs import Chain, Step
from .errors import ExpressionError

MAX_DEPTH = 200
MAX_TEXT = 100_000

_INNER = r"[\w.\-!#$%^&\[\]]"
_GRAMMAR = rf"""
    ?start: NAME "=" sum -> assign
          | sum
    ?sum: product
        | sum PLUS product         -> add
    ?product: power
            | product "@" power   -> matmul
            | product "*" scalar  -> mul
            | product "*" NAME    -> times
            | product DIVIDE scalar -> div
    ?power: atom
          | atom "**" NUMBER      -> power
          | scalar_first "*" power -> premul
    ?scalar_first: FACTOR -> number
                 | sqrt
    ?atom: NAME                   -> leaf
         | NUMBER                 -> leaf
         | FUNCTION "(" start ("," NUMBER)* ")" -> call
         | "(" start ")"
    ?scalar: number | sqrt | k
           | "(" scalars ")"
    ?scalars: scalar
            | scalars "*" scalar  -> smul
            | scalars DIVIDE scalar -> sdiv
    number: NUMBER
    k: K
    sqrt: SQRT "(" scalars ")"
    DIVIDE: "/"
    PLUS: "+"
    SQRT.4: /sqrt(?=\s*\()/
    K.3: /k(?!{_INNER})/
    FUNCTION.2: /[^\W\d]\w*(?=\s*\()/
    FACTOR.5: /-?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?(?=\s*\*(?!\*))/
    NUMBER.2: /-?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?(?!{_INNER})/
    NAME: /\w(?:{_INNER}|\/(?!\s|-?\d+(\.\d*)?([eE][+-]?\d+)?(?![\w\/\-!#$%^&\[\]])|sqrt\(|k(?!{_INNER})|\())*/
    %ignore /\s+/
"""


@dataclass(frozen=True)
class Operand:
    """A matrix by name: ``name`` without its ``.T``, ``chain`` what is applied to it."""

    name: str
    transpose: bool = False
    chain: Chain = ()
    column: int = 1
    number: float | None = field(default=None, compare=False)  # what it stands for beside a plus

    @property
    def label(self) -> str:
        return f"{self.name}.T" if self.transpose else self.name


@dataclass(frozen=True)
class Product:
    """A matmul. ``name`` is None unless the text assigns one."""

    left: "Node"
    right: "Node"
    name: str | None = None
    chain: Chain = ()
    column: int = 1

    @property
    def label(self) -> str:
        """The given name, or the reference's: the operands' names joined, the right one in parentheses if it needs."""
        right = self.right.label
        return self.name or f"{self.left.label} @ {f'({right})' if ' ' in right else right}"


Node = Union[Operand, Product]


def parse(text: str) -> Product:
    """The syntax tree of ``text``. Raises ExpressionError, with the column, for anything that is not an expression."""
    node = _read(text)
    if isinstance(node, Operand):
        raise ExpressionError("an expression needs a matmul: write two matrices with an @ between them, as in L @ R",
                              text, node.column)
    return node


def parse_epilog(text: str) -> Chain:
    """The chain that ``text`` (around ``x``, as ``epilogs.chain_text`` writes it, or a reference name) stands for."""
    if text in epilogs.REFERENCE_NAMES:
        return epilogs.reference_chain(text)
    node = _read(text, k_allowed=True)
    if not isinstance(node, Operand) or node.name != "x" or node.transpose:
        raise ExpressionError("an epilog is written around x, as in softmax(tril(x/sqrt(k)))", text, 1)
    return node.chain


def _read(text: str, k_allowed: bool = False) -> Node:
    text = re.sub(r"\s", " ", text)  # one line, so that a column says where
    if not text.strip():
        raise ExpressionError("the expression is empty; write something like L @ R")
    if len(text) > MAX_TEXT:
        raise ExpressionError(f"the expression is {len(text)} characters long; at most {MAX_TEXT} are read")
    depth = 0
    for at, ch in enumerate(text):
        depth += (ch == "(") - (ch == ")")
        if depth < 0:
            raise ExpressionError("a closing parenthesis without its opening one", text, at + 1)
        if depth > MAX_DEPTH or text.count("@") > 5 * MAX_DEPTH:
            raise ExpressionError(f"the expression is nested more than {MAX_DEPTH} deep", text, at + 1)
    try:
        return _Builder(text, k_allowed).transform(_parser().parse(text))
    except VisitError as error:
        raise error.orig_exc from None
    except UnexpectedEOF:
        raise ExpressionError(_unfinished(text), text, len(text) + 1) from None
    except UnexpectedToken as error:
        at_end = error.token.type == "$END"
        raise ExpressionError(_unfinished(text) if at_end else _unexpected(error.token, text), text,
                              len(text) + 1 if at_end else error.column) from None
    except UnexpectedCharacters as error:
        if text.startswith(".T", error.pos_in_stream):
            raise ExpressionError("'.T' belongs to a name; for a product write (B.T @ A.T) in place of (A @ B).T",
                                  text, error.column) from None
        raise ExpressionError(f"{text[error.pos_in_stream]!r} is not understood here", text, error.column) from None


def _unfinished(text: str) -> str:
    missing = text.count("(") - text.count(")")
    if missing > 0:
        return f"the expression ends too early: {missing} closing parenthes{'i' if missing == 1 else 'e'}s missing"
    return "the expression ends too early: a matrix is missing after the last operator"


def _unexpected(token: Token, text: str) -> str:
    before = text[:token.column - 1].rstrip()
    if before.endswith("sqrt("):
        return f"sqrt is of a number or k, and {str(token)!r} is neither"
    if token == "(" and (function := re.search(r"[*/]\s*(\w+)$", before)):
        before, token = before[:function.start() + 1], Token("FUNCTION", function[1])
    before = re.sub(r"(?<=[*/])[\s(]+$", "", before)
    if before.endswith(("*", "/")) and token.type in ("NAME", "FUNCTION", "LPAR"):
        named = ", or the name of a matrix for an elementwise product" if before[-1] == "*" else ""
        return (f"{before[-1]!r} takes a number, k or sqrt(...){named}, and {str(token)!r} is none of them; matrices "
                "are multiplied with @")
    if token == "=":
        return "a result is named once, in front of its expression, in parentheses inside another: (attn = Q @ K) @ V"
    if token.type in ("NAME", "NUMBER", "FUNCTION", "LPAR"):
        return f"an operator such as @ is missing before {str(token)!r}"
    if token == ",":
        return "a comma stands before the numbers of a function only, as in rope(x, 10000)"
    if token in ("@", "*", "/", "+", ")"):
        return f"a matrix is missing before {str(token)!r}"
    return f"{str(token)!r} is not expected here"


@lru_cache(1)
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", propagate_positions=True)


class _Builder(Transformer):
    """Lark's parse tree to ours; every problem carries its column."""

    def __init__(self, text: str, k_allowed: bool):
        super().__init__(visit_tokens=False)
        self.text, self.k_allowed = text, k_allowed

    def fail(self, message: str, column: int):
        raise ExpressionError(message, self.text, column)

    def leaf(self, items) -> Operand:
        token, = items
        name, transpose = str(token), False
        while name.endswith(".T"):
            name, transpose = name[:-2], not transpose
        number = float(token) if token.type == "NUMBER" else None
        return Operand(name, transpose, column=token.column, number=number)

    def matmul(self, items) -> Product:
        left, right = items
        depth = 1 + max(_depth(left), _depth(right))
        if depth > MAX_DEPTH:
            self.fail(f"the expression is nested more than {MAX_DEPTH} deep", left.column)
        return Product(left, right, column=left.column)

    def assign(self, items) -> Node:
        token, node = items
        if isinstance(node, Operand):
            self.fail(f"{token} = {node.label} names no result: a name belongs to a matmul", token.column)
        if node.name:
            self.fail(f"this result has two names, {token} and {node.name}; keep one", token.column)
        return replace(node, name=str(token))

    def call(self, items) -> Node:
        token, node, *numbers = items
        if token not in epilogs.FUNCTIONS:
            near = difflib.get_close_matches(token, epilogs.FUNCTIONS, 1)
            hint = f"did you mean {near[0]}? " if near else ""
            known = ", ".join(epilogs.FUNCTIONS)
            self.fail(f"there is no epilog {str(token)!r}; {hint}known are {known}", token.column)
        most = epilogs.NUMBERS.get(token, 0)
        if len(numbers) > most:
            takes = f"takes at most {most} number{'s' if most > 1 else ''} after a comma" if most else "takes no numbers"
            self.fail(f"{token} {takes}, and {len(numbers)} stand here", numbers[0].column)
        numbers = tuple(self.number([number])[1] for number in numbers)
        problem = epilogs.numbers_fault(str(token), numbers)
        if problem:
            self.fail(problem, token.column)
        return self._append(node, Step(str(token), numbers=numbers))

    def add(self, items) -> Node:
        """A named matrix or a number added to what stands on the other side of the plus."""
        left, plus, right = items
        plain = [isinstance(side, Operand) and not side.chain for side in (left, right)]
        if not any(plain):
            self.fail("one side of a + is the name of a matrix or a number; two results are not added", plus.column)
        node, added = (left, right) if plain[1] else (right, left)
        if added.number is not None:
            return self._append(node, Step("add", ("num", self._finite(added.number, added.name, added.column))))
        return self._append(node, Step("add", matrix=added.label))

    def times(self, items) -> Node:
        node, token = items
        return self._append(node, Step("mul", matrix=self.leaf([token]).label))

    def power(self, items) -> Node:
        node, token = items
        if float(token) != 2:
            self.fail(f"only ** 2 is an epilog, not ** {token}", token.column)
        return self._append(node, Step("square"))

    def mul(self, items) -> Node:
        return self._append(items[0], Step("mul", items[1]))

    def div(self, items) -> Node:
        node, slash, scalar = items
        self._divisor(slash, scalar)
        return self._append(node, Step("div", scalar))

    def premul(self, items) -> Node:
        return self._append(items[1], Step("mul", items[0]))

    def number(self, items):
        return ("num", self._finite(float(items[0]), items[0], items[0].column))

    def _finite(self, value: float, text: str, column: int) -> float:
        if value in (float("inf"), float("-inf")):
            self.fail(f"{text} is too large a number", column)
        return value

    def k(self, items):
        return ("k",)

    def sqrt(self, items):
        scalar = items[1]
        if epilogs.evaluate(scalar, 1) < 0:
            self.fail(f"the square root of {epilogs.scalar_text(scalar)} is not a number", items[0].column)
        return ("sqrt", scalar)

    def smul(self, items):
        return ("mul", *items)

    def sdiv(self, items):
        first, slash, second = items
        self._divisor(slash, second)
        return ("div", first, second)

    def _divisor(self, slash: Token, scalar: epilogs.Scalar) -> None:
        if epilogs.evaluate(scalar, 1) == 0:  # with any k, since k is positive
            self.fail("division by zero", slash.column)

    def _append(self, node: Node, step: Step) -> Node:
        if isinstance(node, Operand) and epilogs.uses_k(step.scalar) and not self.k_allowed:
            self.fail(f"k is the inner dimension of a matmul, and {node.label} is a matrix: put the matmul in "
                      "parentheses or a number in place of k", node.column)
        return replace(node, chain=node.chain + (step,))


def _depth(node: Node) -> int:
    """Depth of a tree of products; left spines are followed in a loop since chains are long there."""
    best = level = 0
    while isinstance(node, Product):
        level += 1
        best = max(best, level + _depth(node.right))
        node = node.left
    return max(best, level)
