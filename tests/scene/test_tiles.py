"""Tiles as Blender draws them, against cubes."""
import os

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

from mathutils import Matrix  # noqa: E402

import mm_blender as mm  # noqa: E402
from mm_blender.appearance.rules import edge  # noqa: E402
from mm_blender.colour.srgb import srgb_to_linear  # noqa: E402
from mm_blender.expression.tree import nodes  # noqa: E402
from mm_blender.output import still  # noqa: E402
from mm_blender.output.settings import RenderSettings  # noqa: E402
from mm_blender.scene import (
    build,
    camera,
    evaluated,
    instances,
    matrices,
    parts,
    probe,
    redraw,
    spotlight,
    tile_material,
    tile_planes,
    tiles,
)
from mm_blender.scene.tile_material import SIGN, SIZE, THERE  # noqa: E402
from spotlights import numbers  # noqa: E402

PX = 96
BLOCKS = {"A.h": 10, "A.w": 12, "B.w": 9, "block.i blocks": 2, "block.j blocks": 3, "A.init": "gaussian",
          "B.init": "gaussian"}


def made(representation, look="unlit", settings=BLOCKS, **options):
    options.setdefault("animate", False)
    options.setdefault("lettering", "none")
    return mm.visualize("C = A @ B", settings={"layout.gap": 4, **settings}, representation=representation, look=look,
                        **options).build()


def picture_of(viz, tmp_path, samples=16, px=PX):
    """What the screen shows, (px, px, 3), 0 to 1; marks hidden."""
    for obj in parts.of(viz.collection, parts.MARK):
        obj.hide_render = True
    path = tmp_path / "picture.png"
    viz.render(path, (px, px), samples, progress=False, at="now")
    image = bpy.data.images.load(str(path))
    out = np.empty(px * px * 4, np.float32)
    image.pixels.foreach_get(out)
    bpy.data.images.remove(image)
    os.remove(path)
    return out.reshape(px, px, 4)[..., :3]


def both(tmp_path, frame=None, samples=16, **options):
    out = []
    for representation in ("instances", "tiles"):
        bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
        viz = made(representation, **options)
        if frame is not None:
            bpy.context.scene.frame_set(frame)
        out.append(picture_of(viz, tmp_path, samples))
    return out


def test_the_picture_holds_every_element_in_its_slot(fresh_scene):
    viz = made("instances")
    values = viz.values["root"].copy()
    values[0, :4] = np.nan, np.inf, -np.inf, 0
    node = next(node for node in nodes(viz.tree) if node.path == "root")
    scale = viz.scales()["root"]
    texels = tiles.lattice(node, values, scale)
    gap = round(node.rows.gap)
    assert texels.shape == (10 + gap, 9 + 2 * gap, 4)
    assert (texels[5:5 + gap, :, THERE] == 0).all() and (texels[:, 3:3 + gap, THERE] == 0).all()
    assert texels[5 + gap, 3 + gap, SIGN] == (255 if values[5, 3] > 0 else 0)
    assert texels[0, 0, SIGN] == tile_material.NAN and texels[0, 1, SIGN] == tiles.POSITIVE_INF
    assert texels[0, 2, THERE] == 255
    assert (texels[0, 3 + gap, [SIZE, THERE]] == 0).all(), "zero is not drawn"
    root, drawn = texels[..., SIZE] / 255.0, texels[..., THERE] > 0
    smallest = node.viz.min_size
    edges = np.where(drawn, 0.8 * node.viz.elem_scale * (smallest + (1 - smallest) * root), 0)
    rows, cols = np.array([*range(5), *range(5 + gap, 10 + gap)]), np.arange(9) + np.arange(9) // 3 * gap
    np.testing.assert_allclose(edges[np.ix_(rows, cols)], edge(values, scale, node.viz), atol=2e-3)


def test_tiles_show_what_cubes_show(fresh_scene, tmp_path, monkeypatch):
    monkeypatch.setattr(matrices, "FINE_ELEMENTS", 0)
    cubes, tile = both(tmp_path)
    assert cubes.std() > 0.1
    assert np.abs(cubes - tile).mean() < 0.01
    assert (np.abs(cubes - tile).max(-1) > 0.15).mean() < 0.03


def test_tiles_show_what_is_no_number_as_cubes_do(fresh_scene, tmp_path, monkeypatch):
    """From afar, where the chequers of cubes are a mean."""
    monkeypatch.setattr(matrices, "FINE_ELEMENTS", 0)
    for odd in (np.nan, np.inf, -np.inf):
        data = {"A": np.full((10, 12), odd), "B": np.ones((12, 9))}
        cubes, tile = (srgb_to_linear(picture).mean((0, 1)) for picture in both(tmp_path, data=data, samples=4))
        assert cubes.max() > 0.02
        np.testing.assert_allclose(tile, cubes, atol=0.1 * cubes.max())


