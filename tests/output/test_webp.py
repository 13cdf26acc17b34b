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


def played(image, fps=24.0) -> list[np.ndarray]:
    """What is shown at the end of each frame of the movie, before the next one."""
    ends, out = [], []
    for at in range(image.n_frames):
        shown(image, at)
        ends.append(image.info["duration"] + (ends[-1] if ends else 0))
    for number in range(1, round(ends[-1] * fps / 1000) + 1):
        out.append(shown(image, int(np.searchsorted(ends, round(number * 1000 / fps)))))
    return out


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
    assert image.size == (53, 37) and image.info["loop"] == 0 and len(played(image)) == 8
    for picture, frame in zip(played(image), frames):
        assert np.abs(picture - frame).mean() < 4
        still = np.ones(frame.shape[:2], bool)
        still[:, :44] = False
        assert (picture[still] == frame[still]).all(), "the ground stays as it was, exactly"


def passing(count: int, size=(120, 160)) -> list[np.ndarray]:
    """A square of noise, which is large without loss, that goes over a dark ground."""
    rng = np.random.default_rng(0)
    frames = []
    for at in range(count):
        pixels = np.full((*size, 4), (17, 19, 28, 255), np.uint8)
        pixels[16:96, 8 + 8 * at:72 + 8 * at, :3] = rng.integers(0, 256, (80, 64, 3))
        frames.append(pixels)
    return frames


@pytest.mark.parametrize("fps", [12, 24, 30])
def test_the_ground_that_comes_to_light_has_its_colour(tmp_path, fps):
    frames = passing(8)
    pictures = played(written(tmp_path, frames, fps), fps)
    assert len(pictures) == 8
    for at, picture in enumerate(pictures):
        ground = (frames[at] == frames[0][0, 0]).all(axis=-1)
        assert np.abs(picture - frames[at])[ground].max() <= 1
        assert at == 0 or np.abs(picture - frames[at])[~ground].mean() > 4, "what moves is packed with loss"


def test_what_was_rough_is_even_once_it_has_come_to_rest(tmp_path):
    """A shade that a player would take for the same, over what was packed with loss."""
    frames = passing(3)
    rest = np.full_like(frames[0], (17, 19, 28, 255))
    for fps in (24, 60):
        pictures = played(written(tmp_path, [*frames, rest, rest], fps), fps)
        assert np.abs(pictures[-1] - rest).max() <= 1


def test_a_quick_movie_has_one_picture_a_frame(tmp_path):
    """Players take what is shown for 10 milliseconds or less for a mistake."""
    assert written(tmp_path, passing(4), 60).n_frames == 4
    image = written(tmp_path, passing(8), 24)
    assert image.n_frames == 15
    assert all((shown(image, at), image.info["duration"])[1] >= 11 for at in range(15))


def test_a_movie_that_grows_large_is_packed_in_a_lower_quality(tmp_path):
    asked = []

    def counted(pixels, quality):
        asked.append(quality)
        return pack(pixels, quality)

    rng = np.random.default_rng(0)
    written(tmp_path, [np.dstack([rng.integers(0, 256, (64, 64, 3)).astype(np.uint8), np.full((64, 64), 255, np.uint8)])
                       for _ in range(12)], packed=counted)
    rough = [quality for quality in asked if quality != webp.EXACT]
    assert rough[-1] == webp.LEAST
    assert webp.quality(1000, 640 * 360, 5.0) == webp.GOOD
    assert webp.quality(3_000_000, 640 * 360, 18.0) < webp.GOOD


def test_it_is_played_once_if_so_asked(tmp_path):
    assert written(tmp_path, moving(2), repeats=False).info["loop"] == 1


def test_frames_that_look_alike_are_one_and_time_is_kept(tmp_path):
    frames = moving(4, size=(200, 300))
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
