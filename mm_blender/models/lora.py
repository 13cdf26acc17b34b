"""What a LoRA adapter does to a weight, as an expression: its factors, their sum with the weight, rows through it."""
from __future__ import annotations

import operator
import os

import numpy as np

from ..data.container import some, Store
from ..data.files import read_json
from ..data.tensors import open_store
from ..errors import DataError, ParameterError
from ..plain import said
from ..values import given
from ..visualization import Visualization, visualize
from .adapters import Ends, LISTED, open_adapter
from .checkpoints import checkpoint_path
from .loaded import is_loaded, ModelStore
from .metadata import exact
from .model_config import check_no_code, check_plain
from .transformer import require_floats

FORMS = ("sum", "delta", "applied")
TURNED_TYPES = ("gpt2", "openai-gpt", "imagegpt", "decision_transformer", "ctrl")  # whose weights are (inputs, outputs)


def lora(adapter: str | os.PathLike, base=None, module: str | None = None, *, form: str = "sum", x=None,
         rows: slice | int | None = None, cols: slice | int | None = None, **options) -> Visualization:
    """What a LoRA adapter does to a weight, at its true rank.

    adapter: its folder. base: the checkpoint that it adapts (a folder, a file or a loaded model), for the forms with
        ``W``. module: the name of the weight's module, such as ``model.layers.3.self_attn.q_proj`` (or the end of it);
        not needed if there is only one.
    form: ``delta``, ``dW = B @ A * scale``; ``sum``, ``W_new = B @ A * scale + W``, where W is added as data;
        ``applied``, ``y = x @ W_new.T`` for rows ``x`` (n, inputs) that are given (or random).
    rows, cols: a slice of the weight's outputs and inputs, or how many of the first.
    options: of ``visualize``.

    Adapters that do more than add B @ A (DoRA, biases, PiSSA and its kin) are refused by name. Raises an MMError.
    """
    given.refuse_data(options, "the adapter's and the base's")
    if not isinstance(form, str) or form not in FORMS:
        raise ParameterError(f"there is no form {said(form)}; known are {', '.join(FORMS)}")
    opened = open_adapter(adapter)
    if module is not None and not isinstance(module, str):
        raise ParameterError(f"module is the name of a weight's module, not {said(module)}")
    if module is None:
        if len(opened.modules) > 1:
            raise ParameterError(f"the adapter changes {len(opened.modules)} modules; say which: "
                                 f"{some(opened.modules, LISTED)}")
        module, = opened.modules
    factors = opened.factors(module)
    rows, cols = _slice(rows, "rows"), _slice(cols, "cols")
    a, b = factors.a.T[:, cols], factors.b.T[rows]
    data = {"A": a, "B": b}
    product = f"B @ A * {exact(factors.scale)}"
    if form == "delta":
        return visualize(f"dW = {product}", data, **options)
    if base is None:
        raise ParameterError(f"the form {form} needs base, the checkpoint that the adapter changes")
    store, kind = _base(base)
    changed = opened.module(module)
    assert changed is not None  # else it had no factors
    w = _base_weight(store, changed, opened.turned if kind is None else kind in TURNED_TYPES)
    if w.shape != (factors.b.shape[1], factors.a.shape[0]):
        raise DataError(f"{module} is {w.shape[0]} x {w.shape[1]} in {store.path}, and the adapter's factors are for "
                        f"{factors.b.shape[1]} x {factors.a.shape[0]}")
    data["W"] = w[rows, cols]
    if form == "sum":
        return visualize(f"W_new = {product} + W", data, **options)
    if x is not None:
        data["x"] = x
    return visualize(f"y = x @ (W_new = A.T @ B.T * {exact(factors.scale)} + W.T)", data, **options)


def _slice(part, what: str) -> slice:
    """What ``rows`` or ``cols`` of ``lora`` stand for. Raises ParameterError."""
    if part is None or isinstance(part, slice):
        return part or slice(None)
    try:
        count = -1 if isinstance(part, (bool, np.bool_)) else operator.index(part)
    except Exception:  # noqa: BLE001  whatever an object answers that is no number
        count = -1
    if count < 1:
        raise ParameterError(f"{what} is a slice, or how many of the first, 1 or more, not {said(part)}")
    return slice(None, count)


def _base(base) -> tuple[Store, str | None]:
    """The base's weights, and its type if a configuration tells, by which PEFT knows which way its weights lie."""
    if is_loaded(base):
        loaded = ModelStore(base)
        return loaded, loaded.config.get("model_type")
    store = open_store(checkpoint_path(base))
    config = store.path.parent / "config.json"
    if not config.is_file():
        return store, None
    about = read_json(config)
    check_plain(about, str(base))
    check_no_code(about, str(base))
    return store, about.get("model_type")


def _base_weight(store: Store, module: str, transposed: bool) -> np.ndarray:
    """(outputs, inputs). The adapter's names may have a prefix that the checkpoint's lack, or the other way round."""
    names = Ends(store.shapes).near(f"{module}.weight")
    names = [name for name in names if name == f"{module}.weight"] or names
    if len(names) > 1:
        raise DataError(f"{module} may be several tensors of {store.path}: {some(names, LISTED)}")
    name = names[0] if names else f"{module}.weight"
    store.require(name)
    require_floats(store, name, store.path)
    w = store.read(name)
    return np.ascontiguousarray(w.T) if transposed else w
