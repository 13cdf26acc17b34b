"""Lists of what there is, and the page of settings that is made of them."""
from pathlib import Path

import pytest

from mm_blender.cli.listing import listing, LISTS, page
from mm_blender.cli.main import main
from mm_blender.errors import ParameterError
from mm_blender.expression import epilog_functions, schema
from mm_blender.expression.algorithms import ALGORITHMS, CHOICES
from mm_blender.expression.parameters import complete, DEFAULTS

ROOT = Path(__file__).parents[2]


def test_the_page_of_settings_is_up_to_date():
    """scripts/settings_page.py writes it."""
    assert (ROOT / "docs" / "settings.md").read_text(encoding="utf-8") == page()


def test_every_setting_has_a_line():
    said = listing("settings")
    for group in ("anim", "block", "layout", "deco", "viz"):
        for key in DEFAULTS[group]:
            assert f"{group}.{key} " in said
    for word in ("turns", "elements", "I rows", "towards the viewer", "geometric mean", "0.77"):
        assert word in said or word in page()


def test_what_is_listed_is_what_there_is():
    assert set(schema.EPILOGS) == set(epilog_functions.FUNCTIONS)
    assert list(CHOICES) == ["none", *ALGORITHMS, "inherit"]


@pytest.mark.parametrize("what", LISTS)
def test_every_list_has_lines_with_a_meaning(what):
    lines = listing(what).splitlines()
    assert len(lines) > 4 and all(len(line.split("  ")) > 1 or what == "colormaps" for line in lines)


def test_lists_at_the_command_line(capsys):
    assert main(["list", "settings", "layout"]) == 0
    said = capsys.readouterr().out
    assert "layout.gap" in said and "anim" not in said.split("\n")[0]
    assert main(["list", "presets", "lora"]) == 0
    assert all("lora" in line for line in capsys.readouterr().out.splitlines())
    assert main(["list", "settings", "layuot"]) == 2
    assert "did you mean layout?" in capsys.readouterr().err


def test_what_there_is_no_list_of():
    with pytest.raises(ParameterError, match="no list of 'cubes'"):
        listing("cubes")
    with pytest.raises(ParameterError, match="none of the looks has 'xyz'"):
        listing("looks", "xyz")


def test_the_schema_holds_the_defaults_that_complete_uses():
    done = complete({"left": {}, "right": {}})
    for setting in schema.SETTINGS:
        if setting.group in done and not setting.ours and setting.group != "cam":
            assert done[setting.group][setting.key] == setting.default
