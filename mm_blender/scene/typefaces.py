"""Typefaces: the fonts of Blender's text objects."""
from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import bpy
import numpy as np
from mathutils import Vector
from mathutils.geometry import delaunay_2d_cdt

from .. import errors
from ..lettering import fallback, fonts, glyph_font, shaping
from ..lettering.fonts import DEFAULT, Font
from ..lettering.lines import Letters
from ..lettering.page import POINT
from ..lettering.shaping import Glyph
from ..lettering.sheet import Sheet
from ..lettering.texts import SIZE_OF_EM
from ..system import writing
from .blender_types import floats, new_text_curve, there

PIECES = 8              # lines that a curve of a merged outline is drawn in
NOWHERE = "\U0010ffff"  # a code point that no font has a letter for


def load(font: Font) -> bpy.types.VectorFont:
    """Blender's own of ``font``. The default one goes into the file that is saved, which then needs nothing of this
    package."""
    given = bpy.data.fonts.load(str(font.path), check_existing=True)
    if font.path == DEFAULT and not given.packed_file:
        given.pack()
    return given


def unused() -> list[bpy.types.VectorFont]:
    """The fonts that no text has, such as that of a figure which was made: Blender counts each loading as a use."""
    users = bpy.data.user_map(subset=list(bpy.data.fonts))
    return [font for font in bpy.data.fonts if not users[font] and not font.use_fake_user and not font.library]


@contextmanager
def passing() -> Iterator[None]:
    """What is loaded meanwhile goes afterwards, unless a text that stays has it: a file that a person saves would hold
    it, and where it lies on this machine."""
    former = {font.session_uid for font in bpy.data.fonts}
    try:
        yield
    finally:
        bpy.data.batch_remove([font for font in unused() if font.session_uid not in former])


def put(curve: bpy.types.TextCurve, run: Letters, font: Font, loaded: bpy.types.VectorFont) -> None:
    """Give a text object its letters, at their size: Blender scales a font to the box that holds all its glyphs. What
    ``font`` lacks, Blender's own fonts have; it puts them one after another, without what overlaps in
    them, so that letters of scripts with other rules come as glyphs of a small font of their own."""
    curve.body, box = run.text, _size_of_em(run.text) if run.missing else font.box
    if run.glyphs and (run.ruled or run.family and run.family.overlaps):
        curve.font, box, curve.body = _of_glyphs(run.glyphs)
    elif not run.missing:
        curve.font = loaded
    curve.size = run.size_pt * POINT * box


def lacking(letters: str) -> str:
    """Those of ``letters`` that none of Blender's own fonts has."""
    return "".join(letter for letter in letters if not letter.isspace() and blenders_letter(letter) is None)


@lru_cache(maxsize=1024)
def blenders_letter(letter: str) -> Glyph | None:
    """What Blender draws for a letter, of whichever of its fonts has it; None where none has."""
    rings = _splines(letter)
    if not rings:
        return Glyph(letter, ("Blender", letter), 0.3 if letter.isspace() else 0.0, ())
    if np.allclose(_box(rings) / _size_of_em(letter), _box(_splines(NOWHERE)), atol=2e-3):
        return None
    once, twice = (min(place[0] for _, place, _ in _splines(text)[-len(rings)]) for text in (letter, 2 * letter))
    calls: list[tuple] = []
    for ring in rings:
        calls.append(("moveTo", (ring[0][1],)))
        calls += [("curveTo", (before[2], after[0], after[1])) for before, after in zip(ring, [*ring[1:], ring[0]])]
        calls.append(("closePath", ()))
    return Glyph(letter, ("Blender", letter), twice - once, tuple(calls))


def say_missing(sheet: Sheet, ending: str = ".png") -> None:
    """Warn (MMWarning) of letters that no font has, and of such as stand in a wrong order or form, in a file of that
    ending."""
    vector = {".pdf": "are boxes in a PDF", ".svg": "depend on the viewer's fonts in an SVG"}.get(ending)
    every = sheet.missing()
    missing = every if vector else lacking(every)
    advice = "a font that has them is given by font= of figure()" if fallback.can_read() else \
        "the packages fonttools, brotli and uharfbuzz read those that Blender brings; or give one by font= of figure()"
    if missing:
        errors.warn(f"no font that can be read here has the letters {' '.join(missing)}, which "
                    f"{vector or 'are boxes in the picture'}: {advice}")
    if not vector and (unruled := "".join(letter for letter in sheet.unruled() if letter not in missing)):
        errors.warn(f"the letters {' '.join(unruled)} stand one after another in the picture, without the order and "
                    f"the forms that their script asks for: {advice}")


def _of_glyphs(glyphs: tuple[Glyph, ...]) -> tuple[bpy.types.VectorFont, float, str]:
    """A font of ``glyphs``, which is in the file, the height of its box in em, and what shows them."""
    glyphs = tuple(map(_merged, glyphs))
    font = there(glyph_font.make(glyphs))
    name = f"mm letters {hashlib.sha256(font.data).hexdigest()[:12]}"
    with writing.passing(len(font.data)) as folder:
        path = folder / f"{name}.ttf"
        writing.pass_on(path, font.data)
        box = fonts.load(path).box
        given = bpy.data.fonts.get(name)
        if given is None:
            given = bpy.data.fonts.load(str(path))
            given.name = name
            given.pack()
    return given, box, "".join(font.characters[glyph] for glyph in glyphs)


