"""Pictures: colours, files, and refusals."""
import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

from colour_difference import ciede2000, lab  # noqa: E402

Image = pytest.importorskip("PIL.Image")

import mm_blender as mm  # noqa: E402
from mm_blender.appearance import rules  # noqa: E402
from mm_blender.layout import places  # noqa: E402
from mm_blender.output import still  # noqa: E402
from mm_blender.scene import compat  # noqa: E402

SIZE = (480, 400)


def test_ciede2000_on_published_pairs():
    one = np.array([[50, 2.6772, -79.7751], [50, 2.5, 0], [60.2574, -34.0099, 36.2677]])
    two = np.array([[50, 0, -82.7485], [50, 0, -2.5], [60.4626, -34.1751, 39.4387]])
    np.testing.assert_allclose(ciede2000(one, two), [2.0425, 4.3065, 1.2644], atol=1e-4)


def test_unlit_pixels_have_the_specified_colours(fresh_scene, tmp_path):
    rng = np.random.default_rng(0)
    plain = {"viz.elem scale": 0.6, "viz.min size": 0.6, "legends": 0, "row guides": 0, "flow guides": 0}
    viz = mm.visualize("A @ B", data={"A": rng.uniform(-1, 1, (8, 6)), "B": rng.uniform(-1, 1, (6, 9))}, look="unlit",
                       settings=plain)
    viz.render(tmp_path / "unlit.png", SIZE, samples=8, progress=False)
    picture = np.array(Image.open(tmp_path / "unlit.png").convert("RGB")) / 255
    aspect = SIZE[0] / SIZE[1]
    camera, scales = viz.framed(aspect), viz.scales()
    half = np.tan(np.radians(camera.vertical_fov(aspect)) / 2)
    for node in (viz.tree.left, viz.tree.right, viz.tree):
        rows, cols = places.offsets(node)
        j, i = np.meshgrid(cols, rows)
        local = np.stack([j, i, 0 * i, 0 * i + 1], -1).reshape(-1, 4)
        x, y, _ = camera.project((local @ viz.placement.matrices[node.path].T)[:, :3]).T
        column, row = (x / (half * aspect) + 1) / 2 * SIZE[0], (1 - y / half) / 2 * SIZE[1]
        want = rules.srgb(viz.values[node.path], scales[node.path], node.viz).reshape(-1, 3)
        assert ciede2000(lab(picture[row.astype(int), column.astype(int)]), lab(want)).max() < 2


def test_one_seed_one_picture(fresh_scene, tmp_path):
    viz = mm.visualize("A @ B", settings={"A.h": 4, "A.w": 3, "B.w": 4, "A.init": "gaussian"}, seed=3)
    for name in ("a.png", "b.png"):
        viz.render(tmp_path / name, (64, 48), samples=2, progress=False)
    a, b = (np.array(Image.open(tmp_path / name)) for name in ("a.png", "b.png"))
    np.testing.assert_array_equal(a, b)
    assert a.std() > 1


@pytest.mark.parametrize("name, options", [
    ("nowhere/a.png", {}), ("a.bmp", {}), ("a.png", {"size": (0, 5)}), ("a.png", {"engine": "pov"}),
    ("a.png", {"samples": 0}),
    ("a.png", {"size": (1.5, 3)}), ("a.png", {"size": "ab"}), ("a.png", {"size": (10 ** 6, 3)})])
def test_refusals_leave_no_file(fresh_scene, tmp_path, name, options):
    with pytest.raises(mm.RenderError):
        mm.visualize("A @ B").render(tmp_path / name, progress=False, **options)
    assert not list(tmp_path.iterdir())


def test_a_picture_that_was_there_stays_if_rendering_fails(fresh_scene, tmp_path, monkeypatch):
    from mm_blender.output import still

    (tmp_path / "a.png").write_bytes(b"mine")
    monkeypatch.setattr(still, "_render", lambda *_: None)
    with pytest.raises(mm.RenderError):
        mm.visualize("A @ B").render(tmp_path / "a.png", (8, 8), progress=False)
    assert (tmp_path / "a.png").read_bytes() == b"mine" and len(list(tmp_path.iterdir())) == 1


