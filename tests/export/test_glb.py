"""GLB: read back, it has the elements that are drawn, and its animation the steps of the sweep."""
import struct
from dataclasses import replace

import numpy as np
import pytest

import mm_blender as mm
from elements_of import elements_of
from glb_reader import Glb
from mm_blender.colour.srgb import srgb_to_linear
from mm_blender.document.film import Film
from mm_blender.export import formats, gltf_document, motion
from mm_blender.export.request import ExportRequest
from mm_blender.layout.framing import Camera
from mm_blender.layout.places import from_blender, to_blender
from sweep_cases import CASES, SIZES

ATTENTION = "out = softmax(tril(Q @ K.T / sqrt(k))) @ V"
SMALL = {"Q.h": 5, "Q.w": 3, "V.w": 4, "Q.init": "gaussian", "K.T.init": "gaussian", "V.init": "gaussian"}
pytestmark = pytest.mark.once


def small(**more):
    return mm.visualize(ATTENTION, settings={**SMALL, **more.pop("settings", {})}, **more)


@pytest.mark.parametrize("realized", [False, True], ids=["instances", "real cubes"])
@pytest.mark.parametrize("look, cmap", [("dark", "auto"), ("paper", "viridis"), ("flat", "hue")])
def test_elements_are_where_and_what_they_are(tmp_path, realized, look, cmap):
    viz = small(look=look, settings={"viz.cmap": cmap})
    glb = Glb(viz.export(tmp_path / "a.glb", realized=realized))
    found = {node["extras"]["path"]: node for node in glb.json["nodes"] if "extras" in node}
    assert set(found) == set(viz.values)
    for path, node in found.items():
        want, have = elements_of(viz, path), (glb.cubes if realized else glb.instances)(node)
        np.testing.assert_allclose(have["TRANSLATION"], from_blender(want.position), atol=1e-6)
        np.testing.assert_allclose(have["SCALE"], np.repeat(want.edge[:, None], 3, 1), atol=1e-6)
        np.testing.assert_allclose(have["_COLOR_0"], srgb_to_linear(want.srgb), atol=2e-5)
        assert node["mesh"] is not None and "scale" not in node
    assert ("EXT_mesh_gpu_instancing" in glb.json.get("extensionsRequired", [])) is not realized
    unlit = "KHR_materials_unlit" in glb.json["materials"][0].get("extensions", {})
    assert unlit == (look == "flat")


def test_the_cube_of_instances_has_a_normal_a_face(tmp_path):
    glb = Glb(small().export(tmp_path / "a.glb"))
    mesh, = (mesh for mesh in glb.json["meshes"] if mesh["name"] == "cube")
    primitive, = mesh["primitives"]
    corner, normal = (glb.read(primitive["attributes"][name]) for name in ("POSITION", "NORMAL"))
    faces = corner[glb.read(primitive["indices"]).reshape(-1, 3)]
    across = np.cross(faces[:, 1] - faces[:, 0], faces[:, 2] - faces[:, 0])
    np.testing.assert_array_equal(across, normal[::4].repeat(2, 0))
    assert np.abs(corner).max() == np.abs(corner).min() == 0.5


def test_several_side_by_side(tmp_path):
    first, second = small(), mm.visualize("A @ B", settings={"A.h": 3, "A.w": 30, "B.w": 2})
    row = mm.side_by_side([first, second], titles=["one", "two"])
    glb = Glb(row.export(tmp_path / "a.glb"))
    tops = [glb.json["nodes"][at] for at in glb.json["scenes"][0]["nodes"][:2]]
    assert [top["name"] for top in tops] == ["one", "two"]
    for top, viz, member in zip(tops, (first, second), row.group.members):
        for at in top["children"]:
            node = glb.json["nodes"][at]
            want = elements_of(viz, node["extras"]["path"], member.scale, member.offset, row.placement.pitch)
            np.testing.assert_allclose(glb.instances(node)["TRANSLATION"], from_blender(want.position), atol=1e-5)


