"""Matrices from files: what is read, and how each thing that is no matrix is refused."""
import io
import pickle

import numpy as np
import pytest

import mm_blender as mm
from mm_blender.data import matrices
from mm_blender.data.bodies import parse
from mm_blender.data.matrices import as_matrix, read_matrix, tile
from mm_blender.errors import DataError

URL = "https://example.org/data/w%201.csv"


def npy(x, **options) -> bytes:
    stream = io.BytesIO()
    np.save(stream, x, **options)
    return stream.getvalue()


@pytest.mark.parametrize("body, expected", [
    (b"1,2\n3,4\n", [[1, 2], [3, 4]]), (b"1,2\r\n3,4", [[1, 2], [3, 4]]), (b"\xef\xbb\xbf1, -2.5e-3", [[1, -2.5e-3]]),
    (b"1\n\n2\n", [[1], [2]]), (b"5", [[5]]), (b"nan,inf\n-inf,0", [[np.nan, np.inf], [-np.inf, 0]]),
    (npy(np.array([[1, 2]], np.float64)), [[1, 2]]), (npy(np.array([[1], [2]], ">i2")), [[1], [2]]),
    (npy(np.asfortranarray([[1, 2], [3, 4]])), [[1, 2], [3, 4]]), (npy(np.array([[True, False]])), [[1, 0]]),
])
def test_what_holds_a_matrix(body, expected):
    x = parse(body, "x")
    np.testing.assert_array_equal(x, np.array(expected, np.float32))
    assert x.dtype == np.float32 and x.flags.c_contiguous


@pytest.mark.parametrize("body, words", [
    (b"", ["x is empty"]), (b" \n\n", ["x is empty"]),
    (b"<html>" + b"x" * 1000, ["x is a web page"]), (b"version https://git-lfs.github.com/spec/v1\n", ["git lfs pull"]),
    (b"\x00\x01", ["x is no text"]), (npy(np.zeros(3)), ["x has shape (3,)", "two dimensions"]),
    (npy(np.zeros((2, 3, 4))), ["x has shape (2, 3, 4)", "x[0]"]),
    (npy(np.zeros((0, 4))), ["x is empty: its shape is 0 x 4"]),
    (npy(np.zeros((2, 2), complex)), ["complex"]), (npy(np.zeros((2, 2)))[:-5], ["x is no npy file"]),
    (npy(np.array([["a"]])), ["x is no matrix of numbers", "text"]), (b"\x93NUMPY", ["x is no npy file"]),
    (npy(np.full((2, 2), 1e300)), ["x is too large for float32", "1e+300"]),
])
def test_what_holds_none(body, words):
    with pytest.raises(DataError) as caught:
        parse(body, "x")
    message = str(caught.value)
    assert all(word in message for word in words), message
    assert len(message) < 250 and "\n" not in message


def test_pickled_objects_are_never_loaded(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "made"), "w"))

    for body in (npy(np.array([[Bomb()]], dtype=object), allow_pickle=True), pickle.dumps(Bomb())):
        with pytest.raises(DataError):
            parse(body, "x")
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("x, words", [
    (np.zeros(3), "shape (3,)"), (np.zeros((2, 0)), "empty"), ([[1, 2], [3]], "no matrix of numbers"),
    ([["a"]], "no matrix of numbers"), (np.zeros((1, 1), complex), "complex"), (None, "None, and no matrix"),
    ([[object()]], "no matrix of numbers"), ([[10 ** 400]], "no matrix of numbers"), ("text", "no matrix of numbers"),
])
def test_data_that_is_no_matrix(x, words):
    with pytest.raises(DataError) as caught:
        as_matrix(x, "Q")
    assert words in str(caught.value) and str(caught.value).startswith("Q ")


