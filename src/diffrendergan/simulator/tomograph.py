"""A virtual tomograph: a slice through packed grains, with known truth, by means of its own.

Grains are convex bodies that repel each other until they are packed, not meshes that settle; the slice is looked up in
their equations, noise is that of a reconstruction, whose ramp filter leaves it grainy, and rings come and go.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage, spatial

from diffrendergan.runs import seeds
from diffrendergan.simulator.bodies import Body, make_body
from diffrendergan.simulator.microscope import renumber
from diffrendergan.simulator.settings import Range

Field = NDArray[np.float32]
ROUNDS = 120
"""Times that grains which overlap are pushed apart."""
FINE = 3
"""Places in a pixel and in the slice, along each axis, at which is looked what is there."""


@dataclass(frozen=True)
class TomographSettings:
    """Sample, tomograph and reconstruction."""

    size: int = 320
    """Edge of a slice [px]."""
    pixel_size_nm: float = 800.0
    """Edge of a pixel, and thickness of the slice [nm]."""
    diameter_px: float = 26.0
    """Median volume-equivalent diameter of the grains [px]."""
    sigma: float = 0.18
    """Standard deviation of the logarithm of the diameter."""
    filling: float = 0.5
    """Share of the space that grains fill, before they lose what overlaps."""
    elongation: float = 1.3
    """Largest ratio of two edges of the box that a grain is cut from."""
    matrix: Range = (0.2, 0.32)
    """Grey value between the grains."""
    grain: Range = (0.5, 0.66)
    """Their usual grey value."""
    spread: float = 0.05
    """Standard deviation of a grain's grey value."""
    blur_px: Range = (0.6, 1.1)
    """Blur of the reconstruction, standard deviation [px]."""
    noise: Range = (0.05, 0.09)
    """Noise of a pixel, standard deviation."""
    rings: Range = (0.01, 0.03)
    """Brightness of rings, standard deviation."""
    cupping: float = 0.06
    """How much darker the middle of the sample is: hard rays pass more easily."""


@dataclass(frozen=True, eq=False)
class Slice:
    """A slice with its ground truth.

    Attributes
    ----------
    pixels : uint16 (H, W)
    labels : int32 (H, W)
        The grain that is cut, 1..k; 0 between.
    diameters_px : float64 (m,)
        Volume-equivalent diameters of all grains of the packing, cut or not [px].
    """

    pixels: NDArray[np.uint16]
    labels: NDArray[np.int32]
    diameters_px: NDArray[np.float64]


def simulate_slice(settings: TomographSettings, seed: int, index: int) -> Slice:
    """Make one slice; it depends on the settings, the seed and its index alone."""
    rng = seeds.generator(seed, "simulator", "tomograph", index)
    depth = 3.0 * settings.diameter_px
    box = np.array([settings.size + 2 * settings.diameter_px] * 2 + [depth])
    mean = np.pi / 6 * settings.diameter_px**3 * np.exp(4.5 * settings.sigma**2)
    count = int(settings.filling * box.prod() / mean)
    diameters = settings.diameter_px * np.exp(rng.normal(0, settings.sigma, count))
    centres = _packed(rng.random((count, 3)) * box, diameters / 2, box)
    centres[:, :2] -= settings.diameter_px
    bodies = [make_body(rng, float(each) / 2, settings.elongation, (2, 8)) for each in diameters]
    greys = np.concatenate(
        [[rng.uniform(*settings.matrix)], rng.normal(rng.uniform(*settings.grain), settings.spread, count)]
    )
    image, labels = _sliced(bodies, centres, depth / 2, greys, settings.size)
    pixels = _reconstructed(image, settings, rng)
    return Slice(np.rint(65535 * pixels.clip(0, 1)).astype(np.uint16), renumber(labels), diameters)


