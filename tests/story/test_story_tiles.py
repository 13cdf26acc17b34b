"""What a story lights of matrices that are drawn as tiles looks as it does of cubes."""
import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

import mm_blender as mm  # noqa: E402
from mm_blender.scene import parts, story_light, story_objects, tiles  # noqa: E402
from mm_blender.scene.nodes import tile_group  # noqa: E402

WIDE, HIGH, BLOCK = 96, 64, 8
BEATS = [{"name": "parts", "sweep": "step 3", "view": [-30, 30], "lit": ["A[2:6,:]", "B[:,4]", "C[0,1:5]"], "hold": 1},
         {"name": "nothing", "hold": 1}]


def built(representation, algorithm, **options):
    settings = {"A.h": 10, "A.w": 8, "B.w": 9, "A.init": "gaussian", "B.init": "gaussian", "anim.alg": algorithm,
                "block.i blocks": 2, "block.j blocks": 3, "layout.gap": 4}
    viz = mm.visualize("C = A @ B", settings=settings, representation=representation, lettering="none",
                       projection="orthographic", **options)
    return viz.story(BEATS).build()


def frame_of(viz, name):
    told = story_objects.timeline_of(viz.document, viz.collection)
    return told.shown_at(next(beat for beat in told.beats if beat.name == name))


def picture(viz, tmp_path, name):
    """Blocks of what is seen of a beat (h, w, 3), 0 to 1; marks hidden."""
    for obj in parts.of(viz.collection, parts.MARK):
        obj.hide_render = True
    bpy.context.scene.frame_set(frame_of(viz, name))
    path = tmp_path / f"{name}.png"
    viz.render(path, (WIDE, HIGH), 24, progress=False, at="now")
    image = bpy.data.images.load(str(path))
    out = np.empty(WIDE * HIGH * 4, np.float32)
    image.pixels.foreach_get(out)
    bpy.data.images.remove(image)
    return out.reshape(HIGH // BLOCK, BLOCK, WIDE // BLOCK, BLOCK, 4)[..., :3].mean((1, 3))


@pytest.mark.parametrize("algorithm", ["vmprod", "vvprod"])
def test_lit_tiles_look_as_cubes(fresh_scene, tmp_path, algorithm):
    seen = {}
    for representation in ("instances", "tiles"):
        bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
        viz = built(representation, algorithm)
        seen[representation] = {name: picture(viz, tmp_path, name) for name in ("parts", "nothing")}
    assert tiles.is_tile(parts.find(viz.collection, "root.left"))
    cubes, tile = seen["instances"], seen["tiles"]
    assert np.abs(cubes["parts"] - cubes["nothing"]).max() > 0.09  # light is seen
    off = np.abs(cubes["parts"] - tile["parts"])
    assert off.max() < 0.06 and off.mean() < 0.006


def told_of(viz, path):
    """What a tile's quad carries: the first slot that is lit (column, row, glow), the last (…, dimming)."""
    obj = parts.find(viz.collection, path)
    mesh = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh()
    return [tuple(round(x, 3) for x in mesh.attributes[name].data[0].vector) if name in mesh.attributes else None
            for name in (tile_group.TOLD_FROM, tile_group.TOLD_TO)]


def test_slots_are_those_of_rows_and_columns_beyond_the_gaps_of_blocks(fresh_scene):
    viz = built("tiles", "vmprod")
    bpy.context.scene.frame_set(frame_of(viz, "parts"))
    gap = round(viz.document.matrix("root.left").rows.gap)
    assert gap > 0 and told_of(viz, "root.left") == [(0, 2, 1), (7, 5 + gap, story_light.DARKER)]
    assert told_of(viz, "root.right") == [(4 + gap, 0, 1), (4 + gap, 7, story_light.DARKER)]
    bpy.context.scene.frame_set(frame_of(viz, "nothing"))
    assert told_of(viz, "root.left") == [None, None]


def test_light_goes_with_a_matrix_from_tile_to_cubes_and_back_and_leaves_nothing_behind(fresh_scene):
    viz = built("tiles", "vmprod")
    for representation, resting in (("instances", False), ("tiles", True)):
        viz.change(representation=representation)
        modifier = parts.find(viz.collection, "root.left").modifiers[story_light.MODIFIER]
        assert modifier.show_render is not resting and modifier.show_viewport is not resting
    viz.story([{"look": "C"}])
    assert story_light.MODIFIER not in parts.find(viz.collection, "root.left").modifiers
    assert told_of(viz, "root.left") == [None, None]
    viz.story(BEATS)
    bpy.context.scene.frame_set(frame_of(viz, "parts"))
    assert told_of(viz, "root.left")[0] == (0, 2, 1)
