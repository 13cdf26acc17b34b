"""Colours in pictures: exact where that is promised, in order everywhere, and changed without evaluating geometry."""
import numpy as np
import pytest

bpy = pytest.importorskip("bpy")
Image = pytest.importorskip("PIL.Image")

from mathutils import Vector  # noqa: E402

import mm_blender as mm  # noqa: E402
from colour_difference import ciede2000, lab  # noqa: E402
from mm_blender.appearance import looks, rules  # noqa: E402
from mm_blender.layout import places  # noqa: E402
from mm_blender.lettering import colour_keys  # noqa: E402
from mm_blender.options import LOOKS  # noqa: E402
from mm_blender.scene import parts  # noqa: E402
from mm_blender.scene.nodes import colour  # noqa: E402

SIZE = (640, 400)
PLAIN = {"viz.elem scale": 0.6, "viz.min size": 0.6, "legends": 0, "row guides": 0, "flow guides": 0}
# 200 values over the whole range, either sign, and the smallest that there are
RANGE = np.linspace(-1, 1, 200).reshape(10, 20).astype(np.float32)
DATA = {"A": RANGE, "B": np.zeros((20, 1), np.float32)}


def picture(viz, path, samples=8, mode="RGB"):
    viz.render(path, SIZE, samples=samples, progress=False)
    return np.array(Image.open(path).convert(mode)) / 255


def pixels(viz, points):
    """Row and column of the pixel of each point (n, 3) of the reference's space."""
    aspect = SIZE[0] / SIZE[1]
    camera = viz.framed(aspect)
    half = np.tan(np.radians(camera.vertical_fov(aspect)) / 2)
    x, y, _ = camera.project(points).T
    return ((1 - y / half) / 2 * SIZE[1]).astype(int), ((x / (half * aspect) + 1) / 2 * SIZE[0]).astype(int)


def on_elements(viz, node, height=0.0):
    """A point on each element of ``node``, ``height`` before its middle, (n, 3)."""
    rows, cols = places.offsets(node)
    j, i = np.meshgrid(cols, rows)
    local = np.stack([j, i, 0 * i + height, 0 * i + 1], -1).reshape(-1, 4)
    return (local @ viz.placement.matrices[node.path].T)[:, :3]


@pytest.mark.parametrize("settings", [
    {}, {"cmap": "mm:paper"}, {"cmap": "mm:dark", "norm": "symlog"}, {"cmap": "vik"}, {"cmap": "RdBu_r"},
    {"cmap": "viridis", "vmin": -0.8, "vmax": 0.9}, {"cmap": "mm:blueprint", "norm": "log"}], ids=str)
def test_flat_shows_the_very_colours(fresh_scene, tmp_path, settings):
    if not settings.get("cmap", "mm:").startswith("mm:"):
        pytest.importorskip("cmap")
    viz = mm.visualize("A @ B", data=DATA, look="flat", settings={**PLAIN, **settings})
    seen = picture(viz, tmp_path / "flat.png")[pixels(viz, on_elements(viz, viz.tree.left))]
    want = rules.srgb(RANGE, viz.scales()["root.left"], viz.tree.left.viz, viz.span("root.left")).reshape(-1, 3)
    difference = ciede2000(lab(seen), lab(want))
    assert len(difference) == 200 and difference.max() < 2
    assert np.percentile(difference, 90) < 1


@pytest.mark.slow
@pytest.mark.parametrize("look", ["dark", "paper", "studio", "blueprint"])
def test_other_looks_keep_the_order_of_lightness(fresh_scene, tmp_path, look):
    values = np.repeat(np.linspace(0.05, 1, 6)[None, :] * [[1], [-1]], 2, 0).astype(np.float32)
    viz = mm.visualize("A @ B", data={"A": values, "B": np.zeros((6, 1), np.float32)}, look=look,
                       settings={**PLAIN, "hue spread": 0.0, "elem scale": 1.0, "min size": 1.0})
    near = max((0.5 * rules.EDGE, -0.5 * rules.EDGE), key=lambda z: -np.linalg.norm(
        on_elements(viz, viz.tree.left, z)[0] - viz.framed(SIZE[0] / SIZE[1]).position))
    row, column = pixels(viz, on_elements(viz, viz.tree.left, near))
    whole = picture(viz, tmp_path / "look.png", 48)
    # of nine pixels, since not every Blender has a denoiser
    seen = np.mean([whole[row + y, column + x] for y in (-1, 0, 1) for x in (-1, 0, 1)], axis=0)
    want = rules.srgb(values, viz.scales()["root.left"], viz.tree.left.viz).reshape(-1, 3)
    shown, said = (lab(x)[:, 0].reshape(4, 6) for x in (seen, want))
    for row in range(4):
        rising = np.diff(said[row])
        assert (np.diff(shown[row])[abs(rising) > 1] * np.sign(rising[abs(rising) > 1]) > 0).all(), (row, shown[row])


