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
    value = block.get(name)
    return value if isinstance(value, str) else None


def texts(block: bpy.types.ID, name: str) -> list[str]:
    """A list of texts; empty where there is none."""
    value = block.get(name)
    return list(value) if isinstance(value, list) and all(isinstance(each, str) for each in value) else []


def whole(block: bpy.types.ID, name: str) -> int | None:
    """A whole number."""
    value = block.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def number(block: bpy.types.ID, name: str) -> float | None:
    """A finite number."""
    value = block.get(name)
    return float(value) if _is_number(value) else None


def numbers(block: bpy.types.ID, name: str, count: int) -> list[float] | None:
    """So many finite numbers."""
    value = block.get(name)
    if not hasattr(value, "to_list") or len(value) != count:
        return None
    value = value.to_list()
    return value if all(map(_is_number, value)) else None


def pointed(block: bpy.types.ID, name: str, kind: type[Block]) -> Block | None:
    """The datablock of a ``kind`` that is pointed to."""
    value = block.get(name)
    return value if isinstance(value, kind) else None


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
