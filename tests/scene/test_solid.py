"""Workbench: its pictures have the colours of Cycles', and nothing of it stays."""
import warnings

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")
Image = pytest.importorskip("PIL.Image")

import mm_blender as mm  # noqa: E402
from mm_blender.appearance import looks, representation, rules  # noqa: E402
from mm_blender.colour.srgb import linear_to_srgb  # noqa: E402
from mm_blender.lettering import colour_keys  # noqa: E402
from mm_blender.output import still  # noqa: E402
from mm_blender.output.settings import RenderSettings  # noqa: E402
from mm_blender.scene import redraw, solid  # noqa: E402
from mm_blender.scene.nodes import solid_group  # noqa: E402

SIZE = (120, 80)
VALUES = np.array([[3.0, -2.0, 0.5], [-0.1, 1.0, -3.0]])
ODD = np.array([np.nan, np.inf, -np.inf])


@pytest.fixture
def viz(fresh_scene):
    return mm.visualize("A @ B", data={"A": VALUES, "B": np.eye(3)}, animate=False)


def attribute(viz, path: str = "root.left") -> np.ndarray:
    """The colours (n, 3), sRGB, of the corners of what is drawn of a matrix, in Workbench."""
    still.prepare(viz.built, RenderSettings(SIZE, None, "workbench", "preview"))
    obj = next(obj for obj in viz.collection.all_objects if obj.get("mm_path") == path and obj["mm_part"] == "matrix")
    mesh = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    assert mesh.attributes.active_color_name == solid_group.COLOR
    seen = np.zeros(4 * len(mesh.vertices), np.float32)
    mesh.attributes[solid_group.COLOR].data.foreach_get("color_srgb", seen)
    return seen.reshape(-1, 4)[:, :3]


@pytest.mark.parametrize("kind", ["instances", "faces", "tiles"])
def test_every_element_has_its_colour(viz, kind):
    viz = viz.edited(look="unlit", representation=kind).build()
    seen = attribute(viz)
    node = next(node for node in representation.nodes(viz.tree) if node.path == "root.left")
    wanted = rules.srgb(VALUES, viz.scales()["root.left"], node.viz, viz.span("root.left")).reshape(-1, 3)
    each = seen.reshape(len(wanted), -1, 3)
    assert np.abs(each - each[:, :1]).max() < 0.01
    np.testing.assert_allclose(each[:, 0], wanted, atol=0.03)


@pytest.mark.parametrize("lettering", ["beside", "planes"])
def test_keys_have_their_colours(viz, lettering):
    viz = viz.edited(look="unlit", keys=True, lettering=lettering).build()
    strip, = [obj.data for obj in viz.collection.all_objects if obj.type == "MESH" and "level" in obj.data.attributes]
    assert strip.attributes.active_color_name == solid_group.COLOR
    seen = np.zeros(4 * len(strip.loops), np.float32)
    strip.attributes[solid_group.COLOR].data.foreach_get("color_srgb", seen)
    seen = seen.reshape(len(strip.polygons), -1, 4)[:, 0, :3]
    bar, = colour_keys.bars(viz.tree, viz.scaling)
    np.testing.assert_allclose(seen, bar.srgb((np.arange(len(seen)) + 0.5) / len(seen)), atol=0.03)


def test_what_is_no_number_is_told_apart(viz):
    values = VALUES.copy()
    values[0, 0], values[0, 1], values[1, 2] = ODD
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mm.MMWarning)
        viz = mm.visualize("A @ B", data={"A": values, "B": np.eye(3)}, animate=False, look="unlit").build()
        seen = attribute(viz).reshape(6, -1, 3)[:, 0]
    np.testing.assert_allclose(seen[[0, 1, 5]], rules.srgb(ODD, rules.Scale(0, 1), viz.tree.viz), atol=0.02)


@pytest.mark.parametrize("look", sorted(looks.LOOKS))
@pytest.mark.parametrize("cmap", ["auto", "viridis"])
def test_the_ramp_follows_the_colours(viz, look, cmap):
    viz = viz.edited({"viz.cmap": cmap}, look=look)
    colours = viz.colours()["root"]
    stops = solid.table(colours, looks.LOOKS[look])
    assert len(stops) <= solid.STOPS and all(a < b for (a, _), (b, _) in zip(stops, stops[1:]))
    levels = np.linspace(-1, 1, 200)
    ramp = np.stack([np.interp((levels + 1) / 2, [at for at, _ in stops], channel)
                     for channel in np.array([rgb for _, rgb in stops]).T], -1)
    shown, wanted = (linear_to_srgb(x) for x in (ramp, solid.linear(levels, colours, looks.LOOKS[look])))
    assert np.abs(shown - wanted).max() < 0.05


def test_a_picture_has_colours_and_nothing_stays(viz, tmp_path):
    viz.build()
    before = {obj.name: (len(obj.modifiers), obj.hide_render) for obj in viz.collection.all_objects}
    groups = set(bpy.data.node_groups.keys())
    viz.render(tmp_path / "a.png", SIZE, engine="workbench", quality="preview", progress=False)
    assert {obj.name: (len(obj.modifiers), obj.hide_render) for obj in viz.collection.all_objects} == before
    assert set(bpy.data.node_groups.keys()) == groups
    seen = np.asarray(Image.open(tmp_path / "a.png").convert("RGB")).astype(int)
    ground = 255 * linear_to_srgb(np.array(looks.LOOKS["dark"].ground))
    assert (np.abs(seen - ground).max(-1) <= 2).mean() > 0.2
    red, blue = seen[..., 0] - seen[..., 2], seen[..., 2] - seen[..., 0]
    assert (red > 60).sum() > 50 and (blue > 60).sum() > 50


def test_too_many_elements_are_one_colour_and_that_is_said(viz, monkeypatch):
    viz = viz.edited(representation="tiles").build()
    monkeypatch.setattr(representation, "MESHED", 5)
    with pytest.warns(mm.MMWarning, match="Workbench shows A, A @ B, B in one colour"):
        still.prepare(viz.built, RenderSettings(SIZE, None, "workbench", "preview"))
    assert set(redraw.drawn_as(viz.document, viz.collection).values()) == {"tiles"}
    colour = next(obj for obj in viz.collection.all_objects if obj.get("mm_path") == "root.right").color[:]
    assert colour[:3] != (1.0, 1.0, 1.0)


def test_a_window_keeps_its_colours_and_pictures_do_without(viz, tmp_path):
    viz = viz.edited(look="paper").build()
    solid.put(viz.document, viz.collection, window=True)
    seen = []
    for engine in ("cycles", "workbench"):
        viz.render(tmp_path / f"{engine}.png", SIZE, engine=engine, quality="preview", progress=False)
        held = [obj.modifiers[solid.MODIFIER] for obj in viz.collection.all_objects if solid.MODIFIER in obj.modifiers]
        seen.append([(modifier.show_viewport, modifier.show_render) for modifier in held])
    assert seen == [[(True, False)] * 3] * 2
    assert not any(obj.get(solid.HIDDEN) for obj in viz.collection.all_objects)
    solid.take_away(viz.collection)
    assert not solid.in_window(viz.collection)
