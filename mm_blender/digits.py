"""Digits: how numbers are written on elements, as a person says it: ``3 significant, signed, of A B``."""
from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from .errors import ParameterError
from .plain import plain, said

AUTO, DECIMALS, SIGNIFICANT = RULES = ("auto", "decimals", "significant")
FEWEST = {DECIMALS: 0, SIGNIFICANT: 1}
MOST = 6  # float32 has seven
ORDINARY = 2  # decimals where there is room, unless it is said
SUCH = "'3 significant', '2 decimals', 'signed' and 'of A B', with commas between"


@dataclass(frozen=True)
class Digits:
    """``rule``: ``auto`` (up to ``count`` decimals, fewer where there is no room or many digits stand before them),
    ``decimals`` (so many, always) or ``significant`` (so many figures, and zeros behind); ``signed``: + too;
    ``of``: names or paths of the matrices that have numbers, all if there are none."""

    rule: str = AUTO
    count: int = ORDINARY
    signed: bool = False
    of: tuple[str, ...] = ()

    def unknown(self, known: Collection[str]) -> str | None:
        """The first name that is none of the ``known``."""
        return next((name for name in self.of if name not in known), None)

    def __str__(self) -> str:
        """What ``read`` makes it of again."""
        parts = [f"{self.count} {self.rule}"] if self.rule != AUTO else []
        parts += ["signed"] if self.signed else []
        parts += ["of " + " ".join(self.of)] if self.of else []
        return ", ".join(parts)


def asked(value: Any) -> bool | str:
    """What the option ``numbers`` says, in its shortest form: no, yes, or how. Raises ParameterError."""
    value = plain(value)
    if isinstance(value, str):
        return str(_read(value)) or True
    if not isinstance(value, bool) and not (isinstance(value, int | float) and value in (0, 1)):
        raise ParameterError(f"numbers must be true or false, or a text of {SUCH}, not {said(value)}")
    return bool(value)


def read(value: bool | str) -> Digits:
    """How numbers are written by the option ``numbers``, which is not false."""
    return _read(value) if isinstance(value, str) else Digits()


def _read(text: str) -> Digits:
    rule, count, signed = AUTO, ORDINARY, False
    of: tuple[str, ...] = ()
    for part in text.split(",") if text.strip() else ():
        match part.split():
            case [number, word] if number.isdecimal() and word.removesuffix("s") in ("significant", "decimal"):
                if rule != AUTO:
                    raise ParameterError(f"numbers {said(text)} say twice how many digits there are")
                rule, count = SIGNIFICANT if word.startswith("s") else DECIMALS, int(number[:4])
                if not FEWEST[rule] <= count <= MOST:
                    raise ParameterError(f"numbers have {FEWEST[rule]} to {MOST} {rule}, not {number}: float32 has no "
                                         "more")
            case ["signed"]:
                signed = True
            case ["of", *names] if names and not of:
                of = tuple(dict.fromkeys(names))
            case _:
                raise ParameterError(f"numbers {said(text)}: {said(part.strip())} is not understood; it is a text of "
                                     f"{SUCH}")
    return Digits(rule, count, signed, of)
