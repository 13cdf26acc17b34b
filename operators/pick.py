"""``bpy.ops.mm.pick``: make a matrix the one at hand. ``bpy.ops.mm.pick_visualization``: a visualization."""
import bpy

from . import state, viewport


class MM_OT_pick(state.NeedsVisualization, bpy.types.Operator):
    """Show the settings of this matrix, and select it"""

    bl_idname = "mm.pick"
    bl_label = "Pick"
    bl_options = {"UNDO", "INTERNAL"}

    path: bpy.props.StringProperty(name="Path", description="root, root.left, root.left.right …", default="root")

    def execute(self, context):
        viewport.pick(context, state.at_hand(context), self.path)
        return {"FINISHED"}


class MM_OT_pick_visualization(state.NeedsVisualization, bpy.types.Operator):
    """Work on this visualization"""

    bl_idname = "mm.pick_visualization"
    bl_label = "Pick Visualization"
    bl_options = {"UNDO", "INTERNAL"}

    name: bpy.props.StringProperty(name="Name", description="Name of its collection")

    def execute(self, context):
        from mm_blender.scene import saved_state

        found = [c for c in saved_state.visualizations(context.scene) if c.name == self.name]
        if not found:
            self.report({"ERROR"}, f"there is no visualization {self.name!r} in this scene")
            return {"CANCELLED"}
        viewport.pick(context, found[0], state.picked(context, found[0]))
        return {"FINISHED"}
