"""The settings of a visualization as properties of its collection, ``collection.mm``, for the sidebar and for scripts.

A property holds nothing: reading it reads the state in the file (``saved_state``), writing it changes the
visualization and what is built, so that undo, saving and Python see one truth. ``node_…`` are of the matrix that is
picked.
"""
from __future__ import annotations

from typing import Any

import bpy

from mm_blender.expression import schema
from mm_blender.options import PACES

from . import beats, state, story_panel
from .menu_items import (
    ALGORITHMS,
    EPILOGS,
    FUSE,
    INHERIT,
    INITS,
    LETTERINGS,
    LOOKS,
    LOOPS,
    MOVIES,
    NORMS,
    PLACEMENTS,
    POSTERS,
    PROJECTIONS,
    REPRESENTATIONS,
    SCHEMES,
    SENSITIVITY,
)
from .properties import (
    blocks,
    choice,
    colormap_names,
    digits,
    duration,
    epilog,
    expression,
    flag,
    frame_rate,
    number,
    of_picked,
    option,
    own_scene,
    owns_scene,
    range_end,
    safely,
    setting,
    text,
    tooltip,
)


class MM_Settings(bpy.types.PropertyGroup):
    """Every setting of a visualization"""


def pace() -> tuple:
    """Reader and writer of the pace of a sweep."""
    read, write = option("pace")
    return (lambda props: beats.shown_pace(read(props)), lambda props, value: write(props, beats.meant_pace(value)))


_PLACEMENTS = {  # name -> (key, title)
    "polarity": ("polarity", "Polarity"), "left_placement": ("left placement", "Left Operand"),
    "right_placement": ("right placement", "Right Operand"), "result_placement": ("result placement", "Result"),
}


