"""What a file of torch.save holds, known before PyTorch reads it: its pickle is followed here by a machine that knows
tensors, names and containers and makes none of them.

PyTorch's own reader of weights runs no code of a file, but calls what may take any amount of memory or time: tensors,
storages and byte arrays of a size that the file names, and keys whose hashing never ends. Here is known which calls
there are, with what; all others are refused by their names. Sources: PyTorch, ``torch/_weights_only_unpickler.py``,
whose instructions these are, and ``torch/_utils.py``; Python, ``pickletools``.
"""
from __future__ import annotations

import math
import pickletools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from ..errors import DataError
from ..limits import limits

DEPTH = 50      # of containers within one another
REBUILT = ("_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3", "_rebuild_parameter",
           "_rebuild_parameter_with_state", "_rebuild_qtensor", "_rebuild_sparse_tensor", "_rebuild_sparse_csr_tensor",
           "_rebuild_nested_tensor", "_rebuild_meta_tensor_no_storage")
CALLED = {f"torch._utils.{name}" for name in REBUILT} | {
    "collections.OrderedDict", "torch.Size", "torch.device", "torch.serialization._get_layout",
    "torch._tensor._rebuild_from_type_v2", "torch.nn.parameter.Parameter", "builtins.set", "builtins.complex",
    "_codecs.encode"}
WIDTHS = {"Double": 8, "Float": 4, "Half": 2, "BFloat16": 2, "Long": 8, "Int": 4, "Short": 2, "Char": 1, "Byte": 1,
          "Bool": 1, "ComplexDouble": 16, "ComplexFloat": 8, "QInt8": 1, "QUInt8": 1, "QInt32": 4, "QUInt4x2": 1,
          "QUInt2x4": 1, "Untyped": 1}
STORAGES = {"torch.storage.UntypedStorage", "torch.storage.TypedStorage", *(f"torch.{kind}Storage" for kind in WIDTHS)}
KINDS = ("bool", "bfloat16", "half", "float", "double", "short", "int", "long", "int8", "uint8", "uint16", "uint32",
         "uint64", "float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e8m0fnu", "qint8",
         "quint8", "qint32", "per_tensor_affine", "per_tensor_symmetric", "per_channel_affine",
         "per_channel_symmetric", "per_channel_affine_float_qparams")
PLAIN = {f"torch.{name}" for name in KINDS}


@dataclass(frozen=True)
class Global:
    """What a pickle asks for by its name."""

    name: str


@dataclass(frozen=True)
class Storage:
    """Elements in the file: ``key`` names where, ``size`` is in bytes, 0 where that is not known."""

    key: str
    size: int


@dataclass
class Called:
    """What a call gives."""

    name: str
    args: tuple
    items: list = field(default_factory=list)  # put into it afterwards


@dataclass
class Box:
    """A list or a dictionary."""

    items: list = field(default_factory=list)


class Refused(DataError):
    """A pickle that holds more than tensors."""


def check(file: BinaryIO, name: object) -> list[Storage]:
    """The storages that the pickle names to whose beginning ``file`` stands; it is read to its end.

    Raises DataError, SizeError, Refused, and for what is no pickle anything: see ``foreign``."""
    return _Machine(name).run(file)


