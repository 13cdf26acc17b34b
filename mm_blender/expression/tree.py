"""The resolved tree: every matrix and matmul with all its settings, inherited ones included.

``resolve`` reads a complete parameter dict (``parameters.complete``) once; everything after it works on these
dataclasses. Rules of inheritance and blocking: bhosmer/mm, ``viz.js`` (``prepChildParams``, ``initLeft``,
``initRight``).
"""
from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import overload

from ..errors import ParameterError, ShapeError, SizeError
from . import epilogs
from .algorithms import INHERIT, NONE
from .blocks import Split, split
from .grammar import parse_epilog
from .parameters import DEFAULTS, is_matmul, OWN

MAX_ELEMENTS = 2 ** 31 - 1  # Blender counts points and instances in 32 bits


@dataclass(frozen=True)
class Anim:
    """How it is swept: the settings of ``anim``."""

    alg: str
    fuse: str
    speed: float
    hide_inputs: bool
    spin: float


@dataclass(frozen=True)
class Layout:
    """Where it stands: the settings of ``layout``."""

    scheme: str
    gap: float
    scatter: float
    molecule: float
    blast: float
    positive: bool  # polarity
    left: bool      # left operand on the left
    top: bool       # right operand on top
    front: bool     # result in front


@dataclass(frozen=True)
class Viz:
    """How values become sizes and colours: the settings of ``viz``."""

    sensitivity: str
    min_size: float
    min_light: float
    max_light: float
    elem_scale: float
    zero_hue: float
    hue_gap: float
    hue_spread: float
    cmap: str = "hue"           # the reference's scheme, or a map of ``colormaps``
    vmin: float | None = None   # None: from the values
    vmax: float | None = None
    norm: str = "linear"
    percentile: float = 100.0   # of the magnitudes that the scale reaches to


@dataclass(frozen=True)
class Deco:
    """What is drawn beside the elements: the settings of ``deco``."""

    legends: float
    shape: bool
    row_guides: float
    flow_guides: float


@dataclass(frozen=True)
class Init:
    """How a leaf gets its values: the reference's initialiser and what it needs."""

    kind: str
    url: str
    expr: str
    min: float
    max: float
    dropout: float


@dataclass(frozen=True)
class EdgeLabel:
    """A shape legend: the dimension's letter and on which edge it stands (far: at the larger index)."""

    letter: str
    far: bool


@dataclass(frozen=True)
class Leaf:
    """A matrix that is given: ``h`` rows, ``w`` columns."""

    path: str
    name: str
    h: int
    w: int
    init: Init
    transpose: bool
    scale: float
    chain: epilogs.Chain
    rows: Split
    cols: Split
    layout: Layout
    viz: Viz
    deco: Deco
    edges: tuple[EdgeLabel, EdgeLabel] | None
    role: str = "leaf"
    count: int = 0  # matmuls in this subtree
    note: str = ""  # what its cells are, where it is reduced
    made_up: bool = field(default=False, compare=False)  # whether it has no data and others have

    @property
    def remark(self) -> str:
        """What is written beside its name."""
        return ", ".join(part for part in (self.note, "made up" if self.made_up else "") if part)


@dataclass(frozen=True)
class MatMul:
    """A matmul and its result: (h, d) @ (d, w) -> (h, w)."""

    path: str
    name: str
    h: int
    d: int
    w: int
    left: Node
    right: Node
    chain: epilogs.Chain
    anim: Anim
    rows: Split    # i
    inner: Split   # k
    cols: Split    # j
    layout: Layout
    viz: Viz
    deco: Deco
    edges: tuple[EdgeLabel, EdgeLabel] | None
    count: int
    role: str = field(default="result")
    note: str = ""

    @property
    def remark(self) -> str:
        """What is written beside its name."""
        return self.note


Node = Leaf | MatMul


def nodes(tree: Node) -> list[Node]:
    """Every node of the tree, operands before the matmul that uses them."""
    out, stack = [], [(tree, False)]
    while stack:
        node, opened = stack.pop()
        if isinstance(node, Leaf) or opened:
            out.append(node)
        else:
            stack += [(node, True), (node.right, False), (node.left, False)]
    return out


def elements(tree: Node) -> int:
    """Number of elements of all matrices together."""
    return sum(node.h * node.w for node in nodes(tree))


@overload
def marked(tree: MatMul, made_up: Collection[str]) -> MatMul: ...


@overload
def marked(tree: Node, made_up: Collection[str]) -> Node: ...


def marked(tree: Node, made_up: Collection[str]) -> Node:
    """``tree`` with the leaves at the paths ``made_up`` marked as such."""
    if isinstance(tree, Leaf):
        return replace(tree, made_up=True) if tree.path in made_up else tree
    return replace(tree, left=marked(tree.left, made_up), right=marked(tree.right, made_up))


def resolve(params: dict, limited: bool = True, cmap: str = "hue") -> MatMul:
    """The typed tree of complete ``params``; ``cmap``: what the colormap ``auto`` stands for. Raises ShapeError where
    shapes do not meet and, if ``limited``, SizeError above 2^31 - 1."""
    tree = _resolve({**params, "viz": {**params["viz"], "auto": cmap}}, "root", None, None, [])
    assert isinstance(tree, MatMul)  # as a root is
    if limited and (total := elements(tree)) > MAX_ELEMENTS:
        raise SizeError(f"the expression has {total:,} elements; Blender holds at most {MAX_ELEMENTS:,} "
                        "(make the matrices smaller, show a slice of them, or let them be reduced: reduce='absmax')")
    return tree


