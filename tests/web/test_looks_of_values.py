"""Sizes, colours and epilogs of the viewer, against what defines them in Python."""
import numpy as np
import pytest

import mm_blender as mm
from live import is_missing, MISSING
from mm_blender.appearance import rules
from mm_blender.colour import colormaps
from mm_blender.expression import epilogs
from mm_blender.expression.epilog_functions import FUNCTIONS
from mm_blender.expression.grammar import parse_epilog
from mm_blender.layout.places import nodes
from mm_blender.web.manifest import told
from mm_blender.web.palette import Palette

pytestmark = [pytest.mark.skipif(is_missing(), reason=MISSING), pytest.mark.once]
EXTREME = [0.0, -0.0, 1e-45, -1e-40, 1e-30, -3e-8, 0.5, -0.5, 1.0, -1.0, 8.9, -8.9, 40.0, -40.0, 745.0, -745.0, 1e4,
           -1e4, 1e19, -2e19, 3.4e38, -3.4e38]
SIZES = 124  # that a texel tells apart
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


@pytest.mark.parametrize("name", [*FUNCTIONS, "square"])
def test_sums_are_shown_bare_where_they_are_in_blender(name, node):
    chain, x = (epilogs.Step("div", ("num", 2.0)), epilogs.Step(name)), np.ones((2, 2))
    assert (node.apply(chain, x, 4) is not None) == epilogs.has_nodes(chain)
    assert node.apply((*chain, epilogs.Step("add", matrix="b")), x, 4) is None


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
        edges, colours, texels = node.look(settings, x)
        level = rules.level(x, scale)
        want = rules.colour_at(level, each.viz, course)
        np.testing.assert_allclose(edges, rules.edge(x, scale, each.viz), atol=1e-12)
        np.testing.assert_allclose(colours, want, atol=1e-9)
        assert not texels[x == 0].any()
        drawn = (x != 0) & (np.abs(level) > 1e-9)  # what is about the least has the colour of its sign in the picture
        shares = (texels[drawn, 3] - 1.0) / (SIZES - 1)
        np.testing.assert_allclose(shares, np.sqrt(np.abs(level[drawn])), atol=0.6 / (SIZES - 1))
        off = np.abs(texels[drawn, :3] / 255 - want[drawn]).max(-1)
        most = 0.05 if course.decades else 0.012
        if colormaps.HUE == each.viz.cmap or not colormaps.find(each.viz.cmap).stepped:
            assert off.max() < most
        assert (off > most).mean() < 0.01  # next to the steps of a map that has some


def test_what_is_no_number_is_drawn_largest(node):
    settings = {"viz": {"minSize": 0.2, "elemScale": 1.25, "minLight": 0.4, "maxLight": 0.6, "zeroHue": 0.7,
                        "hueGap": 0.7, "hueSpread": 0.1}, "scale": {"low": 0, "high": 2}, "map": None,
                "course": {"decades": 0, "low": 0, "knee": 1, "start": -1, "end": 1}}
    edges, colours, texels = node.look(settings, np.float32([np.nan, np.inf, -np.inf, 0, 1]))
    np.testing.assert_allclose(edges[:4], [1, 1, 1, 0])
    wanted = rules.srgb(np.array([np.nan, np.inf, -np.inf]), rules.Scale(0, 2), mm.visualize("A @ B").tree.viz)
    np.testing.assert_allclose(colours[:3], wanted, atol=1e-3)
    np.testing.assert_array_equal(texels[:4, 3], [249, 250, 251, 0])
