"""Share links: both forms round-trip, the reference's links are read as it reads them, damaged ones are named."""
import copy
import gzip
import json
import random
import re
import string
from pathlib import Path
from urllib.parse import parse_qsl, quote

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mm_blender.errors import LinkError
from mm_blender.links import BASE, GROUPS, LEAF_ONLY, decode, encode, is_link, js_number
from mm_blender.params import default_leaf, default_params

CONFORMANCE = Path(__file__).parents[2] / "shared" / "conformance" / "links.json.gz"


def matmul(left, right, **extra):
    return {"name": "M", "matmul": True, "epilog": "none", "left": left, "right": right, "anim": {"alg": "inherit"},
            "block": {"i blocks": 1, "k blocks": 1, "j blocks": 1}, "layout": {"polarity": "positive"}, **extra}


def tree():
    """A complete tree with a matmul on each side and our own keys."""
    params = default_params()
    params["expr"] = params["name"] = "out"
    params["left"] = matmul(default_leaf(), {**default_leaf(True), "mm_scale": 0.125, "mm_transpose": True})
    params["right"] = matmul(default_leaf(), {**default_leaf(True), "expr": "i == j ? 1 : 0", "init": "expr"},
                             mm_epilog="tril / sqrt(k) | softmax", viz={"min size": 0.5})
    params["cam"]["target"] = {"x": 0.1, "y": -1e-7, "z": 1e21}
    return params


# ---- round trips

AWKWARD = ["", "12", "0", "true", "a.b", "a=b&c", "50%", "%41", "+", "a + b", "Ünï ☃ 𝕏", "#x?", "~*'\"\\", "{"]
TEXT = st.one_of(st.sampled_from(AWKWARD), st.text(max_size=12))
NUMBERS = st.one_of(st.integers(-2**53 + 1, 2**53 - 1), st.floats(allow_nan=False, allow_infinity=False))
LEAVES = st.builds(lambda name, h, number, expr, transpose, extra: {
    **default_leaf(), "name": name, "h": h, "min": number, "expr": expr,
    **({"mm_transpose": transpose, "mm_scale": number} if extra else {})},
    TEXT, st.integers(1, 4096), NUMBERS, TEXT, st.booleans(), st.booleans())
NODES = st.recursive(LEAVES, lambda kids: st.builds(
    lambda left, right, name, epilog: matmul(left, right, name=name, mm_epilog=epilog),
    kids, kids, TEXT, TEXT), max_leaves=5)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(NODES, NODES, TEXT, NUMBERS, st.sampled_from([True, False, None]))
def test_decode_undoes_encode(left, right, text, number, compress):
    params = {**default_params(), "left": left, "right": right, "name": text, "expr": text, "compress": False}
    params["cam"]["target"] = {"x": number, "y": 0, "z": -1}
    url = encode(params, compress)
    assert re.fullmatch(r"[A-Za-z0-9*._+%=&-]+", url.removeprefix(BASE + "?"))
    found = decode(url)
    if compress is not None:
        assert found["compress"] is compress
    assert found == {**params, "compress": found["compress"]}


@pytest.mark.parametrize("compress", [True, False])
def test_types_survive(compress):
    found = decode(encode(tree(), compress))

    def kinds(node):
        return {key: kinds(value) if isinstance(value, dict) else type(value) for key, value in node.items()}

    expected = tree()
    for axis in "xyz":
        expected["cam"][axis] = int(expected["cam"][axis])  # whole numbers come back as int
    assert kinds(found) == kinds({**expected, "compress": compress})
    assert found == {**tree(), "compress": compress}


def test_our_keys_are_typed_again_after_the_reference_has_made_them_text():
    params = tree()
    params["left"]["right"] |= {"mm_scale": "0.125", "mm_transpose": "true"}
    assert decode(encode(params, False)) == {**tree(), "compress": False}


