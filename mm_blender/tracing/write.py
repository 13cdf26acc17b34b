"""A term as an expression's text, with the data of its leaves."""
from __future__ import annotations

from dataclasses import replace

from .. import epilogs
from . import names
from .cutting import base_of
from .terms import Term


def write(term: Term):
    """The expression's text, its data by name, and by path the products; ``(None, term)`` where data were not kept."""
    namer, given, data, placed = names.Namer(), names.roles(term), {}, []
    term.name = namer.fresh(given.get(id(term)) or root_name(term))
    for part in term.terms():  # the products' names first: they are what a leaf must not be called
        if not part.leaf and part is not term:
            part.name = namer.fresh(given[id(part)]) if id(part) in given else ""

    def keep(key, array, *wanted) -> str:
        name = namer.block(key, *wanted)
        data.setdefault(name, array)
        return name

    def leaf(part: Term) -> str:
        block, crossed = part.held, names.turned(part.base)
        array = block.array() if block.known() else None
        if array is None:
            raise LookupError(part)
        natural = part.base.turned if crossed else part.base
        array = array.T if crossed else array
        value = part.base.value
        wanted = given.get(id(part)) or names.of_value(value) + "_reshaped" * part.mixed
        name = keep((*natural.key, array.shape, "", block.value.dtype), array, wanted, names.longer(value))
        return f"{name}.T" if crossed else name

    def walk(part: Term, path: str) -> str:
        if part.leaf:
            text = leaf(part)
        else:
            placed.append((path, part))
            left, right = walk(part.left, f"{path}.left"), walk(part.right, f"{path}.right")
            if part.left.name or _loose(part.left):
                left = f"({left})"
            if _loose(part.right) or (not part.right.leaf and (part.right.name or not part.right.chain)):
                right = f"({right})"
            text = f"{left} @ {right}"
        chain = []
        for step, other in part.chain:
            if other is not None:
                array = other.values()
                if array is None:
                    raise LookupError(part)
                base, dtype = base_of(other.block), other.block.value.dtype
                value = base.value
                wanted = given.get(id(other)) or other.kind or names.of_value(value)
                key = (*base.key, array.shape, other.kind, dtype)
                # k is the inner dimension where a name follows *
                step = replace(step, matrix=keep(key, array, "k_" if wanted == "k" else wanted, names.longer(value)))
            chain.append(step)
        text = epilogs.chain_text(tuple(chain), text)
        return f"{part.name} = {text}" if part.name else text
    try:
        return walk(term, "root"), data, placed
    except LookupError as error:
        return None, None, error.args[0]


def _loose(part: Term) -> bool:
    """Whether a part's text needs parentheses as an operand: its outermost step is no function."""
    return bool(part.chain) and part.chain[-1][0].name in ("mul", "div", "add", "square")


def root_name(term: Term) -> str:
    value = term.top.value
    if not value.made.backward:
        if value.label:
            return value.label
        if len(term.made.info["out"].shape) > 2 and any(step.name == "softmax" for step, _ in term.left.chain):
            return "head"
        if any(step.name == "softmax" for step, _ in term.chain):
            return "attn"
    name = names.of_value(value)
    return "h" if name in ("heads",) else name
