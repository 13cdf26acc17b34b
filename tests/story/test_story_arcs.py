"""Arcs of a story: seen in their beat alone, growing, with the tokens of the row, off what is looked at and said."""
import numpy as np
import pytest

import mm_blender as mm
from mm_blender.document import token_arcs
from mm_blender.layout.framing import Camera
from mm_blender.lettering.page import Page
from mm_blender.story import captions, names, reading, targets, timeline
from mm_blender.story.camera_path import direction

WORDS = "The cat that the dog chased ran away .".split()
SIZE = len(WORDS)
STORY = [
    {"name": "whole", "words": "An attention head.", "lit": "attn[6,:]"},
    {"name": "ran", "look": "attn", "arcs": "attn[6,:]", "words": "Whom does it attend to?"},
    {"name": "away", "arcs": "attn[7,:]", "seconds": 3},
    {"name": "out", "look": "all"},
]


def head(words=WORDS):
    rng = np.random.default_rng(3)
    data = {"Q": rng.normal(size=(len(words), 8)) * 1.6, "K": rng.normal(size=(SIZE, 8)), "V": np.ones((SIZE, 4))}
    viz = mm.visualize("out = (attn = softmax(tril(Q @ K.T / sqrt(k)))) @ V", data, settings={"anim.alg": "vmprod"})
    return viz.labelled({"attn": {"rows": words, "cols": WORDS}})


def told(*beats, document=None, aspect=16 / 9):
    return timeline.compiled(reading.story(list(beats)), document or head().document, aspect, 24.0)


def test_arcs_are_seen_in_the_frames_of_their_beats_above_what_is_looked_at():
    document = head().document
    line = told(*STORY, document=document)
    beats = line.beats
    assert [(each.row, each.first, each.last) for each in line.arcs] == [
        (6, beats[1].first, beats[1].last), (7, beats[2].first, beats[2].last)]
    assert all(each.first < each.grown < each.last for each in line.arcs)
    one, other = (each.plate for each in line.arcs)
    assert one == other  # the tokens stay where they are from beat to beat
    key = next(key for key in line.camera if line.arcs[1].first <= key.frame <= line.arcs[1].last + 1)
    target = np.array(key.target)
    camera = Camera(target + key.distance * direction(key.turn, key.above), target, line.fov)
    shares = camera.page(targets.corners(document, targets.find(document, "attn")), line.aspect)
    assert shares[:, 1].max() < one[1] and shares[:, 1].min() > 0
    page = Page.of_picture((640, 360))
    for view in names.views(line, document, page):
        if view.first < line.arcs[0].last and view.last > line.arcs[0].first:
            assert max(text.box()[:, 1].max() for text in view.sheet.texts) < one[1] * page.height


def test_without_arcs_nothing_is_further_off():
    plain = [{key: value for key, value in beat.items() if key != "arcs"} for beat in STORY]
    document = head().document
    near, far = ({key.frame: key.distance for key in told(*beats, document=document).camera}
                 for beats in (plain, STORY))
    same = sorted(near.keys() & far.keys())
    assert near[same[0]] == pytest.approx(far[same[0]]) and near[same[-1]] == pytest.approx(far[same[-1]])


@pytest.mark.parametrize("beats, words", [
    ([{"arcs": "attn"}], r"beat 1: arcs = 'attn': they are those of one row, such as attn\[0,:\]"),
    ([{"arcs": "attn[0:2,:]"}], "those of one row"),
    ([{"arcs": "attn[9,:]"}], "whose rows are 0 to 8"),
    ([{"name": "v", "arcs": "V[0,:]"}], r"beat 1 \(v\): arcs go between the tokens .*, and V has not the same ones"),
    ([{"arcs": "attn[0,:]"}, {"arcs": "attn[1,:]", "meanwhile": True}], r"both say something of the arcs \(arcs\)"),
    ([{"arcs": 3}], "arcs must be a text, not 3"),
])
def test_what_has_no_arcs_is_refused_by_its_beat(beats, words):
    with pytest.raises(mm.StoryError, match=words):
        told(*beats)


def test_a_line_that_has_no_room_is_refused():
    words = [f"incomprehensibility{number}" for number in range(SIZE)]
    viz = head().labelled({"attn": {"rows": words, "cols": words}})
    with pytest.raises(mm.StoryError, match=r"beat 1: a picture .* has no room for a line of the 9 tokens"):
        told({"arcs": "attn[0,:]"}, document=viz.document, aspect=0.4)


def test_in_blender_they_grow_and_go_with_their_beat(fresh_scene):
    pytest.importorskip("bpy")
    from mm_blender.scene import parts, story_objects

    fresh_scene.render.resolution_x, fresh_scene.render.resolution_y = 640, 360
    viz = head()
    viz.story(STORY).build()
    line = story_objects.timeline_of(viz.document, viz.collection)
    curves = {}
    for beat in line.beats:
        fresh_scene.frame_set(beat.last)
        seen = [obj for obj in parts.of(viz.collection, parts.STORY) if not obj.hide_render]
        curves[beat.name] = [obj for obj in seen if obj.name.startswith("mm page arcs")]
        texts = [obj.data.body for obj in seen if obj.name.startswith("mm arcs token")]
        assert sorted(texts) == (sorted(WORDS) if beat.name in ("ran", "away") else [])
    assert not curves["whole"] and not curves["out"]
    (curve,), span = curves["ran"], line.arcs[0]
    weights = np.sort(viz.values["root.left"][6])
    drawn = weights[weights > token_arcs.LEAST * weights.max()]
    assert len(curve.data.splines) == len(drawn) == 7
    radii = [spline.bezier_points[0].radius for spline in curve.data.splines]
    assert radii == sorted(radii) and radii[-1] / radii[-2] == pytest.approx(drawn[-1] / drawn[-2], rel=1e-4)
    grown = []
    for frame in (span.first, (span.first + span.grown) / 2, span.grown, span.last):
        fresh_scene.frame_set(int(frame))
        grown.append(curve.data.bevel_factor_end)
    assert grown[0] == 0 and 0 < grown[1] < 1 and grown[3] == 1
    objects = {obj.session_uid for obj in parts.of(viz.collection, parts.STORY)}
    colour = tuple(curve.data.materials[-1].diffuse_color)
    fresh_scene.timeline_markers["2 ran"].frame += 7  # which a change of colours leaves alone
    viz.change(settings={"viz.cmap": "viridis"})
    curve, = [obj for obj in parts.of(viz.collection, parts.STORY) if obj.name.startswith("mm page arcs")
              and len(obj.data.splines) == 7]
    assert tuple(curve.data.materials[-1].diffuse_color) != pytest.approx(colour)
    assert len({obj.session_uid for obj in parts.of(viz.collection, parts.STORY)} & objects) > 3
    viz.story([{"look": "all"}])
    assert not [obj for obj in parts.of(viz.collection, parts.STORY) if "arcs" in obj.name]


def test_their_height_leaves_room_between_words_and_arcs_in_every_shape_of_picture():
    for aspect in (0.6, 1.0, 16 / 9, 2.4):
        line = told(*STORY, aspect=aspect)
        x, y, width, height = line.arcs[0].plate
        assert 0 <= x and x + width <= 1 and 0.5 < y and y + height <= 1
        assert captions.band(reading.story(STORY), aspect) < y
