"""Pins: what they say follows the matrix, their line meets the element, and another Blender draws the same."""
import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

from mathutils import Vector  # noqa: E402

import mm_blender as mm  # noqa: E402
from mm_blender.lettering.numerals import spell  # noqa: E402
from mm_blender.scene import compat, parts, pins, probe  # noqa: E402
from mm_blender.scene.nodes import glyphs  # noqa: E402

OTHERS = [line.strip() for line in os.environ.get("MM_OTHER_BLENDERS", "").splitlines() if line.strip()]
RNG = np.random.default_rng(1)
DATA = {"A": RNG.normal(size=(6, 5)), "B": RNG.normal(size=(5, 7))}
READ = """
import json, os, sys
sys.modules["mm_blender"] = None  # to import it is an error
sys.path.insert(0, os.environ["MM_TESTS"])
import bpy
bpy.ops.wm.open_mainfile(filepath=os.environ["MM_BLEND"])
scene, out = bpy.context.scene, []
for frame in json.loads(os.environ["MM_FRAMES"]):
    scene.frame_set(frame)
    obj = next(obj for obj in scene.objects if obj.get("mm_part") == "pin")
    mesh = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    out.append([[polygon.material_index, *(obj.matrix_world @ polygon.center), polygon.area]
                for polygon in mesh.polygons])
with open(os.environ["MM_OUT"], "w") as file:
    json.dump(out, file)
"""


class Seen:
    """A pin as evaluated: ``letters``, areas and middles of what its text is filled with in the label's own plane;
    ``start``: the end of its line at the element, in the world."""

    def __init__(self, obj):
        mesh = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
        self.count = len(mesh.polygons)
        if not self.count:
            return
        corners = np.array([v.co for v in mesh.vertices])
        names = [material.name if material else "" for material in mesh.materials]
        self.ink = compat.modifier_input(obj.modifiers[0], "Ink").name
        sides = np.array([len(p.vertices) for p in mesh.polygons])
        z = np.array([p.center.z for p in mesh.polygons])
        inked = np.array([names[p.material_index] == self.ink for p in mesh.polygons])
        centres, areas = np.array([p.center for p in mesh.polygons]), np.array([p.area for p in mesh.polygons])
        plate, = np.flatnonzero(~inked)
        letters = inked & (z > z[plate] + 1e-6)
        self.area, self.middle = areas[letters].sum(), np.average(centres[letters], 0, areas[letters])
        where = corners[list({v for p in np.flatnonzero(letters) for v in mesh.polygons[p].vertices})]
        self.low, self.high = where.min(0), where.max(0)
        plate = corners[list(mesh.polygons[int(plate)].vertices)]
        self.plate = plate.min(0), plate.max(0)
        tube = inked & (sides == 4) & (z < z[~inked][0] - 1e-4)
        near = {v for p in np.flatnonzero(tube) for v in mesh.polygons[p].vertices}
        near = corners[sorted(near)]
        ends = near[np.argsort(np.linalg.norm(near, axis=1))][:8]
        self.start = np.array(obj.matrix_world @ Vector(ends.mean(0)))


def written(text: str, size: float) -> tuple[float, float, float]:
    """Filled area, width and height of ``text`` in Blender's own font."""
    curve = bpy.data.curves.new("text", "FONT")
    curve.body, curve.size, curve.resolution_u = text, size, glyphs.CURVE
    obj = bpy.data.objects.new("text", curve)
    bpy.context.scene.collection.objects.link(obj)
    mesh = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh()
    area = sum(p.area for p in mesh.polygons)
    where = np.array([v.co for v in mesh.vertices])
    bpy.data.objects.remove(obj)
    return area, *np.ptp(where, axis=0)[:2]


def pinned(viz, path, row, col, turn=None):
    hit = probe.element(parts.find(viz.collection, path), row, col, bpy.context.evaluated_depsgraph_get())
    obj = pins.pin(viz.collection, hit, turn)
    bpy.context.view_layer.update()
    return obj


def says(obj, text):
    size = compat.modifier_input(obj.modifiers[0], "Size")
    seen, (area, width, height) = Seen(obj), written(text, size)
    return (abs(seen.area / area - 1) < 2e-3 and abs(np.ptp([seen.low[0], seen.high[0]]) / width - 1) < 2e-3
            and abs(np.ptp([seen.low[1], seen.high[1]]) / height - 1) < 2e-3)


@pytest.mark.parametrize("path, row, col", [("root", 2, 6), ("root.left", 0, 0), ("root.right", 4, 3)])
def test_it_says_what_the_element_holds(fresh_scene, path, row, col):
    viz = mm.visualize("out = A @ B", data=DATA).build()
    obj = pinned(viz, path, row, col)
    name = {"root": "out", "root.left": "A", "root.right": "B"}[path]
    text = f"{name}[{row}, {col}] = {spell(viz.values[path][row, col], 4)}"
    made = "\n= row 2 of A · column 6 of B" if path == "root" else ""
    assert says(obj, text + made)
    assert not says(obj, text.replace(text[-1], "1" if text[-1] != "1" else "0") + made)  # the check can tell


def test_its_plate_holds_its_letters_and_its_line_meets_the_element(fresh_scene):
    viz = mm.visualize("out = A @ B", data=DATA).build()
    obj = pinned(viz, "root", 3, 4)
    matrix = parts.find(viz.collection, "root")
    for move in ((0, 0, 0), (0.3, -0.2, 1.1)):
        parts.root_of(viz.collection).location = move
        bpy.context.view_layer.update()
        seen = Seen(obj)
        place = matrix.matrix_world @ matrix.data.vertices[3 * 7 + 4].co
        np.testing.assert_allclose(seen.start, place, atol=2e-3)  # of the middle of a ring of a thin tube
        assert (seen.plate[0][:2] < seen.low[:2]).all() and (seen.plate[1][:2] > seen.high[:2]).all()
        assert seen.high[2] - seen.low[2] < 1e-6 < seen.low[2] - seen.plate[0][2]


