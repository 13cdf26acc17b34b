"""Stories as they are read: what is understood, and what is refused by name."""
import pytest

import mm_blender as mm
from mm_blender.story import presets, reading
from mm_blender.story.beats import Beat

GOOD = b"""
title = "A row"
seconds = 20
[[beat]]
name = "whole"
look = "all"
words = "Two matrices."
[[beat]]
look = ["A", "B[:,0]"]
lit = "current"
sweep = "2 steps"
pace = [24, 12]
meanwhile = false
view = [30, 20]
"""


def test_toml_and_python_say_the_same():
    told = reading.from_toml(GOOD, "good.toml")
    assert told == reading.story({"title": "A row", "seconds": 20, "beat": [
        {"name": "whole", "look": "all", "words": "Two matrices."},
        Beat(look=("A", "B[:,0]"), lit=("current",), sweep="2 steps", pace=(24, 12), view=(30, 20))]})
    assert reading.from_text(reading.as_text(told)) == told


@pytest.mark.parametrize("beat, words", [
    ({"wrods": "x"}, "did you mean 'words'"),
    ({"seconds": 0}, "seconds must be a number above 0"),
    ({"seconds": float("nan")}, "seconds must be a number"),
    ({"seconds": True}, "seconds must be a number"),
    ({"pace": "brisk"}, "there is no pace 'brisk'; known are slow, then faster"),
    ({"pace": []}, "pace is a list of 1 to"),
    ({"look": [1]}, "look must be the name of a matrix"),
    ({"look": ["A"] * 100}, "look has 100 items"),
    ({"fill": 1.5}, "fill must be a number"),
    ({"view": [0, 90]}, "degrees above it"),
    ({"place": "above"}, "place is below or beside"),
    ({"words": "x" * 2000}, "words has 2,000 characters"),
    ({"words": "a\u202eb"}, "turns the direction of writing"),
    ({"sum": 1}, "sum must be true or false"),
    ({"ease": "soft"}, "ease is none or in or out or both"),
    ({"pace": "slow"}, "the beat has no sweep"),
    ({"ease": "in"}, "the beat has no sweep"),
    ({"place": "beside"}, "the beat has no words"),
    ({"hold": -1}, "hold must be a number from 0 to 3600, not -1"),
    ("a beat", "must be a Beat or a table"),
])
def test_a_beat_that_is_not_understood_is_refused_by_its_number(beat, words):
    with pytest.raises(mm.StoryError, match="beat 2") as refused:
        reading.story([{"name": "first"}, beat])
    assert words in str(refused.value)


@pytest.mark.parametrize("body, words", [
    (b"beat = 3", "its beats must be tables"),
    (b"[[beat]]\nname = 'a'\nname = 'b'", "no TOML"),
    (b"\xff\xfe", "no TOML"),
    (b"[" * 10000, "no TOML"),
    (b"colour = 1", "a story has no 'colour'"),
    (b"title = 'nothing'", "a story has a beat at least"),
    (b"[[beat]]\nmeanwhile = true", "there is none beside which"),
])
def test_hostile_toml_is_refused_with_the_name_of_its_file(body, words):
    with pytest.raises(mm.StoryError, match="bad.toml") as refused:
        reading.from_toml(body, "bad.toml")
    assert words in str(refused.value)


def test_how_much_is_read_is_limited():
    with mm.limits(beats=2), pytest.raises(mm.SizeError, match="beats"):
        reading.story([{}] * 3)
    with mm.limits(story_bytes=10), pytest.raises(mm.SizeError, match="story_bytes|a story|bytes"):
        reading.from_toml(GOOD, "good.toml")


def test_what_is_no_story_is_refused(tmp_path):
    for given in (3, tmp_path / "none.toml", "[[beat]]"):
        with pytest.raises(mm.StoryError):
            reading.story(presets.found(given))


@pytest.mark.parametrize("name", sorted(presets.stories()))
def test_every_preset_is_understood(name):
    assert reading.story(presets.stories()[name]).title


@pytest.mark.parametrize("given", [3, None, "", "none.toml", "a\0.toml"])
def test_a_lesson_that_there_is_not_is_refused(given):
    with pytest.raises(mm.StoryError, match="there is no story at"):
        mm.lesson(given)
