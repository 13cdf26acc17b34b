"""How movies are handed over: kinds of files, codecs, sound, posters. Small pictures of colours, and a small sweep."""
from pathlib import Path

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

import browsing  # noqa: E402
import mm_blender as mm  # noqa: E402
from beeping import beep  # noqa: E402
from mm_blender.errors import RenderError  # noqa: E402
from mm_blender.output import delivery, encode, image_file, sound  # noqa: E402
from mm_blender.output.settings import RenderSettings  # noqa: E402
from mm_blender.system import disks  # noqa: E402
from mm_blender.system.whole.check import check, is_whole  # noqa: E402

SIZE = (64, 48)
COLOURS = [(200, 30, 30), (30, 160, 30), (30, 30, 200), (200, 200, 40), (120, 120, 120), (20, 20, 26)]


@pytest.fixture
def frames(fresh_scene, tmp_path):
    """PNG frames of a square of a colour each, in the middle of nothing."""
    (tmp_path / "frames").mkdir()
    paths = []
    for at, colour in enumerate(COLOURS):
        pixels = np.zeros((SIZE[1], SIZE[0], 4), np.uint8)
        pixels[8:40, 8:56] = (*colour, 255)
        paths.append(tmp_path / "frames" / f"frame_{at + 1:04d}.png")
        image_file.save(pixels, paths[-1], "PNG")
    return paths


def swept(**options):
    return mm.visualize("L @ R", frames_per_step=2, look="unlit",
                        settings={"L.h": 2, "L.w": 2, "R.w": 2, "anim.alg": "vmprod"}, **options).build()


def render(viz, path, size=SIZE, frames=(1, 4), **more):
    return viz.render(path, size=size, samples=1, engine="workbench", progress=False, frames=frames, **more)


def seconds_of(path: Path) -> float:
    """How long a movie's sound is."""
    aud = pytest.importorskip("aud")
    heard = aud.Sound(str(path))
    return heard.length / heard.specs[0]


# ---- kinds of files

@pytest.mark.every
@pytest.mark.parametrize("name, asked", [
    ("a.MP4", {}), ("a.webm", {}), ("a.webm", {"codec": "av1"}), ("a.mp4", {"codec": "av1"}), ("a.gif", {}),
    ("a.webp", {})])
def test_every_kind_comes_whole_and_a_cut_one_is_not(frames, tmp_path, name, asked):
    path, size = tmp_path / name, SIZE
    settings = RenderSettings(size, delivery=delivery.asked(**asked))
    try:
        encode.check(path.suffix.lower(), settings)
    except RenderError as error:
        assert "frame not large enough" in str(error), "AV1 of so small a picture, with many cores"
        return
    encode.movie(frames, path, 24, settings)
    check(path, size=SIZE, frames=len(frames))
    assert {image.name for image in bpy.data.images} <= {"Render Result"} and len(bpy.data.scenes) == 1
    data = path.read_bytes()
    for length in (0, 9, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:length])
        assert not is_whole(path, size=SIZE, frames=len(frames))


def test_a_transparent_webp(frames, tmp_path):
    image_module = pytest.importorskip("PIL.Image")
    encode.movie(frames, tmp_path / "a.webp", 24, RenderSettings(SIZE))
    image = image_module.open(tmp_path / "a.webp")
    assert image.n_frames == len(COLOURS)
    for at, colour in enumerate(COLOURS):
        image.seek(at)
        pixels = np.asarray(image.convert("RGBA")).astype(int)
        assert np.abs(pixels[24, 32] - (*colour, 255)).max() < 8 and pixels[2, 2, 3] == 0


def test_what_holds_transparency_says_nothing_of_it(fresh_scene, tmp_path, recwarn):
    viz = swept(transparent=True)
    for name in ("a.webm", "a.webp"):
        render(viz, tmp_path / name)
    assert not [each for each in recwarn if issubclass(each.category, mm.MMWarning)]
    with pytest.warns(mm.MMWarning, match="mp4 holds no transparency.*webm, .webp and a folder of frames keep it"):
        render(viz, tmp_path / "a.mp4")
    assert is_whole(tmp_path / "a.webm", size=SIZE, frames=4) and is_whole(tmp_path / "a.webp", size=SIZE)


