"""Epilogs: what is done to a product after it is computed.

An epilog is a chain of steps, innermost first, written around ``x``: ``softmax(tril(x/sqrt(k)))``. ``k`` is the
inner dimension of the matmul it stands on. The reference's fourteen names are such chains (``relu`` is short for
``relu(x)``). ``softmax`` is by row; ``layernorm``, as in the reference, is over the whole matrix, and
``layernorm_rows`` by row as in PyTorch (eps 1e-5, no affine part). ``tril`` and ``triu`` directly inside a softmax
mask with minus infinity (causal attention); anywhere else they put zeros.
"""
from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

Scalar = tuple  # ("num", 2.0) | ("k",) | ("sqrt", Scalar) | ("mul" or "div", Scalar, Scalar)
LAYERNORM_EPS = 1e-5


@dataclass(frozen=True)
class Step:
    """One step: a function of ``FUNCTIONS``, or ``mul``, ``div`` by ``scalar``, or ``square``."""

    name: str
    scalar: Scalar | None = None


Chain = tuple[Step, ...]


def gelu(x: np.ndarray) -> np.ndarray:
    """x * Phi(x), with erf by Abramowitz and Stegun 7.1.26 (error below 1.5e-7), as in the reference."""
    z = np.abs(x) / math.sqrt(2)
    t = 1 / (1 + 0.3275911 * z)
    poly = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t
    return x * (1 + np.sign(x) * (1 - poly * np.exp(-z * z))) / 2


def sigmoid(x: np.ndarray) -> np.ndarray:
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def softmax(x: np.ndarray) -> np.ndarray:
    """Softmax of each row. A row that is masked throughout becomes zeros; a NaN stays in its row."""
    top = x.max(1, keepdims=True)
    e = np.exp(x - np.where(np.isneginf(top), 0, top))
    total = e.sum(1, keepdims=True)
    return np.divide(e, total, out=np.zeros_like(e), where=total != 0)


def layernorm(x: np.ndarray, axis: int | None = None) -> np.ndarray:
    """Zero mean and unit variance over the whole matrix (``axis=None``) or along ``axis``."""
    wide = x.astype(np.float64)
    out = (wide - wide.mean(axis, keepdims=True)) / np.sqrt(wide.var(axis, keepdims=True) + LAYERNORM_EPS)
    return out.astype(x.dtype)


FUNCTIONS = {
    "relu": lambda x: np.maximum(x, 0),
    "gelu": gelu,
    "sigmoid": sigmoid,
    "silu": lambda x: x * sigmoid(x),
    "tanh": np.tanh,
    "softmax": softmax,
    "layernorm": layernorm,
    "layernorm_rows": lambda x: layernorm(x, axis=1),
    "tril": np.tril,
    "triu": np.triu,
}
POINTWISE = ("relu", "gelu", "sigmoid", "silu", "tanh", "square", "mul", "div")

SQRT_K: Scalar = ("sqrt", ("k",))
_REFERENCE: dict[str, Chain] = {
    "none": (),
    **{name: (Step(name),) for name in ("relu", "gelu", "sigmoid", "silu", "tanh", "layernorm", "softmax")},
    "softmax(x/sqrt(k))": (Step("div", SQRT_K), Step("softmax")),
    "softmax(tril(x/sqrt(k)))": (Step("div", SQRT_K), Step("tril"), Step("softmax")),
    "softmax(tril(x/8))": (Step("div", ("num", 8.0)), Step("tril"), Step("softmax")),
    "x/k": (Step("div", ("k",)),),
    "x/sqrt(k)": (Step("div", SQRT_K),),
    "x**2": (Step("square"),),
}
REFERENCE_NAMES = tuple(_REFERENCE)


def reference_chain(name: str) -> Chain:
    """The chain behind one of the reference's names (KeyError for any other)."""
    return _REFERENCE[name]


def reference_name(chain: Chain) -> str | None:
    """The reference's name for ``chain``, or None where it has none."""
    return next((name for name, known in _REFERENCE.items() if known == chain), None)


def apply(chain: Chain, x: np.ndarray, k: int | None) -> np.ndarray:
    """``chain`` applied to ``x`` (h, w); ``k`` is the matmul's inner dimension (None on a leaf). Same dtype."""
    for at, step in enumerate(chain):
        if step.name in ("mul", "div"):
            value = x.dtype.type(evaluate(step.scalar, k))
            x = x * value if step.name == "mul" else x / value
        elif step.name == "square":
            x = x * x
        elif step.name in ("tril", "triu") and at + 1 < len(chain) and chain[at + 1].name == "softmax":
            keep = np.tri(*x.shape, k=0 if step.name == "tril" else -1, dtype=bool)
            x = np.where(keep if step.name == "tril" else ~keep, x, x.dtype.type(-np.inf))
        else:
            x = FUNCTIONS[step.name](x)
    return x


def evaluate(scalar: Scalar, k: int | None) -> float:
    """The number that ``scalar`` stands for where the inner dimension is ``k``."""
    kind, *parts = scalar
    if kind == "num":
        return parts[0]
    if kind == "k":
        return float(k)
    values = [evaluate(part, k) for part in parts]
    if kind == "sqrt":
        return math.sqrt(values[0])
    return values[0] * values[1] if kind == "mul" else values[0] / values[1]


def uses_k(scalar: Scalar | None) -> bool:
    return scalar is not None and (scalar[0] == "k" or any(uses_k(s) for s in scalar[1:] if isinstance(s, tuple)))


def scalar_text(scalar: Scalar) -> str:
    kind, *parts = scalar
    if kind == "num":
        return repr(int(parts[0]) if parts[0].is_integer() and abs(parts[0]) < 1e15 else parts[0])
    if kind == "k":
        return "k"
    if kind == "sqrt":
        return f"sqrt({scalar_text(parts[0])})"
    return f"({scalar_text(parts[0])}{'*' if kind == 'mul' else '/'}{scalar_text(parts[1])})"


def chain_text(chain: Chain, x: str = "x") -> str:
    """``chain`` as text around ``x``; ``expression.parse_epilog`` reads it back."""
    for step in chain:
        if step.name in ("mul", "div"):
            # spaced, since a name may go on with "/8/"
            x = f"{x} {'*' if step.name == 'mul' else '/'} {scalar_text(step.scalar)}"
        elif step.name == "square":
            x = f"({x})**2"
        else:
            x = f"{step.name}({x})"
    return x
