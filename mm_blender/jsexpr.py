"""The ``expr`` initialiser of a share link: a JavaScript expression over ``i, j, h, w``, evaluated with numpy.

The reference hands the text to JavaScript's ``eval``, element by element; a link could run anything there. Here the
arithmetic part of JavaScript is parsed and computed on whole arrays. What is not arithmetic is an ExpressionError.

Rules: ECMA-262 (operators, number conversion, Math); which names exist: bhosmer/mm, ``viz.js``.
"""
from __future__ import annotations

import difflib
import functools
import math
import re
from typing import Any, Callable, NoReturn

import numpy as np
from lark import Lark, Token, UnexpectedCharacters, UnexpectedToken

from .errors import ExpressionError

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

Value = Any  # a float64 or bool array that broadcasts to (rows, w), or a numpy scalar of these types


def _number(x: Value) -> Value:
    return x.astype(np.float64) if x.dtype == np.bool_ else x


def _truth(x: Value) -> Value:
    return x if x.dtype == np.bool_ else (x != 0) & ~np.isnan(x)


def _int32(x: Value) -> Value:
    """ToInt32: cut to a whole number, modulo 2**32; NaN and infinities are 0. As int64."""
    x = _number(x)
    return _wrap(np.fmod(np.where(np.isfinite(x), np.trunc(x), 0.0), 2.0**32).astype(np.int64))


def _wrap(x: Value) -> Value:
    return (x + 2**31) % 2**32 - 2**31


def _arithmetic(function: Callable) -> Callable:
    return lambda *args: function(*map(_number, args))


def _bitwise(function: Callable) -> Callable:
    """``function`` of int64 arrays that hold int32 values; its result is cut to int32 again."""
    return lambda *args: _wrap(function(*map(_int32, args))).astype(np.float64)


def _power(a: Value, b: Value) -> Value:
    # C says that 1 to any power is 1; ECMAScript has NaN for a NaN exponent and for a base of 1 or -1 with an infinite
    return np.where(np.isnan(b) | (np.isinf(b) & (np.abs(a) == 1)), np.nan, np.power(a, b))


def _same_type(a: Value, b: Value) -> bool:
    return (a.dtype == np.bool_) == (b.dtype == np.bool_)


BINARY: dict[str, Callable[[Value, Value], Value]] = {
    "||": lambda a, b: np.where(_truth(a), a, b),
    "&&": lambda a, b: np.where(_truth(a), b, a),
    "|": _bitwise(np.bitwise_or),
    "^": _bitwise(np.bitwise_xor),
    "&": _bitwise(np.bitwise_and),
    "==": _arithmetic(np.equal),
    "!=": _arithmetic(np.not_equal),
    # a choice between a truth value and a number counts as a number here, as numpy's arrays have one type
    "===": lambda a, b: (_number(a) == _number(b)) & _same_type(a, b),
    "!==": lambda a, b: (_number(a) != _number(b)) | (not _same_type(a, b)),
    "<": _arithmetic(np.less),
    "<=": _arithmetic(np.less_equal),
    ">": _arithmetic(np.greater),
    ">=": _arithmetic(np.greater_equal),
    "<<": _bitwise(lambda a, n: a << (n & 31)),
    ">>": _bitwise(lambda a, n: a >> (n & 31)),
    ">>>": lambda a, n: ((_int32(a) & 0xFFFFFFFF) >> (_int32(n) & 31)).astype(np.float64),
    "+": _arithmetic(np.add),
    "-": _arithmetic(np.subtract),
    "*": _arithmetic(np.multiply),
    "/": _arithmetic(np.divide),
    "%": _arithmetic(np.fmod),
    "**": _arithmetic(_power),
}
UNARY: dict[str, Callable[[Value], Value]] = {
    "+": _number, "-": _arithmetic(np.negative), "!": lambda x: ~_truth(x), "~": _bitwise(np.invert),
}


def _round(x: Value) -> Value:
    """Halves go up, also below zero."""
    low = np.floor(x)
    return low + (x - low >= 0.5)


def _fold(function: Callable, empty: float) -> Callable:
    return lambda *args: functools.reduce(function, map(_number, args), np.float64(empty))


