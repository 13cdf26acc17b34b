"""Values of every kind that a caller may pass where they do not belong."""
import collections.abc
import os

import numpy as np


class Bad:
    def __repr__(self):
        raise RuntimeError("no repr")

    __str__ = __repr__


class BadArray:
    def __array__(self, *_, **__):
        raise KeyError("no array")


class BadAttributes:
    def __getattr__(self, name):
        raise ZeroDivisionError(name)


class BadPath:
    def __fspath__(self):
        raise RuntimeError("no path")


class BadMapping(collections.abc.Mapping):
    def __getitem__(self, key):
        raise RuntimeError("no item")

    __iter__ = __len__ = lambda self: 1 / 0


def itself() -> list:
    out: list = []
    out.append(out)
    return out


def wrong() -> list:
    return [None, 1, -1, 0, 1.5, float("nan"), float("inf"), 10 ** 400, 10 ** 5000, True, "x", "", "a\0b", "\ud800",
            "x" * 10 ** 6, b"x", [1], (1, 2), {"a": 1}, {1: 2}, {1}, iter([1]), object(), int, Bad(), BadArray(),
            BadAttributes(),
            BadPath(), BadMapping(), itself(), np.ones((2, 2)), np.array([None]), 1j, lambda: 0, slice(0, 1), ...,
            os, ValueError("x"), np.ma.masked, np.float64("nan"), np.datetime64("2020-01-01")]
