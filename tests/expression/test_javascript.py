"""The JavaScript initialiser: what the language says, and how other text is refused."""
import math
import time

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from mm_blender.errors import ExpressionError
from mm_blender.expression.javascript import evaluate, MAX_LENGTH

NAN, INF = math.nan, math.inf


def one(text, h=1, w=1):
    return float(evaluate(text, h, w)[-1, -1])


# The expected numbers are what node 20 answers.
@pytest.mark.parametrize("text, expected", [
    ("1 + 2 * 3", 7), ("(1 + 2) * 3", 9), ("2 - 3 - 4", -5), ("2 ** 3 ** 2", 512), ("2 ** -1", 0.5), ("- -2", 2),
    ("-7 % 3", -1), ("7 % -3", 1), ("5.5 % 2", 1.5), ("1 % 0", NAN), ("5 % Infinity", 5),
    ("1 / 0", INF), ("-1 / 0", -INF), ("0 / 0", NAN), ("9**9**9**9", INF), ("1 ** Infinity", NAN), ("1 ** NaN", NAN),
    ("NaN ** 0", 1), ("(-8) ** (1 / 3)", NAN),
    ("1 < 2", 1), ("2 <= 1", 0), ("NaN == NaN", 0), ("NaN != NaN", 1), ("true == 1", 1), ("true === 1", 0),
    ("true !== 1", 1), ("1 === 1.0", 1), ("(1 < 2) === true", 1), ("3 > 2 > 1", 0),
    ("0 || 3", 3), ("2 || 3", 2), ("2 && 3", 3), ("0 && 3", 0), ("NaN || 5", 5), ("NaN && 5", NAN), ("!0", 1),
    ("!NaN", 1),
    ("!!7", 1), ("true + true", 2), ("-true", -1), ("+false", 0),
    ("1 ? 2 : 3", 2), ("0 ? 2 : 0 ? 4 : 5", 5), ("1 ? 0 ? 6 : 7 : 8", 7), ("NaN ? 1 : 2", 2), ("1 ?.5:2", 0.5),
    ("5 & 3", 1), ("5 | 3", 7), ("5 ^ 3", 6), ("~5", -6), ("3.7 | 0", 3), ("-3.7 | 0", -3), ("1 << 31", -2**31),
    ("1 << 33", 2),
    ("-1 >> 1", -1), ("-1 >>> 28", 15), ("4294967297 | 0", 1), ("2147483648 | 0", -2**31), ("NaN | 1", 1),
    ("Infinity & 7", 0), ("1 + 1 << 2", 8), ("1 | 2 == 2", 1), ("true & 3", 1),
    ("0x1F", 31), ("0b101", 5), ("0o17", 15), (".5", 0.5), ("5.", 5), ("1e3", 1000), ("2.5E-1", 0.25),
    ("0x" + "f" * 600, INF), ("1e999", INF),
    ("Math.round(2.5)", 3), ("Math.round(-2.5)", -2), ("Math.round(0.49999999999999994)", 0), ("Math.trunc(-1.5)", -1),
    ("Math.sign(-3)", -1), ("Math.max()", -INF), ("Math.min()", INF), ("Math.max(1, 5, 3)", 5),
    ("Math.min(1, NaN)", NAN),
    ("Math.hypot(3, 4, 12)", 13), ("Math.hypot()", 0), ("Math.atan2(1, 1)", math.pi / 4), ("Math.cbrt(-27)", -3),
    ("Math.pow(2, 10)", 1024), ("Math.log10(1000)", 3), ("Math.expm1(0)", 0), ("Math.fround(5.05)", 5.050000190734863),
    ("Math.clz32(1)", 31), ("Math.clz32(0)", 32), ("Math.imul(0xffffffff, 5)", -5),
    ("Math.imul(123456789, 987654321)", -67153019),
    ("Math.LOG2E * Math.LN2", 1), ("Math.SQRT1_2 * Math.SQRT2", 1), ("Math.acosh(1)", 0), ("Math . PI", math.pi),
    ("Math.sqrt(true)", 1), ("Math.abs(-0x10)", 16),
])
def test_values(text, expected):
    assert one(text) == pytest.approx(expected, rel=1e-6, nan_ok=True)


def test_the_variables_are_row_column_height_and_width():
    i, j = np.mgrid[0:5, 0:7]
    result = evaluate("i * 100 + j * 10 + h - w / 2", 5, 7)
    assert result.dtype == np.float32 and result.shape == (5, 7)
    np.testing.assert_array_equal(result, (i * 100 + j * 10 + 5 - 3.5).astype(np.float32))


