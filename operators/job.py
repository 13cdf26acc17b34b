"""``bpy.ops.mm.job``: a folder from which other machines render the movie."""
import bpy

from mm_blender.scene.blender_types import there

from . import state
from .menu_items import SCHEDULERS
from .render import pictured, target


class MM_OT_job(state.NeedsVisualization, bpy.types.Operator):
    """Write a folder from which machines that have Blender, and nothing else, render the movie"""

    bl_idname = "mm.job"
    bl_label = "Job for Other Machines"
    bl_options = {"REGISTER"}

    filepath: bpy.props.StringProperty(name="Folder", description="What to write; empty: named after the expression, "
                                       "in the sidebar's folder", subtype="FILE_PATH", options={"SKIP_SAVE"})
    scheduler: bpy.props.EnumProperty(name="For", description="What hands the frames to machines", items=SCHEDULERS)
    chunk: bpy.props.IntProperty(name="Chunk", description="Frames that a command renders; 0: as it suits", default=0,
                                 min=0, soft_max=1000)

    def invoke(self, context, _event):
        self.filepath = target(context, self.filepath, state.at_hand(context), "")
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def draw(self, _context):
        for name in ("scheduler", "chunk"):
            there(self.layout).prop(self, name)

    @state.reports_errors
    def execute(self, context):
        from mm_blender import built
        from mm_blender.output.jobs.kinds import KINDS

        collection = state.at_hand(context)
        path = target(context, self.filepath, collection, "")
        built.of(collection).job(path, self.scheduler, chunk=self.chunk or None, **pictured(context.scene, False))
        self.report({"INFO"}, f"Wrote {path}; next, there: {KINDS[self.scheduler].next}")
        return {"FINISHED"}
