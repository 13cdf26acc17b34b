"""A story's file is complete: other Blenders, with factory settings and without this package, show the same.

``MM_OTHER_BLENDERS`` names them, one a line: Pythons that have bpy, or blender programs. ``scripts/test`` sets it.
"""
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

import mm_blender as mm  # noqa: E402
import story_frames  # noqa: E402
import told_state  # noqa: E402

OTHERS = [line.strip() for line in os.environ.get("MM_OTHER_BLENDERS", "").splitlines() if line.strip()]
MEAN, MOST = 0.005, 0.1  # of 1, by which small pictures differ: on average, and 99 of 100 pixels; 0 where it was tried


@pytest.fixture
def saved(fresh_scene, tmp_path):
    """A lesson's file, opened where it was saved, and five frames of it: three where a beat rests, two on the way."""
    mm.lesson("what-a-matmul-is").build().save(tmp_path / "told.blend")
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "told.blend"))
    rests = story_frames.rests(bpy.context.scene)
    on_the_way = [(rests[at] + rests[at + 1]) // 2 for at in (2, 5)]
    return tmp_path / "told.blend", sorted([rests[1], rests[4], rests[7], *on_the_way])


def elsewhere(command, blend, frames, out):
    script = Path(told_state.__file__)
    environment = {**os.environ, "MM_BLEND": str(blend), "MM_FRAMES": json.dumps(frames), "MM_OUT": str(out),
                   "BLENDER_USER_RESOURCES": str(out.parent / "nobody"), "PYTHONPATH": ""}
    full = [command, str(script)] if "python" in Path(command).name else [
        command, "-b", "--factory-startup", "--python-exit-code", "1", "--python", str(script)]
    done = subprocess.run(full, env=environment, capture_output=True, text=True, timeout=300)
    assert out.is_file(), done.stdout[-2000:] + done.stderr[-2000:]
    return json.loads(out.read_text())


@pytest.mark.slow
@pytest.mark.outside
@pytest.mark.parametrize("other", [sys.executable, *OTHERS])
def test_another_blender_tells_the_same_story(saved, other, tmp_path):
    blend, frames = saved
    here = [told_state.at(frame) for frame in frames]
    there = elsewhere(other, blend, frames, tmp_path / "there.json")
    for mine, theirs in zip(here, there, strict=True):
        np.testing.assert_allclose(theirs["camera"], mine["camera"], atol=1e-4)
        np.testing.assert_allclose(theirs["playheads"], mine["playheads"], atol=1e-4)
        assert theirs["words"] == mine["words"]
        assert [len(rows) for rows in theirs["lit"]] == [len(rows) for rows in mine["lit"]]
        for one, other_rows in zip(mine["lit"], theirs["lit"]):
            np.testing.assert_allclose(np.reshape(other_rows, (-1, 5)), np.reshape(one, (-1, 5)), atol=1e-4)
        apart = np.abs(np.array(theirs["picture"]) - mine["picture"])
        assert apart.mean() < MEAN and np.quantile(apart, 0.99) < MOST
        assert np.ptp(mine["picture"]) > 0.4
    assert len({json.dumps(each["camera"]) for each in here}) >= 4 and len({str(each["words"]) for each in here}) > 2
    assert len({json.dumps(each["lit"]) for each in here}) > 3
