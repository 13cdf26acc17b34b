"""Values as the few characters that fit on an element, at the places where the rule changes."""
import numpy as np
import pytest

from mm_blender import digits
from mm_blender.errors import ParameterError
from mm_blender.lettering import numerals
from mm_blender.lettering.numerals import spell, tell, width


@pytest.mark.parametrize("x, decimals, text", [
    (0, 2, "0.00"), (0.25, 2, "0.25"), (9.99, 2, "9.99"), (10, 2, "10.00"), (99.9, 2, "99.90"), (100, 2, "100.0"),
    (999.9, 2, "999.9"), (1000, 2, "1000"), (12345.6, 2, "12346"), (-12.5, 2, "-12.50"), (10, 1, "10.0"),
    (100, 1, "100"), (3, 0, "3"), (0.5, 0, "1"), (99999, 2, "99999"), (99999.5, 2, "1.0e5"), (123456, 2, "1.2e5"),
    (0.0051, 2, "0.01"), (0.00499, 2, "5.0e-3"), (0.0042, 2, "4.2e-3"), (0.0042, 4, "0.0042"), (0.049, 1, "4.9e-2"),
    (0.05, 1, "0.1"), (9.96e7, 2, "1.0e8"), (-1e-30, 2, "-1.0e-30"), (np.inf, 2, "∞"), (-np.inf, 2, "-∞"),
    (np.nan, 2, "nan")])
def test_a_value_is_spelled(x, decimals, text):
    assert spell(x, decimals) == text


@pytest.mark.parametrize("x, text", [
    (123457, "1.23457e5"), (100000, "1.0e5"), (1.5e-7, "1.5e-7"), (0.25, "0.2500"), (1234.5, "1234.50")])
def test_a_line_of_text_has_room_for_more(x, text):
    assert tell(x) == text


def test_widths_are_those_of_the_characters():
    assert width("12.5") == pytest.approx(3 * numerals.DIGIT + numerals.POINT)
    assert width("-∞") == pytest.approx(numerals.DIGIT + numerals.INFINITY)


@pytest.mark.parametrize("x, said, text", [
    (0.0123456, "3 significant", "0.0123"), (9.999, "3 significant", "10.0"), (12346, "3 significant", "12300"),
    (999999, "3 significant", "1.00e6"), (0.00012, "3 significant", "1.20e-4"), (0, "3 significant", "0.00"),
    (0.5, "1 significant", "0.5"), (25, "1 significant", "30"), (3e-5, "1 significant", "3e-5"),
    (123.456, "2 decimals", "123.46"), (12345.678, "3 decimals", "12345.68"), (2.5, "0 decimals", "3"),
    (3, "2 decimals, signed", "+3.00"), (-3, "signed", "-3.00"), (0, "signed", "0.00"), (np.inf, "signed", "+∞"),
    (np.nan, "signed", "nan")])
def test_a_value_is_written_as_it_is_said(x, said, text):
    assert numerals.write(x, digits.read(said)) == text


@pytest.mark.parametrize("given, kept", [
    (True, True), (False, False), (np.bool_(True), True), ("", True), ("2 decimals", "2 decimals"),
    ("of A  B,signed, 1 decimal", "1 decimals, signed, of A B")])
def test_numbers_are_kept_in_the_shortest_form(given, kept):
    assert digits.asked(given) == kept


@pytest.mark.parametrize("given, words", [
    ("3 sigfigs", "'3 sigfigs' is not understood"), ("7 significant", "1 to 6 significant, not 7"),
    ("0 significant", "1 to 6"), ("2 decimals, 3 significant", "twice"), ("of", "'of' is not understood"),
    (3, "true or false, or a text"), ("large", "'large' is not understood")])
def test_what_is_not_understood_of_numbers_is_refused(given, words):
    with pytest.raises(ParameterError, match=words):
        digits.asked(given)
