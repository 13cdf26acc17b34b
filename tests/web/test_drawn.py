"""What the page's renderer draws, by the pixels of a real browser."""
import io

import numpy as np
import pytest

import browsing
import mm_blender as mm
from mm_blender.web import bundle

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.once, pytest.mark.outside,
              pytest.mark.skipif(not (bundle.FOLDER / "viewer.js").exists(), reason="scripts/build_viewer was not run")]
WHERE = "([path, row, col]) => { const { x, y } = mm.where(path, row, col); return [x, y]; }"
LOSE = """async () => {
  const canvas = document.querySelector("canvas.mm-picture"), gl = canvas.getContext("webgl2");
  const extension = gl.getExtension("WEBGL_lose_context");
  const restored = new Promise(done => canvas.addEventListener("webglcontextrestored", done, { once: true }));
  extension.loseContext();
  await new Promise(done => setTimeout(done, 100));
  extension.restoreContext();
  await restored;
  await mm.draw();
}"""


@pytest.fixture(scope="module")
def page():
    with browsing.page(500, 400) as page:
        yield page


def opened(page, viz, path):
    page.faults.clear()
    page.goto(viz.page(path).as_uri())
    page.evaluate("mm.ready")


def seen(page) -> np.ndarray:
    """The pixels (h, w, 3) of what is seen."""
    from PIL import Image

    page.evaluate("mm.draw()")
    return np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"), int)


def test_elements_have_their_colours_where_they_are_and_the_rest_is_the_ground(page, tmp_path):
    x = np.array([[3.0, -3.0, 0.0], [-3.0, 3.0, 3.0]], np.float32)
    apart = {"viz.elem scale": 0.5}
    viz = mm.visualize("L @ R", data={"L": x, "R": np.eye(3, dtype=np.float32)}, lettering="none", settings=apart)
    opened(page, viz, tmp_path / "p.html")
    pixels = seen(page)
    for row in range(2):
        for col in range(3):
            across, down = page.evaluate(WHERE, ["root", row, col])
            red, _, blue = pixels[round(down), round(across)]
            if x[row, col]:
                assert (blue > red) == (x[row, col] > 0), (row, col)
            else:
                assert max(pixels[round(down), round(across)]) < 60, "zero is not drawn"
    assert page.faults == []


def test_what_is_no_number_is_chequered_without_speckle(page, tmp_path):
    viz = mm.visualize("L @ R", data={"L": np.full((3, 3), np.nan), "R": np.eye(3)}, lettering="none")
    opened(page, viz, tmp_path / "p.html")
    pixels = seen(page)
    bright = (pixels[..., 0] > 160) & (pixels[..., 1] < 90) & (pixels[..., 2] > 160)
    inner = bright[1:-1, 1:-1]
    alone = inner & ~(bright[:-2, 1:-1] | bright[2:, 1:-1]) & ~(bright[1:-1, :-2] | bright[1:-1, 2:])
    assert inner.sum() > 1000, "of NaN there is much"
    assert alone.sum() < 0.005 * inner.sum()


def test_a_picture_comes_back_after_its_context_was_lost(page, tmp_path):
    opened(page, mm.visualize("L @ R", settings={"L.init": "gaussian", "R.init": "gaussian"}, lettering="none"),
           tmp_path / "p.html")
    before = seen(page)
    page.evaluate(LOSE)
    after = seen(page)
    assert np.abs(before - after).mean() < 2
    assert page.faults == []
