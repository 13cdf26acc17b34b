"""Which value every tensor holds at the moment, and the data that expressions may need."""
from __future__ import annotations

from collections import defaultdict

import torch
from torch.multiprocessing.reductions import StorageWeakRef

from ..errors import SizeError
from .graph import Made, Value

SHARE = 0.5  # of the free memory that a trace may hold


class Store:
    """Tensors are told apart by storage, place in it and how often it was written, so views and detached tensors are
    known again. A value is held by reference and copied when its storage is about to be written."""

    where = ""

    def __init__(self, free: int | None):
        """``free``: bytes of memory, if that is known."""
        self.budget = None if free is None else int(free * SHARE)
        self.held_bytes = 0
        self._values: dict[tuple, Value] = {}
        self._writes: dict[int, int] = defaultdict(int)
        self._alive: dict[int, StorageWeakRef] = {}  # a storage's address is not used again while one stands
        self._flat: dict[tuple, tuple] = {}          # the dense value of a stretch of storage
        self._held: dict[int, list[Value]] = defaultdict(list)
        self._copied: list[Value] = []

    def made(self, kind: str, inputs: tuple[Value, ...], **info) -> Made:
        return Made(kind, inputs, info)

    def key(self, t: torch.Tensor) -> tuple | None:
        if t.layout is not torch.strided or type(t) not in (torch.Tensor, torch.nn.Parameter, torch.nn.Buffer):
            return None
        try:
            at = t.untyped_storage()._cdata
        except (RuntimeError, NotImplementedError):
            return None
        if at not in self._alive:
            self._alive[at] = StorageWeakRef(t.untyped_storage())
        strides = tuple(step for step, size in zip(t.stride(), t.shape) if size != 1)
        return at, self._writes[at], t.storage_offset(), tuple(t.shape), strides, t.dtype, t.is_neg() or t.is_conj()

    def value(self, t: torch.Tensor) -> Value:
        """What ``t`` holds now. A tensor that was never seen, or changed where we could not follow, is a new value."""
        key = self.key(t)
        if key in self._values:
            return self._values[key]
        dense = self._values.get(self._flat.get(self._stretch(key, t))) if key else None
        made = None if dense is None or not key else self.made("move", (dense,))
        value = self.put(t, Value(tuple(t.shape), str(t.dtype).removeprefix("torch."), made))
        if dense is not None:
            value.last = dense.last
            dense.users.append((made, value))
        return value

    @staticmethod
    def _stretch(key, t):
        return (*key[:3], t.numel(), t.dtype) if t.is_contiguous() else None

    def put(self, t: torch.Tensor, value: Value) -> Value:
        key = self.key(t)
        if key is not None:
            self._values[key] = value
            if t.is_contiguous():
                self._flat.setdefault(self._stretch(key, t), key)
        return value

    def name(self, t, label: str, parameter: str = "") -> None:
        if isinstance(t, torch.Tensor):
            value = self.value(t)
            value.label, value.parameter = value.label or label, value.parameter or parameter

    # ---- holding data

    def hold(self, value: Value, t: torch.Tensor) -> None:
        if value.data is not None or value.compute is not None or t.layout is not torch.strided:
            return
        value.data = t.detach()
        at = t.untyped_storage()._cdata
        if at not in self._held:
            self.held_bytes += t.untyped_storage().nbytes()
            if self.budget is not None and self.held_bytes > self.budget:
                raise SizeError(
                    f"the trace has come to {self.where or 'this function'} and would hold {self.held_bytes / 1e9:,.2f}"
                    f" GB, more than half of the memory that is free ({self.budget / SHARE / 1e9:,.2f} GB): trace a "
                    "part, as with only=\"h.5.attn\", or shorter inputs")
        self._held[at].append(value)

    def _before_write(self, t: torch.Tensor) -> None:
        at = t.untyped_storage()._cdata
        for value in self._held.pop(at, ()):
            value.data = value.data.clone()
            self._copied.append(value)

    def close(self) -> None:
        """Copy what is held, to the CPU, since inputs, parameters and buffers may change after the trace."""
        for values in self._held.values():
            storage = values[0].data.untyped_storage()
            copied = torch.empty(0, dtype=torch.uint8, device=storage.device).set_(storage).clone().cpu()
            copied = copied.untyped_storage()
            for value in values:
                old = value.data
                value.data = torch.empty(0, dtype=old.dtype).set_(copied, old.storage_offset(), old.shape, old.stride())
        for value in self._copied:
            value.data = value.data.cpu()
        for store in (self._copied, self._held, self._values, self._alive, self._flat):
            store.clear()
