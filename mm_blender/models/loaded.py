"""Models that are loaded already: one of transformers' stands for its folder. torch is imported by whoever gave it."""
from __future__ import annotations

from typing import Any

import numpy as np

from ..data.addresses import Index
from ..data.container import Store
from ..data.foreign_arrays import of_torch
from ..errors import DataError
from ..plain import asking


def is_loaded(x) -> bool:
    """Whether ``x`` is a model and no path. Raises DataError for an object that leads to one, and for a module whose
    configuration nobody knows."""
    with asking(x, "the checkpoint"):
        return _is_model(x)


def _is_model(x) -> bool:
    if isinstance(x, (str, bytes)) or hasattr(x, "__fspath__"):
        return False
    if hasattr(x, "model") and hasattr(x, "tokenizer") and not hasattr(x, "state_dict"):
        raise DataError(f"a checkpoint is a folder, a file or a loaded model, not {type(x).__name__}: give its .model")
    if not callable(getattr(x, "state_dict", None)):
        return False
    if hasattr(x, "peft_config") or getattr(x, "_hf_peft_config_loaded", False):
        raise DataError(f"the loaded {type(x).__name__} has an adapter in it; give the model without it, and the "
                        "adapter's folder as adapter=, or what merge_and_unload() gives")
    if not callable(getattr(getattr(x, "config", None), "to_dict", None)):
        raise DataError(f"the loaded {type(x).__name__} has no configuration of transformers, which tells what its "
                        "heads do; mm.trace(model, inputs).find(…).pick(head=…) shows what it computes")
    return True


class ModelStore(Store):
    """The weights of a loaded model by their names; ``config`` is its configuration, ``net`` itself."""

    path: Any  # words: it lies in no file

    def __init__(self, net: Any):
        self.net = net
        self.path = f"the loaded {type(net).__name__}"
        self.config = net.config.to_dict()
        self._tensors = net.state_dict()
        odd = next((name for name, x in self._tensors.items() if not hasattr(x, "shape")), None)
        if odd:
            raise DataError(f"{self.path} holds {odd}, which is no tensor, as quantized modules do: give the model in "
                            "floating-point numbers")
        self.shapes = {name: tuple(x.shape) for name, x in self._tensors.items()}

    def kind(self, name: str) -> str:
        """See ``Store.kind``."""
        return str(self._tensors[name].dtype).removeprefix("torch.")

    def _take(self, name: str, index: Index) -> np.ndarray:
        return of_torch(self._tensors[name][index], self.label(name))
