"""Tracing: PyTorch code is run once, and its matmuls come back as expressions with the values they had.

    t = mm.trace(model, x)
    print(t)                          # the expressions, and which module ran them
    t[-1].render("last.png")          # a Visualization
    t.find("h.5.attn").pick(head=3).visualize(look="paper").build()

torch is imported when ``trace`` is called, not before. ``record`` runs the code and keeps a graph (``graph``, ``ops``),
``express`` and ``join`` turn it into expressions, ``names`` names what is in them.
"""
from __future__ import annotations

import operator
from collections.abc import Iterator
from functools import cached_property
from typing import Any, TYPE_CHECKING

import numpy as np

from ..errors import DataError, ParameterError
from ..plain import flag, said, texts
from .unknown import nothing_named

if TYPE_CHECKING:
    from ..visualization import Visualization
    from .join import Traced


def trace(fn, *inputs, only: str | tuple[str, ...] | list[str] | None = None, depth: int | None = None,
          batch: int | str = 0, head: int | str = 0, backward: bool = False, **kwargs) -> Trace:
    """Run ``fn(*inputs, **kwargs)`` once and find every matmul that it makes, on whatever device.

    fn: a module or any callable that uses PyTorch. Gradients are traced too where it calls ``backward()``; or pass
        ``backward=True``, and the gradients of its first output (of its sum, if it is no number) are taken without
        touching any ``.grad``.
    only: qualified names of the modules to look into, such as ``"h.5.attn"`` or ``"h.*.mlp"``, or ends of them that no
        other module's name has; all else is left out, and no memory goes to it.
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
    half of the free memory is held; what ``fn`` raises comes through, and PyTorch is left as it was found. Numbers that
    a picture cannot hold (beyond float32, complex, on the device meta), tensors of other kinds (nested, masked, fake)
    and what runs in other threads are told in ``skipped``.
    """
    try:
        import torch  # noqa: F401  (to say so if it is missing)
    except ImportError:
        raise DataError("trace runs PyTorch code, and torch is not installed: pip install torch") from None
    from . import run

    if not callable(fn):
        raise ParameterError(f"trace takes a module or a function and then its inputs, not {type(fn).__name__}")
    if only is not None:
        only = texts(only, "only takes names of modules, one or several")
    if depth is not None and (isinstance(depth, bool) or not isinstance(depth, (int, np.integer)) or depth < 1):
        raise ParameterError(f"depth is the number of matmuls one after another, 1 or more, not {said(depth)}")
    backward = flag(backward, "backward")
    return Trace(run.run(fn, inputs, kwargs, only, backward), depth, _index(batch, "batch"), _index(head, "head"))


def _index(value, what: str):
    if isinstance(value, str) and value == "all":
        return value
    try:
        number = -1 if isinstance(value, (bool, np.bool_)) else operator.index(value)
    except Exception:  # noqa: BLE001  whatever an object answers that is no number
        number = -1
    if 0 <= number < 2 ** 63:
        return number
    raise ParameterError(f"{what} is an index from 0 or 'all', not {said(value)}")


