"""What the sidebar's lists offer is what the settings take, each said once and in words."""
import importlib.util
import sys
from pathlib import Path

import pytest

from mm_blender.expression import algorithms, parameter_checks, schema
from mm_blender.expression.epilogs import reference_chain
from mm_blender.options import LOOKS, Options

# by itself, without the operators, which need Blender
_spec = importlib.util.spec_from_file_location("mm_menu_items",
                                               Path(__file__).parents[2] / "operators" / "menu_items.py")
menu_items = sys.modules.setdefault(_spec.name, importlib.util.module_from_spec(_spec))
_spec.loader.exec_module(menu_items)

LISTS = {name: value for name, value in vars(menu_items).items()
         if name.isupper() and not name.startswith("_") and isinstance(value, tuple) and name != "EPILOGS"}
LISTS |= {f"PLACEMENTS, {key}": value for key, value in menu_items.PLACEMENTS.items()}


def values(items):
    return [value for value, _, _ in items]


def test_the_lists_are_found():
    assert {"SCHEMES", "ALGORITHMS", "INHERIT", "FUSE", "SENSITIVITY", "NORMS", "LOOKS", "LETTERINGS", "PROJECTIONS",
            "REPRESENTATIONS", "INITS"} <= set(LISTS) and len(menu_items.PLACEMENTS) == 4


@pytest.mark.parametrize("name", LISTS)
def test_every_item_is_a_value_a_name_and_what_it_means(name):
    items = LISTS[name]
    assert items and len(set(values(items))) == len(items) and len({title for _, title, _ in items}) == len(items)
    for value, title, words in items:
        assert value and title and title[0] == title[0].upper() or title == "axpy", value
        assert words[0].isupper() or not words[0].isalpha(), words
        assert len(words) > 5 and not words.endswith("."), "Blender adds the full stop"


@pytest.mark.parametrize("name, known", [
    ("SCHEMES", schema.SCHEMES), ("FUSE", schema.FUSE), ("SENSITIVITY", schema.SENSITIVITIES),
    ("NORMS", schema.NORMS), ("LOOKS", LOOKS), ("INITS", schema.INITS)])
def test_nothing_that_can_be_set_is_missing(name, known):
    assert values(LISTS[name]) == list(known)


def test_only_what_has_a_parent_can_sweep_as_it():
    assert values(menu_items.INHERIT) == ["inherit"] and menu_items.INHERIT[0][1] == "As its parent"
    assert values(menu_items.ALGORITHMS + menu_items.INHERIT) == list(algorithms.CHOICES)
    titles = {value: title for value, title, _ in menu_items.ALGORITHMS}
    assert titles["dotprod (row major)"] == "Dot products, row by row" and titles["vvprod"] == "Outer products"
    assert titles["none"] == "None"


def test_placements_are_those_of_the_schema():
    for key, items in menu_items.PLACEMENTS.items():
        assert values(items) == list(parameter_checks.CHOICES[key]), key


@pytest.mark.parametrize("name, option", [("LETTERINGS", "lettering"), ("PROJECTIONS", "projection"),
                                          ("REPRESENTATIONS", "representation"), ("LOOKS", "look")])
def test_options_take_every_value(name, option):
    for value in values(LISTS[name]):
        assert getattr(Options(**{option: value}), option) == value


def test_epilogs_are_the_references_and_can_be_read():
    assert len(set(menu_items.EPILOGS)) == len(menu_items.EPILOGS) > 10
    chains = {name: reference_chain(name) for name in menu_items.EPILOGS}
    assert not chains.pop("none") and all(chains.values())
    assert len(set(chains.values())) == len(chains)
