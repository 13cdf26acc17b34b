"""Runs code once and records every operation that PyTorch dispatches, with the module that made it."""
from __future__ import annotations

import contextlib
import fnmatch

import torch
from torch.utils._python_dispatch import TorchDispatchMode, _disable_current_modes
from torch.utils._pytree import tree_flatten, tree_map

from .graph import Made, Value
from .ops import GROUP, HIDING, REPLAYED, Known
from .patterns import is_gelu_tanh
from .store import Store

HEADS = ("num_heads", "num_attention_heads", "n_head", "n_heads", "nhead", "heads")


def inside(module: str, wanted: tuple[str, ...]) -> bool:
    """Whether ``module`` is, or lies in, one of the ``wanted`` (qualified names, which may hold * and ?)."""
    parts = module.split(".")
    heads = [".".join(parts[:n]) for n in range(1, len(parts) + 1)]
    return any(fnmatch.fnmatchcase(head, name) for name in wanted for head in heads)


class Recorder(Store, TorchDispatchMode):
    """While it is entered, what PyTorch does. ``close`` afterwards makes the values safe from later changes."""

    def __init__(self, modules: dict[int, str], only: tuple[str, ...] | None, free: int | None):
        TorchDispatchMode.__init__(self)
        Store.__init__(self, free)
        self.modules, self.only = modules, only
        self.stack: list[tuple[str, int | None]] = []
        self.matmuls: list[Made] = []        # in order of execution, those of fused operations too
        self.hidden: list[tuple[str, str]] = []  # operations with matmuls inside that are not seen, and their modules
        self.entered: set[str] = set()
        self.results: dict[str, Value] = {}  # by module, the first tensor that it returned
        self._forward: dict[int, str] = {}           # the module by autograd's sequence number
        self._grads: dict[int, Made] = {}            # the forward matmul by autograd's sequence number

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
        name, mutable = func._schema.name.removeprefix("aten::"), func._schema.is_mutable
        if not name.startswith(GROUP):
            with self:  # matmul, linear and the like in steps, where autograd has not taken them apart
                out = func.decompose(*args, **kwargs)
                if out is not NotImplemented:
                    return out
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
        out = func(*args, **kwargs)
        for t in written:
            self._writes[t.untyped_storage()._cdata] += 1
        results = [t for t in tree_flatten(out)[0] if isinstance(t, torch.Tensor)]
        if len(written) > 1 or (written and not results):
            results = written
        # what looks at the same elements in the same way, like a detach, is no new value
        results = [t for t in results if self.key(t) not in self._values]
        fresh = [Value(tuple(t.shape), str(t.dtype).removeprefix("torch.")) for t in results]
        start = len(self.matmuls)
        self._op = (name, module, backward, self.stack[-1][1] if self.stack and not backward else None)
        plain = {key: x for key, x in before.items() if key != "out"}
        known = included and all(self.key(t) for t in results) and Known(
            name.rstrip("_") if mutable else name, plain, fresh, func, self.made).understand()
        if not known:
            del self.matmuls[start:]
            if included and (name in HIDING or name.startswith(GROUP)):
                self.hidden.append((name, module))
        for value, t in zip(fresh, results):
            if value.made is None or not known:
                inputs = () if known else tuple(v for v in plain.values() if isinstance(v, Value))
                value.made = Made("opaque", inputs, {}, name, module, backward)
            self._link(value)
            self.put(t, value)
        if known:
            self._keep(fresh, results, before, given, start)
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
                if not v.made.op.endswith("_like") and not v.made.op.startswith("new_"):  # these ask for the shape only
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

    def _keep(self, fresh: list[Value], results: list[torch.Tensor], before: dict, given: dict, start: int) -> None:
        """Hold what an expression may need: operands, and what comes from matmuls."""
        derived = any(value.last for value in fresh) or len(self.matmuls) > start
        moves = all(value.made.kind == "move" for value in fresh)
        inputs = [pair for key in given if key != "out" for pair in (
            zip(before[key], given[key]) if isinstance(given[key], (list, tuple)) else [(before[key], given[key])])]
        for value, t in inputs:
            if isinstance(t, torch.Tensor) and (value.last or not moves):
                self._hold_before(value, t)
        if derived:
            for value, t in zip(fresh, results):
                self.hold(value, t)

    def _hold_before(self, value: Value, t: torch.Tensor) -> None:
        """Hold an input, unless the operation has just written over it."""
        if self._values.get(self.key(t)) is value:
            self.hold(value, t)
