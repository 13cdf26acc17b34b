"""``bpy.ops.mm.animate``: keyframe a sweep. ``bpy.ops.mm.frame_camera``: put everything into the picture."""
import bpy

from . import state
from .settings import ALGORITHMS


class MM_OT_animate(bpy.types.Operator):
    """Make keyframes of how the product is computed, step by step"""

    bl_idname = "mm.animate"
    bl_label = "Animate"
    bl_options = {"REGISTER", "UNDO"}

    alg: bpy.props.EnumProperty(name="Sweep", description="How the product is computed", items=ALGORITHMS,
                                default="vmprod")
    duration: bpy.props.FloatProperty(name="Duration", description="Of the whole sweep, in seconds; 0: four frames a "
                                      "step", default=8.0, min=0.0, soft_max=120.0, subtype="TIME_ABSOLUTE",
                                      unit="TIME_ABSOLUTE")

    @classmethod
    def poll(cls, context):
        return state.needs_visualization(cls, context)

    def execute(self, context):
        collection = state.current(context)
        state.change(collection, settings={"anim.alg": self.alg}, animate=True, duration=self.duration or None)
        if state.refused(collection):
            self.report({"ERROR"}, state.refused(collection))
            return {"CANCELLED"}
        context.scene.frame_set(context.scene.frame_start)
        return {"FINISHED"}


class MM_OT_frame_camera(bpy.types.Operator):
    """Put the camera where the whole visualization fills the picture"""

    bl_idname = "mm.frame_camera"
    bl_label = "Frame Camera"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        return state.needs_visualization(cls, context)

    def execute(self, context):
        import mm_blender as mm
        from mm_blender.objects import build, store

        render = context.scene.render
        try:
            viz = store.load(state.current(context))
            build.frame_camera(viz, render.resolution_x / render.resolution_y)
        except mm.MMError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}
