"""Spotlights: which numbers they show, what these say and where they lie."""
import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

import mm_blender as mm  # noqa: E402
from mm_blender.digits import Digits, read as read_digits, RULES  # noqa: E402
from mm_blender.lettering.numerals import DIGIT, INFINITY, POINT, spell, width, write  # noqa: E402
from mm_blender.scene import compat, matrices, spotlight  # noqa: E402
from mm_blender.scene.nodes import spell as spelling  # noqa: E402

STRANGE = [0.0, 1.0, -1.0, 0.25, -0.126, 9.996, 12.344, 99.99, 123.46, -1234.6, 12346.0, 99999.0, 1e5, -123456.0, 7e30,
           0.004, 0.0049, 0.00502, -4.2e-3, 3e-7, -1e-38, 2e-42, 9.97e7, 3.3e38, np.nan, np.inf, -np.inf]


class Written:
    """The numbers that an object of numbers shows, as evaluated: ``texts`` by (row, col), and for each character its
    frame in the world, drawn from the filled glyphs and not from their outlines."""

    def __init__(self, obj):
        evaluated = obj.evaluated_get(bpy.context.evaluated_depsgraph_get())
        geometry = evaluated.evaluated_geometry()
        cloud = geometry.instances_pointcloud()
        self.count = len(cloud.attributes["instance_transform"].data) if cloud else 0
        self.texts, self.frames = {}, {}
        if not self.count:
            return

        def read(name, kind, size=1, cloud=cloud):
            out = np.zeros(self.count * size, kind)
            cloud.attributes[name].data.foreach_get("value", out)
            return out

        frames = read("instance_transform", np.float32, 16).reshape(-1, 4, 4).transpose(0, 2, 1).astype(float)
        frames = np.array(evaluated.matrix_world) @ frames
        reference, row, col, slot = (read(n, np.int32) for n in (".reference_index", "row", "col", "slot"))
        kinds = [part for part in geometry.instance_references()]
        filled = [bool(len(part.mesh.polygons)) and len(part.mesh.polygons) < 200 and part.mesh.materials[0].name
                  for part in kinds]
        names = [part.name for part in kinds]
        ink = compat.modifier_input(obj.modifiers[0], "Ink").name
        found = {}
        for at in range(self.count):
            if filled[reference[at]] == ink:
                found.setdefault((row[at], col[at]), {})[slot[at]] = names[reference[at]], frames[at]
        for key, characters in found.items():
            assert sorted(characters) == list(range(len(characters)))
            self.texts[key] = "".join(characters[k][0] for k in sorted(characters)).replace("−", "-")
            self.frames[key] = np.array([characters[k][1] for k in sorted(characters)])
        del cloud, geometry


def shown(empty) -> dict:
    return {obj["mm_label"]: Written(obj) for obj in spotlight.numbers_of(empty)}


def built(data=None, **more):
    rng = np.random.default_rng(1)
    data = data or {"A": rng.normal(size=(6, 5)), "B": rng.normal(size=(5, 7))}
    return mm.visualize("out = A @ B", data=data, **more).build()


@pytest.mark.parametrize("said", ["0", "2", "4", "0 decimals", "3 decimals, signed", "1 significant",
                                  "3 significant", "6 significant, signed"])
def test_the_nodes_spell_as_the_rule_does(fresh_scene, said):
    digits = Digits(count=int(said)) if said.isdecimal() else read_digits(said)
    rng = np.random.default_rng(0)
    values = np.array(STRANGE + list(rng.normal(size=200) * 10 ** rng.uniform(-6, 7, 200)), np.float32)
    mesh = matrices.points("values", np.zeros((values.size, 3), np.float32), values, values.size)
    obj = bpy.data.objects.new("values", mesh)
    fresh_scene.collection.objects.link(obj)
    modifier = obj.modifiers.new("spell", "NODES")
    modifier.node_group = spelling.build()
    compat.set_modifier_inputs(modifier, {"Decimals": digits.count, "Rule": RULES.index(digits.rule),
                                          "Signed": digits.signed})
    made = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).data.attributes
    read = {}
    for name, kind in (("col", np.int32), ("slot", np.int32), ("glyph", np.int32), ("pen", np.float32)):
        read[name] = np.zeros(len(made[name].data), kind)
        made[name].data.foreach_get("value", read[name])
    wide = {".": POINT, "∞": INFINITY}
    for at, value in enumerate(values):
        here = read["col"] == at
        order = np.argsort(read["slot"][here])
        text = "".join(spelling.GLYPHS[g] for g in read["glyph"][here][order]).replace("−", "-")
        want = write(value, digits)
        if text != want:  # single precision may round the last digit the other way
            assert len(text) == len(want) and ("e" in text) == ("e" in want)
            digit = 10.0 ** -len(want.partition("e")[0].partition(".")[2])
            digit *= 10 ** max(len(want.strip("+-")) - 6, 0) if digit == 1 and digits.rule == "significant" else 1
            mantissas = [float(t.partition("e")[0]) for t in (text, want)]
            assert abs(mantissas[0] - mantissas[1]) < 1.01 * digit and text.partition("e")[2] == want.partition("e")[2]
        cells = np.array([wide.get(c, DIGIT) for c in text])
        np.testing.assert_allclose(read["pen"][here][order], np.cumsum(cells) - cells / 2 - width(text) / 2, atol=1e-5)


@pytest.mark.parametrize("value, decimals, text", [
    (0.25, 2, "0.25"), (-12.5, 2, "-12.50"), (123.46, 2, "123.5"), (12346, 2, "12346"), (1.2345e5, 2, "1.2e5"),
    (0.0042, 2, "4.2e-3"), (-0.0042, 3, "-0.004"), (np.nan, 2, "nan"), (-np.inf, 2, "-∞"), (0, 2, "0.00"),
    (0.23456, 4, "0.2346"), (3.7, 0, "4"), (9.96e-7, 2, "1.0e-6")])
