"""ARCHITECTURE.md and CONTRIBUTING.md are true: the drawing is that of the imports, and what they name is there."""
import importlib.util
import re
from importlib.machinery import SourceFileLoader
from pathlib import Path

import numpy as np
import pytest

import mm_blender as mm
from imports import GROUND, modules, ORDER
from mm_blender.expression import epilogs

ROOT = Path(__file__).parents[1]
PAGES = ("ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")


def script():
    loader = SourceFileLoader("architecture_page", str(ROOT / "scripts" / "architecture_page"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


def test_the_drawing_is_that_of_the_imports():
    """scripts/architecture_page draws it."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert text == script().page(text) and "```mermaid" in text


def test_every_package_is_spoken_of():
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    packages = {name.split(".")[1] for name, (path, _) in modules().items() if path.name == "__init__.py"
                and name.count(".") == 1}
    assert packages <= {*ORDER} and [name for name in packages if f"`{name}/`" not in text] == []
    assert [name for name in GROUND if f"`{name}.py`" not in text] == []


@pytest.mark.parametrize("page", PAGES)
def test_what_is_named_is_there(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    named = {name for name in re.findall(r"`([\w./]+(?:/|\.py|\.md|\.toml))`", text)}
    named |= {name for name in re.findall(r"\]\(([\w./]+)\)", text)} | set(re.findall(r"`(scripts/\w+)`", text))
    places = (ROOT, ROOT / "mm_blender", ROOT / "viewer" / "src", *(ROOT / "mm_blender" / package for package in ORDER))
    missing = [name for name in sorted(named) if not any((place / name).exists() for place in places)]
    assert named and missing == []


def test_the_worked_epilog_works(monkeypatch):
    monkeypatch.setitem(epilogs.FUNCTIONS, "softplus", lambda x: np.logaddexp(x, 0))
    monkeypatch.setattr(epilogs, "POINTWISE", (*epilogs.POINTWISE, "softplus"))
    values = mm.visualize("softplus(A @ B)", data={"A": np.eye(2) * 3, "B": np.eye(2)}).values["root"]
    np.testing.assert_allclose(values, np.log1p(np.exp(np.eye(2) * 3)), rtol=1e-6)
