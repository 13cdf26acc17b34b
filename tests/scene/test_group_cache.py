"""Node groups that are kept for the next file."""
import pytest

bpy = pytest.importorskip("bpy")

import mm_blender as mm  # noqa: E402
from mm_blender.scene import group_cache  # noqa: E402
from node_text import as_text  # noqa: E402

SETTINGS = {"A.h": 4, "A.w": 3, "B.w": 5}


@pytest.fixture(autouse=True)
def folder(fresh_scene, tmp_path, monkeypatch):
    monkeypatch.setenv(group_cache.VARIABLE, str(tmp_path))
    return tmp_path / "groups"


def built(**options):
    """The groups of a new file in which something is built, as text by their names."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    mm.visualize("A @ B", **{"settings": SETTINGS, **options}).build()
    return {group.name: as_text(group) for group in bpy.data.node_groups if group.users}


@pytest.mark.parametrize("options", [
    {}, {"look": "blueprint"}, {"representation": "tiles", "settings": {**SETTINGS, "anim.alg": "vmprod"}},
    {"representation": "faces", "settings": {**SETTINGS, "anim.alg": "vvprod", "root.epilog": "softmax(x)"}}])
def test_groups_from_the_shelf_are_those_that_the_code_builds(folder, options):
    by_code = built(**options)
    file, = folder.iterdir()
    written = file.read_bytes()
    assert built(**options) == by_code and len(by_code) > 5
    assert file.read_bytes() == written, "and is not written again"
    assert not bpy.data.libraries
    assert not any(group.library or group.library_weak_reference for group in bpy.data.node_groups)


def test_they_are_taken(folder, monkeypatch):
    built()
    from mm_blender.scene.nodes import builder

    made = builder.Tree
    monkeypatch.setattr(builder, "Tree",
                        lambda group: pytest.fail("built") if "Elements" in group.name else made(group))
    built()


def test_a_damaged_file_costs_nothing_but_time(folder):
    by_code = built()
    file, = folder.iterdir()
    for damaged in (b"", b"no .blend", file.read_bytes()[:5000]):
        file.write_bytes(damaged)
        assert built() == by_code
        assert not bpy.data.libraries
        assert file.stat().st_size > 5000, "and is written anew"


def test_other_code_or_another_blender_does_not_count(folder, monkeypatch):
    built()
    monkeypatch.setattr(group_cache, "_code", lambda: "other")
    built()
    assert len(list(folder.iterdir())) == 2


def test_nothing_is_kept_if_that_is_asked(folder, monkeypatch):
    monkeypatch.setenv(group_cache.VARIABLE, "")
    assert built() and not folder.exists()


def test_a_folder_that_cannot_be_written_to_does_not_matter(folder, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(group_cache.VARIABLE, str(tmp_path / "file"))
    assert built()


def test_a_file_with_groups_of_ours_goes_on_with_them(folder):
    built()
    group = bpy.data.node_groups["mm Flat 1"]
    group.nodes["Emission"].inputs["Strength"].default_value = 2.0
    mm.visualize("A @ B", settings=SETTINGS, representation="tiles").build()
    assert bpy.data.node_groups["mm Flat 1"] == group, "what a person has changed stays"
    assert len(list(folder.iterdir())) == 1, "and is not kept for others"


def test_only_so_many_files_are_kept(folder, monkeypatch):
    monkeypatch.setattr(group_cache, "MOST", 2)
    for look in ("dark", "flat", "blueprint"):
        built(look=look)
    assert len(list(folder.iterdir())) == 2
