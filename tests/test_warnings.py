"""Warnings are told at the line of the person's own code, whatever of ours or of Python's stands between."""
import ast
from pathlib import Path

import pytest

import mm_blender as mm
from mm_blender import errors

HOUSE = Path(mm.__file__).parent


def test_only_errors_py_decides_where_a_warning_stands():
    for path in HOUSE.rglob("*.py"):
        calls = [node.func for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
        told = [call for call in calls if isinstance(call, ast.Attribute) and call.attr == "warn"
                and getattr(call.value, "id", "") == "warnings"]
        assert not told or path == Path(errors.__file__), path


def test_numbers_too_small_are_told_where_the_figure_is_asked_for(fresh_scene, tmp_path):
    viz = mm.visualize("A @ B", settings={"A.h": 9, "A.w": 9, "B.w": 9}, numbers=True)
    with pytest.warns(mm.MMWarning, match="too small to read") as told:
        viz.figure(tmp_path / "a.png", size_in=(2, 1.5), dpi=40, keys=False, quality="preview")
    assert {Path(each.filename).name for each in told if "too small" in str(each.message)} == {Path(__file__).name}


def test_a_warning_is_shown_as_an_error_is():
    with pytest.warns(mm.MMWarning) as told:
        errors.warn("a\x1b[31m name" + "x" * 10_000)
    said = str(told[0].message)
    assert said.startswith(r"a\x1b[31m name") and len(said) < 3100
