"""The file of a movie: its frames are those of ``render``, whosever scene it was built in."""
import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

import mm_blender as mm  # noqa: E402
import rna  # noqa: E402
from mm_blender.output import movie_file  # noqa: E402
from mm_blender.output.image_file import as_bytes  # noqa: E402
from mm_blender.output.settings import RenderSettings  # noqa: E402

SIZE = (64, 40)
SETTINGS = {"anim.alg": "vmprod", "anim.spin": 4, "A.h": 3, "A.w": 2, "B.w": 4}


def swept(**options):
    return mm.visualize("A @ B", settings=SETTINGS, frames_per_step=2, **options).build()


def written(viz, path, engine="cycles", frames=(1, 3)):
    with movie_file.prepared(viz.ready(), RenderSettings(SIZE, 2, engine, "preview", False, frames)) as (scene, held):
        movie_file.write_scene(scene, path)
    return held


def frames_of(path, folder, numbers):
    """The frames of a .blend as ``blender -b FILE -o … -f …`` writes them."""
    bpy.ops.wm.open_mainfile(filepath=str(path))
    scene = bpy.context.scene
    scene.render.filepath = f"{folder}/alone_####"
    for number in numbers:
        scene.frame_start = scene.frame_end = number
        bpy.ops.render.render(animation=True)
    return [as_bytes(folder / f"alone_{number:04d}.png") for number in numbers]


@pytest.mark.every
@pytest.mark.slow
@pytest.mark.parametrize("whose", ["ours", "a person's"])
def test_its_frames_are_those_of_render(fresh_scene, tmp_path, whose):
    if whose != "ours":
        mesh = bpy.data.meshes.new("Mine")
        mesh.from_pydata([(-2, -2, 0), (6, -2, 0), (2, 6, 0)], [], [(0, 1, 2)])
        fresh_scene.collection.objects.link(bpy.data.objects.new("Mine", mesh))
        fresh_scene.render.resolution_percentage, fresh_scene.view_settings.exposure = 50, 2
    viz = swept(look="paper")
    viz.render(tmp_path / "frames", size=SIZE, samples=2, quality="preview", progress=False, frames=(1, 3))
    before = rna.told(lambda block: False)
    held = written(viz, tmp_path / "movie.blend")
    assert rna.changed(before, rna.told(lambda block: False)) == {}
    assert (held.first, held.last, held.size, held.fps) == (1, 3, SIZE, 24)
    rendered = [as_bytes(tmp_path / "frames" / f"frame_000{at}.png") for at in (1, 2, 3)]
    alone = frames_of(tmp_path / "movie.blend", tmp_path, (1, 2, 3))
    assert [scene.name for scene in bpy.data.scenes] == [held.scene]
    assert ("Mine" in bpy.data.objects) == (whose != "ours")
    assert any((frame != alone[0]).any() for frame in alone), "nothing moved"
    for found, expected in zip(alone, rendered):
        assert np.array_equal(found, expected)


def test_all_frames_of_the_sweep_unless_some_are_named(fresh_scene, tmp_path):
    viz = swept()
    held = written(viz, tmp_path / "movie.blend", "workbench", None)
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "movie.blend"))
    scene = bpy.context.scene
    assert (scene.frame_start, scene.frame_end, scene.frame_current) == (held.first, held.last, held.first)
    assert held.first == 1 and held.last > 4 and scene.render.image_settings.file_format == "PNG"


def test_pictures_that_a_person_uses_travel_with_it(fresh_scene, tmp_path):
    image = bpy.data.images.new("wood", 4, 4)
    image.filepath_raw, image.file_format = str(tmp_path / "wood.png"), "PNG"
    image.save()
    bpy.data.images.remove(image)
    light = bpy.data.lights.new("lamp", "AREA")
    fresh_scene.collection.objects.link(bpy.data.objects.new("lamp", light))
    light.use_nodes = True
    node = light.node_tree.nodes.new("ShaderNodeTexImage")
    node.image = bpy.data.images.load(str(tmp_path / "wood.png"))
    written(swept(), tmp_path / "movie.blend", "workbench")
    assert node.image.packed_file is None and (tmp_path / "wood.png").exists()
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "movie.blend"))
    assert bpy.data.images["wood.png"].packed_file


def test_what_cannot_be_written_is_told(fresh_scene, tmp_path, monkeypatch):
    viz = swept()
    with pytest.raises(mm.RenderError, match=r"there is no folder .* to write movie.blend into"):
        written(viz, tmp_path / "none" / "movie.blend", "workbench")
    monkeypatch.setattr(movie_file, "library", lambda *_, **__: _Empty())  # as if the scene were lost on the way
    with pytest.raises(mm.RenderError, match="Blender wrote a file without mm picture"):
        written(viz, tmp_path / "movie.blend", "workbench")
    assert list(tmp_path.iterdir()) == []


class _Empty:
    scenes = ()

    def __enter__(self):
        return self, self

    def __exit__(self, *_):
        pass
