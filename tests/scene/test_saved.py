"""What a .blend says of its visualizations, written by anybody: it is read, or refused by name, and never breaks."""
import copy
import json
import warnings

import pytest
from hypothesis import given, HealthCheck, strategies as st

import mm_blender as mm
from effort import examples
from mm_blender.document import saved

VALUES = st.recursive(st.none() | st.booleans() | st.integers(-10 ** 12, 10 ** 12) | st.floats() | st.text(max_size=6),
                      lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner,
                                                                                  max_size=3),
                      max_leaves=5)


def valid() -> dict:
    params = mm.visualize("y = relu(A @ B) @ C", settings={"A.h": 3, "A.w": 2, "B.w": 4, "C.w": 2}).params
    return {"version": 1, "params": params, "options": {"look": "dark", "seed": 3}, "data": {}, "sources": {
        "root.left": [3, 4, ""]}, "readings": {"root": [0.0, 1.0, 0]}, "consent": 7}


def places(held, at=()):
    """The way to every value in a state."""
    for key, value in held.items() if isinstance(held, dict) else enumerate(held) if isinstance(held, list) else ():
        yield (*at, key)
        yield from places(value, (*at, key))


VALID = valid()
PLACES = sorted(places(VALID), key=repr)


def changed(place, value, held):
    """``held`` with another value at a place."""
    owner = held
    for key in place[:-1]:
        owner = owner[key]
    owner[place[-1]] = value
    return held


def test_what_is_as_it_should_be_is_read():
    found = saved.read(json.dumps(valid()), "mm y")
    assert found.options == {"look": "dark", "seed": 3} and found.sources["root.left"] == (3, 4, "")
    assert found.params == saved.complete(valid()["params"])
    assert saved.option(json.dumps(valid()), "look") == "dark"


def test_as_many_operands_as_an_expression_may_have_are_read():
    params = mm.visualize(" @ ".join(f"M{at}" for at in range(190)), animate=False).params
    assert saved.read(json.dumps({**valid(), "params": params}), "mm y").params == params


@pytest.mark.parametrize("text, words", [
    (None, "says nothing"), (5, "no text"), ("", "Expecting value"), ("[" * 10 ** 5, "deeply"), ("[]", "group"),
    ("{}", "version must be a whole number"), ({"version": 2}, "newer version of mm_blender.*version 2.*update"),
    ({"version": True}, "whole number"), ({"version": 0}, "no version 0"), ({"other": 1}, "'other'"),
    ({"options": {"looks": 1}}, "no option 'looks'"), ({"options": []}, "options must be a group"),
    ({"params": 3}, "params must be a group"), ({"data": [1]}, "data must be a group"),
    ({"sources": {"a": [1, 2]}}, "a source must be"), ({"sources": {"a": [0, 2, ""]}}, "a source must be"),
    ({"sources": {"a": [2 ** 50, 2, ""]}}, "a source must be"),
    ({"readings": {"a": [1, float("nan"), 0]}}, "a reading"),
    ({"readings": {"a": [1, 2, -1]}}, "a reading"), ({"consent": "x"}, "consent must be")])
def test_what_is_not_is_refused_by_name(text, words):
    text = json.dumps(valid() | text) if isinstance(text, dict) else text
    with pytest.raises(mm.ParameterError, match=f"collection mm y holds no visualization that can be read: .*{words}"):
        saved.read(text, "mm y")
    assert saved.option(text if isinstance(text, str) else None, "nothing") is None


@examples(100)
@given(st.sampled_from(PLACES), VALUES)
def test_any_value_anywhere_is_read_or_refused(place, value):
    try:
        saved.read(json.dumps(changed(place, value, copy.deepcopy(VALID))), "mm y")
    except mm.ParameterError as error:
        assert "mm y" in str(error)


# ---- in a file

bpy = pytest.importorskip("bpy")
SMALL = {"A.h": 3, "A.w": 2, "B.w": 4, "anim.alg": "vmprod"}


@pytest.fixture
def two(fresh_scene):
    made = [mm.visualize("A @ B", settings=SMALL, data={"A": [[1.0, 2.0]] * 3}).build(), mm.visualize("C @ D").build()]
    return [viz.collection for viz in made]


def again(collection):
    """As in a new session: nothing is remembered."""
    from mm_blender.scene import saved_state

    saved_state._loaded.clear()
    return mm.visualizations()


