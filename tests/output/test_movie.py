"""Movies: frames, resuming, encoding. Small Workbench pictures of a product whose objects are keyed by hand."""
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

import mm_blender as mm  # noqa: E402
from mm_blender.errors import RenderError  # noqa: E402
from mm_blender.output import encode, formats, movie, sequencer  # noqa: E402
from mm_blender.output.image_file import as_bytes  # noqa: E402
from mm_blender.output.settings import RenderSettings  # noqa: E402

SIZE = (64, 48)
ROOT = Path(__file__).resolve().parents[2]


def pixels(path):
    return as_bytes(path)[..., :3]


def moving(look="unlit", **options):
    """A small product, built, that glides to the side over 40 frames."""
    viz = mm.visualize("L @ R", look=look, settings={"L.h": 3, "L.w": 2, "R.w": 4}, **options).build()
    for obj in viz.collection.objects:
        if obj.type == "MESH" or obj.type == "POINTCLOUD":
            for frame in (1, 40):
                obj.location.x += frame - 1
                obj.keyframe_insert("location", frame=frame)
    return viz


def render(viz, path, frames=(1, 4), samples=1, size=SIZE, **options):
    viz.render(path, size=size, samples=samples, engine="workbench", progress=False, frames=frames, **options)


def times(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.glob("frame_*.png")}


@pytest.fixture
def flat(fresh_scene, tmp_path):
    """PNG frames of one colour each, and the colours."""
    colours = [(255, 0, 0), (0, 200, 30), (18, 21, 26), (128, 128, 128), (240, 200, 100), (255, 255, 255), (0, 0, 0)]
    paths = []
    for at, colour in enumerate(colours):
        image = bpy.data.images.new("flat", *SIZE)
        pixels = np.ones((SIZE[1], SIZE[0], 4), np.float32)
        pixels[..., :3] = np.array(colour) / 255
        image.pixels.foreach_set(pixels.ravel())
        paths.append(tmp_path / f"frame_{at + 1:04d}.png")
        image.filepath_raw, image.file_format = str(paths[-1]), "PNG"
        image.save()
        bpy.data.images.remove(image)
    return paths, colours


def decoded(path: Path, folder: Path) -> list[np.ndarray]:
    """The frames of a movie file as Blender's sequencer plays them."""
    scene = bpy.data.scenes.new("play")
    scene.view_settings.view_transform = "Standard"
    scene.sequence_editor_create().strips.new_movie("movie", str(path), channel=1, frame_start=1)
    count = bpy.data.movieclips.load(str(path)).frame_duration
    scene.frame_start, scene.frame_end = 1, count
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = *SIZE, 100
    if hasattr(scene.render.image_settings, "media_type"):
        scene.render.image_settings.media_type = "IMAGE"
    scene.render.image_settings.file_format = "PNG"
    scene.render.filepath = f"{folder}/played_"
    bpy.ops.render.render(animation=True, scene=scene.name)
    bpy.data.scenes.remove(scene)
    return [pixels(folder / f"played_{number:04d}.png") for number in range(1, count + 1)]


@pytest.mark.parametrize("path, kind", [
    ("a.png", ".png"), ("b/sweep.MP4", ".mp4"), ("x.gif", ".gif"), ("frames", "folder"), ("v1.2/", "folder"),
    (Path("sweep"), "folder"), ("x.png/", "folder"),
])
def test_what_a_path_asks_for(path, kind):
    assert formats.kind(path) == kind


def test_every_movie_has_its_encoder():
    assert set(encode.ENCODERS) == {ending for ending in formats.ENDINGS if formats.moves(ending)} == {
        ".mp4", ".webm", ".gif", ".webp"}
    assert formats.moves(formats.FOLDER) and not formats.moves(".png")


def test_paths_that_ask_for_nothing(tmp_path):
    with pytest.raises(RenderError, match=r"'x.avi' must end in .png, .webp, .mp4, .webm, .gif, or in nothing"):
        formats.kind("x.avi")
    (tmp_path / "x.mp4").mkdir()
    with pytest.raises(RenderError, match="is a folder: name a file in it"):
        formats.kind(tmp_path / "x.mp4")


