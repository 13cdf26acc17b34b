"""What a page says of documents, against them."""
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import mm_blender as mm
from mm_blender.appearance.rules import srgb
from mm_blender.document import composition
from mm_blender.expression.algorithms import ALGORITHMS
from mm_blender.expression.tree import MatMul, nodes
from mm_blender.layout import guides, sweep_planes
from mm_blender.layout.schedule import schedule
from mm_blender.web import live_look, manifest, palette
from page_file import a_viewer, LivePage  # noqa: F401  a fixture

pytestmark = pytest.mark.usefixtures("a_viewer")
FORMAT_TS = Path(__file__).parents[2] / "viewer" / "src" / "format.ts"
CHAIN = "out = (attn = softmax(tril(Q @ K.T / sqrt(k)))) @ V"


def page_of(viz, tmp_path, **more) -> LivePage:
    return LivePage(viz.page(tmp_path / "page.html", **more))


def test_values_and_places_are_the_documents(tmp_path):
    viz = mm.visualize(CHAIN, seed=3)
    page, placement = page_of(viz, tmp_path), viz.placement
    assert [each["path"] for each in page.manifest["members"][0]["matrices"]] == [
        node.path for node in nodes(viz.tree)]
    for node in nodes(viz.tree):
        told = page.matrix(node.path)
        assert np.array_equal(page.values(node.path), viz.values[node.path])
        assert np.allclose(np.reshape(told["frame"], (4, 4)), placement.matrices[node.path], atol=1e-9)
        assert (told["name"], told["role"], told["h"], told["w"]) == (node.name, node.role, node.h, node.w)
        assert told["scale"] == {"low": viz.scales()[node.path].low, "high": viz.scales()[node.path].high}
        assert told["exact"]["greatest"] == viz.values[node.path].max()
        if isinstance(node, MatMul):
            assert np.allclose(np.reshape(told["box"], (4, 4)), placement.boxes[node.path], atol=1e-9)
            assert [told["left"], told["right"], told["d"]] == [node.left.path, node.right.path, node.d]
        else:
            assert told["left"] is told["d"] is told["box"] is None
    assert page.manifest["low"] == placement.low.tolist() and page.manifest["pitch"] == placement.pitch


def test_epilogs_are_worked_out(tmp_path):
    page = page_of(mm.visualize("softmax(tril(x @ w / sqrt(k))) @ (relu(a @ b) + c)", settings={"x.w": 16}), tmp_path)
    steps = page.matrix("root.left")["chain"]
    assert [step["name"] for step in steps] == ["div", "tril", "softmax"] and steps[0]["scalar"] == 4.0
    assert [(step["name"], step["matrix"]) for step in page.matrix("root.right")["chain"]] == [
        ("relu", None), ("add", "c")]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_variants_are_what_the_document_would_show(algorithm, tmp_path):
    """Of a still expression each algorithm is played as the same expression would sweep by itself."""
    still = mm.visualize(CHAIN, settings={"anim.fuse": "sync"})
    moving = mm.visualize(CHAIN, settings={"anim.fuse": "sync", "anim.alg": algorithm})
    shown = page_of(still, tmp_path).manifest["members"][0]["variants"]
    assert shown[0]["key"] == "none" and shown[0]["tracks"] == {}
    found = next(each for each in shown if each["key"] == algorithm)
    own = page_of(moving, tmp_path).manifest["members"][0]["variants"]
    assert own[0] == found and [each["key"] for each in own].count(algorithm) == 1
    told = schedule(moving.tree)
    assert found["steps"] == told.steps and found["tracks"].keys() == told.tracks.keys()
    for path, track in told.tracks.items():
        there = found["tracks"][path]
        assert there["walks"] == ALGORITHMS[algorithm].walks and (there["count"], there["done"]) == (
            track.count, track.done)
        assert there["runs"] == [[run.start, run.length, run.first] for run in track.runs]
        node = moving.document.matrix(path)
        values = moving.values
        inside = moving.scaling.inside(node, sweep_planes.largest_product(
            node, values[node.left.path], values[node.right.path]))
        assert there["inside"] == {"low": inside.low, "high": inside.high} and there["fuse"] == "sync"


def test_partial_results_have_places_and_scales(tmp_path):
    viz = mm.visualize("A @ B", settings={"anim.alg": "vmprod", "block.k blocks": 3, "viz.sensitivity": "local"})
    variants = page_of(viz, tmp_path).manifest["members"][0]["variants"]
    partials = variants[0]["tracks"]["root"]["partials"]
    x = sweep_planes.partial_values(viz.tree, viz.values["root.left"], viz.values["root.right"])
    assert [scale["high"] for scale in partials["scales"]] == pytest.approx([np.abs(each).max() for each in x])
    assert np.allclose(np.reshape(partials["frames"], (3, 4, 4)), sweep_planes.partial_frames(viz.tree))
    adding = next(each for each in variants if each["key"] == "vvprod")
    assert adding["tracks"]["root"]["partials"] is None


