"""``bpy.ops.mm.solid_colours``: colours in the Solid mode of the window, where no shader is computed."""
import bpy

from . import state


class MM_OT_solid_colours(state.NeedsVisualization, bpy.types.Operator):
    """Show colours in the Solid mode of this window, which needs no graphics card. Press again after a change"""

    bl_idname = "mm.solid_colours"
    bl_label = "Colours in Solid Mode"
    bl_options = {"REGISTER", "UNDO"}

    @state.reports_errors
    def execute(self, context):
        from mm_blender.appearance.looks import LOOKS
        from mm_blender.scene import redraw, saved_state, solid

        collection = state.at_hand(context)
        document = saved_state.load(collection)
        render = context.scene.render
        redraw.represent(document, collection, (render.resolution_x, render.resolution_y), engine="workbench")
        solid.put(document, collection, window=True)
        for area in context.screen.areas if context.screen else ():
            space = area.spaces.active
            if area.type == "VIEW_3D":
                space.shading.type = "SOLID"
                solid.set_up(space.shading, LOOKS[document.options.look])
        return {"FINISHED"}
