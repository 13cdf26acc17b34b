"""A sidebar tab for trying the driver. Goes away when the extension has a tab of its own."""
import bpy


class MM_PT_trial(bpy.types.Panel):
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "mm"
    bl_label = "Trial"

    def draw(self, context):
        layout = self.layout
        layout.prop(context.scene, "mm_trial_source")
        layout.operator("mm.build").source = context.scene.mm_trial_source
        row = layout.row(align=True)
        for look in ("dark", "paper"):
            row.operator("mm.build", text=look.title()).look = look
        layout.use_property_split = True
        layout.prop(context.scene.render, "resolution_percentage")


class MM_PT_trial_long(bpy.types.Panel):
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "mm"
    bl_label = "Long"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context):
        for _ in range(40):
            self.layout.prop(context.scene.render, "resolution_x")
        self.layout.prop(context.scene.render, "resolution_y")


bpy.types.Scene.mm_trial_source = bpy.props.StringProperty(name="Source", default="L @ R")
bpy.utils.register_class(MM_PT_trial)
bpy.utils.register_class(MM_PT_trial_long)
