"""One run of the caller's code under the recorder, with names for what goes in and comes out."""
from __future__ import annotations

import contextlib
import functools
import inspect
import math
import sys
from collections import Counter
from dataclasses import dataclass
from typing import Any

import torch

from ..errors import DataError, ParameterError
from ..system.memory import free_memory
from .graph import Operation, Value
from .leaves import leaves, tensors, word
from .memory import foreign
from .module_names import inside, resolved
from .record import Recorder
from .unknown import nothing_named

INPUTS = {"hidden_states": "x", "input": "x", "inputs": "x", "inputs_embeds": "x", "src": "x"}
PRECISION = {"highest": 0.0, "high": 2e-3, "medium": 2e-2}  # of float32 matmuls where tensor cores may round


@dataclass
class Ran:
    """What a run leaves."""

    matmuls: list[Operation]
    hidden: list[tuple[str, str]]
    output: Any
    results: list[Value]  # what the output held
    batch_size: int
    batch_second: bool    # whether the batch is the second dimension, behind the sequence
    wide: float  # tolerance of float32 matmuls, at least

    @property
    def flops(self) -> int:
        """Floating-point operations of all matmuls."""
        return sum(2 * math.prod(made.info["out"].shape) * made.inputs[0].shape[-1] for made in self.matmuls)


def run(fn, inputs: tuple, kwargs: dict, only: tuple[str, ...] | None, backward: bool) -> Ran:
    """Run ``fn`` and record what it does. Raises ParameterError, DataError, SizeError."""
    modules, around = surroundings(fn)
    named: dict[int, str] = {}
    for prefix, module in modules.items():
        for name, part in module.named_modules():
            named.setdefault(id(part), ".".join(filter(None, (prefix, clean(name)))))
    free = free_memory()
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        free = min(free or sys.maxsize, torch.cuda.mem_get_info()[0])
    only = only and tuple(resolved(name, named.values()) for name in only)
    recorder = Recorder(named, only, free)
    for name, tensor in arguments(fn, inputs, kwargs):
        recorder.name(tensor, name)
    for prefix, module in modules.items():
        for name, x in [*module.named_parameters(), *module.named_buffers()]:
            recorder.name(x, clean(name).rpartition(".")[2], ".".join(filter(None, (prefix, clean(name)))))
    for name, tensor in around.items():
        recorder.name(tensor, name)
    with _uncompiled(), _slow_attention(), recorder.recording():
        output = fn(*inputs, **kwargs)
        if inspect.isgenerator(output) or inspect.iscoroutine(output) or inspect.isasyncgen(output):
            raise ParameterError("the code gave a generator (or a coroutine), of which nothing has run yet: trace what "
                                 "runs through it, such as lambda *inputs: list(function(*inputs))")
        found = outputs(output)
        for name, x in found:
            recorder.name(x, name)
        results = [recorder.value(x) for _, x in found]
        if backward:
            _backward([x for _, x in found], [x for m in modules.values() for x in m.parameters()],
                      [*tensors((inputs, kwargs)), *around.values()])
    recorder.close()
    _complain(recorder, only)
    second = any(getattr(part, "batch_first", True) is False for m in modules.values() for part in m.modules())
    batch = batch_size(tensors((inputs, kwargs)), int(second))
    return Ran(recorder.matmuls, recorder.hidden, output, results, batch, second,
               PRECISION.get(torch.get_float32_matmul_precision(), 0.0))


def _complain(recorder: Recorder, only) -> None:
    if only and not any(inside(name, only) for name in recorder.entered):
        raise ParameterError(nothing_named(only[0], recorder.entered, "no module ran by the name"))
    if not recorder.matmuls:
        hidden = ", ".join(sorted({name for name, _ in recorder.hidden}))
        raise DataError("the code made no matmul" + (f" inside {', '.join(only)}" if only else "") + (
            f" that can be seen ({hidden} hides its own)" if hidden else ""))


def clean(name: str) -> str:
    """A qualified name without what wrappers (torch.compile, DataParallel) put in it, and without what cannot be
    printed."""
    name = ".".join(part for part in name.split(".") if part not in ("_orig_mod", "_fsdp_wrapped_module"))
    return name if name.isprintable() else "".join(letter if letter.isprintable() else "_" for letter in name)


