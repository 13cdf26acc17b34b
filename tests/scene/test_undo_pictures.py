"""Undo and redo, across all that is done with what is built, give back the picture, but for how it is rounded."""
import contextlib

import numpy as np
import pytest

import mm_blender as mm

bpy = pytest.importorskip("bpy")

from blender_at_hand import inside_blender  # noqa: E402
from copies import duplicated  # noqa: E402
from mm_blender.scene.scenes import in_window  # noqa: E402

SMALL = {"A.h": 4, "A.w": 3, "B.w": 5}
SWEPT = {**SMALL, "anim.alg": "vmprod"}
WIDTH, HEIGHT, SAMPLES = 48, 32, 4
ROUNDED, FEW = 0.01, 0.005  # how far a value is off by rounding, and the share of values that may be further off


def slow(test):
    """Marks: it takes seconds, and may differ from version to version (a Blender's pip's bpy has tried)."""
    return pytest.mark.slow(pytest.mark.every(pytest.mark.skipif(inside_blender(), reason="tried in pip's bpy")(test)))


def small(settings=SMALL, expression="A @ B", **options):
    return mm.visualize(expression, settings=settings, **options)


def push(name="step"):
    bpy.ops.ed.undo_push(message=name)


@contextlib.contextmanager
def current(scene):
    with bpy.context.temp_override(scene=scene, view_layer=scene.view_layers[0]):
        yield


# ---- pictures

WANTED = {"render.engine": "CYCLES", "render.resolution_x": WIDTH, "render.resolution_y": HEIGHT,
          "render.resolution_percentage": 100, "cycles.samples": SAMPLES, "cycles.seed": 0,
          "cycles.use_adaptive_sampling": False, "cycles.use_denoising": False,
          "render.image_settings.file_format": "OPEN_EXR", "render.image_settings.color_depth": "32"}


@contextlib.contextmanager
def set_for_pictures(scene, path):
    """Meanwhile F12 renders a tiny picture of numbers as they are; then all is set as it was."""
    wanted, found = {"render.filepath": str(path), **WANTED}, {}
    for name in wanted:
        owner, _, last = name.rpartition(".")
        found[name] = scene.path_resolve(owner), last, scene.path_resolve(name)
    try:
        for name, (owner, last, _) in found.items():
            setattr(owner, last, wanted[name])
        yield
    finally:
        for owner, last, value in found.values():  # a format before the depth that it may have
            setattr(owner, last, value)


def alike(one: dict, two: dict) -> bool:
    """Whether these are the same pictures. Where Cycles keeps the same objects in memory decides how it rounds, by
    about 1e-5; of the few samples of a pixel at an edge one then meets something else, in up to 4 pixels of 1,536."""
    def are(name) -> bool:
        a, b = (np.frombuffer(pictures[name], np.float32) for pictures in (one, two))
        return a.shape == b.shape and np.count_nonzero(np.abs(a - b) > ROUNDED) <= FEW * len(a)
    return one.keys() == two.keys() and all(map(are, one))


def pixels(path) -> np.ndarray:
    image = bpy.data.images.load(str(path))
    out = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(out)
    bpy.data.images.remove(image)
    path.unlink()
    return out


def f12(scene, folder) -> bytes:
    """What Blender renders of a scene as it is; nothing where it has no camera."""
    if scene.camera is None:
        return b""
    path = folder / "f12.exr"
    with set_for_pictures(scene, path), in_window(scene):
        bpy.ops.render.render(write_still=True, scene=scene.name)
    return pixels(path).tobytes()


def shown(folder) -> dict:
    """The pictures of the open file by the names of what they show: F12 of each scene, and what ``render`` makes of a
    visualization, which takes others than that. All by Cycles, so that no graphics driver has a part in it."""
    out = {scene.name: f12(scene, folder) for scene in sorted(bpy.data.scenes, key=lambda each: each.name)}
    with in_window(bpy.data.scenes[next(reversed(out))]):
        for viz in mm.visualizations()[:1]:
            path = folder / "ours.png"
            viz.render(path, (WIDTH, HEIGHT), 1, quality="preview", progress=False)
            out[viz.collection.name] = pixels(path).tobytes()
    return out


def walked(folder, steps):
    """Take the pictures before every step and after it, then undo all steps and redo them: each time the pictures are
    those that were."""
    push("start")
    states = [shown(folder)]
    for step in steps:
        step()
        push(getattr(step, "__name__", "step"))
        states.append(shown(folder))
    assert not any(map(alike, states, states[1:])), "every step is seen"
    for undo, wanted in [(True, states[-2::-1]), (False, states[1:])]:
        for at, state in enumerate(wanted):
            (bpy.ops.ed.undo if undo else bpy.ops.ed.redo)()
            assert alike(shown(folder), state), (undo, at)
    return states


@pytest.mark.parametrize("settings, options", [
    (SMALL, {}), pytest.param(SWEPT, {"representation": "tiles"}, marks=(pytest.mark.slow, pytest.mark.every))])
def test_build_edit_and_delete(fresh_scene, tmp_path, settings, options):
    viz = small(settings, **options)
    walked(tmp_path, [viz.build, lambda: viz.change({"layout.gap": 9}), lambda: viz.change(look="paper"),
                      lambda: viz.change({"A.h": 7}), viz.remove])


