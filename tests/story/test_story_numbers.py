"""Numbers and sums of a story: seen while it says so, and true at every frame."""
import math

import pytest

bpy = pytest.importorskip("bpy")

import mm_blender as mm  # noqa: E402
from mm_blender.scene import parts, story_objects  # noqa: E402

STORY = [
    {"name": "whole", "words": "Two matrices.", "sweep": "start"},
    {"name": "numbers", "numbers": ["A", "B"], "seconds": 1},
    {"name": "sum", "look": "C[0,0]", "sweep": "1 step", "sum": True, "seconds": 2},
    {"name": "run", "look": "all", "sweep": "end", "sum": True, "numbers": ["C"], "seconds": 4},
    {"name": "end", "seconds": 1},
]


def drawn() -> dict[str, int]:
    """By the start of the names of what is of numbers, how many of its characters and plates are seen."""
    out: dict[str, int] = {}
    for each in bpy.context.evaluated_depsgraph_get().object_instances:
        if each.parent and each.parent.original.name.startswith(("mm numbers", "mm sum")):
            name = each.parent.original.name
            out[name] = out.get(name, 0) + 1
    return out


def test_numbers_and_sums_are_seen_while_a_story_says_so(fresh_scene):
    viz = mm.visualize("C = A @ B", {"A": [[1, 2, 3], [4, 5, 6]], "B": [[7, 8], [9, 1], [2, 3]]},
                       settings={"anim.alg": "dotprod (row major)"}).story(STORY).build()
    told = story_objects.timeline_of(viz.document, viz.collection)
    for beat in told.beats:
        frame = told.shown_at(beat)
        fresh_scene.frame_set(frame)
        numbers = {each.path for each in told.numbers if each.first <= frame <= each.last}
        sums = [each for each in told.sums if each.first <= frame <= each.last]
        seen = drawn()
        names = {"root": "C", "root.left": "A", "root.right": "B"}
        there = {path for path in numbers if path != "root" or told.step_at(frame) >= 0}
        assert {name for name in seen if "numbers" in name} <= {f"mm numbers {names[path]}" for path in there}
        assert all(f"mm numbers {names[path]}" in seen for path in there if path != "root")
        assert any(name.startswith("mm sum") for name in seen) == any(
            each.moments and each.moments[0].frame <= frame for each in sums)
    assert told.numbers and told.sums
    kinds = {obj.name.split()[1] for obj in parts.of(viz.collection, parts.STORY)}
    assert {"numbers", "sum"} <= kinds
    viz.change(story=None)
    assert not [obj for obj in bpy.data.objects if obj.name.startswith(("mm numbers", "mm sum"))]


def test_an_element_has_its_number_once_it_is_whole(fresh_scene):
    viz = mm.visualize("C = A @ B", {"A": [[1, 2], [3, 4]], "B": [[5, 6], [7, 8]]},
                       settings={"anim.alg": "dotprod (row major)"}, smooth=True)
    viz.story([{"sweep": "start", "numbers": ["C"], "seconds": 1}, {"sweep": "2 steps", "seconds": 3}]).build()
    told = story_objects.timeline_of(viz.document, viz.collection)
    digits = []
    for step in (-0.5, 0.0, 0.5, 1.0):
        frame = told.frame_of(step)
        fresh_scene.frame_set(int(frame), subframe=frame % 1)
        digits.append(drawn().get("mm numbers C", 0))
    assert digits == [0, 4, 4, 8]  # 19, and then 22: of each letter its face and its edge


def test_an_element_has_its_number_once_its_sum_comes_to_it(fresh_scene):
    viz = mm.visualize("C = A @ B", {"A": [[1, 2, 3], [4, 5, 6]], "B": [[7, 8], [9, 1], [2, 3]]},
                       settings={"anim.alg": "dotprod (row major)"}, smooth=True)
    viz.story([{"sweep": "start", "numbers": ["C"], "seconds": 1}, {"sweep": "2 steps", "sum": True, "seconds": 6},
               {"sweep": "end", "seconds": 4}]).build()
    told = story_objects.timeline_of(viz.document, viz.collection)
    seen = []
    for moment in told.sums[0].moments:
        fresh_scene.frame_set(max(moment.frame, math.ceil(told.frame_of(moment.row * 2 + moment.col))))
        seen.append((moment.terms, drawn().get("mm numbers C", 0)))
    assert seen == [(1, 0), (2, 0), (3, 4), (1, 4), (2, 4), (3, 8)]  # 31, and then 19
    fresh_scene.frame_set(told.last)
    assert drawn()["mm numbers C"] == 12  # 85 and 55 need no edges


def test_numbers_that_none_could_read_are_left_out_in_the_words_of_a_still(fresh_scene, tmp_path):
    """Where they can be read once the camera is near, they are there."""
    data = {"A": [[1, 2, 3], [4, 5, 6]], "B": [[7, 8], [9, 1], [2, 3]]}
    options = {"size": (160, 90), "quality": "preview", "engine": "workbench", "progress": False}
    far = [{"numbers": ["A", "B"], "seconds": 2, "sweep": "start"}]
    for beats, small in ((far, "A, B"), ([*far, {"look": "A", "fill": 1.0}], "B")):
        viz = mm.visualize("C = A @ B", data, settings={"anim.alg": "dotprod (row major)"}).story(beats).build()
        with pytest.warns(mm.MMWarning) as told:
            viz.render(tmp_path / "far.png", **options)
        assert f"numbers on the cubes of {small} would be too small to read in a picture of 160 x 90 pixels: make it " \
               "larger, or show fewer elements" in [str(each.message) for each in told]
        fresh_scene.frame_set(fresh_scene.frame_end)
        seen = {obj.parent.name for obj in parts.of(viz.collection, parts.STORY) if obj.name.startswith("mm numbers")
                and not obj.hide_render}
        assert seen == {"A", "B"} - set(small.split(", "))
        viz.remove()


def test_matrices_of_too_many_numbers_are_told_in_the_words_of_a_still(fresh_scene):
    viz = mm.visualize("C = A @ B", settings={"anim.alg": "vmprod", "A.h": 70, "A.w": 70, "B.w": 2})
    with pytest.warns(mm.MMWarning, match="numbers on the cubes of A are left out: a matrix of more than 4,096 elem"):
        viz.story([{"numbers": ["A", "B"], "seconds": 1}]).build()
