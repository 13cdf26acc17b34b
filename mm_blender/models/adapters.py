"""LoRA adapters as PEFT writes them: a folder with ``adapter_config.json`` and the factors of every adapted weight.

Their configuration is read by a list (``metadata``): whatever else may change what is added, or to what, is refused.

Source: huggingface/peft, ``tuners/lora/layer.py`` (delta = B @ A * scale; alpha / r, with rsLoRA alpha / sqrt(r)),
``tuners/lora/config.py``, ``utils/other.py`` (``get_pattern_key``).
"""
from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ..data.container import some, Store
from ..data.files import read_json
from ..data.tensors import open_store
from ..errors import DataError
from .checkpoints import checkpoint_path
from .metadata import Metadata
from .model_keys import RANK, SCALE
from .name_patterns import LONGEST_NAME, Pattern
from .transformer import Model, require_floats

_FACTOR = re.compile(r"(?:base_model\.model\.)?(.+)\.lora_([AB])(?:\.([^.]+))?\.weight")
# Which weights there are is what the tensors tell; the rest is about training, or says who made it.
HARMLESS = frozenset("""
    auto_mapping base_model_name_or_path corda_config ensure_weight_tying eva_config exclude_modules inference_mode
    layers_pattern layers_to_transform loftq_config lora_dropout lora_ga_config megatron_core modules_to_save
    peft_version qalora_group_size revision runtime_config target_modules task_type
    """.split())
PLAIN_STARTS = (True, False, "gaussian", "eva", "orthogonal", "mica")  # that leave the base's weights as they are
OUTPUTS = ("lm_head", "score", "classifier", "qa_outputs", "pooler")   # modules behind the last layer
DEEPEST = 60   # dots in a name
LISTED = 6     # modules that a message names
MANY = 1000    # tensors beside factors, at most


@dataclass(frozen=True)
class Factors:
    """The two factors for ``x @ W``: ``a`` (inputs, rank), ``b`` (rank, outputs); what they add is a @ b * scale."""

    a: np.ndarray
    b: np.ndarray
    scale: float