def test_numpy_scalars_are_written_as_numbers():
    params = default_params()
    params["left"] |= {"h": np.int64(7), "min": np.float32(0.5), "matmul": np.bool_(False)}
    assert decode(encode(params))["left"] == {**default_leaf(), "h": 7, "min": 0.5}


@pytest.mark.parametrize("value, text", [
    (1.0, "1"), (0.0, "0"), (-0.0, "0"), (-1.5, "-1.5"), (0.1, "0.1"), (1e-6, "0.000001"), (1e-7, "1e-7"),
    (1.5e-9, "1.5e-9"),
    (1e20, "100000000000000000000"), (1e21, "1e+21"), (1.25e300, "1.25e+300"), (2.0**60, "1152921504606847000"),
    (123456.789, "123456.789"), (5e-324, "5e-324"),
])
def test_numbers_are_written_as_javascript_writes_them(value, text):
    assert js_number(value) == text and float(text) == value


def test_json_text_is_what_the_browser_writes():
    query = encode(default_params()).partition("?")[2]
    text = dict(parse_qsl(query))["params"]
    assert text.startswith('{"expr":"L @ R","name":"L @ R","epilog":"none","left":{"name":"L","matmul":false,"h":32,')
    assert text.endswith('"cam":{"x":-48,"y":48,"z":48}}')
    assert "L+%40+R" in query


def test_the_compressed_form_is_the_references():
    query = encode({"b": {"x": 1, "y": True}, "x": "p q"}, True).partition("?")[2]
    assert query == "0.1=1&0.2=true&1=p+q&3=true&b=0&x=1&y=2&compress=3"


def test_compression_turns_on_above_2048_characters_or_when_the_parameters_say_so():
    short = default_params()
    assert "params=" in encode(short)
    assert "params=" not in encode({**short, "compress": True})
    assert "params=" in encode({**short, "compress": True}, False)
    room = 2048 - len(encode(short).partition("?")[2])
    assert "params=" in encode({**short, "name": short["name"] + "x" * room})
    assert "params=" not in encode({**short, "name": short["name"] + "x" * (room + 1)})


def test_encode_leaves_its_argument_alone():
    params = tree()
    before = copy.deepcopy(params)
    encode(params), encode(params, True), encode(params, False)
    assert params == before


@pytest.mark.parametrize("change, words", [
    ({"cam": {"x": float("nan")}}, ["cam.x", "nan"]), ({"viz": {"min size": float("inf")}}, ["viz.min size", "inf"]),
    ({"extra": [1]}, ["extra", "list"]), ({"extra": None}, ["extra", "None"]), ({"extra": 10**400}, ["extra"]),
    ({7: 1}, ["keys are text", "7"]),
])
def test_what_no_link_can_hold_is_refused(change, words):
    for compress in (True, False, None):
        with pytest.raises(LinkError) as caught:
            encode({**default_params(), **change}, compress)
        assert all(word in str(caught.value) for word in words)


@pytest.mark.parametrize("key", ["0", "12", "1.5", "1e3", "0x10", "", " ", "Infinity", "-3", "a.b"])
def test_keys_that_the_compressed_form_mistakes_are_refused_there_only(key):
    params = {**default_params(), "compress": False, "extra": {key: "v"}}
    assert decode(encode(params, False)) == params
    with pytest.raises(LinkError, match="compressed link"):
        encode(params, True)


# ---- reading

def test_json_replaces_top_level_entries_and_keeps_the_other_defaults():
    found = decode('https://x.org/mm/?params={"name":"N","viz":{"min size":0.1}}')
    assert found["viz"] == {"min size": 0.1} and found["name"] == "N"
    assert found["deco"] == default_params()["deco"] and found["compress"] is False


def test_compressed_merges_and_drops_what_the_default_leaf_leaves_on_a_matmul():
    found = decode(encode(tree(), True))
    assert not set(LEAF_ONLY) & set(found["left"])
    link = "?0.1=0.25&2=0.5&viz=0&min%20size=1&unknown=2"
    assert decode(link)["viz"] == {**default_params()["viz"], "min size": 0.25}
    assert decode(link)["unknown"] == "0.5"


