"""Shaping: a line's letters as they are drawn, each stretch from one font, in its direction and its script's forms.

Most lines are one stretch of a page's own font, whose letters stand one after another. What that font lacks comes from
another (``fallback``); what is written from right to left (``bidi``) or changes with its neighbours goes through
HarfBuzz, where that is installed. What cannot be drawn so is left to whoever draws it, and marked.
"""
from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from . import bidi, fallback
from .fallback import Face
from .fonts import Font

JOINER = "\u200d"
# Blender's own letter, set where Blender runs: what draws letters whose fonts cannot be read for want of brotli
blenders_letter: Callable[[str], Glyph | None] | None = None
Outline = tuple[tuple[str, tuple], ...]  # a pen's calls, in em


@dataclass(frozen=True)
class Glyph:
    """What stands for one or several letters: their outline, from where they begin on the baseline, in em. ``key``
    tells glyphs apart."""

    letters: str
    key: tuple = field(repr=False)
    advance: float = field(compare=False)
    outline: Outline = field(compare=False, repr=False)


@dataclass(frozen=True)
class Stretch:
    """Letters of one font. ``width``: in em; ``level``: odd from right to left (see ``bidi``); ``glyphs``: from the
    left to the right, unless the letters of the page's own font one after another are right; ``missing``: there are
    none; ``ruled``: they are not simply one after another, from the left to the right; ``face``: their font."""

    text: str
    width: float
    level: int = 0
    glyphs: tuple[Glyph, ...] = ()
    missing: bool = False
    ruled: bool = False
    face: Face | None = None

    @cached_property
    def reach(self) -> tuple[float, float] | None:
        """How far its glyphs go above and below the baseline, in em; None where they are not known."""
        heights = [point[1] for glyph in self.glyphs for _, points in glyph.outline for point in points if point]
        return (max(heights), -min(heights)) if heights else None


def stretches(texts: Sequence[str], font: Font) -> list[list[Stretch]]:
    """The stretches of each of ``texts``, which follow each other on one line, in the order in which they are read."""
    texts = [text if text.isascii() else unicodedata.normalize("NFC", text) for text in texts]
    if all(_is_plain(text, font) for text in texts):
        return [[Stretch(text, font.width(text))] if text else [] for text in texts]
    line = "".join(texts)
    levels = bidi.levels(line) if bidi.is_rtl(line) else [0] * len(line)
    out, at = [], 0
    for text in texts:
        out.append(_parted(text, levels[at:at + len(text)], font))
        at += len(text)
    return out


def order(line: Sequence[Stretch]) -> list[int]:
    """The places of a line's stretches from the left to the right."""
    return bidi.order([stretch.level for stretch in line])


def _is_plain(text: str, font: Font) -> bool:
    return text.isascii() and all(map(font.has, text)) or all(
        font.has(letter) and not fallback.is_shaped_by_rules(letter) and not bidi.is_rtl(letter) for letter in text)


def _parted(text: str, levels: list[int], font: Font) -> list[Stretch]:
    pieces = []
    script = ""
    for cluster, level in _clusters(text, levels):
        script = _script(cluster) or ("" if level % 2 else script)  # from right to left, signs stand by themselves
        own = all(map(font.has, cluster))
        by_rules = any(map(fallback.is_shaped_by_rules, cluster))
        plain = own and not by_rules and (level % 2 == 0 or cluster.isspace())
        face = None if plain else fallback.having(cluster, font.path)
        pieces.append((cluster, level, (plain, face, level, "" if plain else script)))
    out = []
    for (plain, face, level, _), group in itertools.groupby(pieces, key=lambda piece: piece[2]):
        joined = "".join(cluster for cluster, _, _ in group)
        out.append(Stretch(joined, font.width(joined), level) if plain else _set(joined, level, face, font))
    return out


def _clusters(text: str, levels: list[int]) -> list[tuple[str, int]]:
    """What must not be parted: a letter with its marks, and what joiners join."""
    out: list[tuple[str, int]] = []
    for letter, level in zip(text, levels):
        follows = unicodedata.category(letter) in ("Mn", "Me", "Mc") or letter == JOINER or letter == "\u200c" \
            or 0x1F3FB <= ord(letter) <= 0x1F3FF or 0xFE00 <= ord(letter) <= 0xFE0F
        if out and (follows or out[-1][0].endswith(JOINER)):
            out[-1] = out[-1][0] + letter, out[-1][1]
        else:
            out.append((letter, level))
    return out


