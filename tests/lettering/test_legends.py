"""Legends: every name and shape is there, faces the camera, reads the right way and keeps clear of the others."""
import itertools
import math
import random
from dataclasses import replace

import numpy as np
import pytest

import mm_blender as mm
from mm_blender.expression.sources import presets
from mm_blender.expression.tree import nodes
from mm_blender.layout import framing
from mm_blender.lettering import legends, polygons
from mm_blender.lettering.texts import TALLEST, Text, WIDEST
from random_scenes import random_settings

STYLES = ("beside", "over")


def cross(a, b) -> float:
    return a[0] * b[1] - a[1] * b[0]


def on_screen(text, camera) -> np.ndarray:
    """Origin, a step along the line and a step up, as seen (3, 2)."""
    frame = text.frame
    points = np.array([frame[:3, 3], frame[:3, 3] + frame[:3, 0] * 1e-3, frame[:3, 3] + frame[:3, 1] * 1e-3])
    return camera.project(points)[:, :2]


def readable(text, camera) -> None:
    frame = text.frame
    wide, tall, thick = np.linalg.norm(frame[:3, :3], axis=0)
    assert 1 <= wide <= WIDEST and 1 <= tall <= TALLEST and thick == 1 and 1 in (round(wide, 9), round(tall, 9))
    np.testing.assert_allclose(np.cross(frame[:3, 0] / wide, frame[:3, 1] / tall), frame[:3, 2], atol=1e-9)
    height = frame[:3, 2] @ (camera.position - frame[:3, 3])
    if abs(height) < 1:
        return  # the camera is in the matrix's own plane, where nothing in it can be read
    assert height > 0, f"{text.text} is seen from behind"
    origin, along, up = on_screen(text, camera)
    assert cross(along - origin, up - origin) > 0, f"{text.text} is mirrored"
    x, y = along - origin
    # left to right; where it is steep, upwards
    assert x > 0 if abs(x) > 0.75 * abs(y) else y > 0 if abs(x) < 0.45 * abs(y) else (x > 0 or y > 0), text.text


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("seed", range(18))
def test_texts_face_the_camera_and_read_the_right_way(seed, style):
    text, settings = random_settings(seed)
    viz = mm.visualize(text, settings=settings)
    pick = random.Random(seed)
    for camera in (viz.camera, framing.frame(viz.placement.high[None] * [[1], [-1]],
                                                direction=np.array([pick.uniform(-1, 1) for _ in "xyz"]))):
        for legend in viz.legends(camera, style):
            readable(legend, camera)


@pytest.mark.parametrize("style", STYLES)
def test_every_matrix_has_its_name_and_the_outer_ones_their_shapes(style):
    viz = mm.visualize("out = (attn = Q @ K_t) @ V", settings={"Q.h": 5, "Q.w": 6, "V.w": 7, "K_t.w": 8})
    texts = viz.legends(style=style)
    assert sorted(t.text for t in texts if t.kind == "name") == ["K_t", "Q", "V", "attn", "out"]
    shapes = {(t.path, t.text) for t in texts if t.kind == "shape"}
    assert shapes == {("root.left.left", "I = 5"), ("root.left.left", "K = 6"), ("root.left.right", "K = 6"),
                      ("root.left.right", "J = 8"), ("root.right", "K = 8"), ("root.right", "J = 7"), ("root", "I = 5"),
                      ("root", "J = 7")}


def test_shapes_tell_the_number_of_blocks():
    viz = mm.visualize("A @ B", settings={"A.h": 6, "block.i blocks": 3})
    assert {t.text for t in viz.legends() if t.path == "root"} == {"A @ B", "I = 6 / 3", "J = 32"}


@pytest.mark.parametrize("settings, kinds", [
    ({"legends": 0}, []), ({"deco.shape": False}, ["name"] * 3), ({}, ["name"] * 3 + ["shape"] * 6)])
