"""Whose a scene is: what a build takes of it, how that is given back, and what of a person's stays whatever happens."""
import pytest

bpy = pytest.importorskip("bpy")

import mm_blender as mm  # noqa: E402
from mm_blender.scene import (  # noqa: E402
    authorship,
    borrowed_scene,
    matrices,
    needs,
    parts,
    saved_state,
    startup,
    sweep_frames,
    tiles,
)

SMALL = {"A.h": 3, "A.w": 2, "B.w": 2}
SWEEP = {**SMALL, "anim.alg": "vmprod"}


def small(settings=SMALL, **options):
    return mm.visualize("C = A @ B", settings=settings, **options)


def seen(scene) -> dict:
    """What a build takes of a scene that is ours."""
    return {path: needs.read(scene, path) for path in needs.PATHS if needs.has(scene, path)} | {
        "keys": sorted(scene.keys()), "markers": len(scene.timeline_markers)}


@pytest.fixture
def new_file():
    """Blender's start-up file, as it comes."""
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    return bpy.context.scene


def cube(name="Mine"):
    obj = bpy.data.objects.new(name, bpy.data.meshes.new(name))
    bpy.context.scene.collection.objects.link(obj)
    return obj


# ---- an empty scene

def test_an_empty_scene_is_taken_and_given_back(fresh_scene):
    before = seen(fresh_scene)
    viz = small(SWEEP).build()
    assert fresh_scene.camera == needs.camera_of(viz.collection) and fresh_scene.world == viz.collection["mm_world"]
    assert fresh_scene.view_settings.view_transform == "Standard" and fresh_scene.timeline_markers
    assert fresh_scene.frame_end == sweep_frames.of(viz.collection)[1] != 250
    viz.remove()
    assert seen(fresh_scene) == before
    assert not bpy.data.worlds and not [block for block in bpy.data.materials if block.users]


def test_it_is_given_back_in_another_session(fresh_scene, tmp_path):
    before = seen(fresh_scene)
    small(SWEEP).build()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
    mm.clear()
    assert seen(bpy.context.scene) == before


def test_the_last_that_took_gives_back(fresh_scene):
    before = seen(fresh_scene)
    first, second = small(SWEEP).build(), small({**SWEEP, "A.h": 9}, look="paper").build()
    last = fresh_scene.frame_end
    second.remove()
    assert fresh_scene.camera == needs.camera_of(first.collection) and fresh_scene.world == first.collection["mm_world"]
    assert fresh_scene.frame_end == sweep_frames.of(first.collection)[1] < last
    first.remove()
    assert seen(fresh_scene) == before


def test_what_a_person_sets_stays(fresh_scene):
    fresh_scene.frame_end, fresh_scene.view_settings.exposure = 99, 1.5
    viz = small(SWEEP).build()
    assert fresh_scene.frame_end == 99 and fresh_scene.view_settings.view_transform == "AgX"
    assert fresh_scene.camera and fresh_scene.world  # they have none of their own
    fresh_scene.render.film_transparent = True       # and afterwards
    fresh_scene.world = bpy.data.worlds.new("Sky")
    viz.change(look="paper")
    assert fresh_scene.world.name == "Sky" and fresh_scene.render.film_transparent
    viz.remove()
    assert fresh_scene.world.name == "Sky" and fresh_scene.render.film_transparent and fresh_scene.frame_end == 99
    assert fresh_scene.camera is None


def test_a_camera_that_a_person_made_active_stays_that(fresh_scene):
    viz = small().build()
    theirs = bpy.data.objects.new("Theirs", bpy.data.cameras.new("Theirs"))
    fresh_scene.collection.objects.link(theirs)
    fresh_scene.camera = theirs
    viz.change(look="paper")
    assert fresh_scene.camera == theirs
    assert borrowed_scene.pictured(viz.collection, fresh_scene)[needs.CAMERA] == theirs  # as F12 does
    viz.remove()
    assert fresh_scene.camera == theirs


def test_a_world_that_a_person_edited_is_theirs(fresh_scene):
    viz = small().build()
    world = fresh_scene.world
    next(n for n in world.node_tree.nodes if n.bl_idname == "ShaderNodeBackground").inputs["Strength"].default_value = 7
    viz.change(look="paper")
    assert fresh_scene.world == world
    viz.remove()
    assert fresh_scene.world == world