@pytest.mark.parametrize("look", ["dark", "paper", "studio"])
def test_lit_tiles_are_as_bright_as_cubes(fresh_scene, tmp_path, monkeypatch, look):
    monkeypatch.setattr(matrices, "FINE_ELEMENTS", 0)
    many = {"A.h": 40, "A.w": 40, "B.w": 40, "A.init": "gaussian", "B.init": "gaussian"}
    cubes, tile = both(tmp_path, look=look, settings=many, samples=96)  # some Blenders have no denoiser
    assert np.abs(cubes - tile).mean() < 0.02, "each pixel, with the noise of both"
    small = [x.reshape(PX // 8, 8, PX // 8, 8, 3).mean((1, 3)) for x in (cubes, tile)]
    assert np.abs(small[0] - small[1]).max() < 0.08, "nowhere can the eye tell"
    assert np.abs(small[0] - small[1]).mean() < 0.008


@pytest.mark.parametrize("algorithm", ["vmprod", "dotprod (row major)", "mvprod", "vvprod", "axpy"])
def test_sweeps_reveal_and_light_tiles_as_cubes(fresh_scene, tmp_path, monkeypatch, algorithm):
    monkeypatch.setattr(matrices, "FINE_ELEMENTS", 0)
    cubes, tile = both(tmp_path, frame=7, settings={**BLOCKS, "anim.alg": algorithm}, animate=True, frames_per_step=3)
    assert np.abs(cubes - tile).mean() < 0.012
    assert (np.abs(cubes - tile).max(-1) > 0.2).mean() < 0.03


def planes_alone(viz):
    """Leave nothing in the picture but what moves inside the boxes."""
    for obj in list(viz.collection.all_objects):
        obj.hide_render |= obj.get("mm_part") in (parts.MATRIX, parts.MARK)


@pytest.mark.parametrize("algorithm", ["vmprod", "mvprod", "vvprod"])
@pytest.mark.parametrize("layout", [
    {}, {"layout.polarity": "positive"}, {"viz.sensitivity": "local", "layout.polarity": "positive",
                                          "layout.right placement": "bottom", "layout.result placement": "back"}])
def test_planes_are_tiles_that_show_what_cubes_show(fresh_scene, tmp_path, monkeypatch, algorithm, layout):
    monkeypatch.setattr(matrices, "FINE_ELEMENTS", 0)
    walked = {"vmprod": "block.i blocks", "mvprod": "block.j blocks"}
    settings = {**BLOCKS, walked.get(algorithm, "block.k blocks"): 1, **layout, "anim.alg": algorithm}
    seen = []
    for representation, frame in (("instances", 6), ("tiles", 6), ("tiles", 5)):
        bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
        viz = made(representation, settings=settings, animate=True, frames_per_step=1)
        moved = [obj for obj in parts.of(viz.collection, parts.SWEEP) if tile_planes.is_plane(obj)]
        assert len(moved) == (representation == "tiles")
        bpy.context.scene.frame_set(frame)
        planes_alone(viz)
        seen.append(picture_of(viz, tmp_path))
    cubes, tile, before = seen
    assert cubes.std() > 0.02, "a picture of nothing"
    assert np.abs(cubes - tile).mean() < 0.012 < np.abs(cubes - before).mean() / 1.5


def test_a_plane_comes_and_goes_with_the_tiles_of_its_operands(fresh_scene):
    viz = made("tiles", settings={**BLOCKS, "block.i blocks": 1, "anim.alg": "vmprod"}, animate=True)

    def state():
        swept = parts.of(viz.collection, parts.SWEEP)
        points, = (obj.modifiers[matrices.INTERIOR] for obj in swept if matrices.INTERIOR in obj.modifiers)
        return sum(map(tile_planes.is_plane, swept)), points.show_render

    assert state() == (1, False)
    for _ in range(2):
        viz.change(representation="instances")
        assert state() == (0, True)
        assert not any(material.name.startswith("mm tile") for material in bpy.data.materials)
        viz.change(representation="tiles")
        assert state() == (1, False)
    viz.change({"viz.min size": 0.5})
    assert state() == (1, False)
    viz.change({"block.k blocks": 2})
    assert state() == (1, False), "beside partial results, which are cubes"
    viz.change({"block.k blocks": 1})
    viz.change({"block.i blocks": 2})
    assert state() == (0, True), "several planes"
    viz.change({"block.i blocks": 1, "viz.sensitivity": "superlocal"})
    assert state() == (0, True), "magnitudes that are not counted from 0"
    build.remove(viz.collection)
    assert not bpy.data.objects and not [image for image in bpy.data.images if image.name.startswith("mm")]


def test_sums_are_tiles_but_for_those_that_rest_as_another_value(fresh_scene):
    def cubes(viz):
        return [path for path, obj in parts.matrices(viz.collection).items() if not tiles.is_tile(obj)]

    viz = made("tiles", settings={**BLOCKS, "anim.alg": "vvprod"}, animate=True)
    assert not cubes(viz)
    viz.change({"anim.alg": "axpy", "epilog": "softmax"})
    assert cubes(viz) == ["root"], "each step applies the epilog to what the one before left"
    viz.change({"anim.alg": "vmprod"})
    assert not cubes(viz)
    tile = parts.find(viz.collection, "root")
    assert tiles.picture_of(tile), "nothing is summed up any more"
    viz.change({"anim.alg": "vvprod"})
    assert tiles.picture_of(tile) is None
    build.remove(viz.collection)
    assert not bpy.data.materials and not [image for image in bpy.data.images if image.name.startswith("mm")]


@pytest.mark.parametrize("special", [np.nan, np.inf, -np.inf])
def test_sums_that_are_no_numbers_look_as_their_cubes(fresh_scene, tmp_path, monkeypatch, special):
    monkeypatch.setattr(matrices, "FINE_ELEMENTS", 0)
    left = np.random.default_rng(0).standard_normal((10, 6)).astype(np.float32)
    left[2:5, 0] = special
    data = {"A": left, "B": np.random.default_rng(1).random((6, 9), np.float32)}
    cubes, tile = both(tmp_path, frame=3, settings={"anim.alg": "vvprod"}, data=data, animate=True, frames_per_step=1)
    assert np.abs(cubes - tile).mean() < 0.02


def test_inspecting_tells_and_lights_the_element_of_a_tile(fresh_scene, tmp_path):
    viz = made("tiles")
    objects = parts.matrices(viz.collection)
    depsgraph = bpy.context.evaluated_depsgraph_get()
    eye = fresh_scene.camera.matrix_basis.translation
    for path, obj in objects.items():
        there = obj.matrix_world @ obj.data.vertices[3 * obj["mm_cols"] + 4].co
        hit = probe.probe(viz.collection, eye, there - eye, depsgraph)
        assert (hit.path, hit.row, hit.col) == (path, 3, 4)
        assert hit.value == viz.values[path][3, 4]
    before = picture_of(viz, tmp_path)
    highlight = probe.Highlight()
    assert highlight.show(hit)
    lit = picture_of(viz, tmp_path)
    assert (lit - before).max() > 0.1 and (lit - before).min() > -0.15
    highlight.clear()
    assert np.abs(picture_of(viz, tmp_path) - before).max() < 0.02


@pytest.mark.parametrize("algorithm", ["vmprod", "dotprod (col major)", "vvprod", "axpy"])
def test_in_a_sweep_a_tile_has_the_elements_that_cubes_have(fresh_scene, algorithm):
    read = {}
    for representation in ("instances", "tiles"):
        bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
        viz = made(representation, settings={**BLOCKS, "anim.alg": algorithm}, animate=True, frames_per_step=3)
        bpy.context.scene.frame_set(8)
        rows, cols = (a.ravel() for a in np.indices((10, 9)))
        elements = evaluated.Elements(parts.find(viz.collection, "root"), bpy.context.evaluated_depsgraph_get())
        read[representation] = elements.edges(rows, cols)
    assert 0 < (read["tiles"] > 0).sum() < (91 if algorithm == "vvprod" else 90)
    np.testing.assert_allclose(read["tiles"], read["instances"], atol=1e-5)


def test_changes_reach_tiles_and_leave_nothing_behind(fresh_scene, tmp_path):
    viz = made("tiles")
    first = picture_of(viz, tmp_path)
    viz.change({"viz.min size": 0.9})
    larger = picture_of(viz, tmp_path)
    assert larger.mean() > first.mean() * 1.2
    viz.change({"viz.zero hue": 0.3})
    assert np.abs(picture_of(viz, tmp_path) - larger).mean() > 0.02
    viz.change({"viz.min size": 0.2, "viz.zero hue": viz.setting("root", "viz", "zero hue")})
    viz.change(representation="instances")
    assert not any(tiles.is_tile(obj) for obj in parts.matrices(viz.collection).values())
    assert not any(material.name.startswith("mm tile") for material in bpy.data.materials)
    viz.change(representation="tiles")
    build.remove(viz.collection)
    assert not bpy.data.materials and not [image for image in bpy.data.images if image.packed_file]


def test_a_tile_is_whole_in_the_file(fresh_scene, tmp_path):
    viz = made("tiles")
    before = picture_of(viz, tmp_path)
    viz.save(tmp_path / "tiles.blend")
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "tiles.blend"))
    assert all(image.packed_file for image in bpy.data.images if image.name.startswith("mm "))
    still.prepare(mm.visualizations()[0].built, RenderSettings((PX, PX), 16, "cycles"))
    bpy.context.scene.render.filepath = str(tmp_path / "again.png")
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(str(tmp_path / "again.png"))
    out = np.empty(PX * PX * 4, np.float32)
    image.pixels.foreach_get(out)
    assert np.abs(out.reshape(PX, PX, 4)[..., :3] - before).mean() < 1e-3
    loaded, = mm.visualizations()
    loaded.change({"viz.sensitivity": "local"})
    assert all(tiles.is_tile(obj) for obj in parts.matrices(loaded.collection).values())


