"""Regular expressions of somebody else's, run by an engine that tries one way after the other: which are not run.

What takes for ever is one repetition in another, ``(a+)+``: the ways to share out a text among them double with every
letter. Tokenizers' expressions have none. This looks at the text of one, in Oniguruma's notation.
"""
from __future__ import annotations

import re

LONGEST = 10_000   # characters
REPEATS = 60       # repetitions without an end
_TOKEN = re.compile(r"\\[pP]\{[^}]*\}|\\x\{[^}]*\}|\\.|\[|\]|\(\?(?:<?[=!]|[a-zA-Z-]*[:)]|>|#)|\(\?|\(|\)|\||"
                    r"[*+?]|\{\d*,?\d*\}|.", re.DOTALL)


def fault(pattern: object) -> str | None:
    """Why a pattern is not run, or None."""
    if not isinstance(pattern, str):
        return "is no text"
    if len(pattern) > LONGEST:
        return f"is longer than {LONGEST:,} characters"
    groups, depth, repeats = [False], 0, 0  # whether each open group holds a repetition or a choice
    closed, last = False, ""                # whether what stood before holds one; what that was
    for match in _TOKEN.finditer(pattern):
        token = match[0]
        if depth or token == "[":  # within a class nothing repeats
            depth += (token == "[") - (token == "]" and depth > 0)
            if not depth:
                closed, last = False, "]"
            continue
        if token.startswith("("):
            if token in ("(?", "(?#") or len(groups) > 50:
                return "has parts that are not known here"
            groups.append(False)
            last = "("
        elif token == ")":
            if len(groups) == 1:
                return "has a parenthesis too many"
            closed, last = groups.pop(), ")"
            groups[-1] = groups[-1] or closed
        elif token == "|":
            groups[-1] = groups[-1] or len(groups) > 1
            last = "|"
        elif token in ("*", "+") and last in ("*", "+", "?", "}"):
            last = token  # what makes a repetition possessive
        elif token in ("*", "+") or re.fullmatch(r"\{\d*,?\d*\}", token) and token not in ("{}", "{1}"):
            if closed and last == ")":
                return "repeats what repeats, or chooses, itself, so that it may take for ever"
            endless = token in ("*", "+") or token.endswith(",}") or int(token.strip("{}").rpartition(",")[2] or 0) > 20
            repeats += endless
            groups[-1] = groups[-1] or endless
            last = token[-1]
            if repeats > REPEATS:
                return f"has more than {REPEATS} repetitions"
        elif token == "?":
            last = "?"
        elif re.fullmatch(r"\\[1-9k]", token):
            return "looks back at what it has found, so that it may take for ever"
        else:
            closed, last = False, token
    return None
