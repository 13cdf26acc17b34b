"""What operators and the sidebar work on: the visualization at hand, its picked matrix, and how both are changed."""
from __future__ import annotations

from functools import wraps
from typing import Any, cast, TYPE_CHECKING

import bpy

from mm_blender.scene.blender_types import there

if TYPE_CHECKING:
    _Operator = bpy.types.Operator
else:
    _Operator = object  # Blender registers what is an operator itself

_errors: dict[int, str] = {}  # by a collection's session_uid: why its last change was refused


def current(context) -> bpy.types.Collection | None:
    """The collection of the visualization at hand: the active object's, or the one last worked on, or the last one."""
    from mm_blender.scene import saved_state

    found = saved_state.collection_of(context.view_layer.objects.active)
    built = saved_state.visualizations(context.scene)
    if found in built:
        return found
    last = context.scene.mm.last
    return last if last in built else built[-1] if built else None


def at_hand(context) -> bpy.types.Collection:
    """The same for an operator that is run only where there is one (``NeedsVisualization``)."""
    return there(current(context))


def settings_of(collection: bpy.types.Collection) -> Any:
    """The settings of a visualization as properties, ``settings.MM_Settings``."""
    return cast(Any, collection).mm


def our_operators() -> Any:
    """``bpy.ops.mm``, which is there once they are registered."""
    return cast(Any, bpy.ops).mm


def picked(context, collection) -> str:
    """The path of the matrix at hand: the active object's, or the one last picked."""
    from mm_blender.scene import properties, saved_state, tags

    obj = context.view_layer.objects.active
    if obj and properties.text(obj, tags.PATH) and saved_state.collection_of(obj) == collection:
        return obj[tags.PATH]
    return properties.text(collection, tags.PICKED) or "root"


class NeedsObjectMode(_Operator):
    """For operators that make new objects."""

    @classmethod
    def poll(cls, context):
        if context.mode != "OBJECT":
            cls.poll_message_set("Building makes new objects: go back to Object Mode first")
            return False
        return True


class NeedsVisualization(_Operator):
    """For operators on what is built."""

    @classmethod
    def poll(cls, context):
        if context.mode != "OBJECT":
            cls.poll_message_set("Go back to Object Mode first")
            return False
        if current(context) is None:
            cls.poll_message_set("Nothing is built in this scene yet: type an expression and press Build")
            return False
        return True


def reports_errors(act):
    """An operator's method (``execute``, ``invoke``, ``modal``) whose MMErrors are reported: then it is cancelled. So
    are those of an operator that it calls, which Blender hands on as RuntimeErrors."""
    def run(*args):
        from mm_blender import MMError

        try:
            return act(*args)
        except (MMError, RuntimeError) as error:
            said = str(error)
            if not (isinstance(error, MMError) or said.startswith("Error: ")):
                raise
            args[0].report({"ERROR"}, said.removeprefix("Error: ").strip())
            return {"CANCELLED"}

    if act.__code__.co_argcount == 3:  # Blender counts what a method takes
        return wraps(act)(lambda self, context, event: run(self, context, event))
    return wraps(act)(lambda self, context: run(self, context))


def change(collection, **changes) -> None:
    """Change a visualization as ``Visualization.change`` does. What is refused is told in the sidebar and in the status
    bar (``refused`` says what)."""
    from mm_blender import built, MMError

    try:
        built.of(collection).change(changes.pop("settings", None), **changes)
    except MMError as error:
        refuse(collection, str(error))
    else:
        refuse(collection, None)


def refuse(collection, why: str | None) -> None:
    """Remember why a change was refused, and say so; None: the last one was not."""
    if why is None and collection.session_uid not in _errors:
        return
    if why is None:
        del _errors[collection.session_uid]
    else:
        _errors[collection.session_uid] = why
    if bpy.context.workspace:
        bpy.context.workspace.status_text_set(why.splitlines()[0] if why else None)


def refused(collection) -> str | None:
    """Why the last change was refused, if it was."""
    return _errors.get(collection.session_uid)


def forget() -> None:
    """Take what was said out of the status bar."""
    if _errors and bpy.context.workspace:
        bpy.context.workspace.status_text_set(None)
    _errors.clear()
