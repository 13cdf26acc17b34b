"""What a person does in Blender's window, done with mouse and keyboard."""
from __future__ import annotations

from pathlib import Path

import pytest
from window.driver import NotFound

pytestmark = [pytest.mark.outside, pytest.mark.blender, pytest.mark.slow]

PANEL = Path(__file__).with_name("trial_panel.py")
BUILT = "'root' in {o.get('mm_path') for o in bpy.data.objects}"


def test_install_by_hand(bare_blender, archive):
    """Preferences, Get Extensions, Install from Disk; the extension is still on after a restart."""
    blender = bare_blender
    on = "'bl_ext.user_default.mm_blender' in bpy.context.preferences.addons"
    blender.start()
    assert not blender.ask(on)
    blender.click(blender.find("Edit"))
    blender.click(blender.find("Preferences..."))
    blender.click(blender.find("Get Extensions"))
    row = blender.find("Repositories")
    blender.click((blender.area("PREFERENCES").x + blender.area("PREFERENCES").width - 17, row.centre[1]))
    blender.click(blender.find("Install from Disk..."))
    blender.choose_file(archive, "Install from Disk")
    blender.wait_until(on)
    blender.shot("installed")
    blender.click(blender.find("Back to Previous"))
    blender.quit()
    blender.start()
    assert blender.ask(on)
    assert blender.ask("hasattr(bpy.types, 'MM_OT_build')")
    blender.quit()


def test_build_undo_save_reopen(blender, tmp_path):
    blender.start("--python", str(PANEL))
    before = blender.ask("len(bpy.data.objects)")
    blender.sidebar("mm")
    blender.enter("mm_trial_source", "out = (A @ B) @ C")
    blender.click(blender.locate("mm.build"))
    blender.find("OK")
    blender.shot("dialog")
    blender.key("Return")
    blender.wait_until(BUILT)
    blender.shot("built")
    built = blender.ask("len(bpy.data.objects)")

    blender.key("ctrl+z", at=blender.area("VIEW_3D"))
    assert blender.ask("len(bpy.data.objects)") == before
    blender.shot("undone")
    blender.key("ctrl+shift+z")
    assert blender.ask("len(bpy.data.objects)") == built

    saved = tmp_path / "by hand.blend"
    blender.key("ctrl+s", at=blender.area("VIEW_3D"))
    blender.choose_file(saved, "Save Blender File")
    blender.wait_until("not bpy.data.is_dirty")
    assert blender.ask("bpy.data.filepath") == str(saved)
    blender.quit()

    blender.start(str(saved))
    assert blender.ask(BUILT)
    assert blender.ask("len(bpy.data.objects)") == built
    blender.shot("reopened")
    blender.quit()


def test_error_is_told_in_the_status_bar(blender):
    blender.start("--python", str(PANEL))
    blender.sidebar("mm")
    blender.enter("mm_trial_source", "L @")
    blender.click(blender.locate("mm.build"))
    blender.find("OK")
    blender.key("Return")
    blender.find("a matrix is missing after the last operator", within=blender.status_bar)
    blender.shot("error")
    assert not blender.ask(BUILT)


def test_play_and_pause(blender):
    blender.start()
    blender.key("space", at=blender.area("VIEW_3D"))
    blender.wait_until("bpy.context.screen.is_animation_playing and bpy.context.scene.frame_current > 3")
    blender.key("space")
    blender.wait_until("not bpy.context.screen.is_animation_playing")
    blender.shot("paused")


def test_whatever_is_in_the_sidebar_is_found(blender):
    """The driver itself: buttons side by side, a field beyond the lower edge, a fold, and what is not there."""
    blender.start("--python", str(PANEL))
    sidebar = blender.sidebar("mm")
    dark, paper = blender.locate("mm.build(look='dark'"), blender.locate("mm.build(look='paper'")
    assert dark[1] == paper[1] and dark[0] < paper[0]
    blender.under(dark)
    blender.find("Build the matrices of an expression, a share link, a preset or a JSON file in the scene.")
    blender.shot("tooltip")
    assert not blender.find_all("Resolution X", within=sidebar)
    blender.click(blender.find("Long", within=sidebar))
    assert len(blender.find_all("Resolution X", within=sidebar)) > 10
    blender.enter("resolution_y", 123)
    assert blender.ask("bpy.context.scene.render.resolution_y") == 123
    blender.shot("scrolled")
    assert not blender.find_all("Dark", within=sidebar)
    with pytest.raises(NotFound, match="no such words"):
        blender.find("no such words", seconds=0)
