"""Stories compiled: when what happens, and what cannot happen at once."""
import numpy as np
import pytest

import mm_blender as mm
from mm_blender.layout.framing import Camera
from mm_blender.layout.pace import CURVES, SLOW
from mm_blender.story import captions, pace, presets, reading, targets, telling, timeline
from mm_blender.story.beats import Beat
from mm_blender.story.camera_path import direction

A, B = [[1, 2, 3], [4, 5, 6]], [[7, 8], [9, 1], [2, 3]]


def product(algorithm="dotprod (row major)", **options):
    return mm.visualize("C = A @ B", {"A": A, "B": B}, settings={"anim.alg": algorithm}, **options).document


def told(*beats, document=None, aspect=16 / 9, seconds=None, **options):
    return timeline.compiled(reading.story(list(beats), seconds), document or product(**options), aspect, 24.0)


def refused(*beats, **more):
    with pytest.raises(mm.StoryError) as error:
        told(*beats, **more)
    return str(error.value)


def seen(told, frame=-1):
    """The camera of a key."""
    key = told.camera[frame]
    target = np.array(key.target)
    return Camera(target + key.distance * direction(key.turn, key.above), target, told.fov,
                  "orthographic" if told.parallel else "perspective")


@pytest.mark.parametrize("text, part", [
    ("A", (0, 0, 2, 3)), ("A[1,:]", (1, 0, 1, 3)), ("A[:, -1]", (0, 2, 2, 1)), ("root.left[0:1, 1:]", (0, 1, 1, 2)),
    ("result[1,0]", (1, 0, 1, 1))])
def test_parts_are_named_as_in_numpy(text, part):
    found = targets.find(product(), text)
    assert (found.row, found.col, found.rows, found.cols) == part


@pytest.mark.parametrize("text", ["A[2,:]", "A[0]", "A[0,0,0]", "A[,]", "A[1:1,:]", "A[a,:]", "D", "", "A[0,:"])
def test_parts_that_there_are_not_are_refused(text):
    with pytest.raises(mm.StoryError):
        targets.find(product(), text)


