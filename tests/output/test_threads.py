"""Pictures beside other threads that run Python, as those of a notebook do."""
from __future__ import annotations

import subprocess
import sys

import pytest

bpy = pytest.importorskip("bpy")

from mm_blender.scene import compat
from mm_blender.scene.scenes import in_window
from mm_blender.system import terminal

BUSY = """
import sys, threading, time, weakref
import mm_blender as mm

class Thing: pass

things = [Thing() for _ in range(5)]
seen = weakref.WeakSet(things)
over = False

def run():  # which makes and drops objects all the time
    while not over:
        for _ in range(20):
            [thing for thing in seen.copy()]
        time.sleep(0.0005)

viz = mm.visualize("A @ B", data={"A": [[1, 2], [3, 4]], "B": [[5, 6], [7, 8]]})
threads = [threading.Thread(target=run) for _ in range(2)]
for thread in threads:
    thread.start()
try:
    for _ in range(30):
        viz.render(sys.argv[1], size=(32, 20), quality="draft", progress=False)
finally:
    over = True
    for thread in threads:
        thread.join()
"""


@pytest.mark.outside
@pytest.mark.slow
@pytest.mark.every
def test_pictures_beside_busy_threads(tmp_path):
    """Where the context is overridden instead, Blender 4.5 and 5.0 crash within a few pictures."""
    done = subprocess.run([sys.executable, "-c", BUSY, tmp_path / "it.png"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def test_a_progress_bar_has_no_thread_of_its_own():
    with terminal.progress(total=2) as bar:
        bar.update()
        assert not type(bar).monitor_interval


@pytest.fixture
def window(monkeypatch):
    """The window, of a Blender in the background whose overrides are no match for threads."""
    if not bpy.app.background or bpy.context.window is None:
        pytest.skip("no window, or one that people see")
    monkeypatch.setattr(compat, "OVERRIDES_BESIDE_THREADS", False)
    return bpy.context.window


@pytest.fixture
def other():
    scene = bpy.data.scenes.new("another")
    scene.camera = bpy.data.objects.new("another", bpy.data.cameras.new("another"))
    scene.collection.objects.link(scene.camera)
    yield scene
    camera = scene.camera.data
    bpy.data.scenes.remove(scene)
    bpy.data.cameras.remove(camera)


def state(window):
    views = [space for area in window.screen.areas for space in area.spaces if space.type == "VIEW_3D"]
    return (window.scene, window.view_layer, bpy.context.scene, bpy.context.view_layer,
            [(view.camera, view.use_local_camera, view.region_3d.view_perspective) for view in views])


def test_the_window_shows_what_it_showed(window, other):
    scene = window.scene
    layer = window.view_layer = scene.view_layers.new("another layer")
    try:
        before = state(window)
        with pytest.raises(KeyError), in_window(other):
            assert bpy.context.scene == window.scene == other and bpy.context.view_layer == other.view_layers[0]
            raise KeyError
        assert state(window) == before
    finally:
        window.view_layer = scene.view_layers[0]
        scene.view_layers.remove(layer)


def test_where_a_person_has_overridden_the_context(window, other):
    before = state(window)
    with bpy.context.temp_override(scene=window.scene, view_layer=window.view_layer), in_window(other):
        assert bpy.context.scene == other and bpy.context.view_layer == other.view_layers[0]
    assert state(window) == before
