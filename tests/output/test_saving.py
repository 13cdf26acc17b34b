"""The saved file: what is in it, what it renders, and that the open one stays as it is."""
import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

import mm_blender as mm  # noqa: E402
import rna  # noqa: E402
from mm_blender.output import sampling, saving  # noqa: E402
from mm_blender.scene import needs, saved_state, sweep_frames  # noqa: E402

SMALL = {"A.h": 3, "A.w": 2, "B.w": 2}
QUICK = {"size": (48, 32), "samples": 2, "quality": "draft", "progress": False}


@pytest.fixture
def new_file():
    """Blender's start-up file, as it comes."""
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    return bpy.context.scene


def small(settings=SMALL, **options):
    return mm.visualize("C = A @ B", settings=settings, **options)


def mine(name="Mine"):
    obj = bpy.data.objects.new(name, bpy.data.meshes.new(name))
    bpy.context.scene.collection.objects.link(obj)
    return obj


def reopened(path):
    bpy.ops.wm.open_mainfile(filepath=str(path))
    return bpy.context.scene


def pixels(path) -> np.ndarray:
    image = bpy.data.images.load(str(path))
    out = np.array(image.pixels[:]).reshape(image.size[1], image.size[0], -1)[..., :3]
    bpy.data.images.remove(image)
    return out


def f12(scene, path) -> np.ndarray:
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    return pixels(path)


def test_the_start_up_file_and_other_visualizations_are_not_in_it(new_file, tmp_path):
    mm.visualize("X @ Y").build()
    viz, own = small().build(), mine()
    before = rna.told(lambda block: False)
    viz.save(tmp_path / "a.blend")
    assert rna.changed(before, rna.told(lambda block: False)) == {}
    scene = reopened(tmp_path / "a.blend")
    assert [obj.name for obj in bpy.data.objects if "mm_part" not in obj] == ["Mine"]
    assert [collection.name for collection in bpy.data.collections] == ["mm C = A @ B"]
    assert [mesh.name for mesh in bpy.data.meshes if not mesh.name.startswith("mm")] == ["Mine"]
    assert scene.camera and scene.world.get("mm_look") and len(bpy.data.cameras) == 1
    mm.clear()
    assert scene.world.name == "World" and scene.camera is None  # what it took is remembered there, too
    assert own is not None


def test_all_is_in_it_if_that_is_asked(new_file, tmp_path):
    mm.visualize("X @ Y").build()
    small().build().save(tmp_path / "a.blend", alone=False)
    scene = reopened(tmp_path / "a.blend")
    assert len(saved_state.visualizations(scene)) == 2 and {"Cube", "Light", "Camera"} <= set(bpy.data.objects.keys())


def test_start_up_objects_that_something_needs_are_in_it(new_file, tmp_path):
    viz, own = small().build(), mine()
    own.constraints.new("TRACK_TO").target = bpy.data.objects["Camera"]
    viz.save(tmp_path / "a.blend")
    reopened(tmp_path / "a.blend")
    assert bpy.data.objects["Mine"].constraints[0].target == bpy.data.objects["Camera"]
    assert "Cube" not in bpy.data.objects


@pytest.mark.every
@pytest.mark.slow
@pytest.mark.parametrize("settings", [{}, {"anim.alg": "vmprod"}])
def test_it_renders_what_render_shows(fresh_scene, tmp_path, settings):
    viz = small({**SMALL, **settings}, look="paper")
    viz.render(tmp_path / "a.png", **QUICK)
    before = rna.told(lambda block: False)
    viz.save(tmp_path / "a.blend")
    assert rna.changed(before, rna.told(lambda block: False)) == {}
    scene = reopened(tmp_path / "a.blend")
    frames = sweep_frames.of(scene.collection.children[0])
    if frames:
        assert (scene.frame_start, scene.frame_end) == frames and frames[0] < scene.frame_current <= frames[1]
    assert np.array_equal(f12(scene, tmp_path / "b.png"), pixels(tmp_path / "a.png"))


def test_it_can_be_told_what_it_renders(fresh_scene, tmp_path):
    small().save(tmp_path / "a.blend", size=(64, 40), quality="draft", samples=3)
    assert fresh_scene.render.resolution_x == 1920 and fresh_scene.cycles.samples == 4096
    render = reopened(tmp_path / "a.blend").render
    assert (render.resolution_x, render.resolution_y, render.resolution_percentage) == (64, 40, 100)
    assert render.engine == "CYCLES" and bpy.context.scene.cycles.samples == 3
    with pytest.raises(mm.RenderError, match="no engine 'povray'"):
        small().save(tmp_path / "a.blend", engine="povray")


def test_as_render_does_if_nothing_is_said(fresh_scene, tmp_path):
    small().save(tmp_path / "a.blend")
    scene = reopened(tmp_path / "a.blend")
    assert (scene.render.resolution_x, scene.render.resolution_y, scene.render.engine) == (1600, 1000, "CYCLES")
    assert scene.cycles.use_denoising == sampling._has_denoiser() and scene.cycles.max_bounces == 4
    assert scene.view_settings.view_transform == "Standard"


def test_a_persons_scene_is_saved_as_it_is(fresh_scene, tmp_path):
    mine()
    viz = small({**SMALL, "anim.alg": "vmprod"}).build()
    fresh_scene.render.resolution_x, fresh_scene.frame_end = 333, 77
    viz.render(tmp_path / "a.png", **QUICK)
    viz.save(tmp_path / "a.blend")
    scene = reopened(tmp_path / "a.blend")
    assert scene.render.resolution_x == 333 and scene.frame_end == 77 and scene.render.engine != "CYCLES"
    assert scene.camera is None and scene.world is None and scene.view_settings.view_transform == "AgX"


def test_a_person_who_uses_the_start_up_camera_sees_through_ours(new_file, tmp_path):
    mine()
    viz = small().build()
    viz.save(tmp_path / "a.blend")
    assert new_file.camera == bpy.data.objects["Camera"]
    scene = reopened(tmp_path / "a.blend")
    assert scene.camera == needs.camera_of(scene.collection.children["mm C = A @ B"])
    assert scene.world.name == "World"


def test_a_row_is_saved_whole(new_file, tmp_path):
    small().build()
    mm.side_by_side([small(), small(), small()]).save(tmp_path / "row.blend")
    scene = reopened(tmp_path / "row.blend")
    assert len(saved_state.visualizations(scene)) == 3 and scene.camera
    assert [obj.name for obj in bpy.data.objects if "mm_part" not in obj] == []


def test_what_blender_wrote_is_read_before_it_takes_its_place(fresh_scene, tmp_path, monkeypatch):
    viz = small().build()
    path = tmp_path / "a.blend"
    viz.save(path)
    former, libraries = path.read_bytes(), len(bpy.data.libraries)
    monkeypatch.setattr(saving, "_others", lambda *_: [viz.collection])  # as if it were lost on the way
    with pytest.raises(mm.RenderError, match=r"a.blend cannot be written: Blender wrote a file without mm C = A @ B"):
        viz.save(path)
    assert path.read_bytes() == former and [each.name for each in tmp_path.iterdir()] == ["a.blend"]
    assert len(bpy.data.libraries) == libraries == 0