def test_spaces_fragments_line_breaks_and_duplicates():
    for name in ("a+b", "a%20b"):
        assert decode(f"  https://x.org/?0={name}&name=0#top\n")["name"] == "a b"
    assert decode("https://x.org/?0=a\n\tb&name=0")["name"] == "ab"
    assert decode("https://x.org/?0=a&0=b&name=0")["name"] == "b"
    assert decode('?params={"name":"a","name":"b"}')["name"] == "b"
    assert decode("?params=" + quote('{"name":"\\ud83d\\ude00"}'))["name"] == "\U0001f600"


def test_half_a_surrogate_pair_breaks_nothing():
    params = {**default_params(), "name": "a\ud800b", "compress": False}
    assert decode(encode(params, False)) == params
    assert decode(encode(params, True))["name"] == "a\ufffdb"


@pytest.mark.parametrize("text, words", [
    ("L @ R", ["not a share link", "L @ R"]), ("", ["not a share link"]), ("params={}", ["not a share link"]),
    ("https://x.org/a b?params={}", ["not a share link"]),
    (BASE, ["no parameters"]), (BASE + "?", ["no parameters"]), (BASE + "?#params={}", ["no parameters"]),
    ("?foo", ["foo", "no parameter"]), ("?utm=news&0=a&name=0", ["utm=news"]),
    ("https://x.org/?config=https%3A%2F%2Fy.org%2Fp.json", ["https://y.org/p.json", "not fetched", "download"]),
    ("?params=%zz", ["percent", "%zz"]), ("?params=%ff%ff{}", ["UTF-8"]), ("?params=%7", ["cut short", "percent"]),
    ("?params=%7B%22%C3", ["cut short"]), ("?params=", ["cut short"]), ('?params={"a":1', ["cut short"]),
    ('?params={"a":"b', ["cut short"]), ('?params={"a":"\\u00', ["cut short"]),
    ("?params={'a':1}", ["not JSON", "character 2"]),
    ('?params={"a":1}x', ["not JSON"]), ("?params=[1]", ["not a JSON object"]), ('?params={"a":NaN}', ["NaN"]),
    ('?params={"a":1e999}', ["1e999", "too large"]), ('?params={"a":' + "9" * 5000 + "}", ["too large"]),
    ('?params={"left":3}', ["root.left", "3"]), ('?params={"viz":"big"}', ["viz", "'big'"]),
    ('?params={"cam":{"x":"a"}}', ["cam.x", "'a'"]), ('?params={"cam":{"target":1}}', ["cam.target"]),
    ('?params={"left":{"matmul":true,"left":{}}}', ["cut short", "root.left", "right operand"]),
    ("?0.1=abc&viz=0&min+size=1", ["viz.min size", "'abc'", "not a number"]),
    ("?0.1=&viz=0&min+size=1", ["not a number"]),
    ("?0=1&viz=0", ["viz", "not a group"]), ("?0.1=1&name=0&x=1", ["name", "a value and a group"]),
    ("?0=a", ["cut short", "no key for 0"]), ("?0.1=a&viz=0", ["cut short", "no key for 1"]),
    ("?0=a&nam", ["cut short", "'nam'"]),
    ("?0=a&name=0&expr=0", ["cut short", "same number"]),
    ("?0.1=true&left=0&matmul=1", ["cut short", "root.left is a matmul", "operand"]),
    ("?0.1=true&2.3=A&4.3=B&left=0&matmul=1&left.left=2&name=3&left.right=4", ["cut short", "lacks h, w"]),
])
def test_damaged_links_say_what_is_wrong(text, words):
    with pytest.raises(LinkError) as caught:
        decode(text)
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("compress", [True, False])
def test_a_link_cut_anywhere_is_noticed(compress):
    url = encode(tree(), compress)
    for end in range(url.index("?") + 9, len(url), 3):
        with pytest.raises(LinkError, match="cut short"):
            decode(url[:end])


