"""Glyph fonts: a small TrueType font of the glyphs that a page takes from other fonts than its own.

One glyph is what one or several letters look like in their place (see ``shaping``), so that whoever shows the font's
glyphs one after another, as a PDF and Blender do, shows every script right.
"""
from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .shaping import Glyph

EM = 2048
FAMILY = "mm other letters"
PRIVATE = 0xF0000  # code points that mean nothing elsewhere, where a glyph is not one letter's usual one


@dataclass(frozen=True)
class GlyphFont:
    """``data``: the file; ``numbers``: of the glyphs in it; ``characters``: what shows them."""

    data: bytes
    numbers: dict[Glyph, int]
    characters: dict[Glyph, str]


def make(glyphs: Iterable[Glyph]) -> GlyphFont | None:
    """The font of ``glyphs``, each of which may come more than once; None of none. The same glyphs give the same
    bytes."""
    every = list(dict.fromkeys(glyphs))
    if not every:
        return None
    from fontTools.fontBuilder import FontBuilder
    from fontTools.pens.cu2quPen import Cu2QuPen
    from fontTools.pens.recordingPen import RecordingPen
    from fontTools.pens.transformPen import TransformPen
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    def drawn(glyph: Glyph) -> Any:
        pen = TTGlyphPen({})
        record = RecordingPen()
        record.value = list(glyph.outline)
        record.replay(TransformPen(Cu2QuPen(pen, max_err=0.5), (EM, 0, 0, EM, 0, 0)))
        return pen.glyph()

    names = [".notdef", *(f"g{at}" for at in range(1, len(every) + 1))]
    characters, taken = {}, set()
    for at, glyph in enumerate(every):
        alone = len(glyph.letters) == 1 and glyph.letters not in taken
        characters[glyph] = glyph.letters if alone else chr(PRIVATE + at)
        taken.add(characters[glyph])
    builder = FontBuilder(EM, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(characters[glyph]): name for glyph, name in zip(every, names[1:])})
    builder.setupGlyf({".notdef": TTGlyphPen({}).glyph(), **{name: drawn(glyph)
                                                             for glyph, name in zip(every, names[1:])}})
    sides = builder.font["glyf"]
    builder.setupHorizontalMetrics({".notdef": (EM // 2, 0), **{
        name: (max(round(glyph.advance * EM), 0), getattr(sides[name], "xMin", 0))
        for glyph, name in zip(every, names[1:])}})
    builder.setupHorizontalHeader(ascent=round(0.95 * EM), descent=-round(0.3 * EM))
    builder.setupNameTable({"familyName": FAMILY, "styleName": "Regular", "psName": FAMILY.replace(" ", "")})
    builder.setupOS2(sTypoAscender=round(0.95 * EM), sTypoDescender=-round(0.3 * EM))
    builder.setupPost()
    builder.font["head"].created = builder.font["head"].modified = 3_786_912_000  # one day for all: the same bytes
    builder.font.recalcTimestamp = False
    out = io.BytesIO()
    builder.font.save(out)
    return GlyphFont(out.getvalue(), {glyph: at for at, glyph in enumerate(every, 1)}, characters)

