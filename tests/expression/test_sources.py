"""Sources: an expression, a link, a preset, a file, a dict; and links that read back what was written."""
import copy
import json
import warnings

import pytest
from hypothesis import given, settings, strategies as st

import mm_blender as mm
from mm_blender.document import sharing
from mm_blender.errors import DataError, ExpressionError, LinkError, MMError, MMWarning, ParameterError
from mm_blender.expression import schema
from mm_blender.expression.parameters import complete, default_params, find, walk
from mm_blender.expression.sources import AIRY_SCALE, from_expression, presets, read
from strategies import expressions, names_of, to_text

TEXT = "out = (attn = softmax(tril(Q @ K.T / sqrt(k)))) @ V"


def test_an_expression():
    params, loose = read(f"  {TEXT}\n")
    assert loose and params["expr"] == "out = (attn = Q @ K.T) @ V"
    assert "cam" not in params and params["viz"]["elem scale"] == AIRY_SCALE
    attn = find(params, "left")
    assert attn["epilog"] == "softmax(tril(x/sqrt(k)))" and "mm_epilog" not in attn
    assert attn["layout"]["polarity"] == "positive"  # laid out by the scheme
    assert find(params, "left.right") == {**find(params, "left.right"), "name": "K.T", "mm_transpose": True}


def test_scales_and_epilogs_of_operands():
    params = from_expression("relu(A / 8) @ B")
    assert find(params, "left")["mm_epilog"] == "relu(x / 8)" and "epilog" not in find(params, "left")


def test_a_dict_a_file_and_a_path(tmp_path):
    params = from_expression(TEXT)
    before = copy.deepcopy(params)
    (tmp_path / "p.json").write_text(json.dumps(params))
    (tmp_path / "no-ending").write_text(json.dumps(params))
    for source in (params, str(tmp_path / "p.json"), tmp_path / "p.json", tmp_path / "no-ending"):
        assert read(source) == (params, False)
    assert params == before


@pytest.mark.parametrize("name", sorted(presets()))
def test_every_preset_reads_and_fits(name):
    viz = mm.visualize(name)
    assert complete(viz.params) == viz.params
    assert sum(x.size for x in viz.values.values()) < 100_000
    assert all(abs(x).max() > 0 for x in viz.values.values())


@pytest.mark.parametrize("text, error, words", [
    ("", ExpressionError, ["empty"]),
    ("nonsense", ParameterError, ["'nonsense' is no expression", "no link", "presets are", "causal-attention-head"]),
    ("causal-attention-hed", ParameterError, ["did you mean 'causal-attention-head'"]),
    ("A @ ", ExpressionError, ["column"]),
    ("https://bhosmer.github.io/mm/index.html?params=%7B%22expr", LinkError, ["cut short"]),
    ("none/such.json", DataError, ["none/such.json"]),
    (5, ParameterError, ["not int"]), (None, ParameterError, ["not NoneType"]), ([], ParameterError, ["not list"]),
    ({}, ParameterError, ["'left' and a 'right'"]),
])
def test_what_cannot_be_a_source(text, error, words):
    with pytest.raises(error) as caught:
        mm.visualize(text)
    assert all(word in str(caught.value) for word in words), str(caught.value)


@pytest.mark.parametrize("content, error, words", [
    (b"{", DataError, ["is not JSON"]), (b"[1]", DataError, ["holds a list"]),
    (b"\xff\xfe", DataError, ["is not JSON"]), (b"[" * 100_000, DataError, ["is not JSON"]),
    (b"{}", ParameterError, ["'left' and a 'right'"]),
])
def test_files_that_hold_no_parameters(tmp_path, content, error, words):
    path = tmp_path / "p.json"
    path.write_bytes(content)
    with pytest.raises(error) as caught:
        mm.visualize(path)
    assert all(word in str(caught.value) for word in words), str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_parameters_in_any_encoding_of_unicode(tmp_path, encoding):
    params = mm.visualize("Ä @ B", settings={"Ä.h": 3}).params
    (tmp_path / "p.json").write_bytes(json.dumps(params, ensure_ascii=False).encode(encoding))
    assert mm.visualize(tmp_path / "p.json").params == params


