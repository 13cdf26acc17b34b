"""The expression language: what text means, and where it says that something is wrong."""
import pytest
from hypothesis import given, settings

from mm_blender.errors import ExpressionError, SizeError
from mm_blender.expression import epilogs
from mm_blender.expression.epilogs import chain_text, Step
from mm_blender.expression.grammar import parse, parse_epilog
from mm_blender.expression.syntax import Operand, Product
from mm_blender.limits import limits
from strategies import chains, expressions, names_of, to_text, without_columns

MAX_DEPTH = limits.expression_depth
SQRT_K = ("sqrt", ("k",))


def shape(text: str, known=()) -> str:
    """The tree of ``text`` with all its parentheses."""
    def show(node) -> str:
        if isinstance(node, Operand):
            return chain_text(node.chain, node.label, quoted=False)
        inside = f"({node.name} = " * bool(node.name) or "("
        return chain_text(node.chain, f"{inside}{show(node.left)} @ {show(node.right)})", quoted=False)
    return show(parse(text, known))


@pytest.mark.parametrize("text, tree", [
    ("L @ R", "(L @ R)"),
    ("L@R", "(L @ R)"),
    ("A @ B @ C @ D", "(((A @ B) @ C) @ D)"),
    ("A @ (B @ (C @ D))", "(A @ (B @ (C @ D)))"),
    ("(A @ B) @ (C @ D)", "((A @ B) @ (C @ D))"),
    ("((A)) @ ((B))", "(A @ B)"),
    ("A\n @\tB", "(A @ B)"),
    ("out = (attn = Q @ K_t) @ V", "(out = (attn = Q @ K_t) @ V)"),
    ("(out = A @ B)", "(out = A @ B)"),
    ("out = (P = A @ B) @ (S = C @ D)", "(out = (P = A @ B) @ (S = C @ D))"),
    ("softmax(tril(Q @ K_t / sqrt(k))) @ V", "(softmax(tril((Q @ K_t) / sqrt(k))) @ V)"),
    ("gelu(x @ w1) @ w2", "(gelu((x @ w1)) @ w2)"),
    ("softmax (A @ B)", "softmax((A @ B))"),
    ("y = softmax(A @ B)", "softmax((y = A @ B))"),
    ("relu(A) @ tanh(B)", "(relu(A) @ tanh(B))"),
    ("A @ B * 2", "(A @ B) * 2"),
    ("A @ (B * 2)", "(A @ B * 2)"),
    ("A * 2 @ B", "(A * 2 @ B)"),
    ("2 * A @ B", "(A * 2 @ B)"),
    ("A @ 2 * B", "(A @ B * 2)"),
    ("2 * (A @ B)", "(A @ B) * 2"),
    ("2 * A ** 2 @ B", "((A)**2 * 2 @ B)"),
    ("A @ B ** 2", "(A @ (B)**2)"),
    ("(A @ B) ** 2", "((A @ B))**2"),
    ("A @ B / 2 * 3", "(A @ B) / 2 * 3"),
    ("A @ B / (2 * k)", "(A @ B) / (2*k)"),
    ("A @ B / sqrt(2 * k / 3)", "(A @ B) / sqrt(((2*k) / 3))"),
    ("sqrt(2) * A @ B", "(A * sqrt(2) @ B)"),
    ("A @ B * -1e-3", "(A @ B) * -0.001"),
    ("A.T @ B", "(A.T @ B)"),
    ("A.T.T @ B.T.T.T", "(A @ B.T)"),
    ("A @ B/k", "(A @ B) / k"),
    ("A @ B/8", "(A @ B) / 8"),
    ("A @ B/sqrt(k)", "(A @ B) / sqrt(k)"),
    ("k @ k / k", "(k @ k) / k"),
    ("wQ_5_4 @ W[0]", "(wQ_5_4 @ W[0])"),
    ("h.attn.c_proj @ x!#$", "(h.attn.c_proj @ x!#$)"),
    ("Ä @ ß", "(Ä @ ß)"),
    ("softmax @ relu", "(softmax @ relu)"),
    ("x @ W + b", "(x @ W) + b"),
    ("(x @ W + b) @ V", "((x @ W) + b @ V)"),
    ("gelu(x @ w1 + b1) @ w2 + b2", "(gelu((x @ w1) + b1) @ w2) + b2"),
    ("x + (attn @ V)", "(attn @ V) + x"),
    ("x + attn @ V + b", "(attn @ V) + x + b"),
    ("A @ B + C.T", "(A @ B) + C.T"),
    ("A @ B + 2", "(A @ B) + 2"),
    ("(x + p) @ W", "(x + p @ W)"),
    ("A @ B * g", "(A @ B) * g"),
    ("A @ B * g @ C", "((A @ B) * g @ C)"),
    ("silu(x @ w) * up @ down", "(silu((x @ w)) * up @ down)"),
    ("(A @ B + b) * 2 / k", "((A @ B) + b) * 2 / k"),
    ("2 * (A @ B + b)", "((A @ B) + b) * 2"),
    ("A @ B * k", "(A @ B) * k"),
    ("Q = rope(x @ w + b, 5e5, 3)", "rope((Q = x @ w) + b, 500000, 3)"),
    ("rope @ b", "(rope @ b)"),
])
def test_what_an_expression_means(text, tree):
    assert shape(text) == tree


