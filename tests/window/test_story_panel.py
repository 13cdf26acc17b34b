"""The sidebar's section of stories in Blender's window: beats are listed, picked, added from the view and played."""
from __future__ import annotations

import pytest

pytestmark = [pytest.mark.outside, pytest.mark.blender, pytest.mark.slow]

MM = "bpy.context.scene.mm.last.mm"
COUNT = "len(__import__('mm_blender').visualizations()[0].told.beats)"


def test_a_story(blender):
    blender.start()
    sidebar = blender.sidebar("mm")
    blender.ask("str(bpy.ops.mm.load_story(name='what-a-matmul-is'))")
    blender.click(blender.find("Matrices", within=sidebar))
    blender.click(blender.find("Numbers", within=sidebar))
    blender.click(blender.find("Story", within=sidebar))
    blender.shot("listed")
    blender.click(blender.find("3  a column", within=sidebar))
    blender.wait_until(f"{MM}.picked_beat == 2")
    assert blender.ask(f"{MM}.beat.look") == "B[:,0]"
    blender.shot("picked")
    blender.click(blender.locate("mm.add_beat"))
    blender.find("Add Beat from View")
    blender.shot("asked")
    blender.key("Return")
    blender.wait_until(f"{COUNT} == 9")
    assert blender.ask(f"{MM}.picked_beat") == 3
    blender.key("ctrl+z", at=blender.area("VIEW_3D"))
    blender.wait_until(f"{COUNT} == 8")
    blender.click(blender.locate("mm.play_story"))
    blender.wait_until("bpy.context.screen.is_animation_playing and bpy.context.scene.use_preview_range")
    blender.shot("playing")
    blender.click(blender.locate("mm.play_story"))
    blender.wait_until("not bpy.context.screen.is_animation_playing and not bpy.context.scene.use_preview_range")
