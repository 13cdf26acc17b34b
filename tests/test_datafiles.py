"""Matrices from files: what is read, and how each thing that is no matrix is refused."""
import io
import pickle

import numpy as np
import pytest

import mm_blender as mm
from mm_blender import datafiles
from mm_blender.datafiles import as_matrix, parse, read_matrix, tile
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
    (b"1,2\n3\n", ["x: line 2 has 1 numbers where the lines before have 2"]),
    (b"1,2\n\n3,4,5\n", ["x: line 3 has 3 numbers"]),
    (b"a,b\n1,2\n", ["x: line 1, column 1 holds 'a', which is no number"]),
    (b"1,2\n3,x4\n", ["line 2, column 2 holds 'x4'"]), (b"1,,2", ["line 1, column 2 holds ''"]),
    (b"1;2\n3;4", ["line 1, column 1 holds '1;2'"]), (b"1,2,\n", ["line 1, column 3 holds ''"]),
    (b"# header\n1,2", ["line 1, column 1 holds '# header'"]),
    (b"<html>" + b"x" * 1000, ["holds '<html>xxx"]), (b"\xff\xfe1,2", ["no text", "no npy"]),
    (b"\x00\x01", ["x"]), (npy(np.zeros(3)), ["x has shape (3,)", "two dimensions"]),
    (npy(np.zeros((2, 3, 4))), ["x has shape (2, 3, 4)"]), (npy(np.zeros((0, 4))), ["x is empty: its shape is 0 x 4"]),
    (npy(np.zeros((2, 2), complex)), ["complex"]), (npy(np.zeros((2, 2)))[:-5], ["x is no npy file"]),
    (npy(np.array([["a"]])), ["x is no matrix of numbers"]), (b"\x93NUMPY", ["x is no npy file"]),
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
    ([["a"]], "no matrix of numbers"), (np.zeros((1, 1), complex), "complex"), (None, "shape ()"),
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

    def urlopen(url, timeout):
        asked.append(url)
        return io.BytesIO(b"1,2\n3,4")

    monkeypatch.setattr(datafiles.urllib.request, "urlopen", urlopen)
    with pytest.raises(DataError):
        read_matrix(URL)
    assert asked == []
    np.testing.assert_array_equal(read_matrix(URL, online=True), [[1, 2], [3, 4]])
    assert asked == [URL]


def test_a_failing_network_is_one_clear_error(monkeypatch):
    def urlopen(url, timeout):
        raise datafiles.urllib.error.URLError("no route to host")

    monkeypatch.setattr(datafiles.urllib.request, "urlopen", urlopen)
    with pytest.raises(DataError, match="could not be fetched: no route to host"):
        read_matrix(URL, online=True)


def test_a_reply_that_never_ends_is_cut_off(monkeypatch):
    monkeypatch.setattr(datafiles, "MAX_BYTES", 10)
    monkeypatch.setattr(datafiles.urllib.request, "urlopen", lambda url, timeout: io.BytesIO(b"1," * 1000))
    with pytest.raises(DataError, match="is larger than"):
        read_matrix(URL, online=True)


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
