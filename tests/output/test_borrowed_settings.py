"""Pictures and a person's scene: neither is seen in the other, whatever the scene is set to."""
import math
import random

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

import mm_blender as mm  # noqa: E402
from mm_blender.output import picture_scene, still  # noqa: E402
from mm_blender.output.image_file import as_bytes  # noqa: E402

SMALL = {"A.h": 3, "A.w": 3, "B.w": 3}
QUICK = dict(size=(72, 48), samples=2, quality="draft", progress=False)
PAGE = dict(size_in=(1.6, 1.1), dpi=50, samples=1, quality="draft", keys=False, font_pt=5)
PLAIN = ("BOOLEAN", "INT", "FLOAT", "STRING", "ENUM")
# what the scene is evaluated with and not how it is rendered, and what cannot be set without a window or a file
LEFT = {"rna_type", "name", "frame_current", "frame_subframe", "frame_start", "frame_end", "frame_preview_start",
        "frame_preview_end", "fps", "fps_base", "sync_mode", "use_preview_range"}


def visualization(**options):
    return mm.visualize("A @ B", settings=SMALL, **options)


def owners(scene) -> dict:
    """All that holds settings of a scene, by path from there."""
    out, waiting = {}, [("", scene)]
    while waiting:
        path, owner = waiting.pop()
        out[path] = owner
        for prop in owner.bl_rna.properties:
            if prop.type != "POINTER" or prop.identifier in ("rna_type", "tool_settings", "original", "preview",
                                                             "layer_collection", "active_layer_collection",
                                                             "depsgraph", "sequence_editor"):
                continue
            value = getattr(owner, prop.identifier, None)
            if value is not None and not isinstance(value, bpy.types.ID):
                waiting.append((f"{path}.{prop.identifier}", value))
    for at, layer in enumerate(scene.view_layers):
        for path, owner in owners_of_layer(layer).items():
            out[f".view_layers[{at}]{path}"] = owner
    return out


def owners_of_layer(layer) -> dict:
    return {"": layer, ".eevee": layer.eevee, ".cycles": getattr(layer, "cycles", None) or layer.eevee}


def state(scene) -> dict:
    """Every setting."""
    out = {}
    for path, owner in owners(scene).items():
        for prop in owner.bl_rna.properties:
            value = getattr(owner, prop.identifier, None)
            if prop.type in PLAIN and prop.identifier != "is_visible":
                out[f"{path}.{prop.identifier}"] = tuple(np.ravel(value).tolist()) if getattr(
                    prop, "is_array", False) else value
            elif prop.type == "POINTER" and isinstance(value, bpy.types.ID):
                out[f"{path}.{prop.identifier}"] = value.name
    for layer in scene.view_layers:
        for each in (layer.layer_collection, *layer.layer_collection.children):
            out[f"{layer.name} {each.name}"] = each.exclude, each.holdout, each.indirect_only
    out["hidden"] = sorted((obj.name, obj.hide_render, obj.hide_viewport) for obj in scene.objects)
    out["collections"] = sorted((each.name, each.hide_render) for each in bpy.data.collections)
    for kind in ("scenes", "objects", "worlds", "cameras", "collections", "images", "materials", "lights"):
        out[kind] = sorted(block.name for block in getattr(bpy.data, kind) if block.name != "Render Result")
    return out


def assert_same(now: dict, before: dict) -> None:
    changed = {key: (before.get(key), now.get(key)) for key in {*now, *before} if now.get(key) != before.get(key)}
    assert not changed, changed


def another(prop, value, rng):
    """Another value than ``value`` for a property."""
    if prop.type == "BOOLEAN":
        flip = [not each for each in np.ravel(value).tolist()]
        return flip if prop.is_array else flip[0]
    if prop.type == "ENUM":
        names = [item.identifier for item in prop.enum_items]
        return set(rng.sample(names, 1)) if prop.is_enum_flag else rng.choice([n for n in names if n != value] or names)
    if prop.type == "STRING":
        return "mine"
    low, high = max(prop.hard_min, prop.soft_min, -100), min(prop.hard_max, prop.soft_max, 100)
    count = len(np.ravel(value).tolist()) if prop.is_array else 1
    values = [rng.uniform(low, high) if prop.type == "FLOAT" else rng.randint(math.ceil(low), math.floor(high))
              for _ in range(count)]
    return values if prop.is_array else values[0]


