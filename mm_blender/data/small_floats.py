"""Floats that numpy has not: those of eight bits, of which each of the 256 codes stands for a number, and bfloat16.

Source: Micikevicius and others, FP8 Formats for Deep Learning (arXiv 2209.05433), for E4M3 and E5M2; Noune and others
(arXiv 2206.02915) for the FNUZ kinds, which have no infinities, no minus zero, and one NaN in its place; the OCP
Microscaling specification 1.0 for E8M0, which is a power of two.
"""
from __future__ import annotations

from collections.abc import Callable

import numpy as np

nan, inf = np.nan, np.inf


def _codes(fraction_bits: int, bias: int, others: dict[int, float]) -> np.ndarray:
    """The values (256,), float32, of a sign, an exponent and a fraction; ``others``: codes that stand for what is none
    of these."""
    code = np.arange(256)
    exponent, fraction = (code & 127) >> fraction_bits, (code & (2 ** fraction_bits - 1)) / 2 ** fraction_bits
    size = np.where(exponent > 0, np.ldexp(1 + fraction, exponent - bias), np.ldexp(fraction, 1 - bias))
    out = np.where(code & 128, -size, size)
    out[[*others]] = [*others.values()]
    return out.astype(np.float32)


_SPECIAL = {at | sign: value for sign in (0, 128) for at, value in (
    (124, -inf if sign else inf), (125, nan), (126, nan), (127, nan))}  # of E5M2, as IEEE has them
TABLES = {
    "F8_E4M3": _codes(3, 7, {127: nan, 255: nan}),
    "F8_E5M2": _codes(2, 15, _SPECIAL),
    "F8_E4M3FNUZ": _codes(3, 8, {128: nan}),
    "F8_E5M2FNUZ": _codes(2, 16, {128: nan}),
    "F8_E8M0": np.append(np.ldexp(1.0, np.arange(255) - 127), nan).astype(np.float32),
}


def decoder(kind: str) -> Callable[[np.ndarray], np.ndarray] | None:
    """What makes float32 numbers of the codes of ``kind``: uint8 where it is one of ``TABLES``, uint16 where it is
    ``BF16``. None for any other."""
    return TABLES[kind].take if kind in TABLES else _bfloat16 if kind == "BF16" else None


def _bfloat16(codes: np.ndarray) -> np.ndarray:
    """The float32 numbers of which these are the upper halves."""
    return (codes.astype(np.uint32) << 16).view(np.float32)
