"""Projections without vanishing points: angles, lengths, framing, and the same seen by Blender's camera."""
import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import mm_blender as mm
from mm_blender.document import turning
from mm_blender.layout import places
from mm_blender.layout.framing import Camera, frame, KINDS

CLOUDS = st.integers(0, 2 ** 32 - 1).map(lambda seed: np.random.default_rng(seed).normal(size=(12, 3)) * [9, 3, 20])
INSETS = st.tuples(*[st.floats(0, 0.35)] * 4)


def seen(camera: Camera, axis: int) -> np.ndarray:
    """A step along an axis as it is drawn, right and up."""
    ends = camera.project(np.array([np.zeros(3), np.eye(3)[axis]]))[:, :2]
    return ends[1] - ends[0]


def test_isometric_axes_are_120_degrees_apart_and_equally_long():
    steps = [seen(Camera(np.array([-3.0, 5.0, 8.0]), np.zeros(3), kind="isometric"), axis) for axis in range(3)]
    angles = sorted(math.degrees(math.atan2(y, x)) % 360 for x, y in steps)
    # y goes up, z to the left and down or x to the right and down, each a third of a turn on, or opposite to it
    assert np.allclose(np.diff(sorted(a % 60 for a in angles)), 0, atol=1e-9)
    assert np.allclose([np.hypot(*step) for step in steps], np.hypot(*steps[0]))


def test_cabinet_draws_the_front_as_it_is_and_depth_at_45_degrees_and_half_length():
    camera = Camera(np.array([-5.0, 5.0, 5.0]), np.zeros(3), kind="cabinet")
    x, y, back = seen(camera, 0), seen(camera, 1), -seen(camera, 2)
    assert np.allclose(x / np.hypot(*x), [1, 0]) and np.allclose(y / np.hypot(*y), [0, 1])
    assert np.hypot(*back) == pytest.approx(np.hypot(*x) / 2)
    assert math.degrees(math.atan2(*back[::-1])) == pytest.approx(135)  # up and left: the left side and top are seen


