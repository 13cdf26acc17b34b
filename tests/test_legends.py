"""Legends: every name and shape is there, faces the camera, reads the right way and keeps clear of the others."""
import itertools
import math
import random

import numpy as np
import pytest
from test_framing import random_settings

import mm_blender as mm
from mm_blender import framing, outlines
from mm_blender.source import presets
from mm_blender.texts import TALLEST, WIDEST
from mm_blender.tree import nodes

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
    found = outlines.overlap(quads[:, None], quads[None])
    assert found.tolist() == [[overlap(a, b) for b in quads] for a in quads] and 40 < found.sum() < 800
    assert not found[0, 1] and outlines.overlap(quads[0], quads[0]) and not outlines.overlap(quads[:0], quads[0]).size


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
