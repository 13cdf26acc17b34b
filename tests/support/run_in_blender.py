"""Run pytest inside Blender:
``blender -b --python-exit-code 1 --python tests/support/run_in_blender.py -- PYTEST-OPTIONS``.

``MM_TEST_TOOLS`` names the folder where pytest is. The library under test is the one that the extension carries.
"""
import os
import sys
from pathlib import Path

root = Path(__file__).resolve().parents[2]
sys.path.append(os.environ["MM_TEST_TOOLS"])

import pytest  # noqa: E402

import mm_blender  # noqa: E402

if root in Path(mm_blender.__file__).resolve().parents:
    sys.exit(f"the tests must run on the extension's mm_blender, not on {mm_blender.__file__}")
os.chdir(root)
status = pytest.main(sys.argv[sys.argv.index("--") + 1:])
if status:
    sys.exit(int(status))
