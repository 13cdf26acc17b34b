"""``bpy.ops.mm.animate``: keyframe a sweep. ``bpy.ops.mm.frame_camera``: put everything into the picture."""
import bpy

from . import state
from .menu_items import ALGORITHMS


class MM_OT_animate(state.NeedsVisualization, bpy.types.Operator):
    """Make keyframes of how the product is computed, step by step"""

    bl_idname = "mm.animate"
    bl_label = "Animate"
    bl_options = {"REGISTER", "UNDO"}

    alg: bpy.props.EnumProperty(name="Sweep", description="How the product is computed", items=ALGORITHMS,
                                default="vmprod")
    duration: bpy.props.FloatProperty(name="Duration", description="Of the whole sweep, in seconds; 0: four frames a "
                                      "step", default=8.0, min=0.0, soft_max=120.0, subtype="TIME_ABSOLUTE",
                                      unit="TIME_ABSOLUTE")

    def execute(self, context):
        from mm_blender.scene import borrowed_scene

        collection = state.at_hand(context)
        state.change(collection, settings={"anim.alg": self.alg}, animate=True, duration=self.duration or None)
        if why := state.refused(collection):
            self.report({"ERROR"}, why)
            return {"CANCELLED"}
        if borrowed_scene.owns(collection, context.scene):
            context.scene.frame_set(context.scene.frame_start)
        return {"FINISHED"}


class MM_OT_frame_camera(state.NeedsVisualization, bpy.types.Operator):
    """Put the camera where the whole visualization fills the picture"""

    bl_idname = "mm.frame_camera"
    bl_label = "Frame Camera"
    bl_options = {"REGISTER", "UNDO"}

    @state.reports_errors
    def execute(self, context):
        from mm_blender import built
        from mm_blender.scene import build

        render = context.scene.render
        build.frame_camera(built.of(state.at_hand(context)).built, render.resolution_x / render.resolution_y)
        return {"FINISHED"}