def test_blender_says_nothing_and_its_error_is_ours(fresh_scene, tmp_path, capfd, monkeypatch):
    viz = mm.visualize("A @ B", settings={"A.h": 2, "A.w": 2, "B.w": 2})
    viz.render(tmp_path / "a.png", (32, 20), samples=1, engine="cycles", progress=False)
    viz.save(tmp_path / "a.blend")
    assert capfd.readouterr() == ("", "")

    def without_a_camera(*_):
        bpy.context.scene.camera = None
        bpy.ops.render.render(write_still=True)

    monkeypatch.setattr(still, "_render", without_a_camera)
    with pytest.raises(mm.RenderError, match=r"Blender could not render b\.png: .*no camera"):
        viz.render(tmp_path / "b.png", (32, 20), samples=1, progress=False)
    assert not (tmp_path / "b.png").exists()


# ---- the moment

def test_a_still_of_a_sweep_shows_its_end(fresh_scene, tmp_path):
    """Unless a step or a frame is asked for; a person who has retimed the sweep has retimed its steps."""
    viz = mm.visualize("A @ B", settings={"A.h": 3, "A.w": 3, "B.w": 3, "anim.alg": "vmprod"}, look="unlit").build()
    steps = viz.schedule.steps
    fresh_scene.frame_set(3)

    def shot(**moment):
        viz.render(tmp_path / "a.png", (48, 32), samples=2, progress=False, **moment)
        assert fresh_scene.frame_current == 3
        return np.array(Image.open(tmp_path / "a.png").convert("RGB")).astype(int)

    end, start, now = shot(), shot(at="start"), shot(at="now")
    for same, moment in ((end, {"at": steps}), (end, {"at": "end"}), (start, {"at": 0}), (start, {"frame": 1}),
                         (now, {"frame": 3}), (end, {"frame": 1 + 4 * steps}), (shot(frame=9), {"at": 2})):
        np.testing.assert_array_equal(shot(**moment), same)
    assert np.abs(end - start).mean() > 0.1 and np.abs(now - end).mean() > 0.1
    for obj in viz.collection.objects:
        if "mm_playhead" in obj:
            for point in compat.curves(obj)[0].keyframe_points:
                point.co.x = 1 + 2 * (point.co.x - 1)
    np.testing.assert_array_equal(shot(), end)
    np.testing.assert_array_equal(shot(at=2), shot(frame=17))


@pytest.mark.parametrize("moment, words", [
    ({"at": 4}, "steps 0 to 3 .*not 4"), ({"at": -1}, "not -1"), ({"at": 1.5}, "not 1.5"), ({"at": True}, "not True"),
    ({"at": "last"}, "one of start, end, now, not 'last'"), ({"frame": 99}, "frames 1 to 13, not 99"),
    ({"frame": 2.0}, "frame is a frame, a whole number, not 2.0"), ({"at": 1, "frame": 2}, "not both"),
    ({"frame": 10 ** 7}, "Blender has frames")])
def test_a_moment_outside_of_the_sweep_is_refused(fresh_scene, tmp_path, moment, words):
    fresh_scene.frame_end = 250
    viz = mm.visualize("A @ B", settings={"A.h": 3, "A.w": 3, "B.w": 3, "anim.alg": "vmprod"})
    for write in (viz.render, viz.figure):
        with pytest.raises(mm.RenderError, match=words):
            write(tmp_path / "a.png", **moment)
    with pytest.raises(mm.RenderError, match="a movie shows the whole sweep"):
        viz.render(tmp_path / "a.mp4", **moment)
    assert not list(tmp_path.iterdir())


def test_what_does_not_sweep_has_no_steps(fresh_scene, tmp_path):
    viz = mm.visualize("A @ B", settings={"A.h": 3, "A.w": 3, "B.w": 3})
    with pytest.raises(mm.RenderError, match="nothing sweeps here, so there is no step 1"):
        viz.render(tmp_path / "a.png", at=1)
    viz.render(tmp_path / "a.png", (16, 12), samples=1, progress=False, at="end")
    row = mm.side_by_side([viz.edited(), mm.visualize("C @ D", settings={"anim.alg": "vmprod", "C.h": 2, "C.w": 2,
                                                                         "D.w": 2})])
    row.render(tmp_path / "row.png", (16, 12), samples=1, progress=False, at=2)
    with pytest.raises(mm.RenderError, match="steps 0 to 2"):
        row.render(tmp_path / "row.png", (16, 12), samples=1, progress=False, at=3)
