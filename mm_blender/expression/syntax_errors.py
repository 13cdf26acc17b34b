"""What is said of a text that stops being an expression: what is missing, or out of place."""
from __future__ import annotations

import re

from lark import Token

from . import notation


def unfinished(text: str) -> str:
    """What is said of a text that ends too early."""
    missing = text.count("(") - text.count(")")
    if missing > 0:
        return f"the expression ends too early: {missing} closing parenthes{'i' if missing == 1 else 'e'}s missing"
    return "the expression ends too early: a matrix is missing after the last operator"


def strange(text: str, at: int) -> str:
    """What is said of a character, the one at ``at``, that fits nowhere."""
    return _in_no_function(text, at) or notation.strange(text, at)


def _in_no_function(text: str, at: int) -> str | None:
    """What is said of the function in whose parentheses ``at`` lies, if it is none that is known."""
    depth = 0
    for here in range(at - 1, -1, -1):
        depth += (text[here] == ")") - (text[here] == "(")
        if depth < 0:
            called = re.search(r"(?:[^\W\d][\w.\[\]]*|(?<=[\])])\.\w+)\Z", text[max(0, here - 200):here])
            if not called:
                depth = 0
                continue
            name = called[0].rpartition(".")[2]
            return None if name in notation.CALLED else notation.no_function(name, "." in called[0])
    return None


def unexpected(token: Token, text: str) -> str:
    """What is said of a text in which ``token`` does not fit."""
    before = text[:(token.column or 1) - 1].rstrip()
    if token != ")" and (problem := _in_no_function(text, (token.column or 1) - 1)):
        return problem
    if token.type == "TEXT":
        return "text in quotes is not part of an expression, but for what a function is told, as in approximate='tanh'"
    if token == "(" and (module := re.search(r"\b(?:nn\.)?([A-Z]\w*)\([^()]*\)$", before)):
        return (f"{module[1]} is a module, which is made and then called: write the function of its matrix, as in "
                "softmax(x)")
    if token == "=" and (defined := re.search(r"^\s*(\w+)\s*\([\w\s,]*\)$", before)):
        return f"a result is named without what it is of: write {defined[1]} = …"
    if (root := re.search(r"sqrt\s*\(([^()]*+)\)$", before)) and not re.fullmatch(r"[\s\d.*/k]*", root[1]):
        return f"sqrt is of a number or k, and {root[1].strip()!r} is neither"
    if token == "@" and re.search(r"sqrt\s*\([^()]*+$", before):
        return "sqrt is of a number or k, and no matrix stands in it"
    if token in ("@", "+", ",") and (sign := re.search(r"([*/])\s*+\([^()]*+$", before)):
        matrix = ", or the name of a matrix for an elementwise product" if sign[1] == "*" else ""
        return (f"{sign[1]!r} takes a number, k or sqrt(...){matrix}, and what stands in these parentheses is none of "
                "them; matrices are multiplied with @")
    if token.type == "NAME" and before.endswith(")") and (problem := notation.problem(str(token))):
        return problem
    if before.endswith("sqrt("):
        return f"sqrt is of a number or k, and {str(token)!r} is neither"
    if before.endswith("**"):
        return notation.power(str(token), before[:-2])
    if token == "(" and (function := re.search(r"(?:[*/]|sqrt\()\s*+([\w.]++)$", before)):
        before, token = before[:function.start() + 1], Token("CALL", function[1])
    before = re.sub(r"(?<=[*/])[\s(]+$", "", before)
    if before.endswith(("*", "/")) and token.type in ("NAME", "CALL", "LPAR"):
        named = ", or the name of a matrix for an elementwise product" if before[-1] == "*" else ""
        return (f"{before[-1]!r} takes a number, k or sqrt(...){named}, and {str(token)!r} is none of them; matrices "
                "are multiplied with @")
    if token == "=":
        return "a result is named once, in front of its expression, in parentheses inside another: (attn = Q @ K) @ V"
    if token.type in ("NAME", "QUOTED", "NUMBER", "CALL", "LPAR", "METHOD", "FACTOR", "SQRT", "K"):
        return f"an operator such as @ is missing before {str(token)!r}"
    if token == ",":
        return "a comma stands before the numbers of a function only, as in rope(x, 10000)"
    if token in ("@", "*", "/", "+", ")"):
        return f"a matrix is missing before {str(token)!r}"
    return f"{str(token)!r} is not expected here"
