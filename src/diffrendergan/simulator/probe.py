"""A virtual force microscope: height maps of the same samples as the virtual electron microscope's, with known truth.

Tip, feedback and scanner are models of their own, which share nothing with the renderer that is trained: the tip is a
paraboloid that ends in a slant, not a ball on a cone; the feedback lags; the scanner bends and drifts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from diffrendergan.runs import seeds
from diffrendergan.simulator.microscope import make_sample, renumber
from diffrendergan.simulator.settings import MicroscopeSettings, Range
from diffrendergan.simulator.surface import Surface

Field = NDArray[np.float32]


@dataclass(frozen=True)
class ProbeSettings:
    """Tip, feedback and scanner."""

    tip_radius_nm: Range = (8.0, 14.0)
    """Radius of curvature at the end of the tip [nm]."""
    slant: float = 2.6
    """Rise of the tip's flank per way to the side, where the paraboloid is steeper."""
    lag_px: Range = (0.2, 0.8)
    """How far behind the feedback is along a line, as the length of its memory [px]."""
    noise_nm: Range = (0.4, 0.9)
    """Noise of a pixel [nm]."""
    line_nm: Range = (0.5, 2.0)
    """Step from one line to the next, standard deviation [nm]; half of it is forgotten by the line after."""
    tilt_nm: float = 120.0
    """Rise of the sample from one side to the other, typically [nm]."""
    bow_nm: float = 60.0
    """Sag of the scanner in the middle, typically [nm]."""


@dataclass(frozen=True, eq=False)
class HeightScan:
    """A height map with its ground truth.

    Attributes
    ----------
    heights_nm : float32 (H, W)
        As recorded: neither level nor without steps between lines [nm].
    labels : int32 (H, W)
        Where each particle is felt at half its height or higher, 1..k.
    silhouettes : int32 (H, W)
        Where the particles are, in the same numbers.
    tops_nm : float64 (k + 1,)
        Height of each particle's highest point over the mean ground [nm]; 0 of the ground.
    pixel_size_nm : float
    tip_radius_nm : float
    """

    heights_nm: Field
    labels: NDArray[np.int32]
    silhouettes: NDArray[np.int32]
    tops_nm: NDArray[np.float64]
    pixel_size_nm: float
    tip_radius_nm: float


def simulate_heights(settings: MicroscopeSettings, probe: ProbeSettings, seed: int, index: int) -> HeightScan:
    """Make one height map; it depends on the settings, the seed and its index alone.

    Parameters
    ----------
    settings : MicroscopeSettings
        The sample, and the size of the scan; one sample is felt a pixel.
    probe : ProbeSettings
    seed : int
        Root of all randomness.
    index : int
        Number of the scan.
    """
    sample = make_sample(settings, seed, index)
    rng = seeds.generator(seed, "simulator", "probe", index)
    radius, nm = rng.uniform(*probe.tip_radius_nm), 1 / settings.samples_per_nm
    height, owner = _felt(sample, radius / nm, probe.slant)
    count = int(sample.labels.max())
    tops = np.zeros(count + 1)
    np.maximum.at(tops, sample.labels, sample.height)
    tops[0] = 0
    owner = np.where(height >= tops[owner] / 2, owner, 0)
    step, margin = settings.oversampling, settings.margin_px * settings.oversampling
    seen = tuple(slice(margin, length - margin, step) for length in height.shape)
    labels, silhouettes = owner[seen], sample.labels[seen]
    numbers, both = np.unique(np.concatenate([[0], labels.ravel(), silhouettes.ravel()])), (labels, silhouettes)
    labels, silhouettes = (renumber(part, numbers) for part in both)
    recorded = _recorded(height[seen] * np.float32(nm), probe, rng)
    return HeightScan(recorded, labels, silhouettes, tops[numbers] * nm, settings.pixel_size_nm, radius)


def _felt(sample: Surface, radius: float, slant: float) -> tuple[Field, NDArray[np.int32]]:
    """Return at which height a tip stands over each sample, and what it touches there; lengths in samples."""
    tallest = float(sample.height.max() - sample.height.min())
    # z = x²/2R up to where it is as steep as the flank, which goes on straight.
    bend = slant * radius
    reach = int(np.ceil(np.sqrt(2 * radius * tallest) if tallest < slant**2 * radius / 2
                        else bend + (tallest - slant**2 * radius / 2) / slant))  # fmt: skip
    height, owner = sample.height.copy(), sample.labels.copy()
    steps = np.arange(-reach, reach + 1)
    for down in steps:
        for right in steps:
            away = float(np.hypot(down, right))
            rise = away**2 / (2 * radius) if away < bend else slant**2 * radius / 2 + slant * (away - bend)
            if rise > tallest or (down == 0 and right == 0):
                continue
            here, there = _overlapping(height.shape, int(down), int(right))
            lifted = sample.height[there] - np.float32(rise)
            higher = lifted > height[here]
            height[here][higher] = lifted[higher]
            owner[here][higher] = sample.labels[there][higher]
    return height, owner


def _overlapping(shape: tuple[int, ...], down: int, right: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    pairs = [
        (slice(max(0, -step), min(length, length - step)), slice(max(0, step), min(length, length + step)))
        for length, step in zip(shape, (down, right), strict=True)
    ]
    return tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs)


def _recorded(height: Field, probe: ProbeSettings, rng: np.random.Generator) -> Field:
    """Return what is written down of the tip's height [nm]."""
    keep = np.exp(-1 / rng.uniform(*probe.lag_px))
    # Each line begins where it is: no memory of what lies left of the scan.
    start = signal.lfilter_zi([1 - keep], [1, -keep])[None] * height[:, :1]
    lagging, _ = signal.lfilter([1 - keep], [1, -keep], height, axis=1, zi=start)
    rows, columns = (np.linspace(-0.5, 0.5, length) for length in height.shape)
    tilt, bow = rng.normal(0, probe.tilt_nm, 2), rng.normal(0, probe.bow_nm, 2)
    plane = tilt[0] * rows[:, None] + tilt[1] * columns
    plane = plane + 4 * bow[0] * rows[:, None] ** 2 + 4 * bow[1] * columns**2 + rng.normal(0, 500)
    jumps = rng.normal(0, rng.uniform(*probe.line_nm), len(rows))
    steps = signal.lfilter([1.0], [1, -0.5], jumps)
    noise = rng.normal(0, rng.uniform(*probe.noise_nm), height.shape)
    return np.asarray(lagging + plane + steps[:, None] + noise, np.float32)