@pytest.mark.parametrize("settings, frame", [(BLOCKS, 1), ({**BLOCKS, "anim.alg": "vmprod"}, 7)])
def test_a_spotlight_shows_the_numbers_of_tiles_as_those_of_cubes(fresh_scene, settings, frame):
    viz = made("instances", settings=settings, animate=True, frames_per_step=3)
    fresh_scene.frame_set(frame)
    empty = spotlight.add(viz.collection, radius=30.0)
    shown = numbers(empty)
    assert shown["root.left"] > 100
    viz.change(representation="tiles")
    assert numbers(empty) == shown
    viz.change(representation="instances")
    assert numbers(empty) == shown
    assert not parts.of(viz.collection, instances.CUBES)


def test_auto_is_cubes_for_what_is_small(fresh_scene):
    viz = made("auto")
    assert not any(tiles.is_tile(obj) for obj in parts.matrices(viz.collection).values())


def test_many_elements_are_tiles_for_a_small_picture_and_cubes_for_a_large_one(fresh_scene):
    viz = made("auto", settings={"A.h": 300, "A.w": 200, "B.w": 300})
    assert all(tiles.is_tile(obj) for obj in parts.matrices(viz.collection).values())
    redraw.represent(viz.document, viz.collection, (30000, 30000))
    assert not any(tiles.is_tile(obj) for obj in parts.matrices(viz.collection).values())