def test_odd_sizes(fresh_scene, tmp_path):
    viz = swept()
    render(viz, tmp_path / "a.webp", (63, 47))
    check(tmp_path / "a.webp", size=(63, 47))
    with pytest.warns(mm.MMWarning, match="WEBM asks for even sizes: the movie is 64 x 48"):
        render(viz, tmp_path / "b.webm", (63, 47))


def test_it_is_said_what_was_made(fresh_scene, tmp_path, capfd):
    viz = swept()
    viz.render(tmp_path / "a.webp", size=SIZE, samples=1, engine="workbench", frames=(1, 2))
    size = (tmp_path / "a.webp").stat().st_size
    assert f"made a.webp, {disks.amount(size)}" in "".join(capfd.readouterr())


# ---- what is asked for

@pytest.mark.parametrize("name, asked, words", [
    ("a.mp4", {"codec": "vp9"}, "mp4 has no codec vp9, but h264 and av1: vp9 is for .webm"),
    ("a.gif", {"codec": "av1"}, "gif has no codec av1: av1 is for .mp4 and .webm"),
    ("a.mp4", {"codec": "x"}, "there is no codec 'x'; known are h264, av1, vp9"),
    ("a.mp4", {"loop": 3}, "loop is True, False or None"),
    ("a/", {"loop": True}, "frames in a folder do not repeat"),
    ("a.gif", {"sound": "b.wav"}, "gif has no sound: render to .mp4 or .webm"),
    ("a.mp4", {"sound": "none.wav"}, "none.wav is not there"),
    ("a.mp4", {"sound": "."}, "is a folder: name a file"),
    ("a.mp4", {"sound": "text.mp3"}, "text.mp3 holds no sound that Blender can read"),
    ("a.mp4", {"poster": "p.gif"}, "p.gif must end in .png or .webp or .jpg or .jpeg"),
    ("a.mp4", {"poster": "none/p.png"}, "there is no folder"),
    ("a.mp4", {"poster": ("p.png", -1)}, "poster is the path of a picture, or that and a second from 0 up"),
    ("a.mp4", {"poster": ("p.png", 1)}, "the movie is 0.167 seconds long: there is no frame for a poster after 1"),
    ("a.png", {"poster": "p.png", "codec": "av1", "frames": None}, "codec and poster are for movies"),
    ("a.mp4", {"size": (65536, 16)}, "a movie in .mp4, h264, has at most 16384 pixels each way, not 65536 x 16"),
    ("a.webp", {"size": (16384, 16)}, "a movie in .webp has at most 16383 pixels each way"),
])
def test_what_there_is_not_is_refused_at_once(fresh_scene, tmp_path, monkeypatch, name, asked, words):
    monkeypatch.chdir(tmp_path)
    beep(tmp_path / "b.wav", 0.1)
    (tmp_path / "text.mp3").write_text("no sound")
    with pytest.raises(RenderError, match=words):
        render(swept(), name, **asked)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.wav", "text.mp3"] and not bpy.data.sounds


def test_a_codec_that_is_missing_is_told_before_anything_is_rendered(fresh_scene, tmp_path, monkeypatch):
    monkeypatch.setitem(encode.CODECS, "vp9", "NO_SUCH")
    with pytest.raises(RenderError, match=r"cannot encode vp9 of 64 x 48 pixels \(.*\): try codec='av1' or"):
        render(swept(), tmp_path / "a.webm")
    assert not list(tmp_path.iterdir()) and len(bpy.data.scenes) == 1


