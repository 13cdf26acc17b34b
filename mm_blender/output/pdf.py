"""PDF: a sheet over a picture, its texts as text. The page's font goes in whole and of others what is used, so that
the page is the same anywhere.

After ISO 32000-1: a page with one image, and texts in composite fonts (9.7) whose character codes are the font's own
glyph numbers, with the table (9.10.3) that says which letters they are.
"""
from __future__ import annotations

import io
import math
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..lettering.glyph_font import FAMILY, GlyphFont
from ..lettering.lines import PageText
from ..lettering.page import POINT
from ..lettering.sheet import Sheet

Colour = tuple[float, float, float]


def write(sheet: Sheet, pixels: np.ndarray, colours: Mapping[str, Colour], lines: Sequence = (),
          title: str = "") -> bytes:
    """The file. ``pixels``: (h, w, 3 or 4) uint8, sRGB, the first row on top; it covers the page. ``colours``: of the
    texts by role, sRGB 0 to 1. ``lines``: further ones, (x0, y0, x1, y1) in inches, width in
    points and colour."""
    import pydyf

    pdf = pydyf.PDF()
    width, height = sheet.page.width / POINT, sheet.page.height / POINT
    content = pydyf.Stream(compress=True)
    content.push_state()
    content.set_matrix(width, 0, 0, height, 0, 0)
    content.draw_x_object("Im")
    content.pop_state()
    for (x0, y0, x1, y1), thick, colour in [*lines, *((line, sheet.leader_pt, colours["quiet"])
                                                      for line in sheet.leaders)]:
        content.set_line_width(thick)
        content.set_color_rgb(*colour, stroke=True)
        content.move_to(x0 / POINT, y0 / POINT)
        content.line_to(x1 / POINT, y1 / POINT)
        content.stroke()
    others = sheet.other_letters()
    for text in sheet.texts:
        _show(content, sheet, others, text, colours[text.role])
    image = _image(pdf, pixels)
    fonts = {"F": _page_font(pdf, sheet), **({"G": _glyph_font(pdf, others)} if others else {})}
    pdf.add_object(content)
    pdf.add_page(pydyf.Dictionary({
        "Type": "/Page", "Parent": pdf.pages.reference, "Contents": content.reference,
        "MediaBox": pydyf.Array([0, 0, round(width, 4), round(height, 4)]),
        "Resources": pydyf.Dictionary({"XObject": pydyf.Dictionary({"Im": image}),
                                       "Font": pydyf.Dictionary(fonts)})}))
    if title:
        pdf.info["Title"] = pydyf.String(title)
    out = io.BytesIO()
    pdf.write(out)
    return out.getvalue()


def _show(content: Any, sheet: Sheet, others: GlyphFont | None, text: PageText, colour: Colour) -> None:
    cos, sin = math.cos(math.radians(text.angle)), math.sin(math.radians(text.angle))
    content.begin_text()
    content.set_color_rgb(*colour)
    for run in text.runs:
        x, y = text.origin(run)
        numbers = [others.numbers[glyph] for glyph in run.glyphs] if others and run.glyphs else [
            sheet.font.glyphs.get(ord(letter), 0) for letter in run.text]
        content.set_font_size("G" if run.glyphs else "F", run.size_pt)
        content.set_text_matrix(cos, sin, -sin, cos, x / POINT, y / POINT)
        content.show_text("<" + "".join(f"{number:04x}" for number in numbers) + ">")
    content.end_text()


def _image(pdf: Any, pixels: np.ndarray) -> bytes:
    """The reference of the picture."""
    import pydyf

    def add(channels: np.ndarray, space: str, **more: Any) -> bytes:
        image = pydyf.Stream([zlib.compress(np.ascontiguousarray(channels).tobytes(), 9)], {
            "Type": "/XObject", "Subtype": "/Image", "Width": pixels.shape[1], "Height": pixels.shape[0],
            "ColorSpace": f"/{space}", "BitsPerComponent": 8, "Filter": "/FlateDecode", **more})
        pdf.add_object(image)
        return image.reference

    alpha = {"SMask": add(pixels[..., 3], "DeviceGray")} if pixels.shape[2] == 4 else {}
    return add(pixels[..., :3], "DeviceRGB", **alpha)


