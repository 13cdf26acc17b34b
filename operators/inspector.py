"""``bpy.ops.mm.inspect``: read elements under the mouse. ``bpy.ops.mm.spotlight``: their numbers in the scene."""
import bpy

from mm_blender.scene.blender_types import there

from . import state


class MM_OT_inspect(state.NeedsVisualization, bpy.types.Operator):
    """Hover elements to read them, with the row and the column that made them lit; a click pins the label, Esc ends"""

    bl_idname = "mm.inspect"
    bl_label = "Inspect"

    _drawing = None  # the draw handler, while it runs

    @classmethod
    def poll(cls, context):
        if context.area is None or context.area.type != "VIEW_3D":
            cls.poll_message_set("Inspecting needs a 3D view under the mouse")
            return False
        return super().poll(context)

    def invoke(self, context, _event):
        from mm_blender.scene import probe

        self._area = context.area
        self._region = next(region for region in context.area.regions if region.type == "WINDOW")
        self._hit: probe.Hit | None = None
        self._light, self._at = probe.Highlight(), (0, 0)
        type(self)._drawing = bpy.types.SpaceView3D.draw_handler_add(self._draw, (), "WINDOW", "POST_PIXEL")
        context.workspace.status_text_set("Hover: read an element · Click: pin its label · Esc: end")
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context, event):
        if event.type in ("ESC", "RIGHTMOUSE"):
            self.cancel(context)
            return {"FINISHED"}
        x, y = event.mouse_x - self._region.x, event.mouse_y - self._region.y
        over = 0 <= x < self._region.width and 0 <= y < self._region.height
        if event.type == "MOUSEMOVE":
            self._at = x, y
            self._look(context, over)
        elif event.type == "LEFTMOUSE" and event.value == "PRESS" and over and self._hit:
            self._pin(context, self._hit)
            return {"RUNNING_MODAL"}
        return {"PASS_THROUGH"}

    def _look(self, context, over: bool) -> None:
        from bpy_extras import view3d_utils

        from mm_blender.scene import probe, saved_state

        self._hit = None
        view = self._area.spaces.active.region_3d
        if over:
            origin, direction = (turn(self._region, view, self._at) for turn in (
                view3d_utils.region_2d_to_origin_3d, view3d_utils.region_2d_to_vector_3d))
            shown = [obj for collection in saved_state.visualizations(context.scene) for obj in collection.all_objects
                     if obj.visible_get()]
            self._hit = probe.probe(shown, origin, direction, context.evaluated_depsgraph_get())
        self._light.show(self._hit)
        self._area.tag_redraw()

    def _pin(self, context, hit) -> None:
        from mm_blender.scene import pins, probe, saved_state

        self._light.clear()  # an undo step must not hold what is lit
        collection = there(saved_state.collection_of(bpy.data.objects[hit.matrix]))
        if not pins.unpin(collection, hit):
            turn = self._area.spaces.active.region_3d.view_matrix.inverted().to_quaternion()
            pins.pin(collection, hit, turn)
        bpy.ops.ed.undo_push(message="Pin a Label")
        self._light = probe.Highlight()
        self._look(context, True)

    def cancel(self, context):
        self._light.clear()
        bpy.types.SpaceView3D.draw_handler_remove(self._drawing, "WINDOW")
        type(self)._drawing = None
        context.workspace.status_text_set(None)
        self._area.tag_redraw()

    def _draw(self):
        """The label beside the mouse, on a dark plate."""
        import blf
        import gpu
        from gpu_extras.batch import batch_for_shader

        if self._hit is None or bpy.context.area != self._area:
            return
        scale = there(bpy.context.preferences).system.ui_scale
        font, size, gap = 0, 13 * scale, 6 * scale
        lines = self._hit.lines() + (["click: its largest element"] if self._hit.note else [])
        blf.size(font, size)
        width = max(blf.dimensions(font, line)[0] for line in lines) + 2 * gap
        height = len(lines) * size * 1.4 + gap
        x = min(self._at[0] + 16 * scale, self._region.width - width)
        y = max(self._at[1] - height - 8 * scale, 0)
        shader = gpu.shader.from_builtin("UNIFORM_COLOR")
        corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
        gpu.state.blend_set("ALPHA")
        shader.uniform_float("color", (0.02, 0.02, 0.03, 0.85))
        batch_for_shader(shader, "TRIS", {"pos": corners}, indices=[(0, 1, 2), (0, 2, 3)]).draw(shader)
        gpu.state.blend_set("NONE")
        for at, line in enumerate(lines):
            blf.color(font, *((1.0, 1.0, 1.0) if at == 0 else (0.75, 0.78, 0.85)), 1.0)
            blf.position(font, x + gap, y + height - (at + 1) * size * 1.4, 0)
            blf.draw(font, line)


class MM_OT_spotlight(state.NeedsVisualization, bpy.types.Operator):
    """Add a spotlight: an Empty that shows the numbers of the elements around it. Move, scale and key it"""

    bl_idname = "mm.spotlight"
    bl_label = "Spotlight"
    bl_options = {"REGISTER", "UNDO"}

    radius: bpy.props.FloatProperty(name="Radius", description="Elements nearer than this show their numbers; the "
                                    "Empty's scale", default=0.4, min=0.0, subtype="DISTANCE", unit="LENGTH")
    decimals: bpy.props.IntProperty(name="Decimals", description="Digits after the point", default=2, min=0, max=6)

    @state.reports_errors
    def execute(self, context):
        from mm_blender.scene import evaluated, parts, spotlight

        collection = state.at_hand(context)
        matrix = parts.find(collection, state.picked(context, collection))
        light = spotlight.add(collection, evaluated.middle(matrix) if matrix else None, self.radius, self.decimals)
        for obj in list(context.view_layer.objects.selected):
            obj.select_set(False)
        context.view_layer.objects.active = light
        light.select_set(True)
        return {"FINISHED"}
