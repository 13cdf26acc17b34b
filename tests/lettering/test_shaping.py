"""Letters of every script: from which font, in which order and form."""
import importlib.util
import io
import re
import zlib

import numpy as np
import pytest

from mm_blender.lettering import fallback, fonts, glyph_font, lines, shaping, sheet, typeset
from mm_blender.lettering.page import Page
from mm_blender.output import pdf, svg

pytestmark = pytest.mark.skipif(not (fallback.can_read() and fallback.blenders()), reason="no fonts of Blender")
FONT = fonts.load()
INK = {"text": (0.0, 0.0, 0.0), "quiet": (0.5, 0.5, 0.5)}


def line(text: str, size: float = 10.0) -> lines.PageText:
    return lines.line(typeset.words(text), FONT, size, "text", "title")


def one(text: str) -> shaping.Stretch:
    (found,), = shaping.stretches([text], FONT)
    return found


def paper(*texts: str) -> sheet.Sheet:
    made = sheet.Sheet(Page(6, 4), FONT)
    made.texts += [line(text).moved(0.2, 3.5 - 0.3 * at) for at, text in enumerate(texts)]
    return made


@pytest.mark.parametrize("text, family", [
    ("注意力", "Noto Sans CJK"), ("カタカナ", "Noto Sans CJK"), ("한국어", "Noto Sans CJK"),
    ("שלום", "Noto Sans Hebrew"),
    ("انتباه", "Noto Sans Arabic"), ("ध्यान", "Noto Sans Devanagari"), ("মনোযোগ", "Noto Sans Bengali"),
    ("கவனம்", "Noto Sans Tamil"), ("ความสนใจ", "Noto Sans Thai"), ("ყურადღება", "Noto Sans Georgian"),
    ("ትኩረት", "Noto Sans Ethiopic"), ("😀", "Noto Emoji"), ("∇⊙⋯", "Noto Sans Math"), ("x́", "Inter")])
def test_a_script_has_its_font(text, family):
    found = one(text)
    assert found.face.family.startswith(family) and not found.missing
    assert sorted("".join(glyph.letters for glyph in found.glyphs)) == sorted(text)
    assert found.width > 0 and all(glyph.outline for glyph in found.glyphs)


@pytest.mark.parametrize("text", ["K", "Über café αβγ", "внимание", "Điện", "e\u0301", "→ ×"])
def test_the_page_has_its_own(text):
    found = one(text)
    assert not found.glyphs and not found.missing and found.width == pytest.approx(FONT.width(found.text))


@pytest.mark.parametrize("text", ["ཨོཾ", "𓀀", "ᚠ"])
def test_letters_of_no_font_are_missing(text):
    assert one(text).missing and paper(f"a {text}").missing() == text


def test_letters_join_and_turn():
    """ba is another in the middle of a word than alone, and the first letter stands on the right."""
    alone, word = one("ب").glyphs, one("ببب").glyphs
    assert len(word) == 3 and len({glyph.key for glyph in (*alone, *word)}) == 4
    assert [glyph.letters for glyph in one("אב").glyphs] == ["ב", "א"]


def test_marks_and_joined_letters_are_one():
    assert [glyph.letters for glyph in one("क्षि").glyphs] == ["क्षि"]
    family = one("👩\u200d👩\u200d👧")
    assert len(family.glyphs) == 1 and family.width == pytest.approx(one("😀").width, rel=0.2)


def test_a_line_in_both_directions():
    text = line("a אב (ג) 12")
    left = {run.text: run.dx for run in text.runs}
    assert list(left)[:3] == ["a ", "אב", " "]  # kept as they are read
    assert left["a "] < left["12"] < left["ג"] < left["אב"]
    opened, closed = (next(run for run in text.runs if run.text == bracket) for bracket in "()")
    assert opened.dx > closed.dx and opened.glyphs[0].letters == ")"  # turned towards what it holds
    assert text.width == pytest.approx(sum(run.width for run in text.runs))


def test_what_is_high_has_room():
    assert line("ที่").ascent > line("a").ascent and line("ญู").descent > line("ก").descent


