"""Keys: what the colours and the sizes mean, as bars of values with ticks. Pure; ``scene.keys`` draws them."""
from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..appearance.colours import Colours
from ..appearance.rules import colour_at, Course, edge, level, Scale
from ..appearance.scaling import Scaling
from ..colour import colormaps
from ..expression.tree import MatMul, Node, nodes, Viz
from ..layout.framing import Camera
from ..layout.places import Placement
from ..plain import some

TICKS = 7           # at most
SIZES = 4           # samples of the sizes, at most
NAMES = 4           # that are written out
MOST = 12           # bars beside an expression; what is more is left out
ROW = 0.155         # height of a bar with its texts, relative to the width
WIDTH = (0.78, 1.1, 1.2)  # of the keys beside an expression in so many columns, relative to its width as seen
GAP = 0.03          # between the two


@dataclass(frozen=True)
class Tick:
    """A mark of a colour bar, and what is written at it."""

    share: float    # of the bar's length
    text: str


@dataclass(frozen=True)
class Size:
    """A cube of the key of sizes: the value that it stands for, and how large that is drawn."""

    value: float
    text: str
    edge: float     # in pitches


@dataclass(frozen=True)
class Bar:
    """The key of the matrices ``names``, which have the same colours for the same values.

    ``part``: from where to where on the way through the colours the bar goes, shares. A map that runs both ways from
    zero is shown on the side only on which there are values: that of a softmax runs from 0.
    """

    names: tuple[str, ...]
    viz: Viz
    scale: Scale
    course: Course
    colours: Colours
    ticks: tuple[Tick, ...]
    sizes: tuple[Size, ...]
    whole: bool = False  # whether it stands for all matrices of the expression
    part: tuple[float, float] = (0.0, 1.0)

    @property
    def title(self) -> str:
        """What is written over the bar: the names of its matrices, of many the first ones."""
        names = list(dict.fromkeys(name for name in self.names if name))
        return "all matrices" if self.whole and len(names) > NAMES else some(names, NAMES - 1)

    def levels(self, shares: np.ndarray) -> np.ndarray:
        """The levels whose colours stand at ``shares`` (0 to 1) of the bar."""
        c = self.course
        first, last = self.part
        bent = c.start + (first + np.asarray(shares, np.float64) * (last - first)) * (c.end - c.start)
        size = np.abs(bent) if not c.decades else c.knee * (np.exp(np.abs(bent)) - (c.decades == 2))
        return np.sign(bent) * np.clip((size - c.low) / (1 - c.low), 0, 1) if c.low < 1 else np.sign(bent)

    def srgb(self, shares: np.ndarray) -> np.ndarray:
        """The colours (n, 3) there."""
        return colour_at(self.levels(shares), self.viz, self.course)


def bars(tree: MatMul, scaling: Scaling) -> list[Bar]:
    """A bar for every distinct colouring of the matrices of ``tree``, in the order of the expression."""
    scales, courses, colours = scaling.scales, scaling.courses, scaling.colours
    found: dict[tuple, list] = {}
    for node in nodes(tree):
        sizes = node.viz.elem_scale, node.viz.min_size
        # scales of their own are the same by chance: a softmax is then no key to what has negative values
        side = None if node.viz.sensitivity == "global" else _part(scaling, [node])
        found.setdefault((scales[node.path], colours[node.path], sizes, side), []).append(node)
    out = []
    for (scale, painted, _, _), alike in found.items():
        path, first = alike[0].path, alike[0].viz
        if scale.high > 0:
            part = _part(scaling, alike)
            out.append(Bar(tuple(node.name for node in alike), first, scale, courses[path], painted,
                           _ticks(first, scale, courses[path], part), _sizes(first, scale), len(found) == 1, part))
    return out


def _part(scaling: Scaling, alike: list[Node]) -> tuple[float, float]:
    """Which part of their map the values of some matrices take: one side of a map that runs both ways from zero where
    none is on the other side and no end of that side is set; else all of it."""
    first = alike[0].viz
    if not colormaps.is_signed(first.cmap):
        return 0.0, 1.0
    span = scaling.span_of(alike)
    if span.least >= 0 and not (first.vmin is not None and first.vmin < 0):
        return 0.5, 1.0
    if span.greatest <= 0 and not (first.vmax is not None and first.vmax > 0):
        return 0.0, 0.5
    return 0.0, 1.0


def count(tree: MatMul) -> int:
    """How many bars a tree has at most, without its values."""
    together = [node.viz.sensitivity == "global" and node.viz for node in nodes(tree)]
    return max(1, min(len({of for of in together if of}) + together.count(False), MOST))


