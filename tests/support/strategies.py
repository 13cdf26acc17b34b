"""Random expressions and parameters for the property tests."""
import re

from hypothesis import strategies as st

from mm_blender.expression.epilog_functions import FUNCTIONS
from mm_blender.expression.epilogs import chain_text, matrices, Step
from mm_blender.expression.notation import TRANSPOSES
from mm_blender.expression.syntax import Operand, Product
from mm_blender.plain import composed

NAMES = st.one_of(
    st.sampled_from(["L", "k", "x", "relu", "sqrt", "_", "wQ_5_4", "W[0]", "h.attn.c_proj", "a-b", "K^t", "n!#$%&",
                     "in/out", "h/0/attn", "é", "0x", "K/8a", "A.Ta", "T"]),
    st.from_regex(r"[A-Za-z_]\w{0,3}([.\-!#$%^&/\[\]][A-Za-z]{1,2}){0,2}", fullmatch=True)).filter(
        lambda name: not name.endswith(TRANSPOSES)).map(composed).filter(
            re.compile(r"\w[\w.\-!#$%^&/\[\]]*").fullmatch)  # a few letters compose to two, a mark the second

NUMBERS = st.one_of(st.integers(1, 1000).map(float), st.floats(1e-6, 1e6), st.integers(-20, -1).map(float))


def scalars(k: bool):
    """Scalars; with ``k`` the inner dimension may be among them. None is zero, no root is of a negative."""
    base = NUMBERS.map(lambda value: ("num", value))
    positive = st.floats(0.01, 100).map(lambda value: ("num", value))
    leaves = [base, positive.map(lambda s: ("sqrt", s))]
    if k:
        leaves += [st.just(("k",)), st.just(("sqrt", ("k",)))]
    return st.recursive(st.one_of(leaves), lambda inner: st.tuples(st.sampled_from(["mul", "div"]), inner, inner),
                        max_leaves=3)


def chains(k: bool, most: int = 3, matrix=NAMES):
    """Chains of epilogs, innermost first; ``matrix``: the names in them."""
    numbers = st.sampled_from([("rope", ()), ("rope", (5e5,)), ("rope_cols", (1e4, 7.0, 2.5)), ("rmsnorm", (1e-6,)),
                               ("layernorm_rows", (1e-12,))])
    step = st.one_of(st.sampled_from(sorted(FUNCTIONS)).map(Step), st.just(Step("square")),
                     st.builds(Step, st.sampled_from(["mul", "div"]), scalars(k)),
                     NUMBERS.map(lambda value: Step("add", ("num", value))),
                     st.builds(lambda name, matrix: Step(name, matrix=matrix), st.sampled_from(["add", "mul"]),
                               st.one_of(matrix, matrix.map(lambda name: f"{name}.T"))),
                     numbers.map(lambda pair: Step(pair[0], numbers=pair[1])))
    return st.lists(step, max_size=most).map(tuple)


def expressions(most: int = 6, names=NAMES):
    """Syntax trees with at least one matmul; all columns are 1."""
    factors = NAMES.filter(lambda name: name != "k")  # which is the inner dimension there
    operands = st.builds(Operand, names, st.booleans(), chains(k=False, matrix=factors))
    results = st.none() | names
    products = lambda kids: st.builds(Product, kids, kids, results, chains(k=True, matrix=factors))  # noqa: E731
    return st.recursive(operands, products, max_leaves=most).flatmap(
        lambda node: st.just(node) if isinstance(node, Product) else
        st.builds(Product, st.just(node), operands, results, chains(k=True, matrix=factors)))


def to_text(node) -> str:
    """An expression that stands for ``node``. Everything that may need parentheses has them."""
    if isinstance(node, Operand):
        return f"({chain_text(node.chain, node.label, quoted=False)})"
    text = f"{to_text(node.left)} @ {to_text(node.right)}"
    return f"({chain_text(node.chain, f'({node.name} = {text})' if node.name else f'({text})', quoted=False)})"


def without_columns(node):
    if isinstance(node, Operand):
        return Operand(node.name, node.transpose, node.chain)
    return Product(without_columns(node.left), without_columns(node.right), node.name, node.chain)


def names_of(node) -> set[str]:
    """The names in a tree and its epilogs, without their ``.T``."""
    own = {name.removesuffix(".T") for name in matrices(node.chain)} | {node.name or "x"}
    return own if isinstance(node, Operand) else own | names_of(node.left) | names_of(node.right)
