"""Runs code once and records every operation that PyTorch dispatches, with the module that made it."""
from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator

import torch
from torch.utils._python_dispatch import (
    _disable_current_modes,
    _get_current_dispatch_mode_stack,
    _pop_mode,
    TorchDispatchMode,
)
from torch.utils._pytree import tree_flatten, tree_map

from ..errors import MMError
from .graph import link, Operation, Value
from .leaves import tensors
from .memory import foreign, holds_numbers, shape_of, ValueStore
from .module_names import inside
from .ops import GROUP, HIDING, Known, MATMULS_INSIDE, REPLAYED
from .patterns import is_gelu_tanh

HEADS = ("num_heads", "num_attention_heads", "n_head", "n_heads", "nhead", "heads")


def _own(name: str) -> bool:
    """Whether an operation is of another library, which may hold matmuls."""
    return "::" in name and not name.startswith(("prim::", "prims::"))


def _kind(given: dict) -> str:
    """What the tensors among the arguments of an operation are, if that is why it is not followed."""
    tensors = [t for t in tree_flatten(given)[0] if isinstance(t, torch.Tensor)]
    if any(t.is_complex() for t in tensors):
        return " of complex numbers"
    if any(t.layout is not torch.strided for t in tensors):
        return " of sparse tensors"
    return ""


