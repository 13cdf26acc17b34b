"""The operators of a story's beats: they are added from what is seen, left out, moved, timed by markers and played."""
import bpy
from mathutils import Vector

from mm_blender.story.beats import ALL

from . import beats, state, viewport

AHEAD = Vector((0.0, 0.0, 1.0))  # of what looks along -z, as views and cameras do, whence it looks


class NeedsStory(state.NeedsVisualization):
    """For operators on a story that is told."""

    @classmethod
    def poll(cls, context):
        from mm_blender import MMError

        if not super().poll(context):
            return False
        try:
            told = beats.story_of(state.at_hand(context))
        except MMError:
            told = None
        if told is None:
            cls.poll_message_set("No story is told yet: load one, or add a beat")
            return False
        return True


# ---- a beat of what is seen

def _towards(context, collection) -> Vector | None:
    """The direction of the world from what is built to who looks at it: in the 3D view, or through the camera where
    there is no window."""
    from mm_blender.scene import needs

    areas = [context.area] if context.area and context.area.type == "VIEW_3D" else [
        area for area in (context.screen.areas if context.screen else ()) if area.type == "VIEW_3D"]
    if areas and not bpy.app.background:
        return areas[0].spaces.active.region_3d.view_matrix.inverted().to_3x3() @ AHEAD
    camera = needs.camera_of(collection)
    return camera.matrix_world.to_3x3() @ AHEAD if camera else None


def view_now(context, collection) -> str:
    """From where all is seen now, as a beat says it; empty where nobody looks."""
    from mm_blender.scene import story_camera

    towards = _towards(context, collection)
    if towards is None:
        return ""
    turn, above = story_camera.whence(collection, towards)
    return f"{round(turn)}, {max(min(round(above), 89), -89)}"


def looked_at(context, collection) -> str:
    """What is picked, as a beat looks at it: the active matrix, the element of an active pin, or else all."""
    from mm_blender.expression.tree import nodes
    from mm_blender.scene import parts, properties, saved_state, tags

    obj = context.view_layer.objects.active
    if obj is None or saved_state.collection_of(obj) != collection:
        return ALL
    part = properties.text(obj, tags.PART)
    path = properties.text(obj, tags.LABEL if part == parts.PIN else tags.PATH)
    every = nodes(saved_state.load(collection).tree)
    named = {node.path: node.name for node in every}
    if part not in (parts.MATRIX, parts.PIN) or path not in named:
        return ALL
    name = named[path] if list(named.values()).count(named[path]) == 1 else path
    return f"{name}[{obj[tags.ROW]},{obj[tags.COL]}]" if part == parts.PIN else name


def step_now(context, collection, after: int) -> str:
    """Where the sweep stands at the current frame, as a beat says it; empty where it stands there anyway once the beat
    ``after`` that number, from 0, has been told, or at the end of what tells no story yet."""
    from mm_blender import built
    from mm_blender.output import moment

    viz = built.of(collection)
    step = moment.step_at(viz.built, context.scene.frame_current_final)
    told, steps = beats.timeline_of(context.scene, collection), viz.document.schedule.steps
    if step is None:
        return ""
    before = told.step_at(told.beats[after].last + 1) if told else steps
    if round(step) == round(before):
        return ""
    return "start" if step < 0 else "end" if round(step) >= steps else f"step {round(step)}"


class MM_OT_add_beat(state.NeedsVisualization, bpy.types.Operator):
    """Add a beat of what you see behind the one that is picked: from where, what is picked, how far the sweep is"""

    bl_idname = "mm.add_beat"
    bl_label = "Add Beat from View"
    bl_options = {"REGISTER", "UNDO"}

    name: bpy.props.StringProperty(name="Name", description="What its marker is called", options={"SKIP_SAVE"})
    words: bpy.props.StringProperty(name="Words", description="What is said", options={"SKIP_SAVE"})
    look: bpy.props.StringProperty(name="Look at", description="What the camera looks at: the active matrix, the "
                                   "element of the active label, or all", options={"SKIP_SAVE"})
    view: bpy.props.StringProperty(name="View", description="From where: degrees to the right of the front, and above "
                                   "it; empty: from where it was seen before", options={"SKIP_SAVE"})
    sweep: bpy.props.StringProperty(name="Sweep", description="Where the sweep goes: start, end, step 4, 2 steps; "
                                    "empty: it stays", options={"SKIP_SAVE"})

    def _fill(self, context, collection, after: int) -> None:
        """What is not said is as it is seen."""
        for name, seen in (("look", looked_at), ("view", view_now)):
            if not self.properties.is_property_set(name):
                setattr(self, name, seen(context, collection))
        if not self.properties.is_property_set("sweep"):
            self.sweep = step_now(context, collection, after)

    @state.reports_errors
    def invoke(self, context, _event):
        collection = state.at_hand(context)
        self._fill(context, collection, beats.at_hand(collection))
        return context.window_manager.invoke_props_dialog(self, width=360)

    @state.reports_errors
    def execute(self, context):
        collection = state.at_hand(context)
        told, at = beats.now(collection), beats.at_hand(collection)
        self._fill(context, collection, at)
        new = {"name": self.name, "words": self.words, "look": beats.parts_of(self.look),
               "view": [float(each) for each in self.view.split(",")] if self.view.strip() else None,
               "sweep": self.sweep.strip() or None}
        at += bool(told)
        beats.tell(collection, [*told[:at], new, *told[at:]], at)
        beats.show(context.scene, collection)
        return {"FINISHED"}