@slow
def test_two_scenes_of_which_another_is_current(fresh_scene, tmp_path):
    bpy.data.scenes.new("other")
    first, second = small(), small({"C.h": 3, "C.w": 2, "D.w": 3}, "C @ D", look="paper")

    def there(act):
        def within():
            with current(bpy.data.scenes["other"]):
                act()
        return within

    walked(tmp_path, [first.build, there(second.build),
                      there(lambda: first.change({"layout.gap": 9})),   # from the scene that it is not in
                      lambda: second.change({"anim.alg": "vmprod"}),    # likewise
                      there(lambda: second.change({"C.h": 6}, representation="tiles")),
                      there(first.build)])                              # which moves there
    assert first.collection in bpy.data.scenes["other"].collection.children.values()


@slow
def test_renamed_and_copied(fresh_scene, tmp_path):
    viz = small()

    def rename():
        viz.collection.name = "renamed"
        mm.visualizations()[0].change({"layout.gap": 9})

    def copy():
        made = duplicated(viz.collection)
        made.name = "copied"
        next(each for each in mm.visualizations() if each.collection == made).change({"A.init": "gaussian"})

    def second():
        return next(each for each in mm.visualizations() if each.collection.name == "copied")

    walked(tmp_path, [viz.build, rename, copy, lambda: second().change({"A.h": 6}, look="paper"), viz.remove])


@slow
def test_save_and_reload(fresh_scene, tmp_path):
    file = str(tmp_path / "file.blend")
    viz = small(SWEPT, data={"A": np.linspace(-1, 1, 12).reshape(4, 3), "B": np.eye(3, 5)}, keys=True).build()

    def save():
        viz.change({"layout.gap": 9})
        viz.save(tmp_path / "copy.blend", size=(WIDTH, HEIGHT), samples=SAMPLES)
        bpy.ops.wm.save_as_mainfile(filepath=file)

    saved = walked(tmp_path, [lambda: viz.change({"layout.gap": 5}), save, lambda: viz.change(look="paper")])[2]
    bpy.ops.wm.open_mainfile(filepath=file)
    assert not viz.is_built and alike(shown(tmp_path), saved)
    found, = mm.visualizations()
    walked(tmp_path, [lambda: found.change({"A.init": "gaussian"}, look="paper"), found.remove, viz.build])
    assert viz.is_built and not found.is_built


@slow
def test_a_new_file_under_a_held_one(fresh_scene, tmp_path):
    viz = small().build()
    before = shown(tmp_path)
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    assert not viz.is_built
    steps = walked(tmp_path, [viz.build, lambda: viz.change(look="paper"), lambda: viz.change(look="dark")])
    assert steps[1] == steps[3] == before
    bpy.ops.ed.undo()
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    with pytest.raises(mm.GoneError):
        viz.change(look="dark")
    viz.build()  # as it was known last
    assert alike(shown(tmp_path), before)


@slow
def test_in_a_persons_scene(fresh_scene, tmp_path):
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    scene = bpy.context.scene
    scene.camera.location.x += 1
    bpy.data.objects["Cube"].location.x -= 4
    row = mm.side_by_side([small(), small(look="paper")], titles=["a", "b"])
    first, second = small(name="same"), small({**SWEPT, "A.h": 8}, name="same")

    def figure():
        second.figure(tmp_path / "a.pdf", (2, 1.5), 20, 5, samples=1, title="title", keys=False)
        second.change({"layout.gap": 30})

    def edit():
        row.visualizations[1].change({"A.h": 12})

    walked(tmp_path, [first.build, second.build, figure, row.build, edit, mm.clear])


CHANGES = [({"anim.alg": "vmprod"}, {"representation": "tiles"}), ({"A.h": 7, "viz.zero hue": 0.3}, {"look": "paper"}),
           ({}, {"projection": "isometric", "keys": True, "numbers": True}), ({}, {"lettering": "planes"})]


@slow
def test_what_is_changed_back_is_what_it_was(fresh_scene, tmp_path):
    viz = small().build()
    params, options, before = viz.params, viz.options, shown(tmp_path)
    numbers = {"anim.alg": params["anim"]["alg"], "A.h": 4, "viz.zero hue": params["viz"]["zero hue"]}
    for settings, more in CHANGES:
        viz.change(settings, **more)
        viz.change({name: numbers[name] for name in settings}, **{name: getattr(options, name) for name in more})
        assert alike(shown(tmp_path), before), (settings, more)
    scene = bpy.context.scene
    assert (scene.frame_start, scene.frame_end, scene.cycles.use_light_tree) == (1, 250, True)


def test_what_tiles_and_a_sweep_took_is_given_back_with_the_last_of_them(fresh_scene):
    def taken():
        return fresh_scene.frame_end != 250, not fresh_scene.cycles.use_light_tree

    viz = small().build()
    other = small(SWEPT, representation="tiles").build()
    viz.change({"layout.gap": 8})
    assert taken() == (True, True)
    other.change(representation="instances")
    assert taken() == (True, False)
    other.remove()
    assert taken() == (False, False)