def shake(scene, rng) -> int:
    """Set every setting to another value; how many took it."""
    changed = 0
    for _path, owner in owners(scene).items():
        for prop in owner.bl_rna.properties:
            if prop.is_readonly or prop.type not in PLAIN or prop.identifier in LEFT:
                continue
            try:
                before = getattr(owner, prop.identifier)
                setattr(owner, prop.identifier, another(prop, before, rng))
                changed += getattr(owner, prop.identifier) != before
            except (TypeError, ValueError, AttributeError, RuntimeError, IndexError):
                continue  # an enumeration that another setting narrows, or that tells its items to nobody
    return changed


@pytest.fixture
def alone(fresh_scene, tmp_path):
    """The picture in an empty file, which is left empty."""
    visualization().render(tmp_path / "alone.png", **QUICK)
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    return as_bytes(tmp_path / "alone.png")


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_set_is_not_seen_and_stays(alone, tmp_path, seed):
    scene = bpy.context.scene
    viz = visualization().build()
    second = scene.view_layers.new("Second")
    second.material_override = bpy.data.materials.new("Over")
    second.use = bool(seed % 2)
    assert shake(scene, random.Random(seed)) > 200
    scene.render.engine = "BLENDER_WORKBENCH"
    scene.view_settings.view_transform = ("AgX", "Filmic", "Raw", "False Color")[seed]
    before = state(scene)
    viz.render(tmp_path / "still.png", **QUICK)
    np.testing.assert_array_equal(as_bytes(tmp_path / "still.png"), alone)
    assert_same(state(scene), before)
    viz.figure(tmp_path / "page.png", **PAGE)
    assert_same(state(scene), before)
    viz.render(tmp_path / "frames", frames=(1, 1), **QUICK)
    assert_same(state(scene), before)
    np.testing.assert_array_equal(as_bytes(tmp_path / "frames" / "frame_0001.png"), alone)


def test_curves_and_sets_are_not_seen(alone, tmp_path):
    scene = bpy.context.scene
    viz = visualization().build()
    scene.view_settings.use_curve_mapping = True
    curve = scene.view_settings.curve_mapping.curves[3]
    curve.points[0].location = 0.0, 1.0
    scene.view_settings.curve_mapping.update()
    scene.render.use_multiview = True
    scene.render.use_freestyle = True
    scene.animation_data_create()
    scene.view_settings.exposure = 3
    scene.keyframe_insert("view_settings.exposure", frame=1)
    viz.render(tmp_path / "still.png", **QUICK)
    np.testing.assert_array_equal(as_bytes(tmp_path / "still.png"), alone)
    assert tuple(curve.points[0].location) == (0.0, 1.0)


def test_the_start_up_file_is_as_an_empty_one(alone, tmp_path):
    """README's first block, in Blender as it starts."""
    bpy.ops.wm.read_homefile(use_empty=False, use_factory_startup=True)
    visualization().render(tmp_path / "still.png", **QUICK)
    np.testing.assert_array_equal(as_bytes(tmp_path / "still.png"), alone)


def test_other_visualizations_are_seen_when_asked(alone, tmp_path):
    viz = visualization().build()
    other = mm.visualize("C @ D", settings={"C.h": 3, "C.w": 3, "D.w": 3}).build()
    viz.render(tmp_path / "still.png", **QUICK)
    np.testing.assert_array_equal(as_bytes(tmp_path / "still.png"), alone)
    scene = bpy.context.scene
    with picture_scene.opened(viz.built) as (own, _), picture_scene.opened(viz.built, alone=False) as (both, _):
        assert viz.collection in own.collection.children.values()
        assert viz.collection in both.collection.children.values()
        assert other.collection not in own.collection.children.values()
        assert other.collection in both.collection.children.values()
    assert bpy.context.scene == scene and len(bpy.data.scenes) == 1


def beside(viz):
    with picture_scene.opened(viz.built) as (own, _):
        return {obj.name for obj in own.collection.objects}


