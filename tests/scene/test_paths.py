"""What is saved and written tells nothing of the machine and the person: no home folder, no user or host name."""
import base64
import json
import os
import re
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

import mm_blender as mm  # noqa: E402
import rna  # noqa: E402
from mm_blender import built  # noqa: E402
from mm_blender.scene import saved_state  # noqa: E402

WORDS = (b"qzhome", b"qzada", b"qzwork")
QUICK = {"size": (32, 24), "samples": 1, "quality": "draft", "progress": False}


def unpacked(path) -> bytes:
    """A file's bytes, those of a packed .blend unpacked."""
    body = path.read_bytes()
    if body.startswith(b"\x28\xb5\x2f\xfd"):
        zstandard = pytest.importorskip("zstandard")
        stream = zstandard.ZstdDecompressor().stream_reader(body, read_across_frames=True)
        return stream.read()
    return body


def telling(path) -> list[bytes]:
    """Where a file tells of the home, in context."""
    body = unpacked(path)
    out = [body[max(0, at - 40):at + 60] for word in WORDS for at in [body.find(word)] if at >= 0]
    return out


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home, and a folder of work in it that is the current one, whose names are found anywhere."""
    folder = tmp_path / "qzhome" / "qzada"
    (folder / "qzwork" / "here").mkdir(parents=True)
    (folder / "qzdata").mkdir()
    for name, value in (("HOME", folder), ("USER", "qzada"), ("LOGNAME", "qzada"), ("USERPROFILE", folder)):
        monkeypatch.setenv(name, str(value))
    monkeypatch.chdir(folder / "qzwork")
    np.save(folder / "qzdata" / "w.npy", np.ones((3, 2), np.float32))
    np.save("v.npy", np.ones((2, 3), np.float32))
    return folder


def of_files(home, **more):
    return mm.visualize("A @ B", settings={"A.init": "url", "A.url": str(home / "qzwork" / "v.npy"), "A.h": 2, "A.w": 3,
                                           "B.init": "url", "B.url": str(home / "qzdata" / "w.npy"), "B.h": 3,
                                           "B.w": 2}, assets=home / "qzdata", **more)


def told(home) -> dict:
    """What the person's own session holds."""
    return {"browsers": [(space.params.directory, space.params.filename) for screen in bpy.data.screens
                         for area in screen.areas for space in area.spaces if space.type == "FILE_BROWSER"
                         and space.params],
            "renders": [scene.render.filepath for scene in bpy.data.scenes],
            "images": {image.name: image.filepath for image in bpy.data.images},
            "texts": {text.name: text.filepath for text in bpy.data.texts},
            "states": {collection.name: collection.get(saved_state.STATE) for collection in bpy.data.collections}}


@pytest.mark.parametrize("saved_before", [False, True])
def test_a_saved_file_tells_nothing(home, saved_before):
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    scene = bpy.context.scene
    scene.render.filepath = str(home / "qzwork" / "a_rather_long_name_of_a_picture.png")
    for screen in bpy.data.screens:
        for space in (space for area in screen.areas for space in area.spaces if space.type == "FILE_BROWSER"):
            if space.params:
                space.params.directory = os.fsencode(home / "qzdata")
    image = bpy.data.images.new("pic", 8, 8)
    image.filepath_raw, image.file_format = str(home / "qzwork" / "pic.png"), "PNG"
    image.save()
    image.source, image.use_fake_user = "FILE", True
    image.filepath = str(home / "qzwork" / "pic.png")
    bpy.data.texts.new("notes").filepath = str(home / "qzdata" / "notes.py")
    viz = of_files(home).build()
    viz.render(home / "qzwork" / "a.png", **QUICK)
    if saved_before:
        bpy.ops.wm.save_as_mainfile(filepath=str(home / "qzwork" / "mine.blend"))
    before, rest = told(home), rna.told(lambda block: False)
    viz.save(home / "qzwork" / "here" / "a.blend")
    assert told(home) == before and rna.changed(rest, rna.told(lambda block: False)) == {}
    assert not telling(home / "qzwork" / "here" / "a.blend")
    assert not telling(home / "qzwork" / "a.png")
    bpy.ops.wm.open_mainfile(filepath=str(home / "qzwork" / "here" / "a.blend"))
    assert bpy.data.images["pic"].filepath == "//../pic.png" and bpy.data.images["pic"].size[0] == 8
    viz, = mm.visualizations()
    assert viz.params["left"]["url"] == "../v.npy" and viz.params["right"]["url"] == "../../qzdata/w.npy"
    np.testing.assert_array_equal(viz.values["root"], np.full((2, 2), 3))