def test_colours_pass_through_the_encoder(flat, tmp_path):
    paths, colours = flat
    scenes = len(bpy.data.scenes)
    encode.movie(paths, tmp_path / "x.mp4", 24, RenderSettings(SIZE))
    assert len(bpy.data.scenes) == scenes
    played = decoded(tmp_path / "x.mp4", tmp_path)
    assert len(played) == len(colours)
    for pixels, colour in zip(played, colours):
        assert pixels.shape == (SIZE[1], SIZE[0], 3)
        assert np.abs(pixels - np.array(colour, float)).max() <= 3


def test_colours_pass_through_the_gif(flat, tmp_path):
    image_module = pytest.importorskip("PIL.Image")
    paths, colours = flat
    encode.movie(paths, tmp_path / "x.gif", 24, RenderSettings(SIZE))
    image = image_module.open(tmp_path / "x.gif")
    assert image.n_frames == len(colours)
    for at, colour in enumerate(colours):
        image.seek(at)
        assert (np.asarray(image.convert("RGB")) == colour).all()


def test_mp4(fresh_scene, tmp_path):
    viz = moving()
    before = {name: getattr(fresh_scene.render, name) for name in ("filepath", "engine", "resolution_x")}
    fresh_scene.frame_set(7)
    render(viz, tmp_path / "sweep.mp4", frames=(1, 4))
    clip = bpy.data.movieclips.load(str(tmp_path / "sweep.mp4"))
    assert (clip.frame_duration, tuple(clip.size)) == (4, SIZE)
    folder = tmp_path / "sweep.frames"
    assert sorted(os.listdir(folder)) == [*(f"frame_000{at}.png" for at in range(1, 5)), "movie.json"]
    pictures = [pixels(path) for path in sorted(folder.glob("*.png"))]
    assert any((picture != pictures[0]).any() for picture in pictures), "nothing moved"
    assert before == {name: getattr(fresh_scene.render, name) for name in before}
    assert fresh_scene.frame_current == 7 and len(bpy.data.scenes) == 1 and not bpy.data.images.get("frame_0001.png")
    played = decoded(tmp_path / "sweep.mp4", tmp_path)
    assert all(np.abs(a.astype(int) - b).mean() < 6 for a, b in zip(played, pictures))


def test_frames_are_what_a_still_shows(fresh_scene, tmp_path):
    viz = moving("dark")
    render(viz, tmp_path / "frames", frames=(3, 3))
    fresh_scene.frame_set(3)
    viz.render(tmp_path / "still.png", size=SIZE, samples=1, engine="workbench", progress=False)
    np.testing.assert_array_equal(pixels(tmp_path / "frames" / "frame_0003.png"),
                                  pixels(tmp_path / "still.png"))


def test_finished_frames_are_kept_and_shared(fresh_scene, tmp_path):
    """A second run renders what is missing only; the GIF takes the frames of the mp4."""
    viz = moving()
    render(viz, tmp_path / "a.mp4", frames=(1, 4))
    folder = tmp_path / "a.frames"
    (folder / "frame_0002.png").unlink()
    (folder / "part.png").write_bytes(b"a person's own")
    kept = times(folder)
    render(viz, tmp_path / "a.gif", frames=(1, 5))
    now = times(folder)
    assert sorted(now) == [f"frame_000{at}.png" for at in range(1, 6)]
    assert kept.items() <= now.items()
    assert (tmp_path / "a.gif").read_bytes()[:6] == b"GIF89a"
    assert (folder / "part.png").read_bytes() == b"a person's own"


def test_frames_that_are_not_whole_are_rendered_again(fresh_scene, tmp_path):
    """Empty, cut, of another size; and nothing but whole ones goes into the movie."""
    viz = moving()
    render(viz, tmp_path / "a", frames=(1, 5))
    frames = [tmp_path / "a" / f"frame_000{at}.png" for at in range(1, 6)]
    whole = [path.read_bytes() for path in frames]
    viz.render(tmp_path / "small.png", size=(32, 24), samples=1, engine="workbench", progress=False)
    frames[0].write_bytes(b"")
    frames[1].write_bytes(whole[1][:-1])
    frames[2].write_bytes((tmp_path / "small.png").read_bytes())
    kept = frames[3].stat().st_mtime_ns, frames[4].stat().st_mtime_ns
    render(viz, tmp_path / "a", frames=(1, 5))
    assert [path.read_bytes() for path in frames] == whole
    assert kept == (frames[3].stat().st_mtime_ns, frames[4].stat().st_mtime_ns)


