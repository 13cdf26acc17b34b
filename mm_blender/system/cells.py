"""Cells: which piece of a person's code is running, and which run of it this is, so that running it again can replace
what it made before.

A piece is a notebook's cell (told by the identifier that JupyterLab and VS Code give it, else by its text), a script
(Blender's text editor, ``exec``, ``runpy``) or a line typed at a prompt. Code that is called from elsewhere, such as an
operator or a thread, is no piece.
"""
from __future__ import annotations

import hashlib
import itertools
import linecache
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any

RUN = "__mm_run__"  # in a script's globals, as ``warnings`` has its registry there: its code, and the number of its run
_numbers = itertools.count(1)
_cell_runs: dict[int, list[int]] = {}  # by IPython's shell, the number of the run that goes on


@dataclass(frozen=True)
class CellRun:
    """``piece``: the same for every run of a piece of code; ``number``: another one for each."""

    piece: str
    number: int


def running() -> CellRun | None:
    """The run of the piece of code that is nearest above the caller; None if there is none."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and not _is_module_level(frame.f_code):
        frame = frame.f_back
    if frame is None:
        return None
    shell = _shell()
    if shell is not None and frame.f_globals is getattr(shell, "user_global_ns", None):
        return CellRun(f"cell {_cell(shell) or _text(frame.f_code)}", _cell_run(shell))
    return CellRun(f"script {_text(frame.f_code)}" if frame.f_code.co_filename.startswith("<")
               else f"script {frame.f_code.co_filename}", _script_run(frame))


def _is_module_level(code: CodeType) -> bool:
    return code.co_name == "<module>" or code.co_name.startswith("<cell line")  # as some versions of IPython say


def _text(code: CodeType) -> str:
    """What tells pieces of code apart that no file has: their text, or else what it was compiled to."""
    lines = linecache.getlines(code.co_filename)
    text = "".join(lines).encode("utf-8", "replace") if lines else \
        b" ".join([code.co_code, repr(code.co_names).encode(), repr(code.co_consts).encode("utf-8", "replace")])
    return hashlib.sha256(text).hexdigest()[:16]


# ---- notebooks

def _shell() -> Any:
    """IPython's shell, if this runs in one."""
    ipython = sys.modules.get("IPython")
    get = getattr(ipython, "get_ipython", None)
    return get() if get else None


def _cell(shell: Any) -> str | None:
    """The identifier of the running cell, where the notebook gives it one that stays as the cell is edited."""
    header = shell.get_parent() if hasattr(shell, "get_parent") else getattr(shell, "parent_header", None)
    told = header.get("metadata") if isinstance(header, Mapping) else None
    found = told.get("cellId") if isinstance(told, Mapping) else None
    return str(found) if found else None


def _cell_run(shell: Any) -> int:
    """The number of the run of a cell. IPython's own count stands still where it keeps no history."""
    if id(shell) not in _cell_runs:
        number = _cell_runs[id(shell)] = [next(_numbers)]

        def begin(*_: object) -> None:
            number[0] = next(_numbers)

        shell.events.register("pre_run_cell", begin)
    return _cell_runs[id(shell)][0]


# ---- scripts

def _script_run(frame: FrameType) -> int:
    """The number of the run of a script: another one where its code was compiled anew or its globals are new."""
    held = frame.f_globals.get(RUN)
    if not (isinstance(held, tuple) and held[0] is frame.f_code):
        held = frame.f_globals[RUN] = frame.f_code, next(_numbers)
    return int(held[1])
