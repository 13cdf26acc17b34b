"""The ``expr`` initialiser of a share link: a JavaScript expression over ``i, j, h, w``, evaluated with numpy.

The reference hands the text to JavaScript's ``eval``, element by element; a link could run anything there. Here the
arithmetic part of JavaScript is parsed and computed on whole arrays. What is not arithmetic is an ExpressionError.

Rules: ECMA-262 (operators, number conversion, Math); which names exist: bhosmer/mm, ``viz.js``.
"""
from __future__ import annotations

import difflib
import functools
import itertools
import re
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
from lark import Lark, Token, UnexpectedCharacters, UnexpectedToken

from ..errors import ExpressionError
from ..limits import limits
from .javascript_operations import as_number, as_truth, BINARY, FUNCTIONS, MATH_CONSTANTS, NAMES, UNARY, Value

MAX_LENGTH = 2000  # characters; share links hold a few dozen
MAX_DEPTH = 64  # operands that wait for a result at one time, each an array
CHUNK = 1 << 18  # elements computed at once, so that big matrices need no big intermediate arrays

GRAMMAR = r"""
start: choice
?choice: or | or "?" choice ":" choice -> choice
?or:     and   | or OR and -> binary
?and:    bitor | and AND bitor -> binary
?bitor:  xor   | bitor BITOR xor -> binary
?xor:    bitand | xor XOR bitand -> binary
?bitand: equal | bitand BITAND equal -> binary
?equal:  order | equal EQUAL order -> binary
?order:  shift | order ORDER shift -> binary
?shift:  sum   | shift SHIFT sum -> binary
?sum:    term  | sum SIGN term -> binary
?term:   power | term TERM power -> binary
?power:  unary | atom POWER power -> binary
?unary:  atom  | (SIGN | NOT) unary -> unary
?atom:   NUMBER | NAME | NAME "." NAME -> member | NAME "." NAME "(" [choice ("," choice)*] ")" -> call | "(" choice ")"

OR: "||"
AND: "&&"
BITOR: "|"
XOR: "^"
BITAND: "&"
EQUAL: /[=!]==?/
ORDER: /[<>]=?/
SHIFT: /<<|>>>?/
SIGN: /\+(?!\+)|-(?!-)/
TERM: /\*(?!\*)|[\/%]/
POWER: "**"
NOT: /[!~](?!=)/
NUMBER.2: /0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?/
NAME: /[A-Za-z_$][\w$]*/
%ignore /\s+/
"""

VARIABLES = ("i", "j", "h", "w")
ALLOWED = "names are i, j, h, w and Math.*, with numbers, arithmetic, comparisons, && || ! and ?:"

# what people write that is JavaScript but not arithmetic: (where reading stopped, what to say)
_FORBIDDEN = [
    (r"[\"'`]", "text in quotes is not allowed"),
    (r"=>|\{", "functions are not allowed, only one expression"),
    (r"=", "assignments are not allowed (to compare, write ==)"),
    (r"\+\+|--", "{0} is not allowed (write + 1 or - 1; between signs leave a space)"),
    (r"\[", "square brackets are not allowed"),
    (r";", "only one expression is allowed, without ';'"),
    (r"\d", "a number cannot start with 0 or have a second point"),
]

Step = tuple[Any, int]  # (constant or variable name, 0) to push, or (function, number of arguments) to apply


def evaluate(text: str, h: int, w: int, *, rng: np.random.Generator | None = None) -> np.ndarray:
    """The matrix whose element at row ``i``, column ``j`` is the JavaScript expression ``text``.

    ``rng`` gives ``Math.random()`` its numbers (default: a generator seeded with 0).
    Returns float32 of shape (h, w); true is 1, and NaN and infinities stay.
    Raises ExpressionError for text that is no arithmetic expression, or is too long or too deeply nested, SizeError
    for one that would take long for so many elements.
    """
    steps = compile_steps(text)
    limits.check("formula_work", len(steps) * h * w, f"the formula of {len(steps)} steps for {h} x {w} elements")
    rng = np.random.default_rng(0) if rng is None else rng
    out = np.empty((h, w), np.float32)
    rows = max(1, CHUNK // max(w, 1))
    with np.errstate(all="ignore"):  # JavaScript divides by zero and overflows silently
        for start, left in itertools.product(range(0, h, rows), range(0, w, CHUNK)):
            part = out[start:start + rows, left:left + CHUNK]
            scope = {"i": np.arange(start, start + part.shape[0], dtype=np.float64)[:, None],
                     "j": np.arange(left, left + part.shape[1], dtype=np.float64)[None, :],
                     "h": np.float64(h), "w": np.float64(w)}
            part[...] = as_number(_run(steps, scope, functools.partial(rng.random, part.shape)))
    return out


@functools.lru_cache(maxsize=256)
def compile_steps(text: str) -> tuple[Step, ...]:
    """The expression as steps of a stack machine, so that no depth of nesting can overflow Python's own stack."""
    text = re.sub(r"\s", " ", text)  # so that a column is a place in one line
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"the initialiser expression has {len(text)} characters; at most {MAX_LENGTH} are read")
    if not text.strip():
        raise ExpressionError(f"the initialiser expression is empty; {ALLOWED}")
    try:
        _check_names(text)
        tree = _parser().parse(text)
    except UnexpectedCharacters as error:
        _refuse_character(text, error.pos_in_stream or 0)
    except UnexpectedToken as error:
        _refuse_token(text, error.token)
    nodes, todo = [], [tree.children[0]]
    while todo:  # node, right, left; backwards that is left, right, node
        node = todo.pop()
        nodes.append(node)
        if not isinstance(node, Token):
            todo += [child for child in node.children if _is_operand(child)]
    steps = tuple(_step(text, node) for node in reversed(nodes))
    height = 0
    for _, taken in steps:
        height += 1 - taken
        if height > MAX_DEPTH:
            raise ExpressionError(f"the initialiser expression is nested too deeply: more than {MAX_DEPTH} operands "
                                  f"wait for a result at one time")
    return steps