def test_data_in_other_forms():
    class Tensor:
        """As much of a torch tensor as is used of one: numpy cannot read it before it is detached, moved, cast."""

        def __init__(self, done=()):
            self.done = done

        def __getattr__(self, name):
            if name not in ("detach", "cpu", "float"):
                raise AttributeError(name)
            return lambda: Tensor((*self.done, name))

        def numpy(self):
            if "float" not in self.done:
                raise TypeError("Got unsupported ScalarType BFloat16")
            assert self.done == ("detach", "cpu", "float")
            return np.ones((2, 3), np.float32)

    for x in (Tensor(), [[1, 1, 1]] * 2, np.ones((2, 3), np.float16), np.ones((3, 2)).T, memoryview(np.ones((2, 3)))):
        np.testing.assert_array_equal(as_matrix(x), np.ones((2, 3), np.float32))


def test_the_assets_come_first(tmp_path):
    (tmp_path / "assets").mkdir()
    (tmp_path / "w 1.csv").write_text("1,1")
    (tmp_path / "assets" / "w 1.csv").write_text("2,2")
    assets = tmp_path / "assets"
    for source in (str(tmp_path / "w 1.csv"), tmp_path / "w 1.csv", URL, f"file://{tmp_path}/w%201.csv"):
        np.testing.assert_array_equal(read_matrix(source, assets), [[2, 2]])
    for source in (tmp_path / "w 1.csv", f"file://{tmp_path}/w%201.csv"):
        np.testing.assert_array_equal(read_matrix(source), [[1, 1]])


@pytest.mark.parametrize("source, assets, words", [
    ("", None, ["its url is empty"]), ("none.csv", None, ["there is no file none.csv"]),
    ("none.csv", "folder", ["there is no file none.csv", "nor none.csv in folder"]),
    (URL, None, [URL, "online=True", "--online", "w 1.csv", "--assets"]), (URL, "folder", ["nor w 1.csv in folder"]),
])
def test_what_is_not_there(source, assets, words):
    with pytest.raises(DataError) as caught:
        read_matrix(source, assets)
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_the_network_is_used_only_when_asked(monkeypatch):
    asked = []

    def fetch(url, typed):
        asked.append((url, typed))
        return b"1,2\n3,4"

    monkeypatch.setattr(matrices.network, "fetch", fetch)
    with pytest.raises(DataError):
        read_matrix(URL)
    assert asked == []
    np.testing.assert_array_equal(read_matrix(URL, online=True), [[1, 2], [3, 4]])
    assert asked == [(URL, True)]
    for data in ({"A": URL}, {"A": URL, "b": URL}):
        with pytest.raises(DataError, match="pass online=True"):
            mm.visualize("A @ B + b", data=data)
        viz = mm.visualize("A @ B + b", data=data, online=True)
        np.testing.assert_array_equal(viz.data["root.left"], [[1, 2], [3, 4]])


@pytest.mark.parametrize("h, w", [(1, 1), (2, 3), (5, 7), (4, 2), (1, 9)])
def test_a_small_matrix_is_tiled(h, w):
    a = np.arange(6, dtype=np.float32).reshape(2, 3)
    x = tile(a, h, w)
    assert x.shape == (h, w)
    assert all(x[i, j] == a[i % 2, j % 3] for i in range(h) for j in range(w))


def test_a_leaf_from_a_file(tmp_path):
    np.savetxt(tmp_path / "w.csv", [[1, 2], [3, 4]], delimiter=",")
    url = {"A.init": "url", "A.url": "https://example.org/w.csv", "A.h": 3, "A.w": 4}
    viz = mm.visualize("A @ B", assets=tmp_path, settings=url)
    np.testing.assert_array_equal(viz.values["root.left"], [[1, 2, 1, 2], [3, 4, 3, 4], [1, 2, 1, 2]])
    with pytest.raises(DataError, match=r"A \(root.left\): https://example.org/w.csv is on the network"):
        mm.visualize("A @ B", settings=url).values


@pytest.mark.parametrize("data, words", [
    ({"Z": np.ones((2, 2))}, ["no matrix 'Z'", "A, B"]), ({5: np.ones((2, 2))}, ["no matrix 5"]),
    ({"A": "none.csv"}, ["no file none.csv"]), ({"A": np.ones(3)}, ["A has shape (3,)"]),
])
def test_data_that_cannot_be_taken(data, words):
    with pytest.raises(DataError) as caught:
        mm.visualize("A @ B", data=data)
    assert all(word in str(caught.value) for word in words)