@dataclass
class Adapter:
    """A LoRA adapter that was read. ``rank`` and ``alpha`` hold where no pattern fits a module's name."""

    path: Path
    store: Store
    modules: dict[str, dict[str, str]]  # module -> "A", "B" -> name of the tensor
    others: tuple[str, ...]             # tensors that are no factors
    rank: int | None
    alpha: float
    root: bool                          # rsLoRA, which divides by the rank's root
    turned: bool                        # fan_in_fan_out
    ranks: Mapping[Pattern, float] = field(default_factory=dict)
    alphas: Mapping[Pattern, float] = field(default_factory=dict)

    @cached_property
    def _ends(self) -> Ends:
        return Ends(self.modules)

    def module(self, name: str) -> str | None:
        """The adapter's own name of a module that the base calls ``name``. Raises DataError if it may be several."""
        if name in self.modules:
            return name
        near = self._ends.near(name)
        if len(near) > 1:
            raise DataError(f"{name!r} may be several of the modules that {self.path} changes: {some(near, LISTED)}")
        return near[0] if near else None

    def _of(self, module: str, numbers: Mapping[Pattern, float], usual: float | None) -> float | None:
        """The number of the first pattern that fits a module, or the usual one."""
        for pattern, number in numbers.items():
            try:
                if pattern.fits(module):
                    return number
            except ValueError as error:
                raise DataError(f"{self.path}: whether {pattern.text!r} stands for {module} cannot be told: {error}"
                                ) from None
        return usual

    def factors(self, module: str) -> Factors:
        """Raises DataError, naming those that there are, for a module that is not adapted."""
        own = self.module(module)
        if own is None:
            raise DataError(f"the adapter {self.path} changes no {module!r}; it changes {some(self.modules, LISTED)}")
        beside = next((name for name in self.others if f".{own}." in f".{name}"), None)
        if beside:
            raise DataError(f"{self.path} holds {beside} beside the factors of {own}, which is not known here")
        sizes = [self.store.shape(self.modules[own][letter]) for letter in "AB"]
        if [len(size) for size in sizes] != [2, 2] or sizes[0][0] != sizes[1][1]:
            raise DataError(f"{self.path}: the factors of {own} are {sizes[0]} and {sizes[1]}, which do not meet")
        if 0 in (*sizes[0], *sizes[1]):
            raise DataError(f"{self.path}: the factors of {own} are empty: {sizes[0]} and {sizes[1]}")
        rank = self._of(own, self.ranks, self.rank or sizes[0][0])
        if rank != sizes[0][0]:
            raise DataError(f"{self.path}: the factors of {own} have the rank {sizes[0][0]}, and its configuration "
                            f"says {rank:g}")
        for letter in "AB":
            require_floats(self.store, self.modules[own][letter], self.path)
        a, b = (self.store.read(self.modules[own][letter]).T for letter in "AB")
        alpha = self._of(own, self.alphas, self.alpha)
        assert alpha is not None  # PEFT has one for modules without their own
        scale = alpha / (math.sqrt(rank) if self.root else rank)
        return Factors(np.ascontiguousarray(a), np.ascontiguousarray(b), scale)

    def of_head(self, model: Model, layer: int, head: int, part: str) -> Factors | None:
        """The factors that change a head's ``q``, ``k``, ``v`` or ``o``, or None."""
        if part == "o":
            name, at = "o", slice(head * model.head_size, (head + 1) * model.head_size)
        else:
            name, at = model.columns(part, head)
        module = model.module(layer, name)
        if self.module(module) is None:
            return None
        factors = self.factors(module)
        shape = model.store.shape(f"{model.name(layer, name)}.weight")
        shape = shape if model.family == "gpt2" else shape[::-1]
        if (factors.a.shape[0], factors.b.shape[1]) != shape:
            raise DataError(f"{module} is {shape[1]} x {shape[0]} in {model.path}, and the factors in {self.path} are "
                            f"for {factors.b.shape[1]} x {factors.a.shape[0]}")
        return Factors(factors.a[at], factors.b, factors.scale) if part == "o" else \
            Factors(factors.a, np.ascontiguousarray(factors.b[:, at]), factors.scale)

    def check_layer(self, model: Model, layer: int) -> None:
        """Raise DataError if the adapter holds more than factors for a layer's attention, or nothing for the model."""
        starts = [model.module(layer, "o" if model.family != "gpt2" else "fused").rpartition(".")[0]]
        starts += [model.module(layer, "norm")] if model.family != "bert" else []  # what a head reads goes through it
        beside = next((name for name in self.others for start in starts if f".{start}." in f".{name}"), None)
        if beside:
            raise DataError(f"{self.path} holds {beside}, which is not known here")
        names = [model.module(at, part) for at in range(model.layers) for part in model.linears]
        if not any(self.module(name) for name in names):
            raise DataError(f"the adapter {self.path} changes nothing in the layers of {model.path}; it changes "
                            f"{some(self.modules, LISTED)}")

    def attach(self, net, passed: Callable[[str], bool] | None = None) -> list:
        """Hooks that add to the outputs of a PyTorch model's modules what the adapter adds; the caller removes them.
        ``passed``: says of a module that the model lacks whether nothing goes through it here.

        Raises DataError where it changes something in another way, or a module that the model does not have.
        """
        import torch

        beside = next((name for name in self.others if not any(f".{part}." in f".{name}" for part in OUTPUTS)), None)
        if beside:
            raise DataError(f"{self.path} holds {beside}, which a text cannot go through here: give activations")
        parts = {name: part for name, part in net.named_modules() if isinstance(getattr(part, "weight", None),
                                                                                torch.Tensor)}
        adapted: list[tuple] = []  # modules with their factors as tensors
        ends = Ends(parts)
        for own in self.modules:
            near = ends.near(own)
            if not near and (own.rpartition(".")[2] in OUTPUTS or passed and passed(own)):
                continue
            if len(near) != 1:
                raise DataError(f"the adapter {self.path} changes {own}, of which the model has {len(near)}")
            factors, part = self.factors(own), parts[near[0]]
            shape = (factors.b.shape[1], factors.a.shape[0])
            if tuple(part.weight.shape) not in (shape, shape[::-1]):
                raise DataError(f"{near[0]} is {' x '.join(map(str, part.weight.shape))} in the model, and the factors "
                                f"in {self.path} are for {shape[0]} x {shape[1]}")
            if any(part is other for other, *_ in adapted):
                raise DataError(f"the adapter {self.path} changes {near[0]} twice, by several names")
            adapted.append((part, *(torch.from_numpy(x).to(part.weight)
                                    for x in (factors.a, factors.b * factors.scale))))
        return [part.register_forward_hook(lambda module, args, out, a=a, b=b: out + args[0] @ a @ b)
                for part, a, b in adapted]


