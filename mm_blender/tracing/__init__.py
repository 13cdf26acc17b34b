"""Tracing: PyTorch code is run once, and its matmuls come back as expressions with the values they had.

    t = mm.trace(model, x)
    print(t)                          # the expressions, and which module ran them
    t[-1].render("last.png")          # a Visualization
    t.find("h.5.attn").pick(head=3).visualize(look="paper").build()

torch is imported when ``trace`` is called, not before. ``record`` runs the code and keeps a graph (``graph``, ``ops``),
``express`` and ``join`` turn it into expressions, ``names`` names what is in them.
"""
from __future__ import annotations

import difflib
from functools import cached_property
from typing import TYPE_CHECKING, Any, Iterator

from ..errors import DataError, ParameterError

if TYPE_CHECKING:
    from ..visualization import Visualization
    from .join import Traced


def trace(fn, *inputs, only: str | tuple[str, ...] | list[str] | None = None, depth: int | None = None,
          batch: int | str = 0, head: int | str = 0, backward: bool = False, **kwargs) -> "Trace":
    """Run ``fn(*inputs, **kwargs)`` once and find every matmul that it makes, on whatever device.

    fn: a module or any callable that uses PyTorch. Gradients are traced too where it calls ``backward()``; or pass
        ``backward=True``, and the gradients of its first output (of its sum, if it is no number) are taken without
        touching any ``.grad``.
    only: qualified names of the modules to look into, such as ``"h.5.attn"`` or ``"h.*.mlp"``; all else is left out,
        and no memory goes to it.
    depth: the longest chain of matmuls in one expression; 1 gives every matmul its own.
    batch, head: a picture is of matrices, so of one element of the batch and one head: which, from 0, or ``"all"``
        for an expression each. A matmul with fewer shows its last. ``Trace.pick`` changes it afterwards.

    Matmuls stand in one expression where all that happens between them can be written in it: transposes, views,
    slices (a head's share of a projection), biases, scaling, masks, softmax, activations, norms, products with
    matrices, residuals. Elsewhere, and where a result is used twice, the expression is cut: the matrix in between is a
    leaf with the values it had, named after what made it. Each expression is computed again from its leaves, and
    where one of its results is not what the run held (to 1e-4 of its largest magnitude; 1e-2 in float16, 6e-2 in
    bfloat16) it is cut there too. Scaling Q or K before they are multiplied is written as ``/ sqrt(k)`` behind it.

    Fused attention is shown in its steps. Compiled code is run uncompiled. Values are copied: what happens to the
    tensors later does not matter. Raises ParameterError, DataError (no matmul, no torch), SizeError before more than
    half of the free memory is held; what ``fn`` raises comes through.
    """
    try:
        import torch  # noqa: F401  (to say so if it is missing)
    except ImportError:
        raise DataError("trace runs PyTorch code, and torch is not installed: pip install torch") from None
    from . import run

    if not callable(fn):
        raise ParameterError(f"trace takes a module or a function and then its inputs, not {type(fn).__name__}")
    only = (only,) if isinstance(only, str) else None if only is None else tuple(only)
    if depth is not None and not (isinstance(depth, int) and depth >= 1):
        raise ParameterError(f"depth is the number of matmuls one after another, 1 or more, not {depth!r}")
    return Trace(run.run(fn, inputs, kwargs, only, backward), depth, _index(batch, "batch"), _index(head, "head"))


