"""What a file says about itself, read by lists: every key is understood, or known to change no number, or refused.

A configuration that holds one key more than we know may describe a model that computes something else, so that nothing
in it is passed over: ``close`` raises for the first key that nobody has taken. A key that is null counts as not there.
What the value of a key may be is told by one table (``model_keys``).
"""
from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping
from itertools import islice
from typing import Any, overload

from ..errors import DataError
from .model_keys import KEYS

SHOWN = 60  # characters of a value in a message


class Metadata:
    """Keys with values, taken one by one. ``name`` begins every message, ``source`` says what holds the keys;
    ``rules``: what each key's value may be."""

    def __init__(self, values: Mapping, name: str, source: str = "its configuration",
                 harmless: Collection[str] = (), prefixes: tuple[str, ...] = (), rules: Mapping[str, Any] = KEYS):
        self.given = frozenset(map(str, values))  # those that are null, too
        self.values = {str(key): value for key, value in values.items() if value is not None}
        self.name, self.source, self.rules = name, source, rules
        self._open = {key for key in self.values if key not in harmless and not key.startswith(prefixes)}

    def take(self, key: str, default=None, rule: Any = None):
        """The value of ``key``, which is what the table (or ``rule``) allows there; ``default`` if it has none. Raises
        DataError."""
        self._open.discard(key)
        if key not in self.values:
            return default
        value = self.values[key]
        fault = (self.rules[key] if rule is None else rule).fault(value)
        if fault:
            raise self.refusal(key, fault)
        return value

    @overload
    def number(self, key: str, default: float, rule: Any = None) -> float: ...

    @overload
    def number(self, key: str, default: float | None = None, rule: Any = None) -> float | None: ...

    def number(self, key: str, default: float | None = None, rule: Any = None) -> float | None:
        """``take``, as a float."""
        value = self.take(key, default, rule)
        return None if value is None else float(value)

    def needed(self, key: str) -> Any:
        """``take``, of a key that must be there."""
        value = self.take(key)
        if value is None:
            raise self.refusal(key)
        return value

    def choice(self, key: str, default: str, known: Collection[str]) -> str:
        """One of ``known``."""
        value = self.take(key, default)
        if value not in known:
            raise self.refusal(key, f"is not known here; known are {', '.join(known)}")
        return value

    def only(self, key: str, *usual) -> None:
        """Refuse every value of ``key`` but those, with which it changes nothing that is shown."""
        if key in self.values and not any(type(self.values[key]) is type(value) and self.values[key] == value
                                          for value in usual):
            raise self.refusal(key)
        self._open.discard(key)

    def inner(self, key: str, source: str) -> Metadata:
        """The keys that lie in ``key``, none if there are none."""
        return Metadata(self.take(key, {}), self.name, source, rules=self.rules)

    def close(self) -> None:
        """Raise DataError if there is a key that has not been taken and is not harmless."""
        for key in self.values:
            if key in self._open:
                raise self.refusal(key)

    def refusal(self, key: str, why: str = "is not known here and may change the numbers") -> DataError:
        """The error for a key whose value is not known here."""
        if key not in self.values:
            return DataError(f"{self.name}: {self.source} does not say {key}")
        said = f"{_cut(_printable(key))}: {shown(self.values[key])}"
        return DataError(f"{self.name}: {self.source} says `{said}`, which {why}")


def exact(number: float) -> str:
    """A number as it stands in an expression, to its last digit. Raises DataError for what would not be read as one
    there but as the name of a matrix."""
    value = float(number)
    if not math.isfinite(value):
        raise DataError(f"a model or an adapter multiplies with {value}, which is no number")
    return repr(value)


def shown(value: Any) -> str:
    """A value as JSON has it, as far as it is looked at in a message, whatever it is and however large."""
    try:
        text = json.dumps(_small(value), default=lambda x: _small(str(x)), ensure_ascii=False)
    except ValueError:  # a whole number of thousands of digits
        text = "a number of thousands of digits"
    return _cut(_printable(text))


def _small(value: Any, depth: int = 3) -> Any:
    """The beginning of a value that may be large."""
    if isinstance(value, str):
        return value[:SHOWN + 1]
    if isinstance(value, Mapping):
        return {str(key)[:SHOWN]: _small(inner, depth - 1) for key, inner in islice(value.items(), 8)} if depth else {}
    if isinstance(value, (list, tuple)):
        return [_small(inner, depth - 1) for inner in value[:SHOWN]] if depth else []
    return value


def _printable(text: str) -> str:
    """Lone surrogates, which no terminal takes, written out."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN else text[:SHOWN - 1] + "…"