def _merged(glyph: Glyph) -> Glyph:
    """A glyph whose outlines overlap nowhere: Blender leaves out of a letter's face what is in two of them, or twice in
    one. Its curves become short lines."""
    corners, ends = _flattened(glyph)
    if not len(corners):
        return glyph
    points, _, faces, *_ = delaunay_2d_cdt([Vector(corner) for corner in corners.tolist()], ends.tolist(), [], 0, 1e-7)
    places, triangles = np.array([floats(point) for point in points]), np.array(faces)
    kept = triangles[_winding(places[triangles].mean(1), corners[ends]) != 0]
    edges = {(int(a), int(b)) for a, b in np.concatenate([kept[:, [0, 1]], kept[:, [1, 2]], kept[:, [2, 0]]])}
    after: dict[int, list[int]] = {}
    for start, end in sorted(edges):
        if (end, start) not in edges:
            after.setdefault(start, []).append(end)
    calls: list[tuple] = []
    while after:
        at = next(iter(after))
        calls.append(("moveTo", (tuple(places[at].tolist()),)))
        while at in after:
            onward = after[at].pop()
            if not after[at]:
                del after[at]
            at = onward
            calls.append(("lineTo", (tuple(places[at].tolist()),)))
        calls[-1] = ("closePath", ())
    return Glyph(glyph.letters, (*glyph.key, "merged"), glyph.advance, tuple(calls))


def _flattened(glyph: Glyph) -> tuple[np.ndarray, np.ndarray]:
    """The corners (n, 2) of a glyph's outlines, and the two that each of its lines (n, 2) goes between."""
    from fontTools.pens.basePen import BasePen
    from fontTools.pens.recordingPen import RecordingPen

    rings: list[list[tuple[float, float]]] = []

    class Lines(BasePen):  # type: ignore[misc]  # fontTools has no types, and a pen of its is a subclass
        def _moveTo(self, point: tuple[float, float]) -> None:
            rings.append([point])

        def _lineTo(self, point: tuple[float, float]) -> None:
            rings[-1].append(point)

        def _curveToOne(self, *handles: tuple[float, float]) -> None:
            t = (np.arange(PIECES) + 1)[:, None] / PIECES
            a, b, c, d = (np.array(each) for each in (self._getCurrentPoint(), *handles))
            s = 1 - t
            rings[-1].extend(map(tuple, s ** 3 * a + 3 * s ** 2 * t * b + 3 * s * t ** 2 * c + t ** 3 * d))

    record = RecordingPen()
    record.value = list(glyph.outline)
    record.replay(Lines({}))
    starts = np.cumsum([0, *map(len, rings)])
    ends = [(at + n, at + (n + 1) % len(ring)) for at, ring in zip(starts, rings) for n in range(len(ring))]
    return np.array([corner for ring in rings for corner in ring]), np.array(ends)


def _winding(points: np.ndarray, lines: np.ndarray) -> np.ndarray:
    """How often ``lines`` (n, 2, 2) go around each of ``points`` (m, 2): (m,)."""
    (x0, y0), (x1, y1) = lines[:, 0].T, lines[:, 1].T
    x, y = points[:, :1], points[:, 1:]
    left = (x1 - x0) * (y - y0) - (x - x0) * (y1 - y0)
    return ((y0 <= y) & (y1 > y) & (left > 0)).sum(1) - ((y0 > y) & (y1 <= y) & (left < 0)).sum(1)


def _box(rings: list[list[tuple[tuple[float, float], ...]]]) -> np.ndarray:
    """The lower left and upper right corner of outlines (2, 2). Of letters that Blender lacks it is one for all, though
    older Blenders draw each letter's block into it."""
    places = np.array([place for ring in rings for _, place, _ in ring])
    return np.array([places.min(0), places.max(0)])


def _size_of_em(text: str) -> float:
    """How large Blender takes letters to be that measure an em: its first font, which has those of Europe, counts
    otherwise than those that it takes all others from."""
    return SIZE_OF_EM if all(ord(letter) < 0x530 for letter in text) else 1.0


def _splines(text: str) -> list[list[tuple[tuple[float, float], ...]]]:
    """The outlines that Blender draws a text with, of its own fonts, in em: of each its points, a point as the handle
    before it, itself and the handle after it."""
    curve, em = new_text_curve("mm letter"), _size_of_em(text[:1])
    curve.body = text
    obj = bpy.data.objects.new("mm letter", curve)
    try:
        return [[tuple((x * em, y * em) for x, y, _ in map(floats, (point.handle_left, point.co, point.handle_right)))
                 for point in spline.bezier_points]
                for spline in obj.to_curve(bpy.context.evaluated_depsgraph_get()).splines]
    finally:
        obj.to_curve_clear()
        bpy.data.objects.remove(obj)
        bpy.data.curves.remove(curve)


shaping.blenders_letter = blenders_letter