def _packed(centres: NDArray[np.float64], radii: NDArray[np.float64], box: NDArray[np.float64]) -> NDArray[np.float64]:
    """Push balls that overlap apart, in a box whose sides are joined, until they all but touch."""
    for _ in range(ROUNDS):
        tree = spatial.cKDTree(centres % box, boxsize=box)
        first, second = tree.query_pairs(2 * radii.max(), output_type="ndarray").T
        way = centres[first] - centres[second]
        way -= box * np.round(way / box)
        apart = np.linalg.norm(way, axis=1)
        over = np.maximum(radii[first] + radii[second] - apart, 0)
        push = way * (0.4 * over / np.maximum(apart, 1e-9))[:, None]
        np.add.at(centres, first, push)
        np.add.at(centres, second, -push)
        centres %= box
    return centres


def _sliced(
    bodies: list[Body], centres: NDArray[np.float64], height: float, greys: NDArray[np.float64], size: int
) -> tuple[Field, NDArray[np.int32]]:
    """Return grey values and grains of a slice one pixel thick, (size, size) each."""
    edge = size * FINE
    total, labels = np.zeros((size, size)), np.zeros((size, size), np.int32)
    for level in range(FINE):
        z = height + (level + 0.5) / FINE - 0.5
        nearest, owner = np.ones((edge, edge), np.float32), np.zeros((edge, edge), np.int32)
        for number, (body, centre) in enumerate(zip(bodies, centres, strict=True), start=1):
            if abs(centre[2] - z) >= body.reach:
                continue
            low = [max(int((place - body.reach) * FINE), 0) for place in centre[:2]]
            high = [min(int((place + body.reach) * FINE) + 2, edge) for place in centre[:2]]
            if low[0] >= high[0] or low[1] >= high[1]:
                continue
            rows, columns = np.mgrid[low[0] : high[0], low[1] : high[1]].astype(np.float32)
            place = np.stack([(rows + 0.5) / FINE - centre[0], (columns + 0.5) / FINE - centre[1],
                              np.full(rows.shape, z - centre[2], np.float32)], axis=-1)  # fmt: skip
            gauge = (np.maximum(place @ body.planes.T, 0) ** body.power).sum(-1) ** (1 / body.power)
            window = (slice(low[0], high[0]), slice(low[1], high[1]))
            inner = gauge < nearest[window]
            nearest[window][inner], owner[window][inner] = gauge[inner], number
        total += greys[owner].reshape(size, FINE, size, FINE).mean((1, 3)) / FINE
        if level == FINE // 2:
            labels = owner[FINE // 2 :: FINE, FINE // 2 :: FINE].copy()
    return total.astype(np.float32), labels


def _reconstructed(image: Field, settings: TomographSettings, rng: np.random.Generator) -> Field:
    """Return a slice as it is reconstructed: blurred, cupped, with rings, and noise that a ramp filter left."""
    size = len(image)
    centre = rng.uniform(0.2, 0.8, 2) * size
    rows, columns = np.indices(image.shape)
    radius, angle = np.hypot(rows - centre[0], columns - centre[1]), np.arctan2(rows - centre[0], columns - centre[1])
    blurred = ndimage.gaussian_filter(image, rng.uniform(*settings.blur_px))
    cupped = blurred - settings.cupping * np.exp(-((radius / (0.7 * size)) ** 2))
    profile = ndimage.gaussian_filter1d(rng.normal(size=2 * size), 1.0)
    rings = np.interp(radius, np.arange(2 * size), profile / profile.std())
    rings *= rng.uniform(*settings.rings) * (0.7 + 0.5 * np.cos(angle + rng.uniform(0, 2 * np.pi)))
    frequency = np.hypot(fft.fftfreq(size)[:, None], fft.rfftfreq(size)[None])
    spectrum = fft.rfft2(rng.normal(size=image.shape)) * frequency**0.5 * np.exp(-((frequency / 0.3) ** 2))
    noise = fft.irfft2(spectrum, s=image.shape)
    return np.asarray(cupped + rings + rng.uniform(*settings.noise) * noise / noise.std(), np.float32)
