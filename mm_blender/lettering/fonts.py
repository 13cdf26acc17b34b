"""Fonts: how wide and how high letters are, read from .ttf and .otf files.

The default is a part of Inter that comes with this package (``scripts/make_font`` makes it from Blender's). Only the
tables that say where a line's letters stand are read (OpenType 1.9: head, hhea, OS/2, hmtx, cmap, name).
"""
from __future__ import annotations

import os
import struct
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from ..data.files import read_whole
from ..data.foreign import foreign
from ..errors import DataError
from ..system import folders

DEFAULT = Path(__file__).with_name("typefaces") / "Inter-mm.ttf"
WIDE, NARROW = 1.0, 0.62  # em, of letters that are not in the font: East Asian ones and others


@dataclass(frozen=True)
class Font:
    """All lengths are shares of the em, which is what a size in points measures.

    ``ascent``, ``descent`` (below the baseline, positive): of a line; ``cap``, ``x``: heights of H and of x;
    ``box``: height of the box that holds any glyph, to which Blender scales a font. ``advances`` and ``glyphs`` (their
    numbers in the file) are by code point.
    """

    path: Path
    family: str
    ascent: float
    descent: float
    cap: float
    x: float
    box: float
    advances: dict[int, float] = field(repr=False)
    glyphs: dict[int, int] = field(repr=False)

    @property
    def data(self) -> bytes:
        """The file as it is now, to go into a page. Raises DataError, SizeError."""
        return read_whole(self.path, "font_bytes")

    def has(self, letter: str) -> bool:
        """Whether the font has a glyph for ``letter``."""
        return ord(letter) in self.advances

    def width(self, text: str) -> float:
        """How far a line of ``text`` goes on, without kerning; letters that another font must give are estimated."""
        return sum(self.advances[ord(letter)] if self.has(letter) else _estimate(letter) for letter in text)


def path() -> Path:
    """The file of the default font: TrueType, free to embed (SIL Open Font License)."""
    return DEFAULT


def load(file: str | os.PathLike | None = None) -> Font:
    """The font in ``file`` (.ttf, .otf, or the first of a .ttc), the default one without. Raises DataError."""
    where = folders.expanded(file).absolute() if file else DEFAULT
    try:
        stamp = where.stat().st_mtime_ns
    except OSError as error:
        raise DataError(f"the font {where} cannot be read: {error.strerror or error}") from None
    except ValueError as error:  # a null byte, or letters that no file system has
        raise DataError(f"the font {str(where)!r} is no name of a file: {error}") from None
    return _load(where, stamp)


@lru_cache(maxsize=16)
def _load(where: Path, stamp: int) -> Font:
    data = read_whole(where, "font_bytes")
    with foreign(where, "font that can be read: give a .ttf or .otf file"):
        return _parse(where, data)


def _parse(where: Path, data: bytes) -> Font:
    start = struct.unpack_from(">I", data, 12)[0] if data[:4] == b"ttcf" else 0
    if data[start:start + 4] not in (b"\0\1\0\0", b"OTTO", b"true"):
        raise ValueError("no OpenType")
    tables = {}
    for at in range(struct.unpack_from(">H", data, start + 4)[0]):
        tag, _, offset, length = struct.unpack_from(">4sIII", data, start + 12 + 16 * at)
        tables[tag.decode("ascii")] = data[offset:offset + length]
    em, = struct.unpack_from(">H", tables["head"], 18)
    y_low, y_high = struct.unpack_from(">h", tables["head"], 38)[0], struct.unpack_from(">h", tables["head"], 42)[0]
    ascent, descent = struct.unpack_from(">hh", tables["hhea"], 4)
    longs, = struct.unpack_from(">H", tables["hhea"], 34)
    widths = [width for width, _ in struct.iter_unpack(">Hh", tables["hmtx"][:4 * longs])]
    glyphs = _characters(tables["cmap"])
    advances = {code: widths[min(glyph, longs - 1)] / em for code, glyph in glyphs.items()}
    x, cap = 0.52 * em, 0.72 * em  # of most fonts
    os2 = tables.get("OS/2", b"")
    if len(os2) >= 90 and struct.unpack_from(">H", os2)[0] >= 2:
        given = struct.unpack_from(">hh", os2, 86)
        x, cap = given[0] or x, given[1] or cap
    return Font(where, _family(tables.get("name", b"")) or where.stem, ascent / em, -descent / em, cap / em, x / em,
                (y_high - y_low) / em, advances, glyphs)


def _characters(table: bytes) -> dict[int, int]:
    """Glyphs by code point, of the best of a font's character maps (formats 4 and 12)."""
    best: tuple[int, int] | None = None
    for at in range(struct.unpack_from(">H", table, 2)[0]):
        platform, encoding, offset = struct.unpack_from(">HHI", table, 4 + 8 * at)
        form, = struct.unpack_from(">H", table, offset)
        if form in (4, 12) and (platform == 0 or platform == 3 and encoding in (0, 1, 10)):
            best = max(best or (0, 0), (form, offset))
    if best is None:
        raise ValueError("no character map")
    form, at = best
    out: dict[int, int] = {}
    spent = 0
    if form == 12:
        for group in range(struct.unpack_from(">I", table, at + 12)[0]):
            first, last, glyph = struct.unpack_from(">III", table, at + 16 + 12 * group)
            if last > 0x10FFFF:
                raise ValueError("no code point")
            _check_count(spent := spent + max(0, last + 1 - first))
            out.update((code, glyph + code - first) for code in range(first, last + 1))
        return out
    twice, = struct.unpack_from(">H", table, at + 6)
    for segment in range(0, twice, 2):
        last, = struct.unpack_from(">H", table, at + 14 + segment)
        first, = struct.unpack_from(">H", table, at + 16 + twice + segment)
        delta, = struct.unpack_from(">H", table, at + 16 + 2 * twice + segment)
        place = at + 16 + 3 * twice + segment
        offset, = struct.unpack_from(">H", table, place)
        _check_count(spent := spent + max(0, last + 1 - first))
        for code in range(first, min(last, 0xFFFE) + 1):
            glyph = code
            if offset:
                glyph, = struct.unpack_from(">H", table, place + offset + 2 * (code - first))
                if not glyph:
                    continue
            glyph = (glyph + delta) % 65536
            if glyph:
                out[code] = glyph
    return out


def _check_count(codes: int) -> None:
    """Raise ValueError for more letters than there are: a map whose parts lie one over the other takes for ever."""
    if codes > 0x110000:
        raise ValueError("its character map names letters more than once")


def _family(table: bytes) -> str:
    """The font's family name, if it says one in Unicode."""
    if len(table) < 6:
        return ""
    count, strings = struct.unpack_from(">HH", table, 2)
    for at in range(count):
        platform, _, _, number, length, offset = struct.unpack_from(">6H", table, 6 + 12 * at)
        if number == 1 and platform in (0, 3):
            return table[strings + offset:strings + offset + length].decode("utf-16-be")
    return ""


def _estimate(letter: str) -> float:
    if unicodedata.combining(letter) or unicodedata.category(letter) in ("Cf", "Mn"):
        return 0.0
    return WIDE if unicodedata.east_asian_width(letter) in "WF" else NARROW
