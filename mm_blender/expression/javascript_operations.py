"""JavaScript's operators, its Math and its constants, on numpy's arrays.

Source: ECMA-262 (operators, number conversion, Math).
"""
from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

Value = Any  # a float64 or bool array that broadcasts to (rows, w), or a numpy scalar of these types


def as_number(x: Value) -> Value:
    """Float64, truth values as 0 and 1."""
    return x.astype(np.float64) if x.dtype == np.bool_ else x


def as_truth(x: Value) -> Value:
    """Truth values: of numbers, whether they are neither 0 nor NaN."""
    return x if x.dtype == np.bool_ else (x != 0) & ~np.isnan(x)


def _int32(x: Value) -> Value:
    """ToInt32: cut to a whole number, modulo 2**32; NaN and infinities are 0. As int64."""
    x = as_number(x)
    return _wrap(np.fmod(np.where(np.isfinite(x), np.trunc(x), 0.0), 2.0**32).astype(np.int64))


def _wrap(x: Value) -> Value:
    return (x + 2**31) % 2**32 - 2**31


def _arithmetic(function: Callable) -> Callable:
    return lambda *args: function(*map(as_number, args))


def _bitwise(function: Callable) -> Callable:
    """``function`` of int64 arrays that hold int32 values; its result is cut to int32 again."""
    return lambda *args: _wrap(function(*map(_int32, args))).astype(np.float64)


def _power(a: Value, b: Value) -> Value:
    # C says that 1 to any power is 1; ECMAScript has NaN for a NaN exponent and for a base of 1 or -1 with an infinite
    return np.where(np.isnan(b) | (np.isinf(b) & (np.abs(a) == 1)), np.nan, np.power(a, b))


def _same_type(a: Value, b: Value) -> bool:
    return (a.dtype == np.bool_) == (b.dtype == np.bool_)


BINARY: dict[str, Callable[[Value, Value], Value]] = {
    "||": lambda a, b: np.where(as_truth(a), a, b),
    "&&": lambda a, b: np.where(as_truth(a), b, a),
    "|": _bitwise(np.bitwise_or),
    "^": _bitwise(np.bitwise_xor),
    "&": _bitwise(np.bitwise_and),
    "==": _arithmetic(np.equal),
    "!=": _arithmetic(np.not_equal),
    # a choice between a truth value and a number counts as a number here, as numpy's arrays have one type
    "===": lambda a, b: (as_number(a) == as_number(b)) & _same_type(a, b),
    "!==": lambda a, b: (as_number(a) != as_number(b)) | (not _same_type(a, b)),
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
    "+": as_number, "-": _arithmetic(np.negative), "!": lambda x: ~as_truth(x), "~": _bitwise(np.invert),
}


def _round(x: Value) -> Value:
    """Halves go up, also below zero."""
    low = np.floor(x)
    return low + (x - low >= 0.5)


def _fold(function: Callable, empty: float) -> Callable:
    return lambda *args: functools.reduce(function, map(as_number, args), np.float64(empty))


_ONE_ARGUMENT: dict[str, Callable[[Value], Value]] = {
    "abs": np.abs, "sign": np.sign, "trunc": np.trunc, "floor": np.floor, "ceil": np.ceil, "round": _round,
    "sqrt": np.sqrt, "cbrt": np.cbrt, "exp": np.exp, "expm1": np.expm1,
    "log": np.log, "log2": np.log2, "log10": np.log10, "log1p": np.log1p,
    "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan,
    "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh,
    "fround": lambda x: x.astype(np.float32).astype(np.float64),
    "clz32": lambda x: 32.0 - np.frexp((_int32(x) & 0xFFFFFFFF).astype(np.float64))[1],
}
# name -> (function, number of arguments; None for any number)
FUNCTIONS: dict[str, tuple[Callable | None, int | None]] = {
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
