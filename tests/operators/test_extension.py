"""The Blender extension: its manifest, its archive, and, where there is a Blender, the thing itself in use."""
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import mm_blender
from checkpoints import write_hollow

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = tomllib.loads((ROOT / "blender_manifest.toml").read_text("utf-8"))


def test_manifest_fields():
    assert MANIFEST["schema_version"] == "1.0.0"
    assert MANIFEST["id"] == "mm_blender"
    assert MANIFEST["type"] == "add-on"
    assert MANIFEST["blender_version_min"] == "4.5.0"
    assert MANIFEST["license"] == ["SPDX:GPL-3.0-or-later"]
    assert set(MANIFEST["permissions"]) == {"files", "network"}


@pytest.mark.parametrize("text", [MANIFEST["tagline"], *MANIFEST["permissions"].values()])
def test_manifest_texts_are_terse(text):
    assert len(text) <= 64
    assert re.search(r"[\w\])}]$", text), "must not end with punctuation"


def test_one_version():
    assert MANIFEST["version"] == mm_blender.__version__


def test_only_the_extension_itself_would_be_packed():
    kept = {"__init__.py", "blender_manifest.toml", "operators", "LICENSE", "README.md"}
    excluded = {pattern.strip("/") for pattern in MANIFEST["build"]["paths_exclude_pattern"]}
    ignored = set((ROOT / ".gitignore").read_text().replace("/", "").split())
    for path in ROOT.iterdir():
        if path.name not in kept | ignored and not path.name.startswith("."):
            assert path.name in excluded, f"{path.name} is neither packed nor excluded"


@pytest.mark.outside
@pytest.mark.slow
class TestArchive:
    def test_holds_the_library_and_what_it_needs(self, archive):
        with zipfile.ZipFile(archive) as packed:
            names = packed.namelist()
            manifest = tomllib.loads(packed.read("blender_manifest.toml").decode())
        wheels = [name for name in names if name.endswith(".whl")]
        assert sorted(manifest["wheels"]) == sorted(f"./{name}" for name in wheels)
        assert [name.split("/")[1].split("-")[0] for name in wheels] == ["cmap", "fonttools", "lark", "mm_blender",
                                                                             "platformdirs", "pydyf", "tqdm"]
        assert {"__init__.py", "LICENSE", "operators/__init__.py", "operators/build.py"} < set(names)
        assert not [name for name in names if "test" in name]

    def test_library_wheel_holds_the_presets(self, archive, tmp_path):
        with zipfile.ZipFile(archive) as packed:
            wheel = next(name for name in packed.namelist() if "mm_blender-" in name)
            packed.extract(wheel, tmp_path)
        with zipfile.ZipFile(tmp_path / wheel) as library:
            inside = set(library.namelist())
        presets = {f"mm_blender/presets/{path.name}" for path in (ROOT / "presets").glob("*.json")}
        assert presets and presets <= inside
        assert {"mm_blender/__init__.py", "mm_blender/lettering/typefaces/Inter-mm.ttf"} <= inside
        assert not [name for name in inside if name.startswith("tests")]
        if shutil.which("node"):
            assert {"mm_blender/web/viewer.js", "mm_blender/web/viewer.css"} <= inside

    def test_same_sources_same_file(self, archive):
        first = archive.read_bytes()
        subprocess.run([sys.executable, ROOT / "scripts" / "build_extension"], check=True, capture_output=True,
                       timeout=300)
        assert archive.read_bytes() == first


@pytest.fixture(scope="session")
def blender(archive, tmp_path_factory):
    """A Blender with nothing but our extension on: call it with arguments."""
    environment = {**os.environ, "BLENDER_USER_RESOURCES": str(tmp_path_factory.mktemp("blender"))}

    def run(*arguments, **options):
        return subprocess.run([os.environ["BLENDER"], *arguments], env=environment, capture_output=True, text=True,
                              **{"timeout": 300, **options})

    run("--command", "extension", "install-file", "-r", "user_default", "--enable", str(archive), check=True)
    return run


def validate(blender, path: Path) -> None:
    done = blender("--command", "extension", "validate", str(path))
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    # A Blender in a sandbox warns of the mounted file systems that it cannot see, whatever it is asked to do.
    told = [line for line in output.splitlines() if "mounted file-systems" not in line]
    assert not [line for line in told if re.search("warn|error", line, re.IGNORECASE)], output


