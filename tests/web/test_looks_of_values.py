"""Sizes, colours and epilogs of the viewer, against what defines them in Python."""
import numpy as np
import pytest

import mm_blender as mm
from live import is_missing, MISSING
from mm_blender.appearance import rules
from mm_blender.colour import colormaps
from mm_blender.expression import epilogs
from mm_blender.expression.grammar import parse_epilog
from mm_blender.layout.places import nodes
from mm_blender.web.manifest import told
from mm_blender.web.palette import Palette

pytestmark = [pytest.mark.skipif(is_missing(), reason=MISSING), pytest.mark.once]
EXTREME = [0.0, -0.0, 1e-45, -1e-40, 1e-30, -3e-8, 0.5, -0.5, 1.0, -1.0, 8.9, -8.9, 40.0, -40.0, 745.0, -745.0, 1e4,
           -1e4, 1e19, -2e19, 3.4e38, -3.4e38]
CHAINS = ["relu(x)", "gelu(x)", "gelu_tanh(x)", "sigmoid(x)", "silu(x)", "tanh(x)", "x**2", "x * 3", "x / 7", "x + 2",
          "x / sqrt(k)", "softmax(x)", "softmax(tril(x))", "softmax(triu(x / 8))", "tril(x)", "triu(x)", "layernorm(x)",
          "layernorm(x, 0.1)", "layernorm_rows(x)", "layernorm_rows(x, 0)", "rmsnorm(x)", "rmsnorm(x, 2)",
          "layernorm_rows(silu(x)) * 2", "tril(softmax(x))", "softmax(tril(gelu(x)))"]


@pytest.mark.parametrize("text", CHAINS)
def test_epilogs_are_those_of_the_library(text, node):
    chain, random = parse_epilog(text), np.random.default_rng(1)
    for h, w in ((1, 1), (3, 7), (9, 4), (150, 40)):
        for size in (1e-30, 1e-3, 1.0, 30.0, 1e18):
            x = random.standard_normal((h, w)) * size
            x[0] = 5 * size  # a row that is constant
            _same(node, chain, x)
    x = np.resize(EXTREME, (4, len(EXTREME)))
    _same(node, chain, x)
    for odd in (np.inf, -np.inf, np.nan):
        _same(node, chain, np.array([[1.0, odd, 2.0], [0.5, -1.0, 3.0]]))
        _same(node, chain, np.full((2, 3), odd))
        _same(node, chain, np.array([[odd, -odd, 2.0], [0.5, -1.0, odd]]))


def _same(node, chain, x) -> None:
    with np.errstate(all="ignore"):
        want = epilogs.apply(chain, x, 4)
    np.testing.assert_allclose(node.apply(chain, x, 4), want, rtol=1e-11, atol=1e-300)


VIEWS = [{}, {"viz.sensitivity": "superlocal"}, {"viz.cmap": "viridis"}, {"viz.cmap": "RdBu"}, {"viz.cmap": "tab10"},
         {"viz.cmap": "mm:dark", "viz.norm": "log"}, {"viz.norm": "symlog"}, {"viz.cmap": "magma", "viz.norm": "log"},
         {"viz.cmap": "viridis", "viz.norm": "symlog", "viz.sensitivity": "superlocal"}, {"viz.percentile": 80},
         {"viz.cmap": "viridis", "viz.vmin": 0.4, "viz.vmax": 0.41}, {"viz.min size": 0, "viz.elem scale": 2},
         {"viz.cmap": "viridis", "viz.norm": "log", "viz.vmin": 0.01, "viz.vmax": 3},
         {"viz.zero hue": 0.1, "viz.hue gap": 0.5, "viz.hue spread": 0.3, "viz.min light": 0, "viz.max light": 1}]


@pytest.mark.parametrize("view", VIEWS, ids=str)
@pytest.mark.parametrize("size", [1e-30, 1.0, 1e30])
def test_values_look_as_in_blender(view, size, node):
    if "viz.vmin" in view and size != 1.0:
        pytest.skip("its ends are of another size")
    values = np.random.default_rng(3).standard_normal((40, 50)) * np.logspace(-9, 0, 50) * size
    values[::5] = np.abs(values[::5])
    viz = mm.visualize("A @ B", data={"A": values, "B": np.eye(50) + 0.1}, settings=view)
    for each in nodes(viz.tree):
        scale, course = viz.document.scaling.scales[each.path], viz.document.scaling.courses[each.path]
        palette = Palette()
        number = palette.number(each.viz.cmap)
        settings = {
            "viz": {"minSize": each.viz.min_size, "elemScale": each.viz.elem_scale, "minLight": each.viz.min_light,
                    "maxLight": each.viz.max_light, "zeroHue": each.viz.zero_hue, "hueGap": each.viz.hue_gap,
                    "hueSpread": each.viz.hue_spread},
            "scale": {"low": scale.low, "high": scale.high}, "course": told(course),
            "map": None if number is None else told(palette.maps[number])}
        x = viz.values[each.path].ravel()
        x = np.r_[x, np.float32(EXTREME), x[x != 0][:5] * 3].astype(np.float32)
        found = node.paint(settings, x)
        edges, colours = rules.edge(x, scale, each.viz), rules.colour_at(rules.level(x, scale), each.viz, course)
        np.testing.assert_allclose(found["exactEdges"], edges, atol=1e-12)
        np.testing.assert_allclose(found["exactColours"], colours, atol=1e-9)
        np.testing.assert_allclose(found["edges"], edges, atol=1e-6)
        drawn = x != 0
        shares = edges / (rules.EDGE * each.viz.elem_scale)
        np.testing.assert_allclose(found["painted"][drawn, 3] / 255, shares[drawn], atol=1 / 250)
        assert not found["painted"][~drawn, 3].any()
        off = np.abs(found["painted"][drawn, :3] / 255 - colours[drawn]).max(-1)
        if colormaps.HUE == each.viz.cmap or not colormaps.find(each.viz.cmap).stepped:
            assert off.max() < 0.012
        assert (off > 0.012).mean() < 0.01  # next to the steps of a map that has some


def test_what_is_no_number_is_drawn_largest(node):
    settings = {"viz": {"minSize": 0.2, "elemScale": 1.25, "minLight": 0.4, "maxLight": 0.6, "zeroHue": 0.7,
                        "hueGap": 0.7, "hueSpread": 0.1}, "scale": {"low": 0, "high": 2}, "map": None,
                "course": {"decades": 0, "low": 0, "knee": 1, "start": -1, "end": 1}}
    found = node.paint(settings, np.float32([np.nan, np.inf, -np.inf, 0, 1]))
    np.testing.assert_allclose(found["exactEdges"][:4], [1, 1, 1, 0])
    np.testing.assert_array_equal(found["painted"][:4, 3], [255, 255, 255, 0])
    np.testing.assert_array_equal(found["painted"][:3, :3], [[255, 0, 255], [255, 255, 255], [137, 137, 137]])
