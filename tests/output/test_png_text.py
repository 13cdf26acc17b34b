"""PNG files without what Cycles says of the time that they took."""
import zlib
from pathlib import Path

import pytest

from mm_blender.output.png_text import without_times


def chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


HEAD = b"\x89PNG\r\n\x1a\n"
TIME, OWN = chunk(b"tEXt", b"cycles.View.total_time\x0000:00.25"), chunk(b"tEXt", b"Title\0cycles.")
BODY = chunk(b"IHDR", bytes(13)), chunk(b"IDAT", b"tEXtcycles."), chunk(b"IEND", b"")


def test_only_the_texts_of_cycles_go():
    whole = HEAD + BODY[0] + TIME + OWN + TIME + BODY[1] + BODY[2]
    assert without_times(whole) == HEAD + BODY[0] + OWN + BODY[1] + BODY[2]


@pytest.mark.parametrize("data", [b"", b"no PNG", HEAD, HEAD + b"\xff\xff\xff\xff" + TIME, (HEAD + BODY[0])[:-3]])
def test_what_is_no_whole_one_stays(data):
    assert without_times(data) == data


def test_the_same_picture_is_the_same_file(fresh_scene, tmp_path):
    import mm_blender as mm

    files = [Path(mm.visualize("L @ R", settings={"L.h": 2, "L.w": 2, "R.w": 2}, strict=False).render(
        tmp_path / f"{name}.png", (32, 24), samples=1, progress=False)) for name in "ab"]
    assert files[0].read_bytes() == files[1].read_bytes() and b"cycles." not in files[0].read_bytes()
