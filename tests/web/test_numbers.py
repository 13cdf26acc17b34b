"""Numbers of a page: what is kept of them."""
import base64
import math
import zlib

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as arrays

from effort import examples
from mm_blender.web.numbers import Data, halves

ODD = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -2.5, 3e38, 1e-45], np.float32)


def unpacked(data, told):
    raw = np.frombuffer(zlib.decompress(base64.b64decode("".join(data.packed()))), np.uint8)
    width = {"float32": 4, "half": 2}[told.kind]
    planes = raw[told.offset:told.offset + width * told.length].reshape(width, -1)
    numbers = np.ascontiguousarray(planes.T).view({4: "<f4", 2: "<f2"}[width]).ravel()
    with np.errstate(over="ignore"):
        return (numbers.astype(np.float64) * told.scale).astype(np.float32)


def test_few_are_kept_bit_by_bit():
    data = Data(exact=True)
    told = [data.add(ODD), data.add(np.arange(6, dtype=np.float32).reshape(2, 3))]
    assert np.array_equal(unpacked(data, told[0]).view(np.uint32), ODD.view(np.uint32))
    assert np.array_equal(unpacked(data, told[1]), np.arange(6)) and told[1].error == 0
    assert data.size == 4 * (len(ODD) + 6)


def test_bytes_lie_in_planes():
    data = Data(exact=True)
    data.add(np.array([1.0, -2.0], np.float32))  # 3f800000, c0000000
    assert zlib.decompress(base64.b64decode("".join(data.packed()))) == bytes.fromhex("0000 0000 8000 3fc0")


@examples(100)
@given(arrays.arrays(np.float32, st.integers(0, 40), elements=st.floats(width=32)))
def test_halves_are_as_far_off_as_they_say(x):
    scale, error, out = halves(x)
    back = out.astype(np.float64) * scale
    fine = np.isfinite(x)
    assert math.frexp(scale)[0] == 0.5  # a power of two
    assert np.array_equal(np.isnan(back), np.isnan(x)) and np.array_equal(back[np.isinf(x)], x[np.isinf(x)])
    assert np.isfinite(back[fine]).all()
    off = np.abs(back[fine] - x[fine].astype(np.float64))
    assert off.max(initial=0.0) <= error <= 2.0 ** -11 * float(np.abs(x[fine]).max(initial=0.0)) + 0.0
    assert np.array_equal(np.sign(back[fine]), np.sign(x[fine]))  # what is not zero is drawn, on its side
    large = fine & (np.abs(x) > np.abs(x[fine]).max(initial=0.0) * 2.0 ** -29)
    assert (np.abs(back[large] - x[large].astype(np.float64)) <= 2.0 ** -11 * np.abs(x[large])).all()


@pytest.mark.parametrize("scale", [1e-40, 1e-8, 1.0, 3e37])
def test_halves_keep_eleven_bits_whatever_the_unit(scale):
    x = (np.random.default_rng(1).normal(size=5000) * scale).astype(np.float32)
    data = Data(exact=False)
    told = data.add(x)
    assert data.size == 2 * x.size
    assert np.abs(unpacked(data, told) - x).max() <= told.error * 1.001 <= np.abs(x).max() * 2.0 ** -11
