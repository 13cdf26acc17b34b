"""The expression language: text to a syntax tree.

    out = softmax(tril((Q = input @ wQ) @ K.T / sqrt(k))) @ V

``@`` is left associative; an assignment (in parentheses inside an expression) names a result; functions (some with
numbers behind a comma, ``rope(x, 10000)``), scalar factors (``* 2``, ``/ sqrt(k)``, ``0.5 *``), ``** 2``, and sums and
elementwise products with a matrix by its name (``x @ W + b``, ``(x @ W) * g``) are epilogs of the matmul or the matrix
they stand on; ``.T`` on a name is its transpose. ``k`` among scalars is the inner dimension of the matmul.

What numpy and PyTorch write otherwise means the same: ``torch.matmul(Q, K.transpose(-2, -1))``, ``Q.dot(K.mT)``,
``F.scaled_dot_product_attention(Q, K, V)``, ``F.softmax(x, dim=-1)``, ``math.sqrt(k)``, ``k ** 0.5``; ``d_k`` is ``k``
where keys are on the right (``Q @ K.T``). The signs of mathematics that Python does not have (``Q^T``, ``A·B``, ``A²``)
are refused by name (see ``notation``).

A name starts with a letter, digit or underscore and may go on with ``. ! # $ [ ]``, and, where it is known as a name
(it has data, or stands in the tree that is typed anew), with ``- / % ^ &`` too, as in the reference.
"""
from __future__ import annotations

import itertools
import re
from collections.abc import Collection
from functools import lru_cache

from lark import Lark, UnexpectedCharacters, UnexpectedEOF, UnexpectedToken
from lark.exceptions import VisitError

from ..errors import ExpressionError
from ..limits import limits
from ..plain import composed
from . import copied_text, epilogs, notation
from .call_builder import CallBuilder
from .epilogs import Chain
from .syntax import Node, Operand, Product
from .syntax_errors import strange, unexpected, unfinished

REMEMBERED = 500_000  # letters of epilogs, at most
LIMITS = ("expression_length", "expression_nodes", "expression_depth", "steps")  # what is read depends on these

_INNER = r"[\w.\-!#$%^&\[\]]"
_NUMBER = r"-?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?"
_NAME = rf"\w{_INNER}*"
# of an epilog's text, where a sign that divides has spaces around it, or stands before a scalar
_SLASH = rf"\/(?!\s|{_NUMBER}(?![\w\/\-!#$%^&\[\]])|sqrt\(|k(?!{_INNER})|\()"
_WRITTEN_NAME = rf"\w(?:{_INNER}|{_SLASH})*"
_QUOTED = rf"'\w(?:{_INNER}|\/)*'"
_NEVER = "(?!')'"
_GRAMMAR = rf"""
    ?start: NAME "=" sum -> assign
          | NAME "=" TEXT -> option
          | sum
    ?sum: product
        | sum PLUS product         -> add
    ?product: power
            | product "@" power   -> matmul
            | product "*" scalar  -> mul
            | product "*" NAME    -> times
            | product "*" NAME "**" NUMBER -> times
            | product "*" QUOTED  -> times
            | product "*" called  -> times_called
            | product DIVIDE scalar -> div
            | product DIVIDE symbol -> div
    ?power: atom
          | atom "**" NUMBER      -> power
          | scalar_first "*" power -> premul
    ?scalar_first: FACTOR -> number
                 | sqrt
    ?atom: NAME                   -> leaf
         | QUOTED                 -> leaf
         | NUMBER                 -> leaf
         | called
         | atom ATTRIBUTE         -> turned
         | atom METHOD "(" (start ("," start)*)? ")" -> method
         | "(" start ")"
    called: CALL "(" (start ("," start)*)? ")"
    ?scalar: base
           | base "**" NUMBER     -> spower
    ?base: number | sqrt | k
         | "(" scalars ")"
    ?scalars: part
            | scalars "*" part  -> smul
            | scalars DIVIDE part -> sdiv
    ?part: scalar | symbol
    symbol: NAME
          | NAME "**" NUMBER
    number: NUMBER
    k: K
    sqrt: SQRT "(" scalars ")"
        | ROOT base
        | ROOT symbol
    DIVIDE: "/"
    PLUS: "+"
    ROOT: "√"
    SQRT.4: /((np|numpy|math|torch|jnp|tf)\.)?sqrt(?=\s*\()/
    K.3: /k(?!MORE_OF_A_NAME)/
    ATTRIBUTE.3: /\.(mT|mH|T|H)(?!\w)/
    METHOD.2: /\.\s*[^\W\d]\w*(?=\s*\()/
    CALL.3: /[^\W\d][\w.\[\]]*(?=\s*\()/
    TEXT.4: /"[^"]*"|'[^']*'/
    FACTOR.5: /{_NUMBER}(?=\s*\*(?!\*))/
    NUMBER.2: /{_NUMBER}(?!MORE_OF_A_NAME)/
    NAME: /NAME_OF_A_MATRIX/
    QUOTED: /QUOTED_NAME/
    %ignore /\s+/
"""


