"""What live pages draw at every step, against what the reference was measured to show, and a plain definition of it."""
import numpy as np
import pytest

import mm_blender as mm
from live import is_missing, MISSING, write
from measured import ALL_LINKS, ALL_SWEEPS, floats, frame, is_known, leaf_values, mask, positions, spots, stand_in
from mm_blender.layout.places import to_blender

pytestmark = [pytest.mark.skipif(is_missing(), reason=MISSING), pytest.mark.slow, pytest.mark.once]


@pytest.mark.parametrize("case", ALL_SWEEPS, ids=lambda case: case["name"])
def test_every_step_is_the_references(case, node, tmp_path):
    leaves = leaf_values(case)
    viz = mm.visualize(case["params"], data=leaves, smooth=False)
    order = [*range(case["n_steps"])]
    order = order[::2] + order[1::2]  # a step must not lean on the one before it
    count, pitch, steps = node.ask(write(viz, tmp_path / "page.html"), order)
    assert count == case["n_steps"]
    for step, drawn in zip(order, steps):
        products = []
        for each in case["steps"][step]:
            if each["role"] == "anim":
                products.append(_products(each))
            else:
                _matches(each, leaves, drawn[each["p"]], f"step {step} {each['p']}")
        inside = [part for path, part in drawn.items() if path.endswith(":sweep")]
        have = np.concatenate([np.c_[part.position / pitch, part.value] for part in inside])
        _same_points(np.concatenate(products) if products else np.zeros((0, 4)), have, f"step {step}")


def _matches(each, leaves, drawn, where):
    h, w, visible = each["h"], each["w"], mask(each, "vis")
    data = np.array(each["data"], float).reshape(h, w) if "data" in each else leaves[each["p"]].astype(float)
    top = max(np.abs(data).max(), 1e-9)
    values = drawn.grid(h, w, drawn.value)
    shown, sure = ~np.isnan(values), np.abs(data) > 1e-5 * top
    np.testing.assert_array_equal(shown[sure], visible[sure], err_msg=where)
    both = shown & visible
    np.testing.assert_allclose(values[both], data[both], rtol=0, atol=2e-5 * top, err_msg=where)
    if each["role"] == "leaf":
        lit = drawn.grid(h, w, drawn.highlight) > 0.5
        np.testing.assert_array_equal(lit[both], mask(each, "hi")[both], err_msg=where)


def _products(each) -> np.ndarray:
    """Where what moves is drawn, in pitches and Blender's axes, and its values: (n, 4)."""
    rows, cols = np.nonzero(mask(each, "vis"))
    world = frame(each["mw"])
    at = np.stack([cols, rows, 0 * rows], -1) @ world[:3, :3].T + world[:3, 3]
    return np.c_[to_blender(at), np.array(each["data"], float).reshape(each["h"], each["w"])[rows, cols]]


def _same_points(want: np.ndarray, have: np.ndarray, where: str) -> None:
    """Both hold the same points with the same values, in whatever order."""
    want, have = (some[np.abs(some[:, 3]) > 1e-6] for some in (want, have))
    assert len(want) == len(have), where
    if len(want):
        away = np.abs(want[:, None, :3] - have[None, :, :3]).max(-1) + np.abs(want[:, None, 3] - have[None, :, 3])
        assert max(away.min(0).max(), away.min(1).max()) < 1e-3, where


@pytest.mark.parametrize("case", ALL_LINKS, ids=lambda case: str(case["id"]))
def test_links_are_the_references(case, node, tmp_path):
    _write_stand_ins(case, tmp_path)
    viz = mm.visualize(case["url"], assets=tmp_path, animate=False)
    _, pitch, (drawn,) = node.ask(write(viz, tmp_path / "page.html"))
    for each in case["matrices"]:
        assert f"{each['path']}:sweep" in drawn
        if not is_known(case, each["path"]):
            continue
        found = drawn[each["path"]]
        h, w, (rows, cols) = each["h"], each["w"], spots(each)
        size, data = floats(each["size"]) / 1000 * 0.8, floats(each["data"])
        edge = found.grid(h, w, found.edge)[rows, cols] / pitch
        shown, sure = ~np.isnan(edge), (np.abs(data) > 2e-4 * each["absmax"]) | (data == 0)
        np.testing.assert_array_equal(shown[sure], size[sure] > 0)
        both = shown & (size > 0)
        np.testing.assert_allclose(edge[both], size[both], atol=0.004)
        at = found.grid(h, w, found.position)[rows, cols] / pitch
        np.testing.assert_allclose(at[both], to_blender(positions(each))[both], atol=2e-3)
        np.testing.assert_allclose(found.grid(h, w, found.value)[rows, cols][both], data[both], rtol=0,
                                   atol=5e-4 * each["absmax"])
        np.testing.assert_allclose(found.grid(h, w, found.color)[rows, cols][both], floats(each["color"], 3)[both],
                                   atol=0.01)


def _write_stand_ins(case, folder) -> None:
    from measured import leaves

    for _, leaf in leaves(case["params"]):
        if leaf["init"] == "url":
            name = leaf["url"].rpartition("/")[2]
            np.savetxt(folder / name, stand_in(name), "%.4f", ",")
