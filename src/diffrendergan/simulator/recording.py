"""From emitted electrons to grey values: beam, scan, charging, shot noise, detector."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, signal

from diffrendergan.simulator.settings import MicroscopeSettings

Field = NDArray[np.float32]

TAIL_WIDTH = 4.0
"""Width of the beam's tail, in widths of its core."""

CHARGE_SPREAD_PX = 2.0
"""How far a particle's charge is felt across the scan lines [px]."""


@dataclass(frozen=True)
class ScanPath:
    """Where the beam stands: displacement of each row from where it should be [px], float32 (rows,)."""

    down: Field
    right: Field


def draw_path(rng: np.random.Generator, settings: MicroscopeSettings) -> ScanPath:
    """Draw drift of the stage (slow), mains hum and vibration (from row to row)."""
    rows = settings.image_rows
    time = np.linspace(0, 1, rows)
    paths = []
    for jitter in (0.3 * settings.jitter_px, settings.jitter_px):
        wander = np.cumsum(rng.normal(0, 1 / np.sqrt(rows), rows))
        slow = settings.drift_px * (rng.normal() * time + 0.5 * ndimage.gaussian_filter1d(wander, rows / 20))
        hum = jitter * np.sin(2 * np.pi * (rng.uniform(0.11, 0.35) * np.arange(rows) + rng.random()))
        displacement = slow + hum + rng.normal(0, jitter, rows)
        # The margin must hold all of it.
        limit = 0.5 * settings.margin_px
        paths.append(np.clip(displacement - displacement.mean(), -limit, limit).astype(np.float32))
    return ScanPath(paths[0], paths[1])


def focus(field: Field, sigma_rows: float, sigma_columns: float, tail: float) -> Field:
    """Blur by the beam: a Gaussian core with a tail, widths in samples; keeps the total current."""
    core = ndimage.gaussian_filter(field, (sigma_rows, sigma_columns), mode="nearest")
    if tail == 0:
        return core
    wide = ndimage.gaussian_filter(
        field, (TAIL_WIDTH * sigma_rows, TAIL_WIDTH * sigma_columns), mode="nearest", truncate=3
    )
    return np.float32(1 - tail) * core + np.float32(tail) * wide


def _coordinates(path: ScanPath, settings: MicroscopeSettings, step: int) -> tuple[Field, Field]:
    """Return sample rows (R, 1·) and columns (R, C) of one row of samples in every pixel row."""
    samples, margin = settings.oversampling, settings.margin_px
    rows = (np.arange(settings.image_rows) + margin + path.down) * samples + step
    columns = np.arange(margin * samples, (margin + settings.width) * samples)[None] + samples * path.right[:, None]
    return np.broadcast_to(rows[:, None], columns.shape).astype(np.float32), columns.astype(np.float32)


def scan(field: Field, path: ScanPath, settings: MicroscopeSettings) -> Field:
    """Average the samples under each pixel along the scan path, linearly between samples: (rows, width)."""
    total = np.zeros((settings.image_rows, settings.width), np.float32)
    for step in range(settings.oversampling):
        values = ndimage.map_coordinates(field, _coordinates(path, settings, step), order=1, mode="nearest")
        total += values.reshape(*total.shape, settings.oversampling).mean(2)
    return total / np.float32(settings.oversampling)


def scan_labels(labels: NDArray[np.int32], path: ScanPath, settings: MicroscopeSettings) -> NDArray[np.int32]:
    """Return the label that most samples under each pixel have: (rows, width).

    A tie goes to the highest number: particles are numbered as they settle, so it lies on top.
    """
    shape = (settings.image_rows, settings.width, settings.oversampling)
    samples = np.concatenate(
        [
            ndimage.map_coordinates(labels, _coordinates(path, settings, step), order=0, mode="nearest").reshape(shape)
            for step in range(settings.oversampling)
        ],
        axis=2,
    )
    samples.sort(axis=2)
    best = samples[..., 0].copy()
    most = np.zeros(best.shape, np.int64)
    for column in range(samples.shape[2]):
        count = (samples == samples[..., column : column + 1]).sum(2)
        wins = count >= most
        best[wins], most[wins] = samples[..., column][wins], count[wins]
    return best


def charge(image: Field, ground: float, settings: MicroscopeSettings) -> Field:
    """Darken what the beam meets after a charged particle: a streak along the row that fades.

    An insulating particle keeps a positive charge for a while and pulls slow electrons back (Reimer, ch. 3).

    Parameters
    ----------
    image : float32 (H, W)
        Electrons per primary electron.
    ground : float
        Signal of the uncharged ground.
    """
    if settings.charging == 0:
        return image
    keep = np.exp(-1 / settings.charging_length_px)
    surplus = np.maximum(image - np.float32(ground), 0)
    memory = signal.lfilter([1 - keep], [1, -keep], surplus, axis=1)
    memory = ndimage.gaussian_filter1d(memory, CHARGE_SPREAD_PX, axis=0)
    # The memory of a long row of particles tends to their surplus; a single one gives a fraction of it.
    return (image * (1 - settings.charging * memory / ground)).clip(min=0).astype(np.float32)


def count_electrons(rng: np.random.Generator, image: Field, dose: float) -> Field:
    """Draw shot noise: Poisson counts of `dose` primary electrons per pixel, per primary electron again."""
    return (rng.poisson(image * dose) / dose).astype(np.float32)


def detect(
    rng: np.random.Generator, image: Field, contrast: float, brightness: float, settings: MicroscopeSettings
) -> NDArray[np.uint8]:
    """Amplify, add the detector's noise, and quantise to 8 bits; what is beyond full scale saturates."""
    rows = 1 + settings.row_noise * rng.standard_normal((len(image), 1), dtype=np.float32)
    volts = brightness + contrast * image * rows
    volts += settings.detector_noise * rng.standard_normal(image.shape, dtype=np.float32)
    return np.rint(255 * volts.clip(0, 1)).astype(np.uint8)
