"""Reduction for display: axes, cells, and the cells' values against the whole matrices'."""
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import mm_blender as mm
from checkpoints import write_safetensors
from mm_blender.data import lazy
from mm_blender.errors import DataError, MMWarning, ParameterError, SizeError
from mm_blender.expression.blocks import split
from mm_blender.expression.tree import elements, MatMul, nodes
from mm_blender.layout import reduction
from mm_blender.values import approximation, banded

ATTENTION = "out = (attn = softmax(tril(Q @ K.T / sqrt(k)))) @ V"


def attention_data(n=120, d=16, seed=0):
    rng = np.random.default_rng(seed)
    return {name: rng.standard_normal((n, d), np.float32) for name in "QKV"}


def brute(x, kind, rows, cols):
    """Every cell by itself."""
    out = np.empty((len(rows) - 1, len(cols) - 1))
    for i in range(len(rows) - 1):
        for j in range(len(cols) - 1):
            tile = x[rows[i]:rows[i + 1], cols[j]:cols[j + 1]].astype(np.float64)
            flat = tile.ravel()
            out[i, j] = {"absmax": flat[np.abs(flat).argmax()], "mean": flat.mean(),
                         "rms": np.sqrt((flat * flat).mean())}[kind]
    return out


@given(size=st.integers(1, 200), blocks=st.integers(1, 12), factor=st.sampled_from([1, 2, 4, 8, 32]))
def test_cells_cover_an_axis_and_keep_to_its_blocks(size, blocks, factor):
    whole = split(size, blocks, 4.0)
    cells = reduction.cells_of(whole, factor)
    edges = reduction.edges(cells)
    assert len(edges) == cells.size + 1 and edges[0] == 0 and edges[-1] == size and cells.full == size
    assert (np.diff(edges) >= 1).all() and (np.diff(edges) <= factor).all()
    assert cells.count == whole.count
    bounds = {start for _, start, _ in whole.blocks()}
    assert bounds == {int(edges[start]) for _, start, _ in cells.blocks()}


@given(h=st.integers(1, 40), w=st.integers(1, 40), fr=st.integers(1, 9), fc=st.integers(1, 9),
       kind=st.sampled_from(["absmax", "mean", "rms"]), seed=st.integers(0, 99))
def test_tiles_are_what_each_cell_says_by_itself(h, w, fr, fc, kind, seed):
    x = np.random.default_rng(seed).standard_normal((h, w), np.float32)
    rows, cols = (np.append(np.arange(0, n, f), n) for n, f in ((h, fr), (w, fc)))
    np.testing.assert_allclose(reduction.tiles(x, kind, rows, cols), brute(x, kind, rows, cols), rtol=1e-5, atol=1e-6)


def test_the_largest_magnitude_keeps_its_sign_and_a_nan_is_seen():
    x = np.array([[1, -3, 2, 2], [0, 2, np.nan, 1]], np.float32)
    cells = reduction.tiles(x, "absmax", np.array([0, 2]), np.array([0, 2, 4]))
    assert cells[0, 0] == -3 and np.isnan(cells[0, 1])


def test_joined_faces_share_their_factors():
    viz = mm.visualize("out = (attn = Q @ K) @ V @ wO", animate=False, cells=3000, settings={
        "Q.h": 500, "Q.w": 20, "K.w": 400, "V.w": 30, "wO.w": 900})
    assert viz.plan.reduces and elements(viz.tree) <= 3000
    for node in nodes(viz.tree):
        if isinstance(node, MatMul):
            assert node.rows == node.left.rows and node.cols == node.right.cols
            assert node.left.cols == node.right.rows == node.inner
            assert (node.h, node.d, node.w) == (node.rows.size, node.inner.size, node.cols.size)
    assert [node.rows.full for node in nodes(viz.tree)] == [node.h for node in nodes(viz.true)]


@pytest.mark.parametrize("sizes, shown", [
    ((512, 4096, 14336), (64, 256, 896)),      # a layer's weight keeps its proportions
    ((32, 4096, 14336), (32, 256, 896)),       # what is short stays
    ((6000, 6000, 6000), (750, 750, 750)),
    ((32768, 64, 32768), (1024, 64, 1024)),    # an attention map
])
def test_matrices_keep_their_proportions_and_short_axes_are_left(sizes, shown):
    i, k, j = sizes
    mm.limits.elements = 2 ** 31
    viz = mm.visualize("L @ R", animate=False, settings={"L.h": i, "L.w": k, "R.w": j})
    assert (viz.tree.h, viz.tree.d, viz.tree.w) == shown
    assert elements(viz.tree) <= reduction.SHOWN
    more = mm.visualize("L @ R", animate=False, settings={"L.h": i, "L.w": k, "R.w": j}, cells=2 ** 23)
    assert elements(viz.tree) < elements(more.tree) <= 2 ** 23


@pytest.fixture(autouse=True)
def limits_as_they_were():
    yield
    mm.limits.reset()


