"""Letters of scenes and pictures: upright, of one size, at their place in the picture, beside the data and not over
each other; they turn with the camera, stay as a person has moved them, and leave nothing behind."""
import itertools
import shutil
import subprocess

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

from bpy_extras.object_utils import world_to_camera_view  # noqa: E402

import mm_blender as mm  # noqa: E402
from mm_blender.document import (  # noqa: E402
    matrices_on_page,  # noqa: E402
    turning,
)
from mm_blender.lettering import polygons  # noqa: E402
from mm_blender.lettering.page import Page  # noqa: E402
from mm_blender.options import LOOKS  # noqa: E402
from mm_blender.scene import letters, parts  # noqa: E402

SIZE = (1280, 800)
SHAPES = {"2x3": (2, 3, 2), "4x4": (4, 4, 4), "1x1": (1, 1, 1), "1xn": (1, 40, 1), "32": (32, 24, 32)}
TOKENS = "[CLS] die Katze saß 猫 on the 🐈 mat [SEP]".split()


def sized(h, d, w, **more):
    return {"A.h": h, "A.w": d, "B.w": w, **more}


def texts_of(viz) -> list:
    return [obj for obj in parts.of(viz.collection, parts.LETTER) if obj.type == "FONT"]


def in_picture(scene, obj, local=(0.0, 0.0, 0.0)) -> np.ndarray:
    """Where a point of an object is in the picture, pixels from the lower left corner."""
    place = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).matrix_world
    from mathutils import Vector
    return np.array(world_to_camera_view(scene, scene.camera, place @ Vector(local))[:2]) * SIZE


def check(scene, viz) -> None:
    """Every text of the sheet stands where it was laid out, level or along its angle, at its size."""
    sheet = viz.composed(SIZE).sheet
    bpy.context.view_layer.update()
    wanted = [(run, text) for text in sheet.texts for run in text.runs if run.text.strip()]
    held = texts_of(viz)
    assert sorted(obj.data.body for obj in held) == sorted(run.text for run, _ in wanted)
    at = {}
    for obj in held:
        start, right, up = (in_picture(scene, obj, point) for point in ((0, 0, 0), (0.05, 0, 0), (0, 0.05, 0)))
        at.setdefault(obj.data.body, []).append((start, right - start, up - start))
    inch = sheet.page.dpi
    for run, text in wanted:
        where = np.array(text.origin(run)) * inch
        start, right, up = min(at[run.text], key=lambda each: np.linalg.norm(each[0] - where))
        assert np.linalg.norm(start - where) < 1.0, (run.text, start, where)
        angle = np.degrees(np.arctan2(right[1], right[0]))
        assert abs(angle - text.angle) < 0.5 and abs(right @ up) < 0.02 * np.linalg.norm(right) * np.linalg.norm(up)
        assert np.linalg.norm(right) / 0.05 == pytest.approx(inch, rel=0.02) == np.linalg.norm(up) / 0.05
        assert right[0] * up[1] - right[1] * up[0] > 0, f"{run.text} is mirrored"
    for a, b in itertools.combinations(sheet.texts, 2):
        assert not polygons.overlap(a.box(), b.box()), (a.text, b.text)
    assert {text.size_pt for text in sheet.texts if text.kind == "name"} == {sheet.page.font_pt}


@pytest.mark.parametrize("projection", ["perspective", "orthographic", "isometric", "cabinet"])
@pytest.mark.parametrize("shape", SHAPES)
def test_letters_stand_where_they_were_laid_out(fresh_scene, shape, projection):
    fresh_scene.render.resolution_x, fresh_scene.render.resolution_y = SIZE
    viz = mm.visualize("A @ B", settings=sized(*SHAPES[shape]), projection=projection).build()
    check(fresh_scene, viz)
    names = {text.text for text in viz.composed(SIZE).sheet.texts if text.kind == "name"}
    assert names == {"A", "B", "A @ B"}


