"""Epilogs: what is done to a product after it is computed.

An epilog is a chain of steps, innermost first, written around ``x``: ``softmax(tril(x/sqrt(k)))``. ``k`` is the
inner dimension of the matmul it stands on. The reference's fourteen names are such chains (``relu`` is short for
``relu(x)``). ``softmax`` is by row; ``layernorm``, as in the reference, is over the whole matrix, and
``layernorm_rows`` by row as in PyTorch (no affine part), as is ``rmsnorm``; their eps may stand behind a comma.
``tril`` and ``triu`` directly inside a softmax mask with minus infinity (causal attention); anywhere else they put
zeros. ``gelu_tanh`` is GPT-2's gelu.

``x + b`` and ``x * g`` add or multiply, element by element, a matrix that goes by its name (``Step.matrix``): (h, w),
or a row (1, w) or column (h, 1) that is repeated. It is data and not drawn.

``rope(x, theta, offset, factor)`` turns the rows as rotary position embeddings do, in the layout of Hugging Face's
Llama (column i and column i + w/2 are a pair): row p by the angles (p + offset) / factor / theta^(2i/w); by default
theta is 10000, offset 0, factor 1. Three more numbers (low and high frequency factors, original length) scale as
Llama 3 does. ``rope_cols`` turns the columns, for keys that stand transposed, as ``rmsnorm_cols`` normalises them.
Source: transformers, ``modeling_llama.py``, ``modeling_rope_utils.py``.
"""
from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .errors import ShapeError

Scalar = tuple  # ("num", 2.0) | ("k",) | ("sqrt", Scalar) | ("mul" or "div", Scalar, Scalar)
LAYERNORM_EPS = 1e-5
MASKED_ROWS = 128  # of which a masked softmax is worked out at a time
GELU_TANH = (math.sqrt(2 / math.pi), 0.044715)


@dataclass(frozen=True)
class Step:
    """One step: a function of ``FUNCTIONS`` (with ``numbers`` of its own), ``mul``, ``div`` or ``add`` with ``scalar``,
    ``mul`` or ``add`` with the matrix of that name, or ``square``."""

    name: str
    scalar: Scalar | None = None
    matrix: str | None = None
    numbers: tuple[float, ...] = ()


Chain = tuple[Step, ...]
Named = Callable[[str, int, int], np.ndarray]  # name, h, w -> a matrix that is (h, w) or can be repeated to it


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
    e = x - np.where(np.isneginf(top), x.dtype.type(0), top)
    np.exp(e, out=e)
    total = e.sum(1, keepdims=True)
    total[total == 0] = 1
    e /= total
    return e


def masked_softmax(x: np.ndarray, lower: bool, first: int = 0) -> np.ndarray:
    """Softmax of each row over its lower triangle, the diagonal included, or its upper one; ``first``: which row of
    its matrix the first one of ``x`` is. The rest is zero, and half of it is not worked on."""
    h, w = x.shape
    out = np.zeros_like(x)
    for start in range(0, h, MASKED_ROWS):
        end = min(start + MASKED_ROWS, h)
        kept = slice(0, min(max(end + first, 0), w)) if lower else slice(min(max(start + first, 0), w), w)
        part = x[start:end, kept]
        if part.size:
            keep = np.tri(*part.shape, k=start + first - kept.start - (not lower), dtype=bool)
            out[start:end, kept] = found = softmax(np.where(keep == lower, part, x.dtype.type(-np.inf)))
            out[start:end][np.isnan(found[:, 0])] = np.nan  # all of a row or nothing, as in PyTorch
    return out


def layernorm(x: np.ndarray, axis: int | None = None, eps: float = LAYERNORM_EPS) -> np.ndarray:
    """Zero mean and unit variance over the whole matrix (``axis=None``) or along ``axis``."""
    wide = x.astype(np.float64)
    out = (wide - wide.mean(axis, keepdims=True)) / np.sqrt(wide.var(axis, keepdims=True) + eps)
    return out.astype(x.dtype)


def rmsnorm(x: np.ndarray, eps: float = LAYERNORM_EPS) -> np.ndarray:
    """Every row divided by the root of its mean square."""
    wide = x.astype(np.float64)
    return (wide / np.sqrt((wide * wide).mean(1, keepdims=True) + eps)).astype(x.dtype)


def rope(x: np.ndarray, theta: float = 10000.0, offset: float = 0.0, factor: float = 1.0,
         *llama3: float) -> np.ndarray:
    """Rotary position embedding of each row. Raises ShapeError for an odd number of columns."""
    h, w = x.shape
    if w % 2:
        raise ShapeError(f"rope turns pairs of columns, and there are {w}; their number must be even")
    speed = theta ** (-np.arange(0, w, 2) / w)
    if llama3:  # slow pairs are slowed by the factor, fast ones not at all
        low, high, length = llama3
        share = np.clip((length * speed / (2 * np.pi) - low) / (high - low), 0, 1)
        speed = speed * (share + (1 - share) / factor)
    else:
        speed = speed / factor
    angle = np.outer(np.arange(h) + offset, speed)
    cos, sin, (a, b) = np.cos(angle), np.sin(angle), np.split(x.astype(np.float64), 2, axis=1)
    return np.concatenate([a * cos - b * sin, b * cos + a * sin], axis=1).astype(x.dtype)


