"""Numbers on cubes: each within its cell, none over another, of one size; what cannot be read is left out."""
import itertools

import numpy as np
import pytest

import mm_blender as mm
from mm_blender.digits import Digits
from mm_blender.document import cube_numbers
from mm_blender.document.cube_numbers import HIGH, LEAST_PX
from mm_blender.document.light import contrast, Light, luminance
from mm_blender.expression.tree import nodes
from mm_blender.lettering import numerals
from mm_blender.lettering.page import Page, POINT
from mm_blender.options import LOOKS

SIZE = (1600, 1000)
DARK = Light(((np.array([0.3, 0.9, 0.3]), 2.9),), 0.3, 0.8, np.zeros(3))


def planned(text="A @ B", size=SIZE, light=DARK, **options):
    viz = mm.visualize(text, numbers=True, **options)
    made = viz.composed(size)
    page = Page.of_picture(size)
    return viz, made, page, cube_numbers.plan(viz.group, made.camera, page, made.sheet, light)


def boxes(plan) -> list[tuple]:
    """What the shown numbers cover, inches: (x0, y0, x1, y1), and of which matrix and element."""
    out = []
    for (_owner, path), shown in plan.shown.items():
        values = shown.values
        for row, column in np.argwhere(shown.mask):
            half = np.array([numerals.width(cube_numbers.spelled(values[row, column], plan.digits)), HIGH])
            half = half * plan.size_pt * POINT / 2
            out.append((*(shown.at[row, column] - half), *(shown.at[row, column] + half), path, row, column))
    return out


def gaussian(h, d, w):
    return {"A.h": h, "A.w": d, "B.w": w, "A.init": "gaussian", "B.init": "gaussian"}


@pytest.mark.parametrize("projection", ["perspective", "orthographic", "isometric", "cabinet"])
@pytest.mark.parametrize("h, d, w", [(2, 3, 2), (4, 4, 4), (1, 1, 1), (1, 7, 1), (5, 1, 6), (12, 9, 10)])
def test_none_lies_over_another_and_all_are_in_the_picture(h, d, w, projection):
    _, made, page, plan = planned(settings=gaussian(h, d, w), projection=projection)
    assert plan.size_pt * POINT * page.dpi >= LEAST_PX and not plan.left
    held = boxes(plan)
    for a, b in itertools.combinations(held, 2):
        assert a[2] <= b[0] + 1e-9 or b[2] <= a[0] + 1e-9 or a[3] <= b[1] + 1e-9 or b[3] <= a[1] + 1e-9, (a, b)
    for x0, y0, x1, y1, *_ in held:
        assert 0 < x0 < x1 < page.width and 0 < y0 < y1 < page.height
        for text in made.sheet.texts:
            low, high = text.box().min(0), text.box().max(0)
            assert x1 <= low[0] or x0 >= high[0] or y1 <= low[1] or y0 >= high[1], text.text
    assert len(held) >= 0.95 * sum(shown.mask.size for shown in plan.shown.values())


@pytest.mark.parametrize("h, d, w", [(2, 3, 2), (4, 4, 4), (1, 1, 1)])
def test_small_ones_are_large(h, d, w):
    _, _, page, plan = planned(settings=gaussian(h, d, w), size=(800, 500))
    assert plan.size_pt * POINT * page.dpi >= 9 and plan.digits.count == 2  # readable at half of 1600 x 1000
    assert all(shown.mask.all() for shown in plan.shown.values())


def test_a_number_is_nearest_to_its_own_element():
    viz, made, page, plan = planned(settings=gaussian(6, 5, 4))
    inches = np.array([page.width, page.height])
    for node in nodes(viz.tree):
        frame = viz.placement.matrices[node.path]
        local = np.stack([*np.meshgrid(np.arange(node.w), np.arange(node.h)), np.zeros((node.h, node.w))], -1)
        seen = made.camera.page((local @ frame[:3, :3].T + frame[:3, 3]).reshape(-1, 3), page.aspect) * inches
        for at, point in enumerate(plan.shown[0, node.path].at.reshape(-1, 2)):
            assert np.linalg.norm(seen - point, axis=1).argmin() == at


def test_whole_numbers_have_no_decimals_and_crowded_ones_fewer():
    whole = np.arange(1, 10).reshape(3, 3)
    assert planned(data={"A": whole, "B": whole})[3].digits.count == 0
    assert planned(settings=gaussian(2, 2, 2))[3].digits.count == 2
    assert planned(settings=gaussian(16, 14, 15))[3].digits.count == 1


