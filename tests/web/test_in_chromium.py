"""``window.mm`` of pages that are open in a real browser tells what the viewer's modules do by themselves, at every
step: those are held against the reference, and against Blender's rules (``test_steps``, ``test_sweeps``)."""
import numpy as np
import pytest

import browsing
import mm_blender as mm
from live import Elements, is_missing, MISSING
from measured import leaf_values, LINKS, SWEEPS, write_stand_ins
from mm_blender.web import bundle

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.once, pytest.mark.outside,
              pytest.mark.skipif(is_missing(), reason=MISSING),
              pytest.mark.skipif(not (bundle.FOLDER / "viewer.js").exists(), reason="scripts/build_viewer was not run")]
ASK = """async ([paths, step]) => {
  const text = array => {
    let letters = "";
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    for (let at = 0; at < bytes.length; at += 32768) letters += String.fromCharCode(...bytes.subarray(at, at + 32768));
    return btoa(letters);
  };
  const told = path => Object.fromEntries(Object.entries(mm.elements(path, step)).map(([key, x]) => [key, text(x)]));
  return Object.fromEntries(paths.map(path => [path, told(path)]));
}"""


@pytest.fixture(scope="module")
def browser():
    with browsing.page(400, 300) as page:
        yield page


def compare(browser, node, path, order) -> None:
    count, _, steps = node.ask(path, order)
    browser.faults.clear()
    browser.goto(path.as_uri())
    browser.evaluate("mm.ready")
    assert browser.evaluate("mm.steps") == count
    for step, wanted in zip(order, steps):
        told = browser.evaluate(ASK, [list(wanted), step])
        for name, want in wanted.items():
            have = Elements(told[name])
            for key, array in vars(want).items():
                np.testing.assert_allclose(getattr(have, key), array, rtol=1e-6, err_msg=f"step {step} {name} {key}")
    assert browser.faults == []


@pytest.mark.parametrize("case", SWEEPS[::5], ids=lambda case: case["name"])
def test_sweeps(case, browser, node, tmp_path):
    viz = mm.visualize(case["params"], data=leaf_values(case), smooth=False)
    order = [*range(case["n_steps"])]
    compare(browser, node, viz.page(tmp_path / "page.html"), order[::2] + order[1::2])


@pytest.mark.parametrize("number", [0, -1])
def test_links(number, browser, node, tmp_path):
    by_size = sorted(LINKS, key=lambda case: sum(each["h"] * each["w"] for each in case["matrices"]))
    write_stand_ins(tmp_path)
    case = by_size[number]
    viz = mm.visualize(case["url"], assets=tmp_path)
    compare(browser, node, viz.page(tmp_path / "page.html"), [viz.schedule.steps - 1])