def test_what_is_no_number_has_colours_of_its_own(tmp_path):
    viz = mm.visualize("A @ B", {"A": [[1.0, 2.0], [3.0, 0.0]]}, settings={"B.w": 2, "B.init": "expr",
                                                                          "B.expr": "i == 0 ? 1/0 : j - j / j"})
    cells = {path: x for path, x in viz.values.items() if not np.isfinite(x).all()}
    assert cells
    glb = Glb(viz.export(tmp_path / "a.glb"))
    for node in glb.json["nodes"]:
        if node.get("extras", {}).get("path") in cells:
            x = cells[node["extras"]["path"]]
            value, colour = x[x != 0], glb.instances(node)["_COLOR_0"]
            np.testing.assert_array_equal(colour[np.isposinf(value)], 1.0)
            np.testing.assert_allclose(colour[np.isnan(value)], np.tile([1.0, 0, 1.0], (np.isnan(value).sum(), 1)))


def shown_at(glb: Glb, seconds: float) -> dict:
    """By path and kind, the middles of the cubes that the animation shows at a time."""
    animation, = glb.json["animations"]
    size = {}
    for channel in animation["channels"]:
        sampler = animation["samplers"][channel["sampler"]]
        assert sampler["interpolation"] == "STEP" and channel["target"]["path"] == "scale"
        times, sizes = glb.read(sampler["input"])[:, 0], glb.read(sampler["output"])
        assert (np.diff(times) > 0).all() and set(np.unique(sizes)) <= {0, 1}
        size[channel["target"]["node"]] = sizes[np.searchsorted(times, seconds + 1e-4) - 1, 0]
    out = {}
    for node in glb.json["nodes"]:
        if "extras" in node:
            parts = [at for at in node.get("children", [])] or [glb.json["nodes"].index(node)]
            places = [glb.instances(glb.json["nodes"][at])["TRANSLATION"] for at in parts if size.get(at, 1)]
            out[node["extras"]["path"], node["extras"]["kind"]] = np.concatenate([np.zeros((0, 3)), *places])
    return out


@pytest.mark.parametrize("case", CASES)
def test_the_animation_is_the_sweep(tmp_path, case):
    source, settings = CASES[case]
    sizes = {key: value for key, value in SIZES.items() if key[0] in source}
    viz = mm.visualize(source, settings={**sizes, **settings}, frames_per_step=6)
    glb, film = Glb(viz.export(tmp_path / "a.glb")), Film(viz.document)
    for step in range(viz.schedule.steps + 1):
        have, want = shown_at(glb, step * 6 / 24), {}
        for shown in film.at(step):
            place = (shown.place @ shown.frame[:3, :3].T + shown.frame[:3, 3]) * viz.placement.pitch
            want.setdefault((shown.node.path, shown.kind), []).append(place)
        for key, parts in want.items():
            a, b = (np.array(sorted(map(tuple, np.round(x, 4)))).reshape(-1, 3)
                    for x in (have.pop(key, np.zeros((0, 3))), np.concatenate(parts)))
            assert len(a) == len(b), (case, step, key)
            np.testing.assert_allclose(a, b, atol=2e-4)
        assert not any(map(len, have.values()))


def test_without_the_animation_played_it_is_the_end(tmp_path):
    viz = small(settings={"anim.alg": "vmprod"})
    glb = Glb(viz.export(tmp_path / "a.glb"))
    nodes, parts = glb.json["nodes"], glb.nodes("out")[0]["children"]
    assert sum(len(glb.instances(nodes[at])["SCALE"]) for at in parts if "scale" not in nodes[at]) == 20
    inside = [nodes[at] for at in glb.nodes("inside out")[0]["children"]]
    assert len(inside) == 5 and all(node["scale"] == [0, 0, 0] for node in inside)


def test_a_step_is_a_still(tmp_path):
    viz = small(settings={"anim.alg": "vmprod"})
    first, last = (Glb(viz.export(tmp_path / f"{at}.glb", at=at)) for at in (viz.schedule.steps - 2, "end"))
    assert "animations" not in first.json and "animations" not in last.json
    assert len(glb_rows(last)) == 20 and len(glb_rows(first)) == 16


def glb_rows(glb):
    return glb.instances(glb.nodes("out")[0])["SCALE"] if glb.nodes("out") else []


def test_a_sweep_that_is_too_large_leaves_out_first_what_is_inside_and_then_itself(tmp_path, monkeypatch):
    viz = small(settings={"anim.alg": "vmprod"})
    monkeypatch.setattr(motion, "MOST_CUBES", sum(x.size for x in viz.values.values()))
    with pytest.warns(mm.MMWarning, match="leaves out the products inside the boxes"):
        glb = Glb(viz.export(tmp_path / "a.glb"))
    assert not glb.nodes("inside out") and glb.json["animations"]
    monkeypatch.setattr(motion, "MOST_CUBES", 20)
    with pytest.warns(mm.MMWarning, match="the sweep is not in the file, which shows its end"):
        glb = Glb(viz.export(tmp_path / "a.glb"))
    assert "animations" not in glb.json and len(glb_rows(glb)) == 20


