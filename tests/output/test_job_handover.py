"""How a job's movie is handed over: what its folder says of that, and what is made of its frames."""
import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

import mm_blender as mm  # noqa: E402
from beeping import beep  # noqa: E402
from mm_blender.output import image_file, sequencer  # noqa: E402
from mm_blender.system.whole.check import check  # noqa: E402

QUICK = {"size": (64, 40), "samples": 1, "engine": "workbench"}
WEBM = sequencer.Video("WEBM", "WEBM", "OPUS", True)


@pytest.fixture
def swept(fresh_scene):
    return mm.visualize("A @ B", settings={"anim.alg": "vmprod", "A.h": 3, "A.w": 2, "B.w": 4})


def test_how_the_movie_is_handed_over_lies_in_the_folder(swept, tmp_path):
    heard = beep(tmp_path / "a beep.wav", 0.5)
    given = {"codec": "vp9", "loop": True, "sound": heard, "poster": ("first.webp", 0)}
    folder = swept.job(tmp_path / "job", **QUICK | given)
    order = sequencer.read((folder / "encode.json").read_text())
    last = order.last - order.first
    assert order == sequencer.Order(1, last + 1, 24.0, "movie.webm", WEBM, True, "sound.audio",
                                    sequencer.Poster("first.webp", 0, "WEBP", 90))
    assert (folder / "sound.audio").read_bytes() == heard.read_bytes()
    usual = sequencer.read((swept.job(folder, poster="last.png", **QUICK) / "encode.json").read_text())
    assert usual == sequencer.Order(1, last + 1, 24.0, poster=sequencer.Poster("last.png", last, "PNG", 15))


def test_the_folder_becomes_the_movie_that_is_asked_for(fresh_scene, tmp_path, monkeypatch):
    """As ``encode.py`` makes it, which runs in a real Blender in ``test_job_runs``."""
    (tmp_path / "frames").mkdir()
    for number, colour in ((1, 200), (2, 40), (3, 200)):
        pixels = np.full((48, 64, 4), (colour, 90, 30, 255), np.uint8)
        image_file.save(pixels, tmp_path / "frames" / f"frame_000{number}.png", "PNG")
    beep(tmp_path / "a.wav", 0.5).rename(tmp_path / "sound.audio")
    monkeypatch.chdir(tmp_path)
    poster = sequencer.Poster("second.jpg", 1, "JPEG", 92)
    order = sequencer.Order(1, 3, 24.0, "movie.webm", WEBM, True, "sound.audio", poster)
    scenes = len(bpy.data.scenes)
    sequencer.main(sequencer.read(sequencer.written(order)))
    check(tmp_path / "movie.webm", size=(64, 48), frames=2)
    assert abs(image_file.as_bytes(tmp_path / "second.jpg")[0, 0, 0].astype(int) - 40) < 4
    assert sorted(path.name for path in tmp_path.iterdir()) == ["frames", "movie.webm", "second.jpg", "sound.audio"]
    assert len(list((tmp_path / "frames").iterdir())) == 3 and len(bpy.data.scenes) == scenes + 1
