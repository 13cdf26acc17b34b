"""``bpy.ops.mm.page``: a live page, one file for any browser."""
import webbrowser
from pathlib import Path

import bpy

from mm_blender.scene.blender_types import there

from . import state
from .render import target


class MM_OT_page(state.NeedsVisualization, bpy.types.Operator):
    """Write this visualization as a live page, one file that any browser opens, to be turned and played there"""

    bl_idname = "mm.page"
    bl_label = "Live Page"
    bl_options = {"REGISTER"}

    filepath: bpy.props.StringProperty(name="File", description="Where to write; empty: named after the expression, in "
                                       "the sidebar's folder", subtype="FILE_PATH", options={"SKIP_SAVE"})
    filter_glob: bpy.props.StringProperty(default="*.html", options={"HIDDEN"})
    check_existing: bpy.props.BoolProperty(default=True, options={"HIDDEN"})  # so that Blender asks before it replaces
    title: bpy.props.StringProperty(name="Title", description="Above it; empty: the expression")
    caption: bpy.props.StringProperty(name="Caption", description="Below it")
    open: bpy.props.BoolProperty(name="Open in Browser", description="Show the page when it is written", default=True)

    def invoke(self, context, _event):
        self.filepath = target(context, self.filepath, state.at_hand(context), ".html")
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def draw(self, _context):
        for name in ("title", "caption", "open"):
            there(self.layout).prop(self, name)

    @state.reports_errors
    def execute(self, context):
        from mm_blender import built

        collection = state.at_hand(context)
        path = target(context, self.filepath, collection, ".html")
        if not Path(path).suffix:  # as a person types a name into the window
            path += ".html"
        written = built.of(collection).page(path, title=self.title or None, caption=self.caption or None)
        self.report({"INFO"}, f"Wrote {path}")
        if self.open and not bpy.app.background:
            webbrowser.open(written.as_uri())
        return {"FINISHED"}
