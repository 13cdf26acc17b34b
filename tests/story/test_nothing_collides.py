"""Stories watched without rendering: no name, number or leader lies over words or over another name, none is cut, what
a beat looks at is in the picture and above its words, and no cubes of the sweep stand before it."""
import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

from bpy_extras.object_utils import world_to_camera_view  # noqa: E402
from mathutils import Vector  # noqa: E402

import mm_blender as mm  # noqa: E402
from mm_blender.layout.places import to_blender  # noqa: E402
from mm_blender.scene import parts, story_objects, tags  # noqa: E402
from mm_blender.story import captions, names, presets, reading, targets, timeline  # noqa: E402

ONES_OWN = {
    "long": ("out = relu(X @ W1 + b) @ W2", [
        {"words": "A story of one's own, whose words are so long that they take two lines of the picture at the least, "
                  "and perhaps three of them.", "sweep": "start"},
        {"look": "W1", "words": "Beside it.", "place": "beside"}, {"look": "all", "orbit": 120, "words": "Around."},
        {"look": ["X", "out"], "words": "From one to the other."}]),
    "beside": ("A @ B @ C @ D", [
        {"words": "What stands beside takes lines that are short, and many of them.", "place": "beside"},
        {"look": "A @ B", "words": "The first product.", "place": "beside"},
        {"orbit": -200, "words": "All the way around it, and no word is in the way.", "place": "beside"},
        {"view": [30, 60], "look": "all", "words": "From above."}]),
    "numbers": ("C = A @ B", [
        {"words": "Numbers.", "numbers": ["A", "B", "C"]}, {"look": "A[0,:]", "words": "One row."},
        {"look": "C[1,1]", "fill": 0.9, "words": "One element, and what is below it is cut."},
        {"look": "B", "view": [10, 70], "words": "From above."}]),
}
INSIDE = "mm interior", "mm plane"  # what shows the products of a step, as cubes and as a tile
SMALL = {"numbers": {"anim.alg": "vmprod", "A.h": 3, "A.w": 4, "B.w": 3},
         "long": {"anim.alg": "vmprod", "X.h": 12, "X.w": 8, "W1.w": 16, "W2.w": 8},
         "beside": {"A.h": 6, "A.w": 9, "B.w": 4, "C.w": 12, "D.w": 6}}


def told(name):
    """A visualization with a story."""
    if name in ONES_OWN:
        text, beats = ONES_OWN[name]
        return mm.visualize(text, settings=SMALL[name]).story(beats)
    if name == "inside-an-attention-head":
        head = {"anim.alg": "vmprod", "anim.fuse": "sync", "Q.h": 12, "Q.w": 8, "V.w": 8, "K_t.w": 12}
        return mm.visualize("out = (attn = softmax(Q @ K_t / sqrt(k))) @ V", settings=head).story(name)
    return mm.lesson(name)


def boxes(scene, objects):
    """What objects cover of the picture, in shares of it: (n, 2, 2), lower left and upper right."""
    bpy.context.view_layer.update()
    out = []
    for obj in objects:
        page = np.array([world_to_camera_view(scene, scene.camera, obj.matrix_world @ Vector(corner))[:2]
                         for corner in obj.bound_box])
        out.append((page.min(0), page.max(0)))
    return np.array(out).reshape(-1, 2, 2)


def meet(one, other):
    """Which of boxes (n, 2, 2) lie over which of others: (n, m)."""
    return ((one[:, None, 0] < other[None, :, 1]) & (one[:, None, 1] > other[None, :, 0])).all(-1)