def test_one_that_cannot_be_read_hides_no_other(two):
    two[0]["mm_state"] = "{"
    with pytest.warns(mm.MMWarning, match="mm A @ B is left out: the collection mm A @ B holds no visualization"):
        assert [viz.collection for viz in again(two)] == [two[1]]


def test_what_cannot_be_read_is_asked_once_and_again_when_it_may_have_changed(two, monkeypatch):
    """The sidebar asks as often as it is drawn."""
    from mm_blender.document import make
    from mm_blender.scene import saved_data, saved_state

    asked = []
    plain = saved_data.given
    monkeypatch.setattr(saved_data, "given", lambda *what: asked.append(what) or plain(*what))
    saved_state._loaded.clear()
    mesh = two[0]["mm_data root.left"]
    raw = mesh.attributes["value"]
    raw.name = "other"
    for _ in range(3):
        with pytest.raises(mm.DataError, match="holds no points of a matrix any more"):
            saved_state.load(two[0])
    assert len(asked) == 1
    with pytest.raises(mm.DataError, match="holds no points"):
        saved_state.load(two[0], reading=True)  # a person wants to know now
    mesh.attributes["other"].name = "value"
    assert saved_state.load(two[0]).values["root.left"].shape == (3, 2)

    saved_state._loaded.clear()
    monkeypatch.setattr(make, "make", lambda *_, **__: asked.append(0) or (_ for _ in ()).throw(mm.SizeError("full")))
    before = len(asked)
    for _ in range(2):
        with pytest.raises(mm.SizeError):  # of memory, which may be free the next time
            saved_state.load(two[0])
    assert len(asked) == before + 4


CRAFTED = [("params", "left", "h"), ("params", "viz"), ("options", "seed"), ("data",), ("data", "x"),
           ("params", "left"),
           ("options", "cells"), ("params", "anim", "alg"), ("readings",)]


def test_a_crafted_state_is_read_or_left_out(two):
    good = two[0]["mm_state"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mm.MMWarning)
        for place in CRAFTED:
            for value in ({}, [], -1, 10 ** 12, "x", None, 1.5, True):
                two[0]["mm_state"] = json.dumps(changed(place, value, json.loads(good)))
                assert two[1] in [viz.collection for viz in again(two)], (place, value)
    two[0]["mm_state"] = good
    assert [viz.collection for viz in again(two)] == two


ODD = [0, -1, 2 ** 31 - 1, 1.5, float("nan"), True, "", "x", "root", b"x", [], [1, 2], [1.5] * 17, ["a", "b"], {},
       {"a": 1},
       {"id": 5, "settings": "["}, {"id": "x", "settings": '{"frame_end": ["a", {}], "world": 3}'}]


def blocks():
    scene = bpy.context.scene
    return [scene, *bpy.data.collections, *bpy.data.objects, *bpy.data.materials, *bpy.data.worlds]


def verbs(folder):
    from mm_blender.scene import build

    yield lambda viz: viz.change({"layout.gap": 7}, look="studio")
    yield lambda viz: build.rebuild(viz.document, viz.collection)
    yield lambda viz: build.frame_camera(viz.built, 1.5)
    yield lambda viz: viz.change({"A.h": 5, "anim.alg": "none"})
    yield lambda viz: viz.render(folder / "a.png", (16, 10), 1, "workbench", False)
    yield lambda viz: viz.save(folder / "a.blend")
    yield lambda viz: viz.info()


@pytest.mark.slow
@pytest.mark.once
@examples(8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_property_of_ours_may_be_anything(fresh_scene, tmp_path, data):
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    options = data.draw(st.sampled_from([{}, {"representation": "tiles"}, {"lettering": "planes", "keys": True}]))
    viz = mm.visualize("A @ B", settings=SMALL, data={"A": [[1.0, 2.0]] * 3}, **options).build()
    names = sorted({key for block in blocks() for key in block.keys() if key.startswith("mm_")})
    picked = data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True))
    pointed = [bpy.data.objects[0], bpy.data.meshes[0], bpy.context.scene]
    for name in picked:
        value = data.draw(st.sampled_from([*ODD, *range(100, 103)]))
        for block in blocks():
            if name in block:
                block[name] = pointed[value - 100] if isinstance(value, int) and 100 <= value < 103 else value
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mm.MMWarning)
        for act in data.draw(st.permutations(list(verbs(tmp_path))))[:3]:
            try:
                act(viz)
            except mm.MMError:
                pass
        mm.visualizations()
        mm.clear()
