"""What is given at the command line: tokens, and matrices by name."""
from __future__ import annotations

import re

from ..errors import ParameterError


def tokens(words: list[str] | None, activations: str | None) -> list | None:
    """Ids where all are whole numbers, else strings of the vocabulary; beside activations they are labels."""
    if words and activations is None and all(re.fullmatch("[0-9]{1,18}", word) for word in words):
        return [int(word) for word in words]
    return words


def named(pairs: list[tuple[str, str]], option: str) -> dict[str, str]:
    """What an ``option`` (``--set``) gives by name. Raises ParameterError for a name that is given twice: only one of
    them could count."""
    values: dict[str, str] = {}
    for name, value in pairs:
        if name in values:
            raise ParameterError(f"{option} gives {name!r} twice, {values[name]!r} and {value!r}: leave out one")
        values[name] = value
    return values


def read_data(pairs: list[tuple[str, str]], online: bool) -> dict | None:
    """The matrices of ``--data``, by name; a name given twice is a mistake, since only one of them could count."""
    if not pairs:
        return None
    from ..data.matrices import open_matrix

    data = {}
    for name, path in pairs:
        if name in data:
            raise ParameterError(f"--data gives {name!r} twice")
        data[name] = open_matrix(path, online)
    return data
