"""Building again: what is replaced, in notebooks and scripts, and what stays."""
import sys

import pytest

bpy = pytest.importorskip("bpy")

import mm_blender as mm  # noqa: E402
from mm_blender.scene import marks, parts, saved_state  # noqa: E402
from mm_blender.system import cells  # noqa: E402

SMALL = {"A.h": 3, "A.w": 2, "B.w": 2}


def small(**options):
    return mm.visualize("A @ B", settings=SMALL, **options)


def names() -> list[str]:
    return sorted(collection.name for collection in saved_state.visualizations(bpy.context.scene))


def ours() -> int:
    return sum("mm_part" in obj for obj in bpy.data.objects)


def test_a_visualization_that_is_built_again_replaces_itself(fresh_scene):
    viz = small().build()
    once = ours()
    root = parts.root_of(viz.collection)
    root.location = 1, 2, 3
    viz.build()
    assert names() == ["mm A @ B"] and ours() == once
    assert tuple(parts.root_of(viz.collection).location) == (1, 2, 3)  # where the former stood
    assert {obj["mm_name"] for obj in parts.of(viz.collection, "matrix")} == {"A", "B", "A @ B"}
    assert "A" in bpy.data.objects and "A.001" not in bpy.data.objects


def test_others_of_one_run_stand_beside_each_other(fresh_scene):
    for _ in range(3):
        small().build()
    assert len(names()) == 3 and len(mm.visualizations()) == 3


def test_one_of_the_same_name_is_replaced_and_others_stay(fresh_scene):
    small().build()
    small().build(name="mine")
    small(look="paper").build(name="mine")
    small(name="yours").build()
    assert names() == ["mm A @ B", "mm mine", "mm yours"]
    assert bpy.data.collections["mm mine"].get("mm_called") == "mine"
    assert next(viz for viz in mm.visualizations() if viz.options.name == "mine").options.look == "paper"


@pytest.mark.parametrize("name", ["", " ", 3])
def test_a_name_is_a_text(fresh_scene, name):
    with pytest.raises(mm.ParameterError, match="name must be a text"):
        small().build(name=name)


def test_one_that_cannot_be_replaced_stays(fresh_scene, monkeypatch):
    viz = small().build(name="mine")
    kept, labels = viz.collection, sorted(obj.name for obj in viz.collection.objects)
    monkeypatch.setattr(marks, "add", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        small().build(name="mine")
    with pytest.raises(ZeroDivisionError):
        viz.build()
    assert viz.collection == kept and viz.is_built and names() == ["mm mine"]
    assert sorted(obj.name for obj in kept.objects) == labels
    assert fresh_scene.camera and fresh_scene.camera.name in kept.objects


def test_a_wider_one_has_no_room_where_the_former_stood(fresh_scene):
    small().build(name="left")
    other = small().build().collection
    wide = mm.visualize("A @ B", settings={**SMALL, "B.w": 60}).build(name="left")
    assert parts.root_of(wide.collection).location.x > parts.root_of(other).location.x


def test_clear_removes_all_and_gives_back(fresh_scene):
    small().build(), small(look="paper").build(name="b")
    bpy.data.collections.remove(bpy.data.collections["mm b"])  # as the outliner does
    mm.clear()
    assert not names() and fresh_scene.world is None and fresh_scene.camera is None
    assert not [key for key in fresh_scene.keys() if key.startswith("mm")]
    assert fresh_scene.view_settings.view_transform == "AgX"
    mm.clear()


# ---- pieces of code

CELL = "import mm_blender as mm\nviz = mm.visualize('A @ B', settings=SMALL).build()"
BOTH = "mm.visualize('A @ B', settings=SMALL).build()\nmm.visualize('C @ D').build()"


@pytest.fixture
def shell(fresh_scene):
    pytest.importorskip("IPython")
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    shell.user_ns.update(SMALL=SMALL, mm=mm)
    yield shell
    InteractiveShell.clear_instance()


@pytest.mark.slow
@pytest.mark.parametrize("history", [True, False])
def test_a_cell_run_again_leaves_one(shell, history):
    for _ in range(3):
        shell.run_cell(CELL, store_history=history).raise_error()
    assert names() == ["mm A @ B"]
    shell.run_cell(BOTH, store_history=history).raise_error()
    shell.run_cell(BOTH, store_history=history).raise_error()
    assert len(names()) == 3
    shell.run_cell("for _ in range(2):\n    mm.visualize('E @ F').build()", store_history=history).raise_error()
    assert len(names()) == 5
    shell.run_cell(CELL, store_history=history).raise_error()
    assert len(names()) == 5


@pytest.mark.slow
def test_a_cell_is_known_by_its_identifier_where_it_has_one(shell, monkeypatch):
    for cell, text in (("a", CELL), ("b", CELL), ("a", BOTH), ("a", CELL.replace("A @ B", "X = A @ B"))):
        monkeypatch.setattr(type(shell), "parent_header", {"metadata": {"cellId": cell}}, raising=False)
        shell.run_cell(text, store_history=True).raise_error()
    assert names() == ["mm A @ B.001", "mm X = A @ B"]


def test_a_row_and_a_function_belong_to_the_cell_that_runs_them(shell):
    shell.run_cell("def show():\n    row = mm.side_by_side([mm.visualize('A @ B', settings=SMALL) for _ in 'ab'])\n"
                   "    row.build()").raise_error()
    for _ in range(2):
        shell.run_cell("show()").raise_error()
    assert len(names()) == 2
    shell.run_cell("show(); None").raise_error()
    assert len(names()) == 4


def test_a_script_run_again_replaces_what_it_built(fresh_scene):
    for _ in range(3):
        exec(compile(BOTH, "/somewhere/script.py", "exec"), {"mm": mm, "SMALL": SMALL})
    assert len(names()) == 2
    held = {"mm": mm, "SMALL": SMALL}
    for _ in range(2):
        exec(CELL, held)  # no file: known by what it says
    exec(CELL.replace("viz", "other"), held)
    assert len(names()) == 4


def test_code_without_a_piece(fresh_scene):
    import threading

    found = []
    thread = threading.Thread(target=lambda: found.append(cells.running()))
    thread.start()
    thread.join(20)
    assert found == [None]
    assert cells.running() == cells.running()
    assert "IPython" not in sys.modules or cells.running().piece.startswith("script")
