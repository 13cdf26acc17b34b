"""Runs code once and records every operation that PyTorch dispatches, with the module that made it."""
from __future__ import annotations

import contextlib
import fnmatch
from collections import defaultdict

import torch
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode, _disable_current_modes
from torch.utils._pytree import tree_flatten, tree_map

from ..errors import SizeError
from .graph import Made, Value
from .ops import GROUP, HIDING, Known
from .patterns import is_gelu_tanh

SHARE = 0.5  # of the free memory that a trace may hold
HEADS = ("num_heads", "num_attention_heads", "n_head", "n_heads", "nhead", "heads")


def inside(module: str, wanted: tuple[str, ...]) -> bool:
    """Whether ``module`` is, or lies in, one of the ``wanted`` (qualified names, which may hold * and ?)."""
    parts = module.split(".")
    heads = [".".join(parts[:n]) for n in range(1, len(parts) + 1)]
    return any(fnmatch.fnmatchcase(head, name) for name in wanted for head in heads)


class Recorder(TorchDispatchMode):
    """While it is entered, what PyTorch does. ``close`` afterwards makes the values safe from later changes."""

    def __init__(self, modules: dict[int, str], only: tuple[str, ...] | None, free: int | None):
        super().__init__()
        self.modules, self.only, self.budget = modules, only, None if free is None else int(free * SHARE)
        self.stack: list[tuple[str, int | None]] = []
        self.matmuls: list[Made] = []        # in order of execution, those of fused operations too
        self.hidden: list[tuple[str, str]] = []  # operations with matmuls inside that are not seen, and their modules
        self.entered: set[str] = set()
        self.results: dict[str, Value] = {}  # by module, the first tensor that it returned
        self.held_bytes = 0
        self._values: dict[tuple, Value] = {}
        self._writes: dict[int, int] = defaultdict(int)
        self._alive: dict[int, StorageWeakRef] = {}  # a storage's address is not used again while one stands
        self._flat: dict[tuple, tuple] = {}          # the dense value of a stretch of storage
        self._held: dict[int, list[Value]] = defaultdict(list)
        self._forward: dict[int, str] = {}           # the module by autograd's sequence number
        self._grads: dict[int, Made] = {}            # the forward matmul by autograd's sequence number

    # ---- which value a tensor holds

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

    def close(self) -> None:
        """Copy what is held, to the CPU, since inputs, parameters and buffers may change after the trace."""
        for values in self._held.values():
            dense = values[0].data.untyped_storage()
            copied = torch.UntypedStorage(dense.nbytes()) if dense.device.type == "cpu" else None
            copied = dense.cpu() if copied is None else copied.copy_(dense)
            for value in values:
                old = value.data
                value.data = torch.empty(0, dtype=old.dtype).set_(copied, old.storage_offset(), old.shape, old.stride())
        for store in (self._held, self._values, self._alive, self._flat):
            store.clear()

    # ---- modules

    @property
    def where(self) -> str:
        return self.stack[-1][0] if self.stack else ""

    @contextlib.contextmanager
    def hooks(self):
        """The names of the modules that run, and what they return."""
        before = torch.nn.modules.module.register_module_forward_pre_hook(self._enter)
        after = torch.nn.modules.module.register_module_forward_hook(self._leave, always_call=True)
        try:
            yield
        finally:
            before.remove()
            after.remove()

    def _enter(self, module, args) -> None:
        name = self.modules.get(id(module))
        if name is None:
            name = ".".join(filter(None, (self.where, type(module).__name__.lower())))
        heads = next((x for key in HEADS if isinstance(x := getattr(module, key, None), int) and x > 0), None)
        self.stack.append((name, heads or (self.stack[-1][1] if self.stack else None)))
        self.entered.add(name)

    def _leave(self, module, args, output) -> None:
        name, _ = self.stack.pop()
        found = [t for t in tree_flatten(output)[0] if isinstance(t, torch.Tensor)]
        if len(found) == len(args) == 1 and isinstance(args[0], torch.Tensor) and not any(
                True for _ in (*module.children(), *module.parameters())):
            with _disable_current_modes():
                self._activation(name, args[0], found[0])
        for t in found[:1]:
            value = self.value(t)
            if not any(word in type(module).__name__ for word in ("Dropout", "Identity")):
                value.output_of = value.output_of or name
            self.results[name] = value

    def _activation(self, name: str, x: torch.Tensor, y: torch.Tensor) -> None:
        """A module that is GPT-2's gelu, written out in steps, as one step."""
        source, result = self.value(x), self.value(y)
        if x.shape != y.shape or result.opaque or result.made.kind == "step" or source is result or not x.numel():
            return
        if is_gelu_tanh(*(t.detach().float().cpu().numpy() for t in (x, y))):
            self._op = ("gelu", name, False, None)
            source.users = [(made, v) for made, v in source.users if made.module != name]
            result.made = self.made("step", (source,), step="gelu_tanh")
            self._link(result)
            self.hold(source, x)
            self.hold(result, y)

    # ---- operations

    def made(self, kind: str, inputs: tuple[Value, ...], **info) -> Made:
        made = Made(kind, tuple(inputs), info, self._op[0], self._op[1], self._op[2], heads=self._op[3])
        if kind == "matmul":
            self.matmuls.append(made)
            made.number = len(self.matmuls)
        return made

    _op = ("", "", False, None)

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if not func._schema.name.startswith(f"aten::{GROUP}"):
            with self:  # matmul, linear and the like in steps, where autograd has not taken them apart
                out = func.decompose(*args, **kwargs)
                if out is not NotImplemented:
                    return out
        given = self._bind(func, args, kwargs)
        name = func._schema.name.removeprefix("aten::")
        module, backward = self._situation(name)
        tensors = {key: x for key, x in given.items() if isinstance(x, torch.Tensor)}
        before = {key: tree_map(lambda t: self.value(t) if isinstance(t, torch.Tensor) else t, x)
                  for key, x in given.items()}
        written = [given[a.name] for a in func._schema.arguments
                   if a.alias_info is not None and a.alias_info.is_write and isinstance(given.get(a.name), torch.Tensor)]
        for t in written:
            self._before_write(t)
        lists = {key: x for key, x in given.items() if isinstance(x, (list, tuple))
                 and any(isinstance(t, torch.Tensor) for t in x)}
        included = self.only is None or inside(module, self.only)
        out = func(*args, **kwargs)
        for t in written:
            self._writes[t.untyped_storage()._cdata] += 1
        results = [t for t in tree_flatten(out)[0] if isinstance(t, torch.Tensor)]
        if name.startswith("_foreach") or len(written) > 1 or (written and func._schema.is_mutable and not results):
            results = written
        # what looks at the same elements in the same way, like a detach, is no new value
        results = [t for t in results if self.key(t) not in self._values]
        fresh = [Value(tuple(t.shape), str(t.dtype).removeprefix("torch.")) for t in results]
        heads = self.stack[-1][1] if self.stack and not backward else None
        self._op = (name, module, backward, heads)
        start = len(self.matmuls)
        plain = {key: x for key, x in before.items() if key != "out"}
        known = included and all(self.key(t) for t in results) and Known(
            name if not func._schema.is_mutable else name.rstrip("_"), plain, fresh, func, self.made).understand()
        for value in fresh:
            if value.made is None or not known:
                inputs = () if known else tuple(v for v in plain.values() if isinstance(v, Value))
                value.made = Made("opaque", inputs, {}, name, module, backward)
        if not known:
            del self.matmuls[start:]
            if included and (name in HIDING or name.startswith(GROUP)):
                self.hidden.append((name, module))
        for value, t in zip(fresh, results):
            self._link(value)
            self.put(t, value)
        if known:
            self._keep(fresh, results, before, {**tensors}, lists, start)
        self._sequence(module, backward, start)
        return out

    def _bind(self, func, args, kwargs) -> dict:
        """The arguments by the schema's names, defaults included."""
        out = {}
        for at, a in enumerate(func._schema.arguments):
            if at < len(args):
                out[a.name] = args[at]
            elif a.name in kwargs:
                out[a.name] = kwargs[a.name]
            else:
                out[a.name] = a.default_value
        return out

    def _situation(self, name: str) -> tuple[str, bool]:
        """The module an operation belongs to, and whether it is backward's."""
        if torch._C._current_graph_task_id() == -1:
            return self.where, False
        node = torch._C._current_autograd_node()
        return self._forward.get(node._sequence_nr(), self.where) if node is not None else self.where, True

    def _sequence(self, module: str, backward: bool, start: int) -> None:
        """Remember which autograd node was made here, so that its backward goes by the same module."""
        if not backward and torch.is_grad_enabled():
            at = torch.autograd._get_sequence_nr() - 1
            self._forward.setdefault(at, module)
            if len(self.matmuls) == start + 1:
                self._grads[at] = self.matmuls[-1]
        elif backward:
            node = torch._C._current_autograd_node()
            twin = self._grads.get(node._sequence_nr()) if node is not None else None
            for made in self.matmuls[start:]:
                made.info["twin"] = twin

    def _link(self, value: Value) -> None:
        """Users, and the last matmul before, down to what was there already."""
        todo = [value]
        while todo:
            v = todo.pop()
            if v.made is None or v.made.info.get("linked"):
                continue
            v.made.info["linked"] = True
            v.made.info["out"] = v
            for source in v.made.inputs:
                if source.made is not None and not source.made.info.get("linked"):
                    todo.append(source)
                source.users.append((v.made, v))
        value.last = 0
        value.last = self._last(value)

    def _last(self, value: Value) -> int:
        if value.last or value.opaque:
            return value.last
        if value.made.kind == "matmul":
            value.last = value.made.number
        else:
            value.last = max((self._last(v) for v in value.made.inputs if v.made is not value.made), default=0)
        return value.last

    def _keep(self, fresh, results, before, tensors, lists, start) -> None:
        """Hold what an expression may need: operands, and what comes from matmuls."""
        derived = any(value.last for value in fresh) or len(self.matmuls) > start
        moves = all(value.made.kind == "move" for value in fresh)
        if not moves or derived:
            for key, t in tensors.items():
                if key != "out" and isinstance(before[key], Value) and (not moves or before[key].last):
                    self._hold_before(before[key], t, results)
            for key, many in lists.items():
                for value, t in zip(before[key], many):
                    if isinstance(t, torch.Tensor) and value.last:
                        self._hold_before(value, t, results)
        if derived:
            for value, t in zip(fresh, results):
                self.hold(value, t)

    def _hold_before(self, value: Value, t: torch.Tensor, results) -> None:
        """Hold an input, unless the operation has just written over it."""
        if self._values.get(self.key(t)) is value:
            self.hold(value, t)