def _page_font(pdf: Any, sheet: Sheet) -> bytes:
    font = sheet.font
    used = sorted({letter for text in sheet.texts for run in text.runs if not run.glyphs for letter in run.text})
    letters = {font.glyphs[ord(letter)]: letter for letter in used if ord(letter) in font.glyphs}
    return _font(pdf, font.data, font.family, font.path.suffix.lower() == ".otf", letters,
                 {number: font.advances[ord(letter)] for number, letter in letters.items()},
                 (font.ascent, font.descent, font.cap))


def _glyph_font(pdf: Any, font: GlyphFont) -> bytes:
    return _font(pdf, font.data, FAMILY, False, {number: glyph.letters for glyph, number in font.numbers.items()},
                 {number: glyph.advance for glyph, number in font.numbers.items()}, (0.95, 0.3, 0.7))


def _font(pdf: Any, data: bytes, family: str, compact: bool, letters: Mapping[int, str], widths: Mapping[int, float],
          heights: tuple[float, float, float]) -> bytes:
    """The reference of a font in the file. ``compact``: its outlines are a CFF table's; ``letters``: by the numbers of
    the glyphs that are used, with their ``widths`` in em; ``heights``: ascent, descent and capitals, in em."""
    import pydyf

    name = "/" + ("".join(letter for letter in family if letter.isascii() and letter.isalnum()) or "Font")

    def add(entry: Any) -> bytes:
        pdf.add_object(entry)
        return entry.reference

    file = add(pydyf.Stream([zlib.compress(data, 9)], {
        "Filter": "/FlateDecode", **({"Subtype": "/OpenType"} if compact else {"Length1": len(data)})}))
    ascent, descent, cap = heights
    descriptor = add(pydyf.Dictionary({
        "Type": "/FontDescriptor", "FontName": name, "Flags": 4, "ItalicAngle": 0, "StemV": 80,
        "FontBBox": pydyf.Array([-1000, -1000, 3000, 2000]), "Ascent": round(1000 * ascent),
        "Descent": -round(1000 * descent), "CapHeight": round(1000 * cap),
        "FontFile3" if compact else "FontFile2": file}))
    row = pydyf.Array([])
    for number in sorted(letters):
        row += [number, pydyf.Array([round(1000 * widths[number], 2)])]
    descendant = add(pydyf.Dictionary({
        "Type": "/Font", "Subtype": "/CIDFontType0" if compact else "/CIDFontType2", "BaseFont": name,
        "CIDSystemInfo": pydyf.Dictionary({"Registry": pydyf.String("Adobe"), "Ordering": pydyf.String("Identity"),
                                           "Supplement": 0}),
        "FontDescriptor": descriptor, "DW": 500, "W": row, **({} if compact else {"CIDToGIDMap": "/Identity"})}))
    table = add(pydyf.Stream([_letters(letters)], compress=True))
    return add(pydyf.Dictionary({
        "Type": "/Font", "Subtype": "/Type0", "BaseFont": name, "Encoding": "/Identity-H",
        "DescendantFonts": pydyf.Array([descendant]), "ToUnicode": table}))


def _letters(letters: Mapping[int, str]) -> bytes:
    """The table that says which letters a glyph is, for those who search and copy."""
    entries = [f"<{number:04x}> <{text.encode('utf-16-be').hex()}>" for number, text in sorted(letters.items())]
    blocks = [entries[at:at + 100] for at in range(0, len(entries), 100)]
    return "\n".join([
        "/CIDInit /ProcSet findresource begin", "12 dict begin", "begincmap",
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def", "/CMapName /mm def",
        "/CMapType 2 def", "1 begincodespacerange", "<0000> <ffff>", "endcodespacerange",
        *(line for block in blocks for line in (f"{len(block)} beginbfchar", *block, "endbfchar")),
        "endcmap", "CMapName currentdict /CMap defineresource pop", "end", "end"]).encode("ascii")
