"""A .blend that is opened: nothing is read for it unasked, and consent is never in it."""
import json

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

import extension_module  # noqa: E402
import mm_blender as mm  # noqa: E402
from blender_at_hand import inside_blender  # noqa: E402
from mm_blender.data import lazy, network  # noqa: E402
from mm_blender.errors import DataError  # noqa: E402
from mm_blender.scene import saved_data, saved_state  # noqa: E402

FILES = {"A.init": "url", "A.url": "w.csv", "A.h": 2, "A.w": 2, "B.h": 2, "B.w": 2, "B.init": "eye"}


@pytest.fixture
def work(tmp_path, monkeypatch, fresh_scene):
    """Where a .blend comes to, with data beside and outside."""
    monkeypatch.setenv("no_proxy", "*")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for name, text in (("here/w.csv", "1,2\n3,4"), ("out.csv", "6,6\n6,6"), ("secret.csv", "7.25,wisdom\n")):
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def crafted(work):
    """``crafted(change)`` saves a .blend whose stored state ``change`` has had its way with, and opens it."""
    def make(change, settings=FILES, then=lambda collection: None, **options):
        bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
        viz = mm.visualize("A @ B", settings=settings, **options).build()
        state = json.loads(viz.collection[saved_state.STATE])
        change(state)
        viz.collection[saved_state.STATE] = json.dumps(state)
        then(viz.collection)
        bpy.ops.wm.save_as_mainfile(filepath=str(work / "here" / "crafted.blend"))
        bpy.ops.wm.open_mainfile(filepath=str(work / "here" / "crafted.blend"))
        return saved_state.visualizations(bpy.context.scene)[0]
    return make


def point(url, **options):
    """A change of a state: A is at ``url``, and the options are ``options`` besides."""
    def change(state):
        state["params"]["left"]["url"] = url
        state["options"] |= options
    return change


def drop(collection):
    """Take the values of A out of the file."""
    del collection[saved_data.DATA + "root.left"]


URLS = ["http://127.0.0.1:9/w.csv", "https://example.org/w.csv", "/etc/passwd", "../secret.csv", "../out.csv", "w.csv",
        "file:///etc/hostname", "\\\\host\\share\\w.csv", "~/w.csv", "//host/share"]


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("url", URLS)
def test_listing_reads_nothing(crafted, work, url, there, guarded):
    collection = crafted(point(url, online=True, assets=str(work)), then=(lambda _: None) if there else drop)
    guarded.opened.clear()
    if there:
        viz, = mm.visualizations()
        assert viz.info() and viz.values["root.left"][1, 1] == 4 and repr(viz)
        assert not viz.options.online and viz.options.assets is None
        viz.change({"layout.gap": 7, "viz.elem scale": 0.5})  # what needs no file goes on
        viz.change({"root.epilog": "relu"})
        viz.change(expression="C = A @ B")
    else:
        with pytest.warns(mm.MMWarning, match="is left out: .*nothing is read as a file is opened"):
            assert mm.visualizations() == []
        with pytest.raises(DataError, match="nothing is read as a file is opened") as caught:
            saved_state.load(collection)
        assert "wisdom" not in str(caught.value)
    assert not [path for path in guarded.opened if path.endswith((".csv", "passwd", "hostname"))]


@pytest.mark.parametrize("url", URLS)
def test_what_is_changed_in_it_reads_beside_it_only(crafted, work, url, guarded):
    crafted(point(url, online=True, assets=str(work)))
    guarded.opened.clear()
    viz, = mm.visualizations()
    if url == "w.csv":
        assert viz.change({"A.w": 3, "B.h": 3}).values["root.left"].tolist() == [[1, 2, 1], [3, 4, 3]]
        return
    with pytest.raises(DataError) as caught:
        viz.change({"A.w": 3, "B.h": 3})
    assert "wisdom" not in str(caught.value) and "root:" not in str(caught.value)
    assert viz.values["root.left"].shape == (2, 2)
    assert not [path for path in guarded.opened if path.endswith((".csv", "passwd", "hostname"))]
    assert viz.change({"A.url": str(work / "out.csv")}).values["root.left"][0, 0] == 6  # which is the person's word