def test_what_cannot_be_read_is_left_out_by_name():
    _, _, _, plan = planned(settings=gaussian(60, 60, 60), size=(640, 400))
    assert plan.left == {cube_numbers.SMALL: ("A", "B", "A @ B")} and not plan.shown
    _, _, _, plan = planned("A @ B", data={"A": np.ones((300, 300)), "B": np.ones((300, 2))})
    assert "A" in plan.left[cube_numbers.MANY]


def test_zeros_have_no_cube_and_no_number():
    x = np.array([[0.0, 1.5], [2.5, 0.0]])
    plan = planned(data={"A": x, "B": np.eye(2)})[3]
    np.testing.assert_array_equal(plan.shown[0, "root.left"].mask, x != 0)


def test_hidden_elements_show_none():
    """From behind: operands stand before the result and its numbers do not shine through."""
    viz = mm.visualize("A @ B", settings=gaussian(6, 6, 6), numbers=True)
    params = viz.params
    params["cam"] = {"x": -30, "y": 2, "z": 0, "target": {"x": 0, "y": 0, "z": 0}}
    behind = mm.visualize(params, numbers=True)
    page = Page.of_picture(SIZE)
    made = behind.composed(SIZE)
    plan = cube_numbers.plan(behind.group, made.camera, page, made.sheet, DARK)
    root = plan.shown.get((0, "root"))
    assert plan.shown[0, "root.left"].mask.any() and (root is None or root.mask.mean() < 0.5)