def _run(steps: tuple[Step, ...], scope: dict[str, Value], random: Callable[[], Value]) -> Value:
    stack: list[Value] = []
    for what, taken in steps:
        if taken:
            args = stack[-taken:]
            del stack[-taken:]
            stack.append(np.asarray(what(*args)))
        else:
            stack.append(random() if what == "random" else scope[what] if isinstance(what, str) else what)
    return stack.pop()


@functools.lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", lexer="basic")


def _is_operand(child: Any) -> bool:
    return child is not None and (not isinstance(child, Token) or child.type == "NUMBER" or child in VARIABLES
                                  or child in NAMES)


def _literal(text: str) -> np.float64:
    if text[1:2] not in tuple("xXbBoO"):
        return np.float64(text)
    whole = int(text, 0)
    return np.float64(whole if whole.bit_length() <= 1023 else "inf")


def _step(text: str, node: Any) -> Step:
    if isinstance(node, Token):
        if node.type == "NUMBER":
            return _literal(node), 0
        return (str(node) if node in VARIABLES else NAMES[node]), 0
    if node.data == "choice":
        return (lambda test, yes, no: np.where(as_truth(test), yes, no)), 3
    if node.data == "binary":
        return BINARY[node.children[1]], 2
    if node.data == "unary":
        return UNARY[node.children[0]], 1
    name = node.children[1]
    if node.data == "member":
        if name in FUNCTIONS:
            _fail(text, name.start_pos, f"Math.{name} is a function: write its arguments in parentheses after it")
        return np.float64(MATH_CONSTANTS[name]), 0
    if name in MATH_CONSTANTS:
        _fail(text, name.start_pos, f"Math.{name} is a number, not a function")
    function, arity = FUNCTIONS[name]
    count = sum(map(_is_operand, node.children[2:]))
    if arity is not None and count != arity:
        _fail(text, name.start_pos, f"Math.{name} takes {arity} argument{'s' * (arity != 1)}, not {count}")
    if name == "random":
        return "random", 0
    assert function is not None  # as of all but random
    return (function, count) if count else (function(), 0)


def _check_names(text: str) -> None:
    """Refuse names that do not exist before the grammar is asked, so that the message speaks of the name."""
    before: list[Token] = []
    tokens = list(_parser().lex(text))
    for token, following in zip(tokens, [*tokens[1:], None]):
        if token.type == "NAME":
            if len(before) > 1 and before[-1] == ".":
                if before[-2] != "Math":
                    _fail(text, token.start_pos, f".{token} is not known here: only Math has members")
                if token not in FUNCTIONS and token not in MATH_CONSTANTS:
                    _fail(text, token.start_pos, f"there is no Math.{token}{_near(token, 'Math.')}; known are "
                          f"{', '.join(FUNCTIONS)}, {', '.join(MATH_CONSTANTS)}")
            elif token == "Math":
                if following != ".":
                    _fail(text, token.start_pos, "Math is not a value; write one of its functions, as in Math.abs(i)")
            elif token not in VARIABLES and token not in NAMES:
                _fail(text, token.start_pos, f"there is no {token!s} here{_near(token, '')}; {ALLOWED}")
        before.append(token)


def _near(name: str, prefix: str) -> str:
    known = [*FUNCTIONS, *MATH_CONSTANTS] + ([] if prefix else [*NAMES, "Math"])
    folded = {candidate.lower(): candidate for candidate in known}
    near = difflib.get_close_matches(name.lower(), folded, 1)
    if not near:
        return ""
    nearest = folded[near[0]]
    return f" (did you mean {'' if nearest in NAMES or nearest == 'Math' else 'Math.'}{nearest}?)"


def _refuse_character(text: str, at: int) -> NoReturn:
    for pattern, message in _FORBIDDEN:
        sign = re.match(pattern, text[at:])
        if sign:
            _fail(text, at, message.format(sign[0]) + f"; {ALLOWED}")
    _fail(text, at, f"{text[at]!r} is not understood here; {ALLOWED}")


def _refuse_token(text: str, token: Token) -> NoReturn:
    if token.type == "$END":
        missing = ": a ')' is missing" if text.count("(") > text.count(")") else ""
        _fail(text, len(text), f"the initialiser expression ends too early{missing}")
    if token.type == "POWER":
        _fail(text, token.start_pos, "JavaScript wants parentheses around a signed base of **, as in (-2) ** 2")
    _fail(text, token.start_pos, f"{token!s} does not fit here; {ALLOWED}")


def _fail(text: str, at: int | None, message: str) -> NoReturn:
    raise ExpressionError(message, text, (at or 0) + 1)
