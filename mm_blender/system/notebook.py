"""Notebooks: whether this is one. Imports nothing of IPython that is not loaded."""
from __future__ import annotations

import sys


def running() -> bool:
    """Whether a kernel runs this code for a notebook (Jupyter, Colab, VS Code), and not a script or IPython's own
    shell."""
    ipython = sys.modules.get("IPython")
    get = getattr(ipython, "get_ipython", None)
    shell = get() if get else None
    return getattr(shell, "kernel", None) is not None
