"""Animated WebP, without Blender: Pillow packs the stills, and plays the movie."""
import io
import os

import numpy as np
import pytest

from mm_blender.output import gif, webp
from mm_blender.system.whole.check import check

Image = pytest.importorskip("PIL.Image")


def pack(pixels: np.ndarray, quality: int) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "WEBP", quality=quality, lossless=quality == 100)
    return out.getvalue()


def written(folder, frames, fps=24.0, packed=pack, **more):
    path = folder / "x.webp"
    with open(path, "wb") as file:
        assert list(webp.write(file, len(frames), lambda at: frames[at], packed, fps, **more)) == [*range(len(frames))]
    check(path, size=frames[0].shape[1::-1])
    return Image.open(path)


def shown(image, at: int) -> np.ndarray:
    image.seek(at)
    return np.asarray(image.convert("RGBA")).astype(int)


def moving(count: int, ground=(20, 30, 40, 255), size=(37, 53)) -> list[np.ndarray]:
    """A white square that goes over an even ground, in pictures of odd sizes."""
    frames = []
    for at in range(count):
        pixels = np.empty((*size, 4), np.uint8)
        pixels[:] = ground
        pixels[3 + at:11 + at, 5 + 3 * at:13 + 3 * at] = 255
        frames.append(pixels)
    return frames


def test_what_is_played_is_what_was_given(tmp_path):
    frames = moving(8)
    image = written(tmp_path, frames)
    assert image.n_frames == 8 and image.size == (53, 37) and image.info["loop"] == 0
    for at, frame in enumerate(frames):
        assert np.abs(shown(image, at) - frame).mean() < 4
        still = np.ones(frame.shape[:2], bool)
        still[:, :44] = False
        assert (shown(image, at)[still] == frame[still]).all(), "the ground stays as it was, exactly"


def test_it_is_played_once_if_so_asked(tmp_path):
    assert written(tmp_path, moving(2), repeats=False).info["loop"] == 1


def test_frames_that_look_alike_are_one_and_time_is_kept(tmp_path):
    frames = moving(4)
    frames = [frames[0], frames[0] ^ 1, frames[1], frames[1], frames[2], frames[3], frames[3]]
    image = written(tmp_path, frames, 30)
    assert image.n_frames == 4
    durations = []
    for at in range(4):
        shown(image, at)
        durations.append(image.info["duration"])
    assert durations == [67, 66, 34, 66] and sum(durations) == round(7000 / 30)


def test_colours_that_drift_slowly_are_followed(tmp_path):
    """Each frame is alike the one before, but never for long unlike what is shown."""
    frames = [np.full((8, 8, 4), 255, np.uint8) for _ in range(60)]
    for at, frame in enumerate(frames):
        frame[..., :3] = 60 + 2 * at
    image = written(tmp_path, frames)
    played = np.repeat(np.array([shown(image, at)[0, 0, 0] for at in range(image.n_frames)]), 6)[:60]
    assert np.abs(played - np.array([60 + 2 * at for at in range(60)])).max() <= webp.TOLERANCE + 6


def test_what_is_transparent_comes_back_where_something_goes(tmp_path):
    frames = moving(6, (0, 0, 0, 0))
    image = written(tmp_path, frames)
    for at, frame in enumerate(frames):
        assert np.abs(shown(image, at)[..., 3] - frame[..., 3]).max() == 0


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (4, 4), (16, 5)])
def test_small_ones(tmp_path, size):
    rng = np.random.default_rng(0)
    frames = [np.dstack([rng.integers(0, 256, (*size, 3)).astype(np.uint8), np.full(size, 255, np.uint8)])
              for _ in range(3)]
    image = written(tmp_path, frames)
    assert image.size == size[::-1] and image.n_frames == 3
    assert (shown(image, 0) == frames[0]).all()


def test_one_frame(tmp_path):
    image = written(tmp_path, moving(1))
    assert image.n_frames == 1 and image.size == (53, 37)


def test_what_moves_little_takes_little(tmp_path):
    rng = np.random.default_rng(1)
    ground = np.dstack([rng.integers(0, 256, (200, 300, 3)).astype(np.uint8), np.full((200, 300), 255, np.uint8)])
    frames = []
    for at in range(10):
        frames.append(ground.copy())
        frames[-1][50:70, 20 * at:20 * at + 20] = 0
    written(tmp_path, frames[:1])
    alone = os.path.getsize(tmp_path / "x.webp")
    written(tmp_path, frames)
    assert os.path.getsize(tmp_path / "x.webp") - alone < 0.1 * alone


def test_what_is_no_webp_is_refused(tmp_path):
    with pytest.raises(webp.RenderError, match="Blender made no WebP of a frame"):
        written(tmp_path, moving(1), packed=lambda pixels, quality: b"RIFF\0\0\0\0WEBP")


def noisy(count: int, size=(180, 320)) -> list[np.ndarray]:
    """As a fused sweep through a large head looks where an element is smaller than a pixel: in 4 % of the
    picture every pixel is another one in each frame, and elsewhere there is a breath of noise."""
    rng, (height, width) = np.random.default_rng(3), size
    ground = np.full((height, width, 3), (14, 15, 23), np.uint8)
    ground[20:160, 60:200] = rng.integers(40, 200, (140, 140, 3))
    frames = []
    for _ in range(count):
        pixels = np.where(rng.random((height, width, 1)) < 0.1, ground ^ 1, ground)
        pixels[40:88, 80:130] = rng.integers(40, 200, (48, 50, 3))
        frames.append(np.dstack([pixels, np.full(size, 255, np.uint8)]).astype(np.uint8))
    return frames


def test_a_film_of_20_seconds_is_small_enough_for_a_page(tmp_path):
    """WebP below 3 MB and GIF below 8 MB, at 640 x 360 and 24 frames a second: by a shorter and smaller one."""
    frames = noisy(13)
    sizes = {}
    for count in (1, 13):
        written(tmp_path, frames[:count])
        with open(tmp_path / "x.gif", "wb") as file:
            [*gif.write(file, count, lambda at: frames[at][..., :3], 24)]
        sizes[count] = [os.path.getsize(tmp_path / f"x.{ending}") for ending in ("webp", "gif")]
    of_pixel = (np.array(sizes[13]) - sizes[1]) / 12 / frames[0][..., 0].size
    assert (of_pixel * 640 * 360 * 480 + np.array(sizes[1]) * 4 < (3e6, 8e6)).all(), of_pixel
