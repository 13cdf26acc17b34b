"""LoRA adapters as PEFT writes them: a folder with ``adapter_config.json`` and the factors of every adapted weight.

Source: huggingface/peft, ``tuners/lora/layer.py`` (delta = B @ A * scale; alpha / r, with rsLoRA alpha / sqrt(r)).
"""
from __future__ import annotations

import json
import math
import os
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .errors import DataError, ParameterError
from .layouts import Model
from .tensors import Store, open_store
from .visualization import Visualization, visualize

FORMS = ("sum", "delta", "applied")
_FACTOR = re.compile(r"(?:base_model\.model\.)?(.+)\.lora_([AB])(?:\.default)?\.weight")


@dataclass(frozen=True)
class Factors:
    """The two factors for ``x @ W``: ``a`` (inputs, rank), ``b`` (rank, outputs); what they add is a @ b * scale."""

    a: np.ndarray
    b: np.ndarray
    scale: float


@dataclass
class Adapter:
    path: Path
    store: Store
    config: dict
    modules: dict[str, dict[str, str]]  # module -> "A", "B" -> name of the tensor

    def module(self, name: str) -> str | None:
        """The adapter's own name of a module that the base calls ``name``."""
        if name in self.modules:
            return name
        near = [own for own in self.modules if own.endswith("." + name) or name.endswith("." + own)]
        return near[0] if len(near) == 1 else None

    def factors(self, module: str) -> Factors:
        """Raises DataError, naming those that there are, for a module that is not adapted."""
        own = self.module(module)
        if own is None:
            raise DataError(f"the adapter {self.path} changes no {module!r}; it changes {', '.join([*self.modules][:6])}"
                            + (" …" if len(self.modules) > 6 else ""))
        a, b = (self.store.read(self.modules[own][letter]).T for letter in "AB")
        if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[0]:
            raise DataError(f"{self.path}: the factors of {own} are {a.T.shape} and {b.T.shape}, which do not meet")
        return Factors(np.ascontiguousarray(a), np.ascontiguousarray(b), self._scale(own, a.shape[1]))

    def _scale(self, module: str, rank: int) -> float:
        alpha = next((value for pattern, value in (self.config.get("alpha_pattern") or {}).items()
                      if module.endswith(pattern)), self.config.get("lora_alpha", rank))
        return float(alpha) / (math.sqrt(rank) if self.config.get("use_rslora") else rank)

    def of_head(self, model: Model, layer: int, head: int, part: str) -> Factors | None:
        """The factors that change a head's ``q``, ``k``, ``v`` or ``o``, or None."""
        if part == "o":
            name, at = "o", slice(head * model.head_size, (head + 1) * model.head_size)
        else:
            name, at = model.columns(part, head)
        if self.module(model.name(layer, name)) is None:
            return None
        found = self.factors(model.name(layer, name))
        return Factors(found.a[at], found.b, found.scale) if part == "o" else \
            Factors(found.a, np.ascontiguousarray(found.b[:, at]), found.scale)


def open_adapter(path: str | os.PathLike) -> Adapter:
    """Raises DataError for a folder that holds no LoRA adapter."""
    path = Path(path).expanduser()
    try:
        config = json.loads((path / "adapter_config.json").read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path} holds no adapter: its adapter_config.json cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path / 'adapter_config.json'} is not JSON: {error}") from None
    if config.get("peft_type", "LORA") != "LORA" or config.get("use_dora"):
        raise DataError(f"{path} is an adapter of the type {config.get('peft_type')}"
                        f"{' with DoRA' if config.get('use_dora') else ''}; only plain LoRA is known")
    store = open_store(path)
    modules: dict[str, dict[str, str]] = {}
    for name in store.shapes:
        match = _FACTOR.fullmatch(name)
        if match:
            modules.setdefault(match[1], {})[match[2]] = name
    modules = {module: parts for module, parts in modules.items() if len(parts) == 2}
    if not modules:
        raise DataError(f"{store.path} holds no factors lora_A and lora_B; its tensors are {', '.join([*store.shapes][:3])}")
    return Adapter(path, store, config, modules)


def lora(adapter: str | os.PathLike, base: str | os.PathLike | None = None, module: str | None = None, *,
         form: str = "sum", x=None, rows: slice | int | None = None, cols: slice | int | None = None,
         **options) -> Visualization:
    """What a LoRA adapter does to a weight, at its true rank.

    adapter: its folder. base: the checkpoint that it adapts, for the forms with ``W``. module: the name of the weight's
        module, such as ``model.layers.3.self_attn.q_proj`` (or the end of it); not needed if there is only one.
    form: ``delta``, ``dW = B @ A * scale``; ``sum``, ``W_new = B @ A * scale + W``, where W is added as data;
        ``applied``, ``y = x @ W_new.T`` for rows ``x`` (n, inputs) that are given (or random).
    rows, cols: a slice of the weight's outputs and inputs, or how many of the first.
    options: of ``visualize``.

    Raises an MMError.
    """
    if form not in FORMS:
        raise ParameterError(f"there is no form {form!r}; known are {', '.join(FORMS)}")
    found = open_adapter(adapter)
    if module is None:
        if len(found.modules) > 1:
            raise ParameterError(f"the adapter changes {len(found.modules)} modules; say which: "
                                 f"{', '.join([*found.modules][:6])}{' …' if len(found.modules) > 6 else ''}")
        module, = found.modules
    factors = found.factors(module)
    rows, cols = (part if isinstance(part, slice) else slice(None, part) for part in (rows, cols))
    a, b = factors.a.T[:, cols], factors.b.T[rows]
    data = {"A": a, "B": b}
    product = f"B @ A * {factors.scale!r}"
    if form == "delta":
        return visualize(f"dW = {product}", data, **options)
    if base is None:
        raise ParameterError(f"the form {form} needs base, the checkpoint that the adapter changes")
    store = open_store(Path(base).expanduser())
    w = _base_weight(store, found.module(module), bool(found.config.get("fan_in_fan_out")))
    if w.shape != (factors.b.shape[1], factors.a.shape[0]):
        raise DataError(f"{module} is {w.shape[0]} x {w.shape[1]} in {store.path}, and the adapter's factors are for "
                        f"{factors.b.shape[1]} x {factors.a.shape[0]}")
    data["W"] = w[rows, cols]
    if form == "sum":
        return visualize(f"W_new = {product} + W", data, **options)
    if x is not None:
        data["x"] = x
    return visualize(f"y = x @ (W_new = A.T @ B.T * {factors.scale!r} + W.T)", data, **options)


def _base_weight(store: Store, module: str, transposed: bool) -> np.ndarray:
    """(outputs, inputs). The adapter's names may have a prefix that the checkpoint's lack, or the other way round."""
    name = next((own for own in store.shapes if own == f"{module}.weight" or f".{module}.weight".endswith(f".{own}")
                 or own.endswith(f".{module}.weight")), f"{module}.weight")
    w = store.read(name)
    return np.ascontiguousarray(w.T) if transposed else w
