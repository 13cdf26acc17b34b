"""A saved file is complete: other Blenders, without this package, show the same elements at every frame.

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

SUPPORT = Path(__file__).parents[1] / "support"
OTHERS = [line.strip() for line in os.environ.get("MM_OTHER_BLENDERS", "").splitlines() if line.strip()]
READ = """
import json, os, sys
sys.modules["mm_blender"] = None  # to import it is an error
sys.path.insert(0, os.environ["MM_TESTS"])
import bpy
from drawn import Drawn
bpy.ops.wm.open_mainfile(filepath=os.environ["MM_BLEND"])
scene, out = bpy.context.scene, {}
for frame in json.loads(os.environ["MM_FRAMES"]):
    scene.frame_set(frame)
    depsgraph = bpy.context.evaluated_depsgraph_get()
    rows = []
    for obj in scene.objects:
        if obj.type == "MESH" and ("mm_path" in obj or obj.get("mm_part") == "travel") and not obj.hide_viewport:
            drawn = Drawn(obj, depsgraph)
            for values in zip(drawn.position.tolist(), drawn.edge.tolist(), drawn.value.tolist(),
                              drawn.highlight.tolist()):
                rows.append([*values[0], *values[1:]])
    out[frame] = sorted(rows)
with open(os.environ["MM_OUT"], "w") as file:
    json.dump(out, file)
"""
SWEEPS = {
    "fused": ("out = A @ B @ C", {"anim.alg": "vvprod", "left.alg": "mvprod", "fuse": "sync"}),
    "partial results": ("A @ B", {"anim.alg": "vmprod", "block.k blocks": 2}),
    "axpy under softmax": ("softmax(A @ B)", {"anim.alg": "axpy"}),
    "still": ("relu(A @ B)", {}),
}


def read(command: list[str], blend: Path, frames: list[int], out: Path) -> dict[str, np.ndarray]:
    script = out.with_suffix(".py")
    script.write_text(READ)
    environment = {**os.environ, "MM_TESTS": str(SUPPORT), "MM_BLEND": str(blend), "MM_FRAMES": json.dumps(frames),
                   "MM_OUT": str(out), "BLENDER_USER_RESOURCES": str(out.parent / "nobody"), "PYTHONPATH": ""}
    is_python = "python" in Path(command[-1]).name
    full = [*command, str(script)] if is_python else [*command, "-b", "--factory-startup", "--python-exit-code", "1",
                                                      "--python", str(script)]
    done = subprocess.run(full, env=environment, capture_output=True, text=True, timeout=120)
    assert out.is_file(), done.stdout[-2000:] + done.stderr[-2000:]
    return {frame: np.array(rows).reshape(-1, 6) for frame, rows in json.loads(out.read_text()).items()}


@pytest.mark.every
@pytest.mark.slow
@pytest.mark.outside
@pytest.mark.parametrize("other", OTHERS or [pytest.param(None, marks=pytest.mark.skip(
    reason="no other Blender: MM_OTHER_BLENDERS is not set"))])
@pytest.mark.parametrize("case", SWEEPS)
def test_another_blender_shows_the_same(fresh_scene, tmp_path, case, other):
    source, settings = SWEEPS[case]
    sizes = {f"{name}.{side}": size for name, side, size in (("A", "h", 5), ("A", "w", 4), ("B", "w", 3), ("C", "w", 4))
             if name in source}
    inits = {f"{name}.init": "gaussian" for name in "ABC" if name in source}
    viz = mm.visualize(source, settings={**sizes, **inits, **settings}, frames_per_step=3).build()
    scene = bpy.context.scene
    frames = sorted({scene.frame_start, (scene.frame_start + scene.frame_end) // 2, scene.frame_end} if settings
                    else {1})
    viz.save(tmp_path / "scene.blend")
    _compare(other, tmp_path, frames)


@pytest.mark.every
@pytest.mark.slow
@pytest.mark.outside
@pytest.mark.parametrize("other", OTHERS or [pytest.param(None, marks=pytest.mark.skip(
    reason="no other Blender: MM_OTHER_BLENDERS is not set"))])
def test_another_blender_shows_the_same_on_the_way(fresh_scene, tmp_path, other):
    sizes = {"A.h": 5, "A.w": 4, "B.w": 3, "C.w": 4}
    ends = (mm.visualize(source, settings=sizes) for source in ("(A @ B) @ C", "A @ (B @ C)"))
    built = mm.transition(*ends, seconds=1)
    built.save(tmp_path / "scene.blend")
    first, last = built.frames
    _compare(other, tmp_path, [first, (2 * first + last) // 3, (first + last) // 2, last])


def _compare(other: str, tmp_path: Path, frames: list[int]) -> None:
    """Both Blenders show the same elements of the saved scene."""
    mine = read([sys.executable], tmp_path / "scene.blend", frames, tmp_path / "mine.json")
    theirs = read([other], tmp_path / "scene.blend", frames, tmp_path / "theirs.json")
    for frame in mine:
        assert len(mine[frame]) == len(theirs[frame]) > 0
        # sorted by place; what is as good as equal may come in another order, so the nearest counts
        for a, b in ((mine[frame], theirs[frame]), (theirs[frame], mine[frame])):
            assert np.abs(a[:, None] - b[None]).max(-1).min(1).max() < 1e-4
