"""Share links: both forms round-trip, the reference's links are read as it reads them, damaged ones are named."""
import copy
import random
import re
import string
from urllib.parse import parse_qsl, quote, unquote_plus

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from measured import ALL_LINKS
from mm_blender.errors import LinkError
from mm_blender.expression.link_writing import js_number
from mm_blender.expression.links import BASE, decode, encode, GROUPS, is_link, LEAF_ONLY
from mm_blender.expression.parameters import default_leaf, default_params


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


@settings(max_examples=60)
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
    ({"extra": [1]}, ["extra", "[1]"]), ({"extra": None}, ["extra", "None"]), ({"extra": 10**400}, ["extra"]),
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
    ("L @ R", ["not a share link", "L @ R"]), ("", ["not a share link"]),
    (BASE, ["no parameters"]), (BASE + "?", ["no parameters"]), (BASE + "?#params={}", ["no parameters"]),
    ("?foo", ["foo", "no parameter"]), ("?utm=news&0=a&name=0", ["utm=news"]),
    ("https://x.org/?config=https%3A%2F%2Fy.org%2Fp.json", ["https://y.org/p.json", "not fetched", "download"]),
    ("?params=%zz", ["percent", "%zz"]), ("?params=%ff%ff{}", ["UTF-8"]), ("?params=%7", ["cut short", "percent"]),
    ("?params=%7B%22%C3", ["cut short"]), ("?params=", ["cut short"]), ('?params={"a":1', ["cut short"]),
    ('?params={"a":"b', ["cut short"]), ('?params={"a":"\\u00', ["cut short"]),
    ("?params={'a':1}", ["not JSON", "character 2"]),
    ('?params={"a":1}x', ["follows 'x'"]), ("?params=[1]", ["not a JSON object"]), ('?params={"a":NaN}', ["NaN"]),
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
        with pytest.raises(LinkError, match="levels deep|cut short|at most 4,096 are read"):
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


@settings(max_examples=100)
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
    for text in (BASE, "?params={}", '?params={"name": "a b"}', " http://localhost:8000/?0=1\n", "file:///x?0=1",
                 "https://two words", "params={}"):
        assert is_link(text)
    for text in ("", "L @ R", "attention", "a/b.json", "C:\\x.json", "a < b", "params"):
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


@pytest.mark.parametrize("link", ALL_LINKS, ids=[f"link {link['id']}" for link in ALL_LINKS])
def test_the_references_links(link):
    params = decode(link["url"])
    compare(meaning(params), meaning(link["params"]))
    assert params["compress"] is link["params"]["compress"]
    assert decode(encode(params)) == params
    assert set(encode(params)) <= set(string.ascii_letters + string.digits + ":/?&=%+-_.*")


# ---- as people paste them

def twice(query: str) -> str:
    """Every key and value encoded once more."""
    return "&".join("=".join(quote(part, safe="") for part in pair.split("=", 1)) for pair in query.split("&"))


