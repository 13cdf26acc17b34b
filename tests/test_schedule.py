"""The schedule and the interior of sweeps: against the rule played tick by tick, and against the reference."""
import gzip
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from sweep_oracle import Oracle  # noqa: E402

from mm_blender import interior, params, places, schedule as sched, tree, values  # noqa: E402

MEASURED = Path(__file__).parents[2] / "shared" / "conformance" / "sweeps.json.gz"
NAMES = list(sched.ALGORITHMS)


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
            anim["fuse"] = draw(st.sampled_from(params.FUSE))
        return {"matmul": True, "anim": anim, "block": blocks(), "left": build(on_left, h, d),
                "right": build(count - 1 - on_left, d, w)}

    h, w = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    return params.complete(build(draw(st.integers(1, most)), h, w, root=True))


def ticked(node: tree.MatMul):
    """The cursors of every step, played as the reference plays them: slow, and nothing shared with the module."""
    cursor = {node.path: -1 for node in tree.nodes(node) if isinstance(node, tree.MatMul)}
    counts = {}

    def count(n):
        i, k, j = n.rows.step, n.inner.step, n.cols.step
        return {"dotprod (row major)": i * j, "dotprod (col major)": i * j, "axpy": j * k, "vmprod": i, "mvprod": j,
                "vvprod": k}[n.anim.alg]

    def moving(n):
        return isinstance(n, tree.MatMul) and n.anim.alg != "none"

    def done(n):
        return not moving(n) or cursor[n.path] == counts[n.path]

    def join(n):
        def side(child):
            if done(child):
                return "none"
            simple = ("vmprod", "mvprod", "vvprod")
            if n.anim.alg not in simple or child.anim.alg not in simple:
                return "mixed"
            if n.anim.fuse == "async" or cursor[child.path] == cursor[n.path]:
                return join(child)
            return "mixed"

        left, right = side(n.left), side(n.right)
        if n.anim.alg == "vmprod" and left in ("none", "vmprod") and right == "none":
            return "vmprod"
        if n.anim.alg == "mvprod" and left == "none" and right in ("none", "mvprod"):
            return "mvprod"
        if n.anim.alg == "vvprod" and left in ("none", "mvprod") and right in ("none", "vmprod"):
            return "vvprod"
        return n.anim.alg if left == right == "none" else "mixed"

    def bump(n):
        go = (done(n.left) and done(n.right)) or (n.anim.fuse != "none" and join(n) != "mixed")
        for child in (n.left, n.right):
            if not done(child):
                bump(child)
        cursor[n.path] += go

    def start(n):
        if moving(n):
            counts[n.path] = count(n)
            start(n.left)
            start(n.right)

    start(node)
    steps = []
    while True:
        bump(node)
        if done(node):
            return steps, counts
        steps.append({path: cursor[path] for path in counts})


@settings(max_examples=300, deadline=None)
@given(expressions())
def test_schedule_is_the_rule_tick_by_tick(spec):
    node = tree.resolve(spec)
    plan = sched.schedule(node)
    steps, counts = ticked(node)
    assert plan.steps == len(steps)
    assert {path: track.count for path, track in plan.tracks.items()} == counts
    for step, cursors in enumerate(steps):
        assert {path: track.cursor(step) for path, track in plan.tracks.items()} == cursors


@settings(max_examples=100, deadline=None)
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


@settings(max_examples=100, deadline=None)
@given(expressions(most=1))
def test_every_product_is_shown_once(spec):
    node = tree.resolve(spec)
    track = sched.schedule(node).tracks["root"]
    seen = np.zeros((node.h, node.d, node.w), int)
    for piece in interior.pieces(node):
        last = None
        for local in range(track.count):
            i, k, j = interior.indices(node, piece, local)
            assert all((axis >= start).all() and (axis < start + size).all()
                       for axis, start, size in zip((i, k, j), piece.start, piece.extent))
            if interior.held(node, piece, local) != last:  # ragged pieces wait
                seen[i, k, j] += 1
            last = interior.held(node, piece, local)
    assert (seen == 1).all()