def test_names_chains_and_columns():
    node = parse("out = softmax(Q.T @ K / sqrt(k)) @ V")
    assert node == Product(Product(Operand("Q", True, column=15), Operand("K", column=21), None,
                                   (Step("div", SQRT_K), Step("softmax")), column=15),
                           Operand("V", column=36), "out", column=15)


@pytest.mark.parametrize("text, label", [
    ("A @ B @ C", "A @ B @ C"), ("A @ (B @ C)", "A @ (B @ C)"), ("(p = A @ B) @ (q = C @ D)", "p @ q"),
    ("A.T @ B", "A.T @ B")])
def test_results_without_a_name_join_those_of_their_operands(text, label):
    assert parse(text).label == label


@settings(max_examples=150)
@given(expressions())
def test_any_tree_can_be_written_and_read_back_where_its_names_are_known(tree):
    assert without_columns(parse(to_text(tree), names_of(tree))) == without_columns(tree)


@settings(max_examples=150)
@given(chains(k=True, most=5))
def test_any_epilog_can_be_written_and_read_back(chain):
    assert parse_epilog(chain_text(chain)) == chain


@pytest.mark.parametrize("name", epilogs.REFERENCE_NAMES)
def test_the_references_epilogs_go_by_their_own_names(name):
    chain = parse_epilog(name)
    assert chain == epilogs.reference_chain(name)
    assert epilogs.reference_name(chain) == name


