"""A transformer in a checkpoint: the weights of its layers and heads, and how they compute.

Matrices come out as an expression uses them: (inputs, outputs), for ``x @ W``. A layer whose tensors are not all known
is refused.

Sources: transformers, ``modeling_gpt2.py``, ``modeling_bert.py``, ``modeling_llama.py``; llama.cpp,
``convert_hf_to_gguf.py`` (``LlamaModel.permute``).
"""
from __future__ import annotations

import operator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..data.container import Store
from ..data.gguf_store import Gguf
from ..data.tensor_names import QUANTIZED, quantized, WHOLE
from ..errors import DataError, ParameterError, warn
from ..expression import epilog_functions
from ..plain import said
from .families import BUFFERS, MLPS, PARTS, STEMS
from .model_config import Settings


@dataclass(frozen=True)
class Head:
    """The weights of one head: ``q``, ``k``, ``v`` (d_model, size), ``o`` (size, d_model), biases (size,) or None.

    ``norm_q``, ``norm_k``: (size,), what queries and keys are multiplied with once they are RMS-normalised, or None.
    ``rope``: the numbers of the epilog that turns queries and keys by their positions, or None. ``window``: how many
    tokens, itself the last, one attends to; None: all before it. ``scale``: what scores are multiplied with; None:
    1 / sqrt(size).
    """

    q: np.ndarray
    k: np.ndarray
    v: np.ndarray
    o: np.ndarray
    q_bias: np.ndarray | None
    k_bias: np.ndarray | None
    v_bias: np.ndarray | None
    norm_q: np.ndarray | None = None
    norm_k: np.ndarray | None = None
    rope: tuple[float, ...] | None = None
    window: int | None = None
    scale: float | None = None

    @property
    def size(self) -> int:
        """How many numbers a query, key or value has."""
        return self.q.shape[1]


