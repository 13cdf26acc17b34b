"""Sampling: how much work a picture is worth, and what keeps it free of noise, fireflies and moire. Needs bpy.

Moire, as ``tests/test_blender_moire.py`` measures it on 512 x 512 cubes in 364 pixels: a filter of one square pixel
leaves waves of 22 % of the mean brightness at any number of samples, for it folds the grid of cubes back.
Blackman-Harris at its usual width, which spans three pixels, leaves 2 % after 64 samples, 1 % after 128 and 0.5 % after
256; denoised 0.4 % and less. Wider ones and a Gaussian gain nothing, so letters stay as sharp as they can be; nor does
blue noise.
"""
from __future__ import annotations

import functools
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import MMWarning

if TYPE_CHECKING:
    import bpy

FILTER, FILTER_WIDTH = "BLACKMAN_HARRIS", 1.5
SEED = 0
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
    "draft": Quality(samples=16, least=8, noise=0.1, eevee=16),
    "final": Quality(samples=128, least=32, noise=0.01, eevee=64),
}


def prepare(scene: "bpy.types.Scene", engine: str, lit: bool, quality: str = "final",
            samples: int | None = None) -> None:
    """Set the scene up to render in ``quality``; ``samples``: a pixel's, where the quality's do not suit.

    The same settings and scene give the same picture, bit for bit.
    """
    chosen = QUALITIES[quality]
    if engine == "cycles":
        cycles(scene, chosen, lit, samples)
    elif engine == "eevee":
        scene.eevee.taa_render_samples = samples or chosen.eevee


def cycles(scene: "bpy.types.Scene", quality: Quality, lit: bool, samples: int | None = None) -> None:
    """Settings that suit cubes: few bounces, no caustics; a lit picture denoised where the build can.

    An unlit one has no noise to take away, and denoising would change its colours.
    """
    settings = scene.cycles
    denoised = lit and _can_denoise()
    samples = samples or quality.samples * (UNDENOISED if lit and not denoised else 1)
    settings.samples = samples
    settings.use_adaptive_sampling = True
    settings.adaptive_threshold = quality.noise
    settings.adaptive_min_samples = min(quality.least, samples)  # a cube below a pixel is not met by the first few
    settings.time_limit = 0.0
    settings.seed, settings.use_animated_seed = SEED, False
    settings.max_bounces, settings.diffuse_bounces, settings.glossy_bounces = 4, 2, 2
    settings.transmission_bounces = settings.volume_bounces = 0
    settings.transparent_max_bounces = 16
    settings.caustics_reflective = settings.caustics_refractive = False
    settings.sample_clamp_direct, settings.sample_clamp_indirect = 0.0, 4.0
    settings.pixel_filter_type, settings.filter_width = FILTER, FILTER_WIDTH
    settings.use_denoising = denoised
    if denoised:
        settings.denoiser = "OPENIMAGEDENOISE"
        # a ground has no albedo: where it is light, the denoiser that is told so tints it, by up to 13 of 255
        light = scene.world is not None and max(scene.world.color) > 0.2
        settings.denoising_input_passes = "RGB" if light else "RGB_ALBEDO_NORMAL"
        settings.denoising_prefilter = "ACCURATE"


@functools.cache
def _can_denoise() -> bool:
    """Whether this build can denoise; that it cannot is said the first time."""
    if _has_denoiser():
        return True
    warnings.warn("this Blender is built without OpenImageDenoise: pictures are not denoised, and a quality's "
                  "samples are doubled instead", MMWarning, stacklevel=2)
    return False


def _has_denoiser() -> bool:
    """Whether this build has OpenImageDenoise (Debian's has not)."""
    import _cycles

    return bool(getattr(_cycles, "with_openimagedenoise", False))
