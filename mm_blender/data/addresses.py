"""Addresses of data: ``FILE:tensor.name[slice].T``.

Every part but the file may be left out: ``w.npy``, ``w.npy[3].T``,
``model.safetensors:h.0.attn.c_attn.weight[:, :64]``. A slice is numpy's: whole numbers, ``a:b``, ``a:b:step`` and
``...``, negative ones counting from the end.
"""
from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import DataError
from ..system import folders
from . import origins
from .files import HUB_ADDRESS, no_file
from .origins import Origin, PERSON

_TAIL = re.compile(r"\[[^\[\]]*+\]\Z")
LONGEST = 10_000  # letters: of the longest path that a system has, and of a tensor's name and a slice
_PART = re.compile(r"\s*(?:(?P<dots>\.\.\.)|(?P<start>[+-]?\d{1,18})?\s*"
                   r"(?P<colon>:)?\s*(?P<stop>[+-]?\d{1,18})?\s*(?::\s*(?P<step>[+-]?\d{1,18})?\s*)?)\s*\Z")

Index = tuple[Any, ...]  # of int, slice and Ellipsis


@dataclass(frozen=True)
class Address:
    """``tensor`` is None where the address names a file only; ``index`` is () where all of it is meant."""

    path: Path
    tensor: str | None = None
    index: Index = ()
    transpose: bool = False
    text: str = ""


def parse(text: str, assets: Path | None = None, origin: Origin = PERSON) -> Address:
    """The address that ``text`` stands for. A file (or folder) is looked for in ``assets`` by its name first; then
    where it says, if a person named it, else beside what does (see ``origins``).

    The file is the longest part before a colon that exists, so a colon in a file's name or behind a drive's letter is
    not taken for the one before a tensor. Raises DataError if there is no such file, or the slice is none.
    """
    origins.check_open(text)
    if len(text) > LONGEST:
        raise DataError(f"the address {text[:60]!r}… has {len(text):,} letters; at most {LONGEST:,} are read")
    trusted = origin.trusts(text)

    def existing(file: str) -> Path | None:
        return _existing(file, assets) if trusted else origins.find(file, assets, origin)

    if path := existing(text):  # whatever brackets its name may have
        return Address(path, text=text)
    bare = text
    while bare.endswith(".T"):
        bare = bare.removesuffix(".T")
    tail = _TAIL.search(bare)
    brackets, transposes = tail[0] if tail else "", (len(text) - len(bare)) // 2
    for file, tensor in _files(bare.removesuffix(brackets)):
        if path := existing(file):
            index = parse_index(brackets[1:-1], text) if brackets else ()
            return Address(path, tensor, index, transposes % 2 == 1, text)
    if not trusted:
        raise origins.refuse(text, assets, origin)
    name = re.split(r"[\\/]", file)[-1]
    looked = f" (nor {name} in {assets})" if assets is not None else ""
    raise DataError(no_file(text if HUB_ADDRESS.match(text) else file, looked))


def parse_index(text: str, where: str) -> Index:
    """The index between brackets. Raises DataError for anything that is no index."""
    out: list[Any] = []
    for part in text.split(","):
        match = _PART.match(part)
        if not match or not part.strip():
            raise DataError(f"{where}: [{text}] is no slice; write one as numpy does, such as [0, :64] or [-3:, ::2]")
        if match["dots"]:
            out.append(Ellipsis)
        elif not match["colon"]:
            if match["start"] is None or match["stop"] is not None:
                raise DataError(f"{where}: [{text}] is no slice; write one as numpy does, such as [0, :64]")
            out.append(int(match["start"]))
        else:
            if match["step"] and int(match["step"]) == 0:
                raise DataError(f"{where}: the step of [{text}] is 0")
            out.append(slice(*(int(match[key]) if match[key] else None for key in ("start", "stop", "step"))))
    return tuple(out)


def _files(body: str) -> list[tuple[str, str | None]]:
    """Every way to read ``body`` as a file and a tensor: the file alone, then split at each colon from the last on, so
    that the shortest file, which a message names, comes last."""
    drive = 2 if re.match(r"[A-Za-z]:[\\/]", body) else 0
    colons = [at for at in range(drive, len(body)) if body[at] == ":"]
    return [(body, None)] + [(body[:at], body[at + 1:]) for at in reversed(colons) if at and body[at + 1:]]


def _existing(file: str, assets: Path | None) -> Path | None:
    try:
        if assets is not None and (found := origins.in_assets(file, assets)):
            return found
        path = folders.expanded(file)
        return path if file and path.exists() else None
    except (OSError, ValueError, RuntimeError):  # too long a name, a null byte, no home
        return None