def mangled(url: str) -> dict[str, str]:
    """A link as mails, chats and pages leave it, by what was done to it."""
    where, _, query = url.partition("?")
    spaced = query.replace("+", "%20")
    cut = [url[at:at + 70] for at in range(0, len(url), 70)]
    whole = quote(url, safe="")
    qp = url.replace("=", "=3D")
    return {
        "spaces for +": url.replace("+", " "), "spaces for +, in angle brackets": f"<{url.replace('+', ' ')}>",
        "spaces for +, and broken by some": " ".join(cut[:1]) + " " + "".join(cut[1:]),
        "the bare query": query,
        "a line end encoded": url + "%0D%0A", "line separators": "\u2028".join(cut),
        "& in JSON": url.replace("&", "\\u0026"),
        "escaped by markdown": url.replace("&", "\\&").replace("_", "\\_"),
        "LaTeX": f"\\url{{{url}}}", "BBCode": f"[url={url}]it[/url]", "BBCode alone": f"[url]{url}[/url]",
        "wiki": f"[{url} the head]", "Chinese full stop": url + "。", "Japanese quotes": f"「{url}」",
        "spaces around": f" \n{url}\n\n", "encoded twice": f"{where}?{twice(query)}",
        "encoded thrice": f"{where}?{twice(twice(query))}", "encoded twice, with %20": f"{where}?{twice(spaced)}",
        "query encoded as a whole": f"{where}?{quote(query, safe='')}", "all of it encoded": whole,
        "all of it encoded twice": quote(whole, safe=""), "percent signs encoded": url.replace("%", "%25"),
        "angle brackets": f"<{url}>", "in angle brackets with URL:": f"<URL:{url}>", "straight quotes": f'"{url}"',
        "single quotes": f"'{url}'", "typographic quotes": f"“{url}”", "German quotes": f"„{url}“",
        "guillemets": f"« {url} »", "backticks": f"`{url}`", "parentheses": f"({url})", "square": f"[{url}]",
        "markdown": f"[my picture]({url})", "markdown, labelled with itself": f"[{url}]({url})",
        "markdown in angle brackets": f"[here](<{url}>)", "markdown with a title": f'[here]({url} "A @ B")',
        "markdown in a sentence": f"See [the head]({url}), please.", "restructured": f"`the head <{url}>`_",
        "html": f'<a href="{url.replace("&", "&amp;")}" target="_blank">{url.replace("&", "&amp;")}</a>',
        "&amp;": url.replace("&", "&amp;"), "&amp;amp;": url.replace("&", "&amp;amp;"),
        "&#38;": url.replace("&", "&#38;"),
        "no scheme": url.partition("://")[2], "no host": "index.html?" + query, "only the query": "?" + query,
        "http": url.replace("https", "http"), "capital scheme": url.replace("https", "HTTPS"),
        "lines": "\n".join(cut), "windows lines": "\r\n".join(cut), "indented lines": "\n    ".join(cut),
        "spaces at line ends": " \n".join(cut), "quoted lines": "\n".join(f"> {part}" for part in cut),
        "twice quoted lines": "\n".join(f">> {part}" for part in cut), "broken by spaces": " ".join(cut),
        "lines in angle brackets": "<" + "\n".join(cut) + ">",
        "quoted-printable": "=\n".join(qp[at:at + 73] for at in range(0, len(qp), 73)).replace("==\n3D",
            "=3D=\n").replace(
            "=3=\nD", "=3D=\n"),
        "soft hyphens": "\u00ad".join(cut), "zero-width spaces": "\u200b".join(cut), "mark in front": "\ufeff" + url,
        "invisible at the end": url + "\u200b", "encoded invisible at the end": url + "%E2%80%8B",
        "no-break spaces around": f"\u00a0{url}\u00a0", "words before": f"Look at this: {url}",
        "words behind": f"{url} shows it", "words around": f"Here ({url}) it is.",
        "a signature": f"Hi,\n\n{url}\n\nBest regards,\nAda", "words on the next line": f"{url}\nIt shows the head.",
        "tracked": url + "&utm_source=mail&fbclid=IwAR0x", "fragment": url + "#top",
        "slack": f"<{url}|the head>", "safelinks": "https://eur01.safelinks.protection.outlook.com/?url="
        + whole + "&data=05%7C02%7Ca%40b.org&sdata=x%3D&reserved=0",
        "google": f"https://www.google.com/url?q={whole}&sa=D&source=docs",
        "facebook": f"https://l.facebook.com/l.php?u={whole}&h=AT",
        "slack's redirect": f"https://slack-redir.net/link?url={whole}&v=3",
        "a redirect in a redirect": "https://x.org/r?to=" + quote(f"https://www.google.com/url?q={whole}", safe=""),
        "the guide": "https://bhosmer.github.io/mm/ref.html?mm=" + quote(query,
            safe="") + "&doc=%7B%22scroll%22%3A3%7D",
        **{f"{end} at the end": url + end for end in (".", ",", ";", ":", "!", "?", ")", "]", ">", '"', "'", "”", "’",
                                                      ").", '".', ">,", "*", "_", "`", "|")},
    }


@pytest.mark.parametrize("compress", [True, False])
@pytest.mark.parametrize("how", mangled("https://x.org/?0=a"))
def test_links_as_people_paste_them(how, compress):
    params = {**tree(), "name": "a + b% & c", "expr": "out = A @ B", "compress": compress}
    pasted = mangled(encode(params, compress))[how]
    assert is_link(pasted)
    assert decode(pasted) == params