# ---- the start-up file

def test_the_start_up_file_is_nobodys(new_file):
    world, camera = new_file.world, new_file.camera
    viz = small().build()
    assert borrowed_scene.owns(viz.collection, new_file) and new_file.camera != camera
    assert bpy.data.objects["Cube"].hide_render and bpy.data.objects["Cube"].hide_get()
    assert [obj.name for obj in startup.untouched(new_file)] == ["Cube", "Light", "Camera"]
    assert world.users  # kept until it is given back
    viz.remove()
    assert new_file.world == world and new_file.camera == camera
    assert not bpy.data.objects["Cube"].hide_render and not bpy.data.objects["Light"].hide_get()
    assert not bpy.data.objects["Cube"].keys()


@pytest.mark.parametrize("touch", [
    lambda: setattr(bpy.data.objects["Cube"], "location", (0, 0, 1)),
    lambda: setattr(bpy.data.objects["Cube"], "name", "Box"),
    lambda: bpy.data.objects["Cube"].modifiers.new("Bevel", "BEVEL"),
    lambda: setattr(bpy.data.meshes["Cube"].vertices[0].co, "x", 3.0),
    lambda: bpy.data.objects["Cube"].data.materials.append(bpy.data.materials.new("Gold")),
    lambda: setattr(bpy.data.materials["Material"].node_tree.nodes["Principled BSDF"].inputs[0], "default_value",
                    (1, 0, 0, 1)),
    lambda: setattr(bpy.data.lights["Light"], "energy", 5.0),
    lambda: setattr(bpy.data.cameras["Camera"], "lens", 85.0),
    lambda: bpy.data.objects["Light"].keyframe_insert("location"),
    lambda: setattr(bpy.data.objects["Camera"], "parent", bpy.data.objects["Cube"]),
    lambda: setattr(bpy.data.worlds["World"].node_tree.nodes["Background"].inputs[1], "default_value", 2.0),
    lambda: cube(),
])
def test_one_touch_makes_it_a_persons(new_file, touch):
    touch()
    before = seen(new_file)
    viz = small(SWEEP).build()
    assert not borrowed_scene.owns(viz.collection, new_file) and seen(new_file) == before
    assert not bpy.data.objects[-1].hide_render or "mm_part" in bpy.data.objects[-1]


def test_one_that_a_person_shows_again_is_theirs(new_file):
    small().build()
    bpy.data.objects["Cube"].hide_render = False
    assert [obj.name for obj in startup.untouched(new_file)] == ["Light", "Camera"]


# ---- a person's scene

def strip(scene):
    ends = {"length": 9} if hasattr(scene, "compositing_node_group") else {"frame_end": 10}
    scene.sequence_editor_create().strips.new_effect(name="Mine", type="COLOR", channel=1, frame_start=1, **ends)


@pytest.mark.parametrize("hold", [
    lambda scene: cube(),
    lambda scene: setattr(scene, "world", bpy.data.worlds.new("Sky")),
    strip,
    lambda scene: scene.timeline_markers.new("Mine", frame=7),
    lambda scene: scene.view_layers.new("Second"),
    lambda scene: scene.keyframe_insert("gravity"),
])
def test_a_persons_scene_is_left_alone(fresh_scene, hold):
    hold(fresh_scene)
    before = seen(fresh_scene)
    viz = small(SWEEP).build()
    assert seen(fresh_scene) == before
    lights = parts.of(viz.collection, parts.LIGHT)
    assert lights and all(obj.hide_render and obj.hide_viewport for obj in lights)
    viz.change({"anim.alg": "axpy"}, look="paper")
    assert seen(fresh_scene) == before
    wanted = borrowed_scene.pictured(viz.collection, fresh_scene)  # its pictures have all that
    assert wanted[needs.CAMERA] == needs.camera_of(viz.collection)
    assert wanted[needs.GROUND].get("mm_look") and (wanted[needs.START], wanted[needs.END]) == \
        sweep_frames.of(viz.collection)
    viz.remove()
    assert seen(fresh_scene) == before


