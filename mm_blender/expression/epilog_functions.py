"""The functions of epilogs, on matrices: activations, softmax, norms and rotary embeddings.

Source: transformers, ``modeling_llama.py``, ``modeling_rope_utils.py``, for ``rope``.
"""
from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import ShapeError

LAYERNORM_EPS = 1e-5
MASKED_ROWS = 128  # of which a masked softmax is worked out at a time
GELU_TANH = (math.sqrt(2 / math.pi), 0.044715)
TERMS = 18         # of the polynomial behind gelu, which is then right to a few in 10^12
DUST = 2.0 ** -42  # relative to a mean, deviations that are but the rounding of float64 sums


def _tail_terms() -> tuple[float, ...]:
    """Coefficients, the highest power first, of log(erfc(z) / t) + z^2 as a polynomial in t = 2 / (2 + z).

    It is smooth from z = 0 to infinity, where it is log(1 / (2 sqrt(pi))).
    """
    t = (np.cos(np.pi * (np.arange(TERMS) + 0.5) / TERMS) + 1) / 2
    z = 2 / t - 2
    near = [math.log(math.erfc(each)) + each * each if each < 25 else  # beyond, erfc is too small for a float
            math.log1p(-0.5 / each ** 2 + 0.75 / each ** 4 - 1.875 / each ** 6) - math.log(each * math.sqrt(math.pi))
            for each in z.tolist()]
    chebyshev: Any = np.polynomial.chebyshev.Chebyshev  # which numpy has no annotations for
    fit = chebyshev.fit(t, np.array(near) - np.log(t), TERMS - 1, domain=[0, 1])
    return tuple(fit.convert(kind=np.polynomial.Polynomial, domain=[-1, 1], window=[-1, 1]).coef[::-1].tolist())


_TAIL = _tail_terms()


def gelu(x: np.ndarray) -> np.ndarray:
    """x times the share of a normal distribution below x, right to float32's last digit wherever that is."""
    z = np.abs(x) * math.sqrt(0.5)
    t = 2 / (2 + z)
    power = np.full_like(t, _TAIL[0])
    for term in _TAIL[1:]:
        power *= t
        power += term
    tail = t * np.exp(power - z * z) / 2
    return _gated(x, np.where(x > 0, 1 - tail, tail))


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)), which does not overflow."""
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def silu(x: np.ndarray) -> np.ndarray:
    """The product of x and its sigmoid."""
    return _gated(x, sigmoid(x))


def _gated(x: np.ndarray, gate: np.ndarray) -> np.ndarray:
    """x times a gate that falls faster than x grows: 0 at minus infinity."""
    return np.maximum(x, np.finfo(x.dtype).min) * gate


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
            keep = np.tri(end - start, kept.stop - kept.start, start + first - kept.start - (not lower), dtype=bool)
            out[start:end, kept] = found = softmax(np.where(keep == lower, part, x.dtype.type(-np.inf)))
            out[start:end][np.isnan(found[:, 0])] = np.nan  # all of a row or nothing, as in PyTorch
    return out


def layernorm(x: np.ndarray, axis: int | None = None, eps: float = LAYERNORM_EPS) -> np.ndarray:
    """Zero mean and unit variance over the whole matrix (``axis=None``) or along ``axis``."""
    wide = x.astype(np.float64)
    mean = wide.mean(axis, keepdims=True)
    mean = mean + (wide - mean).mean(axis, keepdims=True)  # of what is constant it is then just that, not next to it
    centred = wide - mean
    variance = (centred * centred).mean(axis, keepdims=True)
    scale = np.sqrt(variance + eps)
    scale[variance <= (DUST * mean) ** 2] = np.inf
    return (centred / scale).astype(x.dtype)


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
    angle = np.outer(np.arange(h) + offset, rope_speeds(w, theta, factor, *llama3))
    cos, sin, (a, b) = np.cos(angle), np.sin(angle), np.split(x.astype(np.float64), 2, axis=1)
    return np.concatenate([a * cos - b * sin, b * cos + a * sin], axis=1).astype(x.dtype)


def rope_speeds(w: int, theta: float, factor: float = 1.0, *llama3: float) -> np.ndarray:
    """By how much each pair of columns turns from one row to the next, in radians, (w / 2,)."""
    speed = theta ** (-np.arange(0, w, 2) / w)
    if not llama3:
        return speed / factor
    low, high, length = llama3  # slow pairs are slowed by the factor, fast ones not at all
    share = np.clip((length * speed / (2 * np.pi) - low) / (high - low), 0, 1)
    return speed * (share + (1 - share) / factor)


def gelu_tanh(x: np.ndarray) -> np.ndarray:
    """The approximation of gelu by a tanh that GPT-2 uses."""
    return _gated(x, sigmoid(2 * GELU_TANH[0] * (x + GELU_TANH[1] * x * x * x)))  # (1 + tanh(u)) / 2 is sigmoid(2 u)


FUNCTIONS: dict[str, Callable[..., np.ndarray]] = {
    "relu": lambda x: np.maximum(x, 0),
    "gelu": gelu,
    "gelu_tanh": gelu_tanh,
    "sigmoid": sigmoid,
    "silu": silu,
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