@pytest.mark.parametrize("look", LOOKS)
def test_every_look_has_them_in_an_ink_that_is_seen(fresh_scene, look):
    from mm_blender.appearance.looks import LOOKS as made
    from mm_blender.document.light import contrast, luminance

    fresh_scene.render.resolution_x, fresh_scene.render.resolution_y = SIZE
    viz = mm.visualize("A @ B", settings=sized(3, 3, 3), look=look).build()
    check(fresh_scene, viz)
    ground = luminance(np.array(made[look].ground))
    for obj in texts_of(viz):
        ink = luminance(np.array(obj.data.materials[0].diffuse_color[:3]))
        assert contrast(ink, ground) > 3, (look, obj.data.body)


@pytest.mark.parametrize("name", ["a_very_long_name_of_a_matrix_that_goes_on", "Größe", "注意力", "W_Q", "x" * 60])
def test_long_and_foreign_names(fresh_scene, name):
    fresh_scene.render.resolution_x, fresh_scene.render.resolution_y = SIZE
    viz = mm.visualize("A @ B", settings={"left.h": 4, "left.w": 4, "right.w": 4, "left.name": name}).build()
    check(fresh_scene, viz)
    assert any(text.path == "root.left" and text.kind == "name" for text in viz.composed(SIZE).sheet.texts)


def test_labels_of_tokens(fresh_scene):
    fresh_scene.render.resolution_x, fresh_scene.render.resolution_y = SIZE
    many = len(TOKENS)
    viz = mm.visualize("out = (attn = softmax(Q @ K_t)) @ V",
                       settings={"Q.h": many, "Q.w": 6, "K_t.w": many, "V.w": 6}).labelled(
        {"root.left": {"rows": TOKENS, "cols": TOKENS}}).build()
    check(fresh_scene, viz)
    words = [obj.data.body for obj in texts_of(viz) if obj["mm_kind"] == "label"]
    assert len(words) >= many and all(obj["mm_label"] == "root.left" for obj in texts_of(viz)
                                      if obj["mm_kind"] == "label")


@pytest.mark.parametrize("lettering", ["beside", "planes"])
def test_labels_reach_what_is_built_already(fresh_scene, lettering):
    viz = mm.visualize("A @ B", settings=sized(2, 4, 2), lettering=lettering).build()
    other, = mm.visualizations()
    viz.labelled({"root": {"rows": ["the", "cat"], "cols": ["sat", "down"]}})
    held = {obj.data.body for obj in viz.collection.all_objects if obj.type == "FONT"}
    assert held >= {"the", "cat", "sat", "down"}
    other.follow()
    assert other.labels == viz.labels == {"root": {"rows": ["the", "cat"], "cols": ["sat", "down"]}}
    with pytest.raises(mm.ParameterError, match="3 labels for the rows"):
        viz.labelled({"root": {"rows": ["a", "b", "c"]}})
    assert other.labels == viz.labels


def test_they_turn_with_the_camera_without_python(fresh_scene):
    viz = mm.visualize("A @ B", settings=sized(4, 4, 4)).build()
    empties = [obj for obj in parts.of(viz.collection, parts.LETTER) if obj.type == "EMPTY"]
    assert len(empties) == 3 and all(obj.constraints[0].type == "COPY_ROTATION" for obj in empties)
    assert not any(obj.animation_data and obj.animation_data.drivers for obj in bpy.data.objects)
    camera = fresh_scene.camera
    camera.location.x += 2
    camera.rotation_mode = "XYZ"
    camera.rotation_euler.z += 0.4
    bpy.context.view_layer.update()
    graph = bpy.context.evaluated_depsgraph_get()
    for obj in empties:
        seen = obj.evaluated_get(graph).matrix_world.to_quaternion()
        assert abs(seen.dot(camera.matrix_world.to_quaternion())) == pytest.approx(1, abs=1e-5)


def test_moving_the_whole_moves_them(fresh_scene):
    viz = mm.visualize("A @ B", settings=sized(4, 4, 4)).build()
    bpy.context.view_layer.update()
    before = {obj: obj.matrix_world.translation.copy() for obj in texts_of(viz) if obj["mm_label"]}
    parts.root_of(viz.collection).location.x += 3
    bpy.context.view_layer.update()
    for obj, place in before.items():
        assert np.allclose(obj.matrix_world.translation - place, (3, 0, 0), atol=1e-5)


