"""Sweeps as Blender evaluates them, against the plain definition in ``sweep_oracle``."""
import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

import mm_blender as mm  # noqa: E402
from drawn import Drawn  # noqa: E402
from made_up import made_up  # noqa: E402, F401
from mm_blender.layout.places import to_blender  # noqa: E402
from sweep_cases import CASES, SIZES  # noqa: E402
from sweep_oracle import Oracle  # noqa: E402


def compare(viz, step, frame):
    """Blender's evaluation at ``frame`` holds what the oracle says of ``step``."""
    scene = bpy.context.scene
    scene.frame_set(frame)
    depsgraph = bpy.context.evaluated_depsgraph_get()
    states, inside = Oracle(viz.tree, viz.values, viz.placement.boxes).states(step)
    seen = {}
    for obj in scene.objects:
        if "mm_path" in obj:
            seen.setdefault((obj["mm_path"], obj["mm_role"] == "sweep"), []).append(Drawn(obj, depsgraph))
    for path, state in states.items():
        drawn, = seen[path, False]
        shown = np.zeros(state.data.shape, bool)
        shown[drawn.row, drawn.col] = True
        sure = np.abs(state.data) > 1e-5 * np.abs(state.data).max()
        np.testing.assert_array_equal(shown[sure], state.visible[sure], err_msg=path)
        np.testing.assert_allclose(drawn.value, state.data[drawn.row, drawn.col],
                                   atol=1e-4 * np.abs(state.data).max(), err_msg=path)
        lit = np.zeros(shown.shape, bool)
        lit[drawn.row, drawn.col] = drawn.highlight > 0.5
        np.testing.assert_array_equal(lit & sure, state.highlight & sure, err_msg=path)
    want = sorted((*np.round(p, 3), round(float(v), 3)) for part in inside
                  for p, v in zip(to_blender(part.positions), part.values))
    have = sorted((*np.round(p / scene["mm_pitch"], 3), round(float(v), 3))
                  for (_, sweep), parts in seen.items() if sweep
                  for part in parts for p, v in zip(part.position, part.value))
    assert len(want) == len(have)
    np.testing.assert_allclose(np.array(have).reshape(-1, 4), np.array(want).reshape(-1, 4), atol=5e-3)


@pytest.mark.every
@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_every_step(fresh_scene, case):
    source, settings = CASES[case]
    sizes = {key: value for key, value in SIZES.items() if key[0] in source}
    viz = mm.visualize(source, settings={**sizes, **settings}, frames_per_step=1, smooth=False).build()
    steps = list(range(viz.schedule.steps))
    assert bpy.context.scene["mm_steps"] == len(steps) > 1
    for step in steps[::2] + steps[1::2]:  # out of order: a frame must not lean on the one before it
        compare(viz, step, bpy.context.scene.frame_start + step)


@pytest.mark.parametrize("chain", ["layernorm(x)", "layernorm_rows(x, 1e-6)", "rmsnorm(x)", "rmsnorm(x, 3)",
                                   "layernorm_rows(rmsnorm(x) * 1e30)", "layernorm(x * 1e3)"])
def test_norms_hold_whatever_float32_does(fresh_scene, chain):
    """As float64 has them: of values whose squares and sums float32 cannot hold, of small ones, and of constant
    rows."""
    from mm_blender.expression import epilogs
    from mm_blender.expression.grammar import parse_epilog
    from mm_blender.scene import compat, matrices
    from mm_blender.scene.nodes import epilog

    parsed, noise = parse_epilog(chain), np.random.default_rng(0).standard_normal((6, 8))
    group = epilog.build(parsed)
    for size in (1e-30, 1e-3, 1.0, 7.3e6, 2e19, 3e33, 3e34, 6e37):
        if size * 1e3 > 1e37 and "1e3" in chain.split("*")[-1] and "rms" not in chain:
            continue  # infinite in float32 before it is normalised
        x = (noise * size).astype(np.float32)
        x[1] = 5 * size
        x[2] = (1 + noise[2] / 100) * size  # a mean that is large beside what differs from it
        mesh = matrices.points("sum", np.zeros((x.size, 3), np.float32), x, x.shape[1])
        mesh.attributes.new("sum", "FLOAT", "POINT").data.foreach_set("value", x.ravel())
        obj = bpy.data.objects.new("sum", mesh)
        fresh_scene.collection.objects.link(obj)
        modifier = obj.modifiers.new("epilog", "NODES")
        modifier.node_group = group
        compat.set_modifier_inputs(modifier, {"Columns": x.shape[1], "K": 4.0})
        found = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).data.attributes["value"]
        got = np.array([each.value for each in found.data]).reshape(x.shape)
        want = epilogs.apply(parsed, x.astype(np.float64), 4)
        np.testing.assert_allclose(got, want, atol=2e-5 * np.abs(want).max(), err_msg=f"{size}")


@pytest.mark.parametrize("source", ["A @ B", "softmax(A @ B)", "gelu(A @ B / 2)"])
@pytest.mark.parametrize("which", [0, 1])
def test_an_algorithm_that_is_but_a_record(fresh_scene, made_up, source, which):  # noqa: F811
    settings = {**SIZES_AB, "A.h": 5, "block.i blocks": 2, "block.k blocks": 2, "anim.alg": made_up[which]}
    viz = mm.visualize(source, settings=settings, frames_per_step=1, smooth=False).build()
    for step in reversed(range(viz.schedule.steps)):
        compare(viz, step, bpy.context.scene.frame_start + step)


