"""Files that the version of 26 November 2026 saved, from before its modules stood in packages, open and go on.

``tests/reference/before`` holds them, saved by Blender 4.5, and in ``as_saved.json`` what that version said of each.
Every later version is held to them; files of another time go beside them.
"""
import json
from pathlib import Path

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

import mm_blender as mm  # noqa: E402
from mm_blender.expression import links  # noqa: E402

FOLDER = Path(__file__).parents[1] / "reference" / "before"
SAVED = json.loads((FOLDER / "as_saved.json").read_text("utf-8"))


pytestmark = pytest.mark.filterwarnings("ignore::mm_blender.errors.MMWarning")


@pytest.fixture(params=sorted(SAVED))
def opened(request):
    bpy.ops.wm.open_mainfile(filepath=str(FOLDER / request.param))
    return mm.visualizations(), SAVED[request.param]


def linked(link: str) -> tuple[dict, list[float]]:
    """The parameters of a link, without the camera, and the numbers of that."""
    params = links.decode(link)
    camera = params.pop("cam")
    return params, [*(camera[key] for key in "xyz"), *(camera["target"][key] for key in "xyz")]


def test_all_is_as_it_was_saved(opened):
    found, saved = opened
    assert [viz.written for viz in found] == [each["written"] for each in saved]
    for viz, was in zip(found, saved):
        (params, camera), (saved_params, saved_camera) = map(linked, (viz.link(), was["link"]))
        assert params == saved_params and camera == pytest.approx(saved_camera)  # which numpy works out to the last bit
        assert viz.schedule.steps == was["steps"] and viz.options.look == was["look"]
        assert viz.values.keys() == was["values"].keys()
        for path, x in viz.values.items():
            assert [np.float64(x).sum(), x.flat[0], x.flat[-1]] == pytest.approx(was["values"][path], rel=1e-6), path
        assert sorted([obj["mm_part"], obj.get("mm_path", "")] for obj in viz.collection.all_objects
                      if "mm_part" in obj) == was["objects"]


def test_it_goes_on(opened, tmp_path):
    found, _ = opened
    for viz in found:
        before = {path: x.copy() for path, x in viz.values.items()}
        viz.change({"layout.gap": 5, "viz.sensitivity": "local"}, look="studio")
        assert all(np.array_equal(viz.values[path], x) for path, x in before.items())
    found[0].render(tmp_path / "a.png", (32, 24), 1, engine="workbench", progress=False)
    for viz in found:
        viz.remove()
    assert not mm.visualizations() and not [obj for obj in bpy.data.objects if "mm_part" in obj]