def test_every_look_is_there_and_can_be_told_apart(fresh_scene, tmp_path):
    assert set(looks.LOOKS) == set(LOOKS)
    grounds = [tuple(look.ground) for look in looks.LOOKS.values()]
    assert len(set(grounds)) >= 5
    assert mm.visualize("A @ B", look="flat").framed().kind == "orthographic"


@pytest.mark.slow
def test_a_transparent_ground_and_the_shadow_on_it(fresh_scene, tmp_path):
    viz = mm.visualize("A @ B", look="paper", transparent=True, settings={"A.h": 4, "A.w": 3, "B.w": 4})
    alpha = picture(viz, tmp_path / "clear.png", mode="RGBA")[..., 3]
    assert alpha[0, 0] == 0 and alpha.max() == 1
    soft = (alpha > 0.05) & (alpha < 0.6)
    assert soft.mean() > 0.01  # the shadow, of which Cycles traces nothing and which has no noise
    viz.change(transparent=False)
    whole = picture(viz, tmp_path / "whole.png")
    # of so few samples the denoiser tints the outermost pixels
    assert whole[4, 4].min() > 0.99 and not bpy.context.scene.render.film_transparent


def test_no_shadow_is_seen_from_below(fresh_scene):
    viz = mm.visualize("A @ B", look="paper", settings={"A.h": 4, "A.w": 3, "B.w": 4}).build()
    assert [obj.name for obj in viz.collection.objects if "shadow" in obj.name]
    params = viz.params
    params["cam"] = {"x": -10, "y": -40, "z": 10}
    below = mm.visualize(params, look="paper").build()
    assert not [obj.name for obj in below.collection.objects if "shadow" in obj.name]


def test_the_shadow_lies_below_what_throws_it():
    from mm_blender.appearance import shadow

    cast = shadow.cast([np.array([[0.0, 0, 5], [10, 0, 5], [0, 4, 5]])])
    assert 0 <= cast.density.min() and 0.3 < cast.density.max() < 1
    row, column = (np.average(index, weights=cast.density) for index in np.indices(cast.density.shape))
    assert abs(cast.low[0] + column * cast.step - 5) < 0.5 and abs(cast.low[1] + row * cast.step - 2) < 0.5
    assert cast.density[0].max() < 0.01 and cast.density[:, 0].max() < 0.01 and cast.low[2] < 5


def test_another_map_evaluates_no_geometry(fresh_scene):
    viz = mm.visualize("A @ B", settings={"A.h": 4, "A.w": 3, "B.w": 4, "A.init": "gaussian"}).build()
    obj = parts.find(viz.collection, "root")
    material, mesh = obj.data.materials[0], obj.data
    depsgraph = bpy.context.evaluated_depsgraph_get()
    updates = []

    def note(scene, graph):
        updates.extend(u.id.name for u in graph.updates
                       if u.is_updated_geometry and isinstance(u.id, (bpy.types.Object, bpy.types.Mesh)))
    bpy.app.handlers.depsgraph_update_post.append(note)
    try:
        for settings in ({"cmap": "mm:paper"}, {"cmap": "mm:dark"}, {"cmap": "hue"}, {"norm": "symlog"}):
            viz.change(settings)
            bpy.context.view_layer.update()
            depsgraph.update()
            node = next(n for n in material.node_tree.nodes if colour.is_ours(getattr(n, "node_tree", None)))
            name = settings.get("cmap", "hue")
            assert node.node_tree.name == ("mm Colour 2" if name == "hue" else f"mm Map 1 {name}")
            assert {link.from_socket.name for link in node.inputs["Level"].links} and node.outputs[0].is_linked
    finally:
        bpy.app.handlers.depsgraph_update_post.remove(note)
    assert not updates and (obj.data, obj.data.materials[0]) == (mesh, material)
    assert node.inputs["Decades"].default_value == 2
    assert viz.change({"vmax": 100}).scales()["root"].high == 100


