"""``bpy.ops.mm.load_preset`` and ``bpy.ops.mm.save_preset``."""
import bpy

from mm_blender.scene.blender_types import there

from . import state

_offered: list[tuple[str, str, str]] = []  # Blender keeps no copy of texts that Python made: they must live on


def _names(_self, _context):
    from mm_blender.expression import sources

    _offered[:] = [(name, name.replace("-", " ").capitalize(), "") for name in sources.presets()]
    return _offered


class MM_OT_load_preset(state.NeedsObjectMode, bpy.types.Operator):
    """Build a preset"""

    bl_idname = "mm.load_preset"
    bl_label = "Load Preset"
    bl_options = {"REGISTER", "UNDO"}

    name: bpy.props.EnumProperty(name="Preset", description="An expression ready to be shown", items=_names)

    @state.reports_errors
    def execute(self, context):
        return state.our_operators().build(source=self.name)


class MM_OT_save_preset(state.NeedsVisualization, bpy.types.Operator):
    """Keep the settings of this visualization as a preset of your own"""

    bl_idname = "mm.save_preset"
    bl_label = "Save Preset"
    bl_description = ("Keep the settings of this visualization as a preset of your own, in the folder that Blender has "
                      "for this add-on: removing the add-on removes it")

    name: bpy.props.StringProperty(name="Name", description="Letters, digits, - and _", default="my-preset")

    def invoke(self, context, _event):
        return context.window_manager.invoke_props_dialog(self)

    @state.reports_errors
    def execute(self, context):
        from mm_blender import built
        from mm_blender.expression import sources

        viz = built.of(state.at_hand(context))
        path = sources.save_preset(self.name, viz.own_params())
        lost = f"; the data of {len(viz.data)} matrices are not in it" if viz.data else ""
        self.report({"WARNING"} if lost else {"INFO"}, f"Saved {path}{lost}")
        return {"FINISHED"}


class MM_MT_presets(bpy.types.Menu):
    """Expressions ready to be shown"""

    bl_label = "Presets"

    def draw(self, _context):
        from mm_blender.expression import sources

        layout = there(self.layout)
        for name in sources.presets():
            layout.operator("mm.load_preset", text=name.replace("-", " ").capitalize()).name = name
        layout.separator()
        layout.menu("MM_MT_stories")
        layout.operator_context = "INVOKE_DEFAULT"
        layout.operator("mm.save_preset", text="Save as Preset…")
