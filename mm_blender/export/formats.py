"""Formats: which ending is written by what."""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..document.group import Group
from . import glb, ply, usd

FORMATS: dict[str, Callable[[Group, Path, int | None, bool], None]] = {
    ".glb": glb.write, ".usda": usd.write, ".usdc": usd.write, ".usd": usd.write, ".ply": ply.write}
