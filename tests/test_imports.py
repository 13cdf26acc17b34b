"""What importing us costs: no Blender, no torch, and little time."""
import subprocess
import sys

import pytest

pytestmark = pytest.mark.outside


def modules_after(code: str) -> set[str]:
    """Top-level modules that a fresh Python holds after ``code``."""
    script = f"{code}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120)
    return set(done.stdout.split())


def test_import_is_light():
    assert not modules_after("import mm_blender") & {"bpy", "torch", "transformers", "numpy", "lark", "tqdm"}


def test_visualize_needs_neither_blender_nor_torch():
    assert not modules_after("import mm_blender as mm; mm.visualize('L @ R').info()") & {"bpy", "torch", "transformers"}


def test_public_names_stay_what_they_are_whatever_is_imported():
    """A module that is imported becomes an attribute of its package, in place of a name that is found on first use."""
    code = ("import importlib, pkgutil, types, mm_blender as mm\n"
            "for found in pkgutil.iter_modules(mm.__path__): importlib.import_module(f'mm_blender.{found.name}')\n"
            "assert not [name for name in mm.__all__ if isinstance(getattr(mm, name), types.ModuleType)]")
    assert "mm_blender" in modules_after(code)


def test_command_line_reads_arguments_before_anything_heavy():
    assert not modules_after("from mm_blender.cli.main import main; main(['render', 'L @ R', '-o', 'x.jpg'])") & {
        "bpy", "numpy", "lark", "tqdm"}
