"""The formats of files that are written: one record says all that is asked of one."""
from pathlib import Path

import pytest

from mm_blender.output import formats
from mm_blender.system import file_formats
from mm_blender.system.whole import pages, pictures


def test_every_ending_is_of_one_format():
    endings = [ending for each in file_formats.FORMATS for ending in each.endings]
    assert len(endings) == len(set(endings))
    assert all(ending == ending.lower() and ending[0] == "." for ending in endings)
    assert len({each.title for each in file_formats.FORMATS}) == len(file_formats.FORMATS)


def test_which_verb_writes_what():
    assert file_formats.endings("render") == formats.ENDINGS == (".png", ".webp", ".mp4", ".webm", ".gif")
    assert set(file_formats.endings("figure")) == {".png", ".pdf", ".svg", ".jpg", ".jpeg", ".webp", ".tif", ".tiff",
                                                   ".exr"}
    assert file_formats.endings("save") == (".blend",) and not file_formats.endings("sing")


def test_what_goes_into_a_figure_says_what_blender_renders_for_it_and_what_it_is():
    for each in file_formats.written_by("figure"):
        assert each.blender and each.about and each.media, each.title


def test_the_format_of_a_path():
    assert file_formats.of(Path("a/B.JPEG")).whole is pictures.jpeg
    assert file_formats.of(Path("a.svg")).whole is pages.svg
    assert file_formats.is_known(Path("x.Md")) and not file_formats.is_known(Path("md"))
    with pytest.raises(KeyError):
        file_formats.of(Path("a.avi"))
