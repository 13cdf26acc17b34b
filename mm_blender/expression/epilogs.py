"""Epilogs: what is done to a product after it is computed.

An epilog is a chain of steps, innermost first, written around ``x``: ``softmax(tril(x/sqrt(k)))``. ``k`` is the
inner dimension of the matmul it stands on. The reference's fourteen names are such chains (``relu`` is short for
``relu(x)``). ``softmax`` is by row; ``layernorm``, as in the reference, is over the whole matrix, and
``layernorm_rows`` by row as in PyTorch (no affine part), as is ``rmsnorm``; their eps may stand behind a comma.
``tril`` and ``triu`` directly inside a softmax mask with minus infinity (causal attention); anywhere else they put
zeros. ``gelu_tanh`` is GPT-2's gelu.

A chain is worked out in float64 and rounded once, so that what is large or small on the way does not show. An infinity
that comes in has the limit of a function where there is one (``gelu`` and ``silu`` of minus infinity are 0), a NaN
stays a NaN (in its row of a softmax or a norm), and a row of a softmax that is minus infinity throughout is zeros.

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
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .epilog_functions import FUNCTIONS, masked_softmax, rope

Scalar = tuple  # ("num", 2.0) | ("k",) | ("sqrt", Scalar) | ("mul" or "div", Scalar, Scalar)
BLOCK = 2 ** 15  # elements of which a chain is worked out at a time: in float64 they stay in the processor's cache
WHOLE = ("layernorm", "rmsnorm_cols", "rope_cols")  # functions that see more of a matrix than a row


@dataclass(frozen=True)
class Step:
    """One step: a function of ``FUNCTIONS`` (with ``numbers`` of its own), ``mul``, ``div`` or ``add`` with ``scalar``,
    ``mul`` or ``add`` with the matrix of that name, or ``square``."""

    name: str
    scalar: Scalar | None = None
    matrix: str | None = None
    numbers: tuple[float, ...] = ()


SIGNS = {"mul": "*", "div": "/", "add": "+"}
_PLAIN_NAME = re.compile(r"[^\W\d][\w.\[\]]*")  # that is read as a name wherever it stands
Chain = tuple[Step, ...]
Named = Callable[[str, int, int], np.ndarray]  # name, h, w -> a matrix that is (h, w) or can be repeated to it
# the numbers that may follow x, in their order
_EPS, _ROPE = ("eps",), ("theta", "offset", "factor", "low", "high", "length")
NUMBERS = {"layernorm": _EPS, "layernorm_rows": _EPS, "rmsnorm": _EPS, "rmsnorm_cols": _EPS, "rope": _ROPE,
           "rope_cols": _ROPE}
USUAL = {"theta": 10000.0, "offset": 0.0, "factor": 1.0}  # those that may be left out before others
POINTWISE = ("relu", "gelu", "gelu_tanh", "sigmoid", "silu", "tanh", "square", "mul", "div", "add")

ONE: Scalar = ("num", 1.0)
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
    if not chain:
        return x
    others = {name: named(name, *x.shape) for name in matrices(chain)} if named is not None else {}
    whole = any(step.name in WHOLE for step in chain)
    rows = max(x.shape[0] if whole else BLOCK // max(x.shape[1], 1), 1)
    out = np.empty(x.shape, x.dtype)
    with np.errstate(all="ignore"):  # overflow and NaN are data here
        for start in range(0, x.shape[0], rows):
            part = slice(start, start + rows)
            theirs = {name: other if other.shape[0] == 1 else other[part] for name, other in others.items()}
            out[part] = _steps(chain, x[part].astype(np.float64), k, theirs, first + start)
    return out


def _steps(chain: Chain, x: np.ndarray, k: int | None, others: dict[str, np.ndarray], first: int) -> np.ndarray:
    """``chain`` applied to rows of a matrix, float64; ``others``: those rows of the matrices that it uses, by name."""
    masked = False  # whether the softmax at hand was applied with its mask
    for at, step in enumerate(chain):
        if masked:
            masked = False
        elif step.name in ("mul", "div", "add"):
            value = others[step.matrix] if step.matrix else evaluate(step.scalar or ONE, k)
            x = x * value if step.name == "mul" else x / value if step.name == "div" else x + value
        elif step.name == "square":
            x = x * x
        elif step.name in ("tril", "triu") and at + 1 < len(chain) and chain[at + 1].name == "softmax":
            x, masked = masked_softmax(x, step.name == "tril", first), True
        elif step.name in ("tril", "triu"):
            x = FUNCTIONS[step.name](x, first)
        elif step.name == "rope" and first:
            theta, offset, *more = (*step.numbers, *(USUAL["theta"], USUAL["offset"])[len(step.numbers):])
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
        assert k is not None  # only a matmul's epilog may have k
        return float(k)
    values = [evaluate(part, k) for part in parts]
    if kind == "sqrt":
        return math.sqrt(values[0])
    return values[0] * values[1] if kind == "mul" else values[0] / values[1]


def uses_k(scalar: Scalar | None) -> bool:
    """Whether the inner dimension stands in ``scalar``."""
    return scalar is not None and (scalar[0] == "k" or any(uses_k(s) for s in scalar[1:] if isinstance(s, tuple)))


def scalar_text(scalar: Scalar) -> str:
    """``scalar`` as text that the grammar reads back."""
    kind, *parts = scalar
    if kind == "num":
        return _number_text(parts[0])
    if kind == "k":
        return "k"
    if kind == "sqrt":
        return f"sqrt({scalar_text(parts[0])})"
    return f"({scalar_text(parts[0])}{'*' if kind == 'mul' else ' / '}{scalar_text(parts[1])})"


def _number_text(number: float) -> str:
    return repr(int(number) if number.is_integer() and abs(number) < 1e15 else number)


def chain_text(chain: Chain, x: str = "x", quoted: bool = True) -> str:
    """``chain`` as text around ``x``; ``grammar.parse_epilog`` reads it back, whatever the names of the matrices
    in it: those that could be read as something else stand in quotes, ``x * 'k/A'``, unless not ``quoted``, as in an
    expression, where it is known which names there are."""
    summed = False  # whether a sum stands outermost, which a factor has to put into parentheses
    for step in chain:
        if step.name in ("mul", "div", "add"):
            # spaced, since a name may go on with "/8/"
            x = f"({x})" if summed and step.name != "add" else x
            operand = scalar_text(step.scalar or ONE) if not step.matrix else step.matrix \
                if not quoted or step.matrix != "k" and _PLAIN_NAME.fullmatch(step.matrix) else f"'{step.matrix}'"
            x = f"{x} {SIGNS[step.name]} {operand}"
        elif step.name == "square":
            x = f"({x})**2"
        else:
            x = f"{step.name}({', '.join([x, *map(_number_text, step.numbers)])})"
        summed = step.name == "add"
    return x
