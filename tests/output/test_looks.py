"""One small picture of every look, beside the one that is kept, so that a change in light, ground or ink is noticed.

``MM_UPDATE_SNAPSHOTS=1 pytest tests/output/test_looks.py`` makes the pictures in ``tests/snapshots/looks`` anew.

They are compared by means over squares of 4 x 4 pixels. Of Blender 4.5.15, 5.0.1 and 5.2.3, all denoised, not one pixel
differs; what another processor rounds otherwise is less than one step of 255. A Blender that cannot denoise shows the
noise of eight samples in looks that have light: 22 was measured (dark). For comparison: a tenth of a light less, or no
rim light, is 2 to 6, another ink, arrow or ground 3 to 60.
"""
import os
from pathlib import Path

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")
Image = pytest.importorskip("PIL.Image")

import mm_blender as mm  # noqa: E402
from mm_blender.appearance import looks  # noqa: E402
from mm_blender.options import LOOKS  # noqa: E402
from mm_blender.output import sampling  # noqa: E402

KEPT = Path(__file__).parents[1] / "snapshots" / "looks"
SIZE, SQUARE = (96, 64), 4
SAME, NOISY = 1.0, 30.0  # steps of 255 by which a square's mean may differ
rng = np.random.default_rng(4)
DATA = {"A": rng.normal(size=(4, 3)), "B": rng.normal(size=(3, 5))}
SETTINGS = {"anim.alg": "vmprod", "row guides": 1, "flow guides": 1, "elem scale": 0.9}


def picture(look, path):
    """Pixels (h, w, 3) of a sweep in its third step, with all that a look has a colour for."""
    mm.visualize("C = A @ B", data=DATA, look=look, settings=SETTINGS, seed=1, lettering="planes").render(
        path, SIZE, samples=8, engine="cycles", progress=False, at=2)
    return pixels(path)


def pixels(path):
    return np.array(Image.open(path).convert("RGB")).astype(float)


def squares(x):
    h, w, _ = x.shape
    return x.reshape(h // SQUARE, SQUARE, w // SQUARE, SQUARE, 3).mean((1, 3))


@pytest.mark.filterwarnings("ignore:this Blender is built without:mm_blender.MMWarning")
@pytest.mark.parametrize("look", LOOKS)
def test_a_look_is_what_it_was(fresh_scene, tmp_path, look):
    seen, kept = picture(look, tmp_path / f"{look}.png"), KEPT / f"{look}.png"
    if os.environ.get("MM_UPDATE_SNAPSHOTS"):
        KEPT.mkdir(exist_ok=True)
        Image.fromarray(seen.astype(np.uint8)).save(kept, optimize=True)
    noisy = looks.LOOKS[look].lit and not sampling._has_denoiser()
    apart = np.abs(squares(seen) - squares(pixels(kept)))
    where = np.unravel_index(apart.argmax(), apart.shape)[:2]
    assert apart.max() <= (NOISY if noisy else SAME), (
        f"{look} differs by {apart.max():.1f} of 255 in the square at row {where[0] * SQUARE}, column "
        f"{where[1] * SQUARE}: compare {tmp_path / kept.name} with {kept}")


def test_the_kept_pictures_are_those_of_the_looks():
    assert {path.stem for path in KEPT.iterdir()} == set(LOOKS)
    kept = {look: squares(pixels(KEPT / f"{look}.png")) for look in LOOKS}
    for one in LOOKS:
        for other in LOOKS:
            assert one == other or np.abs(kept[one] - kept[other]).max() > 2 * NOISY, (one, other)
