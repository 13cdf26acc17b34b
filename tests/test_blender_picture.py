"""Pictures: colours, files, and refusals."""
import numpy as np
import pytest

bpy = pytest.importorskip("bpy")
Image = pytest.importorskip("PIL.Image")

import mm_blender as mm  # noqa: E402
from mm_blender import appearance, places  # noqa: E402

SIZE = (480, 400)


def lab(srgb: np.ndarray) -> np.ndarray:
    """sRGB (n, 3), 0 to 1, to CIE L*a*b* under D65."""
    linear = appearance.srgb_to_linear(srgb)
    xyz = linear @ np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
                             [0.0193339, 0.1191920, 0.9503041]]).T / [0.95047, 1.0, 1.08883]
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], -1)


def ciede2000(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """Colour difference of L*a*b* (n, 3), after Sharma, Wu and Dalal (2005)."""
    l1, a1, b1 = one.T
    l2, a2, b2 = two.T
    mean_c = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    g = 1 + 0.5 * (1 - np.sqrt(mean_c ** 7 / (mean_c ** 7 + 25.0 ** 7)))
    a1, a2 = a1 * g, a2 * g
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    dh = (h2 - h1 + 180) % 360 - 180
    both = c1 * c2 != 0
    dh, dl, dc = np.where(both, dh, 0), l2 - l1, c2 - c1
    d_h = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(dh / 2))
    mean_l, mean_c = (l1 + l2) / 2, (c1 + c2) / 2
    mean_h = np.where(both, h1 + dh / 2, h1 + h2)
    t = (1 - 0.17 * np.cos(np.radians(mean_h - 30)) + 0.24 * np.cos(np.radians(2 * mean_h))
         + 0.32 * np.cos(np.radians(3 * mean_h + 6)) - 0.20 * np.cos(np.radians(4 * mean_h - 63)))
    turn = 30 * np.exp(-((mean_h % 360 - 275) / 25) ** 2)
    rc = 2 * np.sqrt(mean_c ** 7 / (mean_c ** 7 + 25.0 ** 7))
    sl = 1 + 0.015 * (mean_l - 50) ** 2 / np.sqrt(20 + (mean_l - 50) ** 2)
    sc, sh = 1 + 0.045 * mean_c, 1 + 0.015 * mean_c * t
    return np.sqrt((dl / sl) ** 2 + (dc / sc) ** 2 + (d_h / sh) ** 2
                   - np.sin(np.radians(2 * turn)) * rc * (dc / sc) * (d_h / sh))


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
        want = appearance.srgb(viz.values[node.path], scales[node.path], node.viz).reshape(-1, 3)
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
    from mm_blender import picture

    (tmp_path / "a.png").write_bytes(b"mine")
    monkeypatch.setattr(picture, "_render", lambda *_: None)
    with pytest.raises(mm.RenderError):
        mm.visualize("A @ B").render(tmp_path / "a.png", (8, 8), progress=False)
    assert (tmp_path / "a.png").read_bytes() == b"mine" and len(list(tmp_path.iterdir())) == 1
