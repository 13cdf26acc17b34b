"""What people type, paste and pass: bounded, and refused in words that name it."""
import json
import os
import time

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import mm_blender as mm
from mm_blender.errors import ExpressionError, LinkError, MMError, ParameterError, SizeError
from mm_blender.expression import grammar, links, sources
from mm_blender.expression.parameters import complete
from mm_blender.expression.schema import SETTINGS
from mm_blender.expression.tree import nodes
from mm_blender.limits import limits
from mm_blender.plain import said
from wrong_values import Bad, BadAttributes, itself, wrong


def whole(what, **more):
    """All the way that needs no Blender."""
    viz = mm.visualize(what, **more)
    viz.values
    str(viz.info())
    assert mm.visualize(viz.link()).params["left"] == viz.params["left"]
    return viz


def holding_itself() -> dict:
    params: dict = {"left": {}, "right": {}}
    params["left"] = params
    return params


def doubled(times: int) -> dict:
    params: dict = {}
    for _ in range(times):
        params = {"left": params, "right": params}
    return params


def deep(levels: int) -> dict:
    params: dict = {}
    for _ in range(levels):
        params = {"left": params, "right": {}}
    return params


@pytest.mark.parametrize("what, error, words", [
    ("(" * 5000 + "A @ B" + ")" * 5000, ExpressionError, "nested more than 200"),
    ("A" + " @ A" * 5000, ExpressionError, "nested more than 200"),
    ("A @ B" + " + b" * 20_000, SizeError, "expression_nodes"),
    ("A @ " + "B" * 200_000, SizeError, "expression_length"),
    ("A @ " + "B" * 90_000, SizeError, "name_length"),
    ("A @ B / (" + "(" * 60 + "k" + "**2)" * 60 + ")", ExpressionError, "at most 100 numbers"),
    ("A @ B * (" + "*".join(["2"] * 2000) + ")", ExpressionError, "at most 100 numbers"),
    ("A @ B * 1" + "0" * 400, ExpressionError, "too large a number"),
    ("A @ B * (" + " " * 90_000 + "(2 @ 3", ExpressionError, "missing"),
    ("A\ud800 @ B", ExpressionError, "not understood"), ("A \u202e@ B", ExpressionError, "not understood"),
    (holding_itself(), SizeError, "hold"), (doubled(60), SizeError, "expression_nodes"),
    (deep(800), SizeError, "expression_depth"), (deep(20_000), SizeError, "expression_depth"),
    ({"left": {}, "right": {}, 3: 4}, ParameterError, "by its name"),
    ({"left": {"h": 10 ** 400}, "right": {}}, ParameterError, "whole number"),
    ({"left": {"h": 10 ** 5000}, "right": {}}, ParameterError, "about 5,000 digits"),
    ({"left": {"name": "\ud800"}, "right": {}}, ParameterError, "surrogate"),
    ({"left": {"name": "a\0b"}, "right": {}}, ParameterError, "control character"),
    ({"left": {"name": "a\u202eb"}, "right": {}}, ParameterError, "direction of writing"),
    ({"left": {"name": "e" + "\u0301" * 400}, "right": {}}, ParameterError, "accents"),
    ({"left": {"init": "url", "url": "a\0b"}, "right": {}}, ParameterError, "control character"),
    ({"left": {"init": "url", "url": "a:" * 10 ** 5}, "right": {}}, ParameterError, "letters"),
    ({"left": {"init": "expr", "expr": "i + " * 3000 + "1"}, "right": {}}, ExpressionError, "at most 2000"),
    ({"left": {"mm_scale": np.ones(2)}, "right": {}}, ParameterError, "no value of a setting"),
    ("https://x.org/?params=" + '{"left":' * 800 + "1" + "}" * 800, LinkError, "levels deep"),
    ('https://x.org/?params={"h":' + "1" * 900_000 + "}", LinkError, "too large"),
    ("https://x.org/?0=1&a=0" + "%20" * 10 ** 5 + "x", LinkError, "follows"),
    ("<https://x?0=1" + " " * 10 ** 5 + ">", LinkError, "no key"),
    ("https%3A%2F%2F" * 7000, LinkError, "no parameters"), ("https%3A%2F%2Fa " * 7000, LinkError, "links in the text"),
    ("?params=" + "a" * 2_000_000, SizeError, "link_length"),
    ("https://x.org/?" + "&".join(f"0.{i}=1" for i in range(1, 3000)) + "&" + "x" * 50_000 + "=0&" + "&".join(
        f"k{i}={i}" for i in range(1, 3000)), LinkError, "at most 4,096"),
], ids=lambda value: value if isinstance(value, str) and len(value) < 40 and value.isascii() else "…")
def test_what_is_too_much_is_refused_at_once(what, error, words):
    started = time.process_time()
    with pytest.raises(error) as caught:
        mm.visualize(what)
    assert words in str(caught.value) and len(str(caught.value)) < 4000
    str(caught.value).encode()
    assert time.process_time() - started < 5


