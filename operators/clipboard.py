"""``bpy.ops.mm.paste_link`` and ``bpy.ops.mm.copy_link``: share links by way of the clipboard."""
import warnings

import bpy

from . import state


class MM_OT_paste_link(state.NeedsObjectMode, bpy.types.Operator):
    """Build what the share link, or the expression, on the clipboard says"""

    bl_idname = "mm.paste_link"
    bl_label = "Paste Link"
    bl_options = {"REGISTER", "UNDO"}

    @state.reports_errors
    def execute(self, context):
        text = context.window_manager.clipboard.strip()
        if not text:
            self.report({"ERROR"}, "the clipboard is empty: copy a share link of the web tool first")
            return {"CANCELLED"}
        if bpy.app.background:
            return state.our_operators().build(source=text)
        done = state.our_operators().build("INVOKE_DEFAULT", source=text)  # which asks where a link names files
        return {"CANCELLED"} if done == {"CANCELLED"} else {"FINISHED"}


class MM_OT_copy_link(state.NeedsVisualization, bpy.types.Operator):
    """Put a share link of this visualization on the clipboard; the web tool opens it"""

    bl_idname = "mm.copy_link"
    bl_label = "Copy Link"

    @state.reports_errors
    def execute(self, context):
        from mm_blender import built, MMWarning

        with warnings.catch_warnings(record=True) as notes:
            warnings.simplefilter("always", MMWarning)
            context.window_manager.clipboard = built.of(state.at_hand(context)).link()
        for note in notes:
            self.report({"WARNING"}, str(note.message))
        if not notes:
            self.report({"INFO"}, "The link is on the clipboard")
        return {"FINISHED"}