def test_what_fits_is_not_reduced():
    viz = mm.visualize(ATTENTION, attention_data(), animate=False)
    assert viz.tree is viz.true and not viz.plan.reduces and not viz.readings
    long = mm.visualize("L @ R", animate=False, settings={"L.h": 20000, "L.w": 5, "R.w": 5})
    assert long.tree is long.true  # longer than a screen, but few elements


@pytest.mark.parametrize("kind", ["absmax", "mean", "rms"])
@pytest.mark.parametrize("blocks", [1, 3])
def test_results_by_bands_are_those_of_the_whole(kind, blocks, monkeypatch):
    monkeypatch.setattr(banded, "BAND", 700)  # several bands
    data, more = attention_data(), {"block.i blocks": blocks, "block.j blocks": blocks}
    whole = mm.visualize(ATTENTION, data, animate=False, settings=more)
    viz = mm.visualize(ATTENTION, data, animate=False, settings=more, reduce=kind, cells=4000)
    assert elements(viz.tree) <= 4000
    for node in nodes(viz.tree):
        want = reduction.tiles(whole.values[node.path], kind, reduction.edges(node.rows), reduction.edges(node.cols))
        np.testing.assert_allclose(viz.values[node.path], want, rtol=1e-5, atol=1e-6)
        x, reading = whole.values[node.path], viz.readings[node.path]
        assert (reading.low, reading.high, reading.odd) == pytest.approx((x.min(), x.max(), 0), rel=1e-6)


@pytest.mark.parametrize("source", [
    "layernorm(x @ W) @ U", "relu(layernorm_rows(x) @ W + b) @ U", "(h = x @ W) @ U + x", "rope(x @ W) @ rope_cols(U)",
    "x @ (W @ U)", "(x @ W) * g @ softmax(layernorm(W.T @ U))", "triu(rope(x)) @ W"])
def test_every_kind_of_epilog_by_bands(source, monkeypatch):
    monkeypatch.setattr(banded, "BAND", 300)
    rng = np.random.default_rng(1)
    data = {name: rng.standard_normal((24, 24), np.float32) for name in "xWU" if name in source}
    data |= {name: rng.standard_normal((1, 24), np.float32) for name in "bg"
             if f"+ {name}" in source or f"* {name}" in source}
    whole = mm.visualize(source, data, animate=False)
    viz = mm.visualize(source, data, animate=False, cells=900)
    assert viz.plan.reduces and not any(node.note.startswith(reduction.ABOUT) for node in nodes(viz.tree))
    for node in nodes(viz.tree):
        want = reduction.tiles(whole.values[node.path], "absmax", reduction.edges(node.rows),
                               reduction.edges(node.cols))
        np.testing.assert_allclose(viz.values[node.path], want, rtol=2e-5, atol=2e-6)


def test_too_much_work_is_done_on_means_and_said_to_be_approximate(monkeypatch):
    monkeypatch.setattr(approximation, "WORK", 1000)
    data = attention_data()
    viz = mm.visualize(ATTENTION, data, animate=False, cells=4000)
    with pytest.warns(MMWarning, match="attn, out: too large to be computed element by element.*approximate"):
        viz.values
    notes = {node.name: node.note for node in nodes(viz.tree)}
    assert notes["attn"].startswith("about mean over") and notes["Q"].startswith("max |x| over")
    assert "about mean" in viz.info()
    rows = viz.values["root.left"].sum(1) * 120 / viz.values["root.left"].shape[1]  # still a softmax
    np.testing.assert_allclose(rows, 1, rtol=1e-5)


def test_means_of_a_product_are_exact_where_nothing_bends_them(monkeypatch):
    monkeypatch.setattr(approximation, "WORK", 1000)
    data = attention_data()
    whole = mm.visualize("S = Q @ K.T / sqrt(k)", {name: data[name] for name in "QK"}, animate=False)
    viz = mm.visualize("S = Q @ K.T / sqrt(k)", {name: data[name] for name in "QK"}, animate=False, cells=4000,
                       reduce="mean")
    node = viz.tree
    assert node.note == f"mean over {node.rows.factor} × {node.cols.factor}"
    want = reduction.tiles(whole.values["root"], "mean", reduction.edges(node.rows), reduction.edges(node.cols))
    np.testing.assert_allclose(viz.values["root"], want, rtol=1e-4, atol=1e-6)


def test_no_reduction_where_none_is_wanted():
    with pytest.raises(SizeError, match="let them be reduced"):
        mm.visualize("L @ R", reduce="none", settings={"L.h": 100000, "R.w": 100000})
    with pytest.raises(ParameterError, match="there is no reduction 'max'; known are absmax, mean, rms, none"):
        mm.visualize("L @ R", reduce="max")
    with pytest.raises(ParameterError, match="cells must be a whole number of at least 1, not 0"):
        mm.visualize("L @ R", cells=0)
    with pytest.raises(SizeError, match="cannot be shown with 2 cells"):
        mm.visualize("L @ R", cells=2)


