"""Addresses of data: ``FILE:tensor.name[slice].T``.

Every part but the file may be left out: ``w.npy``, ``w.npy[3].T``,
``model.safetensors:h.0.attn.c_attn.weight[:, :64]``. A slice is numpy's: whole numbers, ``a:b``, ``a:b:step`` and
``...``, negative ones counting from the end.
"""
from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from .errors import DataError

_TAIL = re.compile(r"(\[[^\[\]]*\])?((?:\.T)*)\Z")
_PART = re.compile(r"\s*(?:(?P<dots>\.\.\.)|(?P<start>[+-]?\d{1,18})?\s*"
                   r"(?P<colon>:)?\s*(?P<stop>[+-]?\d{1,18})?\s*(?::\s*(?P<step>[+-]?\d{1,18})?\s*)?)\s*\Z")

Index = tuple  # of int, slice and Ellipsis


@dataclass(frozen=True)
class Address:
    """``tensor`` is None where the address names a file only; ``index`` is () where all of it is meant."""

    path: Path
    tensor: str | None = None
    index: Index = ()
    transpose: bool = False
    text: str = ""


def parse(text: str, assets: Path | None = None) -> Address:
    """The address that ``text`` stands for. A file (or folder) is looked for in ``assets`` by its name first.

    The file is the longest part before a colon that exists, so a colon in a file's name or behind a drive's letter is
    not taken for the one before a tensor. Raises DataError if there is no such file, or the slice is none.
    """
    if path := _existing(text, assets):  # whatever brackets its name may have
        return Address(path, text=text)
    tail = _TAIL.search(text)
    brackets, transposes = tail[1] or "", tail[2]
    for file, tensor in _files(text[:tail.start()]):
        if path := _existing(file, assets):
            index = parse_index(brackets[1:-1], text) if brackets else ()
            return Address(path, tensor, index, transposes.count(".T") % 2 == 1, text)
    name = re.split(r"[\\/]", file)[-1]
    looked = f" (nor {name} in {assets})" if assets is not None else ""
    raise DataError(f"there is no file {file}{looked}")


def parse_index(text: str, where: str) -> Index:
    """The index between brackets. Raises DataError for anything that is no index."""
    out = []
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
    name = re.split(r"[\\/]", file)[-1]
    try:
        if assets is not None and name and (Path(assets) / name).exists():
            return Path(assets) / name
        path = Path(file).expanduser()
        return path if file and path.exists() else None
    except (OSError, ValueError, RuntimeError):  # too long a name, a null byte, no home
        return None
