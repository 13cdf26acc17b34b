"""Runs inside Blender, ``blender -b --factory-startup --python tests/support/enable_disable.py``, with the extension
installed: enable and disable it ten times and exit with 1, saying what, if anything of it stays behind."""
import sys

import bpy

EXTENSION = "bl_ext.user_default.mm_blender"
LISTED = {  # what Blender has no list of: the function that makes it, and the one that takes it away again
    "timer": (bpy.app.timers, "register", "unregister"),
    "cli command": (bpy.utils, "register_cli_command", "unregister_cli_command"),
    "message subscription": (bpy.msgbus, "subscribe_rna", "clear_by_owner"),
    "drawing in the 3D view": (bpy.types.SpaceView3D, "draw_handler_add", "draw_handler_remove"),
}
made = {kind: [] for kind in LISTED}


def watch(kind):
    """Note down every call of the pair of functions from now on."""
    owner, make, take_away = LISTED[kind]
    original_make, original_take_away = getattr(owner, make), getattr(owner, take_away)

    def noted_make(*arguments, **options):
        result = original_make(*arguments, **options)
        named = {"timer": lambda: arguments[0], "message subscription": lambda: options["owner"]}
        made[kind].append(named.get(kind, lambda: result)())
        return result

    def noted_take_away(handle, *rest):
        result = original_take_away(handle, *rest)
        made[kind][:] = [other for other in made[kind] if other is not handle]
        return result

    setattr(owner, make, noted_make)
    setattr(owner, take_away, noted_take_away)


def registered() -> set[tuple]:
    """Everything that an extension can add to Blender."""
    found = set()
    for name in dir(bpy.types):
        kind = getattr(bpy.types, name)
        found.add(("class", name))
        if hasattr(kind, "bl_rna"):
            found |= {("property", name, key) for key in kind.bl_rna.properties.keys()}
        # The first function that is appended to a menu puts the menu's own into the list too, for good.
        found |= {("entry in a menu or panel", name, str(draw))
                  for draw in getattr(getattr(kind, "draw", None), "_draw_funcs", ())
                  if draw.__module__ != kind.__module__}
    for name in dir(bpy.app.handlers):
        functions = getattr(bpy.app.handlers, name)
        if isinstance(functions, list):
            found |= {("handler", name, str(function)) for function in functions}
    for keymap in bpy.context.window_manager.keyconfigs.addon.keymaps:
        found |= {("key", keymap.name, item.idname, item.type) for item in keymap.keymap_items}
    for kind, handles in made.items():
        found |= {(kind, str(handle)) for handle in handles
                  if kind != "timer" or bpy.app.timers.is_registered(handle)}
    return found


for kind in LISTED:
    watch(kind)
before = registered()
for _ in range(10):
    assert bpy.ops.preferences.addon_enable(module=EXTENSION) == {"FINISHED"}
    while_on = registered() - before
    bpy.ops.mm.build()
    assert bpy.ops.preferences.addon_disable(module=EXTENSION) == {"FINISHED"}
    left = registered() - before
    gone = before - registered()
    if left or gone:
        sys.exit(f"left behind: {sorted(left)}; gone: {sorted(gone)}")
kinds = {entry[0] for entry in while_on}
assert ("class", "MM_OT_build") in while_on and "cli command" in kinds, f"nothing was on: {sorted(while_on)}"
print("while on:", *sorted(while_on), sep="\n  ")
