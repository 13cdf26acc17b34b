"""Moire: a fine matrix seen with fewer pixels than it has elements shows no waves that are not in it.

How it is measured. A matrix of 512 x 512 is seen face on in a picture of 400 pixels, 364 of them its own, so that the
grid of its cubes, 1.4 a pixel, cannot be drawn: what it is folded to (0.4 waves a pixel, and its multiples) is moire.
What the picture should be is known from one of four times the pixels each way, brought down to 400 by a Gaussian of 0.4
pixels, which lets none of the grid through. Both are turned to linear light, cut to the matrix, windowed (Hann) and
transformed. The strength of a wave is its amplitude as a share of the mean brightness: about 1 % is what an eye can see
at best. The test is that at no frequency the picture's wave is stronger than the strongest one of the averaged picture
nearby by more than 1 % of the brightness (and a tenth of that wave, for the large forms that are meant to be there).
"""
import warnings

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")
Image = pytest.importorskip("PIL.Image")

import mm_blender as mm  # noqa: E402
from mm_blender.colour.srgb import srgb_to_linear  # noqa: E402
from mm_blender.layout import framing  # noqa: E402
from mm_blender.output import still  # noqa: E402
from mm_blender.output.settings import RenderSettings  # noqa: E402

pytestmark = pytest.mark.slow
ELEMENTS, PIXELS, FINER, COVERED = 512, 400, 4, 0.91
SEEN = 0.01  # of the mean brightness
NEARBY = 3   # frequencies


def values(kind: str) -> np.ndarray:
    if kind == "random":
        return np.random.default_rng(0).normal(size=(ELEMENTS, ELEMENTS))
    i, j = np.mgrid[:ELEMENTS, :ELEMENTS] / ELEMENTS
    return np.cos(4 * np.pi * (i * i + j))


def face_on(kind: str) -> mm.Visualization:
    """The left operand seen face on, as large as its share of the picture."""
    data = {"A": values(kind), "B": np.ones((ELEMENTS, 1))}
    plain = {"legends": 0, "row guides": 0, "flow guides": 0, "layout.gap": 60}
    viz = mm.visualize("A @ B", data, animate=False, settings=plain)
    middle = (viz.placement.matrices["root.left"] @ [(ELEMENTS - 1) / 2, (ELEMENTS - 1) / 2, 0, 1])[:3]
    away = ELEMENTS / COVERED / 2 / np.tan(np.radians(framing.FOV / 2))
    params = viz.own_params()
    params["cam"] = framing.to_params(framing.Camera(middle - [away, 0, 0], middle))
    return mm.visualize(params, data, animate=False)


def shot(path) -> np.ndarray:
    """Render what is set up and read it: mean of the three channels, linear light."""
    bpy.context.scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    return srgb_to_linear(np.asarray(Image.open(path).convert("RGB")) / 255).mean(2)


def averaged(fine: np.ndarray, width: float = 0.4) -> np.ndarray:
    """``fine`` brought down by ``FINER`` behind a Gaussian of ``width`` (standard deviation, in pixels)."""
    frequency = np.fft.fftfreq(len(fine)) * FINER
    low = np.exp(-2 * (np.pi * frequency * width) ** 2)
    soft = np.fft.ifft2(np.fft.fft2(fine) * low[:, None] * low).real
    half = FINER // 2
    return sum(soft[a::FINER, b::FINER] for a in (half - 1, half) for b in (half - 1, half)) / 4


def waves(seen: np.ndarray) -> np.ndarray:
    """The strength of every wave, without the mean itself."""
    cut = int(PIXELS * (1 - COVERED) / 2) + 8
    inner = seen[cut:-cut, cut:-cut]
    window = np.hanning(len(inner))
    flat = (inner - inner.mean()) * window[:, None] * window
    return 2 * np.abs(np.fft.fft2(flat)) / window.sum() ** 2 / inner.mean()


def moire(seen: np.ndarray, wanted: np.ndarray) -> float:
    """How much stronger than allowed the worst wave is, as a share of what may be seen; up to 1 is right."""
    there = waves(wanted)
    turned = [np.roll(there, at, axis=0) for at in range(-NEARBY, NEARBY + 1)]
    near = np.max([np.roll(one, at, axis=1) for one in turned for at in range(-NEARBY, NEARBY + 1)], axis=0)
    return float(((waves(seen) - 1.1 * near) / SEEN).max())


def test_a_wave_is_found_and_measured():
    pixel = np.arange(PIXELS)
    even = np.ones((PIXELS, PIXELS))
    assert moire(even + 0.03 * np.cos(2 * np.pi * 0.4 * pixel), even) == pytest.approx(3, rel=0.1)
    assert moire(even + 0.005 * np.cos(2 * np.pi * 0.4 * pixel), even) < 1


@pytest.mark.parametrize("kind, samples", [("random", None), ("smooth", 48)])  # the smooth one has more to see
def test_a_fine_matrix_shows_no_moire(fresh_scene, tmp_path, kind, samples):
    viz = face_on(kind).build()
    scene = bpy.context.scene
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mm.MMWarning)
        finer = PIXELS * FINER
        still.prepare(viz.built, RenderSettings((finer, finer), 8 if samples is None else 3, "cycles"))
        scene.cycles.pixel_filter_type, scene.cycles.use_denoising = "BOX", False
        wanted = averaged(shot(tmp_path / "fine.png"))
        still.prepare(viz.built, RenderSettings((PIXELS, PIXELS), samples, "cycles", "final"))
        seen = shot(tmp_path / "seen.png")
        # a point of each pixel, always the same one
        still.prepare(viz.built, RenderSettings((PIXELS, PIXELS), 1, "cycles"))
        scene.cycles.pixel_filter_type, scene.cycles.filter_width, scene.cycles.use_denoising = "BOX", 0.01, False
        points = shot(tmp_path / "points.png")
        still.prepare(viz.built, RenderSettings((PIXELS, PIXELS), 16, "cycles"))
        scene.cycles.pixel_filter_type, scene.cycles.filter_width, scene.cycles.use_denoising = "BOX", 1.0, False
        square = shot(tmp_path / "square.png")
    assert moire(seen, wanted) < 1
    assert moire(points, wanted) > 20  # the check can fail: what bad settings do is found
    assert moire(square, wanted) > 5