_ONE_ARGUMENT = {
    "abs": np.abs, "sign": np.sign, "trunc": np.trunc, "floor": np.floor, "ceil": np.ceil, "round": _round,
    "sqrt": np.sqrt, "cbrt": np.cbrt, "exp": np.exp, "expm1": np.expm1,
    "log": np.log, "log2": np.log2, "log10": np.log10, "log1p": np.log1p,
    "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan,
    "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh,
    "fround": lambda x: x.astype(np.float32).astype(np.float64),
    "clz32": lambda x: 32.0 - np.frexp((_int32(x) & 0xFFFFFFFF).astype(np.float64))[1],
}
# name -> (function, number of arguments; None for any number)
FUNCTIONS: dict[str, tuple[Callable, int | None]] = {
    **{name: (_arithmetic(function), 1) for name, function in _ONE_ARGUMENT.items()},
    "pow": (BINARY["**"], 2), "atan2": (_arithmetic(np.arctan2), 2), "imul": (_bitwise(np.multiply), 2),
    "min": (_fold(np.minimum, np.inf), None), "max": (_fold(np.maximum, -np.inf), None),
    "hypot": (_fold(np.hypot, 0.0), None), "random": (None, 0),
}
MATH_CONSTANTS = {
    "PI": math.pi, "E": math.e, "LN2": math.log(2), "LN10": math.log(10), "LOG2E": 1 / math.log(2),
    "LOG10E": 1 / math.log(10), "SQRT2": math.sqrt(2), "SQRT1_2": math.sqrt(0.5),
}
NAMES = {"NaN": np.float64("nan"), "Infinity": np.float64("inf"), "true": np.bool_(True), "false": np.bool_(False)}
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
    Raises ExpressionError for text that is no arithmetic expression, or is too long or too deeply nested.
    """
    steps = compile_steps(text)
    rng = np.random.default_rng(0) if rng is None else rng
    out = np.empty((h, w), np.float32)
    rows = max(1, CHUNK // max(w, 1))
    with np.errstate(all="ignore"):  # JavaScript divides by zero and overflows silently
        for start in range(0, h, rows):
            part = out[start:start + rows]
            scope = {"i": np.arange(start, start + len(part), dtype=np.float64)[:, None],
                     "j": np.arange(w, dtype=np.float64)[None, :], "h": np.float64(h), "w": np.float64(w)}
            part[...] = _number(_run(steps, scope, lambda: rng.random(part.shape)))
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
        _refuse_character(text, error.pos_in_stream)
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
        return (lambda test, yes, no: np.where(_truth(test), yes, no)), 3
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
    function, wanted = FUNCTIONS[name]
    given = sum(map(_is_operand, node.children[2:]))
    if wanted is not None and given != wanted:
        _fail(text, name.start_pos, f"Math.{name} takes {wanted} argument{'s' * (wanted != 1)}, not {given}")
    if name == "random":
        return "random", 0
    return (function, given) if given else (function(), 0)


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
    found = folded[near[0]]
    return f" (did you mean {'' if found in NAMES or found == 'Math' else 'Math.'}{found}?)"


def _refuse_character(text: str, at: int) -> NoReturn:
    for pattern, message in _FORBIDDEN:
        found = re.match(pattern, text[at:])
        if found:
            _fail(text, at, message.format(found[0]) + f"; {ALLOWED}")
    _fail(text, at, f"{text[at]!r} is not understood here; {ALLOWED}")


def _refuse_token(text: str, token: Token) -> NoReturn:
    if token.type == "$END":
        missing = ": a ')' is missing" if text.count("(") > text.count(")") else ""
        _fail(text, len(text), f"the initialiser expression ends too early{missing}")
    if token.type == "POWER":
        _fail(text, token.start_pos, "JavaScript wants parentheses around a signed base of **, as in (-2) ** 2")
    _fail(text, token.start_pos, f"{token!s} does not fit here; {ALLOWED}")


def _fail(text: str, at: int, message: str) -> NoReturn:
    raise ExpressionError(message, text, at + 1)