def test_algorithms_that_are_asked_for(tmp_path):
    def keys(viz, **more):
        return [each["key"] for each in page_of(viz, tmp_path, **more).manifest["members"][0]["variants"]]

    viz = mm.visualize("A @ B", settings={"anim.alg": "vmprod"})
    assert keys(viz, algorithms="none") == ["vmprod"] and keys(viz, algorithms="vmprod") == ["vmprod"]
    assert keys(viz, algorithms=["vvprod", "mvprod"]) == ["vmprod", "vvprod", "mvprod"]
    assert keys(viz) == keys(viz, algorithms="all") == ["vmprod", *(name for name in ALGORITHMS if name != "vmprod")]
    mixed = mm.visualize("A @ B @ C", settings={"anim.alg": "vmprod", "left.anim.alg": "mvprod"})
    assert keys(mixed, algorithms=()) == ["own"]
    still = mm.visualize("A @ B", settings={"anim.alg": "vmprod"}, animate=False)
    assert keys(still, algorithms="vmprod") == ["none", "vmprod"]
    for wrong in ("vmprd", ["vmprod", 3], 7):
        with pytest.raises(mm.ParameterError, match="there is no algorithm"):
            viz.page(tmp_path / "x.html", algorithms=wrong)
    assert not (tmp_path / "x.html").exists()


def test_keys_have_the_colours_of_their_matrix(tmp_path):
    viz = mm.visualize("softmax(A @ B)", settings={"viz.sensitivity": "local"}, look="paper", keys=True)
    page = page_of(viz, tmp_path)
    keys = page.manifest["keys"]
    assert page.manifest["showKeys"] and keys[-1]["path"] == "root"
    of_result = keys[-1]
    assert of_result["levels"][0] == 0 and of_result["levels"][-1] == 1  # a softmax has no negative values
    scale, node = viz.scales()["root"], viz.document.matrix("root")
    shares, texts = zip(*of_result["ticks"])
    assert shares[0] == 0 and float(texts[-1]) <= scale.high
    for edge, text, level in of_result["sizes"]:
        assert float(text) / scale.high == pytest.approx(level, rel=1e-6)
        assert edge <= 0.8 * node.viz.elem_scale + 1e-9


def test_maps_and_looks(tmp_path):
    page = page_of(mm.visualize("A @ B", look="paper", settings={"B.viz.cmap": "viridis"}), tmp_path)
    maps, looks = page.manifest["maps"], page.manifest["looks"]
    assert [look["name"] for look in looks] == ["paper", "dark"] and page.manifest["look"] == 0
    by_path = {path: page.matrix(path)["viz"] for path in ("root.left", "root.right")}
    assert by_path["root.left"]["auto"] and maps[by_path["root.left"]["map"]]["name"] == "mm:paper"
    assert not by_path["root.right"]["auto"] and maps[by_path["root.right"]["map"]]["name"] == "viridis"
    assert looks[0]["map"] == by_path["root.left"]["map"] and looks[1]["map"] is None  # the scheme of hues
    colours = np.reshape(maps[looks[0]["map"]]["colours"], (-1, 3))
    viz = mm.visualize("A @ B", look="paper")
    node, scale = viz.document.matrix("root"), viz.scales()["root"]
    assert np.allclose(colours[-1], srgb(np.array(scale.high), scale, node.viz))
    assert page.manifest["looks"] == [manifest.told(live_look.live_look(name, palette.Palette()))
                                      | {"map": look["map"]} for name, look in zip(("paper", "dark"), looks)]
    other = page_of(mm.visualize("A @ B"), tmp_path, look="blueprint").manifest
    assert [look["name"] for look in other["looks"]] == ["blueprint", "dark", "paper"]
    assert other["looks"][0]["drawn"]["width"] > 0


def test_arrows_are_those_of_a_picture(tmp_path):
    settings = {"Q.h": 16, "Q.w": 12, "K.h": 16, "V.w": 12}
    viz = mm.visualize(CHAIN, settings=settings)
    wanted = composition.arrows(viz.group, (1280, 800), viz.framed(1.6))
    page = page_of(viz, tmp_path)
    assert wanted
    for node in nodes(viz.tree):
        if isinstance(node, MatMul):
            arrow, size = page.matrix(node.path)["arrow"], wanted.get((0, node.path))
            assert (arrow is None) == (size is None)
            if arrow:
                shown = replace(node, deco=replace(node.deco, flow_guides=node.deco.flow_guides * size))
                assert np.allclose(arrow, in_the_world(shown, viz), atol=1e-5)
    none = page_of(mm.visualize(CHAIN, settings=settings, lettering="none"), tmp_path)
    planes = mm.visualize(CHAIN, settings=settings, lettering="planes")
    shown = page_of(planes, tmp_path)
    for path in ("root", "root.left"):
        assert none.matrix(path)["arrow"] is None
        assert np.allclose(shown.matrix(path)["arrow"], in_the_world(planes.document.matrix(path), planes), atol=1e-5)