def test_it_follows_a_sweep(fresh_scene):
    viz = mm.visualize("out = A @ B", data=DATA, settings={"anim.alg": "vvprod"}, frames_per_step=1,
                       smooth=False).build()
    fresh_scene.frame_set(fresh_scene.frame_end)
    obj = pinned(viz, "root", 1, 1)
    a, b = (viz.values[path].astype(float) for path in ("root.left", "root.right"))
    made = "\n= row 1 of A · column 1 of B"
    for step in (0, 2, 4):
        fresh_scene.frame_set(fresh_scene.frame_start + step)
        partial = np.float32(a[1, :step + 1] @ b[:step + 1, 1])
        assert says(obj, f"out[1, 1] = {spell(partial, 4)}{made}")


def test_what_is_built_anew_keeps_its_pins(fresh_scene):
    viz = mm.visualize("out = A @ B", data=DATA).build()
    obj = pinned(viz, "root", 1, 2)
    viz.change(data={"A": 2 * DATA["A"]})
    bpy.context.view_layer.update()
    assert says(obj, f"out[1, 2] = {spell(viz.values['root'][1, 2], 4)}\n= row 1 of A · column 2 of B")
    viz.change(look="paper")
    assert Seen(obj).ink == "mm pin on light"
    viz.change(data={"A": DATA["A"][:1]})  # there is no such row any more: nothing to say
    bpy.context.view_layer.update()
    assert not Seen(obj).count


def test_labels_keep_off_each_other(fresh_scene):
    viz = mm.visualize("out = A @ B", data=DATA).build()
    made = [pinned(viz, "root", row, col) for row, col in ((3, 1), (3, 2), (3, 3), (2, 2))]
    camera = fresh_scene.camera
    view = camera.matrix_world.inverted()
    boxes = []
    for obj in made:
        corners = [view @ (obj.matrix_world @ Vector(corner)) for corner in Seen(obj).plate]
        seen = np.array([[p.x / -p.z, p.y / -p.z] for p in corners])
        boxes.append((seen.min(0), seen.max(0)))
    for at, (low, high) in enumerate(boxes):
        for other_low, other_high in boxes[:at]:
            assert ((low >= other_high) | (high <= other_low)).any()


def test_one_for_a_view_without_a_camera(fresh_scene):
    viz = mm.visualize("out = A @ B", data=DATA).build()
    turn = fresh_scene.camera.matrix_world.to_quaternion()
    bpy.data.objects.remove(fresh_scene.camera)
    obj = pinned(viz, "root.left", 1, 2, turn)
    assert says(obj, f"A[1, 2] = {spell(viz.values['root.left'][1, 2], 4)}") and not obj.constraints
    hit = probe.element(parts.find(viz.collection, "root.left"), 1, 2, bpy.context.evaluated_depsgraph_get())
    assert pins.unpin(viz.collection, hit) and not pins.unpin(viz.collection, hit)


@pytest.mark.slow
@pytest.mark.outside
@pytest.mark.parametrize("other", OTHERS or [pytest.param(None, marks=pytest.mark.skip(
    reason="no other Blender: MM_OTHER_BLENDERS is not set"))])
def test_another_blender_draws_the_same_pin(fresh_scene, tmp_path, other):
    viz = mm.visualize("out = A @ B", data=DATA, settings={"anim.alg": "vvprod"}, frames_per_step=1,
                       smooth=False).build()
    obj = pinned(viz, "root", 1, 1)
    frames = [fresh_scene.frame_start, fresh_scene.frame_start + 3]
    mine = []
    for frame in frames:
        fresh_scene.frame_set(frame)
        mesh = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
        mine.append(np.array([[p.material_index, *(obj.matrix_world @ p.center), p.area] for p in mesh.polygons]))
    viz.save(tmp_path / "scene.blend")
    script = tmp_path / "read.py"
    script.write_text(READ)
    is_python = "python" in Path(other).name
    command = [other, str(script)] if is_python else [other, "-b", "--factory-startup", "--python-exit-code", "1",
                                                      "--python", str(script)]
    environment = {**os.environ, "MM_TESTS": str(Path(__file__).parents[1] / "support"),
                   "MM_BLEND": str(tmp_path / "scene.blend"),
                   "MM_FRAMES": json.dumps(frames), "MM_OUT": str(tmp_path / "out.json"), "PYTHONPATH": "",
                   "BLENDER_USER_RESOURCES": str(tmp_path / "nobody")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert (tmp_path / "out.json").is_file(), done.stdout[-2000:] + done.stderr[-2000:]
    for here, there in zip(mine, map(np.array, json.loads((tmp_path / "out.json").read_text()))):
        assert len(there) > 100
        # fonts are filled with triangles in an order of their own
        for material in (0, 1):
            a, b = (x[x[:, 0] == material] for x in (here, there))
            np.testing.assert_allclose(a[:, 4].sum(), b[:, 4].sum(), rtol=1e-3)
            if len(a):
                np.testing.assert_allclose(np.average(a[:, 1:4], 0, a[:, 4]), np.average(b[:, 1:4], 0, b[:, 4]),
                                           atol=1e-3)