@settings(max_examples=50, deadline=None)
@given(expressions(most=1), st.sampled_from(["negative", "positive"]), st.sampled_from(["front", "back"]))
def test_the_lattice_meets_operands_and_result(spec, polarity, result):
    """A product's place shares x and y with its result element, and its depth with the operands' k."""
    spec["layout"].update({"polarity": polarity, "result placement": result})
    node = tree.resolve(spec)
    spots = places.place(node)
    i, k, j = (a.ravel() for a in np.indices((node.h, node.d, node.w)))
    world = interior.lattice(node, i, k, j) @ spots.boxes["root"][:3, :3].T + spots.boxes["root"][:3, 3]

    def at(part, row, col):
        rows, cols = places.offsets(part)
        local = np.stack([cols[col], rows[row], 0.0 * row], -1)
        frame = spots.matrices[part.path]
        return local @ frame[:3, :3].T + frame[:3, 3]

    assert np.allclose(world[:, :2], at(node, i, j)[:, :2])
    assert np.allclose(world[:, 1:], at(node.left, i, k)[:, 1:])
    assert np.allclose(world[:, ::2], at(node.right, k, j)[:, ::2])


def test_nothing_sweeps():
    spec = params.default_params()
    assert sched.schedule(tree.resolve(params.complete(spec))) == sched.Schedule(1, {})


def test_a_long_sweep_is_two_keys():
    spec = params.default_params()
    spec["left"].update(h=128, w=4)
    spec["right"].update(h=4, w=128)
    spec["anim"]["alg"] = "dotprod (row major)"
    plan = sched.schedule(tree.resolve(params.complete(spec)))
    assert plan.steps == 16384
    assert plan.tracks["root"].keys() == [(-1, -1), (16384, 16384)]


# ---- against the reference ----

CASES = json.loads(gzip.open(MEASURED).read()) if MEASURED.exists() else []


@pytest.mark.skipif(not CASES, reason="the measurements of the reference are not here")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_every_step_is_the_references(case):
    leaves = {m["p"]: np.array(m["data"], np.float32).reshape(m["h"], m["w"])
              for m in case["steps"][0] if m["role"] == "leaf"}
    node = tree.resolve(params.complete(case["params"]))
    oracle = Oracle(node, values.compute(node, data=leaves))
    assert oracle.schedule.steps == case["n_steps"]
    for step in reversed(range(case["n_steps"])):  # no step may lean on the one before it
        compare_step(oracle, case["steps"][step], leaves, step)


def compare_step(oracle, want, leaves, step):
    states, inside = oracle.states(step)
    planes = []
    for m in want:
        mask = np.array([c == "1" for c in m["vis"]]).reshape(m["h"], m["w"])
        data = np.array(m["data"], float).reshape(mask.shape) if "data" in m else leaves[m["p"]]
        if m["role"] == "anim":
            row, col = np.nonzero(mask)
            frame = np.array(m["mw"]).reshape(4, 4).T
            spots = np.stack([col, row, 0 * row], -1) @ frame[:3, :3].T + frame[:3, 3]
            planes.append(np.c_[spots, data[mask]])
            continue
        state, top, where = states[m["p"]], max(np.abs(data).max(), 1e-9), f"step {step}, {m['p']}"
        sure = np.abs(data) > 1e-5 * top
        lit = np.array([c == "1" for c in m.get("hi", "0" * mask.size)]).reshape(mask.shape)
        assert (state.visible == mask)[sure].all(), where
        assert np.abs(state.data - data).max() <= 2e-4 * top, where
        assert (state.highlight == lit)[mask].all(), where
    a = np.concatenate(planes or [np.zeros((0, 4))])
    b = np.concatenate([np.c_[part.positions, part.values] for part in inside] or [np.zeros((0, 4))])
    a, b = (x[np.abs(x[:, 3]) > 1e-6] for x in (a, b))
    assert len(a) == len(b), step
    if len(a):
        apart = np.abs(a[:, None, :3] - b[None, :, :3]).max(-1) + np.abs(a[:, None, 3] - b[None, :, 3])
        assert max(apart.min(0).max(), apart.min(1).max()) < 1e-3, step
