"""Typefaces: the fonts of Blender's text objects."""
from __future__ import annotations

import bpy

from ..fonts import DEFAULT, Font
from ..page import POINT
from ..sheet import Letters
from ..texts import SIZE_OF_EM


def load(font: Font) -> bpy.types.VectorFont:
    """Blender's own of ``font``. The default one goes into the file that is saved, which then needs nothing of this
    package."""
    given = bpy.data.fonts.load(str(font.path), check_existing=True)
    if font.path == DEFAULT and not given.packed_file:
        given.pack()
    return given


def put(curve: bpy.types.TextCurve, run: Letters, font: Font, loaded: bpy.types.VectorFont) -> None:
    """Give a text object its letters, at their size: Blender scales a font to the box that holds all its glyphs. What
    ``font`` lacks, Blender's own fonts have."""
    curve.body = run.text
    if not run.missing:
        curve.font = loaded
    curve.size = run.size_pt * POINT * (SIZE_OF_EM if run.missing else font.box)
