"""Where the extension keeps what it writes: where Blender says; a person's former presets are still found."""
import sys
from pathlib import Path

import pytest

bpy = pytest.importorskip("bpy")

import mm_blender as mm  # noqa: E402
from blender_at_hand import inside_blender  # noqa: E402
from extension_module import extension  # noqa: E402
from mm_blender.expression import sources  # noqa: E402
from mm_blender.scene import group_cache  # noqa: E402
from mm_blender.system import folders  # noqa: E402

registers = pytest.mark.skipif(inside_blender(), reason="the extension is on")
PACKAGES = ("bl_ext.user_default.mm_blender", "bl_ext.blender_org.mm_blender", "bl_ext.a_studios_own.mm_blender")


@pytest.fixture
def person(monkeypatch, tmp_path):
    """The home of a person who has set nothing, with a preset saved before the extension had a folder."""
    for name in ("MM_BLENDER_CACHE", "MM_BLENDER_PRESETS", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(folders.platformdirs, "user_cache_dir", lambda *_, **__: str(tmp_path / "cache" / folders.NAME))
    monkeypatch.setattr(folders.platformdirs, "user_config_dir",
                        lambda *_, **__: str(tmp_path / "config" / folders.NAME))
    monkeypatch.setattr(folders, "_own", None)
    sources.save_preset("former", mm.visualize("A @ B", settings={"gap": 9}).params)
    return tmp_path


def registered_as(package, monkeypatch):
    """What the extension's ``register`` has written from then on, if Blender has it as ``package``."""
    module = extension()
    monkeypatch.setattr(module, "__package__", package)
    folders.keep_in(module._own_folders())


def given(package, name=""):
    return Path(bpy.utils.extension_path_user(package, path=name))


@registers
@pytest.mark.parametrize("package", PACKAGES)
def test_an_extension_keeps_all_in_the_folder_that_blender_gives_it(person, monkeypatch, package):
    registered_as(package, monkeypatch)
    assert not given(package).exists(), "a folder in which nothing is kept"
    assert folders.cache("MM_BLENDER_CACHE") == given(package, "cache")
    assert sources.own_presets() == given(package, "presets")
    path = sources.save_preset("mine", mm.visualize("A @ B").params)
    assert path.parent == given(package, "presets") and path.is_file()
    assert package.split(".")[1] in path.parts and not {".user", "mm_blender"} - set(path.parts)
    assert sources.presets()["mine"] == path
    path.unlink()


@registers
def test_former_presets_are_still_found_and_own_ones_go_first(person, monkeypatch):
    registered_as(PACKAGES[0], monkeypatch)
    former = person / "config" / folders.NAME / "presets" / "former.json"
    assert sources.presets()["former"] == former and mm.visualize("former").params["layout"]["gap"] == 9
    changed = sources.save_preset("former", mm.visualize("A @ B", settings={"gap": 2}).params)
    assert changed != former and mm.visualize("former").params["layout"]["gap"] == 2
    assert sources.read_json(former)["layout"]["gap"] == 9, "what was kept elsewhere is left alone"
    changed.unlink()


@registers
def test_node_groups_are_kept_there(person, monkeypatch, fresh_scene):
    registered_as(PACKAGES[2], monkeypatch)
    mm.visualize("A @ B", settings={"A.h": 2, "A.w": 2, "B.w": 2}).build()
    assert [file.suffix for file in given(PACKAGES[2], "cache/groups").iterdir()] == [".blend"]
    assert not (person / "cache").exists()


@registers
def test_what_the_environment_says_counts_more(person, monkeypatch, tmp_path):
    registered_as(PACKAGES[0], monkeypatch)
    monkeypatch.setenv("MM_BLENDER_CACHE", str(tmp_path / "c"))
    monkeypatch.setenv("MM_BLENDER_PRESETS", str(tmp_path / "p"))
    assert folders.cache("MM_BLENDER_CACHE") == tmp_path / "c" and sources.own_presets() == tmp_path / "p"
    assert "former" not in sources.presets()
    monkeypatch.setenv("MM_BLENDER_CACHE", "")
    assert folders.cache("MM_BLENDER_CACHE") is None


@registers
def test_outside_of_an_extension_all_is_where_it_was(person, monkeypatch):
    registered_as("mm_blender", monkeypatch)  # a module in scripts/addons, say
    assert folders.cache("MM_BLENDER_CACHE") == person / "cache" / folders.NAME
    assert sources.own_presets() == person / "config" / folders.NAME / "presets"
    assert folders.former_configuration("MM_BLENDER_PRESETS", "presets") is None


@registers
def test_a_blender_without_a_folder_for_its_user_keeps_nothing(person):
    folders.keep_in(lambda name: "")
    assert folders.cache("MM_BLENDER_CACHE") is None and sources.own_presets() is None
    with pytest.raises(mm.DataError, match="MM_BLENDER_PRESETS"):
        sources.save_preset("mine", mm.visualize("A @ B").params)


@pytest.mark.skipif(not inside_blender(), reason="no extension is on")
def test_the_extension_that_is_on_writes_into_its_own_folder(monkeypatch):
    for name in ("MM_BLENDER_CACHE", "MM_BLENDER_PRESETS"):
        monkeypatch.delenv(name, raising=False)
    package = next(name for name in sys.modules if name.startswith("bl_ext.") and name.endswith(".mm_blender"))
    assert group_cache._file("x").parent == given(package, "cache/groups")
    assert sources.own_presets() == given(package, "presets")
