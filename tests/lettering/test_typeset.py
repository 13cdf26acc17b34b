"""Names are set as mathematics writes them."""
import pytest
from hypothesis import given, strategies as st

from mm_blender.lettering import typeset
from mm_blender.lettering.typeset import Run


def written(text: str) -> str:
    """The runs with their marks: ^ before what stands above the line, _ below, | where it begins over the last."""
    return " ".join(("|" if run.over else "") + ("^" if run.shift > 0 else "_" if run.shift < 0 else "") + run.text
                    for run in typeset.name(text))


@pytest.mark.parametrize("text, runs", [
    ("W_Q", "W _Q"), ("wQ_0", "wQ _0"), ("d_model", "d _model"), ("q_proj", "q _proj"), ("W_in_1", "W _in,1"),
    ("K^T", "K ^T"), ("K.T", "K ^T"), ("Kᵀ", "K ^T"), ("K_t", "K ^T"), ("input_t", "input ^T"), ("K_T", "K ^T"),
    ("A^\\top", "A ^T"), ("A^{-1}", "A ^−1"), ("A^-1", "A ^−1"), ("(A @ B).T", "(A @ B) ^T"),
    ("W_Q^T", "W _Q |^T"), ("W_{Q,h}", "W _Q,h"), ("x₁²", "x _1 |^2"), ("W_{\\alpha}", "W _α"),
    ("\\alpha", "α"), ("\\Delta_W", "Δ _W"), ("alpha", "alpha"), ("\\unknown", "\\unknown"),
    ("x'", "x′"), ("x''", "x′′"), ("Q @ Kᵀ", "Q @ K ^T"), ("x - y", "x − y"),
    ("attn_out", "attn_out"), ("hidden_states", "hidden_states"), ("out", "out"), ("layer-1", "layer-1"),
    ("softmax(Q @ K_t / sqrt(k)) @ V", "softmax(Q @ K ^T  / sqrt(k)) @ V"), ("", ""), ("^", "^"),
    ("v1.Test", "v1.Test")])
def test_names(text, runs):
    assert written(text) == runs


def test_scripts_are_smaller_and_off_the_line():
    base, index, power = typeset.name("W_Q^T")
    assert base == Run("W") and index.scale == power.scale < 1 and index.shift < 0 < power.shift


def test_titles_are_left_alone_but_for_mathematics():
    assert typeset.words("q_proj costs $W_Q$ dollars") == (
        Run("q_proj costs "), Run("W"), Run("Q", typeset.SMALL, typeset.DOWN), Run(" dollars"))
    assert typeset.words("5 $ a_b") == (Run("5 $ a_b"),) and typeset.shape(128, 64) == "128 × 64"


@given(st.text(max_size=30))
def test_any_name_can_be_set(text):
    runs = typeset.name(text)
    assert all(run.text for run in runs) and not (runs and runs[0].over)


@given(st.text("abcXYZ019 @()+*/,", max_size=20))
def test_letters_and_signs_are_kept(text):
    assert typeset.flat(typeset.name(text)) == text.strip()