@pytest.mark.outside
@pytest.mark.blender
@pytest.mark.slow
class TestInBlender:
    def test_manifest_validates(self, archive, blender):
        validate(blender, archive)

    def test_checkout_validates(self, blender):
        validate(blender, ROOT)

    def test_nothing_stays_behind(self, blender):
        """Of ten times on and off: no class, property, handler, timer, key, command, menu entry or subscription."""
        script = ROOT / "tests" / "support" / "enable_disable.py"
        done = blender("-b", "--factory-startup", "--python-exit-code", "1", "--python", str(script))
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr

    def test_a_head_of_four_gigabytes_costs_the_head(self, blender, tmp_path):
        """And needs nothing that Blender lacks: no torch, no safetensors."""
        shapes = {f"h.{layer}.{part}": shape for layer in range(15) for part, shape in {
            "ln_1.weight": (4096,), "attn.c_attn.weight": (4096, 12288), "attn.c_proj.weight": (4096, 4096)}.items()}
        assert write_hollow(tmp_path / "model.safetensors", shapes) > 4e9
        (tmp_path / "config.json").write_text('{"model_type": "gpt2", "n_head": 32}')
        script = tmp_path / "head.py"
        script.write_text(
            "import re, sys, numpy as np, mm_blender as mm\n"
            f"viz = mm.attention_head({str(tmp_path)!r}, 7, 31, activations=np.ones((16, 4096), np.float32))\n"
            "assert viz.values['root'].shape == (16, 4096) and not {'torch', 'safetensors'} & {*sys.modules}\n"
            "print('PEAK', re.search(r'VmHWM:\\s*(\\d+)', open('/proc/self/status').read())[1])\n")
        done = blender("-b", "--python-exit-code", "1", "--python", str(script))
        assert done.returncode == 0, done.stdout + done.stderr
        assert int(re.search(r"PEAK (\d+)", done.stdout)[1]) < 600e3  # kilobytes; Blender itself takes 260,000

    def test_operator_builds(self, blender, tmp_path):
        script = tmp_path / "build.py"
        script.write_text(
            "import bpy, mm_blender\n"
            "assert bpy.ops.mm.build(source='L @ R') == {'FINISHED'}\n"
            "paths = {o.get('mm_path') for o in bpy.data.objects}\n"
            "assert paths >= {'root', 'root.left', 'root.right'}, paths\n")
        done = blender("-b", "--python-exit-code", "1", "--python", str(script))
        assert done.returncode == 0, done.stdout + done.stderr

    def test_operator_reports_what_is_wrong(self, blender, tmp_path):
        script = tmp_path / "build.py"
        script.write_text(
            "import bpy\n"
            "before = set(bpy.data.objects)\n"
            "try:\n"
            "    bpy.ops.mm.build(source='L @')\n"
            "except RuntimeError as error:\n"
            "    assert 'column' in str(error), error\n"
            "else:\n"
            "    raise SystemExit('built from a broken expression')\n"
            "assert set(bpy.data.objects) == before\n")
        done = blender("-b", "--python-exit-code", "1", "--python", str(script))
        assert done.returncode == 0, done.stdout + done.stderr

    def test_commands(self, blender, tmp_path):
        done = blender("--command", "mm", "info", "L @ R")
        assert done.returncode == 0 and "L" in done.stdout, done.stdout + done.stderr
        output = tmp_path / "scene.blend"
        done = blender("--command", "mm", "build", "L @ R", "-o", str(output))
        assert done.returncode == 0 and output.exists(), done.stdout + done.stderr

    def test_commands_refuse_bad_input(self, blender, tmp_path):
        done = blender("--command", "mm", "info", "L @")
        assert done.returncode == 2 and "error:" in done.stderr, done.stdout + done.stderr
        done = blender("--command", "mm", "render", "L @ R", "-o", "x.jpg")
        assert done.returncode == 2 and "must end in .png" in done.stderr, done.stdout + done.stderr
        done = blender("--command", "mm", "render")
        assert done.returncode == 2 and "SOURCE" in done.stderr, done.stdout + done.stderr