@pytest.mark.parametrize("lettering, names, planes", [("beside", True, False), ("planes", False, True),
                                                      ("none", False, False)])
def test_the_choice_of_lettering(fresh_scene, lettering, names, planes):
    viz = mm.visualize("A @ B", settings=sized(4, 4, 4), lettering=lettering).build()

    def kinds():
        return (bool([obj for obj in texts_of(viz) if obj["mm_label"]]),
                bool([obj for obj in parts.of(viz.collection, parts.MARK) if obj.type == "FONT"]))

    assert kinds() == (names, planes)
    for other, wanted in (("planes", (False, True)), ("beside", (True, False)), ("none", (False, False))):
        viz.change(lettering=other)
        assert kinds() == wanted
    with pytest.raises(mm.ParameterError, match="there is no lettering 'over'; known are beside, planes, none"):
        viz.edited(lettering="over")


@pytest.mark.parametrize("lettering", ["beside", "planes"])
def test_keys_stand_at_the_side_or_below(fresh_scene, lettering):
    viz = mm.visualize("A @ B", settings=sized(4, 4, 4), keys=True, lettering=lettering).build()
    strips = [obj for obj in viz.collection.all_objects if obj.name.startswith("mm key") and obj.type == "MESH"]
    assert strips and {obj["mm_part"] for obj in strips} == {parts.LETTER if lettering == "beside" else parts.KEY}
    viz.change(keys=False)
    assert not [obj for obj in viz.collection.all_objects if obj.name.startswith("mm key") and obj.type == "MESH"]


def test_a_picture_has_letters_of_its_size_and_leaves_the_scene_s(fresh_scene, tmp_path):
    viz = mm.visualize("A @ B", settings=sized(4, 4, 4)).build()

    def state():
        return sorted((obj.name, obj.hide_render, tuple(np.ravel(obj.matrix_basis).round(6)), obj["mm_part"])
                      for obj in viz.collection.all_objects)

    before, count = state(), len(bpy.data.objects)
    viz.render(tmp_path / "a.png", size=(100, 160), samples=1, engine="workbench", progress=False)
    viz.figure(tmp_path / "b.png", (2, 2), 50, quality="preview", samples=1, keys=False)
    assert state() == before and len(bpy.data.objects) == count


def test_a_name_that_a_person_moved_stays_there(fresh_scene, tmp_path):
    viz = mm.visualize("A @ B", settings=sized(4, 4, 4)).build()
    empty = next(obj for obj in parts.of(viz.collection, parts.LETTER) if obj.type == "EMPTY")
    assert not letters.touched(viz.collection)
    empty.location.z += 0.3
    assert letters.touched(viz.collection)
    before = len(bpy.data.objects)
    viz.render(tmp_path / "a.png", size=(64, 40), samples=1, engine="workbench", progress=False)
    assert len(bpy.data.objects) == before and not empty.hide_render


def test_the_arrow_hides_nothing_and_is_explained(fresh_scene):
    fresh_scene.render.resolution_x, fresh_scene.render.resolution_y = SIZE
    clear = mm.visualize("out = A @ B", settings=sized(12, 8, 12)).build()
    sheet = clear.composed(SIZE).sheet
    flow, = [obj for obj in parts.of(clear.collection, parts.MARK) if letters.FLOW in obj]
    said = [text.text for text in sheet.texts if text.kind == "arrow"]
    assert bool(sheet.arrows) == (not flow.hide_render) == bool(said)
    if said:
        assert said == ["rows of A meet", "columns of B"] and len(sheet.vanes) == 2
    for text, settings in (("none", {"deco.flow guides": 0}), ("swept", {"anim.alg": "vmprod"})):
        other = mm.visualize("out = A @ B", settings=sized(12, 8, 12, **settings))
        assert not other.composed(SIZE).sheet.arrows, text


