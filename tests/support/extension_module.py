"""The extension's operators in any Blender: registered for a test, or by the extension where that is on."""
import importlib.util
import sys
from pathlib import Path

import pytest

from blender_at_hand import inside_blender

ROOT = Path(__file__).resolve().parents[2]
NAME = "mm_extension"  # in pip's bpy, where no extension is installed


def extension():
    """The extension's module; in pip's bpy it is loaded from the checkout."""
    if NAME not in sys.modules:
        spec = importlib.util.spec_from_file_location(NAME, ROOT / "__init__.py",
                                                      submodule_search_locations=[str(ROOT)])
        sys.modules[NAME] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[NAME])
    return sys.modules[NAME]


@pytest.fixture(scope="module", autouse=True)
def registered():
    """For the tests of a module that imports it: the operators are there."""
    if inside_blender():  # the extension is on
        yield
        return
    module = extension()
    module.register()
    yield
    module.unregister()