def _index(value, what: str):
    if value == "all" or (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
        return value
    raise ParameterError(f"{what} is an index from 0 or 'all', not {value!r}")


class Trace:
    """What ``trace`` returns: expressions in the order in which they ran.

    ``t[i]`` is the i-th as a Visualization (``t[-1]`` the last), ``t["h.5.attn"]`` the last of a module or of a
    result's name. ``print(t)`` lists them with what could not be shown.
    """

    def __init__(self, ran, depth, batch, head, names: tuple[str, ...] = ()):
        self._ran, self._depth, self._batch, self._head, self._names = ran, depth, batch, head, names

    @cached_property
    def _join(self):
        from .join import Join

        join = Join(self._ran, self._depth, self._batch, self._head)
        found = join.expressions()
        for what, index in (("batch", self._batch), ("head", self._head)):
            count = join.counts[what]
            if index != "all" and index >= count:
                many = f"they are 0 to {count - 1}" if count > 1 else "there is just one, 0"
                raise ParameterError(f"there is no {what} {index} in what was traced; {many}")
        return found, [(self._ran.matmuls[number - 1], why) for number, why in join.skipped.items()]

    @cached_property
    def items(self) -> list["Traced"]:
        """The expressions with their text, data, module, batch and head."""
        found, _ = self._join
        for name in self._names:
            found = [t for t in found if self._named(t, name)]
        return found

    @staticmethod
    def _named(item: "Traced", name: str) -> bool:
        from .record import inside

        return item.name == name or inside(item.module, (name,))

    @property
    def expressions(self) -> list[str]:
        return [item.text for item in self.items]

    @property
    def output(self) -> Any:
        """What the code returned."""
        return self._ran.output

    @property
    def matmuls(self) -> int:
        """How many matrix multiplications the code made (a batch of them counts as one)."""
        return len(self._ran.matmuls)

    @property
    def flops(self) -> int:
        """Multiplications and additions of all matmuls, as ``torch.utils.flop_counter`` counts them."""
        return self._ran.flops

    @property
    def skipped(self) -> list[str]:
        """Matmuls that ran and stand in no expression, with the reason."""
        shown = [f"{made.op} in {made.module or 'here'}: {why}" for made, why in self._join[1]]
        return shown + [f"{name} in {module or 'here'}: its matmuls cannot be seen"
                        for name, module in self._ran.hidden]

    def find(self, name: str) -> "Trace":
        """Those of a module (a qualified name, * and ? allowed) or of a result. Raises ParameterError if none."""
        found = Trace(self._ran, self._depth, self._batch, self._head, (*self._names, name))
        found.__dict__["_join"] = self._join
        if not found.items:
            raise ParameterError(nothing_named(name, {item.module for item in self.items} | {
                item.name for item in self.items}, "there is no expression of"))
        return found

    def pick(self, batch: int | str | None = None, head: int | str | None = None) -> "Trace":
        """The same run, looked at in another element of the batch or another head (or in ``"all"``)."""
        return Trace(self._ran, self._depth, self._batch if batch is None else _index(batch, "batch"),
                     self._head if head is None else _index(head, "head"), self._names)

    def visualize(self, index: int | str = -1, **options) -> "Visualization":
        """One expression, the last unless ``index`` says otherwise, with any options of ``mm.visualize``."""
        from ..visualization import visualize

        item = self._item(index)
        return visualize(item.text, **{**options, "data": {**item.data, **(options.get("data") or {})}})

    def _item(self, index: int | str) -> "Traced":
        items = self.find(index).items if isinstance(index, str) else self.items
        at = -1 if isinstance(index, str) else index
        if not -len(items) <= at < len(items):
            raise ParameterError(f"there is no expression {index}; the trace has {len(items)}" + (
                f", none of them shown: {'; '.join(self.skipped[:3])}" if not items else ""))
        return items[at]

    def __getitem__(self, index: int | str) -> "Visualization":
        if isinstance(index, slice):
            return [item.visualization for item in self.items[index]]
        return self._item(index).visualization

    def __iter__(self) -> Iterator["Visualization"]:
        return (item.visualization for item in self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __repr__(self) -> str:
        lines = [f"{self.matmuls} matmuls in {len(self.items)} expressions"]
        lines += [f"{at:3}  {item.text}\n     {item.where}" for at, item in enumerate(self.items)]
        lines += [f"not shown: {line}" for line in self.skipped]
        return "\n".join(lines)


def nothing_named(name: str, known, what: str) -> str:
    """An error's text for a name that nothing has, with the near ones."""
    known = sorted(x for x in known if x)
    near = difflib.get_close_matches(name, known, 3, 0.5) or known[:8]
    return f"{what} {name!r}" + (f"; near it are {', '.join(near)}" if near else "")
