"""Sums: a dot product written out, ``2·3 + 1·4 = 10``, so that what is printed is true.

All numbers of a sum have the same number of decimals, the fewest that show each exactly, up to two. Where the printed
terms do not add up to the printed total, it is ``≈``.
"""
from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from ..digits import AUTO, DECIMALS, Digits, SIGNIFICANT
from . import numerals

ENDS = 2        # terms that are shown at each end of a sum of more than …
MOST = 5        # … so many, and what is between them as …
BETWEEN = "…"
DOT, PLUS, EQUAL, ABOUT = "·", " + ", " = ", " ≈ "
COARSEST = 2    # decimals of numbers that have more


def written(left: Sequence[float], right: Sequence[float], digits: Digits = Digits()) -> str:  # noqa: B008  frozen
    """The sum of the products of the numbers in ``left`` and ``right`` (as many), and what it comes to.

    digits: how they are written; by ``auto`` as the module says. Of many the first and the last are shown.
    """
    factors = np.array([left, right], np.float64)
    total = float(factors.prod(0).sum())
    form = digits_of(factors, total, digits)
    pairs = [(_said(a, form), _said(b, form)) for a, b in factors.T]
    terms = [_factor(a, first=not at) + DOT + _factor(b) for at, (a, b) in enumerate(pairs)]
    shown = terms if len(terms) <= MOST else [*terms[:ENDS], BETWEEN, *terms[-ENDS:]]
    total_text = _said(total, form)
    return PLUS.join(shown) + (EQUAL if _adds_up(factors, pairs, total_text) else ABOUT) + total_text


def digits_of(factors: np.ndarray, total: float, digits: Digits) -> Digits:
    """How all numbers of a sum are written."""
    if digits.rule != AUTO:
        return Digits(digits.rule, digits.count)  # pluses of their own would be too many
    every = [float(x) for x in factors.ravel()] + [total]
    for count in range(COARSEST):
        if all(x == round(x, count) for x in every if np.isfinite(x)):
            return Digits(DECIMALS, count)
    return Digits(DECIMALS, COARSEST)


def _said(x: float, digits: Digits) -> str:
    # what rounds to nothing is 0.00, as on cubes
    if digits.rule != SIGNIFICANT and abs(x) * 10 ** digits.count < 0.5:
        x = 0.0
    return numerals.write(x, digits).replace("-", "−")


def _factor(text: str, first: bool = False) -> str:
    return f"({text})" if text.startswith("−") and not first else text


def _adds_up(factors: np.ndarray, pairs: Sequence[tuple[str, str]], total: str) -> bool:
    """Whether what is printed is true: of all terms, those that are left out too, as they would be printed."""
    if not np.isfinite(factors).all() or not np.isfinite(_value_or_nan(total)):
        return False
    return sum((_value(a) * _value(b) for a, b in pairs), Fraction(0)) == _value(total)


def _value(text: str) -> Fraction:
    return Fraction(text.replace("−", "-"))


def _value_or_nan(text: str) -> float:
    try:
        return float(_value(text))
    except ValueError:
        return float("nan")
