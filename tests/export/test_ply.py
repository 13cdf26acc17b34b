"""PLY: read back by numpy, it has the elements that are drawn."""
import re

import numpy as np
import pytest

import mm_blender as mm
from elements_of import elements_of

pytestmark = pytest.mark.once
KINDS = {"float": "<f4", "uchar": "u1", "int": "<i4"}
SMALL = {"A.h": 4, "A.w": 3, "B.w": 5, "B.init": "gaussian"}


def read(path):
    """The header's lines, the vertices, and the corners of the faces."""
    data = path.read_bytes()
    head, body = data.split(b"end_header\n", 1)
    lines = head.decode("ascii").splitlines()
    assert lines[:2] == ["ply", "format binary_little_endian 1.0"]
    count, = (int(line.split()[2]) for line in lines if line.startswith("element vertex"))
    kind = np.dtype([(line.split()[2], KINDS[line.split()[1]]) for line in lines
                     if re.match("property [^l]", line)])
    faces = np.frombuffer(body[count * kind.itemsize:], [("count", "u1"), ("corners", "<i4", 4)])
    return lines, np.frombuffer(body, kind, count), faces


def test_points(tmp_path):
    viz = mm.visualize("A @ B", settings=SMALL)
    lines, points, faces = read(viz.export(tmp_path / "a.ply"))
    assert not len(faces) and f"comment A @ B, root: {np.count_nonzero(viz.values['root'])}" in lines
    for number, path in enumerate(("root.left", "root.right", "root")):
        have, want = points[points["matrix"] == number], elements_of(viz, path)
        np.testing.assert_allclose(np.stack([have[axis] for axis in "xyz"], -1), want.position, atol=1e-6)
        np.testing.assert_allclose(have["size"], want.edge, atol=1e-6)
        np.testing.assert_array_equal(have["value"], want.value)
        np.testing.assert_array_equal((have["row"], have["col"]), (want.row, want.col))
        shown = np.stack([have[name] for name in ("red", "green", "blue")], -1)
        np.testing.assert_allclose(shown, want.srgb * 255, atol=0.51)


def test_real_cubes(tmp_path):
    viz = mm.visualize("A @ B", settings=SMALL)
    _, corners, faces = read(viz.export(tmp_path / "a.ply", realized=True))
    want = np.concatenate([elements_of(viz, path).position for path in ("root.left", "root.right", "root")])
    assert len(corners) == 8 * len(want) and len(faces) == 6 * len(want) and (faces["count"] == 4).all()
    place = np.stack([corners[axis] for axis in "xyz"], -1)
    np.testing.assert_allclose(place.reshape(-1, 8, 3).mean(1), want, atol=1e-6)
    a, b, c = (place[faces["corners"][:, at]].astype(float) for at in range(3))
    middle = np.repeat(want, 6, 0)
    assert (np.einsum("ni,ni->n", np.cross(b - a, c - a), a - middle) > 0).all()


def test_a_sweep_shows_its_end_or_a_step(tmp_path):
    viz = mm.visualize("A @ B", settings={**SMALL, "anim.alg": "vmprod"})
    end, second = (read(viz.export(tmp_path / f"{at}.ply", at=at))[1] for at in (None, 1))
    assert len(end) == sum(map(np.count_nonzero, viz.values.values())) == 12 + 15 + 20
    assert len(second) == 12 + 15 + 10 + 15  # two rows of the result, and the plane inside


def test_names_of_any_script_are_one_line_of_ascii(tmp_path):
    viz = mm.visualize({**mm.visualize("A @ B", settings=SMALL).params, "name": "Ω 0"})
    lines, _, _ = read(viz.export(tmp_path / "a.ply"))
    assert any(line.startswith("comment \\u03a9 0, root: ") for line in lines)