class MM_OT_remove_beat(NeedsStory, bpy.types.Operator):
    """Leave the picked beat out; with the last one the story goes"""

    bl_idname = "mm.remove_beat"
    bl_label = "Remove Beat"
    bl_options = {"REGISTER", "UNDO"}

    @state.reports_errors
    def execute(self, context):
        collection = state.at_hand(context)
        told, at = beats.now(collection), beats.at_hand(collection)
        del told[at]
        beats.tell(collection, told, max(at - 1, 0))
        return {"FINISHED"}


class MM_OT_move_beat(NeedsStory, bpy.types.Operator):
    """Tell the picked beat before, or after, its neighbour"""

    bl_idname = "mm.move_beat"
    bl_label = "Move Beat"
    bl_options = {"REGISTER", "UNDO"}

    by: bpy.props.IntProperty(name="By", description="-1: before the one above it, 1: after the one below", default=-1)

    @state.reports_errors
    def execute(self, context):
        collection = state.at_hand(context)
        told, at = beats.now(collection), beats.at_hand(collection)
        to = min(max(at + self.by, 0), len(told) - 1)
        if to == at:
            return {"CANCELLED"}
        told.insert(to, told.pop(at))
        beats.tell(collection, told, to)
        return {"FINISHED"}


class MM_OT_view_beat(NeedsStory, bpy.types.Operator):
    """Have the picked beat be seen from where you look now"""

    bl_idname = "mm.view_beat"
    bl_label = "From This View"
    bl_options = {"REGISTER", "UNDO"}

    @state.reports_errors
    def execute(self, context):
        collection = state.at_hand(context)
        state.settings_of(collection).beat.view = view_now(context, collection)
        if why := state.refused(collection):
            self.report({"ERROR"}, why)
            return {"CANCELLED"}
        return {"FINISHED"}


class MM_OT_retime_story(NeedsStory, bpy.types.Operator):
    """Tell the story again, each beat as long as its marker in the timeline says: drag the markers first"""

    bl_idname = "mm.retime_story"
    bl_label = "Times from Markers"
    bl_options = {"REGISTER", "UNDO"}

    @state.reports_errors
    def execute(self, context):
        from mm_blender import built

        built.of(state.at_hand(context)).story()
        return {"FINISHED"}


class MM_OT_play_story(NeedsStory, bpy.types.Operator):
    """Play the picked beat, or all of them, in the 3D view; once more to stop"""

    bl_idname = "mm.play_story"
    bl_label = "Play"
    bl_options = {"REGISTER"}

    whole: bpy.props.BoolProperty(name="All", description="The whole story, not the picked beat alone", default=False)

    @state.reports_errors
    def execute(self, context):
        collection, scene = state.at_hand(context), context.scene
        if context.screen and context.screen.is_animation_playing:
            bpy.ops.screen.animation_cancel(restore_frame=False)
            scene.use_preview_range = False
            return {"FINISHED"}
        told = beats.timeline_of(scene, collection)
        if told is None:
            self.report({"ERROR"}, "No story is told where several visualizations stand side by side")
            return {"CANCELLED"}
        span = told if self.whole else told.beats[beats.at_hand(collection)]
        scene.use_preview_range = True
        scene.frame_preview_start, scene.frame_preview_end = span.first, span.last
        scene.frame_set(span.first)
        if not bpy.app.background:
            viewport.look_through(context)
            bpy.ops.screen.animation_play()
        return {"FINISHED"}


classes = (MM_OT_add_beat, MM_OT_remove_beat, MM_OT_move_beat, MM_OT_view_beat, MM_OT_retime_story, MM_OT_play_story)
