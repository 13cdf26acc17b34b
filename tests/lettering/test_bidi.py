"""Lines whose letters are written in both directions."""
import pytest
from hypothesis import given, strategies as st

from mm_blender.lettering import bidi

ALEF, BET, AIN = "\u05d0", "\u05d1", "\u0639"  # Hebrew, Hebrew, Arabic


def shown(text: str) -> str:
    """The letters from the left to the right."""
    return "".join(text[at] for at in bidi.order(bidi.levels(text)))


@pytest.mark.parametrize("text, levels", [  # by the rules of UAX #9, worked out by hand
    ("ab 1", [0, 0, 0, 0]), (ALEF + BET, [1, 1]), (f"a {ALEF}{BET} b", [0, 0, 1, 1, 0, 0]),
    (f"{ALEF} 12", [1, 1, 2, 2]), (f"{ALEF} a", [1, 1, 2]), (f"a{ALEF}1", [0, 1, 2]),
    (f"{AIN}1,2", [1, 2, 2, 2]),           # W2 and W4: a number after Arabic letters
    (f"{ALEF}1$", [1, 2, 2]), (f"{ALEF}$", [1, 1]),  # W5: money beside a number
    (f"a ({ALEF}) b", [0, 0, 0, 1, 0, 0, 0]),        # N0: brackets go with the line where only the other side is inside
    (f"{ALEF}({BET})", [1, 1, 1, 1]), (f"a {ALEF} ", [0, 0, 1, 0])])
def test_levels(text, levels):
    assert bidi.levels(text) == levels


@pytest.mark.parametrize("text, seen", [
    ("plain", "plain"), (f"{ALEF}{BET} 12", f"12 {BET}{ALEF}"), (f"head {ALEF}{BET}: 3", f"head 3 :{BET}{ALEF}")])
def test_what_stands_where(text, seen):
    assert shown(text) == seen


@given(st.text(f"ab1 .,($)[]{ALEF}{BET}{AIN}\u0663\u0301\u200d", max_size=15))
def test_every_letter_stands_somewhere(text):
    levels = bidi.levels(text)
    assert sorted(bidi.order(levels)) == list(range(len(text))) and set(levels) <= {0, 1, 2}


@given(st.text("abc 12.,+-()[]", max_size=20))
def test_without_such_letters_nothing_moves(text):
    assert shown(text) == text and not bidi.is_rtl(text)