def test_what_is_a_persons_is_no_frame(fresh_scene, tmp_path):
    viz, folder = moving(), tmp_path / "a.frames"
    folder.mkdir()
    (folder / "part.png").write_text("mine")
    (folder / "frame_0002.png").mkdir()
    with pytest.raises(RenderError, match="holds frames but no movie.json"):
        render(viz, tmp_path / "a.gif", frames=(1, 2))
    (folder / "frame_0002.png").rename(folder / "mine")
    render(viz, tmp_path / "a.gif", frames=(1, 1))
    (folder / "mine").rename(folder / "frame_0002.png")
    with pytest.raises(RenderError, match="frame_0002.png is a folder, and no frame of the movie: move it away"):
        render(viz, tmp_path / "a.gif", frames=(1, 2))
    assert (folder / "part.png").read_text() == "mine" and (folder / "frame_0002.png").is_dir()


def test_a_movie_that_is_being_rendered_is_not_begun_again(fresh_scene, tmp_path):
    viz = moving()
    going = movie.steps(viz.ready(), tmp_path / "a", RenderSettings(SIZE, 1, "workbench", frames=(1, 3)))
    next(going), next(going)
    with pytest.raises(RenderError, match="being rendered into .* by another process, or another part of this one"):
        render(viz, tmp_path / "a", frames=(1, 3))
    going.close()
    assert sorted(os.listdir(tmp_path / "a")) == ["frame_0001.png", "movie.json"] and len(bpy.data.scenes) == 1
    render(viz, tmp_path / "a", frames=(1, 3))


def test_a_movie_in_place_of_one_that_was_there(fresh_scene, tmp_path, monkeypatch):
    """One that comes out with too few frames, or is cut, does not take its place."""
    viz, path = moving(), tmp_path / "a.mp4"
    render(viz, path, frames=(1, 3))
    former, scene_of = path.read_bytes(), sequencer.scene_of
    monkeypatch.setattr(sequencer, "scene_of", lambda frames, *rest: scene_of(frames[:2], *rest))
    with pytest.raises(RenderError, match="it has 2 frames instead of 3"):
        render(viz, path, frames=(1, 3))
    part = Path()

    def cut(frames, path, *rest):
        nonlocal part
        part = path
        return scene_of(frames, path, *rest)

    monkeypatch.setattr(sequencer, "scene_of", cut)
    by_sequencer = encode.by_sequencer
    monkeypatch.setattr(encode, "by_sequencer", lambda scene: (by_sequencer(scene), part.write_bytes(former[:-9])))
    with pytest.raises(RenderError, match="a.mp4 cannot be written: it was not written whole"):
        render(viz, path, frames=(1, 3))
    assert path.read_bytes() == former and sorted(os.listdir(tmp_path)) == ["a.frames", "a.mp4"]


def test_frames_of_another_movie_are_refused(fresh_scene, tmp_path):
    viz = moving()
    render(viz, tmp_path / "a", frames=(1, 1))
    kept = times(tmp_path / "a")
    with pytest.raises(RenderError, match=r"another movie \(size \[64, 48\], not \[66, 48\].*\): render under another"):
        render(viz, tmp_path / "a", size=(66, 48))
    render(viz, tmp_path / "a", samples=2, frames=(1, 1))  # which Workbench does not read
    with pytest.raises(RenderError, match=r"\(seed 0, not 5, .*other data"):
        render(moving(seed=5, data={"L": np.ones((3, 2))}), tmp_path / "a")
    key = next(curve for obj in viz.collection.objects if obj.animation_data
               for layer in obj.animation_data.action.layers for strip in layer.strips
               for bag in strip.channelbags for curve in bag.fcurves).keyframe_points[1]
    key.co.x += 10
    with pytest.raises(RenderError, match="other keyframes"):
        render(viz, tmp_path / "a")
    assert times(tmp_path / "a") == kept
    note = tmp_path / "a" / "movie.json"
    for text in ("", "[]", "{", '{"size": [1, 2]}', '{"scene": 3, "about": {}}'):
        note.write_text(text)
        with pytest.raises(RenderError, match="another movie"):
            render(viz, tmp_path / "a")
    note.unlink()
    with pytest.raises(RenderError, match="no movie.json"):
        render(viz, tmp_path / "a")


def test_the_note_says_what_was_rendered(fresh_scene, tmp_path):
    viz = moving()
    render(viz, tmp_path / "a", frames=(1, 1))
    note = json.loads((tmp_path / "a" / "movie.json").read_text())
    about = note["about"]
    assert about["mm_blender"] == mm.__version__ and about["size"] == list(SIZE) and about["engine"] == "workbench"
    assert about["parameters"] == json.loads(json.dumps(viz.params)) and about["frames_per_step"] == 4
    assert note["blender"] == "{}.{}".format(*bpy.app.version) and note["scene"] and note["parts"]["data"]


