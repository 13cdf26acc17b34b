"""Shared by all tests: a Blender without anybody's preferences, and an empty scene on request."""
import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import effort
from blender_at_hand import inside_blender

effort.same_each_time()

# Importing pip's bpy puts the user's extension folder at the front of sys.path, so it must be an empty one.
if "bpy" not in sys.modules:
    _resources = tempfile.TemporaryDirectory(prefix="mm-blender-tests-")
    os.environ["BLENDER_USER_RESOURCES"] = _resources.name
    os.environ["MM_BLENDER_PRESETS"] = os.path.join(_resources.name, "presets")
    os.environ["MM_BLENDER_CACHE"] = os.path.join(_resources.name, "cache")
    # Blenders beside each other that share a cache of shaders end with a bus error
    os.environ["MESA_SHADER_CACHE_DIR"] = os.path.join(_resources.name, "shaders")


USUAL_PYTHON = (3, 11)
# What another Python, and the numpy that comes with it, may do otherwise: paths, files, arrays and the reading of text
OF_PYTHON = ("test_arrays", "test_command", "test_files", "test_grammar", "test_imports", "test_links", "test_matrices",
             "test_sources", "test_tables", "test_written")


def needs_this_blender(item) -> bool:
    """Whether a test is for one more Blender, where the others have run them all (MM_TEST_ONLY_BLENDER)."""
    if item.get_closest_marker("once") or item.get_closest_marker("slow") and not item.get_closest_marker("every"):
        return False
    other_python = sys.version_info[:2] != USUAL_PYTHON and not inside_blender()  # whose Python pip's bpy has tried
    if other_python and item.module.__name__.rpartition(".")[2] in OF_PYTHON:
        return True
    return "fresh_scene" in item.fixturenames or hasattr(item.module, "bpy") or bool(item.get_closest_marker("outside"))


def pytest_collection_modifyitems(config, items):
    if os.environ.get("MM_TEST_ONLY_BLENDER"):
        kept = [item for item in items if needs_this_blender(item)]
        apart = list(set(items) - set(kept))
        items[:] = kept
        config.hook.pytest_deselected(items=apart)
    for item in items:
        if item.get_closest_marker("outside") and inside_blender():
            item.add_marker(pytest.mark.skip(reason="runs outside Blender only"))
        if item.get_closest_marker("blender") and not os.environ.get("BLENDER"):
            item.add_marker(pytest.mark.skip(reason="no Blender: BLENDER is not set"))
        if item.get_closest_marker("outside") or item.get_closest_marker("browser"):
            # These wait for other processes on a machine that is busy with more; pytest tells which it tried again.
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def archive() -> Path:
    """The extension's zip, built anew."""
    script = Path(__file__).resolve().parents[1] / "scripts" / "build_extension"
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.split()[0])


@pytest.fixture
def fresh_scene():
    """An empty scene of a new file. Unlike ``read_factory_settings`` this leaves the extension on."""
    bpy = pytest.importorskip("bpy")
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    return bpy.context.scene


@pytest.fixture
def without_bpy(monkeypatch):
    """As on a machine where bpy is not installed."""
    monkeypatch.delitem(sys.modules, "bpy", raising=False)
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "bpy" else find(name, *rest))


@pytest.fixture
def guarded():
    """A test whose code asks nothing of the network, starts no program and runs no code out of files; what it opens is
    in ``guarded.opened`` (see ``guard``)."""
    import guard

    with guard.watched() as seen:
        yield seen
    seen.check()
