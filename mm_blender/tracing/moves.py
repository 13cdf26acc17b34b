"""ATen's movements: operations that only put elements in other places, and so can be followed back."""
from __future__ import annotations

import math

import numpy as np
import torch

from .graph import Value


class Moves:
    """What the kinds of operations have in common, and the movements among them. Each handler says how the outputs
    of one operation were made, by setting their ``made``, and returns whether it could."""

    def __init__(self, name: str, args: dict, outs: list[Value], func, make):
        """``args`` by the names of ATen's schema, tensors as values; ``make(kind, inputs, **info)`` gives an
        Operation."""
        self.name, self.args, self.outs, self.func, self.make = name, args, outs, func, make

    def set(self, kind: str, *inputs: Value, at: int = 0, **info) -> bool:
        self.outs[at].made = self.make(kind, inputs, **info)
        return True

    def between(self, kind: str, shape, *inputs: Value, compute=None, **info) -> Value:
        """A value that stands between two steps of one operation."""
        return Value(tuple(shape), self.outs[0].dtype, self.make(kind, inputs, **info), compute=compute)

    # ---- movements

    def flat(self, source: Value) -> bool:
        out = self.outs[0]
        if out.dtype != source.dtype:
            if "float" not in out.dtype or ("float" not in source.dtype):
                return False
            return self.set("cast", source)
        return math.prod(out.shape) == math.prod(source.shape) and self.set("move", source)

    def on_copy(self) -> bool:
        source, out = self.args["src"], self.outs[0]
        if source.dtype != out.dtype:
            return source.shape == out.shape and self.flat(source)
        return self.expanded(source)

    def permuted(self, order) -> bool:
        source = self.args["self"]
        order = [d % len(source.shape) for d in order]
        back = [order.index(d) for d in range(len(order))]
        return self.set("move", source, move=lambda x, first: tuple(x[d] for d in back))

    def on_permute(self) -> bool:
        return self.permuted(self.args["dims"])

    def on_t(self) -> bool:
        return self.permuted(range(len(self.args["self"].shape))[::-1])

    on_numpy_T = on_t

    def on_transpose(self) -> bool:
        n = len(self.args["self"].shape)
        if not n:
            return False
        order, (a, b) = list(range(n)), (self.args["dim0"] % n, self.args["dim1"] % n)
        order[a], order[b] = b, a
        return self.permuted(order)

    def on_mT(self) -> bool:
        n = len(self.args["self"].shape)
        return self.permuted([*range(n - 2), n - 1, n - 2])

    def expanded(self, source: Value) -> bool:
        skip = len(self.outs[0].shape) - len(source.shape)
        return self.set("move", source, move=lambda x, first: tuple(
            part * (size != 1) for part, size in zip(x[skip:], source.shape)))

    def on_expand(self) -> bool:
        return self.expanded(self.args["self"])

    def cut(self, at: int, dim: int, start: int, step: int = 1) -> bool:
        return self.set("move", self.args["self"], at=at, move=lambda x, first: tuple(
            part * step + start * first if d == dim else part for d, part in enumerate(x)))

    def picked(self, at: int, dim: int, index: int) -> bool:
        def move(x, first):
            like = x[0] if x else np.zeros(1, np.int64)
            return (*x[:dim], np.full_like(like, index if first else 0), *x[dim:])
        return self.set("move", self.args["self"], at=at, move=move)

    def on_slice(self) -> bool:
        size, dim = self.args["self"].shape, self.args["dim"] % len(self.args["self"].shape)
        start = self.args["start"] or 0
        start = max(0, start + size[dim] if start < 0 else start)
        return self.cut(0, dim, start, self.args["step"])

    def on_select(self) -> bool:
        shape = self.args["self"].shape
        dim = self.args["dim"] % len(shape)
        return len(shape) > 1 and self.picked(0, dim, self.args["index"] % shape[dim])

    def on_narrow(self) -> bool:
        return self.cut(0, self.args["dim"] % len(self.args["self"].shape), self.args["start"])

    def on_split(self) -> bool:
        dim, start = self.args["dim"] % len(self.args["self"].shape), 0
        for at, out in enumerate(self.outs):
            self.cut(at, dim, start)
            start += out.shape[dim]
        return True

    on_split_with_sizes = on_unsafe_split = on_split

    def on_unbind(self) -> bool:
        shape = self.args["self"].shape
        return len(shape) > 1 and all(self.picked(at, self.args["dim"] % len(shape), at)
                                      for at in range(len(self.outs)))

    def on_cat(self) -> bool:
        pieces, out = [t for t in self.args["tensors"] if t.shape != (0,)], self.outs[0]
        if not pieces or len({t.dtype for t in pieces}) > 1:
            return False
        return self.set("move", *pieces, move=True, pieces=self.args["dim"] % len(out.shape))

    def replayed(self) -> bool:
        a, func = dict(self.args), self.func
        if any(isinstance(x, Value) and x.data is None for key, x in a.items() if key != "self"):
            return False

        def move(shape):
            numbers = torch.arange(math.prod(shape)).reshape(shape)
            given = {key: x.data.cpu() if isinstance(x, Value) else x for key, x in a.items() if key != "self"}
            return func(self=numbers, **given).numpy()
        dense = self.name != "as_strided"  # whose numbers count a storage
        return dense and self.set("move", self.args["self"], move=move, replay=True)
