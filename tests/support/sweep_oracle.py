"""What every step of a sweep shows: a slow, plain definition that the real thing is tested against.

``Oracle(tree, values, boxes).states(step)`` computes any step by itself, in any order. Everything is in the reference's
terms, worked out here, and nothing of what is tested is used: of the tree only its sizes and settings, of the values
the leaves' (and what has an epilog that takes matrices by name), of the placement where the boxes are.
"""
from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

NEVER = np.iinfo(np.int64).max
# where the cursor is inside every block of si x sk x sj, for the c-th step: as i, k, j; None: not walked along
CURSORS = {
    "dotprod (row major)": lambda c, si, sk, sj: (c // sj, None, c % sj),
    "dotprod (col major)": lambda c, si, sk, sj: (c % si, None, c // si),
    "axpy": lambda c, si, sk, sj: (None, c % sk, c // sk),
    "vmprod": lambda c, si, sk, sj: (c, None, None),
    "mvprod": lambda c, si, sk, sj: (None, None, c),
    "vvprod": lambda c, si, sk, sj: (None, c, None),
}
COUNTS = {
    "dotprod (row major)": lambda si, sk, sj: si * sj, "dotprod (col major)": lambda si, sk, sj: si * sj,
    "axpy": lambda si, sk, sj: sj * sk, "vmprod": lambda si, sk, sj: si, "mvprod": lambda si, sk, sj: sj,
    "vvprod": lambda si, sk, sj: sk,
}
# the lines that are summed up one after the other: 1 columns, 0 rows; None: all at once
SUMS = {"axpy": 1, "vvprod": None}
# which sweep of the left and of the right operand goes on in step with one
FUSED = {"vmprod": ("vmprod", None), "mvprod": (None, "mvprod"), "vvprod": ("mvprod", "vmprod")}


@dataclass(frozen=True)
class State:
    """A matrix at a step, (h, w) each: what it holds, which elements are drawn, which are highlighted."""

    data: np.ndarray
    visible: np.ndarray
    highlight: np.ndarray


@dataclass(frozen=True)
class Inside:
    """Interior elements that are drawn at a step: the matmul's path, world positions (n, 3), values (n,)."""

    path: str
    positions: np.ndarray
    values: np.ndarray


# ---- the tree

def is_product(node) -> bool:
    return hasattr(node, "left")


def every(node) -> list:
    """All matrices below and with ``node``, operands before what is made of them."""
    return [*every(node.left), *every(node.right), node] if is_product(node) else [node]


def steps_of(node) -> tuple[int, int, int]:
    return node.rows.step, node.inner.step, node.cols.step


# ---- when everything moves

def played(root) -> tuple[list[dict[str, int]], dict[str, int]]:
    """The cursor of every matmul that sweeps at each step, and how far it counts: played as the reference plays it."""
    cursor, counts = {}, {}

    def moving(node):
        return is_product(node) and node.anim.alg != "none"

    def start(node):
        if moving(node):
            cursor[node.path], counts[node.path] = -1, COUNTS[node.anim.alg](*steps_of(node))
            start(node.left)
            start(node.right)

    def done(node):
        return not moving(node) or cursor[node.path] == counts[node.path]

    def joined(node):
        def fits(child, wanted):
            together = done(child) or node.anim.fuse == "async" or cursor[child.path] == cursor[node.path]
            return done(child) or together and child.anim.alg == wanted and joined(child)

        left, right = FUSED.get(node.anim.alg, (None, None))
        return fits(node.left, left) and fits(node.right, right)

    def tick(node):
        go = (done(node.left) and done(node.right)) or (node.anim.fuse != "none" and joined(node))
        for child in (node.left, node.right):
            if not done(child):
                tick(child)
        cursor[node.path] += go

    start(root)
    steps = []
    while counts:
        tick(root)
        if done(root):
            break
        steps.append(dict(cursor))
    return steps, counts


class Times:
    """One matmul's sweep: ``cursors`` of every step, of ``count``."""

    def __init__(self, cursors: list[int], count: int):
        self.cursors, self.count = np.array(cursors), count
        self.start = self.first(0)
        self.done = min(self.first(count), len(cursors))
        self.reached = np.array([*(self.first(local) for local in range(count)), self.done])

    def first(self, local: int) -> int:
        at = np.flatnonzero(self.cursors == local)
        return int(at[0]) if len(at) else NEVER

    def cursor(self, step: int) -> int:
        return self.count if step >= self.done else int(self.cursors[step])

    def when(self, local) -> np.ndarray:
        """The step at which the cursor comes to ``local`` (same shape)."""
        return self.reached[np.minimum(local, self.count)]


def places_at(node, cursors) -> list:
    """Where ``node``'s sweep is, along i, k and j inside every block."""
    return list(CURSORS[node.anim.alg](cursors, *steps_of(node)))


def meets(node, cursors, axes: tuple[int, int], h: int, w: int) -> np.ndarray | None:
    """Which elements of a matrix, whose rows and columns are two ``axes`` of ``node``'s (0: i, 1: k, 2: j), the sweep
    of ``node`` is at: (h, w, ...) for cursors (...); None where it is at none more than at others."""
    at, steps = places_at(node, cursors), steps_of(node)
    if all(at[axis] is None for axis in axes):
        return None
    found = np.ones((h, w, *np.shape(cursors)), bool)
    for size, axis, shape in ((h, axes[0], (h, 1)), (w, axes[1], (1, w))):
        if at[axis] is not None:
            found &= (np.arange(size) % steps[axis]).reshape(shape + (1,) * np.ndim(cursors)) == at[axis]
    return found


def first_met(node, axes: tuple[int, int], h: int, w: int) -> np.ndarray | None:
    """The cursor at which each element of such a matrix is met first."""
    found = meets(node, np.arange(COUNTS[node.anim.alg](*steps_of(node))), axes, h, w)
    return None if found is None else found.argmax(-1)


# ---- epilogs

POINTWISE = ("relu", "gelu", "gelu_tanh", "sigmoid", "silu", "tanh", "square", "mul", "div", "add")


def number(scalar, k: int) -> float:
    kind, *parts = scalar
    if kind in ("num", "k"):
        return parts[0] if parts else k
    parts = [number(part, k) for part in parts]
    return {"sqrt": lambda: parts[0] ** 0.5, "mul": lambda: parts[0] * parts[1],
            "div": lambda: parts[0] / parts[1]}[kind]()


def row_softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def norm(x: np.ndarray, axis: int | None, eps: float = 1e-5) -> np.ndarray:
    return (x - x.mean(axis, keepdims=True)) / np.sqrt(x.var(axis, keepdims=True) + eps)


FUNCTIONS = {
    "relu": lambda x: x * (x > 0),
    "gelu": lambda x: x * (1 + np.vectorize(math.erf)(x / 2 ** 0.5)) / 2,
    "gelu_tanh": lambda x: x * (1 + np.tanh((2 / np.pi) ** 0.5 * (x + 0.044715 * x ** 3))) / 2,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)), "silu": lambda x: x / (1 + np.exp(-x)), "tanh": np.tanh,
    "softmax": row_softmax, "layernorm": lambda x, *eps: norm(x, None, *eps),
    "layernorm_rows": lambda x, *eps: norm(x, 1, *eps), "square": lambda x: x ** 2,
    "rmsnorm": lambda x, eps=1e-5: x / np.sqrt((x ** 2).mean(1, keepdims=True) + eps),
    "rmsnorm_cols": lambda x, eps=1e-5: x / np.sqrt((x ** 2).mean(0, keepdims=True) + eps),
}


def epilog(chain, x: np.ndarray, k: int) -> np.ndarray:
    """``chain`` over ``x`` (h, w), float64."""
    for at, step in enumerate(chain):
        if step.name in ("tril", "triu"):
            fill = -np.inf if [after.name for after in chain[at + 1:at + 2]] == ["softmax"] else 0.0
            inside = np.tri(*x.shape, dtype=bool) if step.name == "tril" else np.tri(*x.shape[::-1], dtype=bool).T
            x = np.where(inside, x, fill)
        elif step.scalar is not None:
            value = number(step.scalar, k)
            x = {"mul": x * value, "add": x + value, "div": x / value if value else x * np.inf}[step.name]
        else:
            x = FUNCTIONS[step.name](x, *step.numbers)
    return x


def takes_names(chain) -> bool:
    """Whether an epilog takes matrices by their names: while it is swept, such a result is shown without."""
    return any(step.matrix for step in chain)


def parted(chain) -> tuple[tuple, tuple]:
    """The steps that take every element by itself, and from the first other one on."""
    count = 0
    while count < len(chain) and chain[count].name in POINTWISE and not chain[count].matrix:
        count += 1
    return chain[:count], chain[count:]


# ---- the sums of a sweep along k

def accumulated(node, left: np.ndarray, right: np.ndarray, held: np.ndarray, cursor: int) -> np.ndarray:
    """The result of an accumulating sweep at ``cursor``, (h, w) float64; ``held``: what it held before the sweep, and
    at its end under an epilog that takes matrices by name."""
    bare = takes_names(node.chain)
    if bare and cursor == COUNTS[node.anim.alg](*steps_of(node)) - 1:
        return held
    each, rest = parted(() if bare else node.chain)
    left, right, held = (x.astype(np.float64) for x in (left, right, held))
    k = np.arange(node.d) % node.inner.step

    def partial(upto: int) -> np.ndarray:
        return epilog(each, left[:, k <= upto] @ right[k <= upto], node.d)

    axis = SUMS[node.anim.alg]
    if axis is None:
        return epilog(rest, partial(cursor), node.d)
    split = (node.rows, node.cols)[axis]
    lines = np.arange(split.size) if axis else np.arange(split.size)[:, None]
    ends = np.minimum(split.step, split.size - lines // split.step * split.step)  # how many there are in a block
    lines = lines % split.step

    def at(local: int) -> tuple[int, int]:
        i, upto, j = places_at(node, local)
        return upto, (i, j)[axis]

    upto, line = at(cursor)
    if not rest:  # finished lines, the current one, and nothing yet
        whole = held if bare else partial(node.inner.step)
        return np.where(lines < line, whole, np.where(lines == line, partial(upto), 0))
    data = held
    for local in range(cursor + 1):  # every step applies the rest to all that the one before left
        upto, line = at(local)
        data = epilog(rest, np.where(lines == line, partial(upto), data), node.d)
        data = np.where((lines > line) & (line < ends), 0, data)  # a ragged block that has ended is left alone
    return data


def transform(frame: np.ndarray, points: np.ndarray) -> np.ndarray:
    return points @ frame[:3, :3].T + frame[:3, 3]


class Oracle:
    def __init__(self, tree, values: dict[str, np.ndarray], boxes: dict[str, np.ndarray]):
        """Every step of ``tree``. ``values`` by path, (h, w) each, of the leaves, and of results whose epilogs take
        matrices by name; ``boxes``: the frames (4 x 4) of the matmuls' boxes, by path."""
        self.boxes, self.order = boxes, every(tree)
        cursors, counts = played(tree)
        self.steps = max(len(cursors), 1)
        self.tracks = {path: Times([at[path] for at in cursors], count) for path, count in counts.items()}
        self.parents = {child.path: node for node in self.order if is_product(node)
                        for child in (node.left, node.right)}
        self.values: dict[str, np.ndarray] = {}  # what every matrix holds before the sweep
        self.after: dict[str, np.ndarray] = {}   # … and once its own is done
        for node in self.order:
            made = is_product(node) and not takes_names(node.chain)
            self.values[node.path] = values[node.path] if not made else epilog(
                node.chain, self.values[node.left.path].astype(np.float64) @ self.values[node.right.path],
                node.d).astype(np.float32)
        for node in self.order:
            self.after[node.path] = self.data(node, self.steps)

    def states(self, step: int) -> tuple[dict[str, State], list[Inside]]:
        out = {}
        for node in self.order:
            data = self.data(node, step)
            visible = self.shown(node, step) & self.drawn(node, data)
            out[node.path] = State(data, visible, self.highlighted(node, step) & visible)
        inside = [part for node in self.order if node.path in self.tracks for part in self.interior(node, step)]
        return out, inside

    def sums(self, node) -> bool:
        return node.path in self.tracks and node.anim.alg in SUMS

    def has_partials(self, node) -> bool:
        """Whether its blocks along k show results of their own."""
        return node.path in self.tracks and node.anim.alg not in SUMS and node.inner.step < node.d

    def data(self, node, step: int) -> np.ndarray:
        if not self.sums(node) or self.tracks[node.path].cursor(step) < 0:
            return self.values[node.path]
        track = self.tracks[node.path]
        return accumulated(node, self.after[node.left.path], self.after[node.right.path], self.values[node.path],
                           min(track.cursor(step), track.count - 1)).astype(np.float32)

    # ---- visibility

    def drawn(self, node, data: np.ndarray) -> np.ndarray:
        """Elements that have a size. Under ``superlocal`` a partial sum smaller than the smallest finished element
        has none (the reference takes the root of a negative number)."""
        if node.path in self.tracks and node.viz.sensitivity == "superlocal":
            final = np.abs(self.values[node.path])
            if final.max() > final.min():
                return (data != 0) & (np.abs(data) >= final.min() * (1 - 1e-6))
        return data != 0

    def shown(self, node, step: int) -> np.ndarray:
        """Elements that are not hidden (h, w)."""
        track, everything = self.tracks.get(node.path), np.ones((node.h, node.w), bool)
        if track is None and not self.under_hidden(node):
            return everything
        shown = ~everything
        cleared = NEVER  # the step at which its own sweep hides it once more
        if track:
            if not self.has_partials(node):
                cleared = track.start
                shown |= self.revealed(node) <= step
            if track.done <= step and node.cols.step < node.w:
                return everything
        first, last = self.touched(node, step)
        return shown | ((first <= step) & ((cleared > step) | (last >= cleared)))

    def under_hidden(self, node) -> bool:
        """Whether a sweep above hides its inputs: that hides everything below it at the start."""
        parent = self.parents.get(node.path)
        while parent:
            if parent.path in self.tracks and parent.anim.hide_inputs:
                return True
            parent = self.parents.get(parent.path)
        return False

    def revealed(self, node) -> np.ndarray:
        """The step at which ``node``'s own sweep shows each element of its result, or of its partial results."""
        local = np.zeros((node.h, node.w), int) if self.sums(node) else first_met(node, (0, 2), node.h, node.w)
        return self.tracks[node.path].when(local)

    def touching(self, node) -> tuple | None:
        """What reads ``node`` while it sweeps, and by which of its axes; None where nothing is seen to."""
        parent = self.parents.get(node.path)
        if parent is None or parent.path not in self.tracks or parent.anim.hide_inputs:
            return None
        return parent, (0, 1) if node is parent.left else (1, 2)

    def touched(self, node, step: int) -> tuple[np.ndarray, np.ndarray]:
        """First and last step at which its parent has highlighted each element, or put a highlight back, by ``step``.

        The last is exact where it matters: for planes that can start before their operand does.
        """
        by = self.touching(node)
        local = by and first_met(*by, node.h, node.w)
        if local is None:
            return np.full((node.h, node.w), NEVER), np.full((node.h, node.w), -1)
        track = self.tracks[by[0].path]
        first, clear = track.when(local), track.when(local + 1)
        return first, np.where(clear <= step, clear, first)

    def highlighted(self, node, step: int) -> np.ndarray:
        by, nothing = self.touching(node), np.zeros((node.h, node.w), bool)
        track = by and self.tracks[by[0].path]
        cursor = track.cursor(step) if track else -1
        lit = meets(by[0], cursor, by[1], node.h, node.w) if track and 0 <= cursor < track.count else None
        if lit is None:
            return nothing
        own = self.tracks.get(node.path)
        if own:  # what its own sweep shows or hides loses the highlight
            since = int(track.when(cursor))
            if node.cols.step < node.w and since < own.done <= step:
                return nothing
            if not self.has_partials(node):
                if since < own.start <= step:
                    return nothing
                reveal = self.revealed(node)
                lit &= ~((reveal > since) & (reveal <= step))
        return lit

    # ---- interior

    def interior(self, node, step: int) -> list[Inside]:
        track = self.tracks[node.path]
        cursor = track.cursor(step)
        if not 0 <= cursor < track.count:
            return []
        box, out = self.boxes[node.path], []
        gap, splits = node.layout.gap, (node.rows, node.inner, node.cols)
        deep = 2 * gap + node.d + gap * ((node.d - 1) // node.inner.step) - 1
        if self.has_partials(node):
            seen = self.revealed(node) <= step
            left, right = (self.values[side.path].astype(np.float64) for side in (node.left, node.right))
            for number, start in enumerate(range(0, node.d, node.inner.step)):
                part = slice(start, start + node.inner.step)
                x = epilog(parted(node.chain)[0], left[:, part] @ right[part], node.d).astype(np.float32)
                row, col = np.nonzero(seen & (x != 0))
                z = partial_depth(node, number, start, min(start + node.inner.step, node.d), deep)
                out.append(Inside(node.path, transform(box, np.stack([col + gap, row + gap, 0 * row + z], -1)),
                                  x[row, col]))
        left, right = self.after[node.left.path], self.after[node.right.path]
        for starts in np.ndindex(*(-(-split.size // split.step) for split in splits)):
            # in its block it stands where the cursor was last inside, while others move on
            ends = [min(split.step, split.size - at * split.step) for at, split in zip(starts, splits)]
            walked = places_at(node, np.arange(cursor + 1))
            inside = np.all([at < end for at, end in zip(walked, ends) if at is not None], axis=0)
            last = np.flatnonzero(inside)[-1]
            i, k, j = np.meshgrid(*(at * split.step + (np.arange(end) if axis is None else axis[last:last + 1])
                                    for at, split, end, axis in zip(starts, splits, ends, walked)), indexing="ij")
            x = (left[i, k] * right[k, j]).ravel()
            y_, z, x_ = (gap + at + at // split.step * gap for at, split in zip((i, k, j), splits))
            spots = np.stack([x_, y_, z if node.layout.positive else deep - z], -1).reshape(-1, 3).astype(float)
            out.append(Inside(node.path, transform(box, spots)[x != 0], x[x != 0]))
        return out


def partial_depth(node, number: int, start: int, end: int, deep: float) -> float:
    """Where in the depth of its box the partial result of a block along k lies: that nearest to the result on the
    result's plane, others a quarter of a gap before the edge of their block that faces it (rounded as there)."""
    positive, front, gap = node.layout.positive, node.layout.front, node.layout.gap
    ahead = positive == front  # the result is where k begins
    if number == (0 if ahead else node.inner.parts - 1):
        return 0.0 if front else deep
    edge = start if ahead else end
    gaps = math.floor(gap * (start if positive else end) / node.inner.step + (-gap if ahead else gap - 1) / 4)
    return gap + edge + gaps if positive else deep - edge - gaps
