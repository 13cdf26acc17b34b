"""The settings of a visualization as properties of its collection, ``collection.mm``, for the sidebar and for scripts.

A property holds nothing: reading it reads the state in the file (``store``), writing it changes the visualization and
what is built, so that undo, saving and Python see one truth. ``node_…`` are of the matrix that is picked.
"""
from __future__ import annotations

import bpy

from . import state
from .choices import (ALGORITHMS, EPILOGS, FUSE, INHERIT, INITS, LOOKS, NORMS, PROJECTIONS, REPRESENTATIONS, SCHEMES,
                      SENSITIVITY)


# ---- where a property's value is

def _viz(props):
    from mm_blender.objects import store

    return store.load(props.id_data)


def _safely(read, default):
    """A reader that draws ``default`` where the state cannot be read: a sidebar must be drawn whatever happens."""
    def get(props):
        import mm_blender as mm

        try:
            value = read(props)
        except mm.MMError:
            value = None
        return default if value is None else value
    return get


def _setting(group: str, key: str):
    """Reader and writer of a setting of the root."""
    name = f"{group}.{key}"
    return (lambda props: _viz(props).setting("root", group, key),
            lambda props, value: state.change(props.id_data, settings={name: value}))


def _option(name: str):
    return (lambda props: getattr(_viz(props).options, name),
            lambda props, value: state.change(props.id_data, **{name: value}))


def _of_picked(group: str, key: str):
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


def _end(key: str, title: str, description: str):
    """An end of the range of colours: ``auto`` or a number, as text."""
    read, write = _setting("viz", key)
    get = _safely(read, "auto")

    def show(props):
        value = get(props)
        return value if isinstance(value, str) else f"{value:g}"

    return bpy.props.StringProperty(name=title, description=description, get=show,
                                    set=lambda props, text: write(props, text.strip() or "auto"))


def _colormaps(props, context, text):
    """The names that hold ``text``."""
    from mm_blender import MMError, colormaps

    try:
        known = colormaps.names()
    except MMError:  # the package with the maps is missing
        known = [colormaps.AUTO, colormaps.HUE, *colormaps.OURS]
    return [name for name in known if text.lower() in name.lower()]


# ---- kinds of properties

def _number(place, name, description, default=0.0, integer=False, **more):
    read, write = place
    kind = bpy.props.IntProperty if integer else bpy.props.FloatProperty
    convert = int if integer else float
    get = _safely(read, default)
    return kind(name=name, description=description, get=lambda props: convert(get(props)), set=write, **more)


def _flag(place, name, description):
    read, write = place
    get = _safely(read, False)
    return bpy.props.BoolProperty(name=name, description=description, get=lambda props: bool(get(props)), set=write)


def _text(place, name, description, **more):
    read, write = place
    get = _safely(read, "")
    return bpy.props.StringProperty(name=name, description=description, get=lambda props: str(get(props)), set=write,
                                    **more)


def _choice(place, name, description, items):
    read, write = place
    names = [item[0] for item in items]
    get = _safely(read, names[0])

    def index(props):
        value = get(props)
        return names.index(value) if value in names else 0

    return bpy.props.EnumProperty(name=name, description=description, items=items, get=index,
                                  set=lambda props, at: write(props, names[at]))


def _epilog():
    """The picked matmul's epilog as one reads it, ``softmax(tril(x / sqrt(k)))``."""
    own, ours = _of_picked("", "epilog"), _of_picked("", "mm_epilog")
    return (lambda props: ours[0](props) or own[0](props),
            lambda props, value: own[1](props, value.strip() or "none"))


def _expression():
    return (lambda props: _viz(props).written,
            lambda props, value: state.change(props.id_data, expression=value))


def _blocks(place, letter, along):
    return _number(place, f"{letter} Blocks", f"Number of blocks along {letter}, {along}; they are swept in parallel",
                   1, True, min=1, soft_max=16)


class MM_Settings(bpy.types.PropertyGroup):
    """Every setting of a visualization"""


_PLACEMENTS = {
    "polarity": ("polarity", "Polarity", "Towards which side the operands stand out",
                 (("negative", "Negative", "Operands before the corner"), ("positive", "Positive", "Operands behind"))),
    "left_placement": ("left placement", "Left Operand", "On which face of the box the left operand lies",
                       (("left", "Left", "On the left face"), ("right", "Right", "On the right face"))),
    "right_placement": ("right placement", "Right Operand", "On which face of the box the right operand lies",
                        (("top", "Top", "On the top face"), ("bottom", "Bottom", "On the bottom face"))),
    "result_placement": ("result placement", "Result", "On which face of the box the result lies",
                         (("front", "Front", "On the front face"), ("back", "Back", "On the back face"))),
}


