"""The tensors in what code takes and gives: in dicts, lists and tuples within one another, however deep they are, and
in what PyTorch was told to look into."""
from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import torch
from torch.utils import _pytree

MANY = 1_000_000   # things that are looked at
LONGEST = 60       # characters of a name


def leaves(x: Any, name: str = "") -> Iterator[tuple[str, torch.Tensor]]:
    """Every tensor in ``x``, in order, by the name that its place gives it. What holds itself is looked into once."""
    todo, seen, count = [(name, x)], set(), 0
    while todo and count < MANY:
        name, at = todo.pop()
        count += 1
        if isinstance(at, torch.Tensor):
            yield name, at
            continue
        inner = _inside(name, at)
        if inner and id(at) not in seen:
            seen.add(id(at))
            todo += reversed(inner)


def tensors(x: Any) -> list[torch.Tensor]:
    """Every tensor in ``x``, in order."""
    return [t for _, t in leaves(x)]


def word(key: Any) -> str:
    """A key as a name that an expression can hold."""
    try:
        text = str(key)[:LONGEST]
    except Exception:  # noqa: BLE001  whatever somebody's object answers
        text = type(key).__name__
    return re.sub(r"\W", "_", text)


def _inside(name: str, x: Any) -> list[tuple[str, Any]]:
    if isinstance(x, dict):
        return [(word(key), value) for key, value in x.items()]
    if isinstance(x, (list, tuple)):
        return [(f"{name}_{at}" if len(name) < LONGEST else name, value) for at, value in enumerate(x)]
    known = _pytree.SUPPORTED_NODES.get(type(x))
    return [] if known is None else [(name, value) for value in known.flatten_fn(x)[0]]
