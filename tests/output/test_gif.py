"""The GIF writer, read back by an independent reader."""
import numpy as np
import pytest

from mm_blender.output import gif

Image = pytest.importorskip("PIL.Image")


def written(tmp_path, frames: list[np.ndarray], fps: float = 24):
    with open(tmp_path / "x.gif", "wb") as file:
        assert list(gif.write(file, len(frames), frames.__getitem__, fps)) == list(range(len(frames)))
    return Image.open(tmp_path / "x.gif")


def shown(image, at: int) -> np.ndarray:
    image.seek(at)
    return np.asarray(image.convert("RGB")).astype(int)


@pytest.mark.parametrize("shape", [(1, 1), (5, 7), (48, 64)])
def test_few_colours_come_back_exactly(tmp_path, shape):
    rng = np.random.default_rng(0)
    colours = np.array([(18, 21, 26), (255, 0, 0), (0, 200, 30), (255, 255, 255), (120, 60, 220)], np.uint8)
    frames = [colours[rng.integers(0, len(colours), shape)] for _ in range(4)]
    frames.append(frames[-1])  # nothing changes
    image = written(tmp_path, frames)
    assert (image.n_frames, image.size, image.info["loop"]) == (5, shape[::-1], 0)
    for at, frame in enumerate(frames):
        np.testing.assert_array_equal(shown(image, at), frame)


def test_many_colours_come_near(tmp_path):
    """Noise fills the code table many times over; a gradient has more colours than the palette."""
    rng = np.random.default_rng(1)
    y, x = np.mgrid[:200, :320]
    gradient = np.stack([x * 255 // 320, y * 255 // 200, (x + y) // 4], axis=-1).astype(np.uint8)
    frames = [gradient, rng.integers(0, 256, gradient.shape).astype(np.uint8), gradient]
    image = written(tmp_path, frames)
    off = [np.abs(shown(image, at) - frame).mean() for at, frame in enumerate(frames)]
    assert max(off[0], off[2]) < 8 and off[1] < 20
    np.testing.assert_array_equal(shown(image, 0), shown(image, 2))


def test_time_is_kept(tmp_path):
    """24 frames a second are 4 1/6 hundredths each; what would be shorter than two is left out."""
    frames = [np.full((4, 4, 3), 10 * level, np.uint8) for level in range(24)]
    for fps, kept in ((24, 24), (60, 16), (120, 9)):
        image = written(tmp_path, frames, fps)
        assert abs(image.n_frames - kept) <= 3
        total = 0
        for at in range(image.n_frames):
            image.seek(at)
            total += image.info["duration"]
        assert abs(total - 24_000 / fps) <= 20
    np.testing.assert_array_equal(shown(image, image.n_frames - 1), frames[-1])


def test_only_what_changed_is_stored(tmp_path):
    rng = np.random.default_rng(2)
    still = rng.integers(0, 256, (100, 100, 3)).astype(np.uint8)
    moved = still.copy()
    moved[40:44, 50:55] = 0
    written(tmp_path, [still])
    alone = (tmp_path / "x.gif").stat().st_size
    written(tmp_path, [still, moved])
    both = (tmp_path / "x.gif").stat().st_size
    assert both - alone < 100