def _resolve(spec: dict, path: str, parent: dict | None, edges: tuple[EdgeLabel, EdgeLabel] | None,
             scales: list[float]) -> Node:
    """``parent`` holds the groups that the parent matmul has resolved to, as dicts in the reference's schema.

    ``scales`` collects the element scales of the matmuls met so far: in the reference a matmul sets the scale for
    all that is drawn after it, so a leaf is drawn at the scale of the last matmul before it, not of its parent.
    """
    groups = {key: {**(parent[key] if parent else {}), **(spec.get(key) or {})}
              for key in ("anim", "block", "layout", "viz", "deco")}
    if parent:
        left = path.endswith("left")
        above = parent["block"]
        groups["block"]["i blocks"] = above["i blocks" if left else "k blocks"]
        groups["block"]["j blocks"] = above["k blocks" if left else "j blocks"]
        if groups["anim"]["alg"] == INHERIT:
            groups["anim"]["alg"] = parent["anim"]["alg"]
    layout, viz, deco = _layout(groups["layout"]), _viz(groups["viz"]), _deco(groups["deco"])
    if parent and not is_matmul(spec):
        viz = replace(viz, elem_scale=scales[-1])
        h, w = int(spec["h"]), int(spec["w"])
        return Leaf(path, spec["name"], h, w, _init(spec), bool(spec.get("mm_transpose")),
                    float(spec.get("mm_scale", 1)), _chain(spec, False),
                    split(h, groups["block"]["i blocks"], layout.gap),
                    split(w, groups["block"]["j blocks"], layout.gap), layout, viz, deco, edges)
    scales.append(viz.elem_scale or (scales[-1] if scales else DEFAULTS["viz"]["elem scale"]))
    viz = replace(viz, elem_scale=scales[-1])
    # which edges carry the shape legends of the operands and the root's result
    near = layout.front == layout.positive
    lhs = _resolve(spec["left"], f"{path}.left", groups, (EdgeLabel("I", near), EdgeLabel("K", layout.top)), scales)
    rhs = _resolve(spec["right"], f"{path}.right", groups, (EdgeLabel("K", layout.left), EdgeLabel("J", near)), scales)
    if lhs.w != rhs.h:
        raise ShapeError(f"the shapes do not meet in {spec['name']} ({path}): {lhs.name} is {lhs.h} x {lhs.w} and "
                         f"{rhs.name} is {rhs.h} x {rhs.w}, so {lhs.w} columns meet {rhs.h} rows; they must be equal")
    anim, block = groups["anim"], groups["block"]
    if anim["alg"] == INHERIT:
        anim["alg"] = NONE
    return MatMul(
        path, spec["name"], lhs.h, lhs.w, rhs.w, lhs, rhs, _chain(spec),
        Anim(anim["alg"], anim["fuse"], anim["speed"], anim["hide inputs"], anim["spin"]),
        split(lhs.h, block["i blocks"], layout.gap), split(lhs.w, block["k blocks"], layout.gap),
        split(rhs.w, block["j blocks"], layout.gap), layout, viz, deco,
        None if parent else (EdgeLabel("I", layout.left), EdgeLabel("J", layout.top)), 1 + lhs.count + rhs.count)


def _chain(spec: dict, matmul: bool = True) -> epilogs.Chain:
    """The epilog of a node; a matrix has ours alone, as in the reference."""
    return parse_epilog(spec.get("mm_epilog") or (spec.get("epilog", "none") if matmul else "none"))


def _init(spec: dict) -> Init:
    return Init(spec["init"], spec["url"], spec.get("expr") or "", spec["min"], spec["max"], spec["dropout"])


def _layout(d: dict) -> Layout:
    return Layout(d["scheme"], d["gap"], d["scatter"], d["molecule"], d["blast"], d["polarity"] == "positive",
                  d["left placement"] == "left", d["right placement"] == "top", d["result placement"] == "front")


def _viz(d: dict) -> Viz:
    own = {key: d.get(key, value) for key, value in OWN["viz"].items()}
    vmin, vmax = (None if own[key] == "auto" else float(own[key]) for key in ("vmin", "vmax"))
    if vmin is not None and vmax is not None and vmin >= vmax:
        raise ParameterError(f"viz.vmin must be below viz.vmax, but they are {vmin:g} and {vmax:g}")
    if own["norm"] == "log" and any(end is not None and end <= 0 for end in (vmin, vmax)):
        raise ParameterError("under viz.norm = 'log' viz.vmin and viz.vmax are magnitudes above 0; 'symlog' goes "
                             "through zero")
    return Viz(d["sensitivity"], d["min size"], d["min light"], d["max light"], d["elem scale"], d["zero hue"],
               d["hue gap"], d["hue spread"], d.get("auto", "hue") if own["cmap"] == "auto" else own["cmap"],
               vmin, vmax, own["norm"], float(own["percentile"]))


def _deco(d: dict) -> Deco:
    return Deco(d["legends"], d["shape"], d["row guides"], d["flow guides"])