def test_a_material_that_a_person_has_made_stays(fresh_scene):
    viz = mm.visualize("A @ B", settings={"A.h": 4, "A.w": 3, "B.w": 4}).build()
    material = parts.find(viz.collection, "root").data.materials[0]
    material.node_tree.nodes.clear()
    viz.change({"cmap": "mm:paper"})
    assert not len(material.node_tree.nodes)


@pytest.mark.parametrize("lettering, part", [("planes", parts.KEY), ("beside", parts.LETTER)])
def test_keys_stand_beside_and_follow(fresh_scene, lettering, part):
    viz = mm.visualize("A @ B", data={"A": RANGE, "B": np.ones((20, 3))}, look="flat", keys=True,
                       lettering=lettering, settings={"cmap": "mm:paper"}).build()

    def texts():
        return [obj.data.body for obj in parts.of(viz.collection, part) if obj.type == "FONT"]
    (bar,) = colour_keys.bars(viz.tree, viz.scaling)
    sure = {"A, B, A @ B", *(size.text for size in bar.sizes)}
    known = sure | {tick.text for tick in bar.ticks}
    assert sure < set(texts()) and len(texts()) >= 8
    assert part == parts.LETTER or set(texts()) <= known  # beside the data, names and shapes are among them
    viz.change({"vmax": 1000})
    assert "1000" in texts()
    viz.change(keys=False)
    assert not {*texts()} & (known - {*"01"})


def test_the_strip_shows_the_elements_colours(fresh_scene, tmp_path):
    viz = mm.visualize("A @ B", data=DATA, look="flat", keys=True, lettering="planes",
                       settings={**PLAIN, "cmap": "mm:paper"}).build()
    (strip,) = [obj for obj in parts.of(viz.collection, parts.KEY) if "level" in getattr(obj.data, "attributes", ())]
    seen = picture(viz, tmp_path / "keys.png")
    camera, aspect = viz.framed(SIZE[0] / SIZE[1]), SIZE[0] / SIZE[1]
    centres = np.array([strip.matrix_world @ face.center for face in strip.data.polygons])[8::16]
    shares = ((np.arange(256) + 0.5) / 256)[8::16]
    points = (centres / viz.placement.pitch) @ places.TO_BLENDER[:3, :3]
    assert camera.sees(points, aspect)
    (bar,) = colour_keys.bars(viz.tree, viz.scaling)
    assert ciede2000(lab(seen[pixels(viz, points)]), lab(bar.srgb(shares))).max() < 2.5


def test_keys_in_a_given_rectangle(fresh_scene):
    from mm_blender.scene import key_objects

    viz = mm.visualize("(A @ B) @ C", settings={"sensitivity": "local", "A.max": 2, "B.max": 3})
    bars = colour_keys.bars(viz.tree, viz.scaling)
    assert len(bars) == 5
    origin, size = np.array([1.0, 2.0, 3.0]), (4.0, 2.0)
    rectangle = key_objects.Rectangle(origin, np.array([1.0, 0, 0]), np.array([0, 0.6, 0.8]), size)
    made = key_objects.put(bars, rectangle, looks.LOOKS["paper"], fresh_scene.collection, columns=2)
    bpy.context.view_layer.update()
    for obj in made:
        corners = np.array([obj.matrix_world @ Vector(corner) for corner in obj.bound_box]) - origin
        x, y, off = (corners @ np.array(axis) for axis in ((1, 0, 0), (0, 0.6, 0.8), (0, -0.8, 0.6)))
        assert x.min() > -0.15 and x.max() < size[0] + 0.15 and abs(off).max() < 1e-5, obj.name
        assert y.min() > -0.02 and y.max() < size[1] + 0.02, obj.name
    assert key_objects.put([], rectangle, looks.LOOKS["paper"], fresh_scene.collection) == []
