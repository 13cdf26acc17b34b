"""Patterns of the names of modules, as PEFT's configurations have them, matched in a time that is bounded.

They are regular expressions of Python's, out of a file: an engine that tries one way after the other would need years
for some of them. Here all ways are followed at once, as a set of places in the name, and counted.

Source: huggingface/peft, ``utils/other.py`` (``get_pattern_key``): a pattern is all of a module's name, or its end
behind a dot.
"""
from __future__ import annotations

import re
from collections.abc import Callable
from re import _constants as ops, _parser as parser
from typing import Any

LONGEST = 500      # characters of a pattern
LONGEST_NAME = 1000
STEPS = 200_000    # that matching one name may take
LETTERS = (ops.LITERAL, ops.NOT_LITERAL, ops.ANY, ops.IN)
ANCHORS = (ops.AT_BEGINNING, ops.AT_BEGINNING_STRING, ops.AT_END, ops.AT_END_STRING)
KNOWN = {ops.CATEGORY_DIGIT: r"\d", ops.CATEGORY_NOT_DIGIT: r"\D", ops.CATEGORY_SPACE: r"\s",
         ops.CATEGORY_NOT_SPACE: r"\S", ops.CATEGORY_WORD: r"\w", ops.CATEGORY_NOT_WORD: r"\W"}


class Pattern:
    """A regular expression of letters, classes, alternatives, repetitions and anchors. Raises ValueError, saying why,
    for text that is none, and for one that looks around or back."""

    def __init__(self, text: str):
        if len(text) > LONGEST:
            raise ValueError(f"it is longer than {LONGEST} characters")
        try:
            # PEFT puts it behind this, where flags in its middle are an error, too
            self._tree = parser.parse(rf"(.*\.)?({text})$")
            self._check(self._tree)
        except (re.error, OverflowError, RecursionError) as error:
            raise ValueError(str(error) or "it is nested too deep") from None
        self.text = text

    def _check(self, tree) -> None:
        for op, arg in tree:
            if op is ops.BRANCH:
                for one in arg[1]:
                    self._check(one)
            elif op is ops.SUBPATTERN:
                if arg[1] or arg[2]:
                    raise ValueError("it has flags of its own")
                self._check(arg[3])
            elif op in (ops.MAX_REPEAT, ops.MIN_REPEAT):
                self._check(arg[2])
            elif op is ops.AT and arg not in ANCHORS or op not in (ops.AT, *LETTERS):
                raise ValueError(f"it has {str(op).lower()} in it, which names of modules need not")

    def fits(self, name: str) -> bool:
        """Whether it is all of ``name`` (of at most ``LONGEST_NAME`` characters), or its end behind a dot. Raises
        ValueError if there are too many ways to see."""
        walk = _Walk(name)
        return bool(walk.sequence(self._tree, 1))


class _Walk:
    """Sets of places in one name, as the bits of a number: bit i is the place before its character i."""

    def __init__(self, name: str):
        self.name, self.steps = name, 0
        self.known: dict[Any, int] = {}

    def sequence(self, tree, places: int) -> int:
        """Where one may be behind ``tree``, from ``places``."""
        for op, arg in tree:
            places = self.one(op, arg, places)
            if not places:
                break
        return places

    def one(self, op, arg, places: int) -> int:
        self.steps += 1
        if self.steps > STEPS:
            raise ValueError("it has too many ways to fit")
        if op is ops.BRANCH:
            found = 0
            for each in arg[1]:
                found |= self.sequence(each, places)
            return found
        if op is ops.SUBPATTERN:
            return self.sequence(arg[3], places)
        if op in (ops.MAX_REPEAT, ops.MIN_REPEAT):
            least, most, tree = arg
            return self.repeated(least, most, tree, places)
        if op is ops.AT:
            end = len(self.name)
            if arg in (ops.AT_BEGINNING, ops.AT_BEGINNING_STRING):
                return places & 1
            ends = 1 << end
            if arg is ops.AT_END and self.name.endswith("\n"):
                ends |= 1 << end - 1
            return places & ends
        return (places & self.where(op, arg)) << 1

    def repeated(self, least: int, most: int, tree, places: int) -> int:
        for _ in range(min(least, len(self.name) + 1)):  # once more than there are characters changes nothing
            places = self.sequence(tree, places)
        reached, count = places, least
        while places and count < most:
            places = self.sequence(tree, places) & ~reached
            reached |= places
            count += 1
        return reached

    def where(self, op, arg) -> int:
        """The places before a character that ``op`` takes."""
        key = (op, str(arg))
        if key not in self.known:
            takes = _taken(op, arg)
            self.known[key] = sum(1 << at for at, letter in enumerate(self.name) if takes(letter))
        return self.known[key]


def _taken(op, arg) -> Callable[[str], bool]:
    """Which characters an operation takes."""
    if op is ops.LITERAL:
        return lambda letter: ord(letter) == arg
    if op is ops.NOT_LITERAL:
        return lambda letter: ord(letter) != arg
    if op is ops.ANY:
        return lambda letter: letter != "\n"
    parts = [part for part in arg if part[0] is not ops.NEGATE]
    turned = len(parts) < len(arg)
    return lambda letter: turned != any(
        ord(letter) == value if kind is ops.LITERAL else value[0] <= ord(letter) <= value[1] if kind is ops.RANGE
        else re.fullmatch(KNOWN[value], letter) is not None for kind, value in parts)