def in_the_world(node, viz) -> np.ndarray:
    """The corners of a matmul's arrow (18,)."""
    frame = viz.placement.boxes[node.path]
    return (guides.flow_guides(node, viz.tree.count).reshape(-1, 3) @ frame[:3, :3].T + frame[:3, 3]).ravel()


def test_several_side_by_side(tmp_path):
    all_ = [mm.visualize("A @ B", seed=seed) for seed in (1, 2, 3)]
    row = mm.side_by_side(all_, titles=["one", "two", "three"])
    page = page_of(row, tmp_path)
    members = page.manifest["members"]
    assert [each["title"] for each in members] == ["one", "two", "three"]
    assert np.allclose([each["offset"] for each in members], row.offsets)
    for number, viz in enumerate(all_):
        assert np.array_equal(page.values("root", number), viz.values["root"])
        title = row.group.title_texts()[number]
        assert np.allclose(members[number]["titleAt"], title.frame[:3, 3]) and members[number]["titleSize"] > 0
    assert page.manifest["autoFramed"] and page.manifest["link"] == ""
    assert page.manifest["low"] == row.placement.low.tolist()


def test_reduced_matrices_say_what_they_are(tmp_path):
    viz = mm.visualize("A @ B", settings={"A.h": 100, "A.w": 60, "B.w": 80}, cells=3000)
    page = page_of(viz, tmp_path)
    told, node = page.matrix("root"), viz.tree
    assert told["rows"]["factor"] == node.rows.factor > 1 and told["rows"]["full"] == told["fullH"] == 100
    assert told["reduce"] == "max |x|" and told["remark"] == node.note
    assert np.array_equal(page.values("root"), viz.values["root"])
    assert told["exact"] == {"least": viz.readings["root"].low, "greatest": viz.readings["root"].high, "odd": 0}
    assert "reduced" in page.manifest["note"] and node.note in page.manifest["note"]
    keys = {each["key"] for each in page.manifest["members"][0]["variants"]}
    assert "vmprod" in keys and "vvprod" not in keys  # sums of cells are no sums


@pytest.mark.slow
def test_too_many_are_reduced(tmp_path):
    viz = mm.visualize("A @ B", settings={"A.h": 1500, "A.w": 1500, "B.w": 1500})
    assert not viz.plan.reduces
    page = page_of(viz, tmp_path, algorithms="none")
    told = page.manifest["members"][0]["matrices"]
    assert sum(each["h"] * each["w"] for each in told) <= 2 ** 22 and told[0]["rows"]["factor"] == 2
    whole = page_of(mm.visualize("A @ B", settings={"A.h": 1500, "A.w": 1500, "B.w": 1500}, reduce="none"), tmp_path,
                    algorithms="none")
    assert whole.matrix("root")["h"] == 1500 and whole.matrix("root")["values"]["kind"] == "half"


def test_what_is_no_number(tmp_path):
    """Infinities travel; of what holds nothing else there is no range."""
    large = np.full((2, 2), 1e30, np.float32)
    viz = mm.visualize("A @ B", data={"A": large, "B": large})
    with pytest.warns(mm.MMWarning, match="float32"):
        page = page_of(viz, tmp_path)
    assert np.isposinf(page.values("root")).all() and page.matrix("root")["exact"] is None
    assert page.matrix("root.left")["exact"]["odd"] == 0


def test_labels_and_links(tmp_path):
    viz = mm.visualize("Q @ K", settings={"Q.h": 2, "K.w": 2}).labelled(
        {"root": {"rows": ["the", "cat"], "cols": ["</script>", "é"]}})
    page = page_of(viz, tmp_path)
    with pytest.warns(mm.MMWarning):  # to who asks for a link alone; the labels are in the page
        link = viz.link()
    assert page.matrix("root")["rowLabels"] == ["the", "cat"]
    assert page.matrix("root")["colLabels"] == ["</script>", "é"] and page.matrix("root.left")["rowLabels"] is None
    assert page.manifest["link"] == link and page.manifest["expression"] == "Q @ K"
    assert page.matrix("root.left")["edges"] == [
        {"letter": edge.letter, "far": edge.far} for edge in viz.tree.left.edges]


def test_both_sides_name_the_same_fields():
    """format.ts and the records of manifest.py."""
    text = re.sub(r"/\*.*?\*/|//[^\n]*", "", FORMAT_TS.read_text("utf-8"), flags=re.S)
    assert f"FORMAT = {manifest.FORMAT};" in text
    names = {"Numbers": "Numbers", "Page": "LivePage", "ColourMap": "LiveMap", "EpilogStep": "LiveStep",
             "Scale": "Scale", "Course": "Course"}
    for name, body in re.findall(r"export interface (\w+) \{(.*?)\n?\}(?=\n|$)", text, flags=re.S):
        record = getattr(manifest, names.get(name, f"Live{name}"))
        flat, depth = "", 0
        for letter in body:
            depth -= letter in ">})]"
            flat += letter if depth == 0 else ""
            depth += letter in "<{(["
        fields = re.findall(r"(\w+)\??:", flat)
        assert fields == [manifest._camel(each) for each in record.__dataclass_fields__], name