@pytest.mark.parametrize("change, words", [
    ({"viz": {"min sise": 0.5}}, ["'viz.min sise'", "did you mean 'viz.min size'"]),
    ({"anim": {"gap": 3}}, ["'anim.gap'", "'layout.gap'"]), ({"lefft": 1}, ["'lefft'", "'left'"]),
    ({"Viz": {}}, ["'Viz'", "'viz'"]), ({"viz": {"min_size": 3}}, ["'viz.min size'"]),
    ({"left": {"inti": "eye"}}, ["'left.inti'", "'left.init'"]),
])
def test_keys_that_are_nearly_known_are_refused(tmp_path, change, words):
    params = {"left": {}, "right": {}, **change}
    (tmp_path / "p.json").write_text(json.dumps(params))
    for source in (params, tmp_path / "p.json"):
        with pytest.raises(ParameterError) as caught:
            mm.visualize(source)
        assert all(word in str(caught.value) for word in words), str(caught.value)


def test_keys_that_mean_nothing_are_said():
    params = {"left": {}, "right": {"zzz": 1}, "layout": {"qwerty": 2, "folder": "open"}, "sync_expr": True}
    with pytest.warns(MMWarning, match=r"layout.qwerty.*read over|right.zzz, layout.qwerty"):
        mm.visualize(params)
    with pytest.warns(MMWarning, match="the link holds what means nothing here and is read over: viz.min sise"):
        mm.visualize('?params={"viz":{"min sise":1}}')
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mm.visualize({"left": {"folder": "open"}, "right": {}, "diag": {"url": "", "x": 1}, "compress": True})


@pytest.mark.parametrize("change, words", [
    ({"deco": {"axes": True}}, "deco.axes changes nothing here .*no axes are drawn"),
    ({"deco": {"spotlight": 4, "lens size": 0.1}}, "deco.spotlight, deco.lens size change nothing here .*mouse"),
    ({"anim": {"speed": 5}}, "anim.speed changes nothing here .*frames_per_step="),
    ({"left": {"left": {}, "right": {}, "anim": {"speed": 3}}}, "left.anim.speed changes"),
    ({"left": {"anim": {"alg": "vmprod"}}}, "left.anim.alg changes nothing here .*it is a matmul's"),
    ({"right": {"viz": {"sensitivity": "local"}, "block": {"i blocks": 2}}},
     "right.block.i blocks, right.viz.sensitivity change nothing"),
    ({"left": {"left": {}, "right": {}, "h": 5, "init": "eye"}}, "left.h, left.init change nothing .*this is a matmul"),
    ({"min": 3, "mm_transpose": True}, "min, mm_transpose change nothing"),
    ({"left": {"epilog": "softmax"}}, "left.epilog changes nothing .*mm_epilog"),
    ({"left": {"left": {}, "right": {}, "cam": {"x": 1, "y": 1, "z": 1}}}, "left.cam changes nothing .*one camera"),
    ({"cam": {"x": 1, "y": 1, "z": 1, "roll": 3}}, "means nothing here and is read over: cam.roll"),
    ({"cam": {"x": 1, "y": 1, "z": 1, "target": {"x": 0, "y": 0, "z": 0, "w": 1}}}, "read over: cam.target.w"),
])
def test_settings_that_change_nothing_where_they_stand_are_said(tmp_path, monkeypatch, change, words):
    """In a dict, a JSON file and a preset of one's own, by their names, as ``settings=`` says them."""
    params = {"left": {}, "right": {}, **change}
    monkeypatch.setenv("MM_BLENDER_PRESETS", str(tmp_path))
    (tmp_path / "own.json").write_text(json.dumps(params))
    for source in (params, tmp_path / "own.json", "own"):
        with pytest.warns(MMWarning, match=words):
            mm.visualize(source)


@pytest.mark.parametrize("name", presets())
def test_presets_are_read_without_a_word(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        params = read(name)[0]
        assert read(params)[0] == params


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(DataError, match=str(tmp_path)):
        mm.visualize(tmp_path)


# ---- links out and in

def link(viz, compress) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MMWarning)
        return viz.link(compress)


