"""Who names a file: what a link, a preset, a JSON file or a .blend may have read, and what is told of it."""
import json
import os
import pathlib

import numpy as np
import pytest

import mm_blender as mm
from mm_blender.data import connections, matrices, origins
from mm_blender.data.origins import Origin, portable, public
from mm_blender.errors import DataError
from mm_blender.expression import links, sources
from mm_blender.expression.parameters import complete

SECRET = "7.25,wisdom\n"


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home with a secret outside of all folders that may be read, a folder of assets, and one of a file."""
    for name, text in {"secret.csv": SECRET, "numbers.csv": "6,6\n6,6", "assets/w.csv": "1,2\n3,4",
                       "here/w.csv": "5,6\n7,8", "here/sub/v.csv": "9,9\n9,9", "here/bad.csv": SECRET}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def params(url, **more) -> dict:
    leaf = {"name": "A", "matmul": False, "h": 2, "w": 2, "init": "url", "url": url}
    right = {"name": "B", "matmul": False, "h": 2, "w": 2, "init": "eye"}
    return {"name": "out", "left": leaf, "right": right, **more}


def link(url, compress) -> str:
    return links.encode(complete(params(url)), compress)


def outside(home) -> list[str]:
    """Ways to name what lies outside."""
    other = os.path.relpath(home / "numbers.csv", home / "here")
    return [str(home / "numbers.csv"), f"file://{home}/numbers.csv", f"FILE://localhost{home}/numbers.csv",
            "numbers.csv", "~/numbers.csv", other, "sub/../../numbers.csv", "../here/../numbers.csv",
            f"{home}/here/../numbers.csv", "..\\numbers.csv", "/proc/self/environ", "/dev/stdin", "/etc/passwd",
            "\\\\host\\share\\w2.csv", "//host/share/w2.csv", "\\\\?\\C:\\w2.csv", "C:\\w2.csv",
            "file://host/share/w2.csv", "..", ".", "/", "", "here/..", "numbers.csv:A", "numbers.csv[0]",
            f"{home}/numbers.csv[:].T",
            "x" * 5000, "./numbers.csv", "%2e%2e/numbers.csv", "file:../numbers.csv", "file:numbers.csv"]


@pytest.mark.parametrize("compress", [True, False])
def test_a_link_names_nothing_but_assets(home, compress, guarded):
    for url in outside(home) + [str(home / "secret.csv")]:
        for assets in (None, "assets"):
            with pytest.raises(DataError) as caught:
                mm.visualize(link(url, compress), assets=assets).values
            said = str(caught.value)
            assert "7.25" not in said and "wisdom" not in said and "root:" not in said and len(said) < 600, said
    assert not [path for path in guarded.opened if "numbers" in path or "secret" in path or "passwd" in path]
    for url in ("w.csv", "https://example.org/data/w.csv", "elsewhere/w.csv", "C:\\x\\w.csv", "/etc/w.csv",
                "file:///x/w.csv", "\\\\host\\share\\w.csv", "../w.csv"):
        viz = mm.visualize(link(url, compress), assets="assets")
        np.testing.assert_array_equal(viz.values["root.left"], [[1, 2], [3, 4]])


def test_a_file_names_what_is_beside_it(home, guarded):
    def read(url, **more):
        (home / "here" / "p.json").write_text(json.dumps(params(url)))
        return mm.visualize(home / "here" / "p.json", **more).values["root.left"]

    for url in ("w.csv", "./w.csv", "sub/../w.csv", str(home / "here" / "w.csv"), f"file://{home}/here/w.csv"):
        np.testing.assert_array_equal(read(url), [[5, 6], [7, 8]])
    np.testing.assert_array_equal(read("sub/v.csv"), [[9, 9], [9, 9]])
    np.testing.assert_array_equal(read("w.csv", assets="assets"), [[1, 2], [3, 4]])
    for url in outside(home):
        with pytest.raises(DataError):
            read(url)
    assert not [path for path in guarded.opened if "numbers" in path or "secret" in path or "passwd" in path]
    with pytest.raises(DataError, match="which .*p.json names, holds no matrix that can be read") as caught:
        read("bad.csv")
    assert "7.25" not in str(caught.value) and "wisdom" not in str(caught.value)


@pytest.mark.skipif(os.name == "nt", reason="links ask for a privilege")
def test_links_of_the_disk_count_as_what_they_lead_to(home, guarded):
    for folder in ("assets", "here"):
        (home / folder / "out.csv").symlink_to(home / "numbers.csv")
        (home / folder / "in.csv").symlink_to("w.csv")
        (home / folder / "up").symlink_to(home)
    (home / "here" / "p.json").write_text(json.dumps(params("out.csv")))
    with pytest.raises(DataError):
        mm.visualize(home / "here" / "p.json").values
    (home / "here" / "p.json").write_text(json.dumps(params("up/numbers.csv")))
    with pytest.raises(DataError):
        mm.visualize(home / "here" / "p.json").values
    with pytest.raises(DataError):
        mm.visualize(link("out.csv", False), assets="assets").values
    np.testing.assert_array_equal(mm.visualize(link("in.csv", False), assets="assets").values["root.left"],
                                  [[1, 2], [3, 4]])
    assert not [path for path in guarded.opened if "numbers" in path]
    blobs = home / "hub" / "models--a--b" / "blobs"
    snapshot = home / "hub" / "models--a--b" / "snapshots" / "0"
    blobs.mkdir(parents=True), snapshot.mkdir(parents=True)
    (blobs / "ff").write_text("1,2\n3,4")
    (snapshot / "w.csv").symlink_to("../../blobs/ff")
    assert mm.visualize(link("w.csv", False), assets=snapshot).values["root.left"].shape == (2, 2)


def test_a_preset_of_ones_own_is_a_file(home, monkeypatch, guarded):
    monkeypatch.setenv("MM_BLENDER_PRESETS", str(home / "here"))
    for url, fine in (("w.csv", True), ("../numbers.csv", False), (str(home / "numbers.csv"), False)):
        (home / "here" / "mine.json").write_text(json.dumps(params(url)))
        if fine:
            assert mm.visualize("mine").values["root.left"][0, 0] == 5
        else:
            with pytest.raises(DataError, match="which the preset mine names"):
                mm.visualize("mine").values


def test_what_a_person_names_is_theirs(home, guarded):
    for url in ("numbers.csv", str(home / "numbers.csv"), "here/../numbers.csv", "~/numbers.csv",
                f"file://{home}/numbers.csv"):
        for source in ("A @ B", link("https://example.org/x.csv", False), home / "here" / "p.json"):
            (home / "here" / "p.json").write_text(json.dumps(params("/etc/passwd")))
            settings = {"A.init": "url", "A.url": url, "A.h": 2, "A.w": 2}
            viz = mm.visualize(source, settings=settings)
            assert viz.values["root.left"][0, 0] == 6
            assert viz.edited({"A.w": 1, "B.h": 1}).values["root.left"].shape == (2, 1)
        assert mm.visualize(params(url)).values["root.left"][0, 0] == 6
        if not url.startswith("file"):
            assert mm.visualize("A @ B", data={"A": url, "B": np.eye(2)}).values["root.left"][0, 0] == 6
    with pytest.raises(DataError, match="wisdom"):  # of what they name they are told all
        mm.visualize("A @ B", settings={"A.init": "url", "A.url": "secret.csv"}).values
    viz = mm.visualize(link(str(home / "numbers.csv"), False)).edited({"A.url": "here/w.csv"})
    assert viz.values["root.left"][0, 0] == 5
    with pytest.raises(DataError):  # another address of the link's is still the link's
        viz.edited({"B.init": "eye"}).edited({"A.url": "w.csv"}).values


@pytest.mark.parametrize("typed", ["http://127.0.0.1:9/w.csv", "http://localhost:9/w.csv", "http://[::1]:9/w.csv",
                                   "http://2130706433:9/w.csv", "http://192.168.0.1/w.csv", "http://169.254.169.254/"])
def test_a_link_asks_nothing_of_ones_own_network(typed, monkeypatch):
    connected = []
    monkeypatch.setattr(connections, "connect", lambda *of: connected.append(of))
    monkeypatch.setenv("no_proxy", "*")
    with pytest.raises(DataError, match="where nothing is fetched from unless you name its address"):
        mm.visualize(link(typed, False), online=True).values
    assert not connected


@pytest.mark.parametrize("source", ["link", "json", "preset", "dict"])
def test_no_file_brings_consent(home, source, monkeypatch, guarded):
    asked = {"online": True, "assets": str(home), "limits": {"download_bytes": 1}, "options": {"online": True},
             "trust_remote_code": True}
    made = params("https://example.org/numbers.csv", **asked)
    made["left"] |= {"online": True, "assets": str(home)}
    monkeypatch.setenv("MM_BLENDER_PRESETS", str(home / "here"))
    (home / "here" / "mine.json").write_text(json.dumps(made))
    source = {"link": links.BASE + "?params=" + json.dumps(made), "json": home / "here" / "mine.json",
              "preset": "mine", "dict": made}[source]
    before = dict(vars(mm.limits))
    with pytest.raises(DataError, match="is on the network, which is used only when you ask"):
        with pytest.warns(mm.MMWarning, match="means nothing here"):
            viz = mm.visualize(source)
        assert not viz.options.online and viz.options.assets is None
        viz.values
    assert vars(mm.limits) == before


def test_nothing_is_read_while_it_is_sealed(home):
    with origins.sealed("is not to be read"):
        for read in (lambda: matrices.read_matrix("numbers.csv"), lambda: matrices.open_matrix("numbers.csv"),
                     lambda: matrices.read_matrix("https://example.org/x.csv", online=True),
                     lambda: matrices.network.fetch("https://example.org/x.csv")):
            with pytest.raises(DataError, match="is not to be read"):
                read()
    assert matrices.read_matrix("numbers.csv")[0, 0] == 6


# ---- what goes elsewhere

@pytest.mark.parametrize("address, expected", [
    ("https://ada:pw@h.org/w.csv", "https://h.org/w.csv"), ("https://h.org/w?a=1&token=x", "https://h.org/w?a=1"),
    ("https://h.org/w?X-Amz-Signature=1&X-Amz-Credential=2&v=3", "https://h.org/w?v=3"),
    ("https://h.org/w?api_key=1", "https://h.org/w"), ("https://h.org/w?sig=1#x", "https://h.org/w#x"),
    ("http://ada@[::1/w", "http://[::1/w"), ("https://a:p#w?@h.org/w", "https://h.org/w"),
    ("w.csv", "w.csv"), ("HTTPS://a:b@h.org/", "https://h.org/"),
    ("https://h.org/w.csv?columns=3", "https://h.org/w.csv?columns=3"),
])
def test_secrets_of_urls(address, expected):
    assert public(address) == expected


def test_addresses_for_elsewhere(home, monkeypatch):
    for address, alone, there in (
            (f"{home}/numbers.csv", "numbers.csv", "../numbers.csv"), ("here/sub/v.csv", "here/sub/v.csv", "sub/v.csv"),
            ("~/numbers.csv", "numbers.csv", "../numbers.csv"), (f"file://{home}/here/w.csv", "w.csv", "w.csv"),
            ("../x/w.csv", "w.csv", "w.csv"), ("/mnt/models/m.gguf:blk.0/w[:, :4].T", "m.gguf:blk.0/w[:, :4].T", None),
            (f"{home}/here/w.csv[0]", "w.csv[0]", "w.csv[0]"), ("C:\\me\\w.csv:a", "w.csv:a", "w.csv:a"),
            ("\\\\host\\share\\w.csv", "w.csv", "w.csv"), ("gone.csv", "gone.csv", "gone.csv"),
            ("https://ada:pw@h.org/w.csv", "https://h.org/w.csv", "https://h.org/w.csv")):
        assert portable(address) == alone, address
        assert portable(address, home / "here") == (alone if there is None else there), address
    made = mm.visualize("A @ B", settings={"A.init": "url", "A.url": f"{home}/numbers.csv", "A.h": 2, "A.w": 2})
    with pytest.warns(mm.MMWarning, match="the link tells no folder and no password: it names numbers.csv, for which"):
        assert str(home) not in made.link(compress=False)
    assert made.params["left"]["url"] == f"{home}/numbers.csv"
    monkeypatch.setenv("MM_BLENDER_PRESETS", str(home / "presets"))
    assert str(home) not in sources.save_preset("x", made.params).read_text()


def test_a_relative_address_of_a_file_is_its_own(home):
    origin = Origin("p.json", str(home / "here"))
    assert portable("sub/v.csv", home, origin) == "here/sub/v.csv"
    assert portable("sub/v.csv", home / "here", origin) == "sub/v.csv"
    assert pathlib.PurePath(portable("../numbers.csv", None, origin)).name == "numbers.csv"
