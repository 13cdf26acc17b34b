"""The schema of the parameters: a record for each setting and, for each setting with choices, a line on each choice.

Everything that speaks of settings reads it: what is checked (``parameters``), what is changed (``edits``), what the
command line lists and docs/settings.md says (``listing``), and the tooltips of the sidebar.

Axes: a matmul multiplies its left operand, I rows by K columns, with its right operand, K rows by J columns. The
result has I rows and J columns. In pictures I runs down, J to the right and K into the depth.

Names, choices and defaults are those of bhosmer/mm (``index.html``, ``viz.js``, ``gui.js``, ``ref.html``); what is
``ours`` the web tool ignores.
"""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..plain import is_number, is_whole
from . import algorithms

LIMIT = 1e9  # of the size of a number, far beyond what can be looked at
FLOAT = 3e38  # of a value of a matrix: float32 ends a little above
LARGEST_SIDE = 1e15  # rows or columns that are counted exactly, far beyond what can be held


@dataclass(frozen=True)
class Setting:
    """A number beyond ``low`` and ``high`` is refused, as is ``low`` itself if it is ``above``. ``without``: why
    it changes nothing here, if it does not."""

    group: str
    key: str
    default: bool | int | float | str
    meaning: str
    choices: Mapping[str, str] | None = None
    unit: str = ""
    low: float = -LIMIT
    high: float = LIMIT
    above: bool = False
    whole: bool = False
    ours: bool = False
    without: str = ""

    @property
    def name(self) -> str:
        """As ``settings=`` and ``--set`` take it for the root."""
        return f"{self.group}.{self.key}" if self.group != "matrix" else self.key

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers (perhaps besides ``auto``)."""
        return isinstance(self.default, (int, float)) and not isinstance(self.default, bool) \
            or self.default == "auto" and self.key != "cmap"

    def fault(self, value: Any) -> str | None:
        """What is wrong with ``value``, a plain one, for a setting that is a number, or None."""
        fits = is_number(value) and (is_whole(value) or not self.whole) and self.low <= value <= self.high
        if fits and not (self.above and value == self.low):
            return None
        bounds = f"of at most {self.high:g} in size" if self.low == -self.high else \
            f"of at least {self.low:g}" if self.high >= LIMIT else self.range()
        return f"must be a {'whole' if self.whole else 'finite'} number {bounds}"

    def range(self) -> str:
        """From where to where its numbers go, in words; empty where the ends are far beyond any use."""
        if self.high >= LIMIT:
            return "" if self.low == -self.high else f"from {self.low:g} up"
        return f"above {self.low:g} and at most {self.high:g}" if self.above else f"from {self.low:g} to {self.high:g}"

    @property
    def kind(self) -> str:
        """Its type in words."""
        if self.choices:
            return "choice"
        if isinstance(self.default, bool):
            return "true or false"
        if isinstance(self.default, str) and self.default != "auto":
            return "text"
        if self.key == "cmap":
            return "colormap"
        number = "whole number" if self.whole else "number"
        return f"{number} or auto" if self.default == "auto" else number


FUSE = {
    "none": "a matmul starts when its operands are done",
    "sync": "matmuls whose sweeps fit together move in step",
    "async": "each goes on as soon as what it needs is there",
}
SCHEMES = {
    "blocks": "operands unfold as convex and concave cubes in turn",
    "zigzag": "matmuls turn this way and that, all of one kind",
    "wheel": "every matmul is turned by 90 degrees against the one before",
    "custom": "every matmul as its own placement says",
}
SENSITIVITIES = {
    "global": "from zero to the largest magnitude of all matrices",
    "semilocal": "from zero to the geometric mean of the largest magnitudes of the matrix and of all",
    "local": "from zero to the largest magnitude of the matrix itself",
    "superlocal": "from the smallest to the largest magnitude of the matrix itself",
}
INITS = {
    "rows": "rising from row to row, from min to max",
    "cols": "rising from column to column, from min to max",
    "row major": "rising along the rows, one after the other, from min to max",
    "col major": "rising down the columns, one after the other, from min to max",
    "pt linear": "as PyTorch initialises a linear layer: uniform within 1/sqrt(w) of zero",
    "uniform": "uniform random numbers from min to max",
    "gaussian": "normal random numbers: mean and deviation half of the way from min to max",
    "tril mask": "ones on and below the diagonal, else zeros",
    "triu mask": "ones on and above the diagonal, else zeros",
    "eye": "the identity: ones on the diagonal",
    "diff": "1 on the diagonal and -1 below it: differences of neighbours",
    "url": "the numbers of the file or address in url, repeated to fill the matrix",
    "expr": "the formula in expr, of i (row), j (column), h and w",
}
NORMS = {
    "linear": "in proportion",
    "log": "by decades; of signed values, of their magnitudes",
    "symlog": "by decades, and through zero in proportion",
}
POLARITIES = {
    "negative": "operands are read from outside the box",
    "positive": "operands are read from inside the box",
}
LEFT = {"left": "on the left face of the box", "right": "on the right face of the box"}
RIGHT = {"top": "on the top face of the box", "bottom": "on the bottom face of the box"}
RESULT = {"front": "on the front face of the box", "back": "on the back face of the box"}
EPILOGS = {
    "relu": "negative values become 0",
    "gelu": "x times the normal distribution function of x",
    "gelu_tanh": "gelu approximated by a tanh, as GPT-2 has it",
    "sigmoid": "1 / (1 + exp(-x))",
    "silu": "x times sigmoid(x)",
    "tanh": "the hyperbolic tangent",
    "softmax": "of each row: exp(x), divided by its sum; a triangle that tril or triu has cut off counts as masked",
    "layernorm": "of the whole matrix, as in the web tool: mean 0 and variance 1; (x, eps)",
    "layernorm_rows": "of each row, as in PyTorch: mean 0 and variance 1; (x, eps)",
    "rmsnorm": "each row divided by the root of its mean square; (x, eps)",
    "rmsnorm_cols": "the same of each column; (x, eps)",
    "tril": "zeros above the diagonal; before softmax, a causal mask",
    "triu": "zeros below the diagonal; before softmax, a mask of what comes before",
    "rope": "rotary positions of the rows; (x, theta, offset, factor, low, high, length)",
    "rope_cols": "the same of the columns",
}
EPILOG_FORMS = {
    "x ** 2": "every element squared",
    "x * 2, x / sqrt(k)": "times or by a number, k or a root; k: the inner dimension of the matmul",
    "x + b, x * g": "plus or times a matrix by its name, or a row or column of it that is repeated; plus a number",
}

_MOUSE = "it is for the mouse in the web tool; the sidebar's Spotlight shows numbers here"

SETTINGS: tuple[Setting, ...] = (
    Setting("anim", "fuse", "none", "Whether the sweeps of an expression's matmuls move together", FUSE),
    Setting("anim", "speed", 20, "The most steps a second at which the web tool sweeps", unit="1/s",
            without="the pace of a sweep is frames_per_step= or duration=, or pace= (--frames-per-step, --duration, "
            "--pace)"),
    Setting("anim", "hide inputs", False, "Hide the operands while they are swept"),
    Setting("anim", "alg", "none", "The sweep: how the product is computed, step by step", algorithms.CHOICES),
    Setting("anim", "spin", 0,
            "Speed at which the camera turns around, in twentieths of a radian a second; negative is "
            "clockwise", unit="rad/20 s", low=-1000, high=1000),

    Setting("block", "i blocks", 1, "Blocks along I, the rows of the left operand and of the result; they are swept "
            "side by side", low=1, whole=True),
    Setting("block", "k blocks", 1, "Blocks along K, the inner dimension: columns of the left operand, rows of the "
            "right one; each makes a partial result", low=1, whole=True),
    Setting("block", "j blocks", 1,
            "Blocks along J, the columns of the right operand and of the result; they are swept "
            "side by side", low=1, whole=True),

    Setting("layout", "scheme", "blocks", "How matmuls that are operands are placed, from the placement of the one "
            "that uses them", SCHEMES),
    Setting("layout", "gap", 4,
            "Distance between faces, and between blocks; auto, and of an expression whose gap is not "
            "set: as it suits the sizes", unit="elements", low=0, high=1e6),
    Setting("layout", "scatter", 0, "How far operands that are matmuls stand off the box of the one that uses them",
            unit="elements", low=-1e6, high=1e6),
    Setting("layout", "molecule", 1, "Only operands of at least this many matmuls stand off; 0: matrices do, too",
            unit="matmuls"),
    Setting("layout", "blast", 0, "Larger operands stand further off: scatter is multiplied by the number of their "
            "matmuls to this power; negative: by the number of all other matmuls, so that smaller ones do", low=-20,
            high=20),
    Setting("layout", "polarity", "negative", "Which way the operands face", POLARITIES),
    Setting("layout", "left placement", "left", "Where the left operand is", LEFT),
    Setting("layout", "right placement", "top", "Where the right operand is", RIGHT),
    Setting("layout", "result placement", "front", "Where the result is", RESULT),

    Setting("deco", "legends", 6, "Size of names and shapes in the planes of the matrices (lettering=planes); beside "
            "the data they are all of one size. 0: neither", low=0, high=1000),
    Setting("deco", "shape", True, "Write the sizes along the edges: I = 64"),
    Setting("deco", "spotlight", 2, "How far around the mouse the web tool shows numbers", unit="elements",
            without=_MOUSE),
    Setting("deco", "row guides", 0.6, "Brightness of frames, of row lines and of the mark at the corner of row 0 and "
            "column 0, from 0 (none) to 1", low=0, high=1),
    Setting("deco", "flow guides", 0.5, "Length and brightness of the arrows from the operands to the result, from 0 "
            "(none) to 1. With names beside the data they are left out where they would hide an element, and explained",
            low=0, high=1),
    Setting("deco", "lens size", 0.5, "Size of the web tool's magnifying lens, of the window's height", without=_MOUSE),
    Setting("deco", "magnification", 7, "How many times the web tool's lens magnifies", without=_MOUSE),
    Setting("deco", "interior spotlight", False, "Whether the web tool shows the numbers of a sweep's planes, too",
            without=_MOUSE),
    Setting("deco", "axes", False,
            "Whether the web tool draws the axes of its world from the middle: x red, y green, z "
            "blue", without="no axes are drawn here"),

    Setting("viz", "sensitivity", "global", "What magnitudes a matrix' colours and sizes are relative to",
            SENSITIVITIES),
    Setting("viz", "min size", 0.2, "Edge of the smallest elements, relative to the largest; zeros are not drawn",
            low=0, high=1),
    Setting("viz", "min light", 0.4, "Lightness (of HSL) of the smallest magnitudes", low=0, high=1),
    Setting("viz", "max light", 0.7, "Lightness (of HSL) of the largest magnitudes; 1 is white", low=0, high=1),
    Setting("viz", "elem scale", 1.25, "Size of the largest elements; they touch at 1.25; 0: as before", low=0,
            high=1000),
    Setting("viz", "zero hue", 0.77, "Hue that the two signs start from", unit="turns"),
    Setting("viz", "hue gap", 0.74, "How far from the zero hue the smallest positive values are, and the other way "
            "round the colour circle the negative ones", unit="turns"),
    Setting("viz", "hue spread", 0.04, "How much further round the colour circle the largest magnitudes are than the "
            "smallest", unit="turns"),
    Setting("viz", "cmap", "auto", "Colours: hue (the web tool's), a colormap, or auto: what suits the look",
            ours=True),
    Setting("viz", "vmin", "auto", "Value at which the colours start; of colours centred at zero the other end follows",
            low=-FLOAT, high=FLOAT, ours=True),
    Setting("viz", "vmax", "auto", "Value at which the colours end", low=-FLOAT, high=FLOAT, ours=True),
    Setting("viz", "norm", "linear", "How values run through the colours", NORMS, ours=True),
    Setting("viz", "percentile", 100,
            "Share of the magnitudes that colours and sizes are spread over, above 50; what is "
            "beyond is drawn like the largest of them", unit="%", low=50, high=100, above=True, ours=True),

    Setting("cam", "x", -48,
            "Where the camera is, to the right of the middle of the whole; without cam it is placed so "
            "that all is seen", unit="elements"),
    Setting("cam", "y", 48, "Where the camera is, above the middle", unit="elements"),
    Setting("cam", "z", 48, "Where the camera is, before the middle, towards the viewer", unit="elements"),
    Setting("cam", "target.x", 0, "What the camera looks at, to the right of the middle", unit="elements"),
    Setting("cam", "target.y", 0, "What the camera looks at, above the middle", unit="elements"),
    Setting("cam", "target.z", 0, "What the camera looks at, before the middle", unit="elements"),

    Setting("matrix", "name", "", "Name, of a matrix or a result"),
    Setting("matrix", "epilog", "none", "What is done to a matmul's product x before it is shown, such as "
            "softmax(x/sqrt(k)); see list epilogs"),
    Setting("matrix", "h", 32, "Height: number of rows; neighbours follow", low=1, high=LARGEST_SIDE, whole=True),
    Setting("matrix", "w", 32, "Width: number of columns; neighbours follow", low=1, high=LARGEST_SIDE, whole=True),
    Setting("matrix", "init", "row major", "Where the values come from; of a right operand the default is col major",
            INITS),
    Setting("matrix", "url", "", "File or address of a CSV or npy file, for the initialiser url"),
    Setting("matrix", "expr", "", "Formula of i, j, h and w in JavaScript's arithmetic, for the initialiser expr"),
    Setting("matrix", "min", -1, "Least value, of the initialisers that have one", low=-FLOAT, high=FLOAT),
    Setting("matrix", "max", 1, "Largest value, of the initialisers that have one", low=-FLOAT, high=FLOAT),
    Setting("matrix", "dropout", 0, "Share of the values that is set to zero, from 0 to 1", low=0, high=1),
    Setting("matrix", "mm_scale", 1, "Factor on all values of a matrix", low=-FLOAT, high=FLOAT, ours=True),
    Setting("matrix", "mm_transpose", False, "The matrix is the transpose of what is given or made for it", ours=True),
    Setting("matrix", "mm_epilog", "", "The epilog of a matrix, or a composed one of a matmul, around x", ours=True),
)

ABOUT = {
    "anim": "Sweeps and the turning camera.",
    "block": "Blocks that a matmul is computed in. Where an axis runs on into an operand, its blocks follow.",
    "layout": "Where matrices are. Operands and result lie on three faces of a box, each matmul on a box of its own.",
    "deco": "What is written and drawn beside the elements.",
    "viz": "Colours and sizes. cmap, vmin, vmax, norm and percentile can be set for a single matrix, too: Q.cmap.",
    "cam": "The camera, in the web tool's world: x to the right, y up, z towards the viewer, the middle of the whole "
           "at 0. To set it, give x, y and z.",
    "matrix": "Of one matrix, by its name or its path: Q.h, root.left.init, attn.epilog.",
}
GROUPS = tuple(ABOUT)


def settings(group: str) -> dict[str, Setting]:
    """The settings of a group, by key."""
    return {setting.key: setting for setting in SETTINGS if setting.group == group}


BY_KEY = {group: settings(group) for group in GROUPS}
OURS = tuple(setting for setting in SETTINGS if setting.ours)  # what the web tool ignores
LABELS = (("rows", "mm_rows"), ("cols", "mm_cols"))  # sides of a matrix, and where the parameters have their labels


def find(group: str, key: str) -> Setting | None:
    """The setting of a group by its key, or None."""
    return BY_KEY.get(group, {}).get(key)


def defaults(group: str, ours: bool = False) -> dict:
    """The defaults of a group: the reference's, or those of ours."""
    return {key: setting.default for key, setting in BY_KEY[group].items() if setting.ours == ours}


def meaning(group: str, key: str) -> str:
    """What a setting is for, in words."""
    return BY_KEY[group][key].meaning