def test_a_change_of_kind_and_the_values_that_stay():
    viz = mm.visualize(ATTENTION, attention_data(), animate=False, cells=4000)
    cells = viz.values
    local = viz.edited({"viz.sensitivity": "local"})
    assert all(local.values[path] is cells[path] for path in cells)
    mean = viz.edited(reduce="mean")
    assert np.abs(mean.values["root.left"]).max() < np.abs(cells["root.left"]).max()


def test_the_element_behind_a_cell():
    data = attention_data()
    whole = mm.visualize(ATTENTION, data, animate=False)
    viz = mm.visualize(ATTENTION, data, animate=False, cells=4000)
    for node in nodes(viz.tree):
        row, col, value = viz.element(node.path, 2, 1)
        assert value == pytest.approx(viz.values[node.path][2, 1], rel=1e-5)
        assert value == pytest.approx(whole.values[node.path][row, col], rel=1e-5)
        assert row // node.rows.factor == 2 and col // node.cols.factor == 1


def test_sweeps_that_add_up_are_left_out_of_reduced_matrices():
    viz = mm.visualize("L @ R", settings={"L.h": 64, "L.w": 64, "R.w": 64, "anim.alg": "vvprod"}, cells=2000)
    with pytest.warns(MMWarning, match="sweep of L @ R would add up elements that are not shown"):
        viz.values
    assert viz.schedule.steps == 1
    rows = mm.visualize("L @ R", settings={"L.h": 64, "L.w": 64, "R.w": 64, "anim.alg": "vmprod"}, cells=2000)
    assert rows.schedule.steps == rows.tree.h < 64


@settings(max_examples=30)
@given(slice_=st.sampled_from(["", "[3:50]", "[:, 5:90:2]", "[::-1]", "[40:2:-3, ::-2]", "[..., 1:]"]),
       transpose=st.booleans(),
       at=st.tuples(st.integers(0, 5), st.integers(1, 4), st.integers(0, 5), st.integers(1, 4)))
def test_blocks_of_what_lies_in_a_file(tmp_path_factory, slice_, transpose, at):
    path = tmp_path_factory.mktemp("lazy") / "w.safetensors"
    write_safetensors(path, {"W": (np.random.default_rng(0).standard_normal((60, 100), np.float32), "BF16")})
    address = f"{path}:W{slice_}{'.T' if transpose else ''}"
    from mm_blender.data import addresses, tensors
    whole = tensors.read(addresses.parse(address))
    before, lazy.LARGE = lazy.LARGE, 1
    try:
        found = lazy.open_address(addresses.parse(address))
    finally:
        lazy.LARGE = before
    top, more, left, wide = at
    assert found.shape == whole.shape and found.text == address
    np.testing.assert_array_equal(found.block(top, top + more, left, left + wide),
                                  whole[top:top + more, left:left + wide])
    np.testing.assert_array_equal(found.read(), whole)


def test_a_lost_matrix_says_so():
    with pytest.raises(DataError, match="only a reduced picture of this matrix of 3 x 4 was kept.*give its data again"):
        lazy.Lost((3, 4)).read()


LAYER = """
import sys, time
start = time.perf_counter()
import mm_blender as mm
viz = mm.visualize("y = x @ W", {"W": sys.argv[1] + ":W", "x": sys.argv[1] + ":x"}, animate=False)
viz.build()
viz.render(sys.argv[2], size=(320, 240), samples=4, progress=False)
peak = next(line for line in open("/proc/self/status") if "VmHWM" in line)
print("TOOK", time.perf_counter() - start, int(peak.split()[1]) / 1e6)
print("TRUE", viz.readings["root.right"].high, viz.true.right.w)
"""


@pytest.mark.slow
@pytest.mark.outside
def test_the_weight_of_a_layer_of_seven_billion(tmp_path):
    pytest.importorskip("bpy")
    rng = np.random.default_rng(0)
    W = rng.standard_normal((4096, 14336), np.float32) * np.float32(0.02)
    write_safetensors(tmp_path / "layer.safetensors", {
        "W": (W, "BF16"), "x": (rng.standard_normal((32, 4096), np.float32), "BF16")})
    done = subprocess.run([sys.executable, "-c", LAYER, tmp_path / "layer.safetensors", tmp_path / "out.png"],
                          capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    seconds, gigabytes = map(float, done.stdout.split("TOOK")[1].split()[:2])
    high, width = done.stdout.split("TRUE")[1].split()[:2]
    assert seconds < 30 and gigabytes < 2, (seconds, gigabytes)
    assert float(high) == pytest.approx(W.max(), rel=0.01) and int(width) == 14336
    assert (tmp_path / "out.png").stat().st_size > 1000


@pytest.mark.slow
def test_a_map_of_32_thousand_tokens():
    viz = mm.visualize(ATTENTION, attention_data(2 ** 15, 64), animate=False)
    attn = viz.tree.left
    assert attn.rows.full == attn.cols.full == 2 ** 15 and attn.rows.factor == attn.cols.factor
    assert viz.values["root.left"].shape == (attn.h, attn.w)
    assert viz.values["root.left"][0, 0] == 1 and (viz.values["root.left"][0, 1:] == 0).all()