class Ends:
    """Names by their ends, since what one file calls ``a.b.c`` may be ``b.c`` in another, or ``base.a.b.c``."""

    def __init__(self, names: Iterable[str]):
        self._names = frozenset(names)
        self._by_end: dict[str, list[str]] = {}
        for name in names:
            for end in _ends(name):
                self._by_end.setdefault(end, []).append(name)

    def near(self, name: str) -> list[str]:
        """The names that ``name`` may stand for: itself, those that end in it, and those that it ends in."""
        return [own for own in (name, *_ends(name)) if own in self._names] + self._by_end.get(name, [])


def _ends(name: str) -> list[str]:
    """What stands behind each dot of a name, if it is no longer than names of modules are."""
    return [] if len(name) > LONGEST_NAME else [name[at + 1:] for at, letter in enumerate(name) if letter == "."]


def open_adapter(path: str | os.PathLike) -> Adapter:
    """Raises DataError for a folder that holds no LoRA adapter, and for one that does more than add B @ A."""
    path = checkpoint_path(path, "an adapter is a folder")
    path = path.parent if path.is_file() else path
    try:
        config = read_json(path / "adapter_config.json")
    except FileNotFoundError as error:
        raise DataError(f"{path} holds no adapter: its adapter_config.json cannot be read ({error.strerror})") from None
    about = Metadata(config, str(path), harmless=HARMLESS, prefixes=("_", "unsloth"))
    settings = _config(about)
    store = open_store(path)
    modules: dict[str, dict[str, str]] = {}
    others, names = [], set()
    for name in store.shapes:
        if len(name) > LONGEST_NAME or name.count(".") > DEEPEST:
            raise DataError(f"{store.path} holds {name[:60]!r}…, a longer name than any module has")
        match = _FACTOR.fullmatch(name)
        if match is None:
            others.append(name)
            continue
        modules.setdefault(match[1], {})[match[2]] = name
        names.add(match[3] or "default")
    if not modules:
        raise DataError(f"{store.path} holds no factors lora_A and lora_B; its tensors are "
                        f"{', '.join([*store.shapes][:3])}")
    if len(others) > MANY:
        raise DataError(f"{store.path} holds {len(others):,} tensors beside factors, such as {others[0]}, which is not "
                        "known here")
    if len(names) > 1:
        raise DataError(f"{store.path} holds several adapters: {', '.join(sorted(names))}; save the one alone")
    half = next((module for module, parts in modules.items() if len(parts) < 2), None)
    if half:
        raise DataError(f"{store.path} holds {' and '.join(modules[half].values())}, and not the other factor of it")
    return Adapter(path, store, modules, tuple(others), **settings)


def _config(about: Metadata) -> dict[str, Any]:
    """What an adapter's configuration says, by fields of ``Adapter``. Raises DataError for what is not plain LoRA."""
    kind = about.take("peft_type", "LORA")
    if kind != "LORA":
        raise DataError(f"{about.name} is an adapter of the type {kind}; only plain LoRA is known")
    if about.take("use_dora"):
        raise DataError(f"{about.name} is an adapter of the type LORA with DoRA (use_dora), which scales the sum of "
                        "both weights; only plain LoRA is known")
    start = about.take("init_lora_weights", True)
    if not any(start is known or (isinstance(start, str) and start == known) for known in PLAIN_STARTS):
        raise about.refusal("init_lora_weights", "changes the base's weights, which no file holds; convert the adapter "
                                                 "with PEFT (path_initial_model_for_weight_conversion)")
    bias = about.take("bias", "none")
    if bias != "none":
        raise about.refusal("bias", "changes biases of the base, which is not known here")
    if about.take("lora_bias", False) not in (False,):
        raise about.refusal("lora_bias", "adds a bias of its own, which is not known here")
    about.only("use_qalora", False)
    for key in ("layer_replication", "target_parameters", "trainable_token_indices"):
        about.only(key, [], {})
    settings = dict(rank=about.take("r"), alpha=float(about.needed("lora_alpha")), root=about.take("use_rslora", False),
                    turned=about.take("fan_in_fan_out", False), ranks=_patterns(about, "rank_pattern", RANK),
                    alphas=_patterns(about, "alpha_pattern", SCALE))
    about.close()
    return settings


def _patterns(about: Metadata, key: str, rule) -> dict[Pattern, float]:
    """Numbers by what the names of their modules are like."""
    patterns = about.inner(key, f"its configuration's {key}")
    out: dict[Pattern, float] = {}
    for text in patterns.values:
        number = patterns.number(text, rule=rule)
        assert number is not None  # it is there
        try:
            out[Pattern(text)] = number
        except ValueError as error:
            raise about.refusal(key, f"holds {text[:60]!r}, which is no regular expression that is known here: {error}"
                                ) from None
    return out
