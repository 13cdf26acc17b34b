"""Kinds of properties: where the value of one is, and how it is shown and set in the sidebar.

Where a value is, is a pair of a reader, of the properties of a collection, and a writer, of those and a value.
"""
from __future__ import annotations

from typing import Any

import bpy

from mm_blender.expression import schema
from mm_blender.scene.blender_types import scene_now

from . import state

# ---- where a property's value is

def _viz(props):
    from mm_blender.scene import saved_state

    return saved_state.load(props.id_data)


def safely(read, default):
    """A reader that draws ``default`` where the state cannot be read: a sidebar must be drawn whatever happens."""
    def get(props):
        from mm_blender import MMError

        try:
            value = read(props)
        except MMError:
            value = None
        return default if value is None else value
    return get


def setting(group: str, key: str):
    """Reader and writer of a setting of the root."""
    name = f"{group}.{key}"
    return (lambda props: _viz(props).setting("root", group, key),
            lambda props, value: state.change(props.id_data, settings={name: value}))


def option(name: str):
    """Reader and writer of an option of ``visualize``."""
    return (lambda props: getattr(_viz(props).options, name),
            lambda props, value: state.change(props.id_data, **{name: value}))


def owns_scene(props) -> bool:
    """Whether the scene's camera, world and frames are those of the visualization."""
    from mm_blender.scene import borrowed_scene

    return borrowed_scene.owns(props.id_data, scene_now())


def own_scene(props, owned: bool) -> None:
    """Have the scene be that of the visualization, or the person's."""
    from mm_blender import MMError
    from mm_blender.scene import borrowed_scene

    collection = props.id_data
    try:
        (borrowed_scene.take_over if owned else borrowed_scene.give_up)(collection, scene_now())
    except MMError as error:
        state.refuse(collection, str(error))
    else:
        state.refuse(collection, None)


def of_picked(group: str, key: str):
    """Reader and writer of a setting of the picked matrix."""
    def path(props):
        return state.picked(bpy.context, props.id_data)

    name = f"{group}.{key}" if group else key

    def read(props):
        from mm_blender import ParameterError

        try:
            return _viz(props).setting(path(props), group, key)
        except ParameterError:  # the picked one has gone
            return None

    return read, lambda props, value: state.change(props.id_data, settings={f"{path(props)}.{name}": value})


def range_end(key: str, title: str, description: str):
    """An end of the range of colours: ``auto`` or a number, as text."""
    read, write = setting("viz", key)
    get = safely(read, "auto")

    def show(props):
        value = get(props)
        return value if isinstance(value, str) else f"{value:g}"

    return bpy.props.StringProperty(name=title, description=description, get=show,
                                    set=lambda props, text: write(props, text.strip() or "auto"))


def tooltip(group: str, key: str) -> str:
    """A setting's tooltip: what the schema says of it."""
    setting = schema.BY_KEY[group][key]
    return f"{setting.meaning} (in {setting.unit})" if setting.unit in ("elements", "turns") else setting.meaning


def colormap_names(props, context, text):
    """The names that hold ``text``."""
    from mm_blender import MMError
    from mm_blender.colour import colormaps

    try:
        known = colormaps.names()
    except MMError:  # the package with the maps is missing
        known = [colormaps.AUTO, colormaps.HUE, *colormaps.OURS]
    return [name for name in known if text.lower() in name.lower()]


# ---- kinds of properties

def number(place, name, description, default=0.0, integer=False, **more):
    """A number; ``default``: what is shown where it cannot be read, ``more``: what Blender's properties take."""
    read, write = place
    kind: Any = bpy.props.IntProperty if integer else bpy.props.FloatProperty
    convert = int if integer else float
    get = safely(read, default)
    return kind(name=name, description=description, get=lambda props: convert(get(props)), set=write, **more)


def flag(place, name, description):
    """Yes or no."""
    read, write = place
    get = safely(read, False)
    return bpy.props.BoolProperty(name=name, description=description, get=lambda props: bool(get(props)), set=write)


def text(place, name, description, **more):
    """A text."""
    read, write = place
    get = safely(read, "")
    return bpy.props.StringProperty(name=name, description=description, get=lambda props: str(get(props)), set=write,
                                    **more)


UNKNOWN = ("unknown", "Unknown", "What the file says cannot be read, or is nothing that this version knows")


def choice(place, name, description, items, unset=UNKNOWN[0]):
    """One of ``items``; ``unset``: which where the file says nothing of it."""
    read, write = place
    names = [item[0] for item in items]
    get = safely(lambda props: read(props) or unset, UNKNOWN[0])
    shown = tuple((*item, "", at) for at, item in enumerate(items))
    or_unknown = (*shown, (*UNKNOWN, "", len(items)))

    def index(props):
        value = get(props)
        return names.index(value) if value in names else len(names)

    def offered(props, _context):
        return shown if props is None or index(props) < len(names) else or_unknown

    def put(props, at):
        if at < len(names):  # to choose what is not known changes nothing
            write(props, names[at])

    return bpy.props.EnumProperty(name=name, description=description, items=offered, get=index, set=put)


def epilog():
    """Reader and writer of the picked matmul's epilog as one reads it, ``softmax(tril(x / sqrt(k)))``."""
    own, ours = of_picked("", "epilog"), of_picked("", "mm_epilog")
    return (lambda props: ours[0](props) or own[0](props),
            lambda props, value: own[1](props, value.strip() or "none"))


def duration():
    """Reader and writer of the sweep's length in seconds, 0 where there is none."""
    return (lambda props: _viz(props).options.duration or 0.0,
            lambda props, value: state.change(props.id_data, duration=value or None))


def frame_rate():
    """Reader and writer of the frames a second, 0 where those are the scene's."""
    return (lambda props: _viz(props).options.fps or 0.0,
            lambda props, value: state.change(props.id_data, fps=value or None))


def digits():
    """Reader and writer of how numbers are written, empty where that is left to the picture."""
    def read(props):
        numbers = _viz(props).options.numbers
        return numbers if isinstance(numbers, str) else ""

    return read, lambda props, value: state.change(props.id_data, numbers=value.strip() or True)


def expression():
    """Reader and writer of the expression."""
    return (lambda props: _viz(props).written,
            lambda props, value: state.change(props.id_data, expression=value))


def blocks(place, letter):
    """How many blocks a matmul has along ``letter``: i, j or k."""
    return number(place, f"{letter} Blocks", tooltip("block", f"{letter} blocks"), 1, True, min=1, soft_max=16)