def _script(cluster: str) -> str:
    """The script of a letter, as its name says it; empty for signs, which belong to what they stand in."""
    return unicodedata.name(cluster[0], "").partition(" ")[0] if cluster[0].isalpha() else ""


def _set(text: str, level: int, face: Face | None, font: Font) -> Stretch:
    ruled = level % 2 == 1 or any(map(fallback.is_shaped_by_rules, text))
    glyphs = _glyphs(text, level % 2 == 1, face) if face is not None else None
    if glyphs is None and face is None:
        glyphs = _blenders(text, level % 2 == 1)
    if glyphs is None:
        return Stretch(text, font.width(text), level, (), True, ruled)
    return Stretch(text, sum(glyph.advance for glyph in glyphs), level, glyphs, False, ruled, face)


@lru_cache(maxsize=1024)
def _glyphs(text: str, rtl: bool, face: Face) -> tuple[Glyph, ...] | None:
    """``text`` from the left to the right; None where that cannot be told."""
    if face.shaper is not None:
        return _shaped(text, rtl, face)
    if any(map(fallback.is_shaped_by_rules, text)):
        return None
    out = []
    for letter in reversed(text) if rtl else text:
        shown = bidi.MIRRORED.get(letter, letter) if rtl else letter
        name = face.letters.get(ord(shown))
        if name is None:
            return None
        pen, kept = _recorded(1 / face.em, glyphs=face.glyphs)
        face.glyphs[name].draw(pen)
        out.append(Glyph(shown, (face.path, name), face.glyphs[name].width / face.em, tuple(kept.value)))
    return tuple(out)


def _blenders(text: str, rtl: bool) -> tuple[Glyph, ...] | None:
    """``text`` from the left to the right as Blender draws it; None where it cannot, or does not know the rules."""
    if blenders_letter is None or not fallback.can_write() or any(map(fallback.is_shaped_by_rules, text)):
        return None
    shown = [bidi.MIRRORED.get(letter, letter) for letter in reversed(text)] if rtl else text
    glyphs = [glyph for letter in shown if (glyph := blenders_letter(letter)) is not None]
    return tuple(glyphs) if len(glyphs) == len(shown) else None


def _shaped(text: str, rtl: bool, face: Face) -> tuple[Glyph, ...] | None:
    """A glyph a cluster, in the forms and at the places that the font's rules give them."""
    import uharfbuzz

    buffer = uharfbuzz.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    buffer.direction = "rtl" if rtl else "ltr"
    uharfbuzz.shape(face.shaper, buffer)
    drawn = list(zip(buffer.glyph_infos, buffer.glyph_positions))
    if any(info.codepoint == 0 for info, _ in drawn):
        return None
    starts = sorted({info.cluster for info, _ in drawn})
    ends = dict(zip(starts, [*starts[1:], len(text)]))
    out = []
    for start, group in itertools.groupby(drawn, key=lambda pair: pair[0].cluster):
        x, calls = 0, []
        key: list[Any] = [face.path]
        for info, place in group:
            pen, kept = _recorded(1 / face.em, x + place.x_offset, place.y_offset)
            face.shaper.draw_glyph_with_pen(info.codepoint, pen)
            calls += kept.value
            key.append((info.codepoint, x + place.x_offset, place.y_offset))
            x += place.x_advance
        letters = text[start:ends[start]]
        out.append(Glyph(bidi.MIRRORED.get(letters, letters) if rtl else letters, (*key, x), x / face.em, tuple(calls)))
    return tuple(out)


def _recorded(scale: float, x: float = 0.0, y: float = 0.0, glyphs: Any = None) -> tuple[Any, Any]:
    """A pen to draw with, and what keeps it as moved and scaled. ``glyphs``: what components are found in."""
    from fontTools.pens.recordingPen import DecomposingRecordingPen
    from fontTools.pens.transformPen import TransformPen

    kept = DecomposingRecordingPen(glyphs or {})
    return TransformPen(kept, (scale, 0, 0, scale, x * scale, y * scale)), kept
