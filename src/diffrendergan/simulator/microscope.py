"""A scan of the virtual microscope, from sample to data bar.

Nothing here is shared with the renderer that is trained: shapes, stacking, image formation and noise are another
model of the same world, so that scores on these scans mean something.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diffrendergan.labels.layers import Layers
from diffrendergan.runs import seeds
from diffrendergan.simulator import recording
from diffrendergan.simulator.databar import draw_data_bar
from diffrendergan.simulator.deposit import deposit
from diffrendergan.simulator.dirt import dirty_ground
from diffrendergan.simulator.emission import emit
from diffrendergan.simulator.ground import fractal_noise, make_ground
from diffrendergan.simulator.settings import MicroscopeSettings
from diffrendergan.simulator.surface import Surface

RELIEF_EXPONENT = 2.0
"""Decay of the power spectrum of growth relief on particles."""


@dataclass(frozen=True)
class VirtualScan:
    """A scan with its ground truth.

    Attributes
    ----------
    pixels : uint8 (H, W)
        Grey values, with the data bar.
    labels : int32 (H, W)
        Visible part of each particle, 1..k; 0 on the ground and in the data bar.
    pixel_size_nm : float
        Edge of a pixel [nm].
    whole : Layers or None
        The whole particles, by the numbers of `labels`, if asked for.
    """

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int32]
    pixel_size_nm: float
    whole: Layers | None = None


def make_sample(settings: MicroscopeSettings, seed: int, index: int) -> Surface:
    """Make the ground of scan `index` and lay particles on it, with a margin around what will be scanned."""
    samples, margin = settings.oversampling, settings.margin_px
    shape = ((settings.image_rows + 2 * margin) * samples, (settings.width + 2 * margin) * samples)
    surface = Surface.of_ground(make_ground(seeds.generator(seed, "simulator", "ground", index), settings, shape))
    deposit(seeds.generator(seed, "simulator", "deposit", index), surface, settings)
    relief = fractal_noise(seeds.generator(seed, "simulator", "relief", index), shape, RELIEF_EXPONENT)
    relief *= np.float32(settings.relief_nm * settings.samples_per_nm)
    relief_y, relief_x = np.gradient(relief)
    on_particles = surface.labels > 0
    surface.height += relief * on_particles
    surface.slope_x += relief_x * on_particles
    surface.slope_y += relief_y * on_particles
    return surface


def simulate_scan(settings: MicroscopeSettings, seed: int, index: int, whole: bool = False) -> VirtualScan:
    """Make one scan; it depends on the settings, the seed and its index alone.

    Parameters
    ----------
    settings : MicroscopeSettings
        Sample and microscope.
    seed : int
        Root of all randomness.
    index : int
        Number of the scan.
    whole : bool
        Whether to tell the whole particles, too.

    Returns
    -------
    VirtualScan
        Grey values with data bar, labels and pixel size.
    """
    surface = make_sample(settings, seed, index)
    rng = seeds.generator(seed, "simulator", "microscope", index)
    gains = np.exp(rng.normal(0, settings.channelling_sigma, int(surface.labels.max()) + 1)).astype(np.float32)
    gains[0] = 1
    dirt = dirty_ground(seeds.generator(seed, "simulator", "dirt", index), settings, surface.height.shape)
    electrons = emit(surface, gains, settings, dirt)
    sigma = settings.oversampling * rng.uniform(*settings.beam_sigma_px)
    skew = 1 + 0.5 * rng.uniform(-settings.astigmatism, settings.astigmatism)
    electrons = recording.focus(electrons, sigma * skew, sigma / skew, settings.beam_tail)
    path = recording.draw_path(rng, settings)
    image = recording.scan(electrons, path, settings)
    labels = recording.scan_labels(surface.labels, path, settings)
    image = recording.charge(image, settings.ground_yield, settings)
    image = recording.count_electrons(rng, image, rng.uniform(*settings.dose))
    contrast, brightness = rng.uniform(*settings.contrast), rng.uniform(*settings.brightness)
    pixels = np.zeros((settings.height, settings.width), np.uint8)
    truth = np.zeros(pixels.shape, np.int32)
    pixels[: settings.image_rows] = recording.detect(rng, image, contrast, brightness, settings)
    pixels[settings.image_rows :] = draw_data_bar(settings.width, settings.data_bar, settings.pixel_size_nm, index)
    truth[: settings.image_rows] = renumber(labels)
    layers = _whole(surface, path, settings, labels, pixels.shape) if whole else None
    return VirtualScan(pixels, truth, settings.pixel_size_nm, layers)


def _whole(
    surface: Surface,
    path: recording.ScanPath,
    settings: MicroscopeSettings,
    labels: NDArray[np.int32],
    shape: tuple[int, ...],
) -> Layers:
    """Return the whole particles of which something is seen, as the beam meets them, with the numbers 1..k."""

    def scanned(number: int) -> NDArray[np.bool_]:
        window, mask = surface.silhouettes[number - 1]
        alone = np.zeros_like(surface.labels)
        alone[window][mask] = 1
        return recording.scan_labels(alone, path, settings) > 0

    present = np.unique(labels[labels > 0]).tolist()
    return Layers.of(shape, ((place, 0, 0, scanned(number)) for place, number in enumerate(present, start=1)))


def renumber(labels: NDArray[np.int32], present: NDArray[np.int32] | None = None) -> NDArray[np.int32]:
    """Give the particles that are seen the numbers 1..k, in the order in which they settled.

    Parameters
    ----------
    labels : int32 (H, W)
    present : int32 (k + 1,), optional
        The numbers that occur, rising; by default those of `labels`.
    """
    present = np.unique(labels) if present is None else present
    numbers = np.arange(len(present), dtype=np.int32) + (0 if present[0] == 0 else 1)
    return numbers[np.searchsorted(present, labels)]