class Recorder(ValueStore, TorchDispatchMode):
    """While it is entered, what PyTorch does. ``close`` afterwards makes the values safe from later changes."""

    def __init__(self, modules: dict[int, str], only: tuple[str, ...] | None, free: int | None):
        TorchDispatchMode.__init__(self)
        ValueStore.__init__(self, free)
        self.modules, self.only = modules, only
        self.thread = threading.get_ident()
        self.steps: list[str] = []           # composite operations that are being taken apart
        self.stack: list[tuple[str, int | None]] = []
        self.matmuls: list[Operation] = []        # in order of execution, those of fused operations too
        self.hidden: list[tuple[str, str]] = []  # operations with matmuls inside that are not seen, and their modules
        self.entered: set[str] = set()
        self.results: dict[str, Value] = {}  # by module, the first tensor that it returned
        self._forward: dict[int, str] = {}           # the module by autograd's sequence number
        self._grads: dict[int, Operation] = {}            # the forward matmul by autograd's sequence number

    # ---- modules

    @property
    def where(self) -> str:
        """The module that runs."""
        return self.stack[-1][0] if self.stack else ""

    @contextlib.contextmanager
    def recording(self) -> Iterator[None]:
        """Record what is done inside. Whatever happens there, PyTorch is left as it was found."""
        depth = len(_get_current_dispatch_mode_stack())
        try:
            with self.hooks(), self:
                yield
        finally:  # where the stack of calls came to its end, modes were not left one by one
            while len(_get_current_dispatch_mode_stack()) > depth:
                _pop_mode()

    @contextlib.contextmanager
    def hooks(self) -> Iterator[None]:
        """The names of the modules that run, and what they return; and whether other threads are started."""
        before = torch.nn.modules.module.register_module_forward_pre_hook(self._enter)
        after = torch.nn.modules.module.register_module_forward_hook(self._leave, always_call=True)
        profile = threading.getprofile()

        def started(frame, event, arg) -> None:  # the first that happens in a new thread
            sys.setprofile(profile)
            self._note_thread()

        threading.setprofile(started)
        try:
            yield
        finally:
            threading.setprofile(profile)
            before.remove()
            after.remove()

    def _note_thread(self) -> None:
        if ("another thread", "") not in self.hidden:
            self.hidden.append(("another thread", ""))

    def _enter(self, module, args) -> None:
        if threading.get_ident() != self.thread:
            self._note_thread()
            return
        name = self.modules.get(id(module))
        if name is None:
            name = ".".join(filter(None, (self.where, type(module).__name__.lower())))
        heads = next((x for key in HEADS if isinstance(x := getattr(module, key, None), int) and x > 0), None)
        self.stack.append((name, heads or (self.stack[-1][1] if self.stack else None)))
        self.entered.add(name)

    def _leave(self, module, args, output) -> None:
        if threading.get_ident() != self.thread or not self.stack:
            return
        name, _ = self.stack.pop()
        found = tensors(output)
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
        if not (holds_numbers(x) and holds_numbers(y)) or x.shape != y.shape or not x.numel():
            return
        if result.opaque or result.maker.kind == "step" or source is result:
            return
        if is_gelu_tanh(*(t.detach().float().cpu().numpy() for t in (x, y))):
            self._op = ("gelu", name, False, None)
            source.users = [(made, v) for made, v in source.users if made.module != name]
            result.made = self.made("step", (source,), step="gelu_tanh")
            link(result)
            self.hold(source, x)
            self.hold(result, y)

    # ---- operations

    def made(self, kind: str, inputs: tuple[Value, ...], **info) -> Operation:
        """An operation of the kind, as part of the one that is being followed; a matmul gets its number."""
        made = Operation(kind, tuple(inputs), info, self._op[0], self._op[1], self._op[2], heads=self._op[3])
        if kind == "matmul":
            self.matmuls.append(made)
            made.number = len(self.matmuls)
        return made

    _op: tuple[str, str, bool, int | None] = ("", "", False, None)

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        name, mutable = func._schema.name.removeprefix("aten::"), func._schema.is_mutable
        given = [t for t in tree_flatten((args, kwargs))[0] if isinstance(t, torch.Tensor)]
        others = [t for t in given if foreign(t)]
        if others:  # which run themselves, and may come back here for ever if they are taken apart
            self._pass_over(name, others)
            return self._unfollowed(func, args, kwargs, given)
        if not name.startswith(GROUP) and name not in self.steps:
            self.steps.append(name)
            try:
                with self:  # matmul, linear and the like in steps, where autograd has not taken them apart
                    out = func.decompose(*args, **kwargs)
            finally:
                self.steps.pop()
            if out is not NotImplemented:
                return out
        try:
            op = self._before(func, name, mutable, args, kwargs)
        except MMError:
            raise
        except Exception as error:  # noqa: BLE001  the caller's code goes on where we cannot follow it
            self._lose(name, error)
            return self._unfollowed(func, args, kwargs, given)
        out = func(*args, **kwargs)
        try:
            self._after(op, out)
        except MMError:
            raise
        except Exception as error:  # noqa: BLE001
            self._lose(name, error)
        return out

    def _unfollowed(self, func, args, kwargs, given: list):
        """Run an operation of which nothing is known but what it may write to."""
        written = [t for t in given if func._schema.is_mutable and not foreign(t) and t.layout is torch.strided]
        for t in written:
            self._before_write(t)
        try:
            return func(*args, **kwargs)
        finally:
            for t in written:
                self._writes[t.untyped_storage()._cdata] += 1

    def _pass_over(self, name: str, others: list) -> None:
        """Note an operation on tensors of another kind if it may hold matmuls."""
        included = self.only is None or inside(self.where, self.only)
        if included and (name.rstrip("_") in MATMULS_INSIDE or _own(name) or name.startswith(GROUP)):
            kind = "nested tensors" if any(t.is_nested for t in others) else \
                f"tensors of the type {type(others[0]).__name__}"
            self.hidden.append((f"{name} of {kind}", self.where))

    def _lose(self, name: str, error: Exception) -> None:
        self.hidden.append((f"{name} ({type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''})",
                            self.where))

    def _before(self, func, name: str, mutable: bool, args, kwargs):
        """What must be known before an operation runs: its inputs' values."""
        given = self._bind(func, args, kwargs)
        module, backward = self._situation()
        included = self.only is None or inside(module, self.only)
        before = {key: tree_map(lambda t: self.value(t) if isinstance(t, torch.Tensor) else t, x)
                  for key, x in given.items()}
        written = [t for a in func._schema.arguments if a.alias_info is not None and a.alias_info.is_write
                   for t in tree_flatten(given[a.name])[0] if isinstance(t, torch.Tensor)]
        for t in written:
            self._before_write(t)
        if included and name in REPLAYED:  # the index by which it moves
            for key, t in given.items():
                if key != "self" and isinstance(t, torch.Tensor):
                    self.hold(before[key], t)
        return func, name, mutable, given, module, backward, included, before, written

    def _after(self, op, out) -> None:
        """Say how an operation's results were made, and hold what an expression may need."""
        func, name, mutable, given, module, backward, included, before, written = op
        for t in written:
            if t.layout is torch.strided:
                self._writes[t.untyped_storage()._cdata] += 1
        results = [t for t in tree_flatten(out)[0] if isinstance(t, torch.Tensor)]
        if len(written) > 1 or (written and not results):
            results = written
        # what looks at the same elements in the same way, like a detach, is no new value
        results = [t for t in results if self.key(t) not in self._values]
        fresh = [Value(shape_of(t), str(t.dtype).removeprefix("torch.")) for t in results]
        start = len(self.matmuls)
        self._op = (name, module, backward, self.stack[-1][1] if self.stack and not backward else None)
        plain = {key: x for key, x in before.items() if key != "out"}
        known = included and all(self.key(t) for t in results) and Known(
            name.rstrip("_") if mutable else name, plain, fresh, func, self.made).understand()
        if not known:
            del self.matmuls[start:]
            kind = _kind(given)
            if included and (name in HIDING or name.startswith(GROUP) or _own(name) or kind and "mm" in name):
                self.hidden.append((f"{name}{kind}", module))
        for value, t in zip(fresh, results):
            if value.made is None or not known:
                inputs = () if known else tuple(v for v in plain.values() if isinstance(v, Value))
                value.made = Operation("opaque", inputs, {}, name, module, backward)
            link(value)
            self.put(t, value)
        if known:
            self._keep(fresh, results, before, given, start)
        self._sequence(module, backward, start)

    def _bind(self, func, args, kwargs) -> dict:
        """The arguments by the schema's names, defaults included."""
        return {a.name: args[at] if at < len(args) else kwargs.get(a.name, a.default_value)
                for at, a in enumerate(func._schema.arguments)}

    def _situation(self) -> tuple[str, bool]:
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

    def _keep(self, fresh: list[Value], results: list[torch.Tensor], before: dict, given: dict, start: int) -> None:
        """Hold what an expression may need: operands, and what comes from matmuls."""
        derived = any(value.last for value in fresh) or len(self.matmuls) > start
        moves = all(value.maker.kind == "move" for value in fresh)
        inputs = [pair for key in given if key != "out" for pair in (
            zip(before[key], given[key]) if isinstance(given[key], (list, tuple)) else [(before[key], given[key])])]
        for value, t in inputs:
            if isinstance(t, torch.Tensor) and (value.last or not moves) and self.holds(t, value):
                self.hold(value, t)  # unless the operation has just written over it
        if derived:
            for value, t in zip(fresh, results):
                self.hold(value, t)
