"""Runs inside the Blender under test: ``blender --python tests/support/window/agent.py -- SOCKET``.

Answers questions of ``driver.py`` about Blender's state and about what lies where on the screen. It never does what the
person at the window should do: events come from the X server only.
"""
from __future__ import annotations

import json
import math
import select
import socket
import sys
import traceback

import blf
import bpy
import gpu
from mathutils import Matrix

# A question that comes after an event is answered when Blender has handled the event. Timers run before the window
# system's events are handled, so an event that is in the queue at one tick has been handled two ticks later.
TICKS = 2


def settings() -> None:
    """The preferences of somebody who wants no windows besides the one."""
    preferences = bpy.context.preferences
    preferences.view.show_splash = False
    preferences.view.filebrowser_display_type = "SCREEN"
    preferences.view.preferences_display_type = "SCREEN"
    preferences.filepaths.use_auto_save_temporary_files = False
    # the thumbnail of a saved file renders the viewport once more, which takes software OpenGL more than a minute
    preferences.filepaths.file_preview_type = "NONE"


def areas() -> list[dict]:
    """The areas of the window and their regions, in pixels of the screen from its upper left corner."""
    window = bpy.context.window_manager.windows[0]
    return [{"type": area.type, **_box(area, window),
             "regions": [{"type": region.type, **_box(region, window)} for region in area.regions
                         if region.width > 1 and region.height > 1]}
            for area in window.screen.areas]


def sidebar_tab() -> str:
    """The name of the open tab of the 3D view's sidebar."""
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    return next(region for region in area.regions if region.type == "UI").active_panel_category


def _box(place, window) -> dict[str, int]:
    return {"x": place.x, "y": window.height - place.y - place.height, "width": place.width, "height": place.height}


def widget(x: int, y: int) -> str | None:
    """What the mouse, which must be at (x, y), is over: the property of a field, the operator of a button or nothing.

    As in Python: ``bpy.data.scenes["Scene"].mm.look``, or the operator's call, ``bpy.ops.mm.build(source="L @ R")``.
    """
    window = bpy.context.window_manager.windows[0]
    for area in window.screen.areas:
        for region in area.regions:
            box = _box(region, window)
            if not (0 <= x - box["x"] < box["width"] and 0 <= y - box["y"] < box["height"]):
                continue
            with bpy.context.temp_override(window=window, area=area, region=region):
                found = _active_button()
            if found:
                return found
    return None


def _active_button() -> str | None:
    if bpy.ops.ui.copy_python_command_button.poll():
        return _copied(bpy.ops.ui.copy_python_command_button)
    if bpy.ops.ui.copy_data_path_button.poll():
        return _copied(bpy.ops.ui.copy_data_path_button, full_path=True)
    return None


def _copied(copy, **options) -> str:
    """The text that an operator puts on the clipboard, which is left as it was."""
    manager = bpy.context.window_manager
    before = manager.clipboard
    copy(**options)
    text = manager.clipboard
    manager.clipboard = before
    return text


def pixel_of(path: str, row: int, col: int) -> list[int]:
    """Where on the screen the middle of an element's cube is."""
    from bpy_extras.view3d_utils import location_3d_to_region_2d

    obj = next(obj for obj in bpy.data.objects if obj.get("mm_path") == path)
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    region = next(region for region in area.regions if region.type == "WINDOW")
    place = obj.matrix_world @ obj.data.vertices[row * obj["mm_cols"] + col].co
    at = location_3d_to_region_2d(region, area.spaces.active.region_3d, place)
    return [round(region.x + at.x), round(window.height - region.y - at.y)]


def lit(path: str) -> list[int]:
    """The row and the column of a matrix that are lit; -1: none."""
    modifier = next(obj for obj in bpy.data.objects if obj.get("mm_path") == path).modifiers["mm Elements"]
    inputs = {item.name: item.identifier for item in modifier.node_group.interface.items_tree
              if item.item_type == "SOCKET" and item.in_out == "INPUT"}
    return [getattr(modifier.properties.inputs, inputs[name]).value for name in ("Lit Row", "Lit Column")]


def reports() -> list[str]:
    """What Blender's Info editor lists."""
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "OUTLINER")
    kind, area.type = area.type, "INFO"
    before = bpy.context.window_manager.clipboard
    region = next(region for region in area.regions if region.type == "WINDOW")
    with bpy.context.temp_override(window=window, area=area, region=region):
        bpy.ops.info.select_all(action="SELECT")
        bpy.ops.info.report_copy()
    area.type = kind
    text, bpy.context.window_manager.clipboard = bpy.context.window_manager.clipboard, before
    return text.splitlines()


def text(words: str) -> list[list[int]]:
    """A line of text as the interface draws it: coverage 0 to 255, rows from above."""
    preferences = bpy.context.preferences
    font = 0
    blf.size(font, preferences.ui_styles[0].widget.points * preferences.system.ui_scale)
    margin = 8
    width, height = (math.ceil(length) + 2 * margin for length in blf.dimensions(font, words))
    to_clip = Matrix(((2 / width, 0, 0, -1), (0, 2 / height, 0, -1), (0, 0, 1, 0), (0, 0, 0, 1)))
    picture = gpu.types.GPUOffScreen(width, height)
    with picture.bind(), gpu.matrix.push_pop(), gpu.matrix.push_pop_projection():
        buffer = gpu.state.active_framebuffer_get()
        buffer.clear(color=(0, 0, 0, 0))
        gpu.state.blend_set("ALPHA")
        gpu.matrix.load_matrix(to_clip)
        gpu.matrix.load_projection_matrix(Matrix.Identity(4))
        blf.color(font, 1, 1, 1, 1)
        blf.position(font, margin, margin, 0)
        blf.draw(font, words)
        rows = buffer.read_color(0, 0, width, height, 4, 0, "UBYTE").to_list()
        gpu.state.blend_set("NONE")
    picture.free()
    return [[pixel[3] for pixel in row] for row in reversed(rows)]


def serve(path: str) -> None:
    """Answer on that socket, a line of JSON a question and an answer, whenever Blender has nothing else to do."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    connection.sendall(b'{"value": "ready"}\n')
    received = b""
    ticks = 0

    def tick() -> float | None:
        nonlocal received, ticks
        if not received.endswith(b"\n"):
            if select.select([connection], [], [], 0)[0]:
                chunk = connection.recv(1 << 16)
                if not chunk:
                    return None
                received += chunk
                ticks = 0
            return 0.0
        ticks += 1
        if ticks < TICKS:
            return 0.0
        question, received = json.loads(received), b""
        try:
            answer = json.dumps({"value": eval(question["ask"], globals())})
        except Exception:
            answer = json.dumps({"error": traceback.format_exc()})
        connection.sendall(answer.encode() + b"\n")
        return 0.0

    bpy.app.timers.register(tick, persistent=True)


settings()
serve(sys.argv[sys.argv.index("--") + 1])
