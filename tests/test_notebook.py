"""Notebooks: a kernel is told from a shell and from a script, and what is rendered there is a preview."""
import sys
from types import SimpleNamespace

import pytest

pytest.importorskip("bpy")

from mm_blender.output import sampling  # noqa: E402
from mm_blender.system import notebook  # noqa: E402


@pytest.mark.parametrize("ipython, there", [
    (None, False), (SimpleNamespace(), False), (SimpleNamespace(get_ipython=lambda: None), False),
    (SimpleNamespace(get_ipython=lambda: SimpleNamespace(name="shell")), False),
    (SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=object())), True)],
    ids=["script", "half imported", "imported", "shell", "kernel"])
def test_what_runs_here(monkeypatch, ipython, there):
    if ipython is None:
        monkeypatch.delitem(sys.modules, "IPython", raising=False)
    else:
        monkeypatch.setitem(sys.modules, "IPython", ipython)
    assert notebook.running() == there
    assert sampling.default() == ("preview" if there else "final")
