"""The house, read off the syntax tree: what imports what, and how large modules and functions are.

Imports count wherever they stand: within functions and under TYPE_CHECKING too. The lists of exceptions say what is
left to do; they may only shrink, so what is no exception any more must leave its list.
"""
import ast
import sys
from collections import Counter
from importlib.machinery import PathFinder
from pathlib import Path

import pytest

from imports import circles, FACADE, graph, GROUND, modules, ORDER, ROOT, stage

BLENDER = {"scene", "output", "cluster", "facade", "operators"}  # where bpy may be imported

LINES = 300       # of a module
BODY = 50         # lines of a function without its docstring
PARAMETERS = 7    # of a function
TABLES = {"mm_blender.expression.schema"}  # hold records, not code

UPWARD: set[tuple[str, str]] = set()
LONG_MODULES: set[str] = set()
LONG_FUNCTIONS: set[str] = set()
# Tables too: a node group is told node by node, and the sidebar's properties one by one.
TABLE_FUNCTIONS: set[str] = {
    "mm_blender.scene.nodes.cube_group._fill", "mm_blender.scene.nodes.interior._fill",
    "mm_blender.scene.nodes.number_group._fill", "mm_blender.scene.nodes.pin_group._fill",
    "mm_blender.scene.nodes.reveal._fill", "mm_blender.scene.nodes.sum_group._fill",
    "mm_blender.scene.nodes.upright_group._fill", "operators.settings._annotations",
}
MANY_PARAMETERS: set[str] = {
    "mm_blender.data.slices.read_slice",
}
SAME_CLASSES: set[str] = set()
CIRCLES: set[tuple[str, ...]] = set()
BPY_BELOW: set[str] = {
    "mm_blender.cli.commands", "mm_blender.system.interrupts",
}

# What a user calls: keywords are its settings.
PUBLIC: set[str] = {
    "mm_blender.jobs.Jobs.job",
    "mm_blender.many_machines.render_distributed",
    "mm_blender.models.attention_heads.attention_head", "mm_blender.models.attention_heads.attention_heads",
    "mm_blender.verbs.Verbs.figure", "mm_blender.verbs.Verbs.render",
    "mm_blender.visualization.visualize",
}


def functions():
    """Every function and method: its dotted name and its syntax tree. Those within others belong to them."""
    def inside(name, body):
        for node in body:
            if isinstance(node, ast.ClassDef):
                yield from inside(f"{name}.{node.name}", node.body)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield f"{name}.{node.name}", node

    for name, (_, tree) in modules().items():
        yield from inside(name, tree.body)


def only_shrinks(found, listed, what: str) -> None:
    """What is found is what is listed."""
    found = set(found)
    assert not (new := sorted(found - listed)), f"{what}: {new}"
    assert not (gone := sorted(listed - found)), f"no longer so, and to be taken off the list: {gone}"


def test_every_package_has_its_place():
    tops = {name.split(".")[1] for name in modules() if name.startswith("mm_blender.")}
    assert tops == {*ORDER, *GROUND, *FACADE} - {"facade", "public", "operators"}


def test_imports_go_downwards():
    up = {(name, other) for name, others in graph().items() for other in others if stage(other) > stage(name)}
    only_shrinks(up, UPWARD, "these import what stands above them")


def test_no_circle():
    """Beside what goes upwards, no module reaches itself."""
    found = circles({name: {other for other in others if (name, other) not in UPWARD}
                     for name, others in graph().items()})
    only_shrinks(map(tuple, found), CIRCLES, "circles")


def test_a_circle_would_be_seen():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]


def test_blender_is_imported_above_the_document_only():
    found = set()
    for name, (_, tree) in modules().items():
        if stage(name) and ORDER[stage(name) - 1] in BLENDER:
            continue
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else \
                [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if {each.partition(".")[0] for each in names} & {"bpy", "mathutils", "gpu", "bmesh"}:
                found.add(name)
    only_shrinks(found, BPY_BELOW, "these import Blender")


def test_modules_are_short():
    long = {name for name, (path, _) in modules().items() if len(path.read_text(encoding="utf-8").splitlines()) > LINES}
    only_shrinks(long - TABLES, LONG_MODULES, f"longer than {LINES} lines")


def lines(node: ast.FunctionDef) -> int:
    """Of a function, without its docstring."""
    skipped = 0
    if ast.get_docstring(node) is not None:
        skipped = node.body[0].end_lineno - node.body[0].lineno + 1
    return node.end_lineno - node.lineno + 1 - skipped


def test_functions_are_short():
    only_shrinks((name for name, node in functions() if lines(node) > BODY), LONG_FUNCTIONS | TABLE_FUNCTIONS,
                 f"longer than {BODY} lines without their docstring")


def parameters(node: ast.FunctionDef) -> int:
    """How many a function takes, beside its own object."""
    given = [*node.args.posonlyargs, *node.args.args]
    own = bool(given) and given[0].arg in ("self", "cls")
    return len(given) - own + len(node.args.kwonlyargs)


def test_functions_take_few_parameters():
    many = {name for name, node in functions() if parameters(node) > PARAMETERS}
    only_shrinks(many - PUBLIC, MANY_PARAMETERS, f"more than {PARAMETERS} parameters")
    assert PUBLIC <= many, f"these need no exception: {sorted(PUBLIC - many)}"


def test_no_class_name_comes_twice():
    names = Counter(node.name for _, tree in modules().values() for node in ast.walk(tree)
                    if isinstance(node, ast.ClassDef))
    only_shrinks((name for name, times in names.items() if times > 1), SAME_CLASSES, "classes of one name")


@pytest.mark.parametrize("name", [name for name, (path, _) in modules().items() if path.name == "__init__.py"])
def test_a_package_says_in_a_sentence_what_it_holds(name):
    text = ast.get_docstring(modules()[name][1])
    assert text and text.split("\n\n")[0].rstrip().endswith(".")


@pytest.mark.parametrize("path", sorted((Path(__file__).parent / "support").glob("*.py")), ids=lambda path: path.stem)
def test_no_module_of_the_tests_hides_another(path):
    """The folder of what tests share stands first where Python looks: what is called like another is found for
    it."""
    elsewhere = [folder for folder in sys.path if Path(folder or ".").resolve() != path.parent]
    found = PathFinder.find_spec(path.stem, [*elsewhere, str(ROOT)])
    assert path.stem not in sys.stdlib_module_names and (found is None or found.origin == str(path)), found