@pytest.mark.parametrize("text, column, words", [
    ("", None, "empty"),
    (" \n", None, "empty"),
    ("A", 1, "needs a matmul"),
    ("softmax(A)", 9, "needs a matmul"),
    ("A @", 4, "a matrix is missing after"),
    ("A @ B @ ", 9, "a matrix is missing after"),
    ("@ B", 1, "a matrix is missing before '@'"),
    ("A @@ B", 4, "a matrix is missing before '@'"),
    ("A @ ()", 6, "a matrix is missing before ')'"),
    ("A B", 3, "an operator such as @ is missing before 'B'"),
    ("A\n@ B\nC", 7, "an operator such as @ is missing before 'C'"),
    ("(A) (B @ C)", 5, "an operator such as @ is missing before '('"),
    ("A (B @ C)", 1, "there is no epilog 'A'"),
    ("A @ (B", 7, "1 closing parenthesis missing"),
    ("((A @ B", 8, "2 closing parentheses missing"),
    ("A @ B)", 6, "a closing parenthesis without its opening one"),
    ("A = B", 1, "A = B names no result"),
    ("A @ B = C", 7, "a result is named once"),
    ("out = attn = Q @ K", 12, "a result is named once"),
    ("x = (y = A @ B)", 1, "two names, x and y"),
    ("foo(A @ B)", 1, "there is no epilog 'foo'; known are relu, gelu"),
    ("A @ softmaxx(B)", 5, "did you mean softmax?"),
    ("A @ B ** 3", 10, "only ** 2 is an epilog, not ** 3"),
    ("(A @ B).T", 8, "'.T' belongs to a name"),
    ("A + B", 1, "needs a matmul"),
    ("A @ B; C", 6, "';' is not understood here"),
    ("A @ B / C", 9, "'/' takes a number, k or sqrt(...), and 'C' is none of them"),
    ("A @ B * (C @ D)", 12,
     "'*' takes a number, k or sqrt(...), or the name of a matrix for an elementwise product, and"),
    ("A @ B * relu(C)", 14, "'*' takes a number, k or sqrt(...), or the name of a matrix"),
    ("A @ B + C @ D", 7, "one side of a + is the name of a matrix or a number"),
    ("A @ B + relu(C)", 7, "one side of a + is the name of a matrix or a number"),
    ("A @ B +", 8, "a matrix is missing after"),
    ("+ A @ B", 1, "a matrix is missing before '+'"),
    ("A @ B + 1e400", 9, "1e400 is too large a number"),
    ("A, B @ C", 2, "a comma stands before the numbers of a function"),
    ("rope(A @ B, 1, 0, 1, 9)", 1, "rope takes (x, theta, offset, factor)"),
    ("rmsnorm(A @ B, 1, 2)", 16, "rmsnorm takes at most 1 number after a comma, and 2 stand here"),
    ("relu(A @ B, 2)", 13, "relu takes no numbers, and 1 stand here"),
    ("rope(A @ B, 0)", 1, "theta and factor are above 0"),
    ("rmsnorm(A @ B, -1)", 1, "eps, which is not negative"),
    ("A @ B / sqrt", 9, "'/' takes a number, k or sqrt(...)"),
    ("A @ B / 0", 7, "division by zero"),
    ("A @ B * (2 / 0)", 12, "division by zero"),
    ("A @ B / sqrt(0)", 7, "division by zero"),
    ("A @ B / (0 * k)", 7, "division by zero"),
    ("A @ B * 1e400", 9, "1e400 is too large a number"),
    ("A @ B * sqrt(-2)", 9, "the square root of -2 is not a number"),
    ("A @ B * sqrt(-2 * k)", 9, "the square root of (-2*k) is not a number"),
    ("sqrt(A) @ B", 9, "sqrt is of a number or k, and 'A' is neither"),
    ("A * k @ B", 1, "k is the inner dimension of a matmul"),
    ("(A @ B", 7, "1 closing parenthesis missing"),
    ("(" * (MAX_DEPTH + 1) + "A", MAX_DEPTH + 1, "nested more than 200 deep"),
    ("A" + " @ A" * (MAX_DEPTH + 1), 1, "nested more than 200 deep"),
    ("A" + " @ A" * (6 * MAX_DEPTH), 1, "nested more than 200 deep"),
])
def test_errors_say_what_and_where(text, column, words):
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert words in str(caught.value)
    assert caught.value.column == column
    if column:
        message, shown, caret = str(caught.value).split("\n")
        assert message.endswith(f"(column {column})")
        assert len(text) > 300 or caret.index("^") == column + 1 and len(shown) == len(text) + 2
        assert len(shown) < 500 and caret.index("^") < len(shown) + 1


def test_too_long_a_text_is_refused():
    with pytest.raises(SizeError, match="has 100,002 characters; the limit expression_length is 100,000"):
        parse("A @ " + "B" * 99_998)


def test_the_deepest_tree_that_is_allowed():
    assert parse("A" + " @ A" * MAX_DEPTH).label.count("@") == MAX_DEPTH
    assert parse("(" * MAX_DEPTH + "A @ B" + ")" * MAX_DEPTH).label == "A @ B"


@pytest.mark.parametrize("text", ["", "y", "x.T", "x @ x", "softmax(y)", "zzz(x)", "softmax(x", "x/0"])
def test_what_is_no_epilog_is_refused(text):
    with pytest.raises(ExpressionError):
        parse_epilog(text)
