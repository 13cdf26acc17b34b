"""Visualizations that turn into each other in Blender: true at both ends, halfway in the middle, and by keys alone."""
import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

from mathutils import Quaternion  # noqa: E402

import mm_blender as mm  # noqa: E402
from mm_blender.scene import compat  # noqa: E402

DRAWN = np.random.default_rng(0)
X, W = DRAWN.normal(size=(4, 3)).astype(np.float32), DRAWN.normal(size=(3, 5)).astype(np.float32)
V = DRAWN.normal(size=(5, 2)).astype(np.float32)
DATA = {"x": X, "W": W, "V": V}
KINDS = [name for name, kind in bpy.types.BlendData.bl_rna.properties.items() if kind.type == "COLLECTION"]


def drawn(frame=None) -> np.ndarray:
    """All elements that are seen at a frame: place and edge (n, 4), in order."""
    scene = bpy.context.scene
    if frame is not None:
        scene.frame_set(frame)
    rows = [[*each.matrix_world.translation, each.matrix_world.to_scale().x]
            for each in bpy.context.evaluated_depsgraph_get().object_instances
            if each.is_instance and each.object.data.name.startswith("mm element")]
    out = np.array(rows).reshape(-1, 4)
    return out[np.lexsort(out.round(3).T)]


def texts(frame) -> set[str]:
    """What can be read at a frame."""
    bpy.context.scene.frame_set(frame)
    return {obj.data.body for obj in bpy.context.scene.objects if obj.type == "FONT" and not obj.hide_render}


def alone(viz) -> tuple[np.ndarray, set[str], np.ndarray]:
    """The elements, the texts and the camera's place of what is built by itself."""
    viz.build()
    out = drawn(), texts(1), np.array(bpy.context.scene.camera.matrix_world)
    viz.remove()
    return out


def pair(kind):
    first = mm.visualize("y = (x @ W) @ V", DATA)
    second = {"association": lambda: mm.visualize("y = x @ (W @ V)", DATA),
              "blocks": lambda: first.edited({"block.i blocks": 2}),
              "values": lambda: first.edited(data={"W": W * -2}),
              "turned": lambda: mm.visualize("y = (Vt @ Wt) @ xt", {"Vt": V.T, "Wt": W.T, "xt": X.T}),
              "colours": lambda: first.edited({"viz.cmap": "viridis"})}[kind]()
    return first, second


@pytest.mark.parametrize("kind", ["association", "blocks", "values", "turned", "colours"])
def test_it_shows_both_exactly_at_the_ends(fresh_scene, kind):
    ends = pair(kind)
    expected = [alone(each) for each in ends]
    built = mm.transition(*ends, seconds=1).build()
    first, last = built.frames
    for frames, (elements, words, camera) in zip(((fresh_scene.frame_start, first), (last, fresh_scene.frame_end)),
                                                 expected):
        for frame in frames:
            np.testing.assert_allclose(drawn(frame), elements, atol=2e-5)
            assert texts(frame) == words
            np.testing.assert_allclose(np.array(fresh_scene.camera.matrix_world), camera, atol=1e-4)
    near = drawn(first + 1), drawn(last - 1)  # what travels is there at once, and goes on without a jump
    for seen, (elements, *_) in zip(near, expected):
        rows = [np.abs(seen[:, :3] - each[:3]).max(1).min() for each in elements]
        assert max(rows) < 0.05


def test_in_the_middle_a_matrix_is_halfway(fresh_scene):
    built = mm.transition(*pair("association"), seconds=1).build()
    first, last = built.frames
    fresh_scene.frame_set((first + last) // 2)
    carrier = next(obj for obj in fresh_scene.objects if obj.name.startswith("mm x travels") and obj.type == "EMPTY")
    channels = {(curve.data_path, curve.array_index): [point.co[1] for point in curve.keyframe_points]
                for curve in compat.curves(carrier)}
    ends = np.array([channels["location", axis] for axis in range(3)])
    np.testing.assert_allclose(carrier.location, ends.mean(1), atol=1e-4)
    turn = np.array([channels["rotation_quaternion", axis] for axis in range(4)])
    here = carrier.matrix_basis.to_quaternion()
    angles = [here.rotation_difference(Quaternion(end)).angle for end in turn.T]
    assert angles[0] == pytest.approx(angles[1], abs=1e-3)


def test_what_has_no_partner_is_gone_halfway(fresh_scene):
    first, second = pair("association")
    built = mm.transition(first, second, seconds=1).build()
    count = [sum(x.size for x in each.values.values()) for each in (first, second)]
    shared = X.size + W.size + V.size + 4 * 2
    start, end = built.frames
    assert (len(drawn(start)), len(drawn((start + end) // 2)), len(drawn(end))) == (count[0], shared, count[1])


def test_a_chain_rests_on_each(fresh_scene):
    first, second = pair("association")
    expected = [alone(each)[0] for each in (first, second)]
    built = mm.transition(first, second, first, seconds=0.5, hold=0.25).build()
    for frame, elements in ((7, 0), (19, 1), (25, 1), (37, 0)):
        np.testing.assert_allclose(drawn(frame), expected[elements], atol=2e-5)
    assert built.frames == (7, 37) and fresh_scene.frame_end == 43


def test_removed_it_leaves_nothing(fresh_scene):
    counted = [kind for kind in KINDS if kind not in ("node_groups", "fonts", "images", "all_ids")]
    before = {kind: len(getattr(bpy.data, kind)) for kind in counted}
    first = mm.visualize("A @ B", settings={"A.h": 3, "A.w": 2, "B.w": 2})
    built = mm.transition(first, first.edited({"A.init": "gaussian"})).build()
    built.build()  # once more, in its own place
    built.remove()
    assert {kind: len(getattr(bpy.data, kind)) for kind in before} == before
    assert fresh_scene.frame_end == 250 and fresh_scene.camera is None


def test_a_saved_file_needs_nothing_of_ours(fresh_scene, tmp_path):
    built = mm.transition(*pair("values"), seconds=0.5)
    built.save(tmp_path / "turn.blend")
    first, last = built.frames
    expected = {frame: drawn(frame) for frame in (first, (first + last) // 2, last)}
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "turn.blend"))
    assert bpy.context.scene.frame_current == 1
    assert not any(holder.animation_data and holder.animation_data.drivers for holder in bpy.data.objects)
    for frame, elements in expected.items():
        np.testing.assert_allclose(drawn(frame), elements, atol=1e-6)


def test_a_movie_and_a_still(fresh_scene, tmp_path):
    built = mm.transition(*pair("values"), seconds=0.1, hold=0)
    tiny = {"size": (64, 40), "samples": 1, "quality": "preview", "progress": False}
    built.render(tmp_path / "frames", **tiny)
    assert sorted(each.name for each in (tmp_path / "frames").glob("*.png")) == [
        f"frame_000{number}.png" for number in (1, 2, 3)]
    still = built.render(tmp_path / "half.png", at=0.5, **tiny)
    assert still.is_file()


@pytest.mark.parametrize("more, words", [
    ({"at": 2}, "share of the way"), ({"engine": "workbench"}, "Workbench"),
    ({"path": "x.gif", "at": 0.5}, "for stills")])
def test_what_a_picture_cannot_show_is_refused(fresh_scene, tmp_path, more, words):
    path = tmp_path / more.pop("path", "x.png")
    with pytest.raises(mm.RenderError, match=words):
        mm.transition(*pair("values")).render(path, **more)