def parse(text: str, known: Collection[str] = ()) -> Product:
    """The syntax tree of ``text``; ``known``: names that are taken as they are, whatever signs they hold.

    Raises ExpressionError, with the column, for anything that is not an expression.
    """
    node = _read(text, known=known)
    if isinstance(node, Operand):
        raise ExpressionError("an expression needs a matmul: write two matrices with an @ between them, as in L @ R",
                              text, node.column)
    return node


def parse_epilog(text: str, typed: bool = False) -> Chain:
    """The chain that ``text`` (around ``x``, as ``epilogs.chain_text`` writes it, or a reference name) stands for.
    ``typed``: by a person, in whose names signs are operations, unless they stand in quotes. Raises ExpressionError,
    and SizeError beyond the limits."""
    if text in epilogs.REFERENCE_NAMES:
        return epilogs.reference_chain(text)
    return _chains[text, typed, tuple(getattr(limits, name) for name in LIMITS)]


class _Chains(dict):
    """Chains by their text, whether a person typed it, and the limits that it was read by. They are remembered, since
    one edit asks for the epilogs of all matrices several times; ``letters``: how many are."""

    letters = 0

    def __missing__(self, key: tuple[str, bool, tuple[int, ...]]) -> Chain:
        text, typed, _ = key
        node = _read(text, k_allowed=True, written=not typed)
        if not isinstance(node, Operand) or node.name != "x" or node.transpose:
            raise ExpressionError("an epilog is written around x, as in softmax(tril(x/sqrt(k)))", text, 1)
        if self.letters + len(text) > REMEMBERED:
            self.clear()
            self.letters = 0
        self.letters += len(text)
        self[key] = node.chain
        return node.chain


_chains = _Chains()


def _read(text: str, k_allowed: bool = False, known: Collection[str] = (), written: bool = False) -> Node:
    limits.check("expression_length", len(text), "the expression")
    if not written:
        text = copied_text.unwrapped(text)
        if fault := copied_text.several(text):
            raise ExpressionError(fault, text)
    text = composed(re.sub(r"\s", " ", text))  # one line, so that a column says where
    if not text.strip():
        raise ExpressionError("the expression is empty; write something like L @ R")
    depth, most = 0, limits.expression_depth
    for at, ch in enumerate(text):
        depth += (ch == "(") - (ch == ")")
        if depth < 0:
            raise ExpressionError("a closing parenthesis without its opening one", text, at + 1)
        if depth > most:
            raise ExpressionError(f"the expression is nested more than {most} deep", text, at + 1)
    limits.check("expression_nodes", sum(map(text.count, "@*/+(,")), "the expression")
    assigned = {_name_before(text, at.start()) for at in itertools.islice(re.finditer("=", text), 200)} - {""}
    masked, names = (text, {}) if written else notation.masked(notation.plain_signs(text), {*known, *assigned})
    try:
        builder = CallBuilder(text, k_allowed, names, written, known)
        node, = builder.check_nodes([builder.transform(_parser(written, k_allowed).parse(masked))])
        return node
    except VisitError as error:
        raise error.orig_exc from None
    except UnexpectedEOF:
        raise ExpressionError(unfinished(text), text, len(text) + 1) from None
    except UnexpectedToken as error:
        at_end = error.token.type == "$END"
        token = error.token.update(value=names.get(str(error.token), str(error.token)))
        raise ExpressionError(unfinished(text) if at_end else unexpected(token, text), text,
                              len(text) + 1 if at_end else error.column) from None
    except UnexpectedCharacters as error:
        raise ExpressionError(strange(text, error.pos_in_stream or 0), text, error.column) from None


def _name_before(text: str, end: int) -> str:
    """The name that ends before ``end``, and "" if there is none: a result's."""
    ending = re.search(rf"(?:{_INNER}|/)*\Z", text[max(0, end - 300):end].rstrip())
    return ending[0] if ending else ""


@lru_cache(3)
def _parser(written: bool, quoted: bool) -> Lark:
    terminals = {"NAME_OF_A_MATRIX": _WRITTEN_NAME if written else _NAME, "QUOTED_NAME": _QUOTED if quoted else _NEVER,
                 "MORE_OF_A_NAME": f"{_INNER}|{_SLASH}" if written else _INNER}
    return Lark(re.sub("|".join(terminals), lambda found: terminals[found[0]], _GRAMMAR), parser="lalr",
                propagate_positions=True)
