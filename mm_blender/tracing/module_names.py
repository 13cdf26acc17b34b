"""Qualified names of modules, such as ``transformer.h.1.attn``: what lies in what, and which one an end means."""
from __future__ import annotations

import fnmatch
from collections.abc import Collection, Iterable

from ..errors import ParameterError


def inside(module: str, names: tuple[str, ...]) -> bool:
    """Whether ``module`` is, or lies in, one of ``names`` (qualified ones, which may hold * and ?)."""
    parts = module.split(".")
    heads = [".".join(parts[:n]) for n in range(1, len(parts) + 1)]
    return any(fnmatch.fnmatchcase(head, name) for name in names for head in heads)


def resolved(name: str, modules: Iterable[str], others: Collection[str] = ()) -> str:
    """A module's qualified name for its end, as ``h.1.attn`` is of ``transformer.h.1.attn``, or for a pattern of that;
    ``name`` itself where it is in or above one of ``modules``, or one of ``others``, or nothing ends so.

    Raises ParameterError where several modules end so.
    """
    modules = {name for name in modules if name}
    if name in others or any(inside(module, (name,)) for module in modules):
        return name
    parts = name.count(".") + 1
    above = {".".join(module.split(".")[:n]) for module in modules for n in range(parts + 1, module.count(".") + 2)}
    ends = {module: module.split(".", module.count(".") + 1 - parts)[-1] for module in above}
    starts = sorted({module[:len(module) - len(end)] for module, end in ends.items() if fnmatch.fnmatchcase(end, name)})
    if len(starts) > 1:
        full = [f"{start}{name}" for start in starts]
        raise ParameterError(f"{name!r} may be {', '.join(full[:6])}{' …' if len(full) > 6 else ''}: say which")
    return f"{starts[0]}{name}" if starts else name