def test_the_arrow_follows_values(fresh_scene):
    """One that would hide elements which were zero goes, with what explains it, and comes again."""
    fresh_scene.render.resolution_x, fresh_scene.render.resolution_y = SIZE
    rng = np.random.default_rng(0)
    left, right = rng.normal(size=(15, 15)), rng.normal(size=(15, 15))
    viz = mm.visualize("A @ B", data={"A": left, "B": right * np.eye(15)}).build()
    for given, shown in ((right * np.eye(15), True), (right, False), (right * np.eye(15), True)):
        viz.change(data={"B": given})
        flow, = [obj for obj in parts.of(viz.collection, parts.MARK) if letters.FLOW in obj]
        assert not flow.hide_render == bool(viz.composed(SIZE).sheet.arrows) == shown
        assert any(obj.data.body.startswith("rows of") for obj in texts_of(viz)) == shown


def test_values_that_move_no_arrow_lay_nothing_out_anew(fresh_scene, monkeypatch):
    viz = mm.visualize("A @ B", settings=sized(4, 4, 4)).build()
    monkeypatch.setattr(letters, "put", lambda *_: pytest.fail("laid out anew"))
    viz.change({"A.init": "gaussian"})


def test_names_of_what_turns_stay_in_the_picture_and_never_jump(fresh_scene):
    viz = mm.visualize("out = (attn = Q @ K_t) @ V",
                       settings={"Q.h": 6, "Q.w": 4, "K_t.w": 6, "V.w": 4, "anim.spin": 6})
    assert viz.group.turns
    page = Page.of_picture(SIZE)
    made = viz.composed(SIZE)
    assert {text.text for each in made.standing for text in each.texts if text.kind == "name"} == {
        "Q", "KT", "V", "attn", "out"}
    for view in turning._views(made.camera):
        for each in made.standing:
            box = turning._box(each, view, page)
            assert (box > 0).all() and (box < (page.width, page.height)).all(), each.texts[0].text
    viz.build()
    places = []
    for frame in (fresh_scene.frame_start, fresh_scene.frame_end // 2):
        fresh_scene.frame_set(frame)
        places.append([obj.matrix_world.translation.copy() for obj in parts.of(viz.collection, parts.LETTER)
                       if obj.type == "EMPTY"])
    assert places[0] == places[1]


def test_a_small_product_leaves_little_empty():
    """The three faces stand close together: the elements' part of the picture is about that of large matrices."""
    def share(h, d, w):
        viz = mm.visualize("A @ B", settings=sized(h, d, w))
        camera = viz.composed(SIZE).camera
        seen = [polygons.hull(camera.page(each.points(slab), SIZE[0] / SIZE[1]) * SIZE)
                for each in matrices_on_page.matrices(viz.group) for slab in [matrices_on_page.slab(each.node)]]
        return sum(map(area, seen)) / (SIZE[0] * SIZE[1])

    def area(polygon):
        (x, y), (x2, y2) = polygon.T, np.roll(polygon, -1, 0).T
        return 0.5 * abs(float((x * y2 - y * x2).sum()))

    assert share(2, 3, 2) > 0.75 * share(32, 24, 32) and share(4, 4, 4) > 0.8 * share(32, 32, 32)


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("tesseract"), reason="tesseract is not installed (Debian: tesseract-ocr)")
@pytest.mark.parametrize("look", ["paper", "dark"])
@pytest.mark.parametrize("shape", ["2x3", "4x4"])
def test_names_and_shapes_are_read_at_half_the_size(fresh_scene, tmp_path, look, shape):
    Image = pytest.importorskip("PIL.Image")
    h, d, w = SHAPES[shape]
    viz = mm.visualize("first @ second", settings={"first.h": h, "first.w": d, "second.w": w}, look=look)
    viz.render(tmp_path / "a.png", size=(1600, 1000), samples=2, quality="preview", progress=False)
    seen = Image.open(tmp_path / "a.png").convert("L")
    if look == "dark":
        seen = seen.point(lambda v: 255 - v)
    seen.resize((800, 500), Image.LANCZOS).resize((2400, 1500), Image.LANCZOS).save(tmp_path / "b.png", dpi=(300, 300))
    read = subprocess.run(["tesseract", str(tmp_path / "b.png"), "-", "--psm", "11"], capture_output=True, text=True,
                          timeout=120).stdout.lower()
    assert "first" in read and "second" in read