@pytest.mark.parametrize("text, more", [
    ("A @ B" + " + b" * 500, {}), ("A @ B" + " * 1.01" * 500, {}), ("relu(" * 190 + "A @ B" + ")" * 190, {}),
    ("A" + " @ A" * 100, {"settings": {"A.h": 2, "A.w": 2}}), ("A" * 500 + " @ B", {}),
    ("A" + ".T" * 4000 + " @ B", {}), ("A @ B", {"seed": 2 ** 64 - 1}), ("A @ B", {"seed": np.int64(3)}),
    ({"left": {"name": "__class__"}, "right": {"name": "../x {0}%s CON"}}, {}),
    ({"left": {"name": ""}, "right": {"name": " "}}, {}),
    ("A @ B", {"settings": {"A.init": "uniform", "A.min": -3e38, "A.max": 3e38}}),
], ids=lambda value: value if isinstance(value, str) and len(value) < 40 else "…")
def test_what_is_much_and_accepted_works(text, more):
    viz = whole(text, **more)
    assert all(np.isfinite(x).any() for x in viz.values.values())


def test_a_result_that_is_used_again_and_again_does_not_double_the_work():
    text = "x @ W + x"
    for n in range(40):
        text = f"(h{n} = {text}) @ W + h{n}"
    viz = mm.visualize(text, settings={"x.h": 2, "x.w": 2, "W.h": 2, "W.w": 2})
    started = time.process_time()
    viz.values
    viz.edited({"layout.gap": 3}).values
    assert time.process_time() - started < 5


def test_names_that_look_alike_are_one():
    viz = mm.visualize({"left": {"name": "\u00e9", "init": "gaussian"},
                        "right": {"name": "e\u0301", "init": "gaussian"}})
    assert {leaf["name"] for leaf in (viz.params["left"], viz.params["right"])} == {"\u00e9"}
    assert np.array_equal(*(viz.values[path] for path in ("root.left", "root.right")))
    given_twice = mm.visualize("\u00e9 @ B", data={"e\u0301": np.ones((2, 3))}, settings={"e\u0301.dropout": 0})
    assert given_twice.values["root.left"].shape == (2, 3)


# ---- sizes, before anything is made

@pytest.mark.parametrize("side", [20_000, 10 ** 6, 10 ** 9])
def test_a_short_link_of_enormous_matrices_is_told_before_anything_is_made(side):
    started = time.process_time()
    link = f'https://x.org/?params={{"left":{{"h":{side},"w":{side}}},"right":{{"h":{side},"w":{side}}}}}'
    with pytest.raises(SizeError, match=r"elements"):
        mm.visualize(link)
    assert time.process_time() - started < 2


def test_the_limit_on_elements_is_a_persons_to_raise():
    with pytest.raises(SizeError, match=r"12,000 x 12,000|made up.*12000 x 12000.*--limit elements=N"):
        mm.visualize("A @ B", settings={"A.h": 12000, "A.w": 12000})
    with mm.limits(elements=10 ** 9):
        assert mm.visualize("A @ B", settings={"A.h": 12000, "A.w": 12000}).plan.reduces


def test_a_formula_for_very_many_elements_is_refused_before_it_is_computed():
    with pytest.raises(SizeError, match="formula_work"):
        mm.visualize("A @ B", settings={"A.init": "expr", "A.expr": "i+" * 900 + "1", "A.h": 4000, "A.w": 4000}).values


def test_initialisers_in_bands_are_those_of_the_whole(monkeypatch):
    from mm_blender.expression.tree import Init
    from mm_blender.values import initialisers

    for kind in initialisers.FILLS:
        for dropout in (0, 0.5):
            init = Init(kind, "", "", -2, 3, dropout)
            whole_one = initialisers.fill(init, 13, 7, np.random.default_rng(1))
            monkeypatch.setattr(initialisers, "BAND", 21)
            assert np.array_equal(initialisers.fill(init, 13, 7, np.random.default_rng(1)), whole_one), kind
            monkeypatch.undo()


# ---- every setting, any value