@settings(max_examples=60)
@given(expressions(5), st.booleans(), st.data())
def test_a_link_reads_back_to_equal_parameters(tree, compress, data):
    params = from_expression(to_text(tree), names_of(tree))
    leaves = [node for _, node, matmul in walk(params) if not matmul]
    for leaf in leaves:
        if data.draw(st.booleans()):
            leaf["mm_scale"] = data.draw(st.floats(-4, 4))
        leaf["init"] = data.draw(st.sampled_from(["gaussian", "expr", "rows"]))
        leaf["expr"] = data.draw(st.sampled_from(["i == j", "i%3 & j", "", "Math.sin(i/3)*0.5"]))
    viz = mm.visualize(params)
    again = mm.visualize(link(viz, compress))
    assert again.params == viz.params
    assert again.tree == viz.tree


@pytest.mark.parametrize("name", sorted(presets()))
@pytest.mark.parametrize("compress", [True, False, None])
def test_presets_travel_in_links(name, compress):
    viz = mm.visualize(name)
    assert mm.visualize(link(viz, compress)).params == viz.params


@pytest.mark.parametrize("text, data, words", [
    ("A @ B", {}, None), ("softmax(tril(A @ B / sqrt(k)))", {}, None),
    ("softmax(tril(A @ B / 3))", {}, "ignores the epilog of A @ B;"), ("A @ B.T", {}, "ignores the transpose of B.T;"),
    ("A @ B", {"B": [[1.0]]}, "that of B is not in it"),
])
def test_links_say_what_they_cannot_carry(text, data, words):
    viz = mm.visualize(text, data=data)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        viz.link()
    said = [str(warning.message) for warning in caught if warning.category is MMWarning]
    assert (words in said[0]) if words else said == []


OTHER = {"cmap": "vik", "vmin": -0.5, "vmax": 0.5, "norm": "log", "percentile": 99, "mm_scale": 2, "mm_transpose": True,
         "mm_epilog": "relu(x)"}  # values of all settings of ours, none the usual one
PLACES = [(setting, place) for setting in schema.OURS
          for place in (["", "left."] if setting.group == "viz" else ["left."])]


def test_a_link_says_what_of_our_settings_the_reference_ignores():
    assert {setting.key for setting in schema.OURS} == set(OTHER)
    for setting, place in PLACES:
        viz = mm.visualize("A @ B", settings={place + setting.name: OTHER[setting.key]})
        with pytest.warns(MMWarning) as told:
            viz.link()
        what, name = sharing.WORDS.get(setting.key, setting.name), "A" if place else "A @ B"
        assert [str(each.message) for each in told] == [
            f"the reference tool ignores {what} of {name}; they are in the link for mm_blender"]


def test_a_link_says_that_labels_are_ignored():
    viz = mm.visualize("A @ B", settings={"A.h": 2, "A.w": 2, "B.w": 1, "viz.cmap": "hue"})
    viz.labelled({"root.left": {"rows": ["the", "cat"]}, "root": {"rows": ["the", "cat"], "cols": ["x"]}})
    with pytest.warns(MMWarning, match="the labels of the rows of A, A @ B; the labels of the cols of A @ B;") as told:
        viz.link()
    assert len(told) == 1


def test_of_many_matrices_few_are_named():
    viz = mm.visualize(" @ ".join("abcdefghi"), settings={f"{name}.mm_scale": 2 for name in "abcdefgh"})
    with pytest.warns(MMWarning, match="the factor of a, b, c, d and 4 more;"):
        viz.link()


def test_hostile_dicts_never_raise_anything_but_our_errors():
    """Every single entry of the parameters replaced by values of other types."""
    params = default_params()
    params["left"]["mm_epilog"] = "relu(x)"

    def entries(node, at=()):
        for key, value in node.items():
            yield (*at, key)
            if isinstance(value, dict):
                yield from entries(value, (*at, key))

    refused = 0
    for path in list(entries(params)):
        for value in (None, -1, "x", [], {}, 1e300):
            changed = copy.deepcopy(params)
            node = changed
            for key in path[:-1]:
                node = node[key]
            node[path[-1]] = value
            try:
                viz = mm.visualize(changed)
                viz.legends()
                link(viz, True)
            except MMError:
                refused += 1
    assert refused > 150