@dataclass
class Model:
    """A checkpoint that was recognised. ``heads`` and ``kv_heads`` are counts."""

    path: Path | str
    store: Store
    family: str           # gpt2, bert, llama or gguf (llama.cpp's names of the same)
    prefix: str           # of the names of tensors, "" or ending in a dot
    settings: Settings
    layers: int
    heads: int
    kv_heads: int
    head_size: int
    width: int

    @property
    def causal(self) -> bool:
        """Whether tokens attend to no later ones."""
        return self.settings.causal

    @property
    def rms(self) -> bool:
        """Whether its norms are RMSNorm, and not LayerNorm."""
        return self.family in ("llama", "gguf")

    @property
    def linears(self) -> tuple[str, ...]:
        """The parts of a layer that multiply with a matrix."""
        return tuple(part for part in PARTS[self.family] if not part.startswith("norm"))

    @property
    def eps(self) -> float:
        """What its norms add to a variance."""
        return self.settings.eps

    def name(self, layer: int, part: str) -> str:
        """The name of a module without its ``.weight``."""
        return f"{self.prefix}{STEMS[self.family]}.{layer}.{PARTS[self.family][part]}"

    def module(self, layer: int, part: str) -> str:
        """The name of a module as transformers has it, whatever the file calls it."""
        return f"model.layers.{layer}.{PARTS['llama'][part]}" if self.family == "gguf" else self.name(layer, part)

    def check(self, layer: int, head: int) -> tuple[int, int]:
        """Both as ints. Raises ParameterError for a layer or a head that is not there, DataError for a layer of which
        the configuration tells and whose weights are not as they are known."""
        numbers = []
        for value, count, what in ((layer, self.layers, "layer"), (head, self.heads, "head")):
            try:
                number = -1 if isinstance(value, (bool, np.bool_)) else operator.index(value)
            except Exception:  # noqa: BLE001  whatever an object answers that is no number
                number = -1
            if not 0 <= number < count:
                if what == "layer" and 0 <= number < (self.settings.layers or 0):  # it is there in another form
                    self.check_layer(number, mlp=False)
                    self.store.require(f"{self.name(number, 'fused' if self.family == 'gpt2' else 'q')}.weight")
                raise ParameterError(f"{self.path} has {count} {what}s, from 0 to {count - 1}; there is no "
                                     f"{what} {said(value)}{self._elsewhere()}")
            numbers.append(number)
        return numbers[0], numbers[1]

    def _elsewhere(self) -> str:
        """What a message says of the rest of a model of llama.cpp's that lies in several files."""
        parts = self.store.field("split.count") if isinstance(self.store, Gguf) else None
        return f"; this file is one of {parts} parts: join them with llama-gguf-split --merge" \
            if type(parts) is int and parts > 1 else ""

    def check_layer(self, layer: int, mlp: bool) -> None:
        """Raise DataError if a layer has tensors that are not known; ``mlp``: those of its MLP, too."""
        start = f"{self.prefix}{STEMS[self.family]}.{layer}."
        parts = {key: part for key, part in PARTS[self.family].items() if self._has(key)}
        known = {f"{part}.weight" for part in parts.values()}
        known |= {f"{part}.bias" for key, part in parts.items() if not (self.rms and key.startswith("norm"))}
        for name in self.store.shapes:
            own = name.removeprefix(start)
            if own == name or own in known or own in BUFFERS:
                continue
            if not mlp and own.startswith(MLPS):
                continue
            if QUANTIZED.fullmatch(name):
                raise quantized(self.path, f"it holds {name}")
            raise DataError(f"{self.path} holds {name}, which a layer of the type {self.settings.kind!r} does not "
                            "have, so that what it computes is not known here")
        for key in parts:
            self._check_bias(layer, key, mlp)

    def _has(self, part: str) -> bool:
        return part not in ("norm_q", "norm_k") or self.settings.kind == "qwen3"

    def _check_bias(self, layer: int, part: str, mlp: bool) -> None:
        """What the configuration says of biases must be what the file holds."""
        where = "mlp" if part in ("gate", "up", "down") else "attention"
        if self.settings.biased is None or part.startswith("norm") or (where == "mlp" and not mlp):
            return
        name = f"{self.name(layer, part)}.bias"
        biased = self.settings.biased[where] and not (self.settings.kind == "qwen2" and part == "o")
        if name in self.store.shapes and not biased:
            raise DataError(f"{self.path} holds {name}, and its configuration does not say {where}_bias: true, so that "
                            "transformers would not use it")
        if biased and f"{self.name(layer, part)}.weight" in self.store.shapes:
            self.store.require(name)

    def weight(self, layer: int, part: str, outputs: slice = slice(None), inputs: slice = slice(None)) -> np.ndarray:
        """(inputs, outputs) of a linear part of a layer."""
        name = self.name(layer, part) + ".weight"
        self.store.require(name)
        require_floats(self.store, name, self.path)
        if self.family == "gpt2":  # which keeps them as they are used
            return self.store.read(name, (inputs, outputs))
        return np.ascontiguousarray(self.store.read(name, (outputs, inputs)).T)

    def vector(self, layer: int, part: str, kind: str = "bias", outputs: slice = slice(None)) -> np.ndarray | None:
        """A bias, or the weight of a norm; None if the checkpoint has none."""
        name = f"{self.name(layer, part)}.{kind}"
        if name in self.store.shapes:
            require_floats(self.store, name, self.path)
            return self.store.read(name, (outputs,))
        if kind == "bias" and self.family in ("gpt2", "bert") and f"{self.name(layer, part)}.weight" in \
                self.store.shapes:
            warn(f"{self.path} has no {name}, which its type has: nothing is added there")
        return None

    def columns(self, part: str, head: int) -> tuple[str, slice]:
        """Which part, and which of its outputs, are the ``q``, ``k`` or ``v`` of a head."""
        size = self.head_size
        if part != "q":
            head //= self.heads // self.kv_heads
        if self.family == "gpt2":
            start = "qkv".index(part) * self.heads * size + head * size
            return "fused", slice(start, start + size)
        return part, slice(head * size, (head + 1) * size)

    def head(self, layer: int, head: int) -> Head:
        """Raises ParameterError for a layer or head that is not there, DataError for a tensor that is missing."""
        layer, head = self.check(layer, head)
        projections: dict[str, Any] = {}
        for part in "qkv":
            where = self.columns(part, head)
            w, b = self.weight(layer, *where), self.vector(layer, where[0], "bias", where[1])
            if self.family == "gguf" and part != "v" and self.settings.kind == "llama":
                w, b = _unpermuted(w), None if b is None else _unpermuted(b)
            projections |= {part: w, f"{part}_bias": b}
        rows = slice(head * self.head_size, (head + 1) * self.head_size)
        norms: dict[str, Any] = {}
        for key in ("norm_q", "norm_k"):
            if self.rms and self._has(key):
                self.store.require(f"{self.name(layer, key)}.weight")
                norms[key] = self.vector(layer, key, "weight")
        settings, scale = self.settings, None
        if settings.by_layer or not settings.scaled:
            scale = (self.head_size ** -0.5 if settings.scaled else 1.0) / (layer + 1 if settings.by_layer else 1)
        return Head(o=self.weight(layer, "o", inputs=rows), **projections, **norms,
                    rope=settings.rope if not settings.turned or settings.turned[layer] else None,
                    window=settings.window if not settings.sliding or settings.sliding[layer] else None, scale=scale)

    def check_shapes(self, layer: int, mlp: bool = False) -> None:
        """Raise DataError if a tensor of a layer's attention is not as large as the configuration says; ``mlp``: or one
        of its MLP not as large as the others."""
        whole, kv, width = self.heads * self.head_size, self.kv_heads * self.head_size, self.width
        linear: dict[str, tuple[int, ...]] = {"fused": (3 * whole, width)} if self.family == "gpt2" else \
            {"q": (whole, width), "k": (kv, width), "v": (kv, width)}
        linear["o"] = (width, whole)
        if mlp:
            up = self.store.shape(f"{self.name(layer, 'up')}.weight")
            inner = up[-1 if self.family == "gpt2" else 0] if up else 0
            linear |= {"up": (inner, width), "gate": (inner, width), "down": (width, inner)}
        shapes: dict[str, tuple[int, ...]] = {}
        for part, shape in linear.items():
            if part in PARTS[self.family]:
                shapes[f"{self.name(layer, part)}.weight"] = shape[::-1] if self.family == "gpt2" else shape
                shapes[f"{self.name(layer, part)}.bias"] = shape[:1]
        norms = {"norm": width, "norm_q": self.head_size, "norm_k": self.head_size} | ({"norm2": width} if mlp else {})
        for part, size in norms.items():
            if part in PARTS[self.family]:
                shapes |= {f"{self.name(layer, part)}.{kind}": (size,) for kind in ("weight", "bias")}
        for name, shape in shapes.items():
            if name in self.store.shapes and ((have := self.store.shape(name)) != shape or 0 in shape):
                raise DataError(f"{name} in {self.path} is {dims(have)}, and {self.heads} heads ({self.kv_heads} of "
                                f"keys) of {self.head_size} numbers and a width of {self.width} need {dims(shape)}: "
                                "they do not fit together")

    def check_length(self, count: int) -> None:
        """Raise DataError for more tokens than the rotary embedding is known for."""
        longest = self.settings.longest
        if longest is not None and count > longest:
            raise DataError(f"{self.path} scales its rotary embedding (dynamic) for more than {longest} tokens, which "
                            f"is not known here, and there are {count}")

    def normed(self, layer: int, x: np.ndarray, part: str = "norm") -> np.ndarray:
        """The hidden states ``x`` (n, d_model) through the norm of a layer."""
        x = epilog_functions.rmsnorm(x, self.eps) if self.rms else epilog_functions.layernorm(x, 1, self.eps)
        self.store.require(f"{self.name(layer, part)}.weight")
        weight, bias = (self.vector(layer, part, kind) for kind in ("weight", "bias"))
        return x * weight if bias is None else x * weight + bias

    def activation(self) -> str:
        """The epilog of the MLP. Raises DataError for one that is not known."""
        name = self.settings.activation
        if name.startswith("?"):
            raise DataError(f"{self.path}: the activation {name[1:]!r} is not known here")
        return name


def dims(shape: tuple[int, ...]) -> str:
    """The size of a tensor in words."""
    return " x ".join(map(str, shape)) or "a single number"


def _unpermuted(w: np.ndarray) -> np.ndarray:
    """The columns (or, of a bias, the numbers) of a head's queries or keys in Hugging Face's order; llama.cpp pairs
    neighbours."""
    size = w.shape[-1]
    return np.ascontiguousarray(w.reshape(-1, size // 2, 2).swapaxes(1, 2).reshape(w.shape))


def require_floats(store: Store, name: str, path) -> None:
    """Raise DataError for a weight that is kept in whole numbers or in eight bits, which some scale belongs to."""
    if WHOLE.fullmatch(kind := store.kind(name)):
        raise quantized(path, f"{name} is stored as {kind}")