def surroundings(fn) -> tuple[dict[str, torch.nn.Module], dict[str, torch.Tensor]]:
    """The modules that ``fn`` uses, by the prefix of their names, and the tensors that it finds around it, by name."""
    while isinstance(fn, functools.partial):
        fn = fn.func
    if isinstance(fn, torch.nn.Module):
        return {"": fn}, {}
    owner = getattr(fn, "__self__", None)
    if isinstance(owner, torch.nn.Module):
        return {"": owner}, {}
    fn = inspect.unwrap(fn) if callable(fn) else fn
    try:
        found = inspect.getclosurevars(fn)
        around = {**found.globals, **found.nonlocals}
    except TypeError:
        around = {key: x for key, x in getattr(fn, "__dict__", {}).items()}
    modules = {key: x for key, x in around.items() if isinstance(x, torch.nn.Module)}
    if len(modules) == 1:
        modules = {"": next(iter(modules.values()))}
    return modules, {key: x for key, x in around.items() if isinstance(x, torch.Tensor)}


def arguments(fn, inputs: tuple, kwargs: dict) -> list[tuple[str, torch.Tensor]]:
    """The tensors that go in, by the names of the parameters that take them."""
    target = fn
    while isinstance(target, functools.partial):
        inputs, kwargs, target = (*target.args, *inputs), {**target.keywords, **kwargs}, target.func
    target = getattr(target, "_orig_mod", target)  # in a compiled module
    target = target.forward if isinstance(target, torch.nn.Module) else target
    try:
        bound = inspect.signature(target).bind_partial(*inputs, **kwargs)
        kinds = {p.name: p.kind for p in bound.signature.parameters.values()}
        given = [(name, x, kinds[name]) for name, x in bound.arguments.items()]
    except (TypeError, ValueError):
        given = [("", inputs, inspect.Parameter.VAR_POSITIONAL), ("", kwargs, inspect.Parameter.VAR_KEYWORD)]
    out = []
    attention = "scaled_dot_product_attention" in getattr(target, "__name__", "")
    letters = iter("QKV" if attention else "ABCDEFGHIJLMNOPQRSTUVWXYZ")
    for name, x, kind in given:
        if kind == inspect.Parameter.VAR_POSITIONAL:  # nobody has named them
            out += [(next(letters, "A"), t) for t in tensors(x)]
        elif kind == inspect.Parameter.VAR_KEYWORD:
            out += [pair for key, t in x.items() for pair in leaves(t, key)]
        else:
            out += leaves(x, INPUTS.get(name, name))
    same = Counter(place(t) for _, t in out)
    return [("x" if same[place(t)] > 1 else name, t) for name, t in out]


def place(t: torch.Tensor) -> tuple:
    """Equal for tensors that are the same numbers."""
    return (id(t),) if foreign(t) or t.layout is not torch.strided else (t.data_ptr(), tuple(t.shape), t.stride())


def outputs(output) -> list[tuple[str, torch.Tensor]]:
    """The tensors in what code gave, by names."""
    if isinstance(output, dict):
        return [(word(key), x) for key, x in output.items() if isinstance(x, torch.Tensor)]
    return [("out" if at == 0 else f"out_{at}", x) for at, x in enumerate(tensors(output))]


def batch_size(inputs: list, at: int = 0) -> int:
    """The size of the batch, by the first input that seems to have one, in its dimension ``at``."""
    for x in inputs:
        if isinstance(x, torch.Tensor) and not foreign(x) and x.ndim >= (3 if x.is_floating_point() else 2):
            return max(1, x.shape[at])
    return 1


def _backward(found: list, parameters: list, around: list) -> None:
    """Gradients of the first output for all that wants one, beside ``.grad``."""
    ends = [x for x in found if isinstance(x, torch.Tensor) and x.requires_grad]
    starts = {id(x): x for x in [*parameters, *around] if isinstance(x, torch.Tensor) and x.requires_grad}
    if not ends or not starts:
        raise ParameterError("backward=True needs an output that depends on something with requires_grad=True; this "
                             "code gave none (is it run under no_grad?)")
    end = ends[0] if ends[0].ndim == 0 else ends[0].sum()
    torch.autograd.grad(end, list(starts.values()), allow_unused=True)


def _uncompiled():
    """Compiled code fuses operations out of sight, so it runs as it was written."""
    return torch.compiler.set_stance("force_eager") if "torch._dynamo" in sys.modules else contextlib.nullcontext()


@contextlib.contextmanager
def _slow_attention():
    """nn.MultiheadAttention in steps, not as the one fused kernel that it is in inference."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)
