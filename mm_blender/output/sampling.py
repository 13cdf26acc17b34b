"""Sampling: how much work a picture is worth, and what keeps it free of noise, fireflies and moire. Needs bpy.

Moire, as ``tests/output/test_moire.py`` measures it on 512 x 512 cubes in 364 pixels: a filter of one square pixel
leaves waves of 22 % of the mean brightness at any number of samples, for it folds the grid of cubes back.
Blackman-Harris at its usual width, which spans three pixels, leaves 2 % after 64 samples, 1 % after 128 and 0.5 % after
256; denoised 0.4 % and less. Wider ones and a Gaussian gain nothing, so letters stay as sharp as they can be; nor does
blue noise.

Noise, as ``scripts/bench_seconds.py`` measures it against the converged picture (docs/seconds.md): what is left of it
after a few samples is at the edges of cubes, which no denoiser knows better than samples do. OpenImageDenoise's fast
filter is as near to the converged picture as its best one, in a seventh of the time if albedo and normals are
not filtered first; and unfiltered they keep every element apart, which filtered they smear into their neighbours.
Fewer bounces, a clamp or a world that is not sampled gain nothing; to choose lights by chance and not by a light tree
is a sixth quicker and takes a third more samples.
"""
from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, cast, TYPE_CHECKING

from ..errors import warn
from ..system import notebook, quiet

if TYPE_CHECKING:
    import bpy

FILTER, FILTER_WIDTH = "BLACKMAN_HARRIS", 1.5
SEED = 0
WORKBENCH = (5, 8, 11, 16, 32)  # samples that it offers
PATTERN = "TABULATED_SOBOL"  # that of Blender's start-up file; a new scene has blue noise
PLAIN = 12  # samples from which cubes on a light ground are told apart without their albedo and normals
UNDENOISED = 2  # times the samples, where nothing takes the noise away


@dataclass(frozen=True)
class Quality:
    """``samples``: the most a pixel gets; ``least``: what it gets before it may stop, which it does once its ``noise``
    (an estimated error, of 1 for white) is below that. ``eevee``: samples of EEVEE."""

    samples: int
    least: int
    noise: float
    eevee: int


QUALITIES = {
    "preview": Quality(samples=4, least=4, noise=0.1, eevee=8),
    "draft": Quality(samples=12, least=8, noise=0.05, eevee=16),
    "final": Quality(samples=96, least=32, noise=0.02, eevee=64),
}


def default() -> str:
    """The quality of pictures for which none is asked: a notebook's reader waits for them, a script's does not."""
    return "preview" if notebook.running() else "final"


def prepare(scene: bpy.types.Scene, engine: str, lit: bool, quality: str = "final",
            samples: int | None = None) -> None:
    """Set the scene up to render in ``quality``; ``samples``: a pixel's, where the quality's do not suit.

    The same settings and scene give the same picture: bit for bit where the processor renders, and on a graphics card,
    but for 1 of 255 in a pixel of ten thousand (docs/seconds.md).
    """
    from ..scene.blender_types import there

    chosen = QUALITIES[quality]
    if engine == "cycles":
        with quiet.silence():  # to ask for the denoiser has Cycles look for devices
            cycles(scene, chosen, lit, samples)
    elif engine == "eevee":
        there(scene.eevee).taa_render_samples = samples or chosen.eevee
    else:
        wanted, display = samples or chosen.eevee, cast(Any, scene.display)
        display.render_aa = next((str(count) for count in WORKBENCH if count >= wanted), str(WORKBENCH[-1]))


def cycles(scene: bpy.types.Scene, quality: Quality, lit: bool, samples: int | None = None) -> None:
    """Settings that suit cubes: few bounces, no caustics; a lit picture denoised where the build can.

    An unlit one has no noise to take away, and denoising would change its colours.
    """
    from ..scene.blender_types import cycles_of, floats

    settings = cycles_of(scene)
    denoised = lit and _can_denoise()
    samples = samples or quality.samples * (UNDENOISED if lit and not denoised else 1)
    settings.samples = samples
    settings.use_adaptive_sampling = True
    settings.adaptive_threshold = quality.noise
    settings.adaptive_min_samples = min(quality.least, samples)  # a cube below a pixel is not met by the first few
    settings.time_limit = 0.0
    settings.seed, settings.use_animated_seed = SEED, False
    settings.sampling_pattern = PATTERN
    settings.max_bounces, settings.diffuse_bounces, settings.glossy_bounces = 4, 2, 2
    settings.transmission_bounces = settings.volume_bounces = 0
    settings.transparent_max_bounces = 16
    settings.caustics_reflective = settings.caustics_refractive = False
    settings.sample_clamp_direct, settings.sample_clamp_indirect = 0.0, 4.0
    settings.pixel_filter_type, settings.filter_width = FILTER, FILTER_WIDTH
    settings.use_denoising = denoised
    if denoised:
        settings.denoiser = "OPENIMAGEDENOISE"
        # a ground has no albedo: where it is light, the denoiser that is told so darkens it at the picture's rim. From
        # some samples on it needs no telling there
        light = scene.world is not None and max(floats(scene.world.color)) > 0.2
        settings.denoising_input_passes = "RGB" if light and samples >= PLAIN else "RGB_ALBEDO_NORMAL"
        settings.denoising_prefilter = "NONE"
        if hasattr(settings, "denoising_quality"):
            settings.denoising_quality = "FAST"


@functools.cache
def _can_denoise() -> bool:
    """Whether this build can denoise; that it cannot is said the first time."""
    if _has_denoiser():
        return True
    warn("this Blender is built without OpenImageDenoise: pictures are not denoised, and a quality's "
         "samples are doubled instead")
    return False


def _has_denoiser() -> bool:
    """Whether this build has OpenImageDenoise (Debian's has not)."""
    import _cycles

    return bool(getattr(_cycles, "with_openimagedenoise", False))