def _ticks(viz: Viz, scale: Scale, course: Course, part: tuple[float, float]) -> tuple[Tick, ...]:
    signed = colormaps.is_signed(viz.cmap)
    first, last = part
    if course.decades:
        values = _decades(scale.high * course.knee, scale.high, signed, course)
    else:
        low, high = ((course.start + share * (course.end - course.start)) * scale.high for share in part)
        values = steps(low, high) if not (signed and scale.low > 0) else \
            [sign * v for v in steps(scale.low, scale.high, TICKS // 2 + 1) for sign in (-1, 1)]
    text = spelled(values)
    inside = [(value, (float(course.position(level(np.array(value), scale))) - first) / (last - first))
              for value in values]
    inside = [(value, share) for value, share in inside if -1e-9 <= share <= 1 + 1e-9]
    kept: dict[float, Tick] = {}
    for value, share in sorted(inside, key=lambda pair: (pair[1], abs(pair[0]))):
        kept.setdefault(round(share, 4), Tick(share, text[value]))
    return tuple(kept.values())


def steps(low: float, high: float, most: int = TICKS) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten from ``low`` to ``high``, at most ``most``."""
    width = high - low
    if not width > 0 or not math.isfinite(width):
        return [low]
    power = 10.0 ** math.floor(math.log10(width / most))
    for step in (power * factor for factor in (1, 2, 5, 10, 20, 50)):
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first + 1 <= most:
            return [float(f"{n * step:.12g}") for n in range(first, last + 1)]
    return [low, high]


def _decades(knee: float, high: float, signed: bool, course: Course) -> list[float]:
    """Powers of ten from the knee up, every so many, and zero where the bar has it."""
    first, last = math.ceil(math.log10(knee) - 1e-9), math.floor(math.log10(high) + 1e-9)
    both = signed or course.start < 0
    stride = max(1, math.ceil((last - first + 1) / (TICKS // 2 if both else TICKS)))
    powers = [10.0 ** p for p in range(last, first - 1, -stride)][::-1] or [high]
    zero = [0.0] if both or course.decades == 2 else []
    down = [-p for p in powers[::-1]] if both else []
    ends = course.start - 1e-9, course.end + 1e-9
    return [v for v in (*down, *zero, *powers) if ends[0] <= course.bend(v / high) <= ends[1]]


def _sizes(viz: Viz, scale: Scale) -> tuple[Size, ...]:
    """A few magnitudes from the largest down, each about a quarter of the one before: their edges about halve."""
    values: list[float] = []
    top = steps(scale.low, scale.high)[-1] or scale.high
    value = top
    while len(values) < SIZES and value > max(scale.low, scale.high * 1e-3):
        values.append(value)
        value = _rounded(value / 4)
    text = spelled(values)
    edges = edge(np.array(values), scale, viz)
    return tuple(Size(v, text[v].lstrip("\u2212"), float(e)) for v, e in zip(values, edges))


def _rounded(value: float) -> float:
    """The nearest of 1, 2 and 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    return float(f"{min((1, 2, 5, 10), key=lambda f: abs(math.log(value / (f * power)))) * power:.12g}")


def spelled(values: list[float]) -> dict[float, str]:
    """Numbers as a reader expects them beside each other: a real minus, powers of ten where they are far from 1, and
    as many digits as tell them apart."""
    for more in range(13):
        out = {value: _spelled(value, more) for value in values}
        if len({*out.values()}) == len(out):
            break
    return out


def _spelled(value: float, more: int) -> str:
    """With so many digits ``more`` than the usual four in front of a power of ten, or six."""
    size = abs(value)
    if size and not 1e-3 <= size < 1e5 * 10 ** more:
        mantissa, power = f"{size:.{3 + more}e}".split("e")
        text = f"{float(mantissa):.{4 + more}g}e{int(power)}".replace("-", "\u2212")
    else:
        text = f"{size:.{6 + more}g}"
    return ("\u2212" if value < 0 else "") + text


def grid(count: int) -> tuple[int, int]:
    """How many columns and rows ``count`` bars stand in."""
    across = 1 if count <= 2 else 2 if count <= 6 else 3
    return across, math.ceil(count / across)


def rectangle(placement: Placement, camera: Camera, points: np.ndarray, count: int) -> np.ndarray:
    """Where ``count`` bars stand beside an expression: lower left, lower right, upper right and upper left (4, 3) of a
    rectangle that faces ``camera``, below all ``points`` (n, 3). In the reference's terms (see ``places``)."""
    right, up, back = camera.axes()
    seen = camera.project(points)[:, :2]
    if getattr(camera, "kind", "perspective") == "perspective":
        # on the plane through the middle of the whole that the picture is parallel to
        far = float((camera.position - (placement.low + placement.high) / 2) @ back)
        centre = camera.position - far * back
    else:
        far, centre = float(np.linalg.norm(camera.position - camera.target)), camera.target
    low, high = seen.min(0) * far, seen.max(0) * far
    across, down = grid(count)
    width = WIDTH[across - 1] * (high[0] - low[0])
    height = ROW * width / across * down
    x, y = (low[0] + high[0] - width) / 2, low[1] - GAP * (high[0] - low[0]) - height
    corners = np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]])
    return centre + corners @ np.array([right, up])

