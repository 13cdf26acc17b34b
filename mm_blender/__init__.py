"""mm_blender: pictures and movies of matrix multiplication, attention and whole models, made in Blender.

    import mm_blender as mm
    viz = mm.visualize("out = softmax(tril(Q @ K_t / sqrt(k))) @ V")
    viz.build()
    viz.render("attention.png")

Importing this package loads neither Blender's ``bpy`` nor torch; ``build`` and ``render`` need bpy.
"""
from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

__version__ = "0.1.0"

_HOME = {
    "visualize": "visualization",
    "visualizations": "visualization",
    "Visualization": "visualization",
    "trace": "tracing",
    "Trace": "tracing",
    "attention_head": "heads",
    "attention_heads": "heads",
    "lora": "adapters",
    "side_by_side": "rows",
    **{name: "errors" for name in ("MMError", "ExpressionError", "LinkError", "ParameterError", "ShapeError",
                                   "DataError", "SizeError", "RenderError", "MMWarning")},
}
__all__ = [*_HOME, "__version__"]

if TYPE_CHECKING:
    from .errors import (DataError, ExpressionError, LinkError, MMError, MMWarning,  # noqa: F401
                         ParameterError, RenderError, ShapeError, SizeError)
    from .tracing import Trace, trace  # noqa: F401
    from .adapters import lora  # noqa: F401
    from .heads import attention_head, attention_heads  # noqa: F401
    from .rows import side_by_side  # noqa: F401
    from .visualization import Visualization, visualizations, visualize  # noqa: F401


def __getattr__(name: str):
    """Load a public name from its module on first use, so that ``import mm_blender`` stays quick."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
