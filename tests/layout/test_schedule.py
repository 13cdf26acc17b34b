"""The schedule and the interior of sweeps: against the rule played tick by tick, and against the reference."""
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import measured
from mm_blender.expression import parameters, schema, tree
from mm_blender.expression.algorithms import ALGORITHMS
from mm_blender.layout import places, schedule as sched, sweep_planes
from sweep_oracle import Oracle, played

NAMES = list(ALGORITHMS)


# ---- expressions ----

@st.composite
def expressions(draw, most=4, algorithms=NAMES + ["none", "inherit"]):
    """Complete parameters of a random expression of up to ``most`` matmuls."""
    def blocks():
        return {f"{name} blocks": draw(st.integers(1, 3)) for name in "ikj"}

    def build(count, h, w, root=False):
        if count == 0:
            return {"name": "M", "matmul": False, "h": h, "w": w}
        d, on_left = draw(st.integers(1, 5)), draw(st.integers(0, count - 1))
        anim = {"alg": draw(st.sampled_from(NAMES if root else algorithms))}
        if root or draw(st.booleans()):
            anim["fuse"] = draw(st.sampled_from(list(schema.FUSE)))
        return {"matmul": True, "anim": anim, "block": blocks(), "left": build(on_left, h, d),
                "right": build(count - 1 - on_left, d, w)}

    h, w = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    return parameters.complete(build(draw(st.integers(1, most)), h, w, root=True))


@settings(max_examples=300)
@given(expressions())
def test_schedule_is_the_rule_tick_by_tick(spec):
    node = tree.resolve(spec)
    plan = sched.schedule(node)
    steps, counts = played(node)
    assert plan.steps == len(steps)
    assert {path: track.count for path, track in plan.tracks.items()} == counts
    for step, cursors in enumerate(steps):
        assert {path: track.cursor(step) for path, track in plan.tracks.items()} == cursors


@settings(max_examples=100)
@given(expressions())
def test_tracks_compile_to_keys(spec):
    plan = sched.schedule(tree.resolve(spec))
    for track in plan.tracks.values():
        steps = np.arange(plan.steps + 1)
        cursor = np.array([track.cursor(step) for step in steps])
        at, value = zip(*track.keys())
        assert (np.interp(steps, at, value) == cursor).all()
        assert (np.diff(cursor) >= 0).all() and cursor[-1] == track.count
        assert all(b.start >= a.start + a.length and b.first == a.first + a.length
                   for a, b in zip(track.runs, track.runs[1:]))
        for local in set(cursor):
            if local >= 0:
                assert track.when(int(local)) == np.flatnonzero(cursor == local)[0]


@settings(max_examples=100)
@given(expressions(most=1))
def test_every_product_is_shown_once(spec):
    node = tree.resolve(spec)
    track = sched.schedule(node).tracks["root"]
    seen = np.zeros((node.h, node.d, node.w), int)
    for piece in sweep_planes.pieces(node):
        last = None
        for local in range(track.count):
            i, k, j = sweep_planes.indices(node, piece, local)
            assert all((axis >= start).all() and (axis < start + size).all()
                       for axis, start, size in zip((i, k, j), piece.start, piece.extent))
            if sweep_planes.held(node, piece, local) != last:  # ragged pieces wait
                seen[i, k, j] += 1
            last = sweep_planes.held(node, piece, local)
    assert (seen == 1).all()


@settings(max_examples=50)
@given(expressions(most=1), st.data())
def test_products_lie_between_their_ends(spec, data):
    node = tree.resolve(spec)
    count = sched.schedule(node).tracks["root"].count
    cursors = np.array(data.draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=3)))
    pieces = sweep_planes.pieces(node)
    points = np.concatenate([sweep_planes.lattice(node, *sweep_planes.indices(node, piece, int(cursor)))
                             for piece in pieces for cursor in cursors])
    low, high = np.sort(sweep_planes.ends(node, cursors), axis=0)
    assert (points >= low - 1e-9).all() and (points <= high + 1e-9).all()
    if len(pieces) == 1:
        assert np.allclose([points.min(0), points.max(0)], [low, high])


