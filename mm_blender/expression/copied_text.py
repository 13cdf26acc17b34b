"""What stands around an expression where it was copied from: a prompt, a fence of code, notes, other statements."""
from __future__ import annotations

import re

_UNSEEN = str.maketrans(dict.fromkeys("\u200b\u200e\u200f\u2060\ufeff\u00ad", " "))  # letters without a width


def unwrapped(text: str) -> str:
    """``text`` without what stands around an expression where it was copied from (a prompt, quotation marks, a fence of
    code), notes behind a ``#`` and a semicolon at its end, and without letters that cannot be seen. What is left stands
    in its column."""
    text = text.translate(_UNSEEN)
    text = re.sub(r"(?<!\S)#.*", _blank, text)
    text = re.sub(r"\\[ \t]{0,9}\r?\n", _blank, text)  # Python goes on in the next line
    if "```" in text:
        text = "\n".join(" " * len(line) if line.lstrip().startswith("```") else line for line in text.split("\n"))
    start = len(text) - len(text.lstrip())
    if text.startswith(">>> ", start):
        text = f"{text[:start]}    {text[start + 4:]}"
    while text.rstrip().endswith(";"):
        text = text.rstrip()[:-1]
    inside = text.strip()
    for opening, closing in ("``", "''", '""', "“”", "‘’", "«»"):
        if len(inside) > 2 and inside[0] == opening and inside[-1] == closing and \
                not {opening, closing} & {*inside[1:-1]}:
            start = len(text) - len(text.lstrip())
            return f"{text[:start]} {inside[1:-1]}"
    return text


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])


def several(text: str) -> str | None:
    """What to say of a text of several statements, as a program has them, or None."""
    if ";" not in text and "\n" not in text:
        return None
    depth, parts, start = 0, [], 0
    for at, letter in enumerate(text):
        depth += (letter in "([") - (letter in ")]")
        if letter in ";\n" and depth <= 0 and not (letter == "\n" and _goes_on(text, at)):
            parts.append(text[start:at])
            start = at + 1
    parts = [part.strip() for part in (*parts, text[start:]) if part.strip()]
    if len(parts) > 1 and all(re.match(r"\w[\w.]*\s*=(?!=)", part) for part in parts[:-1]):
        return ("an expression is one statement, and here are several: write a result in parentheses where it is used, "
                "as in y = (h = x @ A) @ B")
    return None


def _goes_on(text: str, at: int) -> bool:
    """Whether an operator stands before or behind the end of a line, which is then no end."""
    return text[at:at + 200].lstrip().startswith(("@", "*", "/", "+")) or \
        text[max(0, at - 200):at].rstrip().endswith(("@", "*", "/", "+", "="))