def test_spelling(value, decimals, text):
    assert spell(value, decimals) == text


def test_numbers_are_those_of_the_elements_around_the_empty(fresh_scene):
    viz = built()
    empty = spotlight.add(viz.collection, radius=0.001)
    assert empty.type == "EMPTY" and [obj["mm_label"] for obj in spotlight.numbers_of(empty)]
    for path, radius in (("root", 0.243), ("root.left", 0.157), ("root.right", 0.407), ("root", 100.0)):
        matrix = next(o for o in viz.collection.objects if o.get("mm_path") == path and "mm_role" in o)
        empty.location, empty.scale = spotlight.middle(matrix), [radius] * 3
        seen = shown(empty)
        for obj in spotlight.matrices(viz.collection):
            local = np.array([tuple(v.co) for v in obj.data.vertices])
            world = local @ np.array(obj.matrix_world)[:3, :3].T + np.array(obj.matrix_world)[:3, 3]
            near = np.linalg.norm(world - np.array(empty.location), axis=1) <= radius
            values = viz.values[obj["mm_path"]]
            want = {divmod(int(at), values.shape[1]) for at in np.flatnonzero(near)}
            have = seen[obj["mm_path"]].texts
            assert set(have) == want
            assert all(text == spell(values[key]) for key, text in have.items())


def test_numbers_read_from_the_camera_and_lie_on_the_face_it_sees(fresh_scene):
    viz = built()
    empty = spotlight.add(viz.collection, (0, 0, 0), 100)
    camera = fresh_scene.camera
    view = np.linalg.inv(np.array(camera.matrix_world))
    for path, written in shown(empty).items():
        assert written.texts
        obj = next(o for o in spotlight.matrices(viz.collection) if o["mm_path"] == path)
        for (row, col), frames in written.frames.items():
            across = (view @ frames[:, :, 3].T)[:3]
            on_screen = across[:2] / -across[2]
            assert (np.diff(on_screen[0]) > 0).all() or len(frames) == 1, "left to right"
            up = (view @ (frames[0, :, 3] + frames[0, :, 1]))[:3]
            assert up[1] / -up[2] > on_screen[1, 0], "upright"
            assert frames[0, :3, 2] @ (np.array(camera.matrix_world)[:3, 3] - frames[0, :3, 3]) > 0, "not mirrored"
            middle = obj.matrix_world @ obj.data.vertices[row * obj["mm_cols"] + col].co
            out = frames[0, :3, 2] / np.linalg.norm(frames[0, :3, 2])
            above = (frames[:, :3, 3] - np.array(middle)) @ out
            assert (above > 0.0099).all()  # outside of the smallest cube at least
            assert np.abs(frames[:, :3, 3] - np.array(middle) - above[:, None] * out).max() < 0.05, "in its cell"


def test_numbers_follow_a_sweep_and_keys_on_the_empty(fresh_scene):
    viz = built(settings={"anim.alg": "vvprod"}, frames_per_step=1, smooth=False)
    result = next(o for o in viz.collection.objects if o.get("mm_role") == "result")
    empty = spotlight.add(viz.collection, spotlight.middle(result), 100)
    a, b = viz.values["root.left"].astype(float), viz.values["root.right"].astype(float)
    compat.key_linear(empty, "scale", 0, [(1, 100.0), (4, 100.0), (5, 0.0)], "mm shrink")
    for step in (2, 0):
        fresh_scene.frame_set(fresh_scene.frame_start + step)
        partial = (a[:, :step + 1] @ b[:step + 1]).astype(np.float32)
        texts = shown(empty)["root"].texts
        assert len(texts) == partial.size
        assert sum(text == spell(partial[key]) for key, text in texts.items()) >= partial.size - 1
    fresh_scene.frame_set(5)
    assert not any(written.count for written in shown(empty).values())


def test_too_many_numbers_become_those_in_the_middle(fresh_scene):
    rng = np.random.default_rng(0)
    viz = built({"A": rng.normal(size=(90, 3)), "B": rng.normal(size=(3, 90))})
    result = next(o for o in viz.collection.objects if o.get("mm_role") == "result")
    empty = spotlight.add(viz.collection, spotlight.middle(result), 100)
    obj, = [o for o in spotlight.numbers_of(empty) if o["mm_label"] == "root"]
    keys = np.array(list(Written(obj).texts))
    assert len(keys) == 4000 and np.abs(keys.mean(0) - 44.5).max() < 1


def test_deleting_things_by_hand_breaks_nothing(fresh_scene):
    viz = built()
    first, second = (spotlight.add(viz.collection, (0, 0, 0), 100) for _ in range(2))
    assert len(spotlight.numbers_of(first)) == len(spotlight.numbers_of(second)) == 3
    orphans = spotlight.numbers_of(second)
    bpy.data.objects.remove(second)
    assert not any(Written(obj).count for obj in orphans)
    bpy.data.objects.remove(fresh_scene.camera)
    assert all(written.count for written in shown(first).values())
    bpy.data.objects.remove(next(o for o in viz.collection.objects if o.get("mm_path") == "root.left"))
    assert set(shown(first)) >= {"root", "root.right"}
    spotlight.attach(first, viz.collection)
    assert set(shown(first)) == {"root", "root.right"}
    spotlight.remove(first)
    assert not spotlight.numbers_of(first) if first in bpy.data.objects.values() else True


def test_a_collection_without_matrices_is_an_error_in_words(fresh_scene):
    with pytest.raises(mm.MMError, match="no matrix"):
        spotlight.add(bpy.data.collections.new("empty"))
