"""Bidi: in which order the letters of a line stand where some of them are written from right to left.

After the Unicode Bidirectional Algorithm (UAX #9, revision 50): a line of text without embeddings, overrides and
isolates, whose marks count as nothing.
"""
from __future__ import annotations

import unicodedata
from collections.abc import Sequence

PAIRS = {"(": ")", "[": "]", "{": "}", "<": ">", "«": "»", "‹": "›", "≤": "≥", "⟨": "⟩", "⟦": "⟧", "∈": "∋", "「": "」",
         "『": "』", "【": "】", "《": "》", "〈": "〉"}
MIRRORED = {**PAIRS, **{right: left for left, right in PAIRS.items()}}
_BRACKETS = {left: right for left, right in PAIRS.items() if unicodedata.category(left) == "Ps"}
_STRONG = {"L": "L", "R": "R", "AL": "R", "EN": "R", "AN": "R"}  # as which side numbers and letters count for neutrals
_NOTHING = ("BN", "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")


def is_rtl(text: str) -> bool:
    """Whether anything in ``text`` is written from right to left."""
    return not text.isascii() and any(unicodedata.bidirectional(letter) in ("R", "AL", "AN") for letter in text)


def base(text: str) -> int:
    """0 for a line that begins on the left, 1 for one whose first strong letter is written from right to left."""
    for letter in text:
        if (kind := unicodedata.bidirectional(letter)) in ("L", "R", "AL"):
            return int(kind != "L")
    return 0


def levels(text: str) -> list[int]:
    """By letter, its embedding level: odd from right to left."""
    start = base(text)
    side = "LR"[start]
    given = [unicodedata.bidirectional(letter) or "L" for letter in text]
    counted = [at for at, kind in enumerate(given) if kind not in _NOTHING]
    kinds = [given[at] for at in counted]
    _numbers(kinds, side)
    _brackets(kinds, [text[at] for at in counted], side)
    _neutrals(kinds, side)
    out = [start] * len(text)
    for at, kind in zip(counted, kinds):
        if start:
            out[at] = 1 if kind == "R" else 2
        else:
            out[at] = {"L": 0, "R": 1}.get(kind, 2)
    for at, kind in enumerate(given):  # what counts as nothing stays with the letter before it
        if kind in _NOTHING and at:
            out[at] = out[at - 1]
    for at in range(len(text) - 1, -1, -1):  # L1: spaces at the line's end
        if given[at] not in ("WS", "B", "S", *_NOTHING):
            break
        out[at] = start
    return out


def order(given: Sequence[int]) -> list[int]:
    """The places of letters, or of pieces, of these levels, from the left to the right (L2)."""
    out = list(range(len(given)))
    for level in range(max(given, default=0), 0, -1):
        at = 0
        while at < len(out):
            end = at
            while end < len(out) and given[out[end]] >= level:
                end += 1
            out[at:end] = out[at:end][::-1]
            at = max(end, at + 1)
    return out


def _numbers(kinds: list[str], side: str) -> None:
    """W1 to W7, in place: marks, numbers and the signs in and around these."""
    for at, kind in enumerate(kinds):
        if kind == "NSM":
            kinds[at] = kinds[at - 1] if at else side
    strong = side
    for at, kind in enumerate(kinds):
        if kind in ("L", "R", "AL"):
            strong = kind
        elif kind == "EN" and strong == "AL":
            kinds[at] = "AN"
    kinds[:] = ["R" if kind == "AL" else kind for kind in kinds]
    for at in range(1, len(kinds) - 1):
        if kinds[at - 1] == kinds[at + 1] and (kinds[at], kinds[at - 1]) in (("ES", "EN"), ("CS", "EN"), ("CS", "AN")):
            kinds[at] = kinds[at - 1]
    for one, step in ((range(len(kinds)), -1), (range(len(kinds) - 1, -1, -1), 1)):
        for at in one:  # signs of money and the like, beside a number
            if kinds[at] == "ET" and 0 <= at + step < len(kinds) and kinds[at + step] == "EN":
                kinds[at] = "EN"
    strong = side
    for at, kind in enumerate(kinds):
        if kind in ("ES", "ET", "CS"):
            kinds[at] = "ON"
        elif kind in ("L", "R"):
            strong = kind
        elif kind == "EN" and strong == "L":
            kinds[at] = "L"


def _brackets(kinds: list[str], letters: list[str], side: str) -> None:
    """N0, in place: a pair of brackets goes with what is in it."""
    stack: list[tuple[str, int]] = []
    pairs = []
    for at, letter in enumerate(letters):
        if kinds[at] != "ON":
            continue
        if letter in _BRACKETS:
            stack.append((_BRACKETS[letter], at))
        elif any(letter == closing for closing, _ in stack):
            while stack[-1][0] != letter:
                stack.pop()
            pairs.append((stack.pop()[1], at))
    for start, end in sorted(pairs):
        inside = {_STRONG[kind] for kind in kinds[start + 1:end] if kind in _STRONG}
        if side in inside:
            found = side
        elif inside:  # the other side, where that is also what stands before
            before = [_STRONG[kind] for kind in kinds[:start] if kind in _STRONG]
            found = inside.pop() if (before or [side])[-1] != side else side
        else:
            continue
        kinds[start] = kinds[end] = found


def _neutrals(kinds: list[str], side: str) -> None:
    """N1 and N2, in place: what has no side of its own has that of both its neighbours, else the line's."""
    at = 0
    while at < len(kinds):
        end = at
        while end < len(kinds) and kinds[end] not in _STRONG:
            end += 1
        if end > at:
            left = _STRONG[kinds[at - 1]] if at else side
            right = _STRONG[kinds[end]] if end < len(kinds) else side
            kinds[at:end] = [left if left == right else side] * (end - at)
        at = end + 1
