"""Operators in contexts that nobody plans for report errors, and the sidebar is drawn whatever a file holds."""
import contextlib
import json
import warnings
from functools import partial
from types import SimpleNamespace

import pytest

import mm_blender as mm
from extension_module import registered  # noqa: F401

bpy = pytest.importorskip("bpy")

NAMES = ("rebuild", "paste_link", "copy_link", "pick", "pick_visualization", "animate", "remove", "rebuild", "animate",
         "frame_camera", "spotlight", "solid_colours", "inspect")


class Layout:
    """Takes whatever a panel draws."""

    def __getattr__(self, _name):
        return self

    def __call__(self, *_args, **_more):
        return self

    def __setattr__(self, _name, _value):
        pass

    def prop(self, owner, name, **_more):
        getattr(owner, name)  # as the sidebar reads it


def draw() -> None:
    for name in [name for name in dir(bpy.types) if name.startswith("MM_PT")]:
        panel = getattr(bpy.types, name)
        if not hasattr(panel, "poll") or panel.poll(bpy.context):
            drawn = SimpleNamespace(layout=Layout())
            if hasattr(panel, "fields"):
                drawn.fields = partial(panel.fields, drawn)
            panel.draw(drawn, bpy.context)


def call_all() -> None:
    """Every operator: what Blender raises of it is a reported error or a poll, and no traceback of Python's."""
    for name in NAMES:
        with contextlib.suppress(TypeError):
            try:
                getattr(bpy.ops.mm, name)()
            except RuntimeError as error:
                assert "Traceback" not in str(error), (name, error)


def nothing(_collection):
    pass


def no_active(_collection):
    bpy.context.view_layer.objects.active = None


def edit_mode(collection):
    bpy.context.view_layer.objects.active = next(obj for obj in collection.objects if obj.get("mm_part") == "matrix")
    bpy.ops.object.mode_set(mode="EDIT")


def late_frame(_collection):
    bpy.context.scene.frame_set(1_000_000)


def no_objects(collection):
    bpy.data.batch_remove(list(collection.objects))


def no_groups(_collection):
    bpy.data.batch_remove(list(bpy.data.node_groups))


def picked_nothing(collection):
    collection["mm_picked"] = [1, 2]


def gone(collection):
    bpy.data.collections.remove(collection)


def unlinked(collection):
    bpy.context.scene.collection.children.unlink(collection)


def unreadable(collection):
    collection["mm_state"] = {"a": 1}


def crafted(collection):
    held = json.loads(collection["mm_state"])
    held["params"]["layout"]["gap"] = held["params"]["left"]["h"] = []
    collection["mm_state"] = json.dumps(held)


def newer(collection):
    collection["mm_state"] = json.dumps({"version": 99})


@pytest.mark.parametrize("make",
                         [nothing, no_active, edit_mode, late_frame, no_objects, no_groups, picked_nothing, gone,
                                  unlinked, unreadable, crafted, newer])
def test_operators_report_and_the_sidebar_is_drawn(fresh_scene, make):
    mm.visualize("A @ B", settings={"A.h": 4, "A.w": 3, "B.w": 5}).build()
    collection = bpy.context.scene.collection.children[0]
    make(collection)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mm.MMWarning)
        draw()
        call_all()
        draw()


def test_the_sidebar_of_an_empty_file(fresh_scene):
    draw()
    call_all()
    draw()
