"""Installing the extension in Blender's window, with mouse and keyboard."""
from __future__ import annotations

import pytest

pytestmark = [pytest.mark.outside, pytest.mark.blender, pytest.mark.slow]


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