class _Machine:
    def __init__(self, name: object):
        self.name = name
        self.stack: list[Any] = []
        self.marks: list[Any] = []
        self.memo: dict[Any, Any] = {}
        self.storages: dict[str, Storage] = {}
        self.weights: dict[int, int] = {}  # of tuples, by id: how many parts they have, each time that it stands there
        self.kept: list[tuple] = []

    def run(self, file: BinaryIO) -> list[Storage]:
        most = 40 * limits.tensors
        for count, (code, arg, _) in enumerate(pickletools.genops(file)):
            if count > most:
                raise limits.error("tensors", f"{self.name} has more than {most:,} steps to be made of")
            if code.name == "STOP":
                self._walk(self.stack.pop())
                return [*self.storages.values()]
            step = STEPS.get(code.name)
            if step is None:
                raise Refused(f"the instruction {code.name}")
            step(self, arg)
        raise EOFError("its pickle does not end")

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def tuple(self, count: int | None) -> None:
        items = self.marked() if count is None else self.stack[len(self.stack) - count:]
        if count:
            if len(self.stack) < count:
                raise IndexError("its stack is empty")
            del self.stack[-count:]
        made = tuple(items)
        weight = 1 + sum(self.weights.get(id(item), 1) if isinstance(item, tuple) else 1 for item in made)
        limits.check("tensors", weight // 40, f"a tuple of {self.name}")
        self.weights[id(made)] = weight
        self.kept.append(made)
        self.push(made)

    def marked(self) -> list:
        at = self.marks.pop()
        items = self.stack[at:]
        del self.stack[at:]
        return items

    def named(self, text: str) -> None:
        name = text.replace(" ", ".", 1)
        known = name in CALLED or name in PLAIN or name in STORAGES or name == "torch.Tensor"
        if not known:
            raise Refused(name[:80])
        self.push(Global(name))

    def called(self, _: Any) -> None:
        args, what = self.stack.pop(), self.stack.pop()
        if not isinstance(what, Global) or what.name not in CALLED or not isinstance(args, tuple):
            raise Refused(f"a call of {what.name if isinstance(what, Global) else 'what is no function'}"[:80])
        self.push(Called(what.name, args))

    def stored(self, _: Any) -> None:
        about = self.stack.pop()
        if not isinstance(about, tuple) or len(about) < 5 or about[0] not in ("storage", b"storage") \
                or not isinstance(about[1], Global):
            raise Refused("something that lies elsewhere")
        kind, key, count = about[1].name.rpartition(".")[2].removesuffix("Storage"), about[2], about[4]
        if type(count) is not int or count < 0 or not isinstance(key, str):
            raise ValueError("a storage has no size")
        storage = Storage(key, count * WIDTHS.get(kind, 1))
        if key not in self.storages or storage.size > self.storages[key].size:
            self.storages[key] = storage
        self.push(storage)

    def appended(self, items: list) -> None:
        target = self.stack[-1]
        if not isinstance(target, Box):
            raise TypeError("it appends to what is no list")
        target.items += items

    def set(self, items: list) -> None:
        target = self.stack[-1]
        if len(items) % 2 or not (isinstance(target, Box) or isinstance(target, Called)
                                  and target.name == "collections.OrderedDict"):
            raise TypeError("it sets entries of what has none")
        for key in items[::2]:
            if not isinstance(key, (str, int, type(None))):
                raise Refused("a name that is no text")
        target.items += items[1::2]

    def built(self, _: Any) -> None:
        """The state of an object: of none but those that keep their attributes beside them."""
        state, target = self.stack.pop(), self.stack[-1]
        if not (isinstance(target, Called) and target.name == "collections.OrderedDict" and isinstance(state, Box)):
            raise Refused("an object with a state of its own")
        target.items += state.items

    def _walk(self, found: Any) -> None:
        """Raise DataError if what was made has too many parts, or is nested too deeply or within itself."""
        level, spent = [found], 0
        for _ in range(DEPTH):
            below = []
            for part in level:
                items = part.items + [*part.args] if isinstance(part, Called) else part.items if isinstance(part, Box) \
                    else part if isinstance(part, tuple) else ()
                spent += len(items)
                limits.check("tensors", spent // 40, str(self.name))
                below += [item for item in items if isinstance(item, (Called, Box, tuple))]
                if isinstance(part, Called):
                    _check_sizes(part, self.name)
            level = below
            if not level:
                return
        raise DataError(f"{self.name} holds containers in containers, more than {DEPTH} deep, or one in itself")


def _check_sizes(call: Called, name: object) -> None:
    """Raise DataError for a tensor whose shape is no shape."""
    if not call.name.startswith("torch._utils._rebuild_"):
        return
    for arg in call.args:
        if isinstance(arg, tuple) and arg and all(type(n) is int for n in arg):
            if len(arg) > 64 or any(abs(n) >= 2 ** 62
                                    for n in arg) or math.prod(filter(None, map(abs, arg))) >= 2 ** 62:
                raise DataError(f"{name} is damaged: a tensor has a shape larger than any")


def _long(machine: _Machine, value: int) -> None:
    if value.bit_length() > 80:  # as long as the number with which old files begin
        raise ValueError("a number is larger than any that PyTorch knows")
    machine.push(value)


def _put(machine: _Machine, at: int) -> None:
    machine.memo[at] = machine.stack[-1]


STEPS: dict[str, Callable[[_Machine, Any], object]] = {
    "PROTO": lambda machine, arg: None,
    "NONE": lambda machine, arg: machine.push(None),
    **{name: _Machine.push for name in ("BININT", "BININT1", "BININT2", "BINFLOAT", "BINUNICODE", "SHORT_BINSTRING")},
    "LONG1": _long,
    "NEWTRUE": lambda machine, arg: machine.push(True),
    "NEWFALSE": lambda machine, arg: machine.push(False),
    "EMPTY_TUPLE": lambda machine, arg: machine.push(()),
    "EMPTY_LIST": lambda machine, arg: machine.push(Box()),
    "EMPTY_DICT": lambda machine, arg: machine.push(Box()),
    "EMPTY_SET": lambda machine, arg: machine.push(Box()),
    "MARK": lambda machine, arg: machine.marks.append(len(machine.stack)),
    "TUPLE": lambda machine, arg: machine.tuple(None),
    "TUPLE1": lambda machine, arg: machine.tuple(1),
    "TUPLE2": lambda machine, arg: machine.tuple(2),
    "TUPLE3": lambda machine, arg: machine.tuple(3),
    "GLOBAL": _Machine.named,
    "REDUCE": _Machine.called,
    "BUILD": _Machine.built,
    "BINPERSID": _Machine.stored,
    "APPEND": lambda machine, arg: machine.appended([machine.stack.pop()]),
    "APPENDS": lambda machine, arg: machine.appended(machine.marked()),
    "SETITEM": lambda machine, arg: machine.set([machine.stack.pop(-2), machine.stack.pop()]),
    "SETITEMS": lambda machine, arg: machine.set(machine.marked()),
    "BINPUT": _put,
    "LONG_BINPUT": _put,
    "BINGET": lambda machine, arg: machine.push(machine.memo[arg]),
    "LONG_BINGET": lambda machine, arg: machine.push(machine.memo[arg]),
}
