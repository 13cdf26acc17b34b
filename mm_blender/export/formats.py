"""Formats: what writes which."""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..document.group import Group
from . import glb, ply, usd

# by the title that ``file_formats`` has: of a group, a path, a step or None for the sweep, and whether as real cubes
WRITERS: dict[str, Callable[[Group, Path, int | None, bool], None]] = {
    "GLB": glb.write, "USD": usd.write, "PLY": ply.write}
