"""Moments: which step of a sweep is asked for."""
from __future__ import annotations

import operator

import numpy as np

from ..errors import RenderError
from ..plain import said
from .group import Group

START, END, NOW = WORDS = ("start", "end", "now")


def step_of(group: Group, at: object) -> int | None:
    """The step that ``at`` says: from 0 (the start) to their number (the finished picture), which ``start`` and ``end``
    are, too; None for None and ``now``. Raises RenderError for one that there is not."""
    steps = group.steps
    if at is None or isinstance(at, str) and at in WORDS:
        return {START: 0, END: steps}.get(at) if isinstance(at, str) else None
    step = whole(at, "at")
    if not steps:
        raise RenderError(f"nothing sweeps here, so there is no step {said(step)}: choose a sweep with "
                          'settings={"anim.alg": "vmprod"}, or --set anim.alg=vmprod')
    if not 0 <= step <= steps:
        raise RenderError(f"the sweep has steps 0 to {steps} (the last shows all of it done), not {said(step)}")
    return step


def whole(number: object, name: str) -> int:
    """``number`` of the argument ``name`` (``at`` or ``frame``) as Python's own. Raises RenderError."""
    try:
        if isinstance(number, (bool, np.bool_)):
            raise TypeError
        return operator.index(number)  # type: ignore[arg-type]  # it says itself whether it is a number
    except Exception:  # noqa: BLE001  whatever an object answers that is no number
        words = f", or one of {', '.join(WORDS)}" if name == "at" else ""
        what = "a step of the sweep" if name == "at" else "a frame"
        raise RenderError(f"{name} is {what}, a whole number{words}, not {said(number)}") from None
