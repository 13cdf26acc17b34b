"""``bpy.ops.mm.load_preset`` and ``bpy.ops.mm.save_preset``."""
import bpy

from . import state


def _names(_self, _context):
    from mm_blender.expression import sources

    # Blender keeps no copy of texts that Python made: they must live on
    _names.items = [(name, name.replace("-", " ").capitalize(), "") for name in sources.presets()]
    return _names.items


class MM_OT_load_preset(state.NeedsObjectMode, bpy.types.Operator):
    """Build a preset"""

    bl_idname = "mm.load_preset"
    bl_label = "Load Preset"
    bl_options = {"REGISTER", "UNDO"}

    name: bpy.props.EnumProperty(name="Preset", description="An expression ready to be shown", items=_names)

    @state.reports_errors
    def execute(self, context):
        return bpy.ops.mm.build(source=self.name)


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

        viz = built.of(state.current(context))
        path = sources.save_preset(self.name, viz.own_params())
        lost = f"; the data of {len(viz.data)} matrices are not in it" if viz.data else ""
        self.report({"WARNING"} if lost else {"INFO"}, f"Saved {path}{lost}")
        return {"FINISHED"}


class MM_MT_presets(bpy.types.Menu):
    """Expressions ready to be shown"""

    bl_label = "Presets"

    def draw(self, _context):
        from mm_blender.expression import sources

        for name in sources.presets():
            self.layout.operator("mm.load_preset", text=name.replace("-", " ").capitalize()).name = name
        self.layout.separator()
        self.layout.operator_context = "INVOKE_DEFAULT"
        self.layout.operator("mm.save_preset", text="Save as Preset…")
