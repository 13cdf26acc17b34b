"""The groups that apply an epilog to the attribute ``sum`` of a matrix' points and store it as ``value``.

The rules are those of ``epilogs``. A pointwise chain is arithmetic on a field; softmax and layernorm need sums and
maxima over a row or the matrix.
"""
from __future__ import annotations

import math

import bpy

from ...data.precision import LARGEST
from ...expression import epilogs
from ...expression.epilog_functions import GELU_TANH, LAYERNORM_EPS
from ...expression.epilogs import Chain, Scalar
from .builder import ensure, Socket, Tree

MASKED = -LARGEST
DUST = 2.0 ** -21  # relative to a mean, deviations that are but the rounding of float32 sums
SMALLEST = 2.0 ** -126
SUM, VALUE = "sum", "value"


def build(chain: Chain) -> bpy.types.NodeTree:
    """The group for ``chain``, reading ``sum``."""
    return ensure(f"mm Epilog {epilogs.chain_text(chain)} 3", "GeometryNodeTree", lambda tree: _fill(tree, chain))


def _fill(tree: Tree, chain: Chain) -> None:
    geometry = tree.input("Geometry", "Geometry", description="The points of a matrix with a float attribute 'sum'")
    columns = tree.input("Columns", "Int", 1, "Number of columns of the matrix", low=1)
    k = tree.input("K", "Float", 1.0, "Inner dimension of the matmul")
    row, column = tree.row_and_column(columns)
    x, mask = tree.attribute(SUM), None
    for at, step in enumerate(chain):
        if step.name in ("tril", "triu"):
            inside = tree.compare("LESS_EQUAL" if step.name == "tril" else "GREATER_EQUAL", column, row, "INT")
            if at + 1 < len(chain) and chain[at + 1].name == "softmax":
                mask = inside
            else:
                x = tree.switch(inside, 0.0, x)
        elif step.name in ("softmax", "layernorm", "layernorm_rows", "rmsnorm"):
            geometry = tree.store(geometry, VALUE, x)  # sums over a group read what is stored
            x = tree.attribute(VALUE)
            x = _softmax(tree, x, row, mask) if step.name == "softmax" else \
                _layernorm(tree, x, None if step.name == "layernorm" else row, step)
            mask = None
        else:
            x = _pointwise(tree, step, x, k)
    tree.output(Geometry=tree.store(geometry, VALUE, x))


def _pointwise(tree: Tree, step: epilogs.Step, x: Socket, k: Socket) -> Socket:
    if step.name == "mul":
        return x * _scalar(tree, step.scalar, k)
    if step.name == "div":
        return x / _scalar(tree, step.scalar, k)
    if step.name == "add":
        return x + _scalar(tree, step.scalar, k)
    return {"square": lambda: x * x, "relu": lambda: tree.math("MAXIMUM", x, 0.0),
            "tanh": lambda: tree.math("TANH", x), "sigmoid": lambda: _sigmoid(tree, x),
            "silu": lambda: x * _sigmoid(tree, x), "gelu": lambda: _gelu(tree, x),
            "gelu_tanh": lambda: _gelu_tanh(tree, x)}[step.name]()


def _scalar(tree: Tree, scalar: Scalar | None, k: Socket) -> Socket | float:
    assert scalar is not None  # a step with a matrix has no nodes
    kind, *parts = scalar
    if kind == "num":
        return parts[0]
    if kind == "k":
        return k
    values = [_scalar(tree, part, k) for part in parts]
    if kind == "sqrt":
        return tree.math("SQRT", values[0])
    return tree.math("MULTIPLY" if kind == "mul" else "DIVIDE", *values)


def _sigmoid(tree: Tree, x: Socket) -> Socket:
    return 1.0 / (1.0 + tree.math("EXPONENT", x * -1.0))


def _gelu(tree: Tree, x: Socket) -> Socket:
    z = abs(x) / math.sqrt(2)
    t = 1.0 / (1.0 + z * 0.3275911)
    poly = ((((t * 1.061405429 - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t
    erf = tree.math("SIGN", x) * (1.0 - poly * tree.math("EXPONENT", z * z * -1.0))
    return x * ((1.0 + erf) / 2.0)


def _gelu_tanh(tree: Tree, x: Socket) -> Socket:
    scale, cubic = GELU_TANH
    return x * ((1.0 + tree.math("TANH", (x + x * x * x * cubic) * scale)) / 2.0)


def _softmax(tree: Tree, x: Socket, row: Socket, mask: Socket | None) -> Socket:
    kept = x if mask is None else tree.switch(mask, MASKED, x)
    top = tree.get("GeometryNodeFieldMinAndMax", "Max", into={0: kept, "Group ID": row})
    power = tree.math("EXPONENT", kept - top)
    power = power if mask is None else tree.switch(mask, 0.0, power)
    return power / _total(tree, power, row)


def _layernorm(tree: Tree, x: Socket, row: Socket | None, step: epilogs.Step) -> Socket:
    """Of ``x`` divided by a power of two next to its largest magnitude, which loses no digit: squares and sums of what
    float32 holds would be beyond it."""
    def mean(x: Socket) -> Socket:
        return _total(tree, x, row) / count

    count = _total(tree, 1.0, row)
    top = tree.get("GeometryNodeFieldMinAndMax", "Max", into={0: abs(x), "Group ID": _group(row)})
    digits = tree.math("FLOOR", tree.math("LOGARITHM", tree.math("MAXIMUM", top, SMALLEST), 2.0))
    scale = tree.math("POWER", 2.0, digits)
    x = x / scale
    eps = math.sqrt(step.numbers[0] if step.numbers else LAYERNORM_EPS)
    larger = tree.math("MAXIMUM", scale, eps)  # what the root is divided by
    share, least = scale / larger, eps / larger

    def normed(x: Socket, variance: Socket) -> Socket:
        return x * share / tree.math("SQRT", variance * share * share + least * least)

    if step.name == "rmsnorm":
        return normed(x, mean(x * x))
    middle = mean(x)
    centred = x - middle
    centred = centred - mean(centred)  # of what is constant it is then about nothing
    variance = mean(centred * centred)
    dust = tree.compare("LESS_EQUAL", variance, (middle * DUST) * (middle * DUST))
    return tree.switch(dust, normed(centred, variance), 0.0)


def _total(tree: Tree, x: Socket | float, row: Socket | None) -> Socket:
    """The sum over a point's row, or over all."""
    return tree.get("GeometryNodeAccumulateField", "Total", into={0: x, "Group ID": _group(row)})


def _group(row: Socket | None) -> Socket | int:
    """What tells the points apart whose values belong together."""
    return 0 if row is None else row