ANY = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.sampled_from(
    [10 ** 400, 2 ** 64, "1e400", "auto", "\ud800", "nan", 1e300, -1e300, 1e-300, 5e-324, np.float32(0.5), np.int64(2),
     [], {}, ()]))


@settings(max_examples=250)
@given(st.sampled_from(SETTINGS), ANY)
def test_any_setting_takes_a_value_or_refuses_it_in_words(setting, value):
    where = {"matrix": "A."}.get(setting.group, "")
    try:
        viz = mm.visualize("A @ B", settings={f"{where}{setting.name}": value, "A.h": 3, "A.w": 2, "B.w": 4}
                           if setting.key not in ("h", "w") else {f"{where}{setting.name}": value})
    except MMError as error:
        assert str(error)
    else:
        viz.scales(), viz.placement.pitch, viz.link()


# ---- every argument of the public functions, any type

def calls():
    viz = mm.visualize("A @ B", data={"A": np.ones((2, 2)), "B": np.ones((2, 2))}, settings={"anim.alg": "vmprod"})
    for name in ("source", "data", "assets", "seed", "animate", "frames_per_step", "duration", "smooth",
                 "representation", "look", "settings", "online", "projection", "transparent", "keys", "reduce", "cells",
                 "strict", "name",
                 "lettering", "numbers"):
        yield f"visualize({name}=)", lambda x, name=name: mm.visualize(**{"source": "A @ B", name: x})
    yield "data of a leaf", lambda x: mm.visualize("A @ B", data={"A": x})
    yield "data of a bias", lambda x: mm.visualize("A @ B + b", data={"b": x}).values
    for key in ("A.h", "layout.gap", "anim.alg", "A.name", "epilog", "A.expr", "cam.x", "viz.cmap", "viz.vmin",
                "block.i blocks"):
        yield f"settings {key}", lambda x, key=key: mm.visualize("A @ B", settings={key: x})
    for name in ("settings", "expression", "data", "look", "cells"):
        yield f"edited({name}=)", lambda x, name=name: viz.edited(**{name: x})
    yield "link(compress=)", viz.link
    yield "labelled", viz.labelled
    yield "labels of a matrix", lambda x: viz.labelled({"root.left": x})
    yield "labels of its rows", lambda x: viz.labelled({"root.left": {"rows": x}})
    yield "framed(aspect=)", viz.framed
    yield "framed(insets=)", lambda x: viz.framed(1.0, x)
    for name in ("path", "row", "col"):
        yield f"element({name}=)", lambda x, name=name: viz.element(**{"path": "root", "row": 0, "col": 0, name: x})
    yield "setting(path=)", lambda x: viz.setting(x, "viz", "cmap")
    for name in ("visualizations", "columns", "titles"):
        yield f"side_by_side({name}=)", lambda x, name=name: mm.side_by_side(**{"visualizations": [viz], name: x})
    yield "decode", links.decode
    yield "encode", links.encode
    for key in ("left", "viz", "cam", "name", "expr", "epilog", "mm_epilog", "block", "diag"):
        yield f"parameters {key}", lambda x, key=key: mm.visualize({"left": {}, "right": {}, key: x}).link()
    for key in ("name", "h", "init", "url", "matmul", "mm_rows", "mm_epilog", "mm_scale", "mm_transpose", "viz"):
        yield f"leaf {key}", lambda x, key=key: mm.visualize({"left": {key: x}, "right": {}}).link()
    yield "a preset's name", lambda x: sources.save_preset(x, viz.params)
    yield "limits", lambda x: mm.limits(elements=x).__exit__()