def test_a_long_sweep_leaves_out_steps(tmp_path, monkeypatch):
    viz = small(settings={"anim.alg": "dotprod (row major)"})
    monkeypatch.setattr(motion, "MOST_MOMENTS", 10)
    with pytest.warns(mm.MMWarning, match="shows one step in"):
        glb = Glb(viz.export(tmp_path / "a.glb"))
    samplers = glb.json["animations"][0]["samplers"]
    times = {float(time) for sampler in samplers for time in glb.read(sampler["input"])[:, 0]}
    assert len(times) <= 12 and max(times) == pytest.approx(viz.schedule.steps * 4 / 24)


def test_the_camera_is_the_visualizations(tmp_path):
    viz = small(settings={"anim.alg": "none"})
    glb = Glb(viz.export(tmp_path / "a.glb"))
    node, = glb.nodes("camera")
    frame = np.reshape(node["matrix"], (4, 4)).T
    lens = glb.json["cameras"][0]["perspective"]
    seen = viz.framed(lens["aspectRatio"], legends=False)
    outline = viz.outline() * viz.placement.pitch
    local = (outline - frame[:3, 3]) @ frame[:3, :3]
    assert (-local[:, 2] > lens["znear"]).all() and (-local[:, 2] < lens["zfar"]).all()
    high = np.abs(local[:, 1] / -local[:, 2]).max() / np.tan(lens["yfov"] / 2)
    wide = np.abs(local[:, 0] / -local[:, 2]).max() / np.tan(lens["yfov"] / 2) / lens["aspectRatio"]
    assert 0.8 < max(high, wide) <= 1
    np.testing.assert_allclose(frame[:3, 2], seen.axes()[2], atol=1e-9)
    flat = Glb(small(projection="orthographic").export(tmp_path / "b.glb"))
    assert flat.json["cameras"][0]["type"] == "orthographic"
    with pytest.warns(mm.MMWarning, match="no cabinet projection"):
        assert "cameras" not in Glb(small(projection="cabinet").export(tmp_path / "c.glb")).json


def test_a_shifted_lens_is_turned_to_the_middle_of_its_picture(tmp_path):
    viz, name = small(), tmp_path / "a.glb"

    def frame(camera):
        formats.WRITERS["GLB"](viz.group, name, ExportRequest(viz.group.steps, camera=camera))
        return np.reshape(Glb(name).nodes("camera")[0]["matrix"], (4, 4)).T

    rolled = Camera(np.array([-20.0, 12.0, 25.0]), np.array([1.0, 0.0, 2.0]), fov=30.0, roll=20.0)
    np.testing.assert_allclose(frame(rolled)[:3, :3], rolled.axes().T, atol=1e-9)
    shifted = replace(rolled, shift=(0.2, -0.1))
    with pytest.warns(mm.MMWarning, match="no shift of a camera's lens"):
        found = frame(shifted)
    middle = found[:3, 3] / viz.placement.pitch - 7 * found[:3, 2]
    np.testing.assert_allclose(shifted.page(middle[None]), [[0.5, 0.5]], atol=1e-9)
    np.testing.assert_allclose(found[:3, :3].T @ found[:3, :3], np.eye(3), atol=1e-9)


def test_guides_and_arrows(tmp_path):
    glb = Glb(mm.visualize("A @ B").export(tmp_path / "a.glb"))
    assert {"A rows", "B rows", "A @ B rows", "A @ B from the left", "A @ B from the right"} <= {
        node["name"] for node in glb.json["nodes"]}


def test_more_than_the_format_holds_is_refused_before_it_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(gltf_document, "LARGEST", 9999)
    with pytest.raises(mm.SizeError, match="a .glb has .* at most, and this would have"):
        small().export(tmp_path / "a.glb")
    assert not list(tmp_path.iterdir())


def test_to_blender_is_what_its_importer_does():
    """glTF's y is Blender's z: (x, y, z) is read as (x, -z, y), which is what the scene has."""
    np.testing.assert_array_equal(to_blender(np.array([1.0, 2.0, 3.0])), [1, -3, 2])
    assert struct.calcsize("<4sII") == 12