def test_what_a_person_put_beside_is_seen_as_they_have_it_rendered(fresh_scene):
    viz = visualization().build()
    made = {}
    for name in ("Plain", "Hidden", "Excluded", "Unrendered", "Elsewhere"):
        bpy.ops.mesh.primitive_cube_add()
        made[name] = bpy.context.object
        made[name].name = name
    for name in ("Excluded", "Unrendered"):
        collection = bpy.data.collections.new(name)
        fresh_scene.collection.children.link(collection)
        fresh_scene.collection.objects.unlink(made[name])
        collection.objects.link(made[name])
    bpy.context.view_layer.layer_collection.children["Excluded"].exclude = True
    bpy.data.collections["Unrendered"].hide_render = True
    made["Hidden"].hide_render = True
    fresh_scene.collection.objects.unlink(made["Elsewhere"])
    back = bpy.data.scenes.new("Back")
    back.collection.objects.link(made["Elsewhere"])
    assert beside(viz) == {"Plain", "Hidden"}
    with picture_scene.opened(viz.built) as (own, _):
        assert own.objects["Hidden"].hide_render
    fresh_scene.background_set = back
    assert "Elsewhere" in beside(viz)


def test_our_collection_is_seen_where_a_person_keeps_it_out(alone, tmp_path):
    viz = visualization().build()
    viz.collection.hide_render = True
    bpy.context.view_layer.layer_collection.children[viz.collection.name].exclude = True
    viz.render(tmp_path / "still.png", **QUICK)
    np.testing.assert_array_equal(as_bytes(tmp_path / "still.png"), alone)
    assert viz.collection.hide_render
    assert bpy.context.view_layer.layer_collection.children[viz.collection.name].exclude


def test_a_picture_without_camera_and_world_has_those_of_its_own(alone, tmp_path):
    viz = visualization().build()
    for block in (*[obj for obj in viz.collection.objects if obj.type == "CAMERA"], *bpy.data.worlds):
        (bpy.data.objects if isinstance(block, bpy.types.Object) else bpy.data.worlds).remove(block)
    viz.render(tmp_path / "still.png", **QUICK)
    np.testing.assert_array_equal(as_bytes(tmp_path / "still.png"), alone)
    assert not bpy.data.cameras.get("mm camera.001") and not [obj for obj in bpy.data.objects if obj.type == "CAMERA"]


def test_a_failing_picture_gives_all_back(fresh_scene, tmp_path, monkeypatch):
    viz = visualization(projection="cabinet").build()
    before = state(fresh_scene), [tuple(obj.matrix_basis) for obj in viz.collection.objects]

    def fail(*_):
        raise RuntimeError("no")

    monkeypatch.setattr(still, "_render", fail)
    with pytest.raises(mm.RenderError):
        viz.render(tmp_path / "still.png", **{**QUICK, "size": (40, 80)})
    assert (state(fresh_scene), [tuple(obj.matrix_basis) for obj in viz.collection.objects]) == before
    assert not list(tmp_path.iterdir())


def test_a_persons_cuts_are_followed(fresh_scene):
    """In a scene that is ours, a camera that a person has chosen since is the picture's, and so are their cuts."""
    viz = visualization().build()
    with picture_scene.opened(viz.built) as (own, _):
        assert own.camera in viz.collection.objects.values() and not own.timeline_markers
    theirs = bpy.data.objects.new("Theirs", bpy.data.cameras.new("Theirs"))
    fresh_scene.collection.objects.link(theirs)
    fresh_scene.timeline_markers.new("cut", frame=5).camera = theirs  # which makes it the scene's
    with picture_scene.opened(viz.built) as (own, _):
        assert own.camera == theirs and [marker.camera for marker in own.timeline_markers] == [theirs]


@pytest.mark.slow
def test_many_pictures_leave_nothing(fresh_scene, tmp_path):
    viz = visualization().build()
    viz.figure(tmp_path / "a.png", **PAGE)
    viz.figure(tmp_path / "a.png", look="paper", **PAGE)  # node groups stay in the file, for the next
    before = {kind: len(getattr(bpy.data, kind)) for kind in dir(bpy.data)
              if isinstance(getattr(bpy.data, kind), bpy.types.bpy_prop_collection)}
    for _ in range(2):
        viz.render(tmp_path / "a.png", **QUICK)
        viz.figure(tmp_path / "a.png", **PAGE)
        viz.figure(tmp_path / "a.png", look="paper", **PAGE)
    assert before == {kind: len(getattr(bpy.data, kind)) for kind in before}
