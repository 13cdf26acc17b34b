"""mm_blender: pictures and movies of matrix multiplication, attention and whole models, made in Blender.

    import mm_blender as mm
    viz = mm.visualize("out = softmax(tril(Q @ K_t / sqrt(k))) @ V")
    viz.build()
    viz.render("attention.png")

Importing this package loads neither Blender's ``bpy`` nor torch; ``build`` and ``render`` need bpy.
"""
from __future__ import annotations

import importlib
from typing import Any, TYPE_CHECKING

from .limits import limits  # small, and so found at once under the name of its own module
from .version import __version__

_HOME = {
    "visualize": "visualization",
    "visualizations": "built",
    "clear": "built",
    "Visualization": "visualization",
    "trace": "tracing.trace",
    "Trace": "tracing.trace",
    "attention_head": "models.attention_heads",
    "attention_heads": "models.attention_heads",
    "lora": "models.lora",
    "lesson": "lessons",
    "render_distributed": "many_machines",
    "side_by_side": "grid",
    "transition": "transitions",
    **{name: "errors" for name in ("MMError", "ExpressionError", "LinkError", "ParameterError", "ShapeError",
                                   "DataError", "SizeError", "LinkedError", "GoneError", "BusyError", "RenderError",
                                   "StoryError", "MMWarning")},
    **{name: "story.beats" for name in ("Beat", "Story")},
}
# written out, so that type checkers and editors know them
__all__ = ["attention_head", "attention_heads", "Beat", "BusyError", "clear", "DataError", "ExpressionError",
           "GoneError", "lesson", "limits", "LinkedError", "LinkError", "lora", "MMError", "MMWarning",
           "ParameterError", "render_distributed", "RenderError", "ShapeError", "side_by_side", "SizeError", "Story",
           "StoryError", "trace", "Trace", "transition", "visualizations", "visualize", "Visualization",
           "__version__"]

if TYPE_CHECKING:
    from .built import clear, visualizations
    from .errors import (
        BusyError,
        DataError,
        ExpressionError,
        GoneError,
        LinkedError,
        LinkError,
        MMError,
        MMWarning,
        ParameterError,
        RenderError,
        ShapeError,
        SizeError,
        StoryError,
    )
    from .grid import side_by_side
    from .lessons import lesson
    from .many_machines import render_distributed
    from .models.attention_heads import attention_head, attention_heads
    from .models.lora import lora
    from .story.beats import Beat, Story
    from .tracing.trace import Trace, trace
    from .transitions import transition
    from .visualization import Visualization, visualize
else:
    def __getattr__(name: str) -> Any:
        """Load a public name from its module on first use, so that ``import mm_blender`` stays quick."""
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