class Trace:
    """What ``trace`` returns: expressions in the order in which they ran.

    ``t[i]`` is the i-th as a Visualization (``t[-1]`` the last), ``t["h.5.attn"]`` the last of a module or of a
    result's name. ``print(t)`` lists them with what could not be shown.
    """

    def __init__(self, ran, depth, batch, head, names: tuple[str, ...] = (), picked: tuple[str, ...] = ()):
        """``names``: what was looked for, one in the other; ``picked``: which of ``batch`` and ``head`` were."""
        self._ran, self._depth, self._batch, self._head = ran, depth, batch, head
        self._names, self._picked = names, picked

    @cached_property
    def _join(self):
        from .join import Join

        join = Join(self._ran, self._depth, self._batch, self._head)
        found = join.expressions()
        for what, index in (("batch", self._batch), ("head", self._head)):
            count = join.counts[what]
            if index != "all" and index >= count:
                many = f"they are 0 to {count - 1}" if count > 1 else "there is just one, 0"
                raise ParameterError(f"there is no {what} {said(index)} in what was traced; {many}")
        return found, [(self._ran.matmuls[number - 1], why) for number, why in join.skipped.items()]

    @cached_property
    def items(self) -> list[Traced]:
        """The expressions with their text, data, module, batch and head."""
        found, _ = self._join
        for name in self._names:
            found = [t for t in found if self._named(t, name)]
        for what in self._picked if self._names else ():
            found = self._having(found, what)
        return found

    def _having(self, found: list[Traced], what: str) -> list[Traced]:
        """Of what was looked for, what has several heads (or elements of the batch), if any of it has."""
        index = {"batch": self._batch, "head": self._head}[what]
        several = [t for t in found if getattr(t, what)[1] > 1] or found
        there = [t for t in several if index in ("all", getattr(t, what)[0])]
        if several and not there:
            counts = sorted({getattr(t, what)[1] for t in several})
            raise ParameterError(f"there is no {what} {said(index)} in {' in '.join(reversed(self._names))}; "
                                 + (f"they are 0 to {counts[-1] - 1}" if counts[-1] > 1 else "there is just one, 0"))
        return there

    @staticmethod
    def _named(item: Traced, name: str) -> bool:
        from .module_names import inside

        return item.name == name or inside(item.module, (name,))

    @property
    def expressions(self) -> list[str]:
        """The texts of all expressions."""
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
                        for name, module in dict.fromkeys(self._ran.hidden)]

    def find(self, name: str) -> Trace:
        """Those of a module (its qualified name, or an end of it that no other has; * and ? allowed) or of a result.

        Raises ParameterError if there are none, or several modules whose names end so.
        """
        from .module_names import resolved

        if not isinstance(name, str):
            raise ParameterError(f"what is looked for is the name of a module or a result, not {said(name)}")
        items = self.items
        full = resolved(name, {item.module for item in items}, {item.name for item in items})
        found = Trace(self._ran, self._depth, self._batch, self._head, (*self._names, full), self._picked)
        found.__dict__["_join"] = self._join
        if not found.items:
            raise ParameterError(nothing_named(name, {item.module for item in items} | {
                item.name for item in items}, "there is no expression of"))
        return found

    def pick(self, batch: int | str | None = None, head: int | str | None = None) -> Trace:
        """The same run, looked at in another element of the batch or another head (or in ``"all"``).

        Of what ``find`` found, this leaves what has several of them, if anything has: ``find("h.5.attn").pick(head=3)``
        is that head's attention, without the projection behind it, which all heads share. A number that is not there is
        a ParameterError then.
        """
        picked = {*self._picked, *(["batch"] * (batch is not None)), *(["head"] * (head is not None))}
        return Trace(self._ran, self._depth, self._batch if batch is None else _index(batch, "batch"),
                     self._head if head is None else _index(head, "head"), self._names, tuple(sorted(picked)))

    def visualize(self, index: int | str = -1, **options) -> Visualization:
        """One expression, the last unless ``index`` says otherwise, with any options of ``mm.visualize``."""
        from ..values.given import as_dict
        from ..visualization import visualize

        item = self._item(index)
        return visualize(item.text, **{**options, "data": {**item.data, **as_dict(options.get("data"))}})

    def _item(self, index: int | str) -> Traced:
        items = self.find(index).items if isinstance(index, str) else self.items
        try:
            at = -1 if isinstance(index, str) else operator.index(index)
        except TypeError:
            raise ParameterError(f"an expression goes by its number or by a module's name, not {said(index)}") from None
        if not -len(items) <= at < len(items):
            raise ParameterError(f"there is no expression {said(index)}; the trace has {len(items)}" + (
                f", none of them shown: {'; '.join(self.skipped[:3])}" if not items else ""))
        return items[at]

    def __getitem__(self, index: int | str) -> Visualization:
        if isinstance(index, slice):
            return [item.visualization for item in self.items[index]]
        return self._item(index).visualization

    def __iter__(self) -> Iterator[Visualization]:
        return (item.visualization for item in self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __repr__(self) -> str:
        lines = [f"{self.matmuls} matmuls in {len(self.items)} expressions"]
        lines += [f"{at:3}  {item.text}\n     {item.where}" for at, item in enumerate(self.items)]
        lines += [f"not shown: {line}" for line in self.skipped]
        return "\n".join(lines)
