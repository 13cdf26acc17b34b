"""What the sections of the sidebar are made of."""
from typing import TYPE_CHECKING

import bpy

from mm_blender.scene.blender_types import there

from . import state

if TYPE_CHECKING:
    _PanelBase = bpy.types.Panel
else:
    _PanelBase = object  # Blender registers what is a panel itself


class InSidebar(_PanelBase):
    """Where a panel is found: in the sidebar of 3D views, under the tab ``mm``."""

    bl_space_type, bl_region_type, bl_category = "VIEW_3D", "UI", "mm"


class Section(InSidebar):
    """A section about the visualization at hand."""

    @classmethod
    def poll(cls, context):
        return state.current(context) is not None

    def draw(self, context):
        layout = there(self.layout)
        layout.use_property_split = True
        layout.use_property_decorate = False
        collection = state.at_hand(context)
        self.fields(layout, state.settings_of(collection), collection, context)

    def fields(self, layout, mm, collection, context) -> None:
        """Draw what the section has of the settings ``mm`` of a visualization."""
        raise NotImplementedError


def say(layout, text: str, icon: str = "INFO", width: int = 32) -> None:
    """Text in lines that fit the sidebar."""
    column = layout.column(align=True)
    column.scale_y = 0.8
    for line in text.splitlines():
        words, row = line.split(" "), ""
        for word in [*words, None]:
            if word is None or len(row) + len(word) > width:
                column.label(text=row, icon=icon)
                icon, row = "BLANK1", ""
            row = f"{row} {word}".strip() if word else row


def column_of(layout, props, *names: str):
    """Properties below each other, as one; the column that they are in."""
    column = layout.column(align=True)
    for name in names:
        column.prop(props, name)
    return column