def test_an_encoding_that_fails_leaves_what_was_there(frames, tmp_path, monkeypatch):
    for name in ("a.mp4", "a.webm", "a.webp", "a.gif"):
        (tmp_path / name).write_bytes(b"before")
    monkeypatch.setattr(encode, "by_sequencer", lambda scene: bpy.data.scenes.remove(scene))
    monkeypatch.setattr(image_file, "save", lambda pixels, path, *_: path.write_bytes(b"RIFF"))
    monkeypatch.setattr(image_file, "as_bytes", lambda path: np.zeros((3, 3, 3), np.uint8))
    for name in ("a.mp4", "a.webm", "a.webp", "a.gif"):
        with pytest.raises(RenderError):
            encode.movie(frames, tmp_path / name, 24, RenderSettings(SIZE))
        assert (tmp_path / name).read_bytes() == b"before"
    assert len(list(tmp_path.iterdir())) == 5


# ---- sound

@pytest.mark.every
@pytest.mark.parametrize("name", ["a.mp4", "a.webm"])
@pytest.mark.parametrize("seconds", [0.05, 20])
def test_sound_is_cut_or_silent_to_the_end_of_the_movie(frames, tmp_path, name, seconds):
    heard = beep(tmp_path / "{beep}.wav", seconds)  # which Blender would read as a template
    encode.movie(frames, tmp_path / name, 12, RenderSettings(SIZE, delivery=delivery.asked(sound=heard)))
    check(tmp_path / name, size=SIZE, frames=len(frames))
    assert abs(seconds_of(tmp_path / name) - len(frames) / 12) < 0.1 and not bpy.data.sounds
    data = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(data[:-20])
    assert not is_whole(tmp_path / name)


def test_what_is_no_sound(fresh_scene, tmp_path):
    for name, data in (("a.wav", b""), ("b.wav", b"RIFF\x24\0\0\0WAVEfmt "), ("c.ogg", bytes(5000))):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(RenderError, match=f"{name} holds no sound that Blender can read"):
            sound.check(tmp_path / name)
    sound.check(beep(tmp_path / "d.wav", 0.01))


# ---- posters, and what repeats

def test_posters(fresh_scene, tmp_path):
    viz = swept()
    render(viz, tmp_path / "a.gif", poster=tmp_path / "last.png")
    assert (tmp_path / "last.png").read_bytes() == (tmp_path / "a.frames" / "frame_0004.png").read_bytes()
    render(viz, tmp_path / "a.gif", poster=(tmp_path / "second.webp", 1 / 24))
    render(viz, f"{tmp_path}/a.frames", poster=(tmp_path / "first.jpg", 0))
    for name, frame in (("second.webp", 2), ("first.jpg", 1)):
        check(tmp_path / name, size=SIZE)
        wanted = image_file.as_bytes(tmp_path / "a.frames" / f"frame_000{frame}.png")[..., :3].astype(int)
        assert np.abs(image_file.as_bytes(tmp_path / name)[..., :3] - wanted).mean() < 8


def test_what_repeats_shows_its_first_picture_once(frames, tmp_path):
    image_module = pytest.importorskip("PIL.Image")
    again = tmp_path / "frames" / "frame_0007.png"
    again.write_bytes(frames[0].read_bytes())
    for loop, counts in ((None, (6, 6, 7)), (False, (7, 7, 7)), (True, (6, 6, 6))):
        settings = RenderSettings(SIZE, delivery=delivery.asked(loop=loop))
        for name, count in zip(("a.gif", "a.webp", "a.mp4"), counts):
            encode.movie([*frames, again], tmp_path / name, 24, settings)
            check(tmp_path / name, frames=count)
        endless = [image_module.open(tmp_path / name).info.get("loop") == 0 for name in ("a.gif", "a.webp")]
        assert endless == [loop is not False] * 2


def test_a_turn_of_the_camera_comes_round_without_a_doubled_frame(fresh_scene, tmp_path):
    mm.visualize("L @ R", settings={"L.h": 2, "L.w": 2, "R.w": 2, "anim.spin": 200}).build()
    first, last = fresh_scene.frame_start, fresh_scene.frame_end
    seen = []
    for frame in (first, last, last + 1):
        fresh_scene.frame_set(frame)
        seen.append(np.array(fresh_scene.camera.matrix_world))
    assert np.abs(seen[0] - seen[2]).max() < 1e-3 < np.abs(seen[0] - seen[1]).max()