def test_what_the_settings_leave_out(settings, kinds):
    assert sorted(t.kind for t in mm.visualize("A @ B", settings=settings).legends()) == kinds


def test_long_names_are_set_smaller_and_sizes_follow_the_setting():
    def size(name, legends=6):
        viz = mm.visualize("A @ B", settings={"A.name": name, "legends": legends})
        return next(t.size for t in viz.legends() if t.path == "root.left" and t.kind == "name")

    assert size("A" * 16) == pytest.approx(size("A" * 8) / 2) and size("A") == size("A" * 8)
    assert size("A", 3) == pytest.approx(size("A") / 2)


def test_a_matrix_without_a_name_has_only_its_shape():
    viz = mm.visualize("A @ B", settings={"A.name": "", "name": "x"})
    assert [t.kind for t in viz.legends() if t.path == "root.left"] == ["shape", "shape"]


# ---- overlaps, on the screen

def quad(text, camera) -> np.ndarray:
    """What the glyphs cover on the screen, in order around, (4, 2); a little less than ``corners``, which is ample."""
    a, b, c, d = camera.project(text.corners())[:, :2]
    corners = np.array([a, c, d, b])
    return corners.mean(0) + (corners - corners.mean(0)) * 0.85


def overlap(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two convex polygons share more than their rims (separating axes)."""
    for polygon in (a, b):
        for p, q in zip(polygon, np.roll(polygon, -1, 0)):
            normal = np.array([q[1] - p[1], p[0] - q[0]])
            normal /= max(math.hypot(*normal), 1e-12)
            s, t = a @ normal, b @ normal
            if s.max() <= t.min() + 1e-9 or t.max() <= s.min() + 1e-9:
                return False
    return True


def test_overlap_itself():
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float)
    assert overlap(square, square + 0.5) and not overlap(square, square + [1, 0])
    assert overlap(square, square * 0.5 + 0.2)


def test_overlaps_of_many_are_those_of_each_pair():
    rng = np.random.default_rng(0)
    square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], float)
    quads = rng.random((40, 1, 2)) + square @ rng.normal(0, 0.1, (40, 2, 2))
    quads[1] = quads[0] + quads[0, 1] - quads[0, 0]  # they share an edge
    found = polygons.overlap(quads[:, None], quads[None])
    assert found.tolist() == [[overlap(a, b) for b in quads] for a in quads] and 40 < found.sum() < 800
    assert not found[0, 1] and polygons.overlap(quads[0], quads[0]) and not polygons.overlap(quads[:0], quads[0]).size


@pytest.mark.parametrize("name", sorted(presets()))
@pytest.mark.parametrize("projection", framing.KINDS)
@pytest.mark.parametrize("aspect", [None, 1.6, 0.7])
def test_no_two_texts_of_a_preset_overlap(name, projection, aspect):
    viz = mm.visualize(name, projection=projection)
    camera = viz.framed(aspect) if aspect else viz.camera
    texts = viz.legends(camera)
    clashes = [(a.text, b.text) for a, b in itertools.combinations(texts, 2)
               if overlap(quad(a, camera), quad(b, camera))]
    assert clashes == []
    assert len([t for t in texts if t.kind == "name"]) == len(nodes(viz.tree))


# ---- by themselves

@pytest.fixture
def camera():
    return framing.Camera(np.array([0.0, 0, 50]), np.zeros(3))


def text_at(x, y, words="name", size=2.0, path="root"):
    frame = np.eye(4)
    frame[:2, 3] = x, y
    return Text(path, "name", words, frame, size, "CENTER")


@pytest.mark.parametrize("blocks, words", [(1, "J = 12"), (3, "J = 12 / 3")])
def test_a_shape_says_its_size_and_blocks(blocks, words):
    node = mm.visualize("A @ B", settings={"B.w": 12, "block.j blocks": blocks}).tree
    assert legends._shape_text("J", node.cols) == words


def test_long_names_are_set_smaller_and_large_matrices_larger():
    def size(name, **settings):
        viz = mm.visualize("A @ B", settings={"A.h": 4, "A.w": 4, "B.w": 4, **settings})
        return legends._name_size(replace(viz.tree, name=name))

    assert size("a") == size("a" * 8) == pytest.approx(6 * 16 ** (1 / 3) / 10)
    assert size("a" * 16) == pytest.approx(size("a") / 2)
    assert size("a", **{"A.h": 32}) == pytest.approx(2 * size("a"))
    assert size("a", legends=3) == pytest.approx(size("a") / 2)


@pytest.mark.parametrize("align, down", [("BOTTOM", -0.2), ("TOP", -1.2), ("CENTER", -0.7)])
def test_a_note_hangs_below_its_name_and_is_no_wider_than_two_of_it(align, down):
    name = replace(text_at(3, 4), align=align)
    note = legends._under(name, "mean over 4 × 4", 99.0)
    assert (note.kind, note.align, note.path) == ("note", "TOP", "root")
    np.testing.assert_allclose(note.frame[:3, 3], [3, 4 + 2 * down, 0])
    assert note.size == pytest.approx(2 * 2.0 * 4 / 15)
    assert legends._under(name, "mean", 0.5).size == 0.5


def test_views_say_what_is_run_into_seen_and_how_large(camera):
    near, beside, out, small = text_at(0, 0), text_at(1, 0), text_at(60, 0), text_at(0, -15, size=1.0)
    seen = legends._views([(text,) for text in (near, small, out)], [beside], camera)
    assert seen[id(near)].clashes == {id(near), id(beside)} and id(beside) not in seen[id(small)].clashes
    assert [seen[id(text)].whole for text in (near, small, out)] == [True, True, False]
    assert seen[id(near)].area == pytest.approx(4 * seen[id(small)].area, rel=0.05)
    assert seen[id(near)].height == pytest.approx(2.0 / 50 / (2 * math.tan(math.radians(camera.fov) / 2)))


def options(*views):
    """An option a view, and the views by what they are of."""
    made = [(text_at(10 * at, 0),) for at in range(len(views))]
    return made, {id(option[0]): view for option, view in zip(made, views)}


def view(clashes=(), whole=True, area=1.0, height=0.1):
    return legends.NameView(set(clashes), whole, area, height)


def test_an_outer_name_stands_free_then_whole_then_large():
    node = mm.visualize("A @ B").tree
    for views, best in ((({7}, True, 9), (set(), False, 1)), 1), ((((), False, 9), ((), True, 1)), 1), \
            ((((), True, 1), ((), True, 2)), 1), ((({7}, True, 1), ({8}, False, 9)), 1):
        made, seen = options(*(view(*each) for each in views))
        assert legends._best(node, made, seen, {7}) is made[best], views


def test_an_inner_name_goes_over_the_data_where_nothing_else_can_be_read():
    node = mm.visualize("(A @ B) @ C").tree.left
    assert not node.edges
    small, large = legends.LEGIBLE * 0.9, legends.LEGIBLE * 1.1
    for besides, middle, over in (
            (view(height=large), view(height=1), False),          # it can be read beside
            (view(height=small), view(height=1), True),           # too small beside, larger over the data
            (view(height=small), view(height=small / 2), False),  # no larger there
            (view({7}, height=large), view(height=1), True),      # nothing beside is free
            (view({7}, height=large), view({7}, height=1), False)):  # nor is the middle
        made, seen = options(besides, middle)
        assert (legends._best(node, made, seen, {7}) is made[1]) is over


def test_areas_are_coarse_so_that_ties_stay():
    quad = np.array([[[0, 0], [1, 0], [1, 0.5], [0, 0.5]]])
    # twice the area, as the product of the diagonals gives it
    assert legends._areas(quad) == legends._areas(quad + 1e-7) == [1e4]
