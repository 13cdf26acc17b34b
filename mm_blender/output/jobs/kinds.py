"""The kinds of jobs, by the names that a person gives them."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Protocol

from ...errors import ParameterError
from ...plain import choice
from .chunks import Chunked
from .flamenco import Flamenco
from .plain import Plain
from .slurm import Slurm


class Kind(Protocol):
    """What a scheduler is told in; ``next``: what is to be done with it, in words."""

    next: str

    def files(self, movie: Chunked) -> dict[str, str]:
        """The texts of the job's own files, by name."""


KINDS: dict[str, type[Flamenco] | type[Slurm] | type[Plain]] = {"flamenco": Flamenco, "slurm": Slurm, "plain": Plain}


def options_of(name: str) -> tuple[str, ...]:
    """What can be said of a job of the kind ``name``."""
    return tuple(field.name for field in fields(KINDS[name]))


def named(name: Any, options: Mapping[str, Any]) -> Kind:
    """The kind ``name`` with ``options``. Raises ParameterError for one that there is not, and for options of others.
    """
    kind = choice(name, KINDS, "scheduler")
    for option in options:
        if option not in options_of(kind):
            having = [f"of {other}" for other in KINDS if option in options_of(other)]
            known = ", ".join(options_of(kind)) or "none"
            raise ParameterError(f"{option} is no option of a job for {kind}{', but ' * bool(having)}"
                                 f"{' and '.join(having)}; it has {known}")
    return KINDS[kind](**options)
