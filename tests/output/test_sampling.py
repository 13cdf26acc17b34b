"""Sampling: what a quality asks of Blender, and pictures with and without a denoiser."""
import warnings

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")
Image = pytest.importorskip("PIL.Image")

import mm_blender as mm  # noqa: E402
from mm_blender.output import device, picture_scene, sampling, still  # noqa: E402
from mm_blender.output.settings import RenderSettings  # noqa: E402

SIZE = (96, 80)


@pytest.fixture(autouse=True)
def unsaid():
    """What is said once is said anew in each test."""
    sampling._can_denoise.cache_clear()
    yield
    sampling._can_denoise.cache_clear()


@pytest.fixture
def viz(fresh_scene):
    return mm.visualize("A @ B", settings={"A.h": 6, "A.w": 5, "B.w": 7, "A.init": "gaussian"})


def shot(viz, path, **options) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mm.MMWarning)
        viz.render(path, SIZE, progress=False, **options)
    return np.asarray(Image.open(path).convert("RGB"))


def test_a_quality_sets_samples_and_noise(viz):
    viz.build()
    settings = bpy.context.scene.cycles
    seen = {}
    for quality in ("preview", "draft", "final"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", mm.MMWarning)
            still.prepare(viz.built, RenderSettings(SIZE, None, "cycles", quality))
        seen[quality] = settings.samples, settings.adaptive_threshold
        assert settings.use_adaptive_sampling and settings.adaptive_min_samples <= settings.samples
    assert seen["preview"][0] < seen["draft"][0] < seen["final"][0] and seen["draft"][1] > seen["final"][1]
    still.prepare(viz.built, RenderSettings(SIZE, 5, "cycles", "final"))
    assert settings.samples == 5 and settings.adaptive_min_samples == 5


def test_eevee_follows_the_quality(viz, monkeypatch):
    monkeypatch.setattr(device, "software", lambda: False)
    viz.build()
    counts = []
    for quality, samples in (("draft", None), ("final", None), ("final", 7)):
        still.prepare(viz.built, RenderSettings(SIZE, samples, "eevee", quality))
        counts.append(bpy.context.scene.eevee.taa_render_samples)
    assert counts[0] < counts[1] and counts[2] == 7


@pytest.mark.parametrize("look", ["dark", "unlit"])
def test_two_renders_are_the_same_bit_for_bit(viz, tmp_path, look):
    viz = viz.edited(look=look)
    one, two = (shot(viz, tmp_path / f"{n}.png", quality="draft") for n in "ab")
    np.testing.assert_array_equal(one, two)
    assert one.std() > 1


def test_what_the_scene_was_set_to_does_not_matter(viz, tmp_path):
    one = shot(viz, tmp_path / "a.png", quality="draft")
    settings = bpy.context.scene.cycles
    settings.seed, settings.use_animated_seed, settings.pixel_filter_type = 7, True, "BOX"
    settings.filter_width, settings.sample_clamp_direct, settings.max_bounces = 5.0, 0.1, 0
    settings.time_limit = 0.01
    np.testing.assert_array_equal(shot(viz, tmp_path / "b.png", quality="draft"), one)


@pytest.fixture
def used(monkeypatch):
    """The settings of Cycles that the last picture was taken with."""
    found = {}
    shoot = picture_scene.shoot
    monkeypatch.setattr(picture_scene, "shoot", lambda scene: (
        found.update({name: getattr(scene.cycles, name) for name in ("samples", "use_denoising")}), shoot(scene)))
    return found


def test_with_and_without_a_denoiser_a_picture_comes_out(viz, tmp_path, monkeypatch, used):
    with_it = shot(viz, tmp_path / "a.png", quality="draft")
    assert used["use_denoising"] == sampling._has_denoiser()
    sampling._can_denoise.cache_clear()
    monkeypatch.setattr(sampling, "_has_denoiser", lambda: False)
    with pytest.warns(mm.MMWarning, match="built without OpenImageDenoise: pictures are not denoised"):
        viz.render(tmp_path / "b.png", SIZE, progress=False, quality="draft")
    without = np.asarray(Image.open(tmp_path / "b.png").convert("RGB"))
    assert not used["use_denoising"]
    assert used["samples"] == sampling.UNDENOISED * sampling.QUALITIES["draft"].samples
    assert abs(with_it.astype(float) - without).mean() < 4 and without.std() > 1


def test_the_missing_denoiser_is_said_once(viz, tmp_path, monkeypatch):
    monkeypatch.setattr(sampling, "_has_denoiser", lambda: False)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        for name in "ab":
            viz.render(tmp_path / f"{name}.png", SIZE, samples=1, progress=False)
    assert sum(issubclass(one.category, mm.MMWarning) for one in said) == 1


def test_an_unlit_picture_is_never_denoised(viz, tmp_path, recwarn, used):
    viz.edited(look="unlit").render(tmp_path / "a.png", SIZE, samples=1, progress=False)
    assert not used["use_denoising"]
    assert not [one for one in recwarn if issubclass(one.category, mm.MMWarning)]


def test_a_denoised_flat_face_is_smooth(fresh_scene, tmp_path):
    """Noise in flat areas: beside each other, pixels of a large cube's faces differ by less than a grey level or
    two."""
    if not sampling._has_denoiser():
        pytest.skip("this Blender has no denoiser")
    viz = mm.visualize("A @ B", data={"A": np.ones((1, 1)), "B": np.ones((1, 1))},
                       settings={"legends": 0, "row guides": 0, "flow guides": 0})
    seen = shot(viz, tmp_path / "a.png", quality="draft").astype(float).mean(2)
    steps = np.abs(np.diff(seen, axis=1))
    assert np.quantile(steps, 0.75) < 2.5  # the rest are edges


def test_an_unknown_quality_is_refused(viz, tmp_path):
    with pytest.raises(mm.RenderError, match="there is no quality 'best'; known are preview, draft, final"):
        viz.render(tmp_path / "a.png", SIZE, quality="best", progress=False)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("quality", ["preview", "draft", "final"])
def test_options_name_the_qualities_that_there_are(quality):
    from mm_blender.options import QUALITIES

    assert quality in QUALITIES and set(QUALITIES) == set(sampling.QUALITIES)
