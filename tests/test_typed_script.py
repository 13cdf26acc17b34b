"""A user's script is checked against the library's types: what is right passes, and what is wrong is told."""
import os
import subprocess
import sys
from pathlib import Path

import pytest

import mm_blender as mm

pytest.importorskip("mypy")
pytestmark = [pytest.mark.outside, pytest.mark.once]

ROOT = Path(__file__).parents[1]
SCRIPT = '''# mypy: disallow-untyped-calls, disallow-untyped-defs, warn-return-any, warn-unreachable
from pathlib import Path
from typing import assert_type

import numpy as np

import mm_blender as mm


def picture(folder: Path) -> list[mm.Visualization]:
    viz = mm.visualize("out = softmax(tril(Q @ K_t / sqrt(k))) @ V", data={"Q": np.ones((4, 3)), "V": folder / "v.csv"},
                       settings={"anim.alg": "vmprod", "layout.gap": 6}, look="paper", seed=1)
    assert_type(viz, mm.Visualization)
    other = viz.edited({"Q.h": 5}, projection="isometric").change({"viz.min size": 0.1}, look="dark")
    assert_type(other.build("mm"), mm.Visualization)
    print(str(viz.render(folder / "a.png", size=(320, 200), samples=4, at="middle")), viz.info())
    viz.figure(folder / "a.pdf", size_in=(3.25, 2.5), font_pt=7)
    viz.save(str(folder / "a.blend"))
    both = mm.side_by_side([viz, other], titles=["one", "other"])
    both.build()
    both.render(folder / "both.png", size=(640, 200))
    head = mm.attention_head(folder / "gpt2", 3, 2, text="the cat sat", look="studio")
    assert_type(head, mm.Visualization)
    with mm.limits(json_bytes=10 ** 9):
        try:
            assert_type(viz.link(), str)
        except (mm.ParameterError, mm.MMError) as error:
            print(error)
    mm.clear()
    return mm.visualizations()
'''


@pytest.fixture
def complaints(tmp_path):
    def check(script: str) -> list[str]:
        """What mypy says of a script, by the project's own rules: what it knows of the library is used again."""
        path = tmp_path / "script.py"
        path.write_text(script)
        done = subprocess.run([sys.executable, "-m", "mypy", "--follow-imports=silent", path], cwd=ROOT,
                              capture_output=True, text=True, env={**os.environ, "MYPYPATH": str(ROOT)})
        assert done.returncode in (0, 1), done.stderr
        return [line for line in done.stdout.splitlines() if "script.py" in line]
    return check


def test_what_a_user_writes_type_checks_and_what_is_wrong_does_not(complaints):
    assert complaints(SCRIPT) == []
    wrong = ('viz = mm.visualise("A @ B")', 'mm.visualize("A @ B", lok="paper")', 'mm.visualize("A @ B").render(3)',
             'mm.visualize("A @ B").figure("a.pdf", dpi="fine")', "mm.side_by_side(7)", 'mm.limits.json_bytes = "much"')
    found = complaints("import mm_blender as mm\n" + "\n".join(wrong))
    assert {int(line.split(":")[1]) - 2 for line in found} == set(range(len(wrong))), found


def test_all_public_names_are_written_out():
    assert (ROOT / "mm_blender" / "py.typed").exists()
    assert {*mm.__all__} == {*mm._HOME, "limits", "__version__"}
    for name in mm.__all__:
        getattr(mm, name)
