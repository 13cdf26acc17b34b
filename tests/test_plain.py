"""Numbers of numpy where Python's are asked, wherever a person can give one."""
import numpy as np
import pytest

import mm_blender as mm
from mm_blender.errors import MMWarning, ParameterError
from mm_blender.plain import is_number, is_whole, number, plain, plainly, some, whole


@pytest.mark.parametrize("value, want", [
    (np.int64(4), 4), (np.uint8(4), 4), (np.float64(2.5), 2.5), (np.float32(0.5), 0.5), (np.bool_(True), True),
    (np.str_("ab"), "ab"), (np.array(3), 3), (np.float16(2), 2.0), (True, True), ("x", "x"), (None, None),
    (2 ** 70, 2 ** 70),
    ((np.int8(1), "a"), (1, "a")), ([np.int8(1)], [1]), ({np.str_("k"): np.int64(1), "d": {"x": np.bool_(False)}}, {
        "k": 1, "d": {"x": False}}),
])
def test_what_is_plain(value, want):
    made = plain(value)
    assert made == want and type(made) is type(want)
    if isinstance(made, dict):
        assert type(made["k"]) is int and type(made["d"]["x"]) is bool


def test_numbers():
    assert is_number(3) and is_number(2.5)
    assert not any(is_number(value) for value in (True, "3", float("nan"), None))
    assert is_whole(4.0) and not is_whole(4.5) and not is_whole(float("inf"))
    assert whole(np.int32(3), "n") == 3 and type(whole(np.float64(3), "n")) is int and number(np.float32(2), "x") == 2
    for call in (lambda: whole(2.5, "n"), lambda: whole(-1, "n"), lambda: whole(True, "n"), lambda: whole("3", "n"),
                 lambda: number(float("nan"), "x"), lambda: number(0, "x", above=0)):
        with pytest.raises(ParameterError, match=r"^(n|x) must be a"):
            call()


@pytest.mark.parametrize("names, most, said", [
    ([], 2, ""), (["a"], 2, "a"), (["a", "b", "c"], 2, "a, b, c"), (["a", "b", "c", "d"], 2, "a, b and 2 more"),
    (["a", "b", "c", "d"], 1, "a and 3 more")])
def test_some_of_many_names(names, most, said):
    assert some(names, most) == said and some(names, most, "; ") == said.replace(",", ";")


def test_plainly():
    @plainly
    def told(*args, **more):
        """Its words."""
        return args, more
    assert told(np.int64(1), (np.int8(2), 3), a=np.float32(1)) == ((1, (2, 3)), {"a": 1.0})
    assert told.__doc__ == "Its words."


NUMPY = {"A.h": np.int64(4), "A.w": np.int32(3), "B.w": np.uint8(5), "block.i blocks": np.int16(2),
         "layout.gap": np.float32(2.5),
         "deco.shape": np.bool_(False), "viz.sensitivity": np.str_("local"), "A.init": np.str_("uniform"),
         "A.min": np.float64(-2),
         "viz.vmax": np.float32(3), "anim.spin": np.array(2), "viz.percentile": np.int64(99)}


def test_settings_options_and_parameters():
    viz = mm.visualize("A @ B", settings=NUMPY, seed=np.int64(3), animate=np.bool_(True), frames_per_step=np.float32(2),
                       cells=np.int64(5000), look=np.str_("paper"), transparent=np.bool_(False), duration=np.float64(4))
    same = mm.visualize("A @ B", settings={key: plain(value) for key, value in NUMPY.items()}, seed=3, animate=True,
                        frames_per_step=2, cells=5000, look="paper", transparent=False, duration=4)
    assert viz.params == same.params and viz.options == same.options and viz.values["root"].shape == (4, 5)
    assert all(np.array_equal(viz.values[path], same.values[path]) for path in same.values)
    assert viz.link() == same.link()
    params = viz.params
    params["left"]["h"], params["viz"]["min size"], params["left"]["name"] = np.int64(6), np.float32(0.5), np.str_("A")
    again = mm.visualize(params)
    assert again.values["root.left"].shape == (6, 3) and again.params["viz"]["min size"] == 0.5
    assert viz.change({"A.h": np.int64(7)}, seed=np.uint8(1)).params["left"]["h"] == 7


@pytest.mark.parametrize("options, words", [
    ({"seed": 1.5}, "seed must be a whole number"), ({"seed": -1}, "seed"), ({"seed": "1"}, "seed"),
    ({"cells": np.float32(2.5)}, "cells"),
    ({"animate": "yes"}, "animate must be True or False"), ({"duration": np.nan}, "duration"),
    ({"strict": 2}, "strict"),
])
def test_what_is_no_such_number(options, words):
    with pytest.raises(ParameterError, match=words):
        mm.visualize("A @ B", **options)


# ---- settings

@pytest.mark.parametrize("settings, words", [
    ({"deco.axes": True}, "deco.axes changes nothing here .*no axes"), ({"deco.spotlight": "4"}, "deco.spotlight"),
    ({"lens size": 0.3, "deco.magnification": np.int64(9)}, "deco.lens size, deco.magnification change nothing"),
    ({"deco.interior spotlight": "true"}, "interior spotlight"), ({"anim.speed": 5}, "frames_per_step= or duration="),
])
def test_settings_that_change_nothing_are_said(settings, words):
    with pytest.warns(MMWarning, match=words):
        mm.visualize("A @ B", settings=settings)


def test_nothing_is_said_of_defaults_and_of_what_links_hold(recwarn):
    mm.visualize("A @ B", settings={"deco.spotlight": 2, "anim.speed": "20", "deco.axes": False, "layout.gap": "auto"})
    mm.visualize('?params={"anim":{"alg":"none","speed":6},"deco":{"spotlight":5,"magnification":12}}')
    assert not [warning for warning in recwarn if warning.category is MMWarning]


def test_the_camera_is_a_setting():
    viz = mm.visualize("A @ B", settings={"cam.x": -50, "cam.y": np.float32(20), "cam.z": "60"})
    assert viz.params["cam"] == {"x": -50, "y": 20.0, "z": 60}
    assert viz.edited({"cam.target.y": 3}).params["cam"]["target"] == {"x": 0, "y": 3, "z": 0}
    with pytest.raises(ParameterError, match="cam must have x, y and z"):
        mm.visualize("A @ B", settings={"cam.x": 3})
    with pytest.raises(ParameterError, match="setting in cam 'xx'; did you mean 'x'"):
        mm.visualize("A @ B", settings={"cam.xx": 3})


@pytest.mark.parametrize("key, words", [
    ("viz.gap", "gap is in the group layout"), ("anim.sensitivity", "viz.sensitivity"),
    ("layout.gpa", "did you mean 'gap'"),
    ("A.gap", "layout.gap"), ("gpa", "known are"),
])
def test_settings_in_a_wrong_group(key, words):
    with pytest.raises(ParameterError, match=words):
        mm.visualize("A @ B", settings={key: 3})