def test_a_file_that_the_person_saves_holds_nothing_of_ours(home):
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    viz = of_files(home, name="mine").build()
    viz.render(home / "qzwork" / "a.png", **QUICK)
    viz.change({"layout.gap": 3})
    state = viz.collection[saved_state.STATE]
    assert "qz" not in state and json.loads(state)["params"]["right"]["url"] == "w.npy"
    assert not [block for blocks in (bpy.data.images, bpy.data.libraries, bpy.data.texts) for block in blocks
                if "qz" in getattr(block, "filepath", "")]
    assert not any("qz" in scene.render.filepath for scene in bpy.data.scenes)
    bpy.ops.wm.save_as_mainfile(filepath=str(home / "qzwork" / "mine.blend"))
    viz.change({"layout.gap": 4})
    assert json.loads(viz.collection[saved_state.STATE])["params"]["right"]["url"] == "../qzdata/w.npy"
    for _ in range(2 * saved_state.REMEMBERED):  # what the session forgets it finds in the file
        viz.change({"layout.gap": viz.params["layout"]["gap"] + 1})
    saved_state._loaded.clear()
    again = built.of(viz.collection)
    assert again.params["right"]["url"] == str(home / "qzdata" / "w.npy") and again.options.assets
    assert again.edited({"A.h": 1}).values["root"].shape == (1, 2)  # which reads A once more


@pytest.mark.parametrize("alone", [False, True])
def test_a_saved_file_does_not_say_where_blender_lies_nor_what_was_appended_from_where(home, alone):
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    bpy.data.worlds.new("theirs").use_fake_user = True
    bpy.data.libraries.write(str(home / "qzwork" / "lib.blend"), {bpy.data.worlds["theirs"]})
    bpy.data.worlds.remove(bpy.data.worlds["theirs"])
    bpy.ops.wm.append(filepath="theirs", filename="theirs", directory=str(home / "qzwork" / "lib.blend" / "World"),
                      do_reuse_local_id=True)
    blocks = [*bpy.data.materials, *bpy.data.worlds]
    held = [block.library_weak_reference and block.library_weak_reference.filepath for block in blocks]
    assert sum(map(bool, held)) >= 2
    path = home / "a.blend"
    mm.side_by_side([mm.visualize("A @ B"), mm.visualize("C @ D")]).build().save(path, alone=alone)
    assert not telling(path) and bpy.utils.resource_path("LOCAL").encode() not in unpacked(path)
    assert [block.library_weak_reference and block.library_weak_reference.filepath for block in blocks] == held


def test_what_is_needed_elsewhere_is_said(home, tmp_path):
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    image = bpy.data.images.new("pic", 8, 8)
    image.filepath_raw, image.file_format = str(home / "qzwork" / "pic.png"), "PNG"
    image.save()
    image.source, image.use_fake_user = "FILE", True
    image.filepath = str(home / "qzwork" / "pic.png")
    with pytest.warns(mm.MMWarning, match="the file says where pic lies on this machine"):
        of_files(home).build().save(tmp_path / "a.blend")
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
    assert bpy.data.images["pic"].filepath == str(home / "qzwork" / "pic.png")
    assert mm.visualizations()[0].params["left"]["url"] == "v.npy"


@pytest.mark.parametrize("ending", [".png", ".jpg", ".webp", ".tif", ".exr", ".pdf", ".svg"])
def test_figures_tell_nothing(home, ending):
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    bpy.ops.wm.save_as_mainfile(filepath=str(home / "qzwork" / "mine.blend"))
    bpy.context.scene.render.use_stamp_hostname = bpy.context.scene.render.use_stamp_filename = True
    bpy.context.scene.render.stamp_note_text = "qzada's"
    path = home / "qzwork" / f"figure{ending}"
    of_files(home).figure(path, size_in=(1, 0.8), dpi=40, samples=1)
    assert not telling(path)
    body = path.read_bytes()
    for chunk in body.split(b"FlateDecode")[1:]:
        at = chunk.find(b"stream\n") + 7
        inner = zlib.decompressobj().decompress(chunk[at:]) if at > 6 else b""
        assert not any(word in inner for word in WORDS)
    host = os.uname().nodename.encode() if hasattr(os, "uname") else b""
    assert len(host) < 4 or host not in body