def test_long_lines_of_letters_without_spaces_are_broken():
    paragraph = lines.paragraph("注意力就是你所需要的。" * 4, FONT, 8, 1.5, "text", "title")
    assert len(paragraph) > 2 and all(each.width <= 1.5 for each in paragraph)
    assert "".join(each.text for each in paragraph) == "注意力就是你所需要的。" * 4
    assert not any(each.text.startswith("。") for each in paragraph)


def test_a_font_of_glyphs_draws_what_the_fonts_draw():
    from fontTools.pens.areaPen import AreaPen
    from fontTools.ttLib import TTFont

    glyphs = (*one("注意").glyphs, *one("ببب").glyphs)
    made = glyph_font.make((*glyphs, glyphs[0]))
    assert made.data == glyph_font.make(glyphs).data and glyph_font.make([]) is None
    font = TTFont(io.BytesIO(made.data))
    held, source = font.getGlyphSet(), fallback.having("注", FONT.path)
    for letter in "注意":
        areas = []
        for glyph_set, letters, em in ((held, font.getBestCmap(), glyph_font.EM),
                                       (source.glyphs, source.letters, source.em)):
            pen = AreaPen()
            glyph_set[letters[ord(letter)]].draw(pen)
            areas.append(abs(pen.value) / em ** 2)
            assert glyph_set[letters[ord(letter)]].width / em == 1.0
        assert areas[0] == pytest.approx(areas[1], rel=0.01)
    assert sorted(made.numbers.values()) == [1, 2, 3, 4, 5] and len(set(made.characters.values())) == 5


TITLES = ["注意力 attention", "שלום (עולם) 12", "الانتباه هو كل ما تحتاجه", "ध्यान क्षत्रिय", "ความสนใจ น้ำ", "😀 внимание",
          "$\\nabla_注 x^T$"]


def test_a_pdf_shows_every_letter():
    made = paper(*TITLES)
    data = pdf.write(made, np.full((2, 2, 3), 255, np.uint8), INK)
    assert data == pdf.write(made, np.full((2, 2, 3), 255, np.uint8), INK)
    text = b"".join(zlib.decompress(each) for each in re.findall(rb"stream\r?\n(x.*?)\r?\nendstream", data, re.S))
    shown = [digits[at:at + 4] for digits in re.findall(rb"<([0-9a-f]+)>\s*(?:\]\s*TJ|Tj)", text)
             for at in range(0, len(digits), 4)]
    assert len(shown) > 60 and b"0000" not in shown
    table = "".join(bytes.fromhex(letters.decode()).decode("utf-16-be")
                    for letters in re.findall(rb"<[0-9a-f]{4}> <([0-9a-f]+)>", text))
    assert set("".join(TITLES)) - set("$\\nabl_^ ") <= {*table}


def test_an_svg_brings_every_letter():
    import base64

    from fontTools.ttLib import TTFont

    text = svg.write(paper(*TITLES), b"", INK).decode("utf-8")
    held = set()
    for data in re.findall(r"src: url\(data:font/\w+;base64,([^)]+)\)", text):
        held |= set(map(chr, TTFont(io.BytesIO(base64.b64decode(data))).getBestCmap()))
    words = "".join(re.findall(r">([^<>]*)</tspan>", text))
    assert set(words) <= held
    assert all(word in words for title in TITLES[:-1] for word in re.findall(r"\w+", title))


def test_without_what_reads_fonts(monkeypatch):
    """Letters that follow each other plainly come from Blender where it runs; the others are missing, and said so."""
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if name in ("brotli", "uharfbuzz")
                        else found(name, *more))
    fallback.face.cache_clear()
    monkeypatch.setattr(shaping, "blenders_letter", None)
    try:
        assert not fallback.can_read() and one("注").missing and one("ب").missing
        box = (("moveTo", ((0.0, 0.0),)), ("lineTo", ((0.0, 0.7),)), ("lineTo", ((0.7, 0.0),)), ("closePath", ()))
        monkeypatch.setattr(shaping, "blenders_letter", lambda letter: shaping.Glyph(letter, (letter,), 0.9, box))
        assert one("注意").width == pytest.approx(1.8) and not one("注意").missing and one("ب").missing
        assert [glyph.letters for glyph in one("אב").glyphs] == ["ב", "א"]
    finally:
        fallback.face.cache_clear()