@settings(max_examples=150)
@given(CLOUDS, st.floats(0.3, 4), st.sampled_from(KINDS), INSETS)
def test_points_fill_what_is_free_of_a_picture(points, aspect, kind, insets):
    camera = frame(points, aspect, kind=kind, insets=insets)
    left, right, bottom, top = insets
    shares = camera.page(points, aspect)
    low, high = np.array([left, bottom]), 1 - np.array([right, top])
    assert (shares > low - 1e-6).all() and (shares < high + 1e-6).all()
    filled = (shares.max(0) - shares.min(0)) / (high - low)
    # in perspective a picture that is centred may have room at both sides; 0.60 was the least of 20,000 clouds
    assert filled.max() > (0.93 if kind != "perspective" else 0.55)
    middle = (shares.max(0) + shares.min(0)) / 2
    assert np.allclose(middle, (low + high) / 2, atol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("source", ["out = (attn = Q @ K_t) @ V", "lora", "mlp"])
def test_expressions_are_inside_the_picture(kind, source):
    viz = mm.visualize(source, projection=kind, lettering="planes")
    for aspect in (0.4, 1.0, 2.5):
        camera = viz.framed(aspect)
        assert camera.kind == kind and camera.sees(places.outline(viz.tree, viz.placement), aspect)
        for legend in viz.legends(camera):
            assert camera.sees(legend.corners(), aspect), legend.text


def test_a_share_link_keeps_its_view_in_every_projection():
    cam = {"x": 50.0, "y": 20.0, "z": 80.0, "target": {"x": 0.0, "y": 0.0, "z": 0.0}}
    params = {**mm.visualize("A @ B").params, "cam": cam}
    for kind in KINDS:
        viz = mm.visualize(params, projection=kind)
        assert viz.camera.kind == kind and np.allclose(viz.camera.position, [50, 20, 80])


def test_unknown_projections_are_refused():
    with pytest.raises(mm.ParameterError, match="no projection 'fisheye'; known are auto, perspective"):
        mm.visualize("A @ B", projection="fisheye")
    assert mm.visualize("A @ B").options.camera_kind == "perspective"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("aspect", [0.6, 1.7])
def test_blenders_camera_sees_the_same(fresh_scene, kind, aspect):
    bpy = pytest.importorskip("bpy")
    from bpy_extras.object_utils import world_to_camera_view

    viz = mm.visualize("out = (attn = Q @ K_t) @ V", projection=kind).build()
    viz.collection.objects["mm"].location = (3, 1, 2)  # where a person has put the whole
    scene = bpy.context.scene
    from mm_blender.scene import build
    build.frame_camera(viz.built, aspect)
    scene.render.resolution_x, scene.render.resolution_y = round(1000 * aspect), 1000
    bpy.context.view_layer.update()
    camera = viz.framed(aspect)
    graph = bpy.context.evaluated_depsgraph_get()
    for obj in (o for o in viz.collection.all_objects if o.get("mm_role") in ("leaf", "result")):
        frame_of = viz.placement.matrices[obj["mm_path"]]
        for corner in ((0, 0), (obj["mm_cols"] - 1, 0), (0, obj["mm_rows"] - 1)):
            expected = camera.page(np.array([frame_of[:3, :3] @ (*corner, 0) + frame_of[:3, 3]]), aspect)[0]
            row, col = corner[1], corner[0]
            point = obj.evaluated_get(graph).matrix_world @ obj.data.vertices[row * obj["mm_cols"] + col].co
            assert np.allclose(world_to_camera_view(scene, scene.camera, point)[:2], expected, atol=2e-4)
            assert world_to_camera_view(scene, scene.camera, point)[2] > scene.camera.data.clip_start


def test_a_projection_is_changed_and_changed_back(fresh_scene):
    bpy = pytest.importorskip("bpy")
    viz = mm.visualize("A @ B").build()
    before = [list(row) for row in viz.collection.objects["mm"].matrix_world]
    viz.change(projection="cabinet")
    assert bpy.context.scene.camera.data.type == "ORTHO"
    viz.change(projection="perspective")
    bpy.context.view_layer.update()
    assert bpy.context.scene.camera.data.type == "PERSP"
    assert np.allclose(viz.collection.objects["mm"].matrix_world, before)
    assert not [obj for obj in bpy.data.objects if obj.get("mm_slant")]


# ---- turning

SPUN = {"Q.h": 3, "Q.w": 4, "K_t.w": 5, "V.w": 2, "anim.spin": 6}


def spun(kind, **more):
    return mm.visualize("out = (attn = Q @ K_t) @ V", projection=kind, settings={**SPUN, **more})


def unlike(viz, scene, frame) -> float:
    """How far, in shares of a picture, Blender sees the corners of matrices from where they should be at a frame."""
    bpy = pytest.importorskip("bpy")
    from bpy_extras.object_utils import world_to_camera_view

    scene.frame_set(frame)
    graph, aspect = bpy.context.evaluated_depsgraph_get(), scene.render.resolution_x / scene.render.resolution_y
    table = next((obj for obj in viz.collection.objects if obj.get("mm_turntable")), None)
    angle = table.evaluated_get(graph).rotation_euler[2] if table else 0.0
    cos, sin = math.cos(angle), math.sin(angle)
    camera = viz.composed((scene.render.resolution_x, scene.render.resolution_y)).camera
    view = turning.View(camera, np.array([[cos, 0, -sin], [0, 1, 0], [sin, 0, cos]]))
    off = []
    for obj in (each for each in viz.collection.objects if each.get("mm_role") in ("leaf", "result")):
        place = viz.placement.matrices[obj["mm_path"]]
        for column, row in ((0, 0), (obj["mm_cols"] - 1, 0), (0, obj["mm_rows"] - 1)):
            wanted = view.page((place @ (column, row, 0, 1))[None, :3], aspect)[0]
            assert 0 < wanted.min() and wanted.max() < 1
            point = obj.evaluated_get(graph).matrix_world @ obj.data.vertices[row * obj["mm_cols"] + column].co
            off.append(np.abs(world_to_camera_view(scene, scene.camera.evaluated_get(graph), point)[:2] - wanted))
    return float(np.max(off))


@pytest.mark.parametrize("aspect", [0.6, 1.7])
@pytest.mark.parametrize("kind", KINDS)
def test_what_turns_is_framed_in_every_projection(kind, aspect):
    viz = spun(kind)
    camera = viz.framed(aspect)
    assert camera.kind == viz.camera.kind == kind
    points = places.outline(viz.tree, viz.placement)
    shares = np.array([view.page(points, aspect) for view in turning._views(camera)])
    assert (shares > 0).all() and (shares < 1).all() and np.ptp(shares, axis=(0, 1)).max() > 0.6


@pytest.mark.parametrize("sweep", [pytest.param("none", marks=pytest.mark.once), "vmprod"])
@pytest.mark.parametrize("kind", KINDS)
def test_blenders_camera_turns_in_every_projection(fresh_scene, kind, sweep):
    viz = spun(kind, **{"anim.alg": sweep}).build()
    assert fresh_scene.camera.data.type == ("PERSP" if kind == "perspective" else "ORTHO")
    for frame in np.linspace(fresh_scene.frame_start, fresh_scene.frame_end, 4).astype(int).tolist():
        assert unlike(viz, fresh_scene, frame) < 1e-5
    viz.change({"Q.h": 12})  # which has it turn about another place
    assert unlike(viz, fresh_scene, fresh_scene.frame_end // 2) < 1e-5
    viz.change({"anim.spin": 0})
    assert unlike(viz, fresh_scene, fresh_scene.frame_end) < 1e-5


@pytest.mark.once
def test_a_projection_is_changed_while_it_turns(fresh_scene):
    viz = spun("perspective").build()
    for kind in (*KINDS, *KINDS[::-1]):
        viz.change(projection=kind)
        assert unlike(viz, fresh_scene, 100) < 1e-5
    viz.build()
    viz.remove()
    assert not fresh_scene.objects and not [obj for obj in fresh_scene.objects if obj.get("mm_slant")]


@pytest.mark.parametrize("kind", [pytest.param(kind, marks=() if kind == "cabinet" else pytest.mark.once)
                                  for kind in KINDS])
def test_movies_turn_in_every_projection(fresh_scene, tmp_path, kind):
    from mm_blender.output.fingerprints.scene import fingerprint
    from mm_blender.output.image_file import as_bytes

    viz = spun(kind).build()
    before = fingerprint(fresh_scene)[0]
    stills = []
    for frame in (1, 90):
        viz.render(tmp_path / "frames", (96, 60), 1, "cycles", False, (frame, frame))
        stills.append(as_bytes(tmp_path / "frames" / f"frame_{frame:04d}.png").astype(float))
    assert fingerprint(fresh_scene)[0] == before
    assert np.abs(stills[0] - stills[1]).max() > 50
    viz.save(tmp_path / "a.blend")
    viz.figure(tmp_path / "a.png", (2, 1.5), 20, 5, samples=1, keys=False, progress=False)
