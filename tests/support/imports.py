"""What imports what in the library and the operators, read off their syntax trees.

Imports count wherever they stand: within functions and under TYPE_CHECKING too.
"""
import ast
from functools import cache
from itertools import count
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Data flow downwards: a package may import those before it.
ORDER = ("system", "colour", "data", "expression", "layout", "values", "appearance", "lettering", "document", "web",
         "export", "story", "scene", "output", "cluster", "facade", "tracing", "models", "public", "cli", "operators")
FACADE = {"visualization", "buildable", "facts", "films", "verbs", "explaining", "grid", "built", "display", "jobs",
          "lessons", "pages", "many_machines", "transitions"}
GROUND = {"digits", "errors", "limits", "options", "plain", "version"}


@cache
def modules() -> dict[str, tuple[Path, ast.Module]]:
    """By dotted name, every module of the library and of the operators: its path and its syntax tree."""
    out = {}
    for path in [*sorted(ROOT.glob("mm_blender/**/*.py")), *sorted(ROOT.glob("operators/*.py"))]:
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        out[name.removesuffix(".__init__")] = path, ast.parse(path.read_text(encoding="utf-8"))
    return out


def stage(module: str) -> int:
    """How high a module stands: 0 the ground, then by ``ORDER``. ``public`` is the root, which finds the names that a
    user has."""
    top, *rest = module.split(".")
    if rest and rest[0] in GROUND:
        return 0
    return 1 + ORDER.index("operators" if top == "operators" else "public" if not rest else
                           "facade" if rest[0] in FACADE else rest[0])


def imported(name: str, path: Path, tree: ast.Module) -> set[str]:
    """The modules of ours that a module imports, anywhere in it."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    out = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")
                base = ".".join([*above[:len(above) - node.level + 1], *([node.module] if node.module else [])])
            out |= {full if (full := f"{base}.{alias.name}") in modules() else base for alias in node.names}
        elif isinstance(node, ast.Import):
            out |= {alias.name for alias in node.names}
    return {other for other in out if other in modules()} - {name}


@cache
def graph() -> dict[str, set[str]]:
    return {name: imported(name, path, tree) for name, (path, tree) in modules().items()}


def circles(edges: dict[str, set[str]]) -> list[list[str]]:
    """Groups of more than one module that reach each other (Tarjan's strongly connected components)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    number, out = count(), []

    def visit(node: str) -> None:
        index[node] = low[node] = next(number)
        stack.append(node)
        for other in edges[node]:
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            at = stack.index(node)
            if len(group := stack[at:]) > 1:
                out.append(sorted(group))
            del stack[at:]

    for node in edges:
        if node not in index:
            visit(node)
    return out
