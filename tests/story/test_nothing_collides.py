"""Stories watched without rendering: no name, number or leader lies over words or over another name, none is cut, and
what a beat looks at is in the picture and above its words."""
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
            for obj, points in numbers.items():
                if not obj.hide_render:
                    page = np.array([world_to_camera_view(fresh_scene, fresh_scene.camera, Vector(each))
                                     for each in points])
                    spots = np.repeat(page[page[:, 2] > 0, None, :2], 2, axis=1)
                    assert not meet(spots, said).any(), f"{beat.label}, frame {frame}: a number over words"
    assert seen > 3 * len(line.beats)


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
