"""``bpy.ops.mm.build``: make the objects of an expression, a link, a preset or a parameter file in the scene."""
import bpy


class MM_OT_build(bpy.types.Operator):
    """Build the matrices of an expression, a share link, a preset or a JSON file in the scene"""

    bl_idname = "mm.build"
    bl_label = "Build Matrix Multiplication"
    bl_options = {"REGISTER", "UNDO"}

    source: bpy.props.StringProperty(
        name="Source",
        description="An expression such as out = (attn = Q @ K_t) @ V, a share link, a preset's name or a JSON file",
        default="L @ R",
    )
    look: bpy.props.EnumProperty(
        name="Look",
        items=(
            ("dark", "Dark", "Lit elements on a dark ground"),
            ("paper", "Paper", "Lit elements on white, as for print"),
            ("unlit", "Unlit", "Exactly the colours that the values stand for, without light or shade"),
        ),
        default="dark",
    )

    @classmethod
    def poll(cls, context):
        if context.mode != "OBJECT":
            cls.poll_message_set("Building makes new objects: go back to Object Mode first")
            return False
        return True

    def invoke(self, context, _event):
        return context.window_manager.invoke_props_dialog(self, width=500)

    def execute(self, _context):
        import mm_blender as mm

        try:
            mm.visualize(self.source, look=self.look).build()
        except mm.MMError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}
