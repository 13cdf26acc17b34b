"""Properties: what a datablock says under a name of ours, if it is of the kind that we write there.

A file, a program or a person may have written anything under these names. What is of another kind than ours says
nothing: it counts as not there.
"""
from __future__ import annotations

import math
from typing import Any, cast, TypeVar

import bpy

Block = TypeVar("Block", bound=bpy.types.ID)


def has(block: bpy.types.ID, name: str) -> bool:
    """Whether there is anything under that name."""
    return name in cast(Any, block)


def text(block: bpy.types.ID, name: str) -> str | None:
    """A text; None where there is none."""
    held = block.get(name)
    return held if isinstance(held, str) else None


def texts(block: bpy.types.ID, name: str) -> list[str]:
    """A list of texts; empty where there is none."""
    held = block.get(name)
    return list(held) if isinstance(held, list) and all(isinstance(each, str) for each in held) else []


def whole(block: bpy.types.ID, name: str) -> int | None:
    """A whole number."""
    held = block.get(name)
    return held if isinstance(held, int) and not isinstance(held, bool) else None


def number(block: bpy.types.ID, name: str) -> float | None:
    """A finite number."""
    held = block.get(name)
    return float(held) if _is_number(held) else None


def numbers(block: bpy.types.ID, name: str, count: int) -> list[float] | None:
    """So many finite numbers."""
    held = block.get(name)
    if not hasattr(held, "to_list") or len(held) != count:
        return None
    held = held.to_list()
    return held if all(map(_is_number, held)) else None


def pointed(block: bpy.types.ID, name: str, kind: type[Block]) -> Block | None:
    """The datablock of a ``kind`` that is pointed to."""
    held = block.get(name)
    return held if isinstance(held, kind) else None


def _is_number(held: object) -> bool:
    return isinstance(held, (int, float)) and not isinstance(held, bool) and math.isfinite(held)