# ---- in a browser

SHOWN = """async ([name, at]) => {
    const whole = URL.createObjectURL(await (await fetch(name)).blob());  // one can seek in that
    const video = Object.assign(document.createElement('video'), {src: whole, muted: true});
    const until = event => new Promise((done, failed) => {
        video.addEventListener(event, done, {once: true});
        video.addEventListener('error', () => failed(new Error(video.error.message)), {once: true});
    });
    await until('loadeddata');
    const sought = until('seeked');
    video.currentTime = at;
    await sought;
    const canvas = Object.assign(document.createElement('canvas'), {width: 64, height: 48});
    const pen = canvas.getContext('2d');
    pen.drawImage(video, 0, 0);
    return [video.duration, [...pen.getImageData(32, 24, 1, 1).data], [...pen.getImageData(2, 2, 1, 1).data]];
}"""


@pytest.mark.browser
@pytest.mark.once
def test_chromium_plays_movies_from_any_second(frames, tmp_path):
    """H.264 as most have it, and what is transparent in VP9."""
    for name in ("a.mp4", "a.webm"):
        encode.movie(frames, tmp_path / name, 10, RenderSettings(SIZE))
    (tmp_path / "index.html").write_text("<!DOCTYPE html><title>a</title>")
    with browsing.served({"/": tmp_path}) as address, browsing.page() as page:
        page.goto(f"{address}/index.html")
        for name in ("a.mp4", "a.webm"):
            for at in (4, 1, 3):
                duration, middle, corner = page.evaluate(SHOWN, [name, at / 10 + 0.05])
                assert abs(duration - 0.6) < 0.11
                assert np.abs(np.array(middle[:3]) - COLOURS[at]).max() < 12, (name, at)
                assert middle[3] == 255 and corner[3] == (0 if name == "a.webm" else 255)


# ---- frames a second

@pytest.mark.every
@pytest.mark.parametrize("fps, count", [(24, 36), (60, 90), (29.97, 45)])
def test_frames_a_second(fresh_scene, tmp_path, fps, count):
    """What has a length keeps it; the file, the scene and what is saved say so; and what was taken is given back."""
    viz = mm.visualize("L @ R", settings={"L.h": 2, "L.w": 2, "R.w": 2, "anim.alg": "vmprod"}, duration=1, look="unlit",
                       fps=fps).build()
    own = fresh_scene.render
    assert own.fps / own.fps_base == pytest.approx(fps, rel=1e-6) and abs(fresh_scene.frame_end - count) <= 1
    render(viz, tmp_path / "a.mp4", frames=(1, 2))
    assert bpy.data.movieclips.load(str(tmp_path / "a.mp4")).fps == pytest.approx(fps, rel=1e-3)
    viz.save(tmp_path / "a.blend")
    viz.remove()
    assert (own.fps, own.fps_base) == (24, 1)
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
    own = bpy.context.scene.render
    assert own.fps / own.fps_base == pytest.approx(fps, rel=1e-6)


def test_frames_a_second_of_a_persons_scene_stay_theirs(fresh_scene, tmp_path):
    fresh_scene.collection.objects.link(bpy.data.objects.new("mine", None))
    viz = swept(fps=50)
    assert fresh_scene.render.fps == 24
    render(viz, tmp_path / "a.mp4", frames=(1, 2))
    assert bpy.data.movieclips.load(str(tmp_path / "a.mp4")).fps == 50 and fresh_scene.render.fps == 24


@pytest.mark.parametrize("fps", [0, -1, 241, float("nan"), "fast", True])
def test_frames_a_second_that_are_none(fps):
    with pytest.raises(mm.ParameterError, match="fps is frames a second, 1 to 240"):
        mm.visualize("L @ R", fps=fps)