def test_rows_are_those_of_the_matrix_where_it_is_shown_reduced_or_in_part():
    sizes = {"A.h": 20, "A.w": 20, "B.w": 20, "anim.alg": "vmprod"}
    reduced, part = (mm.visualize("C = A @ B", settings=sizes, **options).document
                     for options in ({"cells": 300}, {"show": "4…3"}))
    factor = reduced.tree.rows.factor
    found = targets.find(reduced, "C[17,:]")
    assert factor > 1 and (found.row, found.rows, found.cols) == (17 // factor, 1, reduced.tree.w)
    assert targets.find(reduced, "C[0:20,-1]").rows == reduced.tree.h
    found = targets.find(part, "C[18,:]")
    assert (found.row, found.rows) == (5, 1) and targets.find(part, "C[17:20,0]").rows == 3
    with pytest.raises(mm.StoryError, match="of 20 rows the first 4 and the last 3 are shown"):
        targets.find(part, "C[10,:]")
    assert "C is shown reduced, and its cells have no sums" in refused(
        {"sweep": "start"}, {"sweep": "1 step", "sum": True}, document=reduced)
    assert "C is shown in part (show=), where no sweep is seen" in refused({"sweep": "start"}, document=part)


def test_what_a_beat_says_too_much_of_is_refused():
    start = {"sweep": "start"}
    assert "pace is a list of 3 numbers" in refused(start, {"sweep": "2 steps", "pace": [1, 2, 3]})
    assert "numbers are those of whole matrices, not of 'A[0,:]'" in refused(start, {"numbers": "A[0,:]"})
    large = mm.visualize("C = A @ B", settings={"anim.alg": "dotprod (row major)", "A.h": 80, "B.w": 80}).document
    assert "sum = true follows 4,096 steps" in refused(start, {"sweep": "end", "sum": True}, document=large)


def test_a_marker_moves_its_beat_alone_where_the_story_was_given_a_length():
    document = mm.visualize("C = A @ B", {"A": A, "B": B}, settings={"anim.alg": "vmprod"})
    document.story([{"sweep": "start"}, {"sweep": "end"}, {"look": "C"}, {"look": "all"}], seconds=20)
    frames = [beat.first for beat in timeline.of(document.document, 1.6, 24.0).beats]
    frames[2] += 10
    told = telling.retimed(document.document, (frames, 24.0))
    again = timeline.compiled(told, document.document, 1.6, 24.0)
    assert [beat.first for beat in again.beats] == frames
    with pytest.raises(mm.StoryError, match="beat 2 and beat 3 stand at one frame"):
        telling.retimed(document.document, ([1, 30, 30, 90], 24.0))


def test_words_that_nobody_says_are_no_file(tmp_path):
    viz = mm.visualize("C = A @ B", settings={"anim.alg": "vmprod"}).story([{"sweep": "end"}])
    with pytest.raises(mm.StoryError, match="no beat of the story has words, which silent.srt would hold"):
        viz.subtitles(tmp_path / "silent.srt")
    assert not list(tmp_path.iterdir())


def test_the_sweep_goes_where_the_beats_take_it():
    line = told({"sweep": "start"}, {"sweep": "1 step"}, {"sweep": "step 2"}, {"sweep": "end"}, {"sweep": "step 1"})
    at = [line.step_at(beat.last) for beat in line.beats]
    assert at == pytest.approx([-1, 0, 2, 4, 1])
    assert line.frame_of(0) == pytest.approx(line.beats[1].first + pace.GLIDE * 24, abs=1)
    cursor = line.playhead(product().schedule.tracks["root"])
    assert cursor[0] == (1, -1) and cursor[-1][1] == 1 and max(step for _, step in cursor) == 4


def test_a_sweep_that_nobody_moves_shows_its_end():
    assert told({"words": "There."}).sweep == ((1.0, 4.0),)


@pytest.mark.parametrize("name", CURVES)
def test_every_curve_of_pace_has_a_length_for_each_step(name):
    for count in (1, 2, 7, 500):
        steps = pace.seconds(Beat(pace=name), count)
        assert len(steps) == count and (steps > 0).all()


def test_pace_is_in_frames_of_a_film_of_24_a_second_whatever_the_rate():
    beats = {"sweep": "start", "hold": 0}, {"sweep": "end", "pace": [48, 24, 12], "hold": 0}
    line = told(*beats)
    assert (line.beats[1].last - line.beats[1].first + 1) / 24 == pytest.approx((48 + 24 + 12 + 12 + 12) / 24, abs=0.05)
    fast = timeline.compiled(reading.story(list(beats)), product(), 1.6, 60.0)
    assert (fast.last - fast.first) / 60 == pytest.approx((line.last - line.first) / 24, abs=0.05)


def test_steps_begin_slowly_and_get_faster():
    steps = pace.seconds(Beat(), 20)
    assert steps[0] == steps[1] == SLOW and (np.diff(steps[1:]) < 0).all()
    eased = pace.eased(np.ones(9), "both")
    assert eased.sum() == pytest.approx(9) and eased[0] > eased[4] < eased[-1]


def test_words_stand_as_long_as_they_take_to_be_read():
    words = "x " * 60
    caption, = told({"words": words}).captions
    assert (caption.last - caption.first + 1) / 24 >= len(words.strip()) / 15
    assert "too short for its words" in refused({"words": words, "seconds": 3})


def test_a_story_fits_itself_into_its_seconds():
    beats = [{"words": "A sentence that takes a while to be read."}, {"look": "A"}, {"sweep": "start"},
             {"sweep": "end", "hold": 1}]
    for seconds in (12, 30):
        line = told(*beats, seconds=seconds)
        assert (line.last - line.first + 1) / 24 == pytest.approx(seconds, abs=0.1)
        caption, = line.captions
        assert (caption.last - caption.first + 1) / 24 >= len(caption.words) / 15
    assert "cannot be told in 2 seconds" in refused(*beats, seconds=2)


@pytest.mark.parametrize("one, other, what", [
    ({"look": "A"}, {"fill": 0.5}, "the camera"), ({"sweep": "start"}, {"sweep": "end"}, "the sweep"),
    ({"words": "a"}, {"words": "b"}, "the words below"), ({"lit": "A"}, {"lit": "B"}, "the light"),
    ({"numbers": "A"}, {"numbers": "B"}, "the numbers")])
def test_two_beats_that_want_one_thing_at_once_are_refused(one, other, what):
    said = refused({"name": "one", **one}, {"name": "two", "meanwhile": True, **other})
    assert "beat 1 (one) and beat 2 (two)" in said and what in said


def test_beats_that_want_different_things_go_on_at_once():
    line = told({"look": "A", "seconds": 4}, {"words": "Look.", "meanwhile": 1}, {"look": "B"})
    assert [beat.first for beat in line.beats] == [1, 25, 97]


@pytest.mark.parametrize("beat, words", [
    ({"sweep": "sideways"}, "cannot be read"), ({"sweep": "step 9"}, "there are 4"),
    ({"sweep": "3 steps", "name": "x"}, ""), ({"lit": ["A", "A[0,:]"]}, "two parts of A"),
    ({"look": "current"}, "does not move on"), ({"sum": True}, "does not move on"), ({"look": "Q"}, "no matrix 'Q'"),
    ({"numbers": ["Q"]}, "no matrix 'Q'")])
def test_what_cannot_be_is_refused(beat, words):
    if not words:
        assert told(beat).sweep[-1][1] == 2
        return
    assert words in refused(beat) and "beat 1" in refused(beat)


def test_where_nothing_sweeps_no_beat_moves_the_sweep():
    assert "nothing sweeps" in refused({"sweep": "end"}, algorithm="none")
    assert "cabinet" in refused({"look": "A"}, projection="cabinet")


@pytest.mark.parametrize("projection", ["perspective", "orthographic", "isometric"])
@pytest.mark.parametrize("aspect", [16 / 9, 1.0, 0.6])
@pytest.mark.parametrize("look", ["all", "A", "A[1,:]", "B[:,1]", "C[1,1]"])
def test_what_is_looked_at_is_in_the_middle_and_above_the_words(projection, aspect, look):
    document = product(projection=projection)
    line = told({"look": "C"}, {"look": look, "words": "Some words below."}, document=document, aspect=aspect)
    part = targets.corners(document, targets.find(document, look)) if look != "all" else document.outline()
    page = seen(line).page(part, aspect)
    assert (page.min(0) + page.max(0)) / 2 == pytest.approx([0.5, 0.5], abs=0.02)
    band = captions.band(reading.story([{"words": "Some words below."}]), aspect)
    assert page[:, 1].min() > band - 1e-6 and page.min() > 0 and page.max() < 1


def test_a_camera_goes_around_without_losing_what_it_looks_at():
    line = told({"look": "all"}, {"orbit": 90, "seconds": 5})
    turns = [key.turn for key in line.camera]
    assert turns[-1] - turns[0] == pytest.approx(90) and len(turns) > 4
    assert seen(line).page(np.array([line.camera[-1].target]), 16 / 9)[0] == pytest.approx([0.5, 0.5])


@pytest.mark.parametrize("algorithm, left, right, result", [
    ("dotprod (row major)", (1, 0, 1, 3), (0, 0, 3, 1), (1, 0, 1, 1)),
    ("vmprod", (1, 0, 1, 3), (0, 0, 3, 2), (1, 0, 1, 2)),
    ("mvprod", (0, 0, 2, 3), (0, 1, 3, 1), (0, 1, 2, 1)), ("vvprod", (0, 2, 2, 1), (2, 0, 1, 2), (0, 0, 2, 2)),
    ("axpy", (0, 2, 2, 1), (2, 0, 1, 1), (0, 0, 2, 1))])
def test_what_is_current_is_what_the_step_multiplies(algorithm, left, right, result):
    step = {"dotprod (row major)": 2, "vmprod": 1, "mvprod": 1, "vvprod": 2, "axpy": 2}[algorithm]
    line = told({"sweep": f"step {step}", "lit": "current"}, algorithm=algorithm)
    parts = {path: (part.row, part.col, part.rows, part.cols) for path, part in line.lit[-1].parts.items()}
    assert parts == {"root.left": left, "root.right": right, "root": result}


def test_light_comes_and_goes_with_its_beat_and_stays_between_two():
    line = told({"words": "a"}, {"lit": "A[0,:]", "seconds": 2}, {"lit": "B[:,0]", "seconds": 2}, {"words": "b"})
    assert [share for _, share in line.dimmed] == [0, 1, 1, 0]
    ends = line.dimmed[0][0], line.dimmed[-1][0]
    assert ends == pytest.approx((line.beats[1].first, line.beats[2].last + 1), abs=1)


def test_a_sum_says_which_element_is_made_and_of_how_many_terms():
    line = told({"sweep": "start", "numbers": ["A"]}, {"sweep": "2 steps", "sum": True, "seconds": 6}, {"numbers": []})
    span, = line.sums
    assert [(moment.row, moment.col, moment.terms) for moment in span.moments] == [
        (0, 0, 1), (0, 0, 2), (0, 0, 3), (0, 1, 1), (0, 1, 2), (0, 1, 3)]
    assert [moment.frame for moment in span.moments] == sorted(moment.frame for moment in span.moments)
    number, = line.numbers
    assert (number.path, number.first, number.last) == ("root.left", 1, line.beats[2].first - 1)


def test_subtitles_are_numbered_and_timed():
    line = told({"words": "One $x$."}, {"words": "Two.", "seconds": 3})
    first, second = captions.srt(line.captions, line.first, line.fps).strip().split("\n\n")
    assert first.splitlines()[0] == "1" and first.splitlines()[1].startswith("00:00:00,000 --> 00:00:0")
    assert first.splitlines()[2] == "One x." and second.splitlines()[2] == "Two."


def test_a_visualization_keeps_its_story_and_gives_it_up():
    viz = mm.visualize("C = A @ B", {"A": A, "B": B}, settings={"anim.alg": "vmprod"})
    viz.story([{"look": "A"}])
    assert viz.document.moves and reading.from_text(viz.options.story).beats[0].look == ("A",)
    with pytest.raises(mm.StoryError, match="no matrix 'Q'"):
        viz.story([{"look": "Q"}])
    assert reading.from_text(viz.options.story).beats[0].look == ("A",)
    assert viz.story([]).options.story is None
    with pytest.raises(mm.StoryError, match="no story yet"):
        viz.story()


@pytest.mark.parametrize("name", [name for name in presets.stories() if name != "inside-an-attention-head"])
def test_every_lesson_can_be_told_and_its_words_be_read(name):
    document = mm.lesson(name).document
    line = timeline.of(document, 16 / 9, 24.0)
    assert 10 < (line.last - line.first) / 24 < 120
    for caption in line.captions:
        assert (caption.last - caption.first + 1) / 24 * 15 >= len(caption.words)
    page = captions.page_of(16 / 9)
    assert all(len(captions.block(caption.words, caption.place, page).lines) == 1 for caption in line.captions)


def test_the_lesson_of_a_head_is_told_of_any_head():
    document = mm.visualize("out = (attn = softmax(Q @ K_t / sqrt(k))) @ V", settings={
        "anim.alg": "vmprod", "anim.fuse": "sync", "Q.h": 12, "Q.w": 8, "V.w": 8, "K_t.w": 12}).document
    told_ = timeline.compiled(reading.story(presets.found("inside-an-attention-head")), document, 16 / 9, 24.0)
    assert told_.captions and told_.step_at(told_.last) == document.schedule.steps


def test_a_story_that_says_not_what_it_is_about_is_no_lesson():
    with pytest.raises(mm.StoryError, match="not what they are about"):
        mm.lesson("inside-an-attention-head")


def test_a_caption_stays_within_the_picture_whatever_it_says():
    page = captions.page_of(16 / 9)
    for words in ("It costs $5, " + "and more words follow " * 8, "x" * 300, "e\u0301" * 200, "ab " * 40 + "y" * 90):
        block = captions.block(words, "below", page)
        assert len(block.lines) > 1 and max(line.width for line in block.lines) <= captions.WIDTH * page.width
        assert block.plate[0] >= 0
    accents = captions.block("e\u0301" * 200, "below", page)
    assert not any(line.runs[0].text.startswith("\u0301") for line in accents.lines)
    srt = captions.srt([captions.Caption("It costs $5", "below", 1, 24), captions.Caption("$W_Q$", "below", 25, 48)],
                       1, 24.0)
    assert "It costs $5" in srt and "WQ" in srt and "$W" not in srt