@pytest.mark.parametrize("name", [*presets.stories(), *ONES_OWN])
def test_nothing_collides_in_a_story(name, fresh_scene):
    viz = told(name).build()
    line = story_objects.timeline_of(viz.document, viz.collection)
    letters = [obj for obj in parts.of(viz.collection, parts.LETTER) if obj.type in ("FONT", "MESH", "CURVE")]
    words = [obj for obj in parts.of(viz.collection, parts.STORY) if obj.get(tags.STORY) == "caption"]
    numbers = {obj: centres(viz.document, obj[tags.LABEL]) for obj in parts.of(viz.collection, parts.STORY)
               if obj.name.startswith("mm numbers")}
    for obj in [obj for obj in viz.collection.all_objects if obj.type == "MESH" and obj not in (*letters, *words)
                and not obj.name.startswith("mm numbers")]:
        obj.hide_viewport = True  # cubes, which take long and are not asked for
    seen = 0
    for beat in line.beats:
        for frame in sorted({(beat.first + beat.last) // 2, min(beat.first + 19, beat.last), line.shown_at(beat)}):
            fresh_scene.frame_set(frame)
            shown = [obj for obj in letters if not obj.hide_render]
            seen += len(shown)
            cover, said = boxes(fresh_scene, shown), boxes(fresh_scene, [obj for obj in words if not obj.hide_render])
            assert len(said) == 0 or not meet(cover, said).any(), f"{beat.label}, frame {frame}: a name over words"
            assert (cover > 0).all() and (cover < 1).all(), f"{beat.label}, frame {frame}: a name is cut"
            texts = [at for at, obj in enumerate(shown) if obj.type == "FONT"]
            over = meet(cover[texts], cover[texts])
            alike = np.array([[shown[one].parent == shown[other].parent for other in texts] for one in texts], bool)
            assert not (over & ~alike.reshape(over.shape)).any(), f"{beat.label}, frame {frame}: names over each other"
            plates = [away(fresh_scene, obj.matrix_world.translation) for obj in words if not obj.hide_render]
            for obj, points in numbers.items():
                if not obj.hide_render:
                    depths = [depth for depth in (away(fresh_scene, each) for each in points) if depth > 0]
                    assert not plates or min(depths) > max(plates), f"{beat.label}, frame {frame}: a number over words"
    assert seen > 3 * len(line.beats)


def away(scene, point):
    """How far before the camera a point is."""
    return world_to_camera_view(scene, scene.camera, Vector(point))[2]


def centres(document, path):
    """Of the elements of a matrix, in Blender's space (n, 3)."""
    node = document.matrix(path)
    parts_ = [targets.Target(path, row, col, 1, 1) for row in range(node.h) for col in range(node.w)]
    points = np.array([targets.corners(document, part).mean(0) for part in parts_])
    return to_blender(points) * document.placement.pitch


@pytest.mark.parametrize("name", [*presets.stories(), *ONES_OWN])
def test_what_a_beat_looks_at_is_above_its_words(name):
    document = told(name).document
    story = reading.from_text(document.options.story)
    line = timeline.of(document, 16 / 9, 24.0)
    band = captions.band(story, line.aspect)
    for beat, span in zip(story.beats, line.beats, strict=True):
        if beat.look and "current" not in beat.look:
            look, key = beat.look[-1], max((key for key in line.camera if key.frame <= span.last + 1),
                                           key=lambda key: key.frame)
            part = document.outline() if look == "all" else targets.corners(document, targets.find(document, look))
            page = names.camera_at(line, key).page(part, line.aspect)
            assert page.min() > 0 and page.max() < 1 and page[:, 1].min() > band - 1e-6, span.label


@pytest.mark.parametrize("name", [*presets.stories(), *ONES_OWN])
def test_what_a_step_multiplies_is_not_in_the_way(name):
    """Not while the sweep goes back, nor while a part is looked at and nothing goes on; it is seen where the sweep
    does."""
    document = told(name).document
    story = reading.from_text(document.options.story)
    line = timeline.of(document, 16 / 9, 24.0)
    bare = {frame for first, last in line.bare for frame in range(first, last + 1)}
    assert all(first > last for (_, last), (first, _) in zip(line.bare, line.bare[1:]))
    for frame in range(line.first + 1, line.last):
        before, now, after = (line.step_at(each) for each in (frame - 1, frame, frame + 1))
        assert frame in bare or not before > now > after, frame
        assert frame not in bare or not before < now < after, frame
    for beat, span in zip(story.beats, line.beats, strict=True):
        rests = beat.sweep is None and "current" not in beat.lit
        if beat.look and beat.look[-1] not in ("all", "current") and rests:
            assert bare >= set(range(span.first + 1, span.last)), span.label
        if "current" in beat.lit:
            assert not bare & set(range(span.first + 1, span.last)), span.label


@pytest.mark.parametrize("representation", ["instances", "tiles"])
def test_interiors_are_seen_when_a_story_says_so(fresh_scene, representation):
    """As cubes and as the planes of tiles."""
    viz = mm.visualize("C = A @ B", settings={"anim.alg": "vmprod", "A.h": 5, "A.w": 4, "B.w": 6},
                       representation=representation)
    viz.story([{"words": "A product."}, {"look": "C", "sweep": "start"}, {"look": "all", "sweep": "3 steps"},
               {"look": "C[1,:]", "lit": "C[1,:]"}, {"look": "all", "sweep": "end"}]).build()
    line = story_objects.timeline_of(viz.document, viz.collection)
    shown = [obj for obj in parts.of(viz.collection, parts.SWEEP) if obj.name.startswith(INSIDE)]
    assert len(shown) == (2 if representation == "tiles" else 1)
    spans = {at: (beat.first, beat.last) for at, beat in enumerate(line.beats)}
    back = next(frame for frame in range(*spans[1]) if 0 < line.step_at(frame) < 5)
    for frame, is_seen in ((back, False), (spans[2][1], True), (spans[3][1] - 1, False), (spans[4][1], True)):
        fresh_scene.frame_set(frame)
        assert [obj.hide_render for obj in shown] == [not is_seen] * len(shown), frame
    viz.change(story=None)
    fresh_scene.frame_set(back)
    shown = [obj for obj in parts.of(viz.collection, parts.SWEEP) if obj.name.startswith(INSIDE)]
    assert shown and not any(obj.hide_render or obj.hide_viewport for obj in shown)
