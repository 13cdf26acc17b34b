"""Which value every tensor holds at the moment, and the data that expressions may need."""
from __future__ import annotations

from collections import defaultdict

import torch
from torch.multiprocessing.reductions import StorageWeakRef

from ..system.memory import check_room
from .graph import Operation, Value

COPIES = 2  # of what a trace holds: as it is, and at the end on the CPU
PLAIN = (torch.Tensor, torch.nn.Parameter, torch.nn.Buffer)


def foreign(t: torch.Tensor) -> bool:
    """Whether a tensor is of a kind that PyTorch's own operations do not compute with: jagged, masked, fake, shared out
    over machines, or of somebody's own."""
    return type(t) not in PLAIN or t.is_nested


def holds_numbers(t: torch.Tensor) -> bool:
    """Whether a tensor has real numbers that can be copied as they lie."""
    return not foreign(t) and t.layout is torch.strided and not t.is_meta and not t.is_complex()


def shape_of(t: torch.Tensor) -> tuple[int, ...]:
    """Its sizes; (0,) where rows differ in length."""
    return (0,) if t.is_nested or any(type(size) is not int for size in t.shape) else tuple(t.shape)


class ValueStore:
    """Tensors are told apart by storage, place in it and how often it was written, so views and detached tensors are
    known again. A value is held by reference and copied when its storage is about to be written."""

    @property
    def where(self) -> str:
        """The module that runs; a recorder knows."""
        return ""

    def __init__(self, free: int | None):
        """``free``: bytes of memory before anything is held, if that is known."""
        self.free = free
        self.held_bytes = 0
        self._values: dict[tuple, Value] = {}
        self._writes: dict[int, int] = defaultdict(int)
        self._alive: dict[int, StorageWeakRef] = {}  # a storage's address is not used again while one stands
        self._flat: dict[tuple, tuple] = {}          # the dense value of a stretch of storage
        self._held: dict[int, list[Value]] = defaultdict(list)
        self._copied: list[Value] = []

    def made(self, kind: str, inputs: tuple[Value, ...], **info) -> Operation:
        """An operation that makes something of ``inputs``."""
        return Operation(kind, inputs, info)

    def key(self, t: torch.Tensor) -> tuple | None:
        """What tells the tensor ``t`` apart as it is now; None for one that cannot be followed."""
        if foreign(t) or t.layout is not torch.strided:
            return None
        try:
            at = t.untyped_storage()._cdata
        except (RuntimeError, NotImplementedError):
            return None
        if at not in self._alive:
            self._alive[at] = StorageWeakRef(t.untyped_storage())
        strides = tuple(step for step, size in zip(t.stride(), t.shape) if size != 1)
        return at, self._writes[at], t.storage_offset(), tuple(t.shape), strides, t.dtype, t.is_neg() or t.is_conj()

    def holds(self, t: torch.Tensor, value: Value) -> bool:
        """Whether ``value`` is what ``t`` holds now."""
        key = self.key(t)
        return key is not None and self._values.get(key) is value

    def value(self, t: torch.Tensor) -> Value:
        """What ``t`` holds now. A tensor that was never seen, or changed where we could not follow, is a new value."""
        key = self.key(t)
        if key in self._values:
            return self._values[key]
        stretch = self._flat.get(self._stretch(key, t)) if key else None
        dense = None if stretch is None else self._values.get(stretch)
        made = None if dense is None else self.made("move", (dense,))
        value = self.put(t, Value(shape_of(t), str(t.dtype).removeprefix("torch."), made))
        if dense is not None and made is not None:
            value.last = dense.last
            dense.users.append((made, value))
        return value

    @staticmethod
    def _stretch(key, t):
        return (*key[:3], t.numel(), t.dtype) if t.is_contiguous() else None

    def put(self, t: torch.Tensor, value: Value) -> Value:
        """Have ``t`` hold ``value`` from now on."""
        key = self.key(t)
        if key is not None:
            self._values[key] = value
            if t.is_contiguous():
                self._flat.setdefault(self._stretch(key, t), key)
        return value

    def name(self, t, label: str, parameter: str = "") -> None:
        """Call what ``t`` holds by a name."""
        if isinstance(t, torch.Tensor):
            value = self.value(t)
            value.label, value.parameter = value.label or label, value.parameter or parameter

    # ---- holding data

    def hold(self, value: Value, t: torch.Tensor) -> None:
        """Keep the data of ``value``, which ``t`` holds."""
        if value.data is not None or value.compute is not None or not holds_numbers(t):
            return
        value.data = t.detach()
        at = t.untyped_storage()._cdata
        if at not in self._held:
            self.held_bytes += t.untyped_storage().nbytes()
            if self.free is not None:
                check_room(COPIES * self.held_bytes, "the matrices that the trace has come to, up to "
                           f"{self.where or 'this function'}, and their copies", self.free,
                           ": trace a part, as with only=\"h.5.attn\", or shorter inputs")
        self._held[at].append(value)

    def _before_write(self, t: torch.Tensor) -> None:
        if foreign(t) or t.layout is not torch.strided:
            return
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
