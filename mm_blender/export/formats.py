"""Formats: what writes which."""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..document.group import Group
from . import glb, ply, usd
from .request import ExportRequest

# by the title that ``file_formats`` has
WRITERS: dict[str, Callable[[Group, Path, ExportRequest], None]] = {
    "GLB": glb.write, "USD": usd.write, "PLY": ply.write}
