"""Errors of verbs, explained by what a person has done in Blender to what is built."""
from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, cast, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def on_what_is_built(verb: Callable[P, R]) -> Callable[P, R]:
    """A verb whose errors, where their cause is that a person has taken what is built apart, are GoneErrors."""
    @functools.wraps(verb)
    def explained(self: Any, *args: Any, **more: Any) -> R:
        if not self.handles:
            return verb(self, *args, **more)
        from .scene import held

        with held.explained(self.handles):
            return verb(self, *args, **more)
    return cast(Callable[P, R], explained)
