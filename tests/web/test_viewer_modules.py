"""The house of the viewer, as ``tests/test_architecture.py`` keeps the library's: what imports what, and how large
modules are."""
import re
from pathlib import Path

from imports import circles

SOURCE = Path(__file__).parents[2] / "viewer" / "src"
# Downwards: a folder may import those before it, and what lies beside the folders belongs to the first or the last.
ORDER = ("ground", "sweep", "render", "ui", "top")
TOP = {"elements", "hook", "main"}
LINES = 300
WIDTH = 120


def modules() -> dict[str, str]:
    """By path within ``viewer/src``, without its ending, the text of every module."""
    return {path.relative_to(SOURCE).with_suffix("").as_posix(): path.read_text(encoding="utf-8")
            for path in sorted(SOURCE.rglob("*.ts")) if not path.name.endswith(".d.ts")}


def graph() -> dict[str, set[str]]:
    """Which modules each imports, types included."""
    out = {}
    for name, text in modules().items():
        found = re.findall(r'^(?:import|export)\b[^;"]*?"(\.[^"]+)\.ts";', text, re.MULTILINE)
        out[name] = {(SOURCE / name).parent.joinpath(other).resolve().relative_to(SOURCE).as_posix() for other in found}
    return out


def stage(name: str) -> int:
    """How high a module stands."""
    folder, _, rest = name.rpartition("/")
    return ORDER.index(folder or ("top" if rest in TOP else "ground"))


def test_all_imports_are_seen():
    edges = graph()
    assert {other for others in edges.values() for other in others} <= set(edges)
    assert edges["ui/lettering"] and edges["sweep/film"] >= {"format", "sweep/matrix_sweep"}
    assert {ORDER[stage(name)] for name in edges} == {*ORDER}


def test_imports_go_downwards():
    assert [(name, other) for name, others in graph().items() for other in others if stage(other) > stage(name)] == []


def test_no_circle():
    assert circles(graph()) == []


def test_lines_are_short():
    files = [SOURCE.parent / "build.mjs", *SOURCE.rglob("*.ts"), *(SOURCE.parent / "test").rglob("*.ts")]
    assert len(files) > 80
    assert [f"{path.name}:{number}" for path in files
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if len(line) > WIDTH] == []


def test_modules_are_short():
    assert [name for name, text in modules().items() if len(text.splitlines()) > LINES] == []