@pytest.mark.filterwarnings("ignore::mm_blender.errors.MMWarning")
def test_arguments_of_every_type_are_values_or_our_errors(tmp_path, monkeypatch):
    monkeypatch.setenv("MM_BLENDER_PRESETS", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    refused = 0
    for what, call in calls():
        for at in range(len(wrong())):
            try:
                call(wrong()[at])
            except MMError as error:
                refused += 1
                assert len(str(error)) < 4000, what
                str(error).encode()
            except Exception as error:
                raise AssertionError(f"{what} with value {at}: {type(error).__name__}: {error}") from error
    assert refused > 1500


@pytest.mark.parametrize("value", [10 ** 5000, "x" * 10 ** 6, Bad(), BadAttributes(), itself(),
                                   "\ud800\u202e\x1b[2J", np.ones(10 ** 6)],
                         ids=lambda value: type(value).__name__)
def test_an_error_shows_anything_in_one_short_line(value):
    shown = said(value)
    assert 0 < len(shown) <= 120 and shown.isprintable()
    shown.encode()


def test_errors_do_not_steer_a_terminal():
    with pytest.raises(MMError) as caught:
        mm.visualize("A \x1b[2J @ B")
    assert "\x1b" not in str(caught.value) and "\\x1b" in str(caught.value)


# ---- presets of one's own

@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are of Unix")
def test_a_broken_preset_of_ones_own_hides_no_other(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MM_BLENDER_PRESETS", str(tmp_path))
    good = sources.save_preset("good", mm.visualize("A @ B").params)
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "text.json").write_bytes(b"\xff\xfe\xff")
    (tmp_path / "folder.json").mkdir()
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "loop.json").symlink_to(tmp_path / "loop.json")
    (tmp_path / "deep.json").write_text('{"left":' * 5000 + "1" + "}" * 5000)
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "twice.json").write_text(json.dumps({"left": {}, "right": {}})[:-1] + ', "left": {"h": 3}}')
    broken = {"bad", "text", "folder", "pipe", "loop", "deep", "list"}
    assert {"good", "cube", *broken} <= set(sources.presets())
    for name in broken:
        with pytest.raises(MMError, match=name):
            mm.visualize(name)
    assert mm.visualize("good").expression == "A @ B" and good.is_file()
    from mm_blender.cli.main import main

    assert main(["list", "presets"]) == 0
    said_of = capsys.readouterr().out
    assert "cannot be read" in said_of and "good" in said_of and "cube" in said_of


@pytest.mark.parametrize("name", ["", "a/b", "../x", "CON", "nul", "a" * 500, "a b", 5, None])
def test_a_presets_name_is_one_that_a_file_can_have(name, tmp_path, monkeypatch):
    monkeypatch.setenv("MM_BLENDER_PRESETS", str(tmp_path))
    with pytest.raises(ParameterError):
        sources.save_preset(name, complete({"left": {}, "right": {}}))


def test_an_epilog_written_a_thousand_times_is_read_in_a_moment():
    started = time.process_time()
    with limits(steps=5000):
        for text in ("x" + " + b" * 5000, "x" + " * 2" * 5000):
            assert len(grammar.parse_epilog(text)) == 5000
    assert time.process_time() - started < 10


@pytest.mark.parametrize("make", [lambda: "x @ W" + " + b" * 9000, lambda: "relu(" * 150 + "x @ W" + " * 2)" * 150,
                                  lambda: {"left": {}, "right": {}, "mm_epilog": "x" + " * 2" * 5000},
                                  lambda: {"left": {"mm_epilog": "x" + " + b" * 5000}, "right": {}}])
def test_more_steps_than_the_limit_are_refused_by_its_name(make):
    started = time.process_time()
    with limits(steps=200), pytest.raises(SizeError, match=r"limit steps is 200 steps.*--limit steps=N.*mm\.limits"):
        mm.visualize(make())
    assert time.process_time() - started < 3
    with limits(steps=200):
        viz = mm.visualize("x @ W")
        with pytest.raises(SizeError, match="limit steps"):
            viz.change({"root.epilog": "x" + " + 1" * 201})
        assert viz.written == "x @ W"


def test_what_was_read_before_is_refused_by_a_lower_limit():
    text = "x" + " + b" * 300
    assert len(grammar.parse_epilog(text)) == 300
    with limits(steps=200), pytest.raises(SizeError, match="limit steps"):
        grammar.parse_epilog(text)


def test_more_matrices_than_the_limit_are_refused_by_its_name():
    many = "A"
    for _ in range(8):
        many = f"({many} @ {many})"  # 256 of them, and 255 results
    words = r"limit matrices is 500 matrices.*--limit matrices=N.*mm\.limits\.matrices"
    with pytest.raises(SizeError, match=words):
        mm.visualize(many[1:-1])
    with limits(matrices=511):
        viz = mm.visualize(many[1:-1])
        assert len(nodes(viz.tree)) == 511
    for again in (viz.params, viz.link(compress=True)):
        with pytest.raises(SizeError, match=words):
            mm.visualize(again)
    with pytest.raises(SizeError, match=words):
        mm.visualize("A @ B").edited(expression=many[1:-1])


def test_the_presets_are_far_below_the_limits():
    found = [mm.visualize(name) for name in sources.presets()]
    assert max(len(nodes(viz.tree)) for viz in found) * 10 < limits.matrices
    assert max(len(node.chain) for viz in found for node in nodes(viz.tree)) * 10 < limits.steps