@settings(max_examples=50)
@given(expressions(most=1), st.sampled_from(["negative", "positive"]), st.sampled_from(["front", "back"]))
def test_the_lattice_meets_operands_and_result(spec, polarity, result):
    """A product's place shares x and y with its result element, and its depth with the operands' k."""
    spec["layout"].update({"polarity": polarity, "result placement": result})
    node = tree.resolve(spec)
    spots = places.place(node)
    i, k, j = (a.ravel() for a in np.indices((node.h, node.d, node.w)))
    world = sweep_planes.lattice(node, i, k, j) @ spots.boxes["root"][:3, :3].T + spots.boxes["root"][:3, 3]

    def at(part, row, col):
        rows, cols = places.offsets(part)
        local = np.stack([cols[col], rows[row], 0.0 * row], -1)
        frame = spots.matrices[part.path]
        return local @ frame[:3, :3].T + frame[:3, 3]

    assert np.allclose(world[:, :2], at(node, i, j)[:, :2])
    assert np.allclose(world[:, 1:], at(node.left, i, k)[:, 1:])
    assert np.allclose(world[:, ::2], at(node.right, k, j)[:, ::2])


def test_nothing_sweeps():
    spec = parameters.default_params()
    assert sched.schedule(tree.resolve(parameters.complete(spec))) == sched.Schedule(1, {})


def test_a_long_sweep_is_two_keys():
    spec = parameters.default_params()
    spec["left"].update(h=128, w=4)
    spec["right"].update(h=4, w=128)
    spec["anim"]["alg"] = "dotprod (row major)"
    plan = sched.schedule(tree.resolve(parameters.complete(spec)))
    assert plan.steps == 16384
    assert plan.tracks["root"].keys() == [(-1, -1), (16384, 16384)]


# ---- against the reference ----

@pytest.mark.parametrize("case", measured.ALL_SWEEPS, ids=lambda case: case["name"])
def test_every_step_is_the_references(case):
    leaves = measured.leaf_values(case)
    node = tree.resolve(parameters.complete(case["params"]))
    oracle = Oracle(node, leaves, places.place(node).boxes)
    assert oracle.steps == case["n_steps"]
    for step in reversed(range(case["n_steps"])):  # no step may lean on the one before it
        compare_step(oracle, case["steps"][step], leaves, step)


def compare_step(oracle, want, leaves, step):
    states, inside = oracle.states(step)
    planes = []
    for m in want:
        shown = measured.mask(m, "vis")
        data = np.array(m["data"], float).reshape(shown.shape) if "data" in m else leaves[m["p"]]
        if m["role"] == "anim":
            row, col = np.nonzero(shown)
            world = measured.frame(m["mw"])
            spots = np.stack([col, row, 0 * row], -1) @ world[:3, :3].T + world[:3, 3]
            planes.append(np.c_[spots, data[shown]])
            continue
        state, top, where = states[m["p"]], max(np.abs(data).max(), 1e-9), f"step {step}, {m['p']}"
        sure = np.abs(data) > 1e-5 * top
        assert (state.visible == shown)[sure].all(), where
        assert np.abs(state.data - data).max() <= 2e-4 * top, where
        assert (state.highlight == measured.mask(m, "hi"))[shown].all(), where
    a = np.concatenate(planes or [np.zeros((0, 4))])
    b = np.concatenate([np.c_[part.positions, part.values] for part in inside] or [np.zeros((0, 4))])
    a, b = (x[np.abs(x[:, 3]) > 1e-6] for x in (a, b))
    assert len(a) == len(b), step
    if len(a):
        apart = np.abs(a[:, None, :3] - b[None, :, :3]).max(-1) + np.abs(a[:, None, 3] - b[None, :, 3])
        assert max(apart.min(0).max(), apart.min(1).max()) < 1e-3, step
