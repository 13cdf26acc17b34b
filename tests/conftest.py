"""Shared by all tests: a Blender without anybody's preferences, and an empty scene on request."""
import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

# Importing pip's bpy puts the user's extension folder at the front of sys.path, so it must be an empty one.
if "bpy" not in sys.modules:
    _resources = tempfile.TemporaryDirectory(prefix="mm-blender-tests-")
    os.environ["BLENDER_USER_RESOURCES"] = _resources.name
    os.environ["MM_BLENDER_PRESETS"] = os.path.join(_resources.name, "presets")
    os.environ["MM_BLENDER_CACHE"] = os.path.join(_resources.name, "cache")


def inside_blender() -> bool:
    """Whether these tests run in a real Blender (``scripts/test_in_blender``), not in pip's bpy."""
    return "bpy" in sys.modules and not sys.modules["bpy"].app.module


def pytest_collection_modifyitems(config, items):
    if os.environ.get("MM_TEST_ONLY_BLENDER"):  # what knows no Blender was tried with this Python already
        kept = [item for item in items if "fresh_scene" in item.fixturenames or item.get_closest_marker("outside")]
        apart = list(set(items) - set(kept))
        items[:] = kept
        config.hook.pytest_deselected(items=apart)
    for item in items:
        if item.get_closest_marker("outside") and inside_blender():
            item.add_marker(pytest.mark.skip(reason="runs outside Blender only"))
        if item.get_closest_marker("blender") and not os.environ.get("BLENDER"):
            item.add_marker(pytest.mark.skip(reason="no Blender: BLENDER is not set"))


@pytest.fixture(scope="session")
def archive() -> Path:
    """The extension's zip, built anew."""
    script = Path(__file__).resolve().parents[1] / "scripts" / "build_extension"
    done = subprocess.run([sys.executable, script], capture_output=True, text=True)
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