@pytest.mark.parametrize("text", ['<{}>', '"{}"', "see {} .", "{}.", "[x]({})", "{}\n", "> {}", "<{}>.", "{})"])
def test_json_that_is_not_encoded(text):
    url = BASE + '?params={"name": "a (b) > c", "expr": "A @ B", "left": {"name": "row major | x", "h": 3, "w": 4}}'
    found = decode(text.format(url))
    assert found["name"] == "a (b) > c" and found["left"]["name"] == "row major | x"
    assert decode(text.format(url.replace('"', "”")))["left"]["h"] == 3 or '"' in text


@pytest.mark.parametrize("how, words", [
    ("{}\nshows it and {}x", "links in the text"), ("{} {}&0=1", "links in the text"), ("{}junk", "follows"),
    ("{}%41", "follows"), ("https://urldefense.com/v3/__{}__;!!abc$", "urldefense"),
])
@pytest.mark.parametrize("compress", [True, False])
def test_links_that_cannot_be_told_apart_say_why(how, words, compress):
    url = encode(tree(), compress)
    with pytest.raises(LinkError) as caught:
        decode(how.format(*[url] * how.count("{}")))
    assert words in str(caught.value)


@pytest.mark.parametrize("end", ["...", "…", "%"])
def test_a_link_that_a_chat_has_shortened(end):
    for compress in (True, False):
        url = encode(tree(), compress)
        with pytest.raises(LinkError, match="cut short"):
            decode(url[:-30] + end)


def test_settings_of_two_words_come_through_spaces():
    params = {**tree(), "compress": True}
    params["cam"] = {**params["cam"], "target": {"x": 0, "y": 0, "z": 0}}
    params["anim"] = {**params["anim"], "hide inputs": True}
    params["layout"] = {**params["layout"], "result placement": "back"}
    for compress in (True, False):
        for how in (lambda url: url.replace("+", " "), lambda url: "?".join(map(unquote_plus, url.split("?", 1))),
                    lambda url: url[:70] + " " + url[70:],
                    lambda url: "?".join(quote(part, safe=":/=&%") for part in url.split("?", 1)),
                    lambda url: "?".join(quote(part, safe=":/=+%") for part in url.split("?", 1))):
            found = decode(how(encode(params, compress)))
            assert found["anim"]["hide inputs"] is True and found["layout"]["result placement"] == "back"


def test_a_key_whose_values_are_gone_is_noticed():
    where, _, query = encode(tree(), True).partition("?")
    number = next(pair.partition("=")[2] for pair in query.split("&") if pair.startswith("hide+inputs="))
    pairs = [pair for pair in query.split("&") if not re.match(rf"(\d+\.)?{number}=", pair)]
    with pytest.raises(LinkError, match="cut short: it has the key"):
        decode(f"{where}?{'&'.join(pairs)}")


def test_names_that_look_encoded_stay():
    for name in ("%41", "50%25", "a+b", "&amp;", "a%20b"):
        for compress in (True, False):
            params = {**tree(), "name": name, "expr": "out = A @ B", "compress": compress}
            assert decode(encode(params, compress))["name"] == name


def test_what_is_no_link():
    for text in ("A @ B", "x -> y", "a > b", "softmax(Q @ K.T) @ V", "L@R", "x @ W[0]", "p.json", "C:\\a b\\p.json",
                 "?",
                 "a%3D", "f(x)?"):
        assert is_link(text) is (text == "?"), text


@pytest.mark.parametrize("query, key", [
    ("0=A+%40+B&expr=0", "EXPR"), ("0=A+%40+B&1.2=vmprod&expr=0&anim=1&alg=2", "EXPR"),
    ('params={"expr":"A @ B"}', "PARAMS"), ("params=%7B%22anim%22%3A%7B%7D%7D", "PARAMS"),
])
@pytest.mark.parametrize("base", ["https://bhosmer.github.io/mm/index.html?", "?"])
def test_a_link_in_capitals_is_refused(query, key, base):
    decode(base + query)
    for link in ((base + query).upper(), base + query.upper()):
        with pytest.raises(LinkError, match=f"in capitals: it holds '{key}', .*paste the link as it was copied"):
            decode(link)
    with pytest.raises(LinkError, match="in capitals: it holds 'ANIM'"):
        decode(base + 'params={"expr":"A @ B","ANIM":{"alg":"vmprod"}}')