def test_cubes_are_where_a_camera_moved_by_hand_comes_near(fresh_scene):
    viz = mm.visualize("A @ B", settings={"A.h": 260, "A.w": 260, "B.w": 260}, animate=False)
    bpy.context.scene.render.resolution_x = bpy.context.scene.render.resolution_y = 400
    viz.build()
    kinds = lambda: {tiles.is_tile(obj) for obj in parts.matrices(viz.collection).values()}  # noqa: E731
    assert kinds() == {True}
    seeing = bpy.context.scene.camera
    seeing.location = seeing.location * 0.2
    still.prepare(viz.built, RenderSettings((400, 400), 1, "cycles"))
    assert kinds() == {False}, "every element is many pixels"
    seeing.location = seeing.location * 8
    still.prepare(viz.built, RenderSettings((400, 400), 1, "cycles"))
    assert kinds() == {True}


@pytest.mark.parametrize("aspect", [0.6, 1.0, 1.7])
@pytest.mark.parametrize("kind", ["perspective", "orthographic", "isometric"])
def test_a_camera_says_how_it_sees(fresh_scene, kind, aspect):
    bpy.context.scene.render.resolution_x, bpy.context.scene.render.resolution_y = round(600 * aspect), 600
    viz = mm.visualize("A @ B", projection=kind, animate=False).build()
    root = parts.root_of(viz.collection)
    root.matrix_basis = Matrix.Translation((3.0, -2.0, 1.0)) @ Matrix.Rotation(0.7, 4, "Z")
    wanted, points = viz.framed(aspect), np.random.default_rng(0).normal(size=(20, 3)) * 10
    seeing = bpy.context.scene.camera
    camera.aim(seeing, wanted, viz.placement, parts.base_of(viz.collection), aspect)
    bpy.context.view_layer.update()
    found = camera.standing(seeing, viz.placement, parts.base_of(viz.collection), aspect, bpy.context.scene)
    np.testing.assert_allclose(found.page(points, aspect), wanted.page(points, aspect), atol=2e-4)
