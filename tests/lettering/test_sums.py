"""Dot products in words: what is printed is true, or said to be about so."""
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from mm_blender.digits import Digits, read
from mm_blender.lettering.sums import written


@pytest.mark.parametrize("left, right, said, text", [
    ([2, 1], [3, 4], "", "2·3 + 1·4 = 10"),
    ([2], [3], "", "2·3 = 6"),
    ([-2, 1], [3, -4], "", "−2·3 + 1·(−4) = −10"),
    ([1, -2], [3, 4], "", "1·3 + (−2)·4 = −5"),
    ([0.5, 1.5], [2, 4], "", "0.5·2.0 + 1.5·4.0 = 7.0"),
    ([1 / 3, 1], [3, 1], "", "0.33·3.00 + 1.00·1.00 ≈ 2.00"),
    ([0.25, 0.5], [0.5, 0.5], "", "0.25·0.50 + 0.50·0.50 ≈ 0.38"),
    ([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 1, 1], "", "1·1 + 2·1 + … + 5·1 + 6·1 = 21"),
    ([1, 1, 0.001, 1, 1, 1], [1, 1, 1, 1, 1, 1], "0 decimals", "1·1 + 1·1 + … + 1·1 + 1·1 = 5"),
    ([2, 1], [3, 4], "2 decimals, signed", "2.00·3.00 + 1.00·4.00 = 10.00"),
    ([1234.5], [2], "2 significant", "1200·2.0 ≈ 2500"),
    ([np.inf, 1], [1, 1], "", "∞·1 + 1·1 ≈ ∞"), ([np.nan], [1], "", "nan·1 ≈ nan"),
    ([1e6], [1], "", "1.0e6·1 = 1.0e6")])
def test_a_sum_is_written(left, right, said, text):
    assert written(left, right, read(said or True)) == text


@given(st.lists(st.tuples(*[st.floats(-99, 99)] * 2), min_size=1, max_size=5))
@settings(max_examples=100)
def test_an_equal_sign_is_never_wrong(pairs):
    text = written(*zip(*pairs), digits=Digits())
    if "=" in text:
        terms, total = text.split(" = ")
        added = sum((Fraction(a) * Fraction(b) for a, b in (
            term.replace("(", "").replace(")", "").replace("−", "-").split("·") for term in terms.split(" + "))),
            Fraction(0))
        assert added == Fraction(total.replace("−", "-"))