@pytest.mark.parametrize("look", LOOKS)
def test_ink_is_chosen_against_the_cube_and_the_ground(look):
    pytest.importorskip("bpy")
    from mm_blender.scene import upright

    viz = mm.visualize("A @ B", look=look, settings=gaussian(3, 3, 3), numbers=True)
    made, page = viz.composed(SIZE), Page.of_picture(SIZE)
    light = upright.light_of(viz.group)
    plan = cube_numbers.plan(viz.group, made.camera, page, made.sheet, light)
    for shown in plan.shown.values():
        assert len(shown.dark) == len(shown.edged) == cube_numbers.LEVELS
    small = shown.dark[cube_numbers.LEVELS // 2]  # a tiny cube: what counts is the ground
    assert small == (luminance(light.ground) > 0.2)


@pytest.mark.parametrize("look", ["paper", "dark"])
def test_numbers_on_strong_colours_are_light(look):
    """Dark letters on red, or on what lies in a shadow, cannot be read."""
    pytest.importorskip("bpy")
    from mm_blender.scene import upright

    viz = mm.visualize("A @ B", look=look, data={"A": [[-3.0, 3.0], [-2.9, 2.9]], "B": np.eye(2)}, numbers=True)
    made, page = viz.composed(SIZE), Page.of_picture(SIZE)
    plan = cube_numbers.plan(viz.group, made.camera, page, made.sheet, upright.light_of(viz.group))
    for path in ("root", "root.left"):
        assert plan.shown[0, path].role(-3.0) == "light"


def test_small_values_are_written_as_what_they_round_to():
    some = {0.04: "0.0", -0.04: "0.0", 0.06: "0.1", -12.3: "-12.3", 1234.5: "1235"}
    assert {x: cube_numbers.spelled(x, Digits(count=1)) for x in some} == some
    assert cube_numbers.spelled(np.nan, Digits()) == "nan"
    assert cube_numbers.spelled(-np.inf, Digits(count=0)) == "-\u221e"


def test_contrast_is_that_of_wcag():
    assert contrast(1.0, 0.0) == pytest.approx(21) == contrast(0.0, 1.0)
    assert luminance(np.ones(3)) == pytest.approx(1)


def test_numbers_as_texts_of_a_page_are_what_is_shown():
    from mm_blender.lettering import fonts

    viz, made, page, plan = planned(settings=gaussian(2, 3, 2))
    values = {(0, node.path): viz.values[node.path].astype(float) for node in nodes(viz.tree)}
    values[0, "root"][0, 0] = np.nan  # not reached yet
    texts = cube_numbers.texts(plan, values, fonts.load())
    assert len(texts) == 6 + 6 + 4 - 1 and len({text.size_pt for text in texts}) == 1
    assert {text.text.replace("\u2212", "-") for text in texts if text.path == "root.left"} == {
        cube_numbers.spelled(x, Digits()) for x in viz.values["root.left"].ravel()}
    for a, b in itertools.combinations(texts, 2):
        (p, q), (r, s) = ((each.box().min(0), each.box().max(0)) for each in (a, b))
        assert (q <= r + 1e-9).any() or (s <= p + 1e-9).any(), (a.text, b.text)


@pytest.mark.parametrize("projection", ["perspective", "orthographic", "cabinet"])
def test_blender_writes_them_where_they_were_planned(fresh_scene, projection):
    import bpy
    from bpy_extras.object_utils import world_to_camera_view

    fresh_scene.render.resolution_x, fresh_scene.render.resolution_y = SIZE
    viz = mm.visualize("A @ B", settings=gaussian(2, 3, 2), numbers=True, projection=projection).build()
    made, page = viz.composed(SIZE), Page.of_picture(SIZE)
    from mm_blender.scene import upright
    plan = cube_numbers.plan(viz.group, made.camera, page, made.sheet, upright.light_of(viz.group))
    bpy.context.view_layer.update()
    graph = bpy.context.evaluated_depsgraph_get()
    found = {}
    for instance in graph.object_instances:
        parent = instance.parent
        if parent and parent.original.name.startswith("mm numbers"):
            found.setdefault(parent.original["mm_label"], []).append(np.array(instance.matrix_world))
    for (_, path), shown in plan.shown.items():
        seen = np.array([world_to_camera_view(fresh_scene, fresh_scene.camera, bpy_vector(m[:3, 3]))[:2]
                         for m in found[path]]) * (page.width, page.height)
        reach = 2.5 * plan.size_pt * POINT
        for at in shown.at[shown.mask]:  # characters on both sides of each middle, at its height
            near = seen[np.abs(seen - at).max(1) < reach] - at
            assert len(near) >= 3 and (near[:, 0] < 0).any() and (near[:, 0] > 0).any()
        size = np.linalg.norm(found[path][0][:3, 0])
        assert size > 0


def bpy_vector(x):
    from mathutils import Vector

    return Vector(x)


def test_in_a_sweep_numbers_appear_as_they_are_computed(fresh_scene):
    import bpy

    viz = mm.visualize("A @ B", settings={**gaussian(3, 3, 3), "anim.alg": "vmprod"}, numbers=True, smooth=False,
                       frames_per_step=1).build()

    def count() -> int:
        graph = bpy.context.evaluated_depsgraph_get()
        return sum(1 for each in graph.object_instances
                   if each.parent and each.parent.original.get("mm_label") == "root"
                   and each.parent.original.name.startswith("mm numbers"))

    fresh_scene.frame_set(fresh_scene.frame_start)
    first = count()
    fresh_scene.frame_set(fresh_scene.frame_start + 2)
    assert 0 < first < count()
    viz.change(numbers=False)
    assert not [obj for obj in bpy.data.objects if obj.name.startswith("mm numbers")]


def test_a_build_says_what_cannot_be_read(fresh_scene):
    fresh_scene.render.resolution_x, fresh_scene.render.resolution_y = 640, 400
    with pytest.warns(mm.MMWarning, match="numbers on the cubes of A, B, A @ B would be too small to read in a picture "
                                          "of 640 x 400 pixels: make it larger"):
        mm.visualize("A @ B", numbers=True).build()


@pytest.mark.parametrize("shape, options, left", [
    ((60, 60, 60), {}, {cube_numbers.SMALL: ("A", "B", "A @ B")}),
    ((65, 2, 65), {}, {cube_numbers.SMALL: ("A", "B"), cube_numbers.MANY: ("A @ B",)}),
    ((300, 2, 300), {"cells": 4000}, {cube_numbers.CELLS: ("A", "B", "A @ B")})])
def test_why_a_matrix_has_no_numbers(shape, options, left):
    assert planned(settings=gaussian(*shape), **options)[3].left == left


@pytest.mark.parametrize("shape, options, words", [
    ((65, 2, 65), {}, "cubes of A @ B are left out: a matrix of more than 4,096 elements"),
    ((300, 2, 300), {"cells": 4000}, "cubes of A, B, A @ B are left out: a cell that stands for several elements")])
def test_larger_is_advised_only_where_it_helps(fresh_scene, shape, options, words):
    with pytest.warns(mm.MMWarning) as told:
        mm.visualize("A @ B", settings=gaussian(*shape), numbers=True, **options).build()
    said = [str(each.message) for each in told if "cubes of" in str(each.message)]
    assert any(words in each for each in said)
    assert not any("make it larger" in each for each in said if words in each)
