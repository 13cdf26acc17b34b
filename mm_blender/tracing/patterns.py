"""What several operations do together and the expression language has a word for: rope, rmsnorm, GPT-2's gelu."""
from __future__ import annotations

import math

import numpy as np

from ..expression.epilog_functions import GELU_TANH
from ..expression.epilogs import Step
from .graph import Block, Operation, Value


def rms_eps(x: Value, other: Value) -> float | None:
    """The eps, if ``other`` is 1 / sqrt(mean(x ** 2) + eps)."""
    shifted = _input(other, "rsqrt")
    if shifted is None or shifted.made is None or shifted.made.kind != "scale" or shifted.made.info["step"] != "add":
        return None
    squared = _input(shifted.made.inputs[0], "mean")
    if squared is None or squared.made is None or squared.made.info.get("step") != "square":
        return None
    return shifted.made.info.get("by") if _same(squared.made.inputs[0], x) else None


def _input(value: Value, op: str) -> Value | None:
    return value.made.inputs[0] if value.made is not None and value.made.op == op and value.made.inputs else None


def _same(a: Value, b: Value) -> bool:
    """Whether two values are one but for casts."""
    def bare(v):
        while v.made is not None and v.made.kind == "cast":
            v = v.made.inputs[0]
        return v
    return bare(a) is bare(b)


def rotated(made: Operation) -> tuple[Value, Value, Value] | None:
    """``(x, cos, sin)`` if a sum is x * cos + rotate_half(x) * sin, as Hugging Face writes rotary embeddings."""
    if any(v.made is None or v.made.kind != "mul" for v in made.inputs):
        return None
    for plain, turned in (made.inputs, made.inputs[::-1]):
        for half, sin in (turned.maker.inputs, turned.maker.inputs[::-1]):
            pieces = half.made.inputs if half.made is not None and half.made.info.get("pieces") is not None else ()
            if len(pieces) != 2 or any(p.made is None for p in pieces) or pieces[0].maker.info.get("by") != -1:
                continue
            upper, lower = pieces[0].maker.inputs[0], pieces[1]
            sources = [v.made.inputs[0] for v in (upper, lower) if v.made is not None and v.made.kind == "move"]
            for x, cos in (plain.maker.inputs, plain.maker.inputs[::-1]):
                if len(sources) == 2 and all(source is x for source in sources):
                    return x, cos, sin
    return None


def _table(block: Block, values: Value, crossed: bool) -> np.ndarray | None:
    """The part of a table of cosines or sines that meets a block, a row a position; None where it is not known."""
    met = block.broadcast(values)
    numbers = met.array() if met is not None and met.known() else None
    return numbers.T if numbers is not None and crossed else numbers


def rope_step(block: Block, cos: Value, sin: Value, crossed: bool) -> Step | None:
    """The rope whose tables these are, if there is one; ``crossed`` where the block's columns are the positions."""
    c, s = (_table(block, values, crossed) for values in (cos, sin))
    if c is None or s is None:
        return None
    h, w = c.shape
    if h < 2 or w < 4 or w % 2:
        return None
    angle = np.arctan2(s.astype(np.float64), c)[:, :w // 2]
    step = np.angle(np.exp(1j * (angle[1] - angle[0])))  # of one position, by pair: theta^(-2i/w) / factor
    if (step <= 0).any():
        return None
    factor = _round(1 / step[0])
    theta = _round((step[1] * factor) ** (-w / 2))
    slow = theta ** (-(w - 2) / w) / factor
    offset = float(round(angle[0, -1] / slow))
    want = np.outer((np.arange(h) + offset) / factor, theta ** (-np.arange(0, w, 2) / w))
    if max(np.abs(np.cos(want) - c[:, :w // 2]).max(), np.abs(np.sin(want) - s[:, :w // 2]).max()) > 1e-3:
        return None
    numbers: tuple[float, ...] = (theta, offset, factor)
    for default in (1.0, 0.0, 10000.0):  # from the last one
        if numbers[-1] != default:
            break
        numbers = numbers[:-1]
    return Step("rope_cols" if crossed else "rope", numbers=numbers)


def _round(x: float) -> float:
    """To three digits, as people choose such numbers."""
    return float(f"{x:.3g}") if math.isfinite(x) else 1.0


def is_gelu_tanh(x: np.ndarray, y: np.ndarray) -> bool:
    """Whether ``y`` is GPT-2's gelu of ``x``, to float32's noise, and no other function that looks like it."""
    x, y = (a.astype(np.float64) for a in (x, y))
    with np.errstate(all="ignore"):
        want = x * (1 + np.tanh(GELU_TANH[0] * (x + GELU_TANH[1] * x ** 3))) / 2
    return bool(np.isfinite(y).all() and np.abs(want - y).max() <= 1e-6 * max(1.0, np.abs(y).max()))