def test_it_is_taken_if_that_is_asked(fresh_scene):
    theirs = bpy.data.objects.new("Theirs", bpy.data.cameras.new("Theirs"))
    fresh_scene.collection.objects.link(theirs)
    fresh_scene.camera, fresh_scene.world = theirs, bpy.data.worlds.new("Sky")
    fresh_scene.view_settings.view_transform, fresh_scene.frame_end = "Raw", 77
    before = seen(fresh_scene)
    viz = small(SWEEP).build(own_scene=True)
    assert fresh_scene.camera != theirs and fresh_scene.world.name != "Sky" and fresh_scene.frame_end != 77
    assert fresh_scene.view_settings.view_transform == "Standard" and bpy.data.worlds["Sky"].users == 1
    assert not any(obj.hide_render for obj in parts.of(viz.collection, parts.LIGHT))
    viz.change(look="paper")
    viz.remove()
    assert seen(fresh_scene) == before and not bpy.data.worlds["Sky"].use_fake_user


def test_an_empty_one_is_not_taken_if_that_is_refused(fresh_scene):
    before = seen(fresh_scene)
    small(SWEEP).build(own_scene=False)
    assert seen(fresh_scene) == before


def test_a_row_takes_as_one(fresh_scene):
    before = seen(fresh_scene)
    row = mm.side_by_side([small(), small(look="dark")]).build()
    assert fresh_scene.camera == needs.camera_of(row.collection)
    row.remove()
    assert seen(fresh_scene) == before
    cube()
    mm.side_by_side([small(), small()]).build("pair")
    assert seen(fresh_scene) == before


# ---- what a person adds to what we made

def test_what_a_person_puts_into_the_collection_is_theirs(fresh_scene):
    viz = small().build()
    mine, inner = cube(), bpy.data.collections.new("Theirs")
    fresh_scene.collection.objects.unlink(mine)
    viz.collection.objects.link(mine)
    viz.collection.children.link(inner)
    hung = cube("Hung")
    hung.parent = parts.root_of(viz.collection)
    hung.location = 1, 2, 3
    bpy.context.view_layer.update()
    viz.change({"layout.gap": 7}, look="paper")
    assert "mm_part" not in mine and mine.parent is None
    viz.remove()
    assert {mine, hung} <= set(fresh_scene.objects) and inner in fresh_scene.collection.children.values()
    assert tuple(hung.matrix_world.translation) == (1, 2, 3)


@pytest.mark.parametrize("representation", ["instances", "faces", "tiles"])
def test_a_look_leaves_a_persons_materials(fresh_scene, representation):
    viz = small(representation=representation).build()
    mine, ink = bpy.data.materials.new("Mine"), bpy.data.materials.new("Ink")
    matrix = parts.find(viz.collection, "root.left")
    if representation == "tiles":
        from mm_blender.scene import compat

        compat.set_modifier_input(matrix.modifiers[matrices.MODIFIER], "Material", mine)
    else:
        matrices.element_of(matrix).data.materials[0] = mine
    legend = next(obj for obj in parts.of(viz.collection, parts.LETTER) if obj.type == "FONT")
    name = legend.name
    legend.material_slots[0].material = ink
    for change in ({"look": "paper"}, {"settings": {"viz.cmap": "viridis"}}, {"settings": {"layout.gap": 6}}):
        viz.change(**change)
        matrix = parts.find(viz.collection, "root.left")
        shown = tiles.material_of(matrix) or matrices.element_of(matrix).active_material
        assert shown == mine, change
        assert bpy.data.objects[name].material_slots[0].material == ink and not ink.use_fake_user
    viz.remove()
    assert mine.users and ink.users  # nothing of theirs is lost


def test_a_material_of_ours_that_a_person_edited_is_theirs(fresh_scene):
    viz = small(representation="faces").build()
    material = matrices.element_of(parts.find(viz.collection, "root")).active_material
    assert authorship.is_ours(material)
    material.node_tree.nodes.new("ShaderNodeBsdfDiffuse")
    assert not authorship.is_ours(material)
    viz.change(look="paper")
    assert matrices.element_of(parts.find(viz.collection, "root")).active_material == material


