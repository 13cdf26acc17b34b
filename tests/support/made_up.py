"""Algorithms that there are not, each one record, and what the sweep oracle has to know of them."""
import pytest

import sweep_oracle
from mm_blender.expression.algorithms import Algorithm, ALGORITHMS

SCALED_ROWS = Algorithm("axpy (row major)", "ik", "Scaled rows",
                        "one scaled row of the right operand after the other is added to a row of the result")
ROWS_AGAIN = Algorithm("rows again", "i", "Rows, once more", "what a vmprod does, by another name")
KNOWN = {
    SCALED_ROWS: (lambda c, si, sk, sj: (c // sk, c % sk, None), lambda si, sk, sj: si * sk),
    ROWS_AGAIN: (lambda c, si, sk, sj: (c, None, None), lambda si, sk, sj: si),
}


@pytest.fixture
def made_up(monkeypatch) -> tuple[str, str]:
    """Their names, while they are algorithms like others."""
    for algorithm, (cursor, count) in KNOWN.items():
        monkeypatch.setitem(ALGORITHMS, algorithm.name, algorithm)
        monkeypatch.setitem(sweep_oracle.CURSORS, algorithm.name, cursor)
        monkeypatch.setitem(sweep_oracle.COUNTS, algorithm.name, count)
    monkeypatch.setitem(sweep_oracle.SUMS, SCALED_ROWS.name, 0)
    return SCALED_ROWS.name, ROWS_AGAIN.name