def _annotations() -> dict:
    out = {
        "expression": text(expression(), "Expression", "The matmuls that are shown. Type another one: whatever keeps "
                           "its name keeps its settings"),
        # sweep
        "alg": choice(setting("anim", "alg"), "Sweep", tooltip("anim", "alg"), ALGORITHMS),
        "fuse": choice(setting("anim", "fuse"), "Fuse", tooltip("anim", "fuse"), FUSE),
        "hide_inputs": flag(setting("anim", "hide inputs"), "Hide Inputs", tooltip("anim", "hide inputs")),
        "spin": number(setting("anim", "spin"), "Turn", tooltip("anim", "spin"), soft_min=-20, soft_max=20, step=100),
        "animate": flag(option("animate"), "Animate", "Make keyframes of the sweep and the turning camera"),
        "smooth": flag(option("smooth"), "Smooth", "Planes glide and elements grow in, instead of jumping"),
        "frames_per_step": number(option("frames_per_step"), "Frames a Step", "Length of a step of the sweep in "
                                  "frames, where no duration is set", 4.0, min=0.01, soft_min=1, soft_max=60),
        "duration": number(duration(), "Duration", "Length of the whole sweep in seconds; 0: by frames a step", min=0.0,
                           soft_max=120.0, subtype="TIME_ABSOLUTE", unit="TIME_ABSOLUTE"),
        "pace": text(pace(), "Pace", "How long each step takes: frames of a film of 24 a second, several between "
                     "commas (the last for the rest), or a word; empty: all alike", **beats.offered(*PACES)),
        "fps": number(frame_rate(), "Frames a Second", "Of movies and of the saved file: 24, 25, 30, 60 …; 0: as the "
                      "scene has it", min=0.0, max=240.0, step=100),
        "seed": number(option("seed"), "Seed", "Of the random initialisers", integer=True, min=0),
        # layout
        "scheme": choice(setting("layout", "scheme"), "Scheme", tooltip("layout", "scheme"), SCHEMES),
        "gap": number(setting("layout", "gap"), "Gap", tooltip("layout", "gap"), 4.0,
                      min=0.0, soft_max=20.0, step=100),
        "scatter": number(setting("layout", "scatter"), "Scatter", tooltip("layout", "scatter"), soft_min=0.0,
                          soft_max=100.0, step=100),
        "molecule": number(setting("layout", "molecule"), "Molecule", tooltip("layout", "molecule"), 1.0, min=0.0,
                           soft_max=10.0, step=100),
        "blast": number(setting("layout", "blast"), "Blast", tooltip("layout", "blast"), min=-20, max=20,
                        soft_min=-2, soft_max=2),
        # decoration
        "legends": number(setting("deco", "legends"), "Names", tooltip("deco", "legends"), 6.0,
                          min=0.0, soft_max=10.0, step=50),
        "shape": flag(setting("deco", "shape"), "Shapes", tooltip("deco", "shape")),
        "row_guides": number(setting("deco", "row guides"), "Row Guides", tooltip("deco", "row guides"), 0.6,
                             min=0.0, max=1.0, subtype="FACTOR"),
        "flow_guides": number(setting("deco", "flow guides"), "Arrows", tooltip("deco", "flow guides"), 0.5, min=0.0,
                              max=1.0, subtype="FACTOR"),
        # colours and sizes
        "sensitivity": choice(setting("viz", "sensitivity"), "Sensitivity", tooltip("viz", "sensitivity"),
                              SENSITIVITY),
        "elem_scale": number(setting("viz", "elem scale"), "Element Scale", tooltip("viz", "elem scale"), 1.25,
                             min=0.0, soft_max=2.0),
        "min_size": number(setting("viz", "min size"), "Smallest", tooltip("viz", "min size"), 0.2, min=0.0, max=1.0,
                           subtype="FACTOR"),
        "min_light": number(setting("viz", "min light"), "Min Light", tooltip("viz", "min light"), 0.4,
                            min=0.0, max=1.0, subtype="FACTOR"),
        "max_light": number(setting("viz", "max light"), "Max Light", tooltip("viz", "max light"), 0.7,
                            min=0.0, max=1.0, subtype="FACTOR"),
        "zero_hue": number(setting("viz", "zero hue"), "Zero Hue", tooltip("viz", "zero hue"), 0.77,
                           soft_min=0.0, soft_max=1.0, subtype="FACTOR"),
        "hue_gap": number(setting("viz", "hue gap"), "Hue Gap", tooltip("viz", "hue gap"), 0.74, soft_min=0.0,
                          soft_max=1.0, subtype="FACTOR"),
        "hue_spread": number(setting("viz", "hue spread"), "Hue Spread", tooltip("viz", "hue spread"), 0.04,
                             soft_min=0.0, soft_max=1.0, subtype="FACTOR"),
        "cmap": bpy.props.StringProperty(
            name="Colours", description="hue: the web tool's scheme; auto: what suits the look; or a colormap such as "
            "vik, RdBu or viridis, with _r at its end reversed", get=safely(setting("viz", "cmap")[0], "auto"),
            set=setting("viz", "cmap")[1], search=colormap_names, search_options={"SUGGESTION"}),
        "vmin": range_end("vmin", "From", tooltip("viz", "vmin")),
        "vmax": range_end("vmax", "To", tooltip("viz", "vmax")),
        "norm": choice(setting("viz", "norm"), "Steps", tooltip("viz", "norm"), NORMS,
                       schema.BY_KEY["viz"]["norm"].default),
        "percentile": number(setting("viz", "percentile"), "Percentile", tooltip("viz", "percentile"), 100.0,
                             min=50.1, max=100.0, subtype="PERCENTAGE"),
        "look": choice(option("look"), "Look", "Light, ground and finish", LOOKS),
        "representation": choice(option("representation"), "Drawn as", "As what elements are drawn", REPRESENTATIONS),
        "projection": choice(option("projection"), "Projection", "How the camera sees it", PROJECTIONS),
        "own_scene": bpy.props.BoolProperty(
            name="Own Scene", description="The scene's camera, world, colour management and frames are those of the "
            "visualization, and F12 renders it; off, they are given back, and only its own Render button uses them",
            get=owns_scene, set=own_scene),
        "transparent": flag(option("transparent"), "Transparent", "Leave the ground out of the picture"),
        "lettering": choice(option("lettering"), "Lettering", "Where names and shapes stand", LETTERINGS),
        "numbers": flag(option("numbers"), "Numbers", "Show every value on its cube, where that can be read in a "
                        "picture of the scene's size"),
        "digits": text(digits(), "Digits", "How numbers on cubes are written: 3 significant, 2 decimals, signed, of A "
                       "B (on these matrices alone), or several of these between commas; empty: as there is room"),
        "keys": flag(option("keys"), "Keys", "Show what the colours and the sizes mean, beside the whole"),
        # of the picked matrix
        "node_name": text(of_picked("", "name"), "Name", tooltip("matrix", "name")),
        "node_h": number(of_picked("", "h"), "Rows", tooltip("matrix", "h"), 1, True,
                         min=1, soft_max=1024),
        "node_w": number(of_picked("", "w"), "Columns", tooltip("matrix", "w"), 1, True,
                         min=1, soft_max=1024),
        "node_init": choice(of_picked("", "init"), "Values", tooltip("matrix", "init"), INITS),
        "node_min": number(of_picked("", "min"), "Min", tooltip("matrix", "min"), -1.0, soft_min=-10, soft_max=10),
        "node_max": number(of_picked("", "max"), "Max", tooltip("matrix", "max"), 1.0, soft_min=-10, soft_max=10),
        "node_dropout": number(of_picked("", "dropout"), "Dropout", tooltip("matrix", "dropout"),
                               min=0.0, max=1.0, subtype="FACTOR"),
        "node_url": text(of_picked("", "url"), "File", tooltip("matrix", "url"), subtype="FILE_PATH"),
        "node_expr": text(of_picked("", "expr"), "Formula", tooltip("matrix", "expr")),
        "node_epilog": bpy.props.StringProperty(
            name="Epilog", description="What is done to the product x before it is shown, such as softmax(x/sqrt(k))",
            get=safely(epilog()[0], "none"), set=epilog()[1],
            search=lambda props, context, text: [name for name in EPILOGS if text in name],
            search_options={"SUGGESTION"}),
        "node_alg": choice(of_picked("anim", "alg"), "Sweep", tooltip("anim", "alg"),
                           ALGORITHMS + INHERIT),
        **{f"node_{name}": choice(of_picked("layout", key), title, tooltip("layout", key), PLACEMENTS[key])
           for name, (key, title) in _PLACEMENTS.items()},
        **{name: choice(setting("layout", key), title, tooltip("layout", key), PLACEMENTS[key])
           for name, (key, title) in _PLACEMENTS.items()},
    }
    out["beat"], out["picked_beat"] = bpy.props.PointerProperty(type=beats.MM_Beat), beats.picked()
    for letter in "ikj":
        out[f"{letter}_blocks"] = blocks(setting("block", f"{letter} blocks"), letter)
        out[f"node_{letter}_blocks"] = blocks(of_picked("block", f"{letter} blocks"), letter)
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
        ("cycles", "Cycles", "The path tracer"), ("eevee", "EEVEE", "Quick, on a graphics card"),
        ("workbench", "Workbench", "Colours and forms without light, at once")))
    quality: bpy.props.EnumProperty(  # files hold the numbers
        name="Quality", description="How clean the picture is", default="auto", items=(
            ("auto", "Automatic", "A still is a preview where no graphics card renders; all else is final", "", 2),
            ("preview", "Preview", "Quick, its edges rough", "", 3), ("draft", "Draft", "Between the two", "", 0),
            ("final", "Final", "Without visible noise", "", 1)))
    movie: bpy.props.EnumProperty(name="Format", description="Of movies, where no file is named", items=MOVIES)
    loop: bpy.props.EnumProperty(name="Loop", description="Whether a movie repeats", items=LOOPS)
    captions: bpy.props.BoolProperty(name="Captions", description="Write the words of the story beside the movie, as "
                                     "an SRT file")
    poster: bpy.props.EnumProperty(name="Poster", description="A picture that stands for the movie before it is "
                                   "played, beside it", items=POSTERS)
    poster_at: bpy.props.FloatProperty(name="Second", description="Which moment of the movie the poster shows",
                                       default=0.0, min=0.0, soft_max=120.0)
    sound: bpy.props.StringProperty(name="Sound", subtype="FILE_PATH", description="A file that is heard with an MP4 "
                                    "or WebM, from its first frame to its last")
    samples: bpy.props.IntProperty(name="Samples", description="The most samples a pixel; 0: what the quality says",
                                   default=0, min=0, soft_max=1024)


def register() -> None:
    """Give collections and scenes their properties."""
    kinds: Any = bpy.types
    kinds.Collection.mm = bpy.props.PointerProperty(type=MM_Settings)
    kinds.Scene.mm = bpy.props.PointerProperty(type=MM_Scene)
    story_panel.register()


def unregister() -> None:
    """Take them away."""
    kinds: Any = bpy.types
    story_panel.unregister()
    del kinds.Scene.mm
    del kinds.Collection.mm
    state.forget()