def test_the_data_are_loaded_when_a_person_says_so(crafted, work, monkeypatch):
    crafted(point("../out.csv"))
    viz, = mm.visualizations()
    assert viz.values["root.left"][0, 0] == 1
    viz.load_data()
    assert viz.values["root.left"][0, 0] == 6 and viz.collection["mm_state"].count("../out.csv") == 1
    assert mm.visualizations()[0].values["root.left"][0, 0] == 6
    crafted(point("https://example.org/w.csv"))
    viz, = mm.visualizations()
    with pytest.raises(DataError, match="online=True"):
        viz.load_data()
    assert viz.values["root.left"][0, 0] == 1
    asked = []
    monkeypatch.setattr(network, "fetch", lambda url, typed: asked.append(url) or b"8,8\n8,8")
    assert viz.load_data(online=True).values["root.left"][0, 0] == 8 and asked == ["https://example.org/w.csv"]
    assert viz.load_data(assets=work / "here").values["root.left"][0, 0] == 1 and len(asked) == 1
    assert "online" not in viz.collection["mm_state"] and "assets" not in viz.collection["mm_state"]


def test_what_is_missing_is_loaded_in_python_when_a_person_says_so(crafted, work, monkeypatch, guarded):
    crafted(point("../out.csv", online=True, assets=str(work)), then=drop)
    guarded.opened.clear()
    with pytest.warns(mm.MMWarning, match=r"mm A @ B is left out: .*mm\.visualizations\(load_data=True\)"):
        assert mm.visualizations() == []
    for more in ({"online": True}, {"assets": work}):
        with pytest.raises(mm.ParameterError, match="load_data=True says that they are to be"):
            mm.visualizations(**more)
    assert not [path for path in guarded.opened if path.endswith(".csv")]
    viz, = mm.visualizations(load_data=True)
    assert viz.values["root.left"][0, 0] == 6 and viz.is_built and not viz.options.online
    assert mm.visualizations()[0].values["root.left"][0, 0] == 6  # which the file holds now
    bpy.ops.wm.save_as_mainfile(filepath=str(work / "here" / "whole.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(work / "here" / "whole.blend"))
    (work / "out.csv").unlink()
    assert mm.visualizations(load_data=True)[0].values["root.left"][0, 0] == 6  # and what is there is not read again
    crafted(point("nowhere/w.csv"), then=drop)
    with pytest.warns(mm.MMWarning, match="mm A @ B is left out: .*w.csv"):
        assert mm.visualizations(load_data=True) == []
    assert mm.visualizations(load_data=True, assets=work / "here")[0].values["root.left"][0, 0] == 1


def test_what_is_missing_comes_from_the_network_only_if_that_is_said(crafted, work, monkeypatch):
    crafted(point("https://example.org/x/w.csv", online=True), then=drop)
    asked = []
    monkeypatch.setattr(network, "fetch", lambda url, typed: asked.append(url) or b"8,8\n8,8")
    with pytest.warns(mm.MMWarning, match="left out: .*online=True"):
        assert mm.visualizations(load_data=True) == [] and not asked
    assert mm.visualizations(load_data=True, online=True)[0].values["root.left"][0, 0] == 8 and len(asked) == 1


def test_large_data_of_a_file_stay_where_they_are(crafted, work, monkeypatch, guarded):
    monkeypatch.setattr(lazy, "LARGE", 16)
    np.save(work / "here" / "big.npy", np.arange(60 * 40, dtype=np.float32).reshape(60, 40))
    np.save(work / "big.npy", np.full((60, 40), 7, np.float32))

    def make(text):
        def change(state):
            assert state["sources"]["root.left"][2] == "big.npy"
            state["sources"]["root.left"][2] = text
        bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
        viz = mm.visualize("A @ B", data={"A": str(work / "here" / "big.npy")}, settings={"B.w": 20}, cells=300).build()
        state = json.loads(viz.collection[saved_state.STATE])
        assert str(work) not in viz.collection[saved_state.STATE]
        change(state)
        viz.collection[saved_state.STATE] = json.dumps(state)
        bpy.ops.wm.save_as_mainfile(filepath=str(work / "here" / "a.blend"))
        bpy.ops.wm.open_mainfile(filepath=str(work / "here" / "a.blend"))
        guarded.opened.clear()
        found, = mm.visualizations()
        assert found.info()
        assert not [path for path in guarded.opened if path.endswith(".npy")]
        return found

    viz = make("big.npy")
    viz.change({"layout.gap": 9})
    assert not [path for path in guarded.opened if path.endswith(".npy")]
    assert viz.change(cells=200).values["root.left"].size <= 200 and viz.element("root.left", 0, 0)
    for text in ("../big.npy", str(work / "big.npy"), "http://127.0.0.1:9/big.npy", "", "\\\\host\\share\\big.npy"):
        viz = make(text)
        assert viz.element("root.left", 0, 0) is None
        viz.change({"layout.gap": 9})
        with pytest.raises(DataError):
            viz.change(cells=200)
        assert not [path for path in guarded.opened if path.endswith(".npy")]
    viz = make("../big.npy").load_data()
    assert viz.values["root.left"].max() == 7


@pytest.fixture
def extension():
    """The operators, registered."""
    if inside_blender():
        yield
        return
    module = extension_module.extension()
    module.register()
    yield
    module.unregister()


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("url", ["http://127.0.0.1:9/w.csv", "../out.csv", "w.csv"])
def test_the_sidebar_reads_nothing(extension, crafted, work, url, there, guarded):
    collection = crafted(point(url, online=True), then=(lambda _: None) if there else drop)
    guarded.opened.clear()
    bpy.context.scene.mm.last = collection
    for name in collection.mm.bl_rna.properties.keys():
        getattr(collection.mm, name)
    assert saved_state.named_files(collection) == [url]
    for name in ("copy_link", "rebuild", "save_preset", "animate", "pick"):
        assert getattr(bpy.ops.mm, name).poll()
    assert not [path for path in guarded.opened if path.endswith(".csv")]


def test_load_data_in_the_sidebar(extension, crafted, work, monkeypatch):
    for then in (lambda _: None, drop):
        collection = crafted(point("../out.csv"), then=then)
        assert bpy.ops.mm.load_data() == {"FINISHED"}
        assert saved_state.load(collection).values["root.left"][0, 0] == 6
        assert json.loads(collection[saved_state.STATE])["params"]["left"]["url"] == "../out.csv"
        assert bpy.ops.mm.load_data(assets="//") == {"FINISHED"}
        assert saved_state.load(collection).values["root.left"][0, 0] == 6  # which no asset has
    crafted(point("https://example.org/x/w.csv"))
    monkeypatch.setattr(network, "fetch", lambda url, typed: b"8,8\n8,8")
    with pytest.raises(RuntimeError, match="is on the network"):
        bpy.ops.mm.load_data()
    assert bpy.ops.mm.load_data(online=True) == {"FINISHED"}
    collection = saved_state.visualizations(bpy.context.scene)[0]
    assert saved_state.load(collection).values["root.left"][0, 0] == 8
    with pytest.raises(RuntimeError, match="is on the network"):  # consent is for once
        bpy.ops.mm.load_data()
    assert bpy.ops.mm.load_data(assets="//") == {"FINISHED"}
    assert saved_state.load(collection).values["root.left"][0, 0] == 1


def test_scripts_of_a_file_are_not_run(work, guarded):
    mark = work / "ran"
    viz = mm.visualize("A @ B", settings={"A.h": 2, "A.w": 2, "B.w": 2}).build()
    text = bpy.data.texts.new("run.py")
    text.write(f"open({str(mark)!r}, 'w').close()")
    text.use_module = True
    curve = viz.collection.all_objects[0].driver_add("location", 0)
    curve.driver.type, curve.driver.expression = "SCRIPTED", f"open({str(mark)!r}, 'w').close() or 1.0"
    assert viz is not None
    for alone in (False, True):
        before = bpy.context.preferences.filepaths.use_scripts_auto_execute
        viz.save(work / "here" / "a.blend", alone=alone)
        mark.unlink(missing_ok=True)
        bpy.ops.wm.open_mainfile(filepath=str(work / "here" / "a.blend"), use_scripts=False)
        viz, = mm.visualizations()
        viz.info()
        viz.change({"layout.gap": 5})
        assert bpy.context.preferences.filepaths.use_scripts_auto_execute == before
        assert not mark.exists() and not bpy.app.handlers.load_post[:0]
