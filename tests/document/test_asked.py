"""Every argument of the verbs that build, save, render and read models, of any type: a value, or our error."""
import os

import bpy
import numpy as np
import pytest

import mm_blender as mm
from adapters import adapter, D, write_model
from mm_blender.errors import MMError, ParameterError, RenderError
from mm_blender.output import still as picture
from wrong_values import wrong

ONES = {"A": np.ones((2, 2)), "B": np.ones((2, 2))}


@pytest.fixture
def base(tmp_path):
    return write_model(tmp_path / "base")


class Rendered(MMError):
    """What comes in place of a picture here."""


def refused_or_fine(calls, given=wrong) -> int:
    """How many values were refused; anything but an MMError, one that is long or cannot be printed fails."""
    refused = 0
    for what, call in calls:
        for at in range(len(given())):
            value = given()[at]
            try:
                call(value)
            except Rendered:
                pass
            except MMError as error:
                refused += 1
                assert 0 < len(str(error)) < 3100 and str(error).isprintable() or "\n" in str(error), what
                str(error).encode()
            except Exception as error:
                raise AssertionError(f"{what} with value {at}: {type(error).__name__}") from error
    return refused


@pytest.fixture
def built(fresh_scene, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def shot(*_, **__):
        raise Rendered("rendered")
    monkeypatch.setattr(picture, "shot", shot)
    viz = mm.visualize("A @ B", data=ONES, settings={"anim.alg": "vmprod"})
    viz.build()
    return viz


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::mm_blender.errors.MMWarning")
def test_arguments_of_pictures_and_files(built):
    row = mm.side_by_side([built])

    def calls():
        still = {"path": "x.png", "size": (16, 16), "samples": 1, "progress": False, "quality": "preview"}
        names = ("path", "size", "samples", "engine", "progress", "quality", "at", "frame", "alone")
        for name in names:
            yield f"render({name}=)", lambda x, name=name: built.render(**{**still, name: x})
            yield f"render({name}=) of a row", lambda x, name=name: row.render(**{**still, name: x})
        for name in ("size", "samples", "engine", "progress", "frames", "quality", "at", "frame", "alone"):
            yield f"render({name}=) of a movie", lambda x, name=name: built.render(**{**still, "path": "m/", name: x})
        for name in ("path", "size_in", "dpi", "font_pt", "title", "caption", "keys", "look", "projection", "bits",
                     "transparent", "quality", "samples", "font", "engine", "progress", "at", "frame", "alone"):
            page = {"path": "x.png", "size_in": (1, 1), "dpi": 16, "samples": 1, "keys": False}
            yield f"figure({name}=)", lambda x, name=name, page=page: built.figure(**{**page, name: x})
        for shown in (built, row):
            for name in ("path", "alone", "size", "samples", "engine", "quality"):
                yield f"save({name}=)", lambda x, name=name, shown=shown: shown.save(**{"path": "x.blend", name: x})
            for name, usual in (("framed", {}), ("composed", {"size": (16, 16)})):
                for argument in ("aspect", "insets", "legends") if name == "framed" else ("size", "camera"):
                    yield f"{name}({argument}=)", lambda x, name=name, argument=argument, usual=usual, shown=shown: (
                        getattr(shown, name)(**{**usual, argument: x}))
        for name in ("assets", "online"):
            yield f"load_data({name}=)", lambda x, name=name: built.load_data(**{name: x})
        for name in ("settings", "expression", "data", "look"):
            yield f"change({name}=)", lambda x, name=name: built.change(**{name: x})
        yield "legends(camera=)", lambda x: built.legends(camera=x)
        yield "legends(style=)", lambda x: built.legends(style=x)
        yield "span", built.span
        yield "step_frames", built.step_frames
    assert refused_or_fine(calls()) > 2000
    assert built.is_built and not [name for name in os.listdir() if name.startswith("x.p")]


@pytest.mark.filterwarnings("ignore::mm_blender.errors.MMWarning")
def test_arguments_of_building(fresh_scene):
    def calls():
        for name in ("name", "own_scene"):
            yield f"build({name}=)", lambda x, name=name: mm.visualize("A @ B", data=ONES).build(**{name: x}).remove()
            yield f"build({name}=) of a row", lambda x, name=name: mm.side_by_side(
                [mm.visualize("A @ B", data=ONES)]).build(**{name: x}).remove()
    assert refused_or_fine(calls()) > 100
    assert not mm.visualizations() and not bpy.data.objects


@pytest.mark.filterwarnings("ignore::mm_blender.errors.MMWarning")
def test_arguments_of_models(tmp_path, base):  # noqa: F811
    lora = adapter(tmp_path / "lora", "q")
    x = np.ones((3, D), np.float32)

    def calls():
        for name in ("checkpoint", "layer", "head", "text", "tokens", "activations", "form", "kv_cache", "adapter",
                     "settings", "data", "look"):
            yield f"attention_head({name}=)", lambda value, name=name: mm.attention_head(
                **{"checkpoint": base, "activations": x, name: value})
        yield "attention_heads(heads=)", lambda value: mm.attention_heads(base, heads=value, activations=x)
        for name in ("adapter", "base", "module", "form", "x", "rows", "cols", "settings", "data", "look"):
            yield f"lora({name}=)", lambda value, name=name: mm.lora(
                **{"adapter": lora, "base": base, "form": "applied", name: value})
    assert refused_or_fine(calls()) > 600


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::mm_blender.errors.MMWarning")
def test_arguments_of_tracing():
    torch = pytest.importorskip("torch")
    found = mm.trace(torch.nn.Linear(2, 3), torch.ones(4, 2))

    def calls():
        yield "trace(fn=)", lambda x: None if callable(x) else mm.trace(x)
        for name in ("only", "depth", "batch", "head", "backward"):
            yield f"trace({name}=)", lambda x, name=name: mm.trace(torch.matmul, torch.ones(2, 2), torch.ones(2, 2),
                                                                   **{name: x})
        yield "find", found.find
        yield "item", lambda x: found[x]
        yield "visualize(index=)", found.visualize
        for name in ("batch", "head"):
            yield f"pick({name}=)", lambda x, name=name: found.pick(**{name: x})
        for name in ("data", "settings", "look"):
            yield f"visualize({name}=)", lambda x, name=name: found.visualize(**{name: x})
    assert refused_or_fine(calls()) > 300


@pytest.mark.parametrize("given, words", [
    ({"path": 10 ** 5000}, "not a whole number of about 5,000 digits"),
    ({"path": "m\ud800/"}, r"'m\\ud800/' is no path"),
    ({"alone": np.ones(3)}, "alone must be True or False"), ({"progress": "no"}, "progress must be True or False"),
    ({"frames": 5}, "frames are the first and the last"), ({"frames": (1, 2, 3)}, "frames are the first and the last"),
    ({"quality": ""}, "no quality ''"), ({"samples": True}, "samples one, not"), ({"at": 10 ** 5000}, "5,000 digits"),
    ({"frames": (1, 10 ** 9)}, "frames are the first and the last"),
])
def test_render_names_what_it_cannot_use(built, given, words):
    with pytest.raises((ParameterError, RenderError), match=words):
        built.render(**{"path": "x.png", "size": (16, 16), "progress": False, **given})


@pytest.mark.parametrize("given, words", [
    ({"size_in": 10 ** 5000}, "size_in must be a width and a height"), ({"title": 5}, "title must be a text, not 5"),
    ({"size_in": (np.nan, 1)}, "size_in must be"), ({"caption": "a\ud800"}, "caption .* half of a surrogate"),
    ({"title": "a\0b"}, "title .* control character"), ({"title": "x" * 10 ** 6}, "title has 1,000,000 characters"),
    ({"font": 5}, "font must be a path"), ({"bits": np.ones(3)}, "8 or 16 bits"), ({"keys": [1]}, "keys must be True"),
    ({"look": np.ones(3)}, "no look"), ({"dpi": True}, "the dpi must be above 0"),
])
def test_figure_names_what_it_cannot_use(built, given, words):
    with pytest.raises(ParameterError, match=words):
        built.figure(**{"path": "x.png", "size_in": (1, 1), "dpi": 16, **given})


def test_numpys_numbers_are_numbers(built):
    with pytest.raises(Rendered):
        built.figure("x.png", np.array([1, 1]), np.float32(16), np.int64(8), title=np.str_("t"), bits=np.uint8(8),
                     caption="one\ntwo\t three", keys=np.bool_(False))
    with pytest.raises(Rendered):
        built.render("x.png", (np.int64(16), 16), np.int32(1), progress=np.False_, alone=1)


def test_frames_are_no_stills(fresh_scene, tmp_path):
    viz = mm.visualize("A @ B", ONES, settings={"anim.alg": "vmprod"})
    with pytest.raises(RenderError, match="frames are for movies"):
        viz.render(tmp_path / "a.png", (16, 16), 1, frames=(1, 9))
    assert not list(tmp_path.iterdir())


def test_what_is_transparent_is_refused_where_nothing_can_be(tmp_path):
    viz = mm.visualize("A @ B", ONES, transparent=True)
    with pytest.raises(ParameterError, match="jpg holds no transparency"):
        viz.figure(tmp_path / "a.jpg")


def test_another_name_is_the_collections(fresh_scene):
    viz = mm.visualize("A @ B", ONES, name="one").build()
    viz.change(name="another")
    assert viz.collection.name == "mm another"


@pytest.mark.parametrize("base", [1.0, 1.001, 2.0])
def test_a_duration_is_in_seconds_of_the_scene(fresh_scene, base):
    fresh_scene.render.fps, fresh_scene.render.fps_base = 30, base
    viz = mm.visualize("A @ B", ONES, settings={"anim.alg": "vmprod"}, duration=4)
    viz.build(own_scene=True)
    rate = 30 / base
    assert fresh_scene.frame_end - fresh_scene.frame_start == pytest.approx(4 * rate, abs=1.5 * rate)
    assert viz.step_frames(rate) * viz.schedule.steps == pytest.approx(4 * rate)