def _annotations() -> dict:
    out = {
        "expression": _text(_expression(), "Expression", "The matmuls that are shown. Type another one: whatever keeps "
                            "its name keeps its settings"),
        # sweep
        "alg": _choice(_setting("anim", "alg"), "Sweep", "How the product is computed, step by step", ALGORITHMS),
        "fuse": _choice(_setting("anim", "fuse"), "Fuse", "Whether matmuls of one expression move together", FUSE),
        "hide_inputs": _flag(_setting("anim", "hide inputs"), "Hide Inputs", "Hide the operands while they are swept"),
        "spin": _number(_setting("anim", "spin"), "Turn", "Speed at which the camera turns around, in twentieths of a "
                        "radian a second; negative is clockwise", soft_min=-20, soft_max=20, step=100),
        "animate": _flag(_option("animate"), "Animate", "Make keyframes of the sweep and the turning camera"),
        "smooth": _flag(_option("smooth"), "Smooth", "Planes glide and elements grow in, instead of jumping"),
        "frames_per_step": _number(_option("frames_per_step"), "Frames a Step", "Length of a step of the sweep in "
                                   "frames, where no duration is set", 4.0, min=0.01, soft_min=1, soft_max=60),
        "duration": _number((lambda props: _viz(props).options.duration or 0.0,
                             lambda props, value: state.change(props.id_data, duration=value or None)),
                            "Duration", "Length of the whole sweep in seconds; 0: by frames a step", min=0.0,
                            soft_max=120.0, subtype="TIME_ABSOLUTE", unit="TIME_ABSOLUTE"),
        "seed": _number(_option("seed"), "Seed", "Of the random initialisers", integer=True, min=0),
        # layout
        "scheme": _choice(_setting("layout", "scheme"), "Scheme", "How matmuls join each other", SCHEMES),
        "gap": _number(_setting("layout", "gap"), "Gap", "Distance between faces and between blocks, in elements", 4.0,
                       min=0.0, soft_max=20.0, step=100),
        "scatter": _number(_setting("layout", "scatter"), "Scatter", "How far operands that are matmuls stand off, in "
                           "elements", soft_min=0.0, soft_max=100.0, step=100),
        "molecule": _number(_setting("layout", "molecule"), "Molecule", "Only operands of at least this many matmuls "
                            "stand off", 1.0, min=0.0, soft_max=10.0, step=100),
        "blast": _number(_setting("layout", "blast"), "Blast", "How much more larger operands (or, negative, smaller "
                         "ones) stand off", min=-20, max=20, soft_min=-2, soft_max=2),
        # decoration
        "legends": _number(_setting("deco", "legends"), "Names", "Size of the names of the matrices; 0: none", 6.0,
                           min=0.0, soft_max=10.0, step=50),
        "shape": _flag(_setting("deco", "shape"), "Shapes", "Write the sizes along the edges: I = 64"),
        "row_guides": _number(_setting("deco", "row guides"), "Row Guides", "Brightness of frames and row lines; 0: "
                              "none", 0.6, min=0.0, max=1.0, subtype="FACTOR"),
        "flow_guides": _number(_setting("deco", "flow guides"), "Arrows", "Length of the arrows from operands to "
                               "result; 0: none", 0.5, min=0.0, max=1.0, subtype="FACTOR"),
        # colours and sizes
        "sensitivity": _choice(_setting("viz", "sensitivity"), "Sensitivity", "What colours and sizes are relative to",
                               SENSITIVITY),
        "elem_scale": _number(_setting("viz", "elem scale"), "Element Scale", "Size of the largest elements; they "
                              "touch at 1.25", 1.25, min=0.0, soft_max=2.0),
        "min_size": _number(_setting("viz", "min size"), "Smallest", "Size of the smallest elements, relative to the "
                            "largest", 0.2, min=0.0, max=1.0, subtype="FACTOR"),
        "min_light": _number(_setting("viz", "min light"), "Min Light", "Lightness of the smallest magnitudes", 0.4,
                             min=0.0, max=1.0, subtype="FACTOR"),
        "max_light": _number(_setting("viz", "max light"), "Max Light", "Lightness of the largest magnitudes", 0.7,
                             min=0.0, max=1.0, subtype="FACTOR"),
        "zero_hue": _number(_setting("viz", "zero hue"), "Zero Hue", "Hue of zero, in turns of the colour circle", 0.77,
                            soft_min=0.0, soft_max=1.0, subtype="FACTOR"),
        "hue_gap": _number(_setting("viz", "hue gap"), "Hue Gap", "How far from zero's the hues of the two signs are, "
                           "in turns", 0.74, soft_min=0.0, soft_max=1.0, subtype="FACTOR"),
        "hue_spread": _number(_setting("viz", "hue spread"), "Hue Spread", "How much further the hue of the largest "
                              "magnitudes is, in turns", 0.04, soft_min=0.0, soft_max=1.0, subtype="FACTOR"),
        "cmap": bpy.props.StringProperty(
            name="Colours", description="hue: the web tool's scheme; auto: what suits the look; or a colormap such as "
            "vik, RdBu or viridis, with _r at its end reversed", get=_safely(_setting("viz", "cmap")[0], "auto"),
            set=_setting("viz", "cmap")[1], search=_colormaps, search_options={"SUGGESTION"}),
        "vmin": _end("vmin", "From", "Value at which the colours start, or auto. For colours centred at zero: the "
                     "other end follows"),
        "vmax": _end("vmax", "To", "Value at which the colours end, or auto"),
        "norm": _choice(_setting("viz", "norm"), "Steps", "How values run through the colours", NORMS),
        "percentile": _number(_setting("viz", "percentile"), "Percentile", "Share of the magnitudes that colours and "
                              "sizes are spread over; what is beyond is drawn like the largest of them", 100.0,
                              min=50.1, max=100.0, subtype="PERCENTAGE"),
        "look": _choice(_option("look"), "Look", "Light, ground and finish", LOOKS),
        "representation": _choice(_option("representation"), "Drawn as", "As what elements are drawn", REPRESENTATIONS),
        "projection": _choice(_option("projection"), "Projection", "How the camera sees it", PROJECTIONS),
        "transparent": _flag(_option("transparent"), "Transparent", "Leave the ground out of the picture"),
        "keys": _flag(_option("keys"), "Keys", "Show what the colours and the sizes mean, beside the whole"),
        # of the picked matrix
        "node_name": _text(_of_picked("", "name"), "Name", "Name of this matrix"),
        "node_h": _number(_of_picked("", "h"), "Rows", "Height of this matrix, h; its neighbours follow", 1, True,
                          min=1, soft_max=1024),
        "node_w": _number(_of_picked("", "w"), "Columns", "Width of this matrix, w; its neighbours follow", 1, True,
                          min=1, soft_max=1024),
        "node_init": _choice(_of_picked("", "init"), "Values", "Where the values of this matrix come from", INITS),
        "node_min": _number(_of_picked("", "min"), "Min", "Least value", -1.0, soft_min=-10, soft_max=10),
        "node_max": _number(_of_picked("", "max"), "Max", "Largest value", 1.0, soft_min=-10, soft_max=10),
        "node_dropout": _number(_of_picked("", "dropout"), "Dropout", "Share of the values that is set to zero",
                                min=0.0, max=1.0, subtype="FACTOR"),
        "node_url": _text(_of_picked("", "url"), "File", "A CSV or npy file with the values", subtype="FILE_PATH"),
        "node_expr": _text(_of_picked("", "expr"), "Formula", "Values as a formula of i, j, h and w, such as "
                           "Math.sin(i / 3) * Math.cos(j / 5)"),
        "node_epilog": bpy.props.StringProperty(
            name="Epilog", description="What is done to the product x before it is shown, such as softmax(x/sqrt(k))",
            get=_safely(_epilog()[0], "none"), set=_epilog()[1],
            search=lambda props, context, text: [name for name in EPILOGS if text in name],
            search_options={"SUGGESTION"}),
        "node_alg": _choice(_of_picked("anim", "alg"), "Sweep", "How this matmul is computed, step by step",
                            ALGORITHMS + INHERIT),
        **{f"node_{name}": _choice(_of_picked("layout", key), title, text, items)
           for name, (key, title, text, items) in _PLACEMENTS.items()},
        **{name: _choice(_setting("layout", key), title, text, items)
           for name, (key, title, text, items) in _PLACEMENTS.items()},
    }
    for letter, along in (("i", "the rows of the result"), ("k", "the inner dimension"),
                          ("j", "the columns of the result")):
        out[f"{letter}_blocks"] = _blocks(_setting("block", f"{letter} blocks"), letter, along)
        out[f"node_{letter}_blocks"] = _blocks(_of_picked("block", f"{letter} blocks"), letter, along)
    return out