@pytest.mark.parametrize("name", ["movie.mp4", "movie.gif"])
def test_movies_tell_nothing(home, name):
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    viz = of_files(home).change({"anim.alg": "vmprod"}).build()
    viz.render(home / "qzwork" / name, size=(16, 16), samples=1, engine="cycles", progress=False, frames=(1, 2),
               quality="draft")
    files = [home / "qzwork" / name, *(home / "qzwork" / "movie.frames").iterdir()]
    assert len(files) > 2
    for path in files:
        assert not telling(path), path


# ---- every kind of file, written by a process whose home, user, host and folders have names that are found anywhere

ROOT = Path(__file__).resolve().parents[2]
NAMES = (*WORDS, b"qzdata", b"qzlib", b"qztemp", b"qzhost")
KINDS = {"a.png", "job", "b.mp4", "b.webm", "b.webp", "b.frames", "c.gif", "c.frames", "d", "a.blend", "row.blend",
         "mine.json", "link.txt",
         *(f"figure.{ending}" for ending in ("png", "jpg", "webp", "tif", "exr", "pdf", "svg"))}


def layers(body: bytes, deep: int = 3):
    """``body``, and whatever is packed in it: deflated, or as base64."""
    yield body
    if deep:
        for found in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", body):
            try:
                inner = zlib.decompressobj().decompress(body[found.start():], 1 << 22)
            except zlib.error:
                continue
            if len(inner) > 8:
                yield from layers(inner, deep - 1)
        for found in re.findall(rb"[A-Za-z0-9+/]{64,}={0,2}", body):
            yield from layers(base64.b64decode(found[:len(found) // 4 * 4] or b"", validate=False), deep - 1)


def distinct() -> list[bytes]:
    """The true names of this machine's person, home and checkout, as far as nothing else is called so."""
    import getpass
    import socket

    names = [os.path.expanduser("~"), str(ROOT)]
    names += [name for name in (socket.gethostname(), getpass.getuser()) if len(name) > 4 and name not in ("blender",)]
    return [name.encode() for name in names if len(name) > 4]


def is_told(word: bytes, body: bytes) -> bool:
    return any(found in body for found in (word, word.decode().encode("utf-16-le"), word.decode().encode("utf-16-be")))


@pytest.mark.outside
@pytest.mark.skipif(os.name != "posix", reason="a folder is linked")
def test_no_file_of_any_kind_tells_of_person_or_machine(tmp_path):
    zstandard = pytest.importorskip("zstandard")
    home, out = tmp_path / "qzhome" / "qzada", tmp_path / "made"
    for folder in (home / "qzwork", home / "qzdata", home / "qzlib", home / "qztemp", out):
        folder.mkdir(parents=True)
    (home / "qzlib" / "mm_blender").symlink_to(ROOT / "mm_blender")  # as one that is installed in the home
    typeface = home / "qzdata" / "mine.ttf"
    typeface.write_bytes(next((ROOT / "mm_blender").rglob("*.ttf")).read_bytes())
    environment = {"PATH": os.environ["PATH"], "HOME": home, "USER": "qzada", "LOGNAME": "qzada",
                   "TMPDIR": home / "qztemp",
                   "PYTHONPATH": home / "qzlib", "MM_BLENDER_CACHE": home / "cache", "QZ_FONT": typeface,
                   "BLENDER_USER_RESOURCES": home / "blender"}
    done = subprocess.run([sys.executable, ROOT / "tests" / "support" / "every_output.py", out], env=environment,
                          cwd=home / "qzwork",
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    assert {each.name for each in out.iterdir()} == KINDS
    names = {*NAMES, *distinct()}
    for path in (each for each in out.rglob("*") if each.is_file()):
        body = path.read_bytes()
        if path.suffix == ".blend":
            body = zstandard.ZstdDecompressor().stream_reader(body, read_across_frames=True).read()
        found = {word for layer in layers(body) for word in names if is_told(word, layer)}
        assert not found, path.relative_to(out)
