"""Fonts say how wide and how high their letters are."""
import pytest

from mm_blender.errors import DataError
from mm_blender.lettering import fonts


def test_the_default_font():
    font = fonts.load()
    assert font.path == fonts.path() and font.path.is_file() and font.family == "Inter mm"
    # from the font's own specification (Inter 4.001): units of 1 / 2048 em
    assert (font.cap, font.x, font.ascent, font.descent) == (1490 / 2048, 1118 / 2048, 1984 / 2048, 494 / 2048)
    assert font.width("WW") == 2 * font.width("W") > 2 * font.width("i") > 0
    assert all(map(font.has, "Aαλ×−′√ĞØ…")) and not font.has("中")


def test_letters_that_a_font_has_not_are_estimated():
    font = fonts.load()
    assert font.width("中") == fonts.WIDE and font.width("\u200d") == 0 and font.width("\ua500") == fonts.NARROW


def test_every_letter_of_the_greek_names_is_there():
    from mm_blender.lettering import typeset

    missing = {letter for letter in "".join(typeset.TEX.values()) if not fonts.load().has(letter)}
    assert missing <= set("⊙⋯∈∇")  # Inter has no such sign: Blender's fallback fonts have


def test_there_is_a_licence_beside_it():
    text = (fonts.path().parent / "OFL.txt").read_text("utf-8")
    assert "Inter Project Authors" in text and "SIL OPEN FONT LICENSE Version 1.1" in text


@pytest.mark.parametrize("content, says", [(b"", "no font"), (b"wOF2" + bytes(100), "no font"),
                                           (b"\0\1\0\0" + bytes(3), "no font"), (None, "cannot be read")])
def test_what_is_no_font(tmp_path, content, says):
    file = tmp_path / "a.ttf"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(DataError, match=says):
        fonts.load(file)


def test_a_font_cut_short(tmp_path):
    whole = fonts.path().read_bytes()
    for length in range(0, len(whole), 977):
        (tmp_path / "cut.ttf").write_bytes(whole[:length])
        try:
            fonts.load(tmp_path / "cut.ttf").width("abc")
        except DataError:
            pass
