"""The figures of the gallery: what makes each, how it is seen, and the words that it illustrates."""
from __future__ import annotations

from dataclasses import dataclass, field

MADE = ""  # by scripts/model_pictures.py
TEXT = "Tom had a red ball. He gave the red ball to Ann. Ann put the ball into her bag and gave Tom the bag."


@dataclass(frozen=True)
class Model:
    """A head of a real model: which of the two small ones that come as packages, and what it is asked for."""

    name: str
    layer: int
    head: int
    text: str
    form: str = "attention"


@dataclass(frozen=True)
class Figure:
    """``source``: a preset, the model's head, or MADE; ``at``: how far the sweep has come, 0 to 1; ``names``: the
    matrices whose names can be read in the picture; ``size``: width and height in inches at 150 pixels each; ``keys``:
    whether it says what its colours and sizes mean."""

    name: str
    source: str | Model
    words: str
    look: str = "dark"
    at: float = 0.0
    size: tuple[float, float] = (6.0, 4.4)
    settings: dict = field(default_factory=dict)
    names: tuple[str, ...] = ()
    movie: bool = False
    keys: bool = False


@dataclass(frozen=True)
class Chapter:
    title: str
    words: str
    figures: tuple[Figure, ...]


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
               at=0.55, size=(5.0, 4.4), names=("L", "R"), movie=True),
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
        Figure("smollm2-head", MADE,
               "SmolLM2, layer 24, head 4: to say who is given the drink, *to* looks at *Mary*."),
        Figure("attention-computed", "attention-computed",
               "The computation, with keys and values known already: a token at a time goes all the way from its "
               "input to its output, so that rows above the front are done in all matrices at once.",
               at=0.55, size=(7.2, 4.2), names=("input",), movie=True),
        Figure("minilm-head", MADE,
               "A head that looks both ways: MiniLM, layer 3, head 1. What stands for *it* looks at *animal*."),
        Figure("minilm-head-projections", MADE,
               "The same head from its input to its output, 384 wide. A few channels are loud in every token."),
    )),
    Chapter("Two unlike heads",
            "The same model, the same text.", (
        Figure("head-even-real", Model("smollm2", 0, 7, TEXT),
               "SmolLM2, layer 0, head 7: attention is spread over nearly everything that came before, so each row "
               "of `out` is almost the same mean of `V`.",
               size=(6.4, 5.2), names=("Q", "V")),
        Figure("minilm-heads", MADE,
               "All heads of a layer of MiniLM at once: no two do the same."),
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
        Figure("smollm2-step", MADE,
               "The same step of SmolLM2, beside the whole sequence."),
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
        Figure("lora-rank-4", MADE,
               "An adapter trained for MiniLM: what it adds to a weight, beside the weight."),
        Figure("lora-head", MADE,
               "The head that it changes, with its factors where they are used."),
    )),
)
FIGURES = {figure.name: figure for chapter in CHAPTERS for figure in chapter.figures}
