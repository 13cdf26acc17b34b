"""What an attention head computes, in numpy: what a form does not draw is given to it as data."""
from __future__ import annotations

import numpy as np

from ..expression import epilog_functions
from .transformer import Head, Model


def window(count: int, width: int) -> np.ndarray:
    """(count, count): what hides the tokens that lie ``width`` or more back."""
    return np.where(np.tri(count, k=-width, dtype=bool), np.float32(-np.inf), np.float32(0))


def projected(model: Model, w: Head, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The queries, keys and values (n, size) of ``x`` (n, d_model), normalised and turned as they meet."""
    q, k, v = (matmul(x, m) if b is None else matmul(x, m) + b
               for m, b in ((w.q, w.q_bias), (w.k, w.k_bias), (w.v, w.v_bias)))
    if w.norm_q is not None:
        q, k = epilog_functions.rmsnorm(q, model.eps) * w.norm_q, epilog_functions.rmsnorm(k, model.eps) * w.norm_k
    if w.rope:
        q, k = epilog_functions.rope(q, *w.rope), epilog_functions.rope(k, *w.rope)
    return q, k, v


def head_output(model: Model, w: Head, x: np.ndarray) -> np.ndarray:
    """What a head adds to ``x`` (n, d_model), of the same shape."""
    q, k, v = projected(model, w, x)
    scores = matmul(q, k.T) * np.float32(w.size ** -0.5 if w.scale is None else w.scale)
    if w.window:
        scores += window(len(x), w.window)
    if model.causal:
        scores = np.where(np.tri(len(x), dtype=bool), scores, np.float32(-np.inf))
    return matmul(matmul(epilog_functions.softmax(scores), v), w.o)


def matmul(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(n, m) @ (m, k), computed in float64, in float32."""
    return (a.astype(np.float64) @ b.astype(np.float64)).astype(np.float32)
