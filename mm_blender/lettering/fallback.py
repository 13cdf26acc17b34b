"""Fallback: the fonts that have the letters which a page's font lacks, and the outlines of those letters.

They are the ones that come with Blender (Noto, under the SIL Open Font License), a font a script, from which Blender
takes such letters in pictures; they are read by fontTools and brotli where these are installed.
"""
from __future__ import annotations

import importlib.util
import io
import sys
import unicodedata
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from ..data.foreign import foreign
from ..errors import DataError
from . import fonts

WIDE_FIRST = ("Noto Sans CJK", "NotoEmoji")  # which are large, so that they are opened last for other letters
LAST = ("DejaVuSansMono",)                   # has letters of many scripts, all of one width


class Face:
    """A font's file: which letters it has, and what they look like. Lengths are shares of the em."""

    def __init__(self, path: Path):
        from fontTools.ttLib import TTFont

        self.path = path
        number = 0 if path.suffix.lower() in (".ttc", ".otc") else -1
        self.font = TTFont(path, lazy=True, fontNumber=number, recalcBBoxes=False, recalcTimestamp=False)
        self.letters: dict[int, str] = self.font.getBestCmap() or {}
        self.em = self.font["head"].unitsPerEm

    @property
    def family(self) -> str:
        """The name that the font gives its family, or else that of its file."""
        return self.font["name"].getBestFamilyName() or self.path.stem

    @property
    def overlaps(self) -> bool:
        """Whether outlines of a letter may overlap, as they do in fonts of many weights."""
        return "fvar" in self.font

    @cached_property
    def data(self) -> bytes:
        """The file as OpenType, whatever it is packed in."""
        out = io.BytesIO()
        flavor, self.font.flavor = self.font.flavor, None
        self.font.save(out, reorderTables=None)
        self.font.flavor = flavor
        return out.getvalue()

    @cached_property
    def glyphs(self) -> Any:
        """fontTools' glyphs by name."""
        return self.font.getGlyphSet()

    def part(self, letters: str) -> bytes:
        """A font of ``letters`` alone, with the rules that they are set by, upright and of the usual weight."""
        from fontTools.subset import Options, Subsetter
        from fontTools.ttLib import TTFont

        font = TTFont(io.BytesIO(self.data), recalcTimestamp=False)
        subsetter = Subsetter(Options(layout_features=["*"], hinting=False, notdef_outline=True,
                                      name_IDs=[1, 2, 13, 14]))
        subsetter.populate(text=letters)
        subsetter.subset(font)
        out = io.BytesIO()
        font.save(out)
        return out.getvalue()

    @cached_property
    def shaper(self) -> Any:
        """uharfbuzz's font, or None where that is not installed."""
        if not importlib.util.find_spec("uharfbuzz"):
            return None
        import uharfbuzz

        return uharfbuzz.Font(uharfbuzz.Face(self.data))


def can_read() -> bool:
    """Whether what reads other fonts and their rules is installed."""
    return all(map(importlib.util.find_spec, ("fontTools", "brotli", "uharfbuzz")))


def can_write() -> bool:
    """Whether what makes fonts is installed."""
    return importlib.util.find_spec("fontTools") is not None


@lru_cache(maxsize=64)
def face(path: Path) -> Face | None:
    """The font in a file; None where it cannot be read, as for want of fontTools, or of brotli for a .woff2."""
    if not can_write() or path.suffix == ".woff2" and not importlib.util.find_spec("brotli"):
        return None
    try:
        with foreign(path):
            return Face(path)
    except DataError:
        return None


@lru_cache(maxsize=1)
def blenders() -> tuple[Path, ...]:
    """The fonts of the Blender at hand, which is not started for it; none without."""
    bpy = sys.modules.get("bpy")
    if bpy is not None and hasattr(bpy, "utils"):
        roots = [Path(bpy.utils.resource_path("LOCAL")), Path(bpy.utils.resource_path("SYSTEM"))]
    else:
        found = importlib.util.find_spec("bpy")
        roots = [path for place in (found.submodule_search_locations or () if found else ())
                 for path in sorted(Path(place).iterdir()) if path.is_dir()]
    for root in roots:
        there = [path for path in sorted((root / "datafiles" / "fonts").glob("*.woff2"))
                 if not path.stem.startswith("lastresort")]  # whose letters are boxes
        if there:
            return tuple(there)
    return ()


def having(letters: str, first: Path) -> Face | None:
    """The first font that has all ``letters``: the one in the file ``first``, our own, or one of Blender's."""
    needed = {ord(letter) for letter in letters if not _is_ignorable(letter)}
    for path in (first, fonts.DEFAULT, *_candidates(letters)):
        found = face(path)
        if found is not None and all(code in found.letters for code in needed):
            return found
    return None


def is_shaped_by_rules(letter: str) -> bool:
    """Whether a letter's look or place depends on its neighbours, as in Arabic and the scripts of India."""
    code = ord(letter)
    if code < 0x300:
        return False
    return (unicodedata.bidirectional(letter) in ("AL",) or unicodedata.category(letter) in ("Mn", "Me", "Mc", "Cf")
            or any(low <= code <= high for low, high in _BY_RULES))


_BY_RULES = ((0x0700, 0x08FF), (0x0900, 0x0DFF), (0x0E00, 0x0EFF), (0x0F00, 0x109F), (0x1100, 0x11FF),
             (0x1700, 0x18AF), (0x1900, 0x1CFF), (0xA800, 0xABFF), (0x10A00, 0x11FFF), (0x1F1E6, 0x1F1FF),
             (0x1F3FB, 0x1F3FF))


def _candidates(letters: str) -> list[Path]:
    wide = any(unicodedata.east_asian_width(letter) in "WF" for letter in letters)

    def rank(path: Path) -> tuple[int, str]:
        if path.name.startswith(LAST):
            return 2, path.name
        return (0 if wide else 1) if path.name.startswith(WIDE_FIRST) else int(wide), path.name
    return sorted(blenders(), key=rank)


def _is_ignorable(letter: str) -> bool:
    """Of what nothing is seen: joiners, variation selectors, marks of direction."""
    return unicodedata.category(letter) == "Cf" or 0xFE00 <= ord(letter) <= 0xFE0F or 0xE0100 <= ord(letter) <= 0xE01EF