def test_an_element_that_a_person_chose_stays(fresh_scene):
    from mm_blender.scene import compat

    viz, ball = small(representation="instances").build(), cube("Ball")
    matrix = parts.find(viz.collection, "root")
    compat.set_modifier_input(matrix.modifiers[matrices.MODIFIER], "Element", ball)
    viz.change(look="paper")
    assert matrices.element_of(parts.find(viz.collection, "root")) == ball


# ---- linked

@pytest.fixture
def linked(fresh_scene, tmp_path):
    small(SWEEP).build()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "source.blend"))
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    with bpy.data.libraries.load(str(tmp_path / "source.blend"), link=True) as (source, target):
        target.collections = [name for name in source.collections if name.startswith("mm")][:1]
    bpy.context.scene.collection.children.link(target.collections[0])
    viz, = mm.visualizations()
    return viz


def test_what_is_linked_is_refused_by_that_name(linked):
    from mm_blender.scene import build, pins, probe, spotlight

    hit = probe.Hit.__new__(probe.Hit)
    for act in (lambda: linked.change({"layout.gap": 9}), lambda: linked.change(look="paper"),
                lambda: build.rebuild(linked.document, linked.collection),
                lambda: build.frame_camera(linked.built, 1.0),
                lambda: spotlight.add(linked.collection), lambda: pins.pin(linked.collection, hit),
                lambda: borrowed_scene.take_over(linked.collection, bpy.context.scene)):
        with pytest.raises(mm.LinkedError, match="is linked from the library .*source.blend.*append"):
            act()
    assert linked.params["layout"]["gap"] != 9 and linked.values["root"].shape == (3, 2) and linked.info()


def test_what_is_linked_is_rendered(linked, tmp_path):
    drawn = []
    for viz, name in ((linked, "linked"), (small(SWEEP), "own")):
        if name == "own":
            bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
        viz.render(tmp_path / f"{name}.png", size=(48, 32), samples=1, quality="draft", progress=False)
        image = bpy.data.images.load(str(tmp_path / f"{name}.png"))
        drawn.append(image.pixels[:])
    assert drawn[0] == drawn[1]


def test_a_link_can_be_cut_where_it_is(linked):
    before = seen(bpy.context.scene)
    mm.clear()
    assert not mm.visualizations() and seen(bpy.context.scene) == before
    assert not saved_state.visualizations(bpy.context.scene)


def test_a_link_within_a_link_stays(linked, tmp_path):
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    whole = bpy.data.collections.new("Set")
    bpy.context.scene.collection.children.link(whole)
    viz = small().build()
    whole.children.link(viz.collection)
    bpy.context.scene.collection.children.unlink(viz.collection)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "set.blend"))
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    with bpy.data.libraries.load(str(tmp_path / "set.blend"), link=True) as (_, target):
        target.collections = ["Set"]
    bpy.context.scene.collection.children.link(target.collections[0])
    with pytest.raises(mm.LinkedError, match="cannot be removed"):
        mm.clear()


def overridden(viz):
    """The library override of what is linked."""
    viz.collection.override_hierarchy_create(bpy.context.scene, bpy.context.view_layer)
    return next(viz for viz in mm.visualizations() if not viz.collection.library)


def test_an_override_is_linked_too(linked):
    viz = overridden(linked)
    with pytest.raises(mm.LinkedError, match="linked"):
        viz.change({"layout.gap": 9})


@pytest.mark.parametrize("of", [lambda viz: viz, overridden], ids=["linked", "override"])
def test_nothing_is_built_in_the_place_of_what_is_linked(linked, of, monkeypatch):
    from mm_blender.scene import build

    viz = of(linked)
    before = seen(bpy.context.scene)
    monkeypatch.setattr(build, "build", lambda *_: pytest.fail("built"))
    for act in (viz.build, lambda: viz.build(name="other"), lambda: mm.side_by_side([small(), viz]).build()):
        with pytest.raises(mm.LinkedError, match="cannot be replaced here"):
            act()
    assert seen(bpy.context.scene) == before and viz.options.name is None


def test_of_several_all_are_removed_or_none(linked):
    viz = overridden(linked)
    own = small().build()
    row = mm.side_by_side([own, viz])
    for act in (row.remove, mm.clear):
        with pytest.raises(mm.LinkedError, match="cannot be removed here"):
            act()
    assert own.is_built and viz.is_built
