"""``bpy.ops.mm.load_data``: read the files, and the URLs, that a visualization names."""
import bpy

from mm_blender.scene.blender_types import there

from . import state
from .build import list_names


class MM_OT_load_data(state.NeedsVisualization, bpy.types.Operator):
    """Read the files that this visualization names once more; of a file that was opened nothing is read without this"""

    bl_idname = "mm.load_data"
    bl_label = "Load Data"
    bl_options = {"REGISTER", "UNDO"}

    assets: bpy.props.StringProperty(
        name="Assets", description="Folder that is searched for the files first; empty: they are read from where the "
        "addresses say, counted from the .blend", subtype="DIR_PATH", options={"SKIP_SAVE"})
    online: bpy.props.BoolProperty(
        name="Load from the Network", description="Load those that have a URL. Needs Blender's preference for online "
        "access", default=False, options={"SKIP_SAVE"})

    def invoke(self, context, _event):
        from mm_blender.scene import saved_state

        self._named = saved_state.named_files(state.at_hand(context))
        return context.window_manager.invoke_props_dialog(self, width=420)

    def draw(self, _context):
        layout = there(self.layout)
        column = layout.column(align=True)
        list_names(column, self._named)
        layout.prop(self, "assets")
        layout.prop(self, "online")

    @state.reports_errors
    def execute(self, context):
        from mm_blender.scene import build

        collection = state.at_hand(context)
        folder = bpy.path.abspath(self.assets) if self.assets else None
        build.load_data(collection, folder, self.online)
        state.refuse(collection, None)
        self.report({"INFO"}, "The data are loaded")
        return {"FINISHED"}