def test_a_compressed_link_that_lacks_some_pairs_never_fails_otherwise():
    head, query = encode(tree(), True).split("?")
    pick = random.Random(1)
    for _ in range(100):
        pairs = [pair for pair in query.split("&") if pick.random() < 0.9]
        with pytest.raises(LinkError):
            decode(f"{head}?{'&'.join(pairs)}")


def test_hostile_depth_is_refused():
    deep = 100_000
    for link in ('?params=' + '{"a":' * deep + "1" + "}" * deep, "?params=" + "[" * deep,
                 '?params={"a":' + "[" * 900 + "]" * 900 + "}", "?0.1=a&" + "left." * deep + "x=0&name=1"):
        with pytest.raises(LinkError, match="levels deep|cut short"):
            decode(link)
    params = default_params()
    node = params
    for _ in range(5000):
        node["left"] = node = {}
    with pytest.raises(LinkError, match="levels deep"):
        encode(params)


def test_a_chain_of_a_hundred_operands_has_a_link():
    node = default_leaf()
    for _ in range(100):
        node = matmul(node, default_leaf(True))
    params = {**default_params(), "left": node}
    for compress in (True, False):
        assert decode(encode(params, compress)) == {**params, "compress": compress}


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.text(max_size=30), st.lists(st.tuples(
    st.sampled_from(["0", "1", "0.1", "1.0", "left", "viz", "left.left", "matmul", "cam", "x", "params", "", "a.b"]),
    st.sampled_from(["0", "1", "true", "a", "", "{}", "null", "1e9"])),
    max_size=6).map(lambda pairs: "&".join(map("=".join, pairs)))))
def test_any_text_gives_parameters_or_a_link_error(text):
    try:
        params = decode("https://x.org/?" + text)
    except LinkError as error:
        assert len(str(error)) > 20
    else:
        assert all(isinstance(params[group], dict) for group in (*GROUPS, "left", "right"))


def test_is_link():
    for text in (BASE, "?params={}", '?params={"name": "a b"}', " http://localhost:8000/?0=1\n", "file:///x?0=1"):
        assert is_link(text)
    for text in ("", "L @ R", "attention", "a/b.json", "C:\\x.json", "https://two words"):
        assert not is_link(text)


# ---- the reference's own links

def meaning(node, root=True):
    """What a node says, without what the reference's user interface adds."""
    drop = {"folder", "compress", "diag", *(LEAF_ONLY if not root and node.get("matmul") else ())}
    return {key: meaning(value, False) if isinstance(value, dict) else value
            for key, value in node.items() if key not in drop}


def compare(found, expected, path=""):
    for key in found.keys() | expected.keys():
        where = f"{path}.{key}"
        if key not in found:  # filled in by the reference while it builds the scene
            assert where == ".cam.target" or key in ("i blocks", "j blocks"), where
        elif isinstance(found[key], dict):
            compare(found[key], expected[key], where)
        elif key == "lens size":
            pass  # held in the slider's range by the reference's user interface
        elif isinstance(found[key], str) or isinstance(found[key], bool):
            assert found[key] == expected[key], where
        else:
            assert found[key] == pytest.approx(expected[key], rel=1e-12), where


@pytest.mark.skipif(not CONFORMANCE.exists(), reason="the conformance files lie outside of this repository")
def test_the_references_links():
    with gzip.open(CONFORMANCE) as file:
        links = json.load(file)
    for link in links:
        params = decode(link["url"])
        compare(meaning(params), meaning(link["params"]))
        assert params["compress"] is link["params"]["compress"]
        assert decode(encode(params)) == params
        assert set(encode(params)) <= set(string.ascii_letters + string.digits + ":/?&=%+-_.*")