def gelu_tanh(x: np.ndarray) -> np.ndarray:
    """The approximation of gelu by a tanh that GPT-2 uses."""
    return x * (1 + np.tanh(GELU_TANH[0] * (x + GELU_TANH[1] * x * x * x))) / 2


FUNCTIONS = {
    "relu": lambda x: np.maximum(x, 0),
    "gelu": gelu,
    "gelu_tanh": gelu_tanh,
    "sigmoid": sigmoid,
    "silu": lambda x: x * sigmoid(x),
    "tanh": np.tanh,
    "softmax": softmax,
    "layernorm": lambda x, *eps: layernorm(x, None, *eps),
    "layernorm_rows": lambda x, *eps: layernorm(x, 1, *eps),
    "rmsnorm": rmsnorm,
    "rmsnorm_cols": lambda x, *eps: rmsnorm(x.T, *eps).T,
    "tril": np.tril,
    "triu": np.triu,
    "rope": rope,
    "rope_cols": lambda x, *numbers: rope(x.T, *numbers).T,
}
# how many numbers may follow x
NUMBERS = {"layernorm": 1, "layernorm_rows": 1, "rmsnorm": 1, "rmsnorm_cols": 1, "rope": 6, "rope_cols": 6}
POINTWISE = ("relu", "gelu", "gelu_tanh", "sigmoid", "silu", "tanh", "square", "mul", "div", "add")

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


def is_pointwise(step: Step) -> bool:
    """Whether ``step`` treats every element by itself, wherever it stands."""
    return step.name in POINTWISE and step.matrix is None


def has_nodes(chain: Chain) -> bool:
    """Whether Blender's node groups can apply ``chain`` while a sweep adds up; named matrices and rope they cannot."""
    return not any(step.matrix or step.name in ("rope", "rope_cols", "rmsnorm_cols") for step in chain)


def matrices(chain: Chain) -> tuple[str, ...]:
    """The names of the matrices that ``chain`` adds or multiplies with."""
    return tuple(dict.fromkeys(step.matrix for step in chain if step.matrix))


def numbers_fault(name: str, numbers: tuple[float, ...]) -> str | None:
    """What is wrong with the numbers of a function, or None."""
    if name.startswith("rope"):
        if any(number <= 0 for number in (numbers[:1] + numbers[2:])) or len(numbers) in (4, 5):
            return (f"{name} takes (x, theta, offset, factor), where theta and factor are above 0, and, to scale as "
                    "Llama 3 does, three more: (…, low, high, length)")
    elif any(number < 0 for number in numbers):
        return f"the number of {name} is its eps, which is not negative"
    return None


def apply(chain: Chain, x: np.ndarray, k: int | None, named: Named | None = None, first: int = 0) -> np.ndarray:
    """``chain`` applied to ``x`` (h, w); ``k`` is the matmul's inner dimension (None on a leaf), ``named`` gives the
    matrices that go by their names, ``first``: which row of its matrix the first one of ``x`` is. Same dtype."""
    masked = False  # whether the softmax at hand was applied with its mask
    for at, step in enumerate(chain):
        if masked:
            masked = False
        elif step.name in ("mul", "div", "add"):
            value = named(step.matrix, *x.shape).astype(x.dtype) if step.matrix else \
                x.dtype.type(evaluate(step.scalar, k))
            x = x * value if step.name == "mul" else x / value if step.name == "div" else x + value
        elif step.name == "square":
            x = x * x
        elif step.name in ("tril", "triu") and at + 1 < len(chain) and chain[at + 1].name == "softmax":
            x, masked = masked_softmax(x, step.name == "tril", first), True
        elif step.name in ("tril", "triu"):
            x = FUNCTIONS[step.name](x, first)
        elif step.name == "rope" and first:
            theta, offset, *more = (*step.numbers, *(10000.0, 0.0)[len(step.numbers):])
            x = rope(x, theta, offset + first, *more)
        else:
            x = FUNCTIONS[step.name](x, *step.numbers)
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
        return _number_text(parts[0])
    if kind == "k":
        return "k"
    if kind == "sqrt":
        return f"sqrt({scalar_text(parts[0])})"
    return f"({scalar_text(parts[0])}{'*' if kind == 'mul' else '/'}{scalar_text(parts[1])})"


def _number_text(number: float) -> str:
    return repr(int(number) if number.is_integer() and abs(number) < 1e15 else number)


def chain_text(chain: Chain, x: str = "x") -> str:
    """``chain`` as text around ``x``; ``expression.parse_epilog`` reads it back."""
    summed = False  # whether a sum stands outermost, which a factor has to put into parentheses
    for step in chain:
        if step.name in ("mul", "div"):
            # spaced, since a name may go on with "/8/"
            x = f"({x})" if summed else x
            x = f"{x} {'*' if step.name == 'mul' else '/'} {step.matrix or scalar_text(step.scalar)}"
        elif step.name == "add":
            x = f"{x} + {step.matrix or scalar_text(step.scalar)}"
        elif step.name == "square":
            x = f"({x})**2"
        else:
            x = f"{step.name}({', '.join([x, *map(_number_text, step.numbers)])})"
        summed = step.name == "add"
    return x
