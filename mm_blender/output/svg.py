"""SVG: a sheet over a picture, its texts as text with the fonts inside. After SVG 1.1; a user unit is a point.

Letters that the page's font lacks come with a part of another, with the rules by which a viewer sets them.
"""
from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

from ..lettering import bidi
from ..lettering.fallback import Face
from ..lettering.lines import Letters
from ..lettering.page import POINT
from ..lettering.sheet import Sheet

Colour = tuple[float, float, float]


def write(sheet: Sheet, picture: bytes, colours: Mapping[str, Colour], lines: Sequence = (), title: str = "") -> bytes:
    """The file. ``picture``: a PNG file, which covers the page; the rest as for ``pdf.write``."""
    width, height = sheet.page.width / POINT, sheet.page.height / POINT
    family, kind = sheet.font.family, "opentype" if sheet.font.path.suffix.lower() == ".otf" else "truetype"
    out = ['<?xml version="1.0" encoding="UTF-8"?>',
           '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
           f'width="{sheet.page.width:g}in" height="{sheet.page.height:g}in" viewBox="0 0 {width:.6g} {height:.6g}">']
    if title:
        out.append(f"<title>{escape(title)}</title>")
    used: dict[Face, str] = {}
    for text in sheet.texts:
        for run in text.runs:
            if run.family and run.family.path != sheet.font.path:
                used[run.family] = used.get(run.family, "") + run.text
    others = {face: f"mm letters {at}" for at, face in enumerate(used, 1)}
    if sheet.texts:
        faces = [_face(family, kind, sheet.font.data)]
        faces += [_face(name, "truetype" if face.font.sfntVersion == "\0\1\0\0" else "opentype",
                        face.part(used[face])) for face, name in others.items()]
        out.append(f"<style>{' '.join(faces)}</style>")
    out.append(f'<image x="0" y="0" width="{width:.6g}" height="{height:.6g}" preserveAspectRatio="none" '
               f'xlink:href="data:image/png;base64,{_text(picture)}"/>')
    out.append('<g fill="none">')
    for (x0, y0, x1, y1), thick, colour in [*lines, *((line, sheet.leader_pt, colours["quiet"])
                                                      for line in sheet.leaders)]:
        out.append(f'<line x1="{x0 / POINT:.3f}" y1="{height - y0 / POINT:.3f}" x2="{x1 / POINT:.3f}" '
                   f'y2="{height - y1 / POINT:.3f}" stroke="{_hex(colour)}" stroke-width="{thick:g}"/>')
    out += ["</g>", f"<g font-family={quoteattr(_families(family))}>"]
    for text in sheet.texts:
        runs = "".join(_run(run, others.get(run.family, "") if run.family else "") for run in text.runs)
        out.append(f'<text transform="translate({text.x / POINT:.3f} {height - text.y / POINT:.3f}) '
                   f'rotate({-text.angle:.3f})" fill="{_hex(colours[text.role])}" xml:space="preserve" '
                   f"class={quoteattr(text.kind)}>{runs}</text>")
    return "\n".join([*out, "</g>", "</svg>", ""]).encode("utf-8")


def _run(run: Letters, family: str) -> str:
    other = f" font-family={quoteattr(_families(family))}" if family else ""
    turned = run.glyphs and run.ruled and not bidi.is_rtl(run.text)  # brackets, which a viewer does not mirror alone
    text = "".join(glyph.letters for glyph in run.glyphs) if turned else run.text
    return (f'<tspan x="{run.dx / POINT:.3f}" y="{-run.dy / POINT:.3f}" font-size="{run.size_pt:g}"{other}>'
            f"{escape(text)}</tspan>")


def _families(name: str) -> str:
    """A font, and for a viewer that takes none from a file, whatever it has."""
    return f"'{name}', sans-serif"


def _face(family: str, kind: str, data: bytes) -> str:
    return (f"@font-face {{ font-family: {quoteattr(family)}; src: url(data:font/{kind};base64,{_text(data)}) "
            f"format('{kind}'); }}")


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _hex(colour: Colour) -> str:
    return "#" + "".join(f"{round(255 * min(max(c, 0.0), 1.0)):02x}" for c in colour)
