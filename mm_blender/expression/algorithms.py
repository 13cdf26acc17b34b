"""The algorithms: in which steps a product comes about, one record for each.

A matmul multiplies its left operand, i by k, with its right one, k by j. The product of L[i, k] and R[k, j] has one
place (i, k, j) inside the matmul's box, whatever the algorithm. A sweep *walks along* one or two of these axes, in all
blocks at once: at every step the *cursor* stands at one index of each axis that is walked along, and all products are
shown that lie there. All else follows from which axes these are, and from which of them is the slower one:

- what a step shows in each block: a plane across one axis that is walked along, a line across two (``spans``);
- whether results are revealed as they are finished, or add up: along k there is something to add (``accumulates``);
- which rows and columns of the operands a step lights, and when an element is first reached (``strides``);
- which sweeps of operands move in step with it (``joins``), and how a picture of its plane reads those of the
  operands (``plane``).

To add an algorithm, add its record to ``ALGORITHMS``, and to tests/expression/test_algorithms.py what follows from it
(it is swept there once tests/support/sweep_oracle.py has it, too). These six are those of bhosmer/mm (``viz.js``,
``initAnimation``).
"""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TYPE_CHECKING, TypeVar

if TYPE_CHECKING:  # the command line reads the choices before anything heavy is there
    import numpy as np
    from numpy.typing import NDArray

AXES = "ikj"
LEFT, RIGHT, RESULT = "ik", "kj", "ij"  # along which axes the rows and the columns of a matmul's matrices are counted
NONE, INHERIT = "none", "inherit"

Steps = tuple[int, int, int]  # elements of a block along i, k, j
Cursor = TypeVar("Cursor", int, "NDArray[np.int64]")


class PlaneAxes(NamedTuple):
    """The plane that a sweep along one axis moves: which axis runs along its columns, which down its rows, and which
    one it moves along."""

    across: str
    down: str
    walked: str


@dataclass(frozen=True)
class Algorithm:
    """One algorithm. ``name``: in the parameters; ``walks``: the axes that it walks along, slowest first; ``title`` and
    ``meaning``: what the sidebar calls it, and what is said of it everywhere.

    Raises ValueError where ``walks`` are not one or two different axes of i, k and j, or where two begin with k: sums
    are finished a line at a time.
    """

    name: str
    walks: str
    title: str
    meaning: str

    def __post_init__(self) -> None:
        if not 1 <= len(self.walks) <= 2 or len(set(self.walks) & set(AXES)) < len(self.walks):
            raise ValueError(f"{self.name} walks along {self.walks!r}; it must be one or two different ones of i, k, j")
        if len(self.walks) == 2 and self.walks[0] == "k":
            raise ValueError(f"{self.name} walks along {self.walks!r}; k must come last, since the sums of a line are "
                             "finished before those of the next begin")

    @property
    def outer(self) -> str:
        """The axis that it walks along most slowly."""
        return self.walks[0]

    @property
    def inner(self) -> str | None:
        """The axis that it walks along once for every step of the outer one, if there is one."""
        return self.walks[1] if len(self.walks) > 1 else None

    @property
    def spans(self) -> str:
        """The axes that what it shows at a step reaches along from end to end: those of its rows and of its columns."""
        return "".join(axis for axis in AXES if axis not in self.walks)

    @property
    def accumulates(self) -> bool:
        """Whether the result adds up step by step. Of others, elements are revealed when they are finished."""
        return "k" in self.walks

    @property
    def line(self) -> str | None:
        """Of one that accumulates, the axis along which one row or column is finished before the next; None where all
        of the result adds up at once."""
        return self.outer if self.accumulates and self.inner else None

    @property
    def plane(self) -> PlaneAxes | None:
        """The axes of the plane that it moves; None if it moves lines."""
        return None if self.inner else PlaneAxes(self.spans[1], self.spans[0], self.outer)

    def count(self, steps: Steps) -> int:
        """The number of steps of its sweep, over blocks of these sizes along i, k, j."""
        sizes = dict(zip(AXES, steps))
        return sizes[self.outer] * (sizes[self.inner] if self.inner else 1)

    def at(self, local: Cursor, steps: Steps) -> tuple[Cursor, Cursor, Cursor]:
        """Where the cursor ``local`` is, as (i, k, j) inside every block: numbers, or arrays of its shape; 0 along what
        it does not walk along."""
        walked = {self.outer: local}
        if self.inner:
            size = dict(zip(AXES, steps))[self.inner]
            walked = {self.outer: local // size, self.inner: local % size}
        i, k, j = (walked.get(axis, local * 0) for axis in AXES)
        return i, k, j

    def strides(self, matrix: str, steps: Steps) -> tuple[int, int] | None:
        """How many steps later than the element before it an element is reached, by row and by column. ``matrix``:
        ``LEFT``, ``RIGHT`` or ``RESULT``. None where no step is more about one element than about others."""
        walked = {self.outer: 1}
        if self.inner:
            walked = {self.outer: dict(zip(AXES, steps))[self.inner], self.inner: 1}
        rows, cols = (walked.get(axis, 0) for axis in matrix)
        return (rows, cols) if rows or cols else None

    def joins(self, operand: str) -> str | None:
        """What a sweep of an ``operand`` (``LEFT`` or ``RIGHT``) has to walk along, of its own axes, to finish what
        this one takes next, step by step; None if none does. That is so for planes only."""
        return dict(zip(operand, RESULT)).get(self.walks)


ALGORITHMS: dict[str, Algorithm] = {each.name: each for each in (
    Algorithm("dotprod (row major)", "ij", "Dot products, row by row",
              "one element of the result after the other, along its rows"),
    Algorithm("dotprod (col major)", "ji", "Dot products, column by column",
              "one element of the result after the other, down its columns"),
    Algorithm("axpy", "jk", "axpy",
              "one scaled column of the left operand after the other is added to a column of the result"),
    Algorithm("vmprod", "i", "Vector times matrix", "vector times matrix: one row of the result after the other"),
    Algorithm("mvprod", "j", "Matrix times vector", "matrix times vector: one column of the result after the other"),
    Algorithm("vvprod", "k", "Outer products",
              "outer products: all of the result adds up, one step of K after the other"),
)}
_BESIDES = {NONE: ("None", "no sweep: the finished product"),
            INHERIT: ("As its parent", "as the matmul that this one is an operand of")}


class Choices(Mapping[str, str]):
    """What ``anim.alg`` may be, and what each means: the algorithms that there are whenever it is asked."""

    def __getitem__(self, name: str) -> str:
        return _BESIDES[name][1] if name in _BESIDES else ALGORITHMS[name].meaning

    def __iter__(self) -> Iterator[str]:
        return iter((NONE, *ALGORITHMS, INHERIT))

    def __len__(self) -> int:
        return len(ALGORITHMS) + len(_BESIDES)


CHOICES = Choices()


def title(name: str) -> str:
    """What the sidebar calls an algorithm, or a choice that is none."""
    return _BESIDES[name][0] if name in _BESIDES else ALGORITHMS[name].title


def revealing() -> list[str]:
    """The names of the algorithms whose steps show elements that are finished."""
    return [name for name, algorithm in ALGORITHMS.items() if not algorithm.accumulates]