def test_a_whole_sweep_by_default(fresh_scene, tmp_path):
    """All frames of the scene, from whichever frame it stands at; the picture changes from the first to the last."""
    viz = mm.visualize("L @ R", look="unlit", frames_per_step=2,
                       settings={"L.h": 2, "L.w": 2, "R.w": 2, "anim.alg": "vmprod"}).build()
    fresh_scene.frame_set(3)
    viz.render(f"{tmp_path}/frames/", size=SIZE, samples=1, engine="workbench", progress=False)
    numbers = range(fresh_scene.frame_start, fresh_scene.frame_end + 1)
    assert sorted(times(tmp_path / "frames")) == [f"frame_{number:04d}.png" for number in numbers]
    pictures = [pixels(path) for path in sorted((tmp_path / "frames").glob("*.png"))]
    assert (pictures[0] != pictures[-1]).any()


@pytest.mark.parametrize("options", [{}, {"settings": {"anim.alg": "vmprod"}, "animate": False}])
def test_nothing_moves(fresh_scene, tmp_path, options):
    viz = mm.visualize("L @ R", **options)
    with pytest.raises(RenderError, match=r'nothing moves.*settings=\{"anim.alg": "vmprod"\}'):
        viz.render(tmp_path / "x.mp4")
    assert viz.collection is None and not list(tmp_path.iterdir())
    assert mm.visualize("L @ R", settings={"anim.spin": 2}).group.moves


def test_bad_requests(fresh_scene, tmp_path):
    viz = moving()
    with pytest.raises(RenderError, match="there is no folder"):
        render(viz, tmp_path / "none" / "x.mp4")
    with pytest.raises(RenderError, match="the first frame, 4, comes after the last, 1"):
        render(viz, tmp_path / "x.mp4", frames=(4, 1))
    with pytest.raises(RenderError, match="no engine 'pov'"):
        viz.render(tmp_path / "x.mp4", engine="pov", frames=(1, 2))
    with pytest.warns(mm.MMWarning, match="64 x 48"):
        render(viz, tmp_path / "odd.mp4", frames=(1, 1), size=(63, 47))
    (tmp_path / "taken.frames").write_text("")
    with pytest.raises(RenderError, match="is to be a folder, and there is a file of that name"):
        render(viz, tmp_path / "taken.mp4")


def test_progress_knows_what_is_left(fresh_scene, tmp_path, capfd):
    viz = moving()
    render(viz, tmp_path / "a", frames=(1, 2))
    capfd.readouterr()
    viz.render(tmp_path / "a", size=SIZE, samples=1, engine="workbench", frames=(1, 4))
    out, err = capfd.readouterr()
    assert "2/4" in err and "4/4" in err and "0/4" not in err
    assert "Saved" not in out


RUN = """
import sys
sys.path[:0] = sys.argv[1:3]
import bpy
bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
import test_movie
test_movie.render(test_movie.moving(), sys.argv[3], frames=(1, 30))
print("done", flush=True)
"""


@pytest.mark.slow
@pytest.mark.outside
def test_killed_in_the_middle(tmp_path):
    """Kill -9 at any moment, run again: the frames that were finished stay as they were, the movie is whole."""
    command = [sys.executable, "-c", RUN, str(ROOT), str(Path(__file__).parent), str(tmp_path / "x.mp4")]
    folder = tmp_path / "x.frames"
    for enough in (3, 12):
        run = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while len(list(folder.glob("frame_*.png"))) < enough and run.poll() is None and time.monotonic() < deadline:
            time.sleep(0.003)
        os.kill(run.pid, signal.SIGKILL)
        assert run.wait(60) == -signal.SIGKILL, "it was done before it could be killed"
    kept = times(folder)
    assert 12 <= len(kept) < 30 and not (tmp_path / "x.mp4").exists()
    assert all(pixels(folder / name).shape == (SIZE[1], SIZE[0], 3) for name in kept)
    assert "done" in subprocess.run(command, capture_output=True, text=True, timeout=120).stdout
    assert kept.items() <= times(folder).items()
    assert len(times(folder)) == 30
    assert bpy.data.movieclips.load(str(tmp_path / "x.mp4")).frame_duration == 30