@pytest.mark.parametrize("text, expected", [
    ("-2 * (Math.trunc(i / 8) % 2) + 1", lambda i, j: 1 - 2 * (i // 8 % 2)),
    ("(-Math.trunc(j / 8) % 2) + .5", lambda i, j: 0.5 - j // 8 % 2),
    ("i == j ? 1 : 0", lambda i, j: i == j),
    ("(i % 4 < 2) && j > 3", lambda i, j: (i % 4 < 2) & (j > 3)),
    ("(i ^ j) & 1", lambda i, j: (i ^ j) & 1),
    ("i && j", lambda i, j: np.where(i, j, i)),
    ("i > 3 ? i / (i - 3) : 0", lambda i, j: np.where(i > 3, i / np.where(i > 3, i - 3, 1), 0)),
    ("3", lambda i, j: 3 + 0 * i),
])
def test_elementwise(text, expected):
    i, j = np.mgrid[0:24, 0:20]
    np.testing.assert_allclose(evaluate(text, 24, 20), expected(i, j))


def test_big_matrices_are_computed_in_parts_that_fit_together():
    i, j = np.mgrid[0:1000, 0:600]
    np.testing.assert_array_equal(evaluate("i * 600 + j", 1000, 600), (i * 600 + j).astype(np.float32))


def test_random_is_seeded_uniform_and_new_at_every_call():
    first = evaluate("Math.random() - Math.random()", 50, 40, rng=np.random.default_rng(3))
    again = evaluate("Math.random() - Math.random()", 50, 40, rng=np.random.default_rng(3))
    np.testing.assert_array_equal(first, again)
    assert len(np.unique(first)) > 1900 and abs(first.mean()) < 0.05
    assert not np.array_equal(first, evaluate("Math.random() - Math.random()", 50, 40))


@pytest.mark.parametrize("text, column, words", [
    ("", None, ["empty"]), ("  ", None, ["empty"]),
    ("i + k", 5, ["there is no k", "i, j, h, w"]),
    ("Math.trnc(i)", 6, ["no Math.trnc", "did you mean Math.trunc?"]),
    ("2 * floor(i)", 5, ["no floor", "did you mean Math.floor?"]),
    ("nan", 1, ["did you mean NaN?"]),
    ("Math", 1, ["not a value"]), ("Math.abs", 6, ["is a function"]), ("Math.PI(2)", 6, ["is a number"]),
    ("Math.abs(1, 2)", 6, ["takes 1 argument, not 2"]), ("Math.pow(1)", 6, ["takes 2 arguments, not 1"]),
    ("Math.random(1)", 6, ["takes 0 arguments"]),
    ("i.constructor", 3, [".constructor", "only Math"]), ("Math.constructor", 6, ["no Math.constructor"]),
    ("Math['abs'](i)", 5, ["square brackets"]), ("(i)[0]", 4, ["square brackets"]),
    ("'a' + i", 1, ["quotes"]), ("`${i}`", 1, ["quotes"]),
    ("i = 3", 3, ["assignments", "=="]), ("() => 1", 4, ["functions"]), ("i++", 2, ["++ is not allowed"]),
    ("i--j", 2, ["-- is not allowed"]), ("i; j", 2, ["only one expression"]), ("i, j", 2, [", does not fit"]),
    ("typeof i", 1, ["no typeof"]), ("eval(1)", 1, ["no eval"]), ("this", 1, ["no this"]),
    ("i(3)", 2, ["( does not fit"]),
    ("(i + 1", 7, ["too early", "')' is missing"]), ("i +", 4, ["too early"]), ("i)", 2, [") does not fit"]),
    ("-2 ** 2", 4, ["(-2) ** 2"]), ("010", 2, ["10 does not fit"]), ("1 2", 3, ["2 does not fit"]),
    ("i @ j", 3, ["'@'"]),
    ("i ?? j", 4, ["? does not fit"]), ("i\n + ü", 6, ["ü"]),
])
def test_other_text_is_refused_with_its_column(text, column, words):
    with pytest.raises(ExpressionError) as caught:
        evaluate(text, 2, 2)
    assert caught.value.column == column
    for word in words:
        assert word in str(caught.value)


def test_hostile_text_is_refused_quickly_and_harmless_nesting_is_not():
    start = time.monotonic()
    assert one("(" * 900 + "1" + ")" * 900) == 1
    assert one("1" + "+1" * 900) == 901
    assert one("- " * 900 + "1") == 1
    for text in ["(1+" * 90 + "1" + ")" * 90, "9**" * 600 + "9", "1?" * 300 + "1" + ":1" * 300, "(" * 1999]:
        with pytest.raises(ExpressionError):
            evaluate(text, 4, 4)
    with pytest.raises(ExpressionError, match=f"at most {MAX_LENGTH}"):
        evaluate("1" * (MAX_LENGTH + 1), 1, 1)
    assert time.monotonic() - start < 3


PIECES = st.sampled_from("i j h w 1 .5 0x2 Math Math.abs( Math.max( Math.PI Math.random() ( ) , + - * / % ** ? : && || "
                         "! ~ & | ^ << >> >>> < >= == !== = => . [ ] ' true NaN x".split())


@settings(max_examples=150)
@given(st.one_of(st.text(max_size=20), st.lists(PIECES, max_size=12).map(" ".join)))
def test_any_text_gives_numbers_or_an_expression_error(text):
    try:
        assert evaluate(text, 2, 3).shape == (2, 3)
    except ExpressionError as error:
        assert len(str(error)) > 20


@settings(max_examples=100)
@given(st.integers(-2**40, 2**40), st.integers(-2**40, 2**40), st.integers(-2**31, 2**31))
def test_the_bit_operators_work_on_32_bits(a, b, shift):
    def int32(x):
        return (x + 2**31) % 2**32 - 2**31

    expected = {"&": int32(a) & int32(b), "|": int32(a) | int32(b), "^": int32(a) ^ int32(b)}
    for operator, value in expected.items():
        assert one(f"({a}) {operator} ({b})") == np.float32(value)
    assert one(f"({a}) << ({shift})") == np.float32(int32(int32(a) << shift % 32))
    assert one(f"({a}) >> ({shift})") == np.float32(int32(a) >> shift % 32)
    assert one(f"({a}) >>> ({shift})") == np.float32(a % 2**32 >> shift % 32)
