"""The sidebar's tab in Blender's window, with mouse and keyboard: build, change, undo, play, inspect, save, reopen."""
from __future__ import annotations

import shutil
import time

import pytest

pytestmark = [pytest.mark.outside, pytest.mark.blender, pytest.mark.slow]

ATTENTION = "out = (attn = softmax(tril(Q @ K.T / sqrt(k)))) @ V"
BUILT = "any(o.get('mm_path') == 'root' for o in bpy.data.objects)"
STATE = "__import__('json').loads(bpy.context.scene.mm.last['mm_state'])"
GAP = f"{STATE}['params']['layout']['gap']"
SHADING = ("next(a for a in bpy.context.window_manager.windows[0].screen.areas if a.type == 'VIEW_3D')"
           ".spaces.active.shading.type")


def test_a_session(blender, tmp_path):
    blender.start()
    sidebar = blender.sidebar("mm")
    blender.shot("empty")

    blender.enter("mm.source", ATTENTION)
    blender.click(blender.locate("mm.build"))
    blender.wait_until(BUILT)
    assert blender.ask(SHADING) == "MATERIAL"
    deadline = time.monotonic() + 60  # a cold cache of shaders has to be filled first
    while _colours(blender) < 0.02:
        assert time.monotonic() < deadline, "the viewport shows no colours"
    blender.shot("built")

    blender.click(blender.find("Layout", within=sidebar))
    blender.enter("mm.gap", 12)
    assert blender.ask(GAP) == 12
    blender.shot("gap 12")
    blender.key("ctrl+z", at=blender.area("VIEW_3D"))
    assert blender.ask(GAP) == 4
    blender.key("ctrl+shift+z")
    assert blender.ask(GAP) == 12
    blender.click(blender.find("Layout", within=sidebar))

    blender.enter("mm.expression", "out = Q @")
    blender.shot("refused")
    assert blender.ask("bpy.context.scene.mm.last.mm.expression") == ATTENTION

    assert blender.ask("str(bpy.ops.mm.animate(alg='vmprod', duration=4.0))") == "{'FINISHED'}"
    blender.key("space", at=blender.area("VIEW_3D"))
    blender.wait_until("bpy.context.screen.is_animation_playing and bpy.context.scene.frame_current > 3")
    blender.key("space", at=blender.area("VIEW_3D"))
    blender.wait_until("not bpy.context.screen.is_animation_playing")
    blender.shot("sweep")

    saved = tmp_path / "session.blend"
    blender.key("ctrl+s", at=blender.area("VIEW_3D"))
    blender.choose_file(saved, "Save Blender File")
    blender.wait_until("not bpy.data.is_dirty")
    blender.quit()
    blender.start(str(saved))
    assert blender.ask(GAP) == 12
    blender.sidebar("mm")
    blender.enter("mm.expression", "y = Q @ W")
    assert blender.ask("bpy.context.scene.mm.last.mm.expression") == "y = Q @ W"
    blender.shot("reopened and changed")


def test_inspect(blender):
    blender.start()
    blender.ask("str(bpy.ops.mm.build(source='A @ B'))")
    blender.sidebar("mm")
    view = blender.area("VIEW_3D")
    blender.click(blender.locate("mm.inspect"))
    pixel = blender.ask("pixel_of('root', 5, 7)")
    blender.move(pixel)
    blender.wait_until("lit('root') == [5, 7]")
    assert blender.ask("[lit('root.left'), lit('root.right')]") == [[5, -1], [-1, 7]]
    blender.shot("hovered")
    blender.click(pixel)
    blender.wait_until("any(o.get('mm_part') == 'pin' for o in bpy.data.objects)")
    assert blender.ask("next(o.name for o in bpy.data.objects if o.get('mm_part') == 'pin')") == "mm pin A @ B[5, 7]"
    blender.key("Escape", at=view)
    blender.wait_until("lit('root') == [-1, -1]")
    blender.shot("pinned")
    blender.key("ctrl+z", at=view)
    assert not blender.ask("any(o.get('mm_part') == 'pin' for o in bpy.data.objects)")


def test_a_live_page_is_written_and_opened(blender, tmp_path):
    if not shutil.which("node"):
        pytest.skip("no Node.js: the extension has no viewer for live pages")
    browser, opened = tmp_path / "browser", tmp_path / "opened"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" >"{opened}"\n')
    browser.chmod(0o755)
    blender.start()
    blender.ask(f"__import__('os').environ.__setitem__('BROWSER', {str(browser)!r})")
    blender.ask("str(bpy.ops.mm.build(source='A @ B'))")
    blender.ask("str(bpy.ops.mm.page('INVOKE_DEFAULT'))")
    page = tmp_path / "product.html"
    blender.choose_file(page, "Live Page")
    blender.wait_until("any('Wrote' in r for r in reports())")
    assert page.read_text("utf-8").endswith("</html>\n")
    deadline = time.monotonic() + 30
    while not opened.exists() and time.monotonic() < deadline:
        time.sleep(0.2)
    assert opened.read_text() == page.as_uri()
    blender.shot("written")


def test_a_refused_build_is_told_in_the_status_bar(blender):
    blender.start()
    blender.sidebar("mm")
    blender.enter("mm.source", "L @")
    blender.click(blender.locate("mm.build"))
    blender.wait_until("any('ends too early' in r for r in reports())", 10)
    blender.shot("error")
    assert not blender.ask(BUILT)


def _colours(blender) -> float:
    """The share of the 3D view's pixels that are clearly coloured."""
    import numpy as np

    view = blender.area("VIEW_3D")
    crop = blender.picture()[view.y + 100:view.y + view.height - 50, view.x + 80:view.x + view.width - 350].astype(int)
    return float(np.mean(np.ptp(crop, axis=2) > 60))
