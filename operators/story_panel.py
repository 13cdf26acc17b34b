"""The section of stories in the sidebar: the list of beats, and what the picked one says.

A list of Blender's shows a collection of properties. The beats are in the document and in no such collection; so the
list goes over rows that hold nothing of it, one a beat at least, which the window manager has and no file keeps.
"""
from typing import Any

import bpy

from . import beats, state
from .sections import column_of, say, Section

ROWS = 6  # that the list shows before it scrolls


class MM_Row(bpy.types.PropertyGroup):
    """A row of the list of beats; it holds nothing but which one it is"""

    at: bpy.props.IntProperty(name="Beat", description="Which beat it shows, from 0")


def register() -> None:
    """Give the window manager its rows."""
    kinds: Any = bpy.types
    kinds.WindowManager.mm_rows = bpy.props.CollectionProperty(type=MM_Row)


def unregister() -> None:
    """Take them away."""
    kinds: Any = bpy.types
    del kinds.WindowManager.mm_rows


def fill(manager: Any, count: int) -> None:
    """Give a window manager as many rows as are missing of ``count``."""
    for at in range(len(manager.mm_rows), count):
        manager.mm_rows.add().at = at


def have_rows(count: int) -> None:
    """See that there are so many rows. While Blender draws none can be made: then they are a moment later."""
    manager: Any = bpy.context.window_manager

    def add() -> None:
        fill(manager, count)
        for area in (area for window in manager.windows for area in window.screen.areas if area.type == "VIEW_3D"):
            area.tag_redraw()

    if len(manager.mm_rows) < count:
        bpy.app.timers.register(add)


def _clock(seconds: float) -> str:
    from mm_blender.output.contact_sheet import clock

    return clock(seconds)


class MM_UL_beats(bpy.types.UIList):
    """The beats of a story, each with its name and when it begins"""

    def draw_item(self, context, layout, _data, item, _icon, _active, _property, *_more):
        collection, index = state.at_hand(context), item.at
        story, told = beats.story_of(collection), beats.timeline_of(context.scene, collection)
        if story is None or index >= len(story.beats):
            return
        beat = story.beats[index]
        line = layout.split(factor=0.76)
        line.label(text=f"{index + 1}  {beat.name or beat.words or beat.sweep or ', '.join(beat.look)}",
                   icon="DECORATE_LINKED" if beat.meanwhile is not None else "NONE")
        if told is not None:
            when = line.row()
            when.alignment = "RIGHT"
            when.label(text=_clock((told.beats[index].first - told.first) / told.fps))

    def filter_items(self, context, data, name):
        story = beats.story_of(state.at_hand(context))
        typed, told = self.filter_name.lower(), story.beats if story else ()
        shown = [self.bitflag_filter_item if at < len(told) and typed in f"{told[at].name} {told[at].words}".lower()
                 else 0 for at in range(len(getattr(data, name)))]
        return shown, []


class MM_PT_story(Section, bpy.types.Panel):
    """A film in beats."""

    bl_label = "Story"
    bl_parent_id = "MM_PT_source"
    bl_options = {"DEFAULT_CLOSED"}

    def fields(self, layout, mm, collection, context):
        from mm_blender import MMError

        try:
            story, told = beats.story_of(collection), beats.timeline_of(context.scene, collection)
        except MMError as error:
            say(layout, str(error), "ERROR")
            return
        count = len(story.beats) if story else 0
        have_rows(count)
        row = layout.row()
        row.template_list("MM_UL_beats", "", context.window_manager, "mm_rows", mm, "picked_beat",
                          rows=ROWS if count else 3)
        buttons = row.column(align=True)
        buttons.operator_context = "INVOKE_DEFAULT"
        buttons.operator("mm.add_beat", text="", icon="ADD")
        buttons.operator("mm.remove_beat", text="", icon="REMOVE")
        buttons.separator()
        buttons.menu("MM_MT_stories", text="", icon="DOWNARROW_HLT")
        if not count:
            say(layout, "Press + for a beat of what you see, or load a story from the menu below it")
            return
        buttons.separator()
        buttons.operator("mm.move_beat", text="", icon="TRIA_UP").by = -1
        buttons.operator("mm.move_beat", text="", icon="TRIA_DOWN").by = 1
        if told is None:
            say(layout, "Side by side with others no story is told")
            return
        playing = context.screen.is_animation_playing
        row = layout.row(align=True)
        if playing:
            row.operator("mm.play_story", text="Stop", icon="PAUSE")
        else:
            row.operator("mm.play_story", text="Play Beat", icon="PLAY").whole = False
            row.operator("mm.play_story", text=f"Play All, {_clock((told.last - told.first + 1) / told.fps)}",
                         icon="PLAY").whole = True


class _OfBeat(Section):
    """A section about the beat at hand."""

    @classmethod
    def poll(cls, context):
        from mm_blender import MMError

        collection = state.current(context)
        try:
            return collection is not None and beats.story_of(collection) is not None
        except MMError:
            return False


class MM_PT_beat(_OfBeat, bpy.types.Panel):
    """What the picked beat says."""

    bl_label = "Beat"
    bl_parent_id = "MM_PT_story"

    def fields(self, layout, mm, collection, context):
        beat = mm.beat
        column_of(layout, beat, "called", "words")
        layout.prop(beat, "seconds")
        layout.prop(beat, "sweep")
        layout.prop(beat, "look")
        row = layout.row(align=True)
        row.prop(beat, "view")
        row.operator("mm.view_beat", text="", icon="HIDE_OFF")
        column_of(layout, beat, "lit", "numbers", "sum")


class MM_PT_beat_more(_OfBeat, bpy.types.Panel):
    """What a beat says more seldom."""

    bl_label = "More"
    bl_parent_id = "MM_PT_beat"
    bl_options = {"DEFAULT_CLOSED"}

    def fields(self, layout, mm, collection, context):
        beat = mm.beat
        column_of(layout, beat, "pace", "ease")
        column_of(layout, beat, "fill", "orbit")
        layout.prop(beat, "hold")
        layout.prop(beat, "place")
        layout.prop(beat, "arcs")
        column = layout.column(align=True)
        column.enabled = beats.at_hand(collection) > 0
        column.prop(beat, "beside")
        if beat.beside:
            column.prop(beat, "meanwhile")