MM_Settings.__annotations__ = _annotations()


class MM_Scene(bpy.types.PropertyGroup):
    """What the sidebar keeps of a scene"""

    source: bpy.props.StringProperty(
        name="Source", description="An expression such as out = (attn = softmax(Q @ K.T)) @ V, a share link of the web "
        "tool, the name of a preset, or a JSON file", default="L @ R")
    last: bpy.props.PointerProperty(type=bpy.types.Collection, name="Visualization",
                                    description="The visualization that is worked on where no object of one is active")
    output: bpy.props.StringProperty(name="Output", subtype="DIR_PATH", description="Folder for pictures and movies; "
                                     "empty: beside the .blend, or your home while that is not saved")
    engine: bpy.props.EnumProperty(name="Engine", description="What renders", items=(
        ("cycles", "Cycles", "The path tracer"), ("eevee", "EEVEE", "Quick, on a graphics card")))
    quality: bpy.props.EnumProperty(name="Quality", description="How clean the picture is", default="final", items=(
        ("draft", "Draft", "Quick and rough"), ("final", "Final", "Without visible noise")))
    samples: bpy.props.IntProperty(name="Samples", description="The most samples a pixel; 0: what the quality says",
                                   default=0, min=0, soft_max=1024)


def register() -> None:
    bpy.types.Collection.mm = bpy.props.PointerProperty(type=MM_Settings)
    bpy.types.Scene.mm = bpy.props.PointerProperty(type=MM_Scene)


def unregister() -> None:
    del bpy.types.Scene.mm
    del bpy.types.Collection.mm
    state.forget()