@pytest.mark.parametrize("case", ["dotprod", "axpy under gelu", "fused", "chain"])
def test_smooth_sweeps_are_exact_at_whole_steps(fresh_scene, case):
    source, settings = CASES[case]
    sizes = {key: value for key, value in SIZES.items() if key[0] in source}
    viz = mm.visualize(source, settings={**sizes, **settings}, frames_per_step=3).build()
    for step in range(0, viz.schedule.steps, 3):
        compare(viz, step, bpy.context.scene.frame_start + 3 * step)


def test_planes_glide_and_elements_grow_between_steps(fresh_scene):
    mm.visualize("A @ B", settings={"A.h": 4, "A.w": 3, "B.w": 5, "anim.alg": "vmprod"},
                  frames_per_step=4).build()
    scene = bpy.context.scene

    def at(frame):
        scene.frame_set(frame)
        depsgraph = bpy.context.evaluated_depsgraph_get()
        by_role = {obj["mm_role"]: Drawn(obj, depsgraph) for obj in scene.objects if obj.get("mm_path") == "root"}
        return by_role["sweep"].position[:, 2], by_role["result"]

    (before, _), (between, result), (after, _) = (at(scene.frame_start + frame) for frame in (4, 6, 8))
    assert after.mean() < between.mean() < before.mean()
    row = result.row == 2  # the row that comes next is half grown
    whole = {(r, c): e for r, c, e in zip(*(lambda d: (d.row, d.col, d.edge))(at(scene.frame_end)[1]))}
    for r, c, e in zip(result.row[row], result.col[row], result.edge[row]):
        assert 0.3 < e / whole[r, c] < 0.7


def test_the_finished_picture_is_held_at_the_end(fresh_scene):
    viz = mm.visualize("A @ B", settings={**SIZES_AB, "anim.alg": "vmprod"}, frames_per_step=4).build()
    scene = bpy.context.scene
    assert scene.frame_end > scene.frame_start + 4 * viz.schedule.steps - 1
    scene.frame_set(scene.frame_end)
    depsgraph = bpy.context.evaluated_depsgraph_get()
    drawn = {obj["mm_role"]: Drawn(obj, depsgraph).value.size for obj in scene.objects if obj.get("mm_path") == "root"}
    assert drawn == {"result": viz.values["root"].size, "sweep": 0}


SIZES_AB = {"A.h": 4, "A.w": 3, "B.w": 5, "A.init": "gaussian", "B.init": "gaussian"}


def test_duration_sets_the_length_of_the_sweep(fresh_scene):
    scene = bpy.context.scene
    mm.visualize("A @ B", settings={**SIZES_AB, "anim.alg": "vmprod"}, duration=10).build()
    assert scene.frame_end - scene.frame_start + 1 == 10 * scene.render.fps + scene.render.fps // 2


def test_markers_name_the_matmuls_where_they_start(fresh_scene):
    viz = mm.visualize("X = (Y = A @ B) @ C", settings={**SIZES, "anim.alg": "vmprod"}, frames_per_step=2).build()
    scene = bpy.context.scene
    starts = {marker.name: marker.frame for marker in scene.timeline_markers}
    assert starts == {"Y": scene.frame_start, "X": scene.frame_start + 2 * viz.schedule.tracks["root"].start}


def test_nothing_runs_python(fresh_scene):
    mm.visualize("A @ B", settings={**SIZES_AB, "anim.alg": "axpy"}).build()
    for obj in bpy.context.scene.objects:
        assert not (obj.animation_data and obj.animation_data.drivers)
    handlers = [h for name in dir(bpy.app.handlers) if isinstance(h := getattr(bpy.app.handlers, name), list)]
    assert not any("mm_blender" in getattr(function, "__module__", "") for some in handlers for function in some)


@pytest.mark.parametrize("sweeping", [True, False])
def test_spin_turns_the_camera_around_its_target(fresh_scene, sweeping):
    viz = mm.visualize("A @ B", settings={**SIZES_AB, "anim.spin": 20, "anim.alg": "vmprod" if sweeping else "none"})
    viz.build()
    scene = bpy.context.scene
    seen = []
    for frame in (scene.frame_start, scene.frame_start + 10):
        scene.frame_set(frame)
        seen.append(np.array(scene.camera.evaluated_get(bpy.context.evaluated_depsgraph_get()).matrix_world)[:3, 3])
    target = np.array(bpy.data.objects["mm turntable"].location)
    a, b = seen[0] - target, seen[1] - target
    away = to_blender(viz.camera.position) - to_blender(viz.camera.target)  # farther, where names need room
    np.testing.assert_allclose(a / np.linalg.norm(a), away / np.linalg.norm(away), atol=1e-4)
    assert a[2] == pytest.approx(b[2], rel=1e-4)
    turned = np.arctan2(b[1], b[0]) - np.arctan2(a[1], a[0])
    assert np.angle(np.exp(1j * turned)) == pytest.approx(-10 / scene.render.fps, rel=0.01)
